"""The gates that need no reference: what holds for every query, and what its file asks for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from platformdb.bench.gates.reading import Whole, read_whole
from platformdb.bench.gates.remark import Remark
from platformdb.bench.model import Contract, Gate
from platformdb.workload.model import Catalog, Gates, Measurement, Work


def not_servable(measurement: Measurement, catalog: Catalog) -> Iterator[Remark]:
    """Gate 1: large tables that no index serves. It holds at any size, for the planner had no choice."""
    gates = measurement.query.gates
    for whole in _unwanted(read_whole(measurement.forced, catalog, gates.large), gates):
        how = "in sequence" if whole.method == "seq" else f"through all of {whole.index}"
        yield Remark(
            Gate.SERVABLE,
            "not-servable",
            f"no index serves {_named(whole)} ({whole.rows:,} rows): with sequential scans off it is still read {how}",
            f"give the query an index that it can look up in (platformdb indexes advise), or {_say_so(whole.table)}",
            whole.place,
        )


def broken_plan(measurement: Measurement, contract: Contract, catalog: Catalog) -> Iterator[Remark]:
    """Gate 2, as far as it is the same for every run: large tables in sequence, large sorts, temporary files."""
    gates = measurement.query.gates
    for whole in _unwanted(read_whole(measurement.plan, catalog, gates.large), gates):
        if whole.method == "seq":
            yield _sequential(whole.place, f"{_named(whole)} ({whole.rows:,} rows)", whole.table)
    yield from _hidden(measurement, contract, catalog)
    if contract.sorted_rows > gates.sorted:
        yield Remark(
            Gate.PLAN,
            "plan-sort",
            f"sorts {contract.sorted_rows:,} rows at once, and may sort {gates.sorted:,}",
            "let an index give the order, or write '-- platformdb: sorted=N' above the query",
        )
    if contract.spills and not gates.spill:
        yield Remark(
            Gate.PLAN,
            "plan-spill",
            "does not fit into work_mem: it writes temporary files",
            "sort or hash fewer or narrower rows, or write '-- platformdb: spill=on' above the query",
        )


def over_budget(work: Work, gates: Gates) -> Iterator[Remark]:
    """Gate 3, by the file's budgets."""
    ratio = work.touched / max(work.returned, 1)
    for budget, found, what, key in (
        (gates.buffers, work.buffers, "pages read", "buffers"),
        (gates.touched, ratio, "rows touched per row returned", "touched"),
        (gates.wal_records, work.wal_records, "WAL records", "wal_records"),
    ):
        if budget is not None and found > budget:
            yield Remark(
                Gate.WORK,
                "work-over-budget",
                f"{_number(found)} {what}, the budget is {_number(budget)}",
                f"find what grew in its plan, or raise {key}= above the query, with the reason",
            )


def _hidden(measurement: Measurement, contract: Contract, catalog: Catalog) -> Iterator[Remark]:
    """Sequential scans inside functions, triggers and foreign keys, which no plan shows but the server counts."""
    gates = measurement.query.gates
    shown = {access.relation for access in contract.accesses if access.method == "seq"}
    large = _large_tables(catalog, gates.large)
    for touched in measurement.work.tables:
        if touched.sequential <= gates.large or touched.table in shown or _is_whole(touched.table, gates):
            continue
        if touched.table not in large:  # little each time, and often: that is what the work is for
            continue
        read = f"{touched.table} ({touched.sequential:,} rows in {touched.scans} scans) in a function or a trigger"
        yield _sequential(touched.table, read, touched.table)


def _large_tables(catalog: Catalog, large: int) -> frozenset[str]:
    rows: Counter[str] = Counter()
    for table in catalog.tables:
        rows[table.parent or table.name] += table.rows
    return frozenset(name for name, count in rows.items() if count > large)


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _sequential(place: str, what: str, table: str) -> Remark:
    return Remark(
        Gate.PLAN,
        "plan-sequential",
        f"reads {what} in sequence",
        f"look at its conditions: is each of them one that an index can look up? Else {_say_so(table)}",
        place,
    )


def _unwanted(found: tuple[Whole, ...], gates: Gates) -> tuple[Whole, ...]:
    return tuple(whole for whole in found if not _is_whole(whole.table, gates))


def _is_whole(table: str, gates: Gates) -> bool:
    return table in gates.whole or table.rpartition(".")[2] in gates.whole


def _named(whole: Whole) -> str:
    bare = whole.table.rpartition(".")[2]
    return whole.table if whole.place == bare else f"{whole.table} as {whole.place}"


def _say_so(table: str) -> str:
    bare = table.rpartition(".")[2]
    return f"""write '-- platformdb: whole="{bare}" reason="…"' above it, if that is meant"""
