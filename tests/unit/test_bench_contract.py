"""What a plan promises, read out of plans as EXPLAIN VERBOSE prints them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platformdb.bench.gates.contract import contract_of
from platformdb.bench.gates.reading import read_whole
from platformdb.bench.model import Access
from platformdb.workload.model import Catalog, IndexFacts, TableFacts
from platformdb.workload.plan_tree import PlanNode

POSTS, EVENTS = "public.posts", "public.events"
TABLES = (
    TableFacts(POSTS, 20_000, 1_000),
    TableFacts("archive.posts", 50_000, 1_000),
    TableFacts("public.tiers", 4, 1),
    TableFacts(EVENTS, 6_000, 60),
    *(TableFacts(f"public.events_2026_0{month}", 600, 6, parent=EVENTS) for month in range(1, 6)),
)


def index(name: str, *columns: str, table: str = POSTS, predicate: str = "", method: str = "btree") -> IndexFacts:
    return IndexFacts(f"public.{name}", table, columns, predicate=predicate, method=method)


CATALOG = Catalog(
    TABLES,
    (
        index("by_user", "user_id", "created_at", "status"),
        index("by_lower", "lower(email)"),
        index("by_document", "((data ->> 'kind'::text))"),
        index("by_name", '"Name"'),
        index("by_tags", "tags", method="gin"),
        index("by_distance", "embedding", method="hnsw"),
        index("drafts", "user_id", predicate="((status = 'draft'::text) AND (deleted_at IS NULL))"),
        *(
            IndexFacts(f"public.events_0{n}_by_at", f"public.events_2026_0{n}", ("at",), parent="public.events_by_at")
            for n in range(1, 6)
        ),
    ),
)


def scan(kind: str, alias: str, *, relation: str = POSTS, **fields: object) -> PlanNode:
    return PlanNode(kind, relation=relation, alias=alias, actual=10.0, **fields)  # type: ignore[arg-type]


def over(*parts: PlanNode, kind: str = "Append") -> PlanNode:
    return PlanNode(kind, actual=10.0, parts=parts)


def accesses(plan: PlanNode) -> dict[str, Access]:
    return {access.place: access for access in contract_of(plan, CATALOG).accesses}


@pytest.mark.parametrize(
    ("name", "condition", "sought"),
    [
        ("by_user", "(p.user_id = $1)", ("user_id",)),
        ("by_user", "((p.status = 'a'::text) AND (p.user_id = f.user_id))", ("user_id", "status")),
        ("by_user", "(p.user_id = ANY ('{1,2}'::integer[]))", ("user_id",)),
        ("by_user", "(ROW(p.user_id, p.created_at) < ROW(1, now()))", ("user_id", "created_at")),
        ("by_user", "((p.user_id = f.status) AND (f.created_at = 'p.status'::text))", ("user_id",)),
        ("by_lower", "(lower((p.email)::text) = 'x'::text)", ()),
        ("by_lower", "(lower(p.email) = 'x'::text)", ("lower(email)",)),
        ("by_document", "((p.data ->> 'kind'::text) = 'a'::text)", ("((data ->> 'kind'::text))",)),
        ("by_name", "(p.\"Name\" = 'x'::text)", ("Name",)),
        ("by_name", "(p.\"name\" = 'x'::text)", ()),
        ("by_tags", "(p.tags @> '{a}'::text[])", ("tags",)),
    ],
)
def test_sought_are_the_columns_of_the_index_that_its_condition_asks_for(
    name: str, condition: str, sought: tuple[str, ...]
) -> None:
    found = accesses(scan("Index Scan", "p", index=name, condition=condition))["p"]
    assert (found.method, found.index, found.sought) == ("index", f"public.{name}", sought)


def test_an_alias_may_need_quotes_and_look_like_sql() -> None:
    plan = scan("Index Scan", "Our p", index="by_user", condition='("Our p".user_id = 1)')
    assert accesses(plan)["Our p"].sought == ("user_id",)


def test_an_index_of_distances_is_sought_by_its_order() -> None:
    plan = scan("Index Scan", "p", index="by_distance", order="(p.embedding <-> '[1,2]'::vector)")
    assert accesses(plan)["p"].sought == ("embedding",)


def test_filtered_are_columns_that_no_index_asks_for() -> None:
    plan = scan(
        "Index Scan", "p", index="by_user", condition="(p.user_id = 1)", filter="((p.status = 'a') AND (f.id = 1))"
    )
    assert accesses(plan)["p"].filtered == ("status",)


def test_a_partial_index_settles_the_columns_of_its_predicate() -> None:
    plan = scan("Index Scan", "p", index="drafts", condition="(p.user_id = 1)")
    assert accesses(plan)["p"].sought == ("user_id", "status", "deleted_at")


def test_a_bitmap_of_several_indexes_seeks_what_all_of_them_do() -> None:
    either = over(
        PlanNode("Bitmap Index Scan", index="by_user", condition="(p.user_id = 1)"),
        PlanNode("Bitmap Index Scan", index="by_tags", condition="(p.tags @> '{a}')"),
        kind="BitmapOr",
    )
    found = accesses(scan("Bitmap Heap Scan", "p", parts=(either,)))["p"]
    assert (found.method, found.index, found.sought) == (
        "bitmap",
        "public.by_user, public.by_tags",
        ("user_id", "tags"),
    )


def test_an_index_made_after_the_catalog_was_read_seeks_what_it_is_asked() -> None:
    plan = scan("Index Scan", "p", index="just_made", condition="((p.b = 1) AND (p.a = 2))")
    assert accesses(plan)["p"].sought == ("b", "a")


def test_a_self_join_and_tables_of_one_name_in_two_schemas_are_kept_apart() -> None:
    plan = over(
        scan("Index Scan", "p", index="by_user", condition="(p.user_id = 1)"),
        scan("Seq Scan", "p_1"),
        scan("Seq Scan", "posts", relation="archive.posts"),
    )
    assert {place: (each.relation, each.method) for place, each in accesses(plan).items()} == {
        "p": (POSTS, "index"),
        "p_1": (POSTS, "seq"),
        "posts": ("archive.posts", "seq"),
    }


def part(month: int, alias: str, **fields: object) -> PlanNode:
    return scan("Index Scan", alias, relation=f"public.events_2026_0{month}", index=f"events_0{month}_by_at", **fields)


def test_partitions_are_one_place_which_counts_them() -> None:
    plan = over(part(1, "e_1", condition="(e_1.at > 1)"), part(2, "e_2", condition="(e_2.at > 1)"))
    assert accesses(plan)["e"] == Access("e", EVENTS, "index", "public.events_by_at", sought=("at",), partitions=2)


def test_a_single_partition_has_the_place_that_many_have() -> None:
    assert accesses(part(1, "e", condition="(e.at > 1)"))["e"].partitions == 1


def test_partitions_that_were_never_read_do_not_count() -> None:
    assert accesses(over(part(1, "e_1"), part(2, "e_2", loops=0.0), part(3, "e_3", loops=0.0)))["e"].partitions == 1


def test_branches_that_read_the_same_partitions_are_kept_apart() -> None:
    plan = over(over(part(1, "e_2"), part(2, "e_3")), over(part(1, "e_4"), part(2, "e_5")))
    assert {place: access.partitions for place, access in accesses(plan).items()} == {"e": 2, "e_1": 2}


def test_the_worst_method_of_its_partitions_is_the_tables() -> None:
    plan = over(part(1, "e_1", condition="(e_1.at > 1)"), scan("Seq Scan", "e_2", relation="public.events_2026_02"))
    assert (accesses(plan)["e"].method, accesses(plan)["e"].sought) == ("seq", ())


def test_functions_and_common_tables_are_no_relations() -> None:
    assert accesses(over(PlanNode("CTE Scan", relation="c", alias="c"), PlanNode("Function Scan", alias="f"))) == {}


def test_a_sort_counts_the_rows_of_one_loop() -> None:
    below = scan("Seq Scan", "p", loops=5.0)
    assert contract_of(over(below, kind="Sort"), CATALOG).sorted_rows == 2
    assert contract_of(over(below, kind="Incremental Sort"), CATALOG).sorted_rows == 0


@pytest.mark.parametrize("fields", [{"temp": 7}, {"spilled": True}])
def test_temporary_files_are_a_spill(fields: dict[str, object]) -> None:
    assert contract_of(scan("Seq Scan", "p", **fields), CATALOG).spills


def forced(kind: str, alias: str = "p", *, relation: str = POSTS, **fields: object) -> PlanNode:
    return PlanNode(kind, relation=relation, alias=alias, rows=9_000.0, role="Outer", **fields)  # type: ignore[arg-type]


def whole(plan: PlanNode) -> list[str]:
    return [each.table for each in read_whole(plan, CATALOG, large=1_000)]


@pytest.mark.parametrize(
    "plan",
    [
        forced("Seq Scan"),
        forced("Index Scan", index="by_user"),
        forced("Index Only Scan", index="by_user", condition="(p.status = 'a')"),
        forced("Index Scan", index="drafts", filter="(p.title = 'a')"),
        PlanNode("Limit", parts=(PlanNode("Sort", role="Outer", parts=(forced("Index Scan", index="by_user"),)),)),
        PlanNode("Limit", parts=(forced("Seq Scan", filter="(p.title ~~ '%a%')"),)),
        PlanNode(
            "Limit",
            parts=(
                PlanNode(
                    "Hash Join", role="Outer", parts=(PlanNode("Hash", role="Inner", parts=(forced("Seq Scan"),)),)
                ),
            ),
        ),
    ],
    ids=["sequential", "unbounded", "not by its first column", "partial", "below a sort", "searched", "hashed"],
)
def test_a_large_table_is_read_whole_where_nothing_bounds_it(plan: PlanNode) -> None:
    assert whole(plan) == [POSTS]


@pytest.mark.parametrize(
    "plan",
    [
        forced("Seq Scan", relation="public.tiers"),
        forced("Index Scan", index="by_user", condition="(p.user_id = 1)"),
        forced("Bitmap Heap Scan", parts=(PlanNode("Bitmap Index Scan", index="by_tags", condition="(p.tags @> $1)"),)),
        forced("Index Scan", index="by_distance", order="(p.embedding <-> $1)"),
        PlanNode(
            "Limit", parts=(PlanNode("Nested Loop", role="Outer", parts=(forced("Index Scan", index="by_user"),)),)
        ),
        PlanNode("Limit", parts=(forced("Seq Scan"),)),
    ],
    ids=["small", "sought", "bitmap", "by distance", "cut short", "the first rows of all"],
)
def test_a_table_is_not_read_whole_where_something_does(plan: PlanNode) -> None:
    assert whole(plan) == []


def test_a_limit_does_not_end_what_is_read_anew_for_each_row() -> None:
    inner = replace(forced("Index Scan", "q", index="by_user"), role="Inner")
    loop = PlanNode("Nested Loop", role="Outer", parts=(forced("Index Scan", index="by_user"), inner))
    assert [each.place for each in read_whole(PlanNode("Limit", parts=(loop,)), CATALOG, large=1_000)] == ["q"]


def test_a_limit_that_came_too_late_does_not_help() -> None:
    late = PlanNode("Limit", actual=5.0, parts=(scan("Seq Scan", "p", role="Outer", removed=15_000),))
    assert whole(late) == [POSTS]


def test_partitions_read_whole_count_together() -> None:
    parts = [forced("Seq Scan", f"e_{month}", relation=f"public.events_2026_0{month}") for month in (1, 2)]
    assert whole(over(*parts)) == [EVENTS]
    assert whole(over(parts[0])) == []
