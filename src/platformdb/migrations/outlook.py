"""Files and history, read and set side by side: what every command starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from platformdb.config import Variable
from platformdb.errors import ConfigError
from platformdb.migrations.load import Loaded, load_all
from platformdb.migrations.model import Files, Kind, Migration, MigrationFile, Standing, version_key
from platformdb.migrations.past import Book, fold
from platformdb.migrations.plan import Callbacks
from platformdb.migrations.read import list_files
from platformdb.migrations.standing import standings, to_be_read
from platformdb.postgres.catalog import read_procedures
from platformdb.postgres.connect import Connection
from platformdb.postgres.history import read_history
from platformdb.project import Platform
from platformdb.report.model import Finding, History


@dataclass(frozen=True, slots=True)
class Options:
    """How a run behaves; all of it has a flag.

    ``wait_seconds`` is for another runner, ``lock_timeout`` ("5s") for busy tables, tried ``lock_retries`` times more.
    ``target`` is the version or name to stop at.
    """

    wait_seconds: float = 60.0
    lock_timeout: str = "5s"
    lock_retries: int = 10
    role: str | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    target: str | None = None
    out_of_order: bool = False
    allow_destructive: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where everything stands, and what was wrong with reading it."""

    platform: Platform
    files: Files
    history: History
    book: Book
    found: tuple[Standing, ...]
    findings: tuple[Finding, ...]
    committing: frozenset[str]


def look(connection: Connection, files: Files, platform: Platform, variables: Mapping[str, Variable]) -> Outlook:
    """Reads the history, then those files that are not provably what was applied. Changes nothing.

    Raises:
        Refused: the history cannot be read.
    """
    history = read_history(connection, platform.name)
    book = fold(history.entries)
    wanted = to_be_read(files, book, templated=bool(variables))
    committing = _committing(connection) if wanted else frozenset()
    loaded = load_all(wanted, platform, variables, committing=committing) if wanted else Loaded({}, ())
    found = standings(files, book, loaded.migrations)
    return Outlook(platform, files, history, book, found, (*files.findings, *loaded.findings), committing)


def _committing(connection: Connection) -> frozenset[str]:
    """The database's procedures that commit by themselves, and so can be called in no transaction."""
    from platformdb.sqltext.classify import body_commits

    return frozenset(name for name, body in read_procedures(connection) if body_commits(body))


def file_problems(platform: Platform, variables: Mapping[str, Variable] | None = None) -> tuple[Finding, ...]:
    """What is wrong with any migration file of a platform, found without a database."""
    files = list_files(platform)
    every = (*files.migrations, *files.undo.values(), *(file for event in files.callbacks.values() for file in event))
    return (*files.findings, *load_all(every, platform, variables or {}).findings)


def read_callbacks(outlook: Outlook, variables: Mapping[str, Variable]) -> tuple[Callbacks, tuple[Finding, ...]]:
    """The callbacks, read, by event; what is wrong with them as findings."""
    events = outlook.files.callbacks
    if not events:
        return {}, ()
    loaded = _load(tuple(file for files in events.values() for file in files), outlook, variables)
    known = loaded.migrations
    return {
        event: tuple(known[f.path] for f in files if f.path in known) for event, files in events.items()
    }, loaded.findings


def read_undo(
    outlook: Outlook, leaving: tuple[Standing, ...], variables: Mapping[str, Variable]
) -> tuple[Mapping[str, Migration], tuple[Finding, ...]]:
    """The undo files of what is to be left, read, by the versions as the history has them."""
    files = {s.version: outlook.files.undo.get(version_key(s.version)) for s in leaving}
    loaded = _load(tuple(file for file in files.values() if file), outlook, variables)
    known = {version: loaded.migrations.get(file.path) for version, file in files.items() if file}
    return {version: migration for version, migration in known.items() if migration}, loaded.findings


def _load(files: tuple[MigrationFile, ...], outlook: Outlook, variables: Mapping[str, Variable]) -> Loaded:
    return load_all(files, outlook.platform, variables, committing=outlook.committing)


def resolve_target(files: Files, book: Book, wanted: str) -> tuple[int, ...]:
    """The version that a version or a migration's name stands for; ``0`` is before all.

    Raises:
        ConfigError: there is no such version or name.
    """
    versioned = [file for file in files.migrations if file.kind is Kind.VERSIONED]
    known = {version_key(file.version) for file in versioned}
    known |= {key for (kind, key) in book.pasts if kind is Kind.VERSIONED and isinstance(key, tuple)}
    named = [version_key(file.version) for file in versioned if wanted in {file.name, f"{file.version}_{file.name}"}]
    if named:
        return max(named)
    try:
        key = version_key(wanted)
    except ValueError:
        key = None
    if key is not None and (key in known or not any(key)):
        return key
    names = ", ".join(f"{file.version} ({file.name})" for file in versioned[-8:])
    raise ConfigError(f"there is no migration '{wanted}'", help=f"name a version or a name; the last ones are: {names}")
