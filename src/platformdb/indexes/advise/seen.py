"""The workload of a live server: what pg_stat_statements saw, with values from the personas or the statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from platformdb.errors import Place, Refused
from platformdb.indexes.advise.demands import read_through
from platformdb.indexes.advise.model import Demand
from platformdb.indexes.advise.read import Facts
from platformdb.postgres.connect import Connection
from platformdb.postgres.statements_seen import PLANS_GENERICALLY, Seen, Values, count_parameters, read_values
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.shape import shape
from platformdb.sqltext.usages import Compared, Reading
from platformdb.workload.model import Persona, Query

# A page of a list, and its beginning: what nobody can know of a statement without its constants.
LIMIT, OFFSET = "20", "0"


@dataclass(frozen=True, slots=True)
class Workload:
    """The demands, and notes about what was left out of them."""

    demands: tuple[Demand, ...] = ()
    notes: tuple[Finding, ...] = ()


def of_statements(
    connection: Connection, statements: Sequence[Seen], known: Sequence[Demand], facts: Facts
) -> Workload:
    """The statements as demands, weighed by their calls; one that is a query of the platform keeps its personas."""
    by_shape = {shape(demand.query.sql): demand.query.name for demand in known}
    calls: dict[str, float] = {}
    found: list[Demand] = []
    notes: list[Finding] = []
    for number, statement in enumerate(statements, 1):
        shown = shape(statement.sql)
        if shown in by_shape:
            calls[by_shape[shown]] = calls.get(by_shape[shown], 0.0) + statement.calls
            continue
        try:
            found += list(_demands(connection, statement, f"statement {number}", facts))
        except Refused as error:
            notes.append(_left_out(f"statement {number}", statement, error.message))
    personas: dict[str, int] = {}
    for demand in known:
        personas[demand.query.name] = personas.get(demand.query.name, 0) + 1
    weighed = [_weighed(demand, calls, personas) for demand in known]
    return Workload((*weighed, *found), tuple(notes))


def _weighed(demand: Demand, calls: Mapping[str, float], personas: Mapping[str, int]) -> Demand:
    """Who of the personas asked is not recorded: the calls are spread evenly."""
    name = demand.query.name
    return replace(demand, weight=calls[name] / personas[name]) if name in calls else demand


def _demands(connection: Connection, statement: Seen, name: str, facts: Facts) -> Iterator[Demand]:
    """Its demands: for a frequent value and for one in the middle; an INSERT only counts as a write.

    Raises:
        Refused: it cannot be read, or there are no values for its parameters.
    """
    reading, hidden = read_through(statement.sql, facts)
    query = Query(
        name=name,
        purpose=" ".join(statement.sql.split()),
        sql=statement.sql,
        target_ms=float("inf"),
        personas=(),
        place=Place(f"pg_stat_statements, {name}"),
        writes=bool(reading.written),
    )
    whole = Demand(query, Persona(""), reading.usages, reading.written, statement.calls, hidden=hidden)
    if any(write.inserts for write in reading.written):
        yield replace(whole, weight=statement.rows, measured=False)
        return
    count = count_parameters(connection, query.sql, what=name, place=query.place)
    personas = _personas(connection, reading, count)
    if not personas and count and connection.info.server_version >= PLANS_GENERICALLY and not hidden:
        yield replace(whole, generic=True)
    elif not personas and count:
        raise Refused("no values are known for its parameters; put it into sql/queries with personas")
    for persona in personas if count else (Persona(""),):
        yield replace(whole, persona=persona, weight=statement.calls / max(len(personas), 1))


def _personas(connection: Connection, reading: Reading, count: int) -> tuple[Persona, ...]:
    by_number: dict[int, Compared] = {}
    for compared in reading.compared:
        by_number.setdefault(compared.parameter, compared)
    if any(number not in by_number for number in range(1, count + 1)):
        return ()
    found = []
    for name in ("frequent", "middle"):
        given = tuple(_value(connection, by_number[number], name) for number in range(1, count + 1))
        if all(value is not None for value in given):
            found.append(Persona(name, given, f"a {name} value by the statistics"))
    return tuple({persona.parameters: persona for persona in reversed(found)}.values())[::-1]


def _value(connection: Connection, compared: Compared, kind: str) -> str | None:
    if compared.operator in {"limit", "offset"}:
        return LIMIT if compared.operator == "limit" else OFFSET
    values = read_values(connection, compared.table, compared.column) if compared.column else None
    if values is None:
        return None
    value = _fitting(values, compared.operator, kind)
    return "{" + f'"{value}"' + "}" if compared.operator == "any" and value is not None else value


def _fitting(values: Values, operator: str, kind: str) -> str | None:
    """A bound leaves a tenth of the rows: a recent span, or the first pages of a list."""
    if operator in {">", ">="}:
        return values.high
    if operator in {"<", "<="}:
        return values.high if kind == "frequent" else values.low
    return values.frequent if kind == "frequent" else values.middle


def _left_out(name: str, statement: Seen, why: str) -> Finding:
    text = " ".join(statement.sql.split())
    return Finding(
        "statement-left-out",
        f"{name} is left out: {why}",
        name,
        Severity.NOTE,
        detail=text if len(text) <= 200 else f"{text[:200]} …",
    )
