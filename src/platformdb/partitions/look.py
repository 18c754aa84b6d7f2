"""What the catalog says of the tables that policies name: a few queries, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from platformdb.errors import Refused
from platformdb.partitions.model import Heap, Interval, Parent, Partition, Policed, Policy, Reference, Relation, World
from platformdb.partitions.plan import written
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.postgres.read import fetch
from platformdb.report.model import Finding
from platformdb.sqltext.quote import quote_identifier, quote_qualified

OLDEST_SERVER = 15
PACKAGE = "platformdb.partitions"
SUPPORTED = "partition it by RANGE of one column of type timestamptz, timestamp or date"


def look(
    connection: Connection, policies: Sequence[Policy], *, role: str | None = None
) -> tuple[World, tuple[Finding, ...]]:
    """Every policy's table as it is, and what is wrong with those that are no table to be kept. Changes nothing.

    ``role`` is who is going to do the work, if not the role that is connected.

    Raises:
        Refused: the server is too old.
    """
    if connection.info.server_version < OLDEST_SERVER * 10_000:
        raise Refused(f"partitions need PostgreSQL {OLDEST_SERVER} or newer")
    now, archive, may_move = connection.execute(query("server", PACKAGE), {"role": role}).fetchone() or ()
    parents, findings = _parents(connection, policies)
    heaps = _heaps(connection, [(policy, parents[policy.table]) for policy in policies if policy.table in parents])
    tables = tuple(
        Policed(policy, parents[policy.table], heaps.get(policy.table, ()))
        for policy in policies
        if policy.table in parents
    )
    return World(now.astimezone(UTC), tables, archive, may_move), findings


def count_rows(connection: Connection, relations: Iterable[Relation]) -> Mapping[Relation, int]:
    """How many rows each table has, counted: somebody is about to part with them."""
    return {r: fetch(connection, f"SELECT count(*) FROM {written(r)}", what=str(r))[0][0] for r in relations}  # noqa: S608 - quoted


def _parents(connection: Connection, policies: Sequence[Policy]) -> tuple[dict[str, Parent], tuple[Finding, ...]]:
    names = [policy.table for policy in policies]
    values = {"names": names, "quoted": [quote_qualified(name) for name in names]}
    rows = {row[0]: row[1:] for row in connection.execute(query("parents", PACKAGE), values)}
    wrong = (
        *(finding for policy in policies for finding in _unfit(policy, rows.get(policy.table))),
        *_repeated({name: Relation(row[0], row[1]) for name, row in rows.items() if row[0]}),
    )
    fit = {name: row for name, row in rows.items() if name not in {finding.subject for finding in wrong}}
    partitions = _partitions(connection, [Relation(row[0], row[1]) for row in fit.values()])
    return {name: _parent(row, partitions[Relation(row[0], row[1])]) for name, row in fit.items()}, wrong


def _unfit(policy: Policy, row: tuple[Any, ...] | None) -> tuple[Finding, ...]:
    if row is None:
        help_text = "is the platform migrated? see: platformdb status"
        return (Finding("partition-table-missing", f"there is no table {policy.table}", policy.table, help=help_text),)
    if not row[2]:
        message = f"{policy.table} is not partitioned by one column of time"
        return (Finding("partition-unsupported", message, policy.table, help=SUPPORTED),)
    if row[4] == "date" and policy.interval is Interval.HOUR:
        message = f"{policy.table} is partitioned by a date, which knows no hours"
        return (Finding("partition-unsupported", message, policy.table, help="take an interval of a day or more"),)
    return ()


def _repeated(named: Mapping[str, Relation]) -> Iterator[Finding]:
    """Two names may mean one table: ``visits`` and ``public.visits``."""
    first: dict[Relation, str] = {}
    for name, relation in named.items():
        if (known := first.setdefault(relation, name)) != name:
            message = f"{known} and {name} are the same table, {relation}"
            yield Finding("partition-repeated", message, name, help="keep one of the two in partitions.toml")


def _parent(row: tuple[Any, ...], partitions: Sequence[tuple[bool, Partition]]) -> Parent:
    schema, name, _, key, key_type, columns, options, refers_to, references, taken, stray = row
    return Parent(
        relation=Relation(schema, name),
        key=key,
        key_type=key_type,
        columns=tuple(columns),
        options=options,
        default=next((partition for is_default, partition in partitions if is_default), None),
        partitions=tuple(partition for is_default, partition in partitions if not is_default),
        references=tuple(Reference(k, Relation(s, t), tuple(of), to) for k, s, t, of, to in references),
        refers_to=frozenset(Relation(*table) for table in refers_to),
        stray=tuple(Relation(*table) for table in stray),
        taken=frozenset(taken),
    )


def _partitions(connection: Connection, parents: Sequence[Relation]) -> Mapping[Relation, list[tuple[bool, Partition]]]:
    found: dict[Relation, list[tuple[bool, Partition]]] = defaultdict(list)
    values = {"schemas": [parent.schema for parent in parents], "tables": [parent.name for parent in parents]}
    for row in connection.execute(query("partitions", PACKAGE), values):
        low, high, is_default, pending, marked, size = row[4:]
        partition = Partition(Relation(row[2], row[3]), _utc(low), _utc(high), pending, marked, size or 0)
        found[Relation(row[0], row[1])].append((is_default, partition))
    return found


def _heaps(connection: Connection, tables: Sequence[tuple[Policy, Parent]]) -> Mapping[str, tuple[Heap, ...]]:
    """What lies in the defaults, by period: normally nothing, so that reading them whole costs nothing."""
    asked = [_heap_sql(number, policy, parent) for number, (policy, parent) in enumerate(tables) if parent.default]
    found: dict[str, list[Heap]] = defaultdict(list)
    for number, start, rows in fetch(connection, " UNION ALL ".join(asked), what="default partitions") if asked else ():
        found[tables[number][0].table].append(Heap(_utc(start), rows))
    return {table: tuple(sorted(heaps, key=lambda h: (h.start is None, h.start))) for table, heaps in found.items()}


def _utc(moment: datetime | None) -> datetime | None:
    """The driver gives a moment in the session's own zone, by which no period would be round."""
    return moment.astimezone(UTC) if moment else None


def _heap_sql(number: int, policy: Policy, parent: Parent) -> str:
    assert parent.default is not None  # noqa: S101 - those without were left out
    key = quote_identifier(parent.key)
    wall = f"{key} AT TIME ZONE 'UTC'" if parent.key_type == "timestamp with time zone" else f"{key}::timestamp"
    start = f"date_trunc('{policy.interval.value}', {wall}) AT TIME ZONE 'UTC'"
    when = f"CASE WHEN isfinite({key}) THEN {start} END"
    table = written(parent.default.relation)
    return f"SELECT {number}, {when}, count(*) FROM {table} GROUP BY 2"  # noqa: S608 - quoted names
