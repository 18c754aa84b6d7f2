"""What holds for any times and any run."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from platformdb.bench.gates.against import changes, is_tie
from platformdb.bench.gates.scans import lookups
from platformdb.bench.gates.statistics import compare_samples, percentile
from platformdb.bench.model import Access, Contract, Entry, HeldSeed, Run
from platformdb.bench.reference import dump_run, load_run
from platformdb.workload.model import IndexFacts, Touched, Work
from platformdb.workload.plan_tree import PlanNode

names = st.text(min_size=1, max_size=12)
counts = st.integers(0, 10**9)
times = st.lists(st.floats(0.01, 1000), min_size=8, max_size=40)
touched = st.builds(Touched, names, counts, counts, counts, counts)
works = st.builds(
    Work,
    counts,
    counts,
    counts,
    counts,
    counts,
    counts,
    counts,
    st.lists(touched, max_size=3, unique_by=lambda t: t.table).map(tuple),
)
nodes = st.recursive(
    st.builds(PlanNode, kind=names, relation=names, alias=names, condition=names, keys=st.tuples(names)),
    lambda parts: st.builds(PlanNode, kind=names, parts=st.lists(parts, max_size=3).map(tuple)),
    max_leaves=5,
)
contracts = st.builds(
    Contract, st.lists(st.builds(Access, names, names, names, sought=st.tuples(names)), max_size=3).map(tuple)
)
entries = st.builds(
    Entry,
    names,
    names,
    names,
    names,
    st.floats(0.1, 100),
    names,
    st.none() | st.floats(0, 100),
    contracts,
    works,
    nodes,
)
runs = st.builds(
    Run,
    names,
    names,
    st.none() | st.builds(HeldSeed, names, counts, counts),
    st.dictionaries(names, names, max_size=3),
    st.dictionaries(names, counts, max_size=3),
    st.lists(entries, min_size=1, max_size=3).map(tuple),
)


@given(runs)
def test_a_saved_run_is_the_run(run: Run) -> None:
    assert load_run(dump_run(run), "file") == run


@given(runs)
def test_saving_what_was_loaded_gives_the_same_file(run: Run) -> None:
    text = dump_run(run)
    assert dump_run(load_run(text, "file")) == text


@given(works)
def test_equal_work_neither_grew_nor_shrank(work: Work) -> None:
    assert not any(change.grew(0.0) or change.shrank(0.0) for change in changes(work, work))


@given(works, works, st.floats(0, 0.02))
def test_what_grew_one_way_shrank_the_other(one: Work, other: Work, tolerance: float) -> None:
    forth, back = changes(one, other), changes(other, one)
    assert [c.grew(tolerance) for c in forth] == [c.shrank(tolerance) for c in back]


@given(contracts, st.floats(0.01, 10**6), st.floats(0.01, 10**6))
def test_a_tie_is_one_from_either_side(contract: Contract, one: float, other: float) -> None:
    first, second = (replace(contract, cost=cost, startup_cost=cost) for cost in (one, other))
    assert is_tie(first, second) == is_tie(second, first)
    assert is_tie(first, first)


@given(times, times)
def test_one_side_is_as_often_slower_as_the_other_is_quicker(before: list[float], now: list[float]) -> None:
    forth, back = compare_samples(before, now), compare_samples(now, before)
    assert abs(forth.effect + back.effect - 1) < 1e-9
    assert 0 <= forth.p <= 1


@given(times)
def test_a_percentile_is_one_of_the_samples(samples: list[float]) -> None:
    assert [percentile(samples, share) in samples for share in (0.0, 0.5, 0.99, 1.0)] == [True] * 4


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.text(max_size=20),
)
def test_columns_are_found_whatever_they_are_called_and_whatever_the_values_say(name: str, value: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    index = IndexFacts("public.i", "public.t", (quoted, '"other one"'))
    literal = "'" + value.replace("'", "''").replace("\0", "") + "'"
    node = PlanNode(
        "Index Scan", relation="public.t", alias="a b", index="i", condition=f'("a b".{quoted} = {literal}::text)'
    )
    (lookup,) = lookups(node, {"public.i": index})
    assert lookup.sought == (name,)
    assert lookup.narrows
