from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from platformdb.errors import Place
from platformdb.indexes.model import BuiltIndex, IndexDefinition, Standing, State
from platformdb.indexes.plan import judge, obstacles, plan_builds, standings
from platformdb.indexes.read import read_tiers
from platformdb.indexes.run import highest_begun_tier, tier_counts
from platformdb.report.history import Checksums, Entry, Record
from platformdb.report.model import Finding, Severity, Step
from projects import Project

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ONE_INDEX = "-- finds a post by its author\nCREATE UNIQUE INDEX i ON posts (author) WHERE NOT gone;\n"


def tiers(project: Project, **texts: str) -> tuple[tuple[IndexDefinition, ...], tuple[Finding, ...]]:
    project.write({f"sql/indexes/{name}.sql": text for name, text in texts.items()})
    return read_tiers(project.platform)


def sums(checksum: str) -> Checksums:
    return Checksums(checksum, checksum, checksum)


def defined(name: str = "i", table: str = "posts", tier: int = 1, checksum: str = "sum") -> IndexDefinition:
    sql = f"CREATE INDEX {name} ON {table} (x)"
    return IndexDefinition(
        name, table, tier, "why", sql, "CREATE ", f" ON {table} (x)", checksum, Place("tier1_a.sql", 2, 1)
    )


def built(name: str = "i", table: str = "posts", *, valid: bool = True) -> BuiltIndex:
    return BuiltIndex(name, table, valid, 8192)


def recorded(definition: IndexDefinition) -> Entry:
    return Entry(Record("demo", "index", "tier1", definition.name, sums(definition.checksum)), WHEN, 1.0)


def state_of(definition: IndexDefinition, *catalog: BuiltIndex, history: tuple[Entry, ...] = ()) -> State:
    (standing,) = standings([definition], catalog, history)
    return standing.state


def steps_for(state: State, definition: IndexDefinition | None = None, **given: Any) -> list[Step]:
    definition = definition or defined()
    return list(plan_builds("demo", [Standing(definition, state, built(definition.name))], **given))


def sqls(steps: list[Step]) -> list[str]:
    return [step.sql for step in steps]


class TestRead:
    def test_a_definition_has_its_table_tier_reason_and_place(self, project: Project) -> None:
        (definition,), findings = tiers(project, tier2_more=ONE_INDEX)
        assert findings == ()
        assert (definition.name, definition.table, definition.tier) == ("i", "posts", 2)
        assert definition.reason == "finds a post by its author"
        assert str(definition.place) == "sql/indexes/tier2_more.sql:2:1"

    def test_the_text_around_the_name_is_kept_letter_by_letter(self, project: Project) -> None:
        (definition,), _ = tiers(project, tier1_a=ONE_INDEX)
        assert definition.before_name == "CREATE UNIQUE "
        assert definition.after_name == " ON posts (author) WHERE NOT gone"

    def test_a_qualified_table_keeps_its_schema(self, project: Project) -> None:
        (definition,), _ = tiers(project, tier1_a="-- why\nCREATE INDEX i ON app.posts (x)")
        assert definition.table == "app.posts"

    def test_tiers_come_in_order_and_files_in_theirs(self, project: Project) -> None:
        texts = {"tier3_z": "c", "tier1_b": "b", "tier1_a": "a", "tier2_x": "d"}
        definitions, _ = tiers(
            project, **{file: f"-- why\nCREATE INDEX {name} ON t (x)" for file, name in texts.items()}
        )
        assert [definition.name for definition in definitions] == ["a", "b", "d", "c"]

    def test_layout_does_not_change_the_checksum_but_words_do(self, project: Project) -> None:
        definitions, _ = tiers(
            project,
            tier1_a="-- why\nCREATE INDEX i ON t (x)",
            tier2_a="-- other reason\nCREATE INDEX   i\n\tON t (x)",
            tier3_a="-- why\nCREATE INDEX i ON t (y)",
        )
        one, same, other = (definition.checksum for definition in definitions)
        assert one == same != other

    @pytest.mark.parametrize(
        ("text", "message", "line"),
        [
            ("CREATE INDEX i ON t (x)", "index i has no reason", 1),
            ("-- why\nCREATE INDEX i ON t (x);\nCREATE INDEX j ON t (y);", "index j has no reason", 3),
            ("-- why\nCREATE INDEX ON t (x)", "named CREATE INDEX statements only", 2),
            ("-- why\nDROP INDEX i", "named CREATE INDEX statements only", 2),
            ("--\nCREATE INDEX i ON t (x)", "has no reason", 2),
            ("-- why\nCREATE INDEX i ONN t (x)", "syntax error", 2),
            ("-- why\n-- platformdb: transaction=off\nCREATE INDEX i ON t (x)", "unknown directive", 2),
        ],
    )
    def test_anything_else_in_a_tier_file_is_a_finding_with_its_line(
        self, project: Project, text: str, message: str, line: int
    ) -> None:
        _, (finding,) = tiers(project, tier1_a=text)
        assert message in finding.message
        assert finding.place is not None
        assert (finding.place.name, finding.place.line) == ("sql/indexes/tier1_a.sql", line)
        assert finding.help

    def test_an_index_defined_twice_names_both_places(self, project: Project) -> None:
        _, (finding,) = tiers(project, tier1_a=ONE_INDEX, tier3_b=ONE_INDEX)
        assert finding.rule == "index-duplicated"
        assert "sql/indexes/tier1_a.sql:2:1" in finding.message
        assert str(finding.place) == "sql/indexes/tier3_b.sql:2:1"

    @pytest.mark.parametrize("name", ["tier1", "tier4_more", "critical", "old/tier1_a"])
    def test_a_file_of_no_tier_is_a_finding(self, project: Project, name: str) -> None:
        (project.root / "sql/indexes/old").mkdir(parents=True)
        definitions, (finding,) = tiers(project, **{name: ONE_INDEX})
        assert definitions == ()
        assert (finding.rule, finding.subject) == ("file-unmatched", f"sql/indexes/{name}.sql")

    def test_no_tier_files_define_nothing(self, project: Project) -> None:
        assert read_tiers(project.platform) == ((), ())


class TestStanding:
    def test_an_index_that_is_not_there_is_missing(self) -> None:
        assert state_of(defined(), built("other")) is State.MISSING

    def test_an_index_that_is_there_is_built_even_when_somebody_made_it_by_hand(self) -> None:
        assert state_of(defined(), built()) is State.BUILT

    def test_an_index_built_from_this_definition_is_built(self) -> None:
        assert state_of(defined(), built(), history=(recorded(defined()),)) is State.BUILT

    def test_an_index_built_from_another_definition_is_changed(self) -> None:
        assert state_of(defined(), built(), history=(recorded(defined(checksum="old")),)) is State.CHANGED

    def test_the_newest_row_of_the_history_counts(self) -> None:
        rows = (recorded(defined(checksum="old")), recorded(defined()))
        assert state_of(defined(), built(), history=rows) is State.BUILT

    def test_an_index_dropped_by_hand_is_missing_whatever_the_history_says(self) -> None:
        assert state_of(defined(), history=(recorded(defined()),)) is State.MISSING

    def test_an_interrupted_build_is_invalid(self) -> None:
        assert state_of(defined(), built(valid=False)) is State.INVALID

    def test_a_name_on_another_table_is_misplaced_even_if_invalid(self) -> None:
        assert state_of(defined(), built(table="users", valid=False)) is State.MISPLACED

    def test_a_definition_with_a_schema_means_the_index_of_that_schema(self) -> None:
        here, there = BuiltIndex("i", "posts", True, 0), BuiltIndex("i", "posts", True, 0, "app", visible=False)
        assert state_of(defined(table="app.posts"), here, there) is State.BUILT
        assert state_of(defined(table="app.posts"), here) is State.MISSING
        assert state_of(defined(), there) is State.MISSING


class TestPlan:
    def test_a_missing_index_is_built_concurrently_and_recorded(self) -> None:
        (step,) = steps_for(State.MISSING)
        assert step.sql == 'CREATE INDEX CONCURRENTLY "i" ON posts (x)'
        assert not step.transactional
        assert step.reason == "tier 1: why"
        assert step.record == Record(
            "demo", "index", "tier1", "i", sums("sum"), digest="sum", text="CREATE INDEX i ON posts (x)"
        )

    def test_an_invalid_index_is_dropped_and_built_again(self) -> None:
        drop, build = steps_for(State.INVALID)
        assert (drop.sql, drop.transactional) == ('DROP INDEX CONCURRENTLY "i"', False)
        assert drop.record is None
        assert build == steps_for(State.MISSING)[0]

    def test_a_changed_index_is_built_beside_the_old_one_and_swapped_in_one_transaction(self) -> None:
        build, swap = steps_for(State.CHANGED)
        assert build.sql == 'CREATE INDEX CONCURRENTLY "i_replacement" ON posts (x)'
        assert (build.transactional, build.record) == (False, None)
        assert [s.sql for s in swap.statements] == [
            "SET LOCAL lock_timeout = '5s'",  # the swap must not make everybody else queue
            'DROP INDEX "i"',
            'ALTER INDEX "i_replacement" RENAME TO "i"',
        ]
        assert swap.transactional
        assert swap.record is not None
        assert swap.record.checksums == sums("sum")

    def test_what_an_interrupted_replacement_left_behind_is_dropped_first(self) -> None:
        steps = steps_for(State.CHANGED, built=[built("i_replacement"), built("j_replacement")])
        assert sqls(steps)[0] == 'DROP INDEX CONCURRENTLY "i_replacement"'
        assert len(steps) == 3

    @pytest.mark.parametrize("state", [State.BUILT, State.MISSING, State.INVALID])
    def test_an_invalid_one_is_dropped_even_when_the_definition_went_back(self, state: State) -> None:
        steps = steps_for(state, built=[built("i_replacement", valid=False)])
        assert sqls(steps)[0] == 'DROP INDEX CONCURRENTLY "i_replacement"'
        assert steps[1:] == steps_for(state)

    def test_a_valid_one_that_is_in_nobodys_way_stays(self) -> None:
        assert steps_for(State.BUILT, built=[built("i_replacement")]) == []

    def test_an_index_that_is_defined_under_such_a_name_is_no_leftover(self) -> None:
        found = [Standing(defined(name), State.CHANGED, built(name)) for name in ("i", "i_replacement")]
        steps = plan_builds("demo", found, built=[built("i_replacement")])
        assert all("DROP INDEX CONCURRENTLY" not in step.sql for step in steps)

    @pytest.mark.parametrize("name", ["i" * 63, "ö" * 31, "ab" + "€" * 20])
    def test_a_replacement_of_a_long_name_still_fits_63_bytes(self, name: str) -> None:
        build, _ = steps_for(State.CHANGED, defined(name))
        beside = build.subject
        assert len(beside.encode()) <= 63
        assert beside.endswith("_replacement")
        assert name.startswith(beside.removesuffix("_replacement"))

    def test_names_are_quoted(self) -> None:
        drop, build = steps_for(State.INVALID, defined('A "b"'))
        assert drop.sql == 'DROP INDEX CONCURRENTLY "A ""b"""'
        assert 'CONCURRENTLY "A ""b""" ON' in build.sql

    @pytest.mark.parametrize("state", [State.BUILT, State.MISPLACED])
    def test_the_other_states_plan_nothing(self, state: State) -> None:
        assert steps_for(state) == []


class TestJudge:
    def test_a_taken_name_is_an_obstacle(self) -> None:
        (finding,) = obstacles([Standing(defined(), State.MISPLACED, built(table="users"))])
        assert finding.message == "the name i is taken by an index on users, not posts"
        assert finding.place == defined().place

    @pytest.mark.parametrize(
        ("state", "tier", "expected"),
        [
            (State.MISSING, 1, Severity.ERROR),
            (State.MISSING, 2, Severity.NOTE),
            (State.INVALID, 2, Severity.ERROR),
            (State.CHANGED, 3, Severity.ERROR),
        ],
    )
    def test_only_a_missing_index_of_a_tier_nobody_asked_for_is_no_fault(
        self, state: State, tier: int, expected: Severity
    ) -> None:
        (finding,) = judge([Standing(defined(tier=tier), state, built())], expected_tier=1)
        assert (finding.rule, finding.severity) == (f"index-{state.value}", expected)
        assert f"--tier {tier}" in finding.help

    def test_a_built_index_is_no_finding(self) -> None:
        assert judge([Standing(defined(), State.BUILT, built())], expected_tier=3) == ()

    def test_a_tier_is_expected_whole_once_any_index_of_it_is_there(self) -> None:
        missing = Standing(defined("a", tier=3), State.MISSING)
        begun = Standing(defined("b", tier=2), State.INVALID, built("b"))
        assert highest_begun_tier([missing]) == 1
        assert highest_begun_tier([missing, begun]) == 2
        assert highest_begun_tier([]) == 1

    def test_tiers_are_counted_apart(self) -> None:
        found = [
            Standing(defined("a"), State.BUILT, built("a")),
            Standing(defined("b"), State.INVALID, built("b")),
            Standing(defined("c", tier=3), State.MISSING),
        ]
        assert tier_counts(found) == {1: (1, 2), 3: (0, 1)}
