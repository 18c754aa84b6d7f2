"""The workload: the platform's queries for their personas, and what deleting a parent asks of its children."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from platformdb.errors import Place, Refused
from platformdb.indexes.advise.candidates import SMALL_TABLE
from platformdb.indexes.advise.model import Demand
from platformdb.indexes.advise.read import Facts, ForeignKey, Routine
from platformdb.postgres.connect import Connection
from platformdb.postgres.rows import read_texts
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.conditions import read_usages
from platformdb.sqltext.quote import quote_identifier, quote_qualified
from platformdb.sqltext.usages import Reading, Term, Usage
from platformdb.sqltext.writes import called
from platformdb.workload.model import Persona, Query


def of_queries(
    queries: Iterable[Query], personas: Mapping[str, tuple[Persona, ...]], facts: Facts
) -> tuple[tuple[Demand, ...], tuple[Finding, ...]]:
    """A demand for each query and persona; a note for each query in which nobody can see what it seeks by."""
    demands: list[Demand] = []
    findings: list[Finding] = []
    for query in queries:
        try:
            reading, hidden = read_through(query.sql, facts)
        except Refused as error:
            findings.append(_unread(query, error))
            reading, hidden = Reading(), frozenset(facts.tables)
        demands += [
            Demand(query, persona, reading.usages, reading.written, hidden=hidden) for persona in personas[query.name]
        ]
    return tuple(demands), tuple(findings)


def read_through(sql: str, facts: Facts) -> tuple[Reading, frozenset[str]]:
    """What a statement asks of the tables, in functions in SQL that it calls, too; and the tables that functions name.

    Raises:
        Refused: the statement cannot be understood. A function that cannot is left out.
    """
    whole = read_usages(sql, facts.relations)
    routines = _called(sql, facts)
    for routine in routines:
        if routine.language == "sql":
            try:
                inner = read_usages(routine.body, facts.relations)
            except Refused:
                continue
            whole = Reading((*whole.usages, *inner.usages), (*whole.written, *inner.written), whole.compared)
    words = frozenset(word for routine in routines for word in re.findall(r"\w+", routine.body))
    return whole, frozenset(name for word, name in facts.relations.visible.items() if word in words)


def _called(sql: str, facts: Facts) -> tuple[Routine, ...]:
    """The routines that a statement calls, and those that they call."""
    found: dict[Routine, None] = {}
    texts = [sql]
    while texts:
        names = called(texts.pop())
        new = [routine for routine in facts.routines if routine.name in names and routine not in found]
        found |= dict.fromkeys(new)
        texts += [routine.body for routine in new]
    return tuple(found)


def _unread(query: Query, error: Refused) -> Finding:
    return Finding(
        "query-not-understood",
        f"{query.name}: {error.message}; it is measured, but no index is made up for it",
        query.name,
        Severity.NOTE,
        query.place,
    )


def of_foreign_keys(connection: Connection, facts: Facts) -> tuple[Demand, ...]:
    """What deleting a parent looks for in each large child: only of keys that say what becomes of the children."""
    found = []
    for key in facts.foreign_keys:
        table = facts.tables.get(key.table)
        if key.deletes and table is not None and table.rows >= SMALL_TABLE:
            found += list(_of_key(connection, key, facts))
    return tuple(found)


def _of_key(connection: Connection, key: ForeignKey, facts: Facts) -> Iterator[Demand]:
    columns = [quote_identifier(column) for column in key.columns]
    where = " AND ".join(f"{column} = ${number}" for number, column in enumerate(columns, 1))
    table = quote_qualified(key.table)
    query = Query(
        name=f"deleting of {key.parent} ({key.table.rpartition('.')[2]}.{', '.join(key.columns)})",
        purpose=f"foreign key {key.name}",
        sql=f"SELECT 1 FROM {table} WHERE {where}",  # noqa: S608 - quoted
        target_ms=float("inf"),
        personas=(),
        place=Place(key.name),
        parameters=len(columns),
    )
    given = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    listed = ", ".join(columns)
    middle = read_texts(
        connection,
        f"SELECT {listed} FROM {table} WHERE {given} GROUP BY {listed} ORDER BY count(*), {listed}"  # noqa: S608
        f" OFFSET (SELECT count(DISTINCT ({listed})) / 2 FROM {table} WHERE {given}) LIMIT 1",
        what=key.name,
        place=query.place,
    )
    usage = Usage(
        key.table,
        equal=tuple(_term(column, facts, key.table) for column in key.columns),
        conditions=tuple(f"{_term(column, facts, key.table).text} IS NOT NULL" for column in key.often_null),
        needed=key.columns,
    )
    for row in middle.rows:
        yield Demand(query, Persona("median", row, "as many children as half of the parents"), (usage,))


def _term(name: str, facts: Facts, table: str) -> Term:
    column = facts.tables[table].column(name)
    return Term(column.spelled if column else quote_identifier(name), name)


def usages_of(demands: Sequence[Demand]) -> tuple[Usage, ...]:
    """All usages, each once."""
    return tuple(dict.fromkeys(usage for demand in demands for usage in demand.usages))
