"""A clone of a database, to try on it what is to be done to the database itself: dropped at the end.

Beside the database, on its own server, it is a copy of everything; on a throwaway server it has the schema, the history
and the rows of those tables that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from platformdb.config import Config
from platformdb.errors import Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.databases import create_database
from platformdb.postgres.dump import Programs, copy_schema
from platformdb.postgres.gauge import read_relations
from platformdb.postgres.scratch import LARGEST, scratch_copy
from platformdb.postgres.server.model import SUPERUSER
from platformdb.postgres.server.run import target_of
from platformdb.postgres.server.throwaway import throwaway_server
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer

# A session that changes nothing, whatever is sent to it.
READ_ONLY = "-c default_transaction_read_only=on"
# What is there on every server.
INITIAL = frozenset({"postgres", "template1"})
# What decides how much WAL is written and what fits into memory; a server elsewhere takes it over.
TAKEN_OVER = ("wal_level", "work_mem", "maintenance_work_mem", "max_parallel_maintenance_workers")
# Has the server tell the client of each temporary file.
TELL_OF_FILES = "-c log_temp_files=0 -c client_min_messages=log"
# A session sees at once what its parallel workers counted, and not in its next transaction.
AT_ONCE = "-c stats_fetch_consistency=none"
KNOWS_CONSISTENCY = 150_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of clone is wanted: beside the database where it has no more than ``largest`` bytes, or ``elsewhere``.

    ``data`` names tables whose rows come along to a server elsewhere (pg_dump's patterns). ``still``: a copy beside it
    has autovacuum off, which is an option of each table.
    """

    largest: int = LARGEST
    elsewhere: bool = False
    data: tuple[str, ...] = ()
    still: bool = True


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone, and what it is a clone of.

    ``whole``: it has all rows. ``sizes`` are the bytes of the original's tables, by schema and name. ``why`` says why
    it is not beside the database, where that was wanted. ``tells``: its sessions hear of temporary files.
    """

    target: Target
    whole: bool
    sizes: Mapping[tuple[str, str], int]
    version: str
    version_there: str
    why: str = ""
    tells: bool = False


@dataclass(frozen=True, slots=True)
class _Original:
    name: str
    sizes: Mapping[tuple[str, str], int]
    version: str
    major: int
    settings: Mapping[str, str]


@contextmanager
def cloned(target: Target, wish: Wish, config: Config, observer: Observer) -> Iterator[Clone]:
    """A clone of the target, as wished, for as long as the context lasts; the target is only read.

    Raises:
        Refused: there is no way to make one; the message says why each of them is closed.
        ConfigError, NotNow: the target cannot be reached.
    """
    with connect(reading(target)) as connection:
        original = _original(connection)
    with ExitStack() as stack:
        reasons: list[str] = []
        copy = None
        if not wish.elsewhere:
            observer.stage("copying the database")
            copy = stack.enter_context(
                scratch_copy(target, largest=wish.largest, tell=reasons.append, still=wish.still)
            )
        if copy is None:
            copy = _elsewhere(stack, target, original, wish, config, observer, reasons)
            yield _finished(copy, original, whole=False, why="; ".join(reasons))
        else:
            yield _finished(copy, original, whole=True)


def reading(target: Target) -> Target:
    """The same target, to be only read."""
    return _with_options(target, READ_ONLY)


def _with_options(target: Target, options: str) -> Target:
    given = target.parameters.get("options", "")
    return Target(target.provider, {**target.parameters, "options": f"{given} {options}".strip()})


def _original(connection: Connection) -> _Original:
    relations = read_relations(connection).values()
    sizes = {(relation.schema, relation.name): relation.bytes for relation in relations}
    info = connection.info
    asked = "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name"
    settings: dict[str, str] = dict(connection.execute(asked, (list(TAKEN_OVER),)).fetchall())
    version = info.parameter_status("server_version") or ""
    return _Original(info.dbname, sizes, version, info.server_version // 10_000, settings)


def _elsewhere(
    stack: ExitStack,
    target: Target,
    original: _Original,
    wish: Wish,
    config: Config,
    observer: Observer,
    reasons: list[str],
) -> Target:
    try:
        server = stack.enter_context(
            throwaway_server(config, observer, major=original.major, settings=original.settings)
        )
        with connect(target_of(server, SUPERUSER)) as connection:
            if original.name not in INITIAL:
                create_database(connection, original.name)
        there = target_of(server, original.name)  # a file may say ALTER DATABASE
        observer.stage("copying the schema")
        programs = Programs(server.mark.binaries, server.mark.version.major)
        with connect(reading(target)) as source:
            copy_schema(source, target, there, programs, wish.data)
    except Refused as error:
        why = "".join(f"{reason}; " for reason in reasons)
        raise Refused(f"no clone can be made: {why}{error.message}", help=error.help, detail=error.detail) from None
    return there


def _finished(copy: Target, original: _Original, *, whole: bool, why: str = "") -> Clone:
    with connect(copy) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        version = connection.info.parameter_status("server_version") or ""
        knows = connection.info.server_version >= KNOWS_CONSISTENCY
    tells = bool(row and row[0])
    options = " ".join([*([AT_ONCE] if knows else []), *([TELL_OF_FILES] if tells else [])])
    return Clone(_with_options(copy, options), whole, original.sizes, version, original.version, why, tells)
