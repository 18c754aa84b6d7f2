"""What a live server was asked: pg_stat_statements, and values for the parameters that it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from platformdb.errors import ConfigError, Place
from platformdb.postgres.connect import Connection
from platformdb.postgres.prepared import prepared
from platformdb.postgres.queries import query
from platformdb.postgres.rows import refusing

# EXPLAIN (GENERIC_PLAN) plans a text with $1 for no value in particular.
PLANS_GENERICALLY = 160_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A statement with its constants as $1, $2 …: how often it ran, the rows it returned or wrote, the time it took."""

    sql: str
    calls: float
    rows: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class Values:
    """Of a column a frequent value, one in the middle, a low and a high one, as texts."""

    frequent: str | None
    middle: str | None
    low: str | None
    high: str | None


def read_statements(connection: Connection, most: int) -> tuple[Seen, ...]:
    """The statements that took most time in this database, the longest first.

    Raises:
        ConfigError: the server does not count them.
    """
    found = connection.execute(query("statements_schema")).fetchone()
    if found is None:
        raise ConfigError(
            "pg_stat_statements is not installed in this database",
            help="run CREATE EXTENSION pg_stat_statements, with shared_preload_libraries = 'pg_stat_statements' in"
            " postgresql.conf; or leave out --statements",
        )
    try:
        rows = connection.execute(query("statements_seen").format(schema=found[0]), (most,)).fetchall()
    except psycopg.errors.ObjectNotInPrerequisiteState:
        raise ConfigError(
            "pg_stat_statements is installed, but the server does not count statements",
            help="put shared_preload_libraries = 'pg_stat_statements' into postgresql.conf and restart the server",
        ) from None
    return tuple(Seen(*row) for row in rows)


def read_values(connection: Connection, table: str, column: str) -> Values | None:
    """Values of a column by its statistics; None where there are none."""
    schema, _, name = table.rpartition(".")
    row = connection.execute(query("column_values"), {"schema": schema, "table": name, "column": column}).fetchone()
    return Values(*row) if row else None


def count_parameters(connection: Connection, sql: str, *, what: str, place: Place) -> int:
    """How many parameters the server sees in a text.

    Raises:
        Refused: it does not take the text.
    """
    with refusing(connection, what=what, place=place), prepared(connection, sql, (), settled=False) as statement:
        return connection.pgconn.describe_prepared(statement.name.encode()).nparams


def generic_plan_cost(connection: Connection, sql: str, *, what: str, place: Place) -> float:
    """What the planner expects of a text with $1 for no value in particular, in pages read in sequence.

    Raises:
        Refused: the server rejects it.
    """
    with refusing(connection, what=what, place=place):
        row = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {sql}".encode()).fetchone()
    return float(row[0][0]["Plan"]["Total Cost"]) if row else 0.0
