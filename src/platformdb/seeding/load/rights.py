"""Decides how a load goes about it from what the role may do."""

from __future__ import annotations

from collections.abc import Iterator

from platformdb.errors import Refused
from platformdb.seeding.load.model import Emptying, Manner, Rights, Triggers


def judge_rights(rights: Rights, *, keeps: bool) -> Manner:
    """The best that the role may do. ``keeps``: rows that are there stay.

    Raises:
        Refused: that is not enough.
    """
    triggers = Triggers.DISABLED if rights.owns else Triggers.REPLICA if rights.replicates else Triggers.ON
    if keeps and triggers is Triggers.ON:
        raise Refused(
            "the role may not disable triggers, and what they do beside rows that stay cannot be put right",
            help="connect as the owner of the tables to append to them",
        )
    return Manner(
        strips=rights.owns,
        triggers=triggers,
        emptying=Emptying.TRUNCATE if rights.truncates else Emptying.DELETE,
        freezes=rights.truncates and not keeps,
        locks=rights.locks,
        marks=rights.marks,
        notes=tuple(_notes(rights, triggers)),
    )


def _notes(rights: Rights, triggers: Triggers) -> Iterator[tuple[str, str]]:
    owner = "connect as the owner of the tables"
    if triggers is Triggers.REPLICA:
        yield (
            "the role owns not all of the tables: triggers were off for its session only, so that ALWAYS and REPLICA "
            "triggers fired; indexes stayed on, and foreign keys were checked by a query each",
            owner,
        )
    if triggers is Triggers.ON:
        yield (
            "the role may not disable triggers: they fired for every row, then what they had changed was put right; "
            "indexes stayed on, and foreign keys were checked row by row",
            f"{owner}, or as a superuser",
        )
    if not rights.truncates:
        yield (
            "the role may not TRUNCATE: rows were deleted one by one, and new ones were not frozen",
            "GRANT TRUNCATE on the tables",
        )
    if not rights.marks:
        yield (
            "the role may not write platformdb.seed: which seed the database holds is not recorded",
            "GRANT CREATE on the database, or on the schema platformdb",
        )
