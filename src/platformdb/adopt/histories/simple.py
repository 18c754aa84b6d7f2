"""Tools whose table has a row for each migration that is in the database, and no more to say.

Sources: dbmate's ``pkg/driver/postgres/postgres.go`` (2.36), Diesel's ``__diesel_schema_migrations``
(``diesel/src/migration/mod.rs``, 2.x), sql-migrate's ``migrate.go`` (``MigrationRecord``, 1.x) with gorp, and
node-pg-migrate's ``src/runner.ts`` (9.0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from platformdb.adopt.model import Deed, Filed, Row, Told, Tool, keyed_by, plain_key
from platformdb.migrations.layouts import diesel
from platformdb.migrations.layouts.node_pg_migrate import recorded_name
from platformdb.migrations.model import MigrationFile, is_version, version_key


def version_of(row: Row) -> str:
    """The version in a row, as the files' is compared; a text that is none stays as it is."""
    version = row.text("version")
    return plain_key(version) if is_version(version) else version


def _basename(file: MigrationFile) -> str:
    return PurePath(file.path).name


def _unit(file: MigrationFile) -> str:
    return recorded_name(file.path)


def _of_diesel(row: Row) -> str:
    version = row.text("version")
    return plain_key(diesel.version_of(version)) if is_version(version) else version


def one_by_one(key: Callable[[Row], str], shown: str) -> Callable[[Sequence[Row], Sequence[Filed]], Told]:
    """Every row is a migration that is in; ``shown`` is the column by which people know it."""

    def fold(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
        return Told(tuple(Deed(key(row), row.text(shown), row.at) for row in rows))

    return fold


def _fold_dbmate(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    """In the order of the numbers: dbmate keeps no times, so nobody can tell another."""
    keys = sorted(
        map(version_of, rows), key=lambda key: (is_version(key), version_key(key) if is_version(key) else key)
    )
    return Told(tuple(Deed(key, key) for key in keys))


DBMATE = Tool(
    "dbmate",
    "dbmate",
    "schema_migrations",
    frozenset({"version"}),
    _fold_dbmate,
    lacks=frozenset({"dirty"}),
)
DIESEL = Tool(
    "diesel",
    "Diesel",
    "__diesel_schema_migrations",
    frozenset({"version", "run_on"}),
    one_by_one(_of_diesel, "version"),
    when="run_on",
)
SQL_MIGRATE = Tool(
    "sql-migrate",
    "sql-migrate",
    "gorp_migrations",
    frozenset({"id", "applied_at"}),
    one_by_one(lambda row: row.text("id"), "id"),
    when="applied_at",
    filed=keyed_by(_basename),
)
NODE_PG_MIGRATE = Tool(
    "node-pg-migrate",
    "node-pg-migrate",
    "pgmigrations",
    frozenset({"id", "name", "run_on"}),
    one_by_one(lambda row: row.text("name"), "name"),
    order="id",
    when="run_on",
    filed=keyed_by(_unit),
)
