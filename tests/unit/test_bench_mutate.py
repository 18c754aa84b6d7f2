"""What has to be asked when an index is gone, and how what became of it is told."""

from __future__ import annotations

from platformdb.bench.mutate.model import DroppedIndex, Effect, Fate, MutationResult, WorseQuery, score
from platformdb.bench.mutate.plan import (
    could_need,
    grown,
    indexed_columns,
    patience_ms,
    planned_indexes,
    root_of,
    roots,
    same_plan,
    touched_tables,
    whole_tables,
)
from platformdb.bench.mutate.reports import headline, mutation_report
from platformdb.errors import Place
from platformdb.sqltext.mutants import Mutant, MutantKind
from platformdb.workload.model import Catalog, IndexFacts, Measurement, Persona, Query, TableFacts, Touched, Work
from platformdb.workload.plan_tree import PlanNode

QUERY = Query("feed", "For a test.", "SELECT 1", 50.0, (), Place("feed.sql", 2, 1))
WHOLE = IndexFacts("public.posts_at", "public.posts", ("at",))
PART = IndexFacts("public.posts_old_at", "public.posts_old", ("at",), parent="public.posts_at")
KEY = IndexFacts("public.users_pkey", "public.users", ("id",), unique=True, constraint="users_pkey")
LOWER = IndexFacts("public.users_email", "public.users", ("lower(email)",))
OWN = IndexFacts("platformdb.history_pkey", "platformdb.history", ("id",), constraint="history_pkey")
BROKEN = IndexFacts("public.posts_new_at", "public.posts", ("at",), valid=False)
CATALOG = Catalog(
    (TableFacts("public.posts", 10, 1), TableFacts("public.posts_old", 10, 1, parent="public.posts")),
    (KEY, PART, WHOLE, LOWER, OWN, BROKEN),
)
CAUGHT = Effect("feed", "heaviest", ("not-servable",))
PAST = Effect("feed", "median", (), "buffers 4 → 400")
MUTANT = Mutant(MutantKind.LIMIT, "without LIMIT 20", "SELECT 1")


def measured(work: Work = Work(), **node: object) -> Measurement:  # noqa: B008 - frozen
    plan = PlanNode("Index Scan", **{"relation": "public.posts_old", "index": "posts_old_at", **node})  # type: ignore[arg-type]
    return Measurement(QUERY, Persona("heaviest"), plan, PlanNode("Seq Scan", relation="public.tags"), work)


def test_an_index_of_a_partitioned_table_is_dropped_as_one_and_constraints_come_last() -> None:
    assert roots(CATALOG) == (WHOLE, LOWER, KEY)
    assert root_of(CATALOG)["public.posts_old_at"] == "public.posts_at"
    assert whole_tables(CATALOG)["public.posts_old"] == "public.posts"


def test_a_query_touches_the_tables_of_both_plans_and_those_of_its_functions() -> None:
    seen = measured(Work(tables=(Touched("public.likes", 1),)))
    assert touched_tables(seen, whole_tables(CATALOG)) == {"public.posts", "public.tags", "public.likes"}


def test_a_partitions_index_in_a_plan_stands_for_the_whole_one() -> None:
    assert planned_indexes(measured(), root_of(CATALOG)) == {"public.posts_at"}


def test_only_what_was_read_or_planned_can_be_needed_but_of_a_unique_index_also_what_follows_from_it() -> None:
    assert could_need(WHOLE, frozenset({"public.posts_at"}), first=False)
    assert not could_need(WHOLE, frozenset(), first=True)
    assert could_need(KEY, frozenset(), first=True)
    assert not could_need(KEY, frozenset(), first=False)


def test_plans_are_the_same_whatever_they_counted() -> None:
    assert same_plan(PlanNode("Seq Scan", actual=5, buffers=3), PlanNode("Seq Scan"))
    assert not same_plan(PlanNode("Seq Scan", filter="a"), PlanNode("Seq Scan", filter="b"))
    assert not same_plan(PlanNode("Seq Scan", cost=1), PlanNode("Seq Scan", cost=2))
    assert not same_plan(PlanNode("Limit", parts=(PlanNode("Seq Scan"),)), PlanNode("Limit"))


def test_growth_is_told_in_numbers_and_begins_above_the_tolerance() -> None:
    before = Work(buffers=100, touched=10, tables=(Touched("public.posts", 10),))
    assert grown(before, Work(buffers=102, touched=10), 0.02) == ""
    assert grown(before, Work(buffers=1_103, touched=10), 0.02) == "buffers 100 → 1,103"
    later = Work(tables=(Touched("public.posts", 5, 6), Touched("public.likes", 1)))
    assert grown(before, later, 0.02) == "rows of public.posts 10 → 11, rows of public.likes 0 → 1"


def test_the_columns_that_an_index_has_bare_are_known_by_name() -> None:
    quoted = IndexFacts("public.q", "public.q", ('"Name"', "lower(x)", '"two words"'))
    assert indexed_columns(Catalog(indexes=(WHOLE, quoted))) == {"at", "Name"}


def test_patience_is_a_second_and_twenty_runs() -> None:
    assert patience_ms(0) == 1_000
    assert patience_ms(500) == 3_000


def test_one_query_that_is_caught_is_enough() -> None:
    assert DroppedIndex(WHOLE, effects=(PAST, CAUGHT)).fate is Fate.CAUGHT
    assert DroppedIndex(WHOLE, effects=(PAST,)).fate is Fate.SURVIVED
    assert DroppedIndex(WHOLE).fate is Fate.HARMLESS


def test_the_score_counts_what_made_something_worse() -> None:
    result = MutationResult(
        (DroppedIndex(WHOLE, effects=(CAUGHT,)), DroppedIndex(LOWER, effects=(PAST,)), DroppedIndex(KEY)),
        (WorseQuery(QUERY, MUTANT, (CAUGHT,)), WorseQuery(QUERY, MUTANT), WorseQuery(QUERY, MUTANT, refused="no")),
    )
    assert str(score(result.plain)) == "1 of 2 (50 %)"
    assert headline(result) == (
        "indexes caught: 1 of 2 (50 %); of constraints: nothing to catch; worse queries caught: 1 of 1 (100 %)"
    )


def test_what_got_past_the_gate_is_an_error_and_so_is_a_tier_that_nothing_proves() -> None:
    result = MutationResult(
        (DroppedIndex(LOWER, 3), DroppedIndex(WHOLE, 2, used=("feed",)), DroppedIndex(KEY, effects=(PAST,))),
        (WorseQuery(QUERY, MUTANT, (PAST,)),),
    )
    findings, tables, data = mutation_report(result)
    assert [(finding.rule, finding.subject, finding.severity.value) for finding in findings] == [
        ("index-unneeded", "posts_at", "error"),
        ("mutant-survived", "users_pkey", "error"),
        ("mutant-survived", "feed", "error"),
    ]
    assert findings[0].message == (
        "posts_at on posts is in tier 2, and no query needs it; feed read it, and do as well with another"
    )
    assert findings[2].message == (
        "feed with no LIMIT (without LIMIT 20) does more for persona median (buffers 4 → 400), and no gate fails"
    )
    assert findings[2].place == QUERY.place
    assert [row[0] for row in tables[0].rows] == ["posts_at", "users_email", "users_pkey"]
    assert tables[0].notable == (0, 2)
    assert data["indexes"][2]["effects"][0]["worse"] == "buffers 4 → 400"


def test_a_constraints_index_that_no_query_needs_is_no_news() -> None:
    findings, tables, _ = mutation_report(MutationResult((DroppedIndex(KEY),)))
    assert (findings, tables[0].rows) == ((), ())
