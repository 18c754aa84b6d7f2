"""The rules of every platform: what is allowed goes in, and each rule that the catalog knows refuses what breaks it."""

from __future__ import annotations

import ast
from dataclasses import replace

import psycopg
import pytest

from platform_facts import FOLDER, Facts
from platformdb.postgres.connect import Connection
from rows import insert, taken_back, value, values
from violations import nulls_kept, unbroken

ENUMS = """
    SELECT t.typname, array_agg(e.enumlabel ORDER BY e.enumsortorder)::text[]
    FROM pg_type AS t JOIN pg_enum AS e ON e.enumtypid = t.oid
    WHERE t.typnamespace = 'public'::regnamespace GROUP BY 1
"""
TRIGGER_FUNCTIONS = """
    SELECT DISTINCT tgfoid::regproc::text FROM pg_trigger
    WHERE NOT tgisinternal AND tgfoid <> to_regproc('set_updated_at')
"""
WITHOUT_TOUCH = """
    SELECT a.attrelid::regclass::text FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attname = 'updated_at'
      AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgfoid = to_regproc('set_updated_at'))
"""


def test_every_table_takes_its_valid_row(conn: Connection, facts: Facts) -> None:
    assert set(facts.rows) == set(facts.all_tables)
    for table in facts.all_tables:
        with taken_back(conn):
            insert(conn, table, **facts.rows[table](conn))


def test_every_rule_refuses_what_breaks_it_and_is_named_in_the_error(conn: Connection, facts: Facts) -> None:
    assert list(unbroken(conn, facts)) == []


def test_a_rule_that_nothing_breaks_and_a_violation_of_nothing_are_found(conn: Connection, facts: Facts) -> None:
    def nothing(_: Connection) -> None: ...

    table = facts.all_tables[0]
    conn.execute(f"ALTER TABLE {table} ADD CONSTRAINT idle CHECK (TRUE)".encode())
    made_up = replace(facts, violations={**facts.violations, "made_up": (nothing,)})
    assert list(unbroken(conn, made_up)) == [f"idle on {table} has no violation", "made_up: nothing refused nothing"]


def test_what_triggers_fill_is_never_null(conn: Connection, facts: Facts) -> None:
    assert list(nulls_kept(conn, facts, facts.filled)) == []


def test_every_enum_has_the_labels_of_the_facts_and_refuses_any_other(conn: Connection, facts: Facts) -> None:
    found = {name: tuple(labels) for name, labels in values(conn, ENUMS)}
    assert found == dict(facts.enums)
    for name, labels in found.items():
        for label in labels:
            assert value(conn, f"SELECT '{label}'::{name}::text") == label
        with pytest.raises(psycopg.errors.InvalidTextRepresentation), taken_back(conn):
            conn.execute(f"SELECT 'no such label'::{name}".encode())


def test_every_table_with_updated_at_keeps_it_by_trigger(conn: Connection) -> None:
    assert values(conn, WITHOUT_TOUCH) == []


def test_every_trigger_function_has_its_race(conn: Connection, facts: Facts) -> None:
    functions = {name for (name,) in values(conn, TRIGGER_FUNCTIONS)}
    assert set(facts.races) == functions
    path = FOLDER / facts.name / "test_races.py"
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(facts.races.values()) <= tests
