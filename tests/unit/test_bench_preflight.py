"""What forbids to judge, as decisions over the state of tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platformdb.bench.ground.preflight import foreign, of_autovacuum, of_statistics, unpinned
from platformdb.bench.ground.state import TableState, by_tree, is_clean, is_known, target_for

FIT = TableState(
    name="public.posts", tree="public.posts", partitioned=False, rows=90_000, pages=900, visible=900, dead=0,
    modified=0, analyzed=True, columns=5, widest=306,
)  # fmt: skip
SMALL = replace(FIT, name="public.tags", tree="public.tags", rows=300, pages=3, visible=3, widest=20)


def rules(*states: TableState, server_target: int = 100, prepared: tuple[str, ...] = ()) -> list[str]:
    return [finding.rule for finding in of_statistics(states, server_target, prepared)]


def test_a_table_that_is_fit_has_no_findings() -> None:
    assert rules(FIT, SMALL) == []
    assert list(of_autovacuum([FIT, SMALL])) == []
    assert is_clean(FIT)


def test_the_target_of_the_statistics_takes_in_every_row() -> None:
    assert target_for([FIT]) == 306  # 90,000 / 300, and 2 %
    assert target_for([SMALL]) == 100
    assert target_for([replace(FIT, rows=50_000_000)]) == 10_000


def test_of_a_partitioned_table_the_densest_partition_says_the_target() -> None:
    root = replace(FIT, partitioned=True, pages=-1, rows=-1)
    thin, dense = replace(FIT, rows=10, pages=100), replace(FIT, rows=60_000, pages=100)
    assert target_for([root, thin, dense]) == 408  # 600 rows on each of 200 pages, were all as dense


def test_statistics_of_a_sample_are_not_those_of_all_rows() -> None:
    assert rules(replace(FIT, widest=100)) == ["statistics-stale"]
    assert rules(replace(FIT, widest=299)) == ["statistics-stale"]
    assert rules(replace(FIT, widest=300)) == []


def test_a_small_table_is_read_whole_unless_the_server_samples_less_than_usual() -> None:
    assert rules(SMALL) == []
    assert rules(replace(SMALL, rows=29_000), server_target=10) == ["statistics-stale"]
    assert rules(replace(SMALL, rows=29_000, widest=97), server_target=10) == []


def test_what_prepare_did_itself_needs_no_proof() -> None:
    few_values = replace(FIT, widest=2)
    assert rules(few_values, prepared=("public.posts",)) == []
    assert rules(replace(few_values, modified=1), prepared=("public.posts",)) == ["statistics-stale"]


def test_rows_changed_since_the_statistics_were_taken_make_them_stale() -> None:
    [finding] = of_statistics([replace(SMALL, modified=1)], 100)
    assert finding.rule == "statistics-stale"
    assert "public.tags" in finding.message


@pytest.mark.parametrize("state", [replace(FIT, columns=0, widest=0), replace(FIT, analyzed=False)])
def test_a_table_that_was_never_analyzed_has_no_statistics(state: TableState) -> None:
    assert rules(state) == ["statistics-missing"]


def test_an_empty_table_needs_no_statistics() -> None:
    assert rules(replace(SMALL, rows=0, pages=0, visible=0, columns=0, widest=0, analyzed=False)) == []


@pytest.mark.parametrize("rows", [-1, 0])
def test_statistics_that_outlived_the_rows_are_noticed(rows: int) -> None:
    [finding] = of_statistics([replace(SMALL, rows=rows)], 100)
    assert finding.rule == "statistics-stale"
    assert "the rows that were there before" in finding.message


@pytest.mark.parametrize("state", [replace(FIT, visible=899), replace(FIT, dead=1), replace(FIT, rows=-1)])
def test_pages_that_not_everybody_sees_alike_are_not_clean(state: TableState) -> None:
    assert not is_clean(state)


def test_a_partitioned_table_itself_has_no_pages_to_be_clean() -> None:
    assert is_clean(replace(FIT, partitioned=True, pages=-1, visible=0))


def test_partitions_stand_with_their_table() -> None:
    parts = [replace(FIT, name=f"public.posts_{number}") for number in (1, 2)]
    trees = by_tree([*parts, SMALL])
    assert [len(tree) for tree in trees.values()] == [2, 1]
    assert not is_known((parts[0], replace(parts[1], modified=3)), 100)


@pytest.mark.parametrize(("state", "said"), [(replace(FIT, busy=True), "is at work"), (replace(FIT, due=True), "will")])
def test_autovacuum_at_work_or_due_forbids_to_judge(state: TableState, said: str) -> None:
    [finding] = of_autovacuum([SMALL, state])
    assert finding.rule == "autovacuum-due"
    assert said in finding.message


def test_settings_that_do_not_stay_are_named() -> None:
    [finding] = unpinned(["work_mem", "jit"])
    assert finding.rule == "settings-unpinned"
    assert "jit, work_mem" in finding.message


def test_rows_must_be_those_of_the_seed() -> None:
    assert list(foreign("shop", 1_000, 1_000, 900)) == []
    assert [finding.rule for finding in foreign("shop", 1_000, 1_001, 900)] == ["foreign-rows"]
    assert "no seed of shop" in next(foreign("shop", None, 0, 0)).message


def test_rows_that_are_only_estimated_may_differ_a_little() -> None:
    assert list(foreign("shop", 5_000_000, 5_040_000, 4_000_000)) == []
    assert len(list(foreign("shop", 5_000_000, 5_060_000, 4_000_000))) == 1
