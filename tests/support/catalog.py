"""What a database holds, as text that two moments can be compared by."""

from __future__ import annotations

import time
from collections.abc import Callable

from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target

OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

# Everything a user can define that these tests define; names and definitions, no oids.
DEFINITIONS = f"""
SELECT 'schema', n.nspname, n.nspacl::text FROM pg_namespace AS n WHERE {OURS}
UNION ALL
SELECT 'relation', c.oid::regclass::text,
       concat_ws(' ', c.relkind, c.relpersistence, c.relowner::regrole, c.relacl, c.reloptions, obj_description(c.oid))
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {OURS}
UNION ALL
SELECT 'column', format('%s.%s', c.oid::regclass, a.attname),
       concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                 pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {OURS}
UNION ALL
SELECT 'constraint', format('%s.%s', k.conrelid::regclass, k.conname), pg_get_constraintdef(k.oid)
FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = k.connamespace WHERE {OURS}
UNION ALL
SELECT 'trigger', t.tgname, pg_get_triggerdef(t.oid)
FROM pg_trigger AS t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'view', c.oid::regclass::text, pg_get_viewdef(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind IN ('v', 'm')
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE {OURS} AND p.prokind IN ('f', 'p')
UNION ALL
SELECT 'enum', t.typname, (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
                           FROM pg_enum AS e WHERE e.enumtypid = t.oid)
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace WHERE {OURS} AND t.typtype = 'e'
ORDER BY 1, 2, 3
"""

HISTORY = """
SELECT platform, kind, version, name, event, checksum_raw, segment, segments, sql, login_role, tool_version
FROM platformdb.history ORDER BY id
"""

Rows = list[tuple[object, ...]]


def rows(target: Target, sql: str) -> Rows:
    """The rows of a query, on a connection of its own."""
    with connect(target) as connection:
        return connection.execute(sql.encode()).fetchall()


def run(target: Target, sql: str) -> None:
    """Runs statements, on a connection of their own."""
    with connect(target) as connection:
        connection.execute(sql.encode())


def until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    """Waits for something that another session does; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.02)


def impatient(target: Target) -> Target:
    """The same database for a session that would rather fail than hang."""
    return Target(target.provider, {**target.parameters, "options": "-c statement_timeout=15s"})


def history(target: Target) -> Rows:
    """The history without its times; empty where there is no table."""
    return rows(target, HISTORY) if rows(target, "SELECT to_regclass('platformdb.history')") != [(None,)] else []


def picture(target: Target) -> tuple[Rows, Rows]:
    """Every definition in the database, and its history."""
    return rows(target, DEFINITIONS), history(target)


def relations(target: Target) -> set[object]:
    """The names of the user's tables, views, indexes and sequences."""
    return {
        name for kind, name, _ in rows(target, DEFINITIONS) if kind == "relation" and "platformdb." not in str(name)
    }
