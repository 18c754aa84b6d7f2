"""What is taken off a table, how it comes back, and what a role's rights allow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platformdb.errors import Refused
from platformdb.seeding.load.ahead import ahead
from platformdb.seeding.load.model import Emptying, IndexFact, KeyFact, Rights, Triggers
from platformdb.seeding.load.rights import judge_rights
from platformdb.seeding.load.strip import index_parts, key_parts, trigger_parts

PLAIN = IndexFact(1, 0, "s.t", False, "s.i", "i", "CREATE INDEX i ON s.t USING btree (a)")
KEY = KeyFact("s.t", "k", "FOREIGN KEY (a) REFERENCES s.p(b)", validated=True, partitioned=False)


def test_an_index_comes_back_with_all_that_belongs_to_it() -> None:
    fact = replace(PLAIN, tablespace="fast", comment="'c'", clustered=True, identifies=True,
                   statistics=("ALTER COLUMN 1 SET STATISTICS 500",))  # fmt: skip
    (part,) = index_parts([fact])
    assert part.off == "DROP INDEX s.i"
    assert part.on.split("; ") == [
        "SET LOCAL default_tablespace = fast",
        "CREATE INDEX i ON s.t USING btree (a)",
        "SET LOCAL default_tablespace = ''",
        "COMMENT ON INDEX s.i IS 'c'",
        "ALTER INDEX s.i ALTER COLUMN 1 SET STATISTICS 500",
        "ALTER TABLE s.t CLUSTER ON i",
        "ALTER TABLE s.t REPLICA IDENTITY USING INDEX i",
    ]


def test_a_constraint_is_made_of_its_index_so_that_its_options_stay() -> None:
    fact = replace(PLAIN, constraint="i", deferrable=True, deferred=True, constraint_comment="'c'")
    (part,) = index_parts([fact])
    assert part.off == "ALTER TABLE s.t DROP CONSTRAINT i"
    assert part.on.split("; ")[1:] == [
        "ALTER TABLE s.t ADD CONSTRAINT i UNIQUE USING INDEX i DEFERRABLE INITIALLY DEFERRED",
        "COMMENT ON CONSTRAINT i ON s.t IS 'c'",
    ]
    (primary,) = index_parts([replace(fact, is_primary=True, deferrable=False, deferred=False)])
    assert "ADD CONSTRAINT i PRIMARY KEY USING INDEX i;" in primary.on


FAMILY = (
    replace(PLAIN, partitioned=True, constraint="i", constraint_definition="PRIMARY KEY (a)", is_primary=True),
    replace(PLAIN, number=2, parent=1, relation="s.t1", name="s.j", own="j", definition="CREATE UNIQUE INDEX j …",
            constraint="j", is_primary=True),
    replace(PLAIN, number=3, relation="s.t1", name="s.own", definition="CREATE INDEX own …"),
)  # fmt: skip


def test_partitions_get_back_their_own_indexes_below_that_of_the_whole() -> None:
    root, own = index_parts(FAMILY)
    assert root.off == "ALTER TABLE s.t DROP CONSTRAINT i"
    assert root.on.split("; ") == [
        "ALTER TABLE ONLY s.t ADD CONSTRAINT i PRIMARY KEY (a)",
        "CREATE UNIQUE INDEX j …",
        "ALTER TABLE s.t1 ADD CONSTRAINT j PRIMARY KEY USING INDEX j",
        "ALTER INDEX s.i ATTACH PARTITION s.j",
    ]
    assert (own.off, own.on) == ("DROP INDEX s.own", "CREATE INDEX own …")


@pytest.mark.parametrize("held", [0, 1])
def test_what_is_held_anywhere_stays_everywhere(held: int) -> None:
    facts = [replace(fact, held="something depends on it") if n == held else fact for n, fact in enumerate(FAMILY)]
    assert [part.name for part in index_parts(facts)] == ["s.own"]


@pytest.mark.parametrize(
    ("fact", "version", "later"),
    [
        (KEY, 150_000, True),
        (replace(KEY, partitioned=True), 170_000, False),
        (replace(KEY, partitioned=True), 180_000, True),
        (replace(KEY, definition=f"{KEY.definition} NOT VALID", validated=False), 180_000, False),
        (replace(KEY, definition=f"{KEY.definition} NOT ENFORCED"), 180_000, False),
    ],
)
def test_a_key_looks_at_the_rows_later_where_that_can_be(fact: KeyFact, version: int, later: bool) -> None:
    (part,) = key_parts([replace(fact, comment="'c'")], server_version=version)
    valid = " NOT VALID" if later else ""
    assert part.on == (
        f"ALTER TABLE s.t ADD CONSTRAINT k {fact.definition}{valid}; COMMENT ON CONSTRAINT k ON s.t IS 'c'"
    )
    assert part.check == ("ALTER TABLE s.t VALIDATE CONSTRAINT k" if later else "")


def test_a_trigger_is_enabled_as_it_was() -> None:
    parts = trigger_parts([("s.t", "a", "O"), ("s.t", "b", "A"), ("s.t", "c", "R")])
    assert [part.on for part in parts] == [
        "ALTER TABLE ONLY s.t ENABLE TRIGGER a",
        "ALTER TABLE ONLY s.t ENABLE ALWAYS TRIGGER b",
        "ALTER TABLE ONLY s.t ENABLE REPLICA TRIGGER c",
    ]


OWNER = Rights(owns=True, truncates=True, locks=True, replicates=True)


def test_a_role_does_the_best_that_it_may() -> None:
    best = judge_rights(OWNER, keeps=False)
    assert (best.strips, best.freezes, best.triggers, best.notes) == (True, True, Triggers.DISABLED, ())
    assert not judge_rights(OWNER, keeps=True).freezes
    session = judge_rights(replace(OWNER, owns=False, truncates=False), keeps=False)
    assert (session.strips, session.triggers, session.emptying) == (False, Triggers.REPLICA, Emptying.DELETE)
    assert len(session.notes) == 2
    least = replace(OWNER, owns=False, replicates=False)
    assert judge_rights(least, keeps=False).triggers is Triggers.ON
    with pytest.raises(Refused, match="may not disable triggers"):
        judge_rights(least, keeps=True)


def test_items_are_made_ahead_and_errors_come_where_they_would() -> None:
    with ahead(iter(range(100)), room=3) as items:
        assert list(items) == list(range(100))

    made: list[int] = []

    def breaking():  # type: ignore[no-untyped-def]
        for number in range(5):
            made.append(number)
            yield number
        raise ValueError("that was all")

    read: list[int] = []
    with ahead(breaking(), room=2) as items, pytest.raises(ValueError, match="that was all"):
        read.extend(items)
    assert read == made == [0, 1, 2, 3, 4]


def test_who_stops_reading_stops_the_making() -> None:
    made: list[int] = []

    def endless():  # type: ignore[no-untyped-def]
        while True:
            made.append(len(made))
            yield made[-1]

    with ahead(endless(), room=2) as items:
        assert next(items) == 0
    assert len(made) <= 5
