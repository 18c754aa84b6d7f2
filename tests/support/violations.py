"""Breaks every rule that a database's catalog knows, one at a time, and says where the server named another."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import psycopg

from platform_facts import Facts, Violation
from platformdb.postgres.connect import Connection
from rows import insert, taken_back, values

CONSTRAINTS = """
    SELECT k.conname, k.contype::text, coalesce(c.relname, t.typname),
           array(SELECT attname FROM unnest(k.conkey) WITH ORDINALITY AS key (number, place)
                 JOIN pg_attribute ON attrelid = k.conrelid AND attnum = number ORDER BY place)::text[]
    FROM pg_constraint AS k
    LEFT JOIN pg_class AS c ON c.oid = k.conrelid
    LEFT JOIN pg_type AS t ON t.oid = k.contypid
    WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'p', 'u', 'x')
      AND k.conparentid = 0 AND k.coninhcount = 0 AND NOT coalesce(c.relispartition, FALSE)
    UNION ALL
    -- Unique indexes that belong to no constraint; with expressions or a predicate they have no plain columns.
    SELECT c.relname, 'i', i.indrelid::regclass::text,
           CASE WHEN i.indpred IS NULL AND i.indexprs IS NULL
                THEN array(SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = ANY (i.indkey))
                ELSE '{}' END::text[]
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND t.relkind <> 'm' AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT c.relname || '.' || a.attname, 'n', c.relname, ARRAY[a.attname]::text[]
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND a.attnotnull AND a.attidentity = '' AND a.attgenerated = ''
    ORDER BY 3, 2, 1
"""
GENERATED = """
    SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attgenerated <> '' OR attidentity = 'a'
"""
# What carries out a rule in a partition has a name of its own, which is the one in the error.
PARTS = """
    WITH RECURSIVE part AS (
        SELECT oid, conname AS name, conname AS whole FROM pg_constraint WHERE conparentid = 0 AND contype <> 'n'
        UNION ALL
        SELECT k.oid, k.conname, part.whole FROM part JOIN pg_constraint AS k ON k.conparentid = part.oid
    ), index_part AS (
        SELECT oid, relname AS name, relname AS whole FROM pg_class WHERE relkind = 'I' AND NOT relispartition
        UNION ALL
        SELECT c.oid, c.relname, index_part.whole
        FROM index_part JOIN pg_inherits ON inhparent = index_part.oid JOIN pg_class AS c ON c.oid = inhrelid
    )
    SELECT name, whole FROM part WHERE name <> whole
    UNION
    SELECT name, whole FROM index_part WHERE name <> whole
"""
RAISED = "SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~ 'CONSTRAINT\\s*='"

PLAIN = {"f": "foreign key", "p": "primary key", "u": "unique constraint", "i": "unique index", "n": "NOT NULL"}


@dataclass(frozen=True, slots=True)
class Rule:
    """``kind`` is that of pg_constraint, ``i`` for a unique index, ``n`` for NOT NULL."""

    name: str
    kind: str
    table: str
    columns: tuple[str, ...]

    @property
    def is_unique(self) -> bool:
        return self.kind in {"p", "u", "i"}


def rules(conn: Connection) -> tuple[Rule, ...]:
    """What the catalog knows. A unique key that holds all columns of another can never be broken by itself."""
    found = tuple(Rule(name, kind, table, tuple(columns)) for name, kind, table, columns in values(conn, CONSTRAINTS))
    keys = [rule for rule in found if rule.is_unique and rule.columns]
    implied = {
        rule for rule in keys for other in keys if rule.table == other.table and {*rule.columns} > {*other.columns}
    }
    return tuple(rule for rule in found if rule not in implied)


def raised_by_functions(conn: Connection) -> set[str]:
    """The rules that functions raise by name."""
    sources = (source for (source,) in values(conn, RAISED))
    return {name for source in sources for name in re.findall(r"\bCONSTRAINT\s*=\s*'(\w+)'", source)}


def unbroken(conn: Connection, facts: Facts) -> Iterator[str]:
    """Everything that is wrong: rules without a violation, violations that something else refuses or nothing does."""
    known = {rule.name: rule for rule in rules(conn)}
    for rule in known.values():
        if rule.name in facts.violations or rule.name in facts.filled:
            continue
        if rule.kind not in PLAIN or not rule.columns:
            yield f"{rule.name} on {rule.table} has no violation"
        else:
            made = {"f": _orphan, "n": _absent}.get(rule.kind, _again)
            yield from _complaint(conn, facts, rule, partial(made, facts=facts, rule=rule))
    for name in raised_by_functions(conn) - set(facts.violations):
        yield f"{name}, which a function raises, has no violation"
    for name, violations in facts.violations.items():
        # What the catalog does not know is a rule of a trigger, or there is no such rule: the error's name tells.
        rule = known.get(name, Rule(name, "trigger", "", ()))
        for violation in violations:
            yield from _complaint(conn, facts, rule, violation)


def _complaint(conn: Connection, facts: Facts, rule: Rule, violation: Violation) -> Iterator[str]:
    try:
        with taken_back(conn):
            conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _break(conn, facts, rule, violation)
            conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield f"{rule.name}: nothing refused {_shown(violation)}"
    except psycopg.Error as error:
        if not _is(rule, error, dict(values(conn, PARTS))):
            yield f"{rule.name}: {_shown(violation)} was refused by {error.diag.constraint_name}: {error}"


def _break(conn: Connection, facts: Facts, rule: Rule, violation: Violation) -> None:
    if callable(violation):
        violation(conn)
    else:
        insert(conn, rule.table, **{**facts.rows[rule.table](conn), **violation})


def _is(rule: Rule, error: psycopg.Error, wholes: Mapping[str, str]) -> bool:
    if rule.kind != "n":
        named = error.diag.constraint_name or ""
        return rule.name in {named, wholes.get(named)}
    if isinstance(error, psycopg.errors.NotNullViolation):
        return error.diag.column_name == rule.columns[0]
    # The column decides which partition a row goes to, and there is none for NULL.
    return isinstance(error, psycopg.errors.CheckViolation) and "no partition" in str(error)


def _orphan(conn: Connection, facts: Facts, rule: Rule) -> None:
    """A reference to a row that is not there."""
    row = dict(facts.rows[rule.table](conn))
    column = rule.columns[0]
    insert(conn, rule.table, **{**row, column: -1 if isinstance(row.get(column), int) else uuid.uuid4()})


def _absent(conn: Connection, facts: Facts, rule: Rule) -> None:
    insert(conn, rule.table, **{**facts.rows[rule.table](conn), rule.columns[0]: None})


def _again(conn: Connection, facts: Facts, rule: Rule) -> None:
    """Another valid row, but for the values of the key."""
    first = insert(conn, rule.table, **facts.rows[rule.table](conn))
    fixed = {name for (name,) in values(conn, GENERATED)}
    same = {c: getattr(first, c) for c in rule.columns if f"{rule.table}.{c}" not in fixed}
    insert(conn, rule.table, **{**facts.rows[rule.table](conn), **same})


def _shown(violation: Violation) -> str:
    function = violation.func if isinstance(violation, partial) else violation
    return getattr(function, "__name__", repr(violation))


def nulls_kept(conn: Connection, facts: Facts, columns: Iterable[str]) -> Iterator[str]:
    """Of the columns that a trigger is said to fill, those that it does not."""
    for name in columns:
        table, _, column = name.partition(".")
        with taken_back(conn):
            if getattr(insert(conn, table, **{**facts.rows[table](conn), column: None}), column) is None:
                yield name
