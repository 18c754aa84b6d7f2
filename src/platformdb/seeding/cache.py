"""--cache: what a seed made is kept as a template database, and the next identical seed is a copy of it.

A copy replaces the whole target. So the template must have been made from a database just like it: the same schema, the
same history, the same rows before, nothing set for the database itself. What the copy replaces is put aside and looked
at once more before it is dropped.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass

from platformdb.errors import NotNow, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.databases import (
    connect_elsewhere,
    copy_database,
    database_exists,
    drop_database,
    exchange_databases,
    make_template,
)
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target
from platformdb.seeding.load.catalog import unveiled
from platformdb.seeding.marker import PACKAGE
from platformdb.seeding.state import Marker

PREFIX = "platformdb_seed_"
# Names of what a run that was killed may leave behind.
MAKING, ASIDE = "platformdb_making_", "platformdb_aside_"
# Tables of more rows are somebody's data, not what a migration inserts.
FEW = 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """A database that could be a copy of ``template``: its name, its owner, and what it is the same by.

    The rows of the tables in ``lost`` do not count.
    """

    database: str
    owner: str
    fingerprint: str
    template: str
    lost: tuple[str, ...] = ()


def read_key(connection: Connection, wanted: Marker, lost: tuple[str, ...] = ()) -> Key:
    """What the result of this seed is called; ``lost`` are tables (quoted) that it empties.

    Raises:
        Refused: a copy could not stand for this database; says why.
    """
    row = connection.execute(query("cache_database", PACKAGE)).fetchone()
    assert row is not None  # noqa: S101 - a database knows itself
    database, owner, particular, locale, may = row
    if not may:
        raise Refused(
            f"role {connection.info.user} may not replace database '{database}', which --cache does",
            help="use a role that owns it and may create databases, or seed without --cache",
        )
    if particular:
        raise Refused(
            f"database '{database}' has settings, rights, replication or a comment of its own, which a copy would lose",
            help="seed it without --cache, or set them for the role",
        )
    fingerprint = _fingerprint(connection, lost)
    content = json.dumps([wanted.identity, fingerprint, locale]).encode()
    return Key(database, owner, fingerprint, PREFIX + hashlib.blake2b(content, digest_size=12).hexdigest(), lost)


def is_kept(target: Target, key: Key) -> bool:
    """Whether there is a template to copy."""
    with connect_elsewhere(target) as server:
        return database_exists(server, key.template)


def replace_by_copy(target: Target, key: Key) -> None:
    """Replaces the target by a copy of the template; nobody may be connected to it, nor to the template.

    Raises:
        NotNow: somebody is, or the target changed in the meantime; nothing was changed.
        Refused: this role may not.
    """
    token = secrets.token_hex(4)
    copy, aside = MAKING + token, ASIDE + token
    with connect_elsewhere(target) as server:
        try:
            copy_database(server, key.template, copy, key.owner)
            exchange_databases(server, key.database, copy, aside)
            try:
                _refuse_changed(target.with_database(aside), key)
            except BaseException:
                exchange_databases(server, key.database, aside, copy)
                raise
        except BaseException:
            drop_database(server, copy)
            raise
        drop_database(server, aside)


def keep(target: Target, key: Key, about: dict[str, object]) -> bool:
    """Keeps a copy of the target as the template; False where somebody was faster, or is connected to the target."""
    copy = MAKING + secrets.token_hex(4)
    with connect_elsewhere(target) as server:
        if database_exists(server, key.template):
            return False
        try:
            copy_database(server, key.database, copy, key.owner)
            make_template(server, copy, key.template, json.dumps({"made by": "platformdb seed --cache", **about}))
        except BaseException as error:
            drop_database(server, copy)
            if isinstance(error, NotNow):
                return False
            raise
    return True


def _refuse_changed(target: Target, key: Key) -> None:
    with connect(target) as connection:
        if _fingerprint(connection, key.lost) != key.fingerprint:
            raise NotNow(f"database '{key.database}' was changed while it was being replaced", help="run it again")


def _fingerprint(connection: Connection, lost: tuple[str, ...]) -> str:
    """What a copy must have in common with a database: the schema, the history, and the rows that are there before."""
    parts = [connection.execute(query("cache_fingerprint", PACKAGE)).fetchone()]
    exists = connection.execute("SELECT to_regclass('platformdb.history') IS NOT NULL").fetchone()
    parts += [connection.execute(query("cache_history", PACKAGE)).fetchone()] if exists and exists[0] else []
    tables = [name for (name,) in connection.execute(query("cache_tables", PACKAGE), (list(lost),))]
    with unveiled(connection, tables):
        return json.dumps([*parts, *(rows for rows in (_rows(connection, table) for table in tables) if rows[1])])


def _rows(connection: Connection, table: str) -> tuple[str, int, str | None]:
    """The table (quoted by the query that found it), its number of rows, and one number for them all."""
    few = f"SELECT t::text AS line FROM {table} AS t LIMIT {FEW + 1}"  # noqa: S608
    digest = "md5(string_agg(line, E'\n' ORDER BY line COLLATE \"C\"))"
    statement = f"SELECT count(*), {digest} FROM ({few}) AS few"  # noqa: S608
    row = connection.execute(statement.encode()).fetchone() or (0, None)
    if row[0] > FEW:
        raise Refused(
            f"{table} holds more than {FEW:,} rows, which a copy would take away",
            help="use --cache with a database that holds no rows of its own, or seed without --cache",
        )
    return table, row[0], row[1]
