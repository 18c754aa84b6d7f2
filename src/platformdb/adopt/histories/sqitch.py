"""Sqitch's registry: a row of ``changes`` for each change that is deployed; what was reverted has none.

Sources: Sqitch's ``lib/App/Sqitch/Engine/pg.sql`` (registry 1.1) and ``Plan/Change.pm`` (1.3): an id is made of the
change and of the one before it, so a plan that was edited has other ids from there on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from platformdb.adopt.model import Deed, Filed, Row, Sums, Told, Tool, Whereabouts
from platformdb.errors import ConfigError
from platformdb.migrations.layouts.sqitch import plan_of
from platformdb.migrations.model import MigrationFile
from platformdb.report.model import Finding


def _filed(files: Sequence[MigrationFile], place: Whereabouts) -> Iterator[Filed]:
    """By the ids that the plan gives; a file's version is its change's place in the plan.

    Raises:
        ConfigError: there is no plan.
        Refused: it cannot be read.
    """
    if not place.folders:
        raise ConfigError(
            "without sqitch.plan nobody can tell what Sqitch deployed", help="name its folder: --migrations"
        )
    _, ids = plan_of(place.folders[0], place.settings)
    return (Filed(file, ids[int(file.version) - 1] if file.version else file.name) for file in files)


def _fold(rows: Sequence[Row], filed: Sequence[Filed]) -> Told:
    """The changes of this plan's project: a registry may hold those of others."""
    known = {each.key for each in filed}
    names = {each.file.name for each in filed}
    projects = {row.text("project") for row in rows if row.text("change_id") in known}
    own = [row for row in rows if row.text("project") in projects or not projects]
    strange = [row for row in own if row.text("change_id") not in known and row.text("change") in names]
    deeds = tuple(_deed(row) for row in own if row not in strange)
    return Told(deeds, tuple(_other_id(row) for row in strange))


def _deed(row: Row) -> Deed:
    who = f"{row.text('committer_name')} <{row.text('committer_email')}>"
    change_id, digest = row.text("change_id"), row.text("script_hash")
    # Registries from before Sqitch 0.994 have the id there.
    return Deed(change_id, row.text("change"), row.at, who, checksum="" if digest == change_id else digest)


def _other_id(row: Row) -> Finding:
    name = row.text("change")
    message = f"Sqitch deployed {name} as {row.text('change_id')}, and by the plan it is another change now"
    help_text = "restore sqitch.plan as it was deployed (git log shows it), or record by hand: platformdb baseline"
    return Finding("adopt-changed", message, name, help=help_text)


SQITCH = Tool(
    "sqitch",
    "Sqitch",
    "sqitch.changes",
    frozenset({"change_id", "script_hash", "change", "project", "committed_at", "committer_name", "committer_email"}),
    _fold,
    when="committed_at",
    filed=_filed,
    sums=Sums(re.compile("[0-9a-f]{40}"), lambda data: (hashlib.sha1(data, usedforsecurity=False).hexdigest(),)),
)
