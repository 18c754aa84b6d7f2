"""A copy of a database to be spoiled: rows that were rolled back leave pages behind, and nobody minds there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import psycopg
from psycopg import sql

from platformdb.errors import PlatformdbError
from platformdb.postgres.connect import Connection, connect, pinned
from platformdb.postgres.databases import connect_elsewhere, copy_database, create_database
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target

PREFIX = "platformdb_bench_"
# Above it a copy costs more than it is worth: 0.2 s for 100 MB, a minute and the disk's room for 5 GB.
LARGEST = 1 << 30
Tell = Callable[[str], object]


@contextmanager
def scratch_copy(
    target: Target, *, largest: int = LARGEST, tell: Tell = str, still: bool = True
) -> Iterator[Target | None]:
    """A copy of the target's database, dropped at the end whatever happens; None where none can be made.

    That is where the role may not, others are connected to the database, or it has more than ``largest`` bytes. What
    an earlier run left that was killed is dropped first. The caller may hold no session in the target meanwhile.
    ``tell`` hears why there is none. ``still``: without autovacuum, which is an option of each table.

    Raises:
        ConfigError, NotNow: the target itself cannot be reached.
    """
    with connect(target) as connection:
        source, size, role, settings = connection.execute(query("scratch_source")).fetchone() or ("", 0, "", [])
        there = pinned(target, connection)
        options = _as_options(settings, connection.info.options)
    name = PREFIX + secrets.token_hex(6)
    with ExitStack() as stack:
        if size > largest:
            tell(f"'{source}' has {size:,} bytes, and no more than {largest:,} are to be copied")
        made = size <= largest and _made(stack, there, source, name, role, tell)
        made = made and (not still or _stilled(there.with_database(name), tell))
        yield Target(there.provider, {**there.parameters, "dbname": name, **options}) if made else None


@contextmanager
def scratch_database(target: Target) -> Iterator[Target]:
    """An empty database on the target's server, dropped at the end whatever happens.

    Raises:
        ConfigError, NotNow: the server cannot be reached.
        Refused: this role may not make one.
    """
    name = PREFIX + secrets.token_hex(6)
    with connect_elsewhere(target, application_name=name) as elsewhere, ExitStack() as stack:
        _drop_leftovers(elsewhere)
        stack.callback(_drop, elsewhere, name)
        create_database(elsewhere, name)
        yield target.with_database(name)


def _made(stack: ExitStack, there: Target, source: str, name: str, role: str, tell: Tell) -> bool:
    """Copies the database, and has the stack drop it; whether that went well."""
    try:
        # Its name says which copy this session is for: nobody else drops it while the session lives.
        elsewhere = stack.enter_context(connect_elsewhere(there, application_name=name))
        _drop_leftovers(elsewhere)
        stack.callback(_drop, elsewhere, name)
        copy_database(elsewhere, source, name, role)
    except PlatformdbError as error:
        tell(error.message)
        return False
    return True


def _stilled(copy: Target, tell: Tell) -> bool:
    """Turns autovacuum off there; whether that went well."""
    try:
        with connect(copy) as connection:
            connection.execute(query("scratch_still"))
    except PlatformdbError as error:
        tell(error.message)
        return False
    return True


def _drop_leftovers(elsewhere: Connection) -> None:
    for (name,) in elsewhere.execute(query("scratch_leftovers"), (PREFIX,)).fetchall():
        with suppress(psycopg.Error):  # another run was faster, or began with it just now
            elsewhere.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _drop(elsewhere: Connection, name: str) -> None:
    """By force: after Ctrl-C a session of ours may still be ending, on a busy server for longer than it waits."""
    with suppress(psycopg.OperationalError):  # the server is gone; the next run finds what is left
        try:
            elsewhere.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        except psycopg.errors.ObjectInUse:
            elsewhere.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _as_options(settings: Sequence[str], given: str) -> dict[str, str]:
    """What ALTER DATABASE … SET says of the source, which a copy lacks, as connection parameters; ours win."""
    escaped = (setting.replace("\\", "\\\\").replace(" ", "\\ ") for setting in settings)
    options = " ".join([*(f"-c {setting}" for setting in escaped), *([given] if given else [])])
    return {"options": options} if options else {}
