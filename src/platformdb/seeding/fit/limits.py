"""What cannot be because there are not so many: found before a row is made, where the numbers are known."""

from __future__ import annotations

from collections.abc import Iterator

from platformdb.errors import Place
from platformdb.seeding.model import Definition
from platformdb.seeding.problems import Problem
from platformdb.seeding.shape.graphs import Mutual, Pairs
from platformdb.seeding.shape.shapes import FromFile, Independent, Per, Source


def impossible(definition: Definition) -> Iterator[Problem]:
    """The tables of which more different pairs are wanted than their sides have."""
    for name, table in definition.tables.items():
        if not isinstance(table.rows, Pairs):
            continue
        most = most_pairs(definition, table.rows)
        if most is not None and table.rows.total > most:
            message = f"{table.rows.total} different pairs are wanted and only {most} are possible"
            yield Problem(message, Place(definition.source), f"tables.{name}.rows")


def most_pairs(definition: Definition, pairs: Pairs) -> int | None:
    """How many different pairs there can be at most, None where it is not known."""
    sides = [most_rows(definition, side.table) for side in (pairs.left, pairs.right)]
    left, right = (
        None if rows is None else rows - int(side.skew.silent * rows)
        for rows, side in zip(sides, (pairs.left, pairs.right), strict=True)
    )
    if left is None or right is None:
        return 0 if 0 in (left, right) else None
    # Nobody is paired with himself; how many are on both sides depends on chance, and these are there in any case.
    both = max(left + right - (sides[0] or 0), 0) if pairs.within else 0
    return left * right - both


def most_rows(definition: Definition, table: str, above: tuple[str, ...] = ()) -> int | None:
    """How many rows a table can have at most, None where it is not known; links that drop rows only make it fewer.

    ``above`` are the tables that depend on it: rows which depend on themselves are somebody else's to complain about.
    """
    spec, most = definition.tables.get(table), None
    if spec is None or table in above:
        return most
    match spec.rows:
        case Independent(count=count):
            most = count
        case FromFile(file=file):
            most = definition.references[file].rows if file in definition.references else None
        case Pairs(total=total):
            most = total
        case Mutual(of=edges):
            most = most_rows(definition, edges, (*above, table))
            most = None if most is None else most // 2
        case Per(of=sources):
            each = [_brought(definition, source, (*above, table)) for source in sources]
            most = None if None in each else sum(rows for rows in each if rows is not None)
    return most


def _brought(definition: Definition, source: Source, above: tuple[str, ...]) -> int | None:
    if source.count is not None:
        return None
    return most_rows(definition, source.table, above) if source.total is None else source.total
