"""Files and history, read and set side by side: what every command starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from platformdb.errors import ConfigError
from platformdb.migrations.judge import elsewhere
from platformdb.migrations.model import Files, Kind, Migration, MigrationFile, Standing, State, is_version, version_key
from platformdb.migrations.past import Book, fold
from platformdb.migrations.plan import Callbacks
from platformdb.migrations.read import list_files
from platformdb.migrations.reading import Reading
from platformdb.migrations.standing import from_baseline, standings, to_be_read, waiting
from platformdb.postgres.catalog import read_available_extensions, read_facts, read_procedures
from platformdb.postgres.connect import Connection
from platformdb.postgres.history import read_history, read_texts
from platformdb.project import Platform
from platformdb.report.history import History
from platformdb.report.model import Finding
from platformdb.variables import Variable


@dataclass(frozen=True, slots=True)
class Options:
    """How a run behaves; all of it has a flag.

    ``wait_seconds`` is for another runner, ``lock_timeout`` ("5s") for busy tables, tried ``lock_retries`` times more.
    ``target`` is the version or name to stop at, ``mark_applied`` are versions to record without running them.
    """

    wait_seconds: float = 60.0
    lock_timeout: str = "5s"
    lock_retries: int = 10
    role: str | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    target: str | None = None
    out_of_order: bool = False
    mark_applied: tuple[str, ...] = ()
    allow_destructive: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where everything stands, and what was wrong with reading it; ``variables`` are all that files are read with."""

    platform: Platform
    files: Files
    history: History
    book: Book
    found: tuple[Standing, ...]
    findings: tuple[Finding, ...]
    committing: frozenset[str]
    variables: Mapping[str, Variable] = field(default_factory=dict)


def look(
    connection: Connection,
    files: Files,
    platform: Platform,
    variables: Mapping[str, Variable],
    target: str | None = None,
) -> Outlook:
    """Reads the history, then those files that are not provably what was applied. Changes nothing.

    ``target`` is where a run will stop: a baseline file above it is none to begin with.

    Raises:
        Refused: the history cannot be read.
    """
    history = read_history(connection, platform.name)
    book = fold(history.entries)
    limit = version_key(target) if target and is_version(target) else None
    files, seen = from_baseline(files, book, limit)
    wanted = to_be_read(files, seen, templated=bool(variables))
    committing = _committing(connection) if wanted or files.undo or files.callbacks else frozenset()
    names, schemas = _names_built_in(files.migrations), _schemas(files.migrations)
    facts = read_facts(connection) if names or schemas else {}
    known = {name: Variable(facts[fact]) for name, fact in names.items()}
    variables = {**_secrets(files.migrations), **known, **variables}
    migrations, problems = read_whole(wanted, platform, variables, committing)
    problems = (*problems, *elsewhere(schemas, facts.get("schema", "")))
    found = standings(files, seen, migrations)
    if any(migration.needs.awaited for migration in migrations.values()):
        found = waiting(found, read_available_extensions(connection))
    return Outlook(platform, files, history, book, found, (*files.findings, *problems), committing, variables)


def _names_built_in(files: Iterable[MigrationFile]) -> Mapping[str, str]:
    """The variables that tools ask the database for, by what they are."""
    return {name: fact for reading in _readings(files) for name, fact in reading.built_in.items()}


def with_secrets(options: Options, files: Files) -> Options:
    """The options, in which a run also sees what of tools' configurations nobody else may see."""
    return replace(options, variables={**_secrets(files.migrations), **options.variables})


def _secrets(files: Iterable[MigrationFile]) -> Mapping[str, Variable]:
    """The values in tools' configurations that nobody may see, by their names."""
    return {name: variable for reading in _readings(files) for name, variable in reading.secrets.items()}


def _schemas(files: Iterable[MigrationFile]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.schema for reading in _readings(files) if reading.schema))


def _readings(files: Iterable[MigrationFile]) -> Iterable[Reading]:
    return {id(file.reading): file.reading for file in files if file.reading}.values()


def executed_texts(connection: Connection, found: Iterable[Standing]) -> Mapping[int, str]:
    """What ran of the files that were changed since, by the numbers of rows: for the difference that a finding shows.

    Raises:
        Refused: the history cannot be read.
    """
    numbers = [number for s in found if s.state is State.MODIFIED and s.past for number in s.past.entries]
    return read_texts(connection, numbers) if numbers else {}


def read_whole(
    wanted: Sequence[MigrationFile],
    platform: Platform,
    variables: Mapping[str, Variable],
    committing: frozenset[str] = frozenset(),
) -> tuple[Mapping[str, Migration], tuple[Finding, ...]]:
    """Files read for what they say, and what is wrong with the others."""
    if not wanted:
        return {}, ()
    from platformdb.migrations.load import load_all  # with the lexer: a run with nothing to do needs neither

    loaded = load_all(wanted, platform, variables, committing=committing)
    return loaded.migrations, loaded.findings


def _committing(connection: Connection) -> frozenset[str]:
    """The database's procedures that commit by themselves, and so can be called in no transaction."""
    from platformdb.sqltext.classify import body_commits

    return frozenset(name for name, body in read_procedures(connection) if body_commits(body))


def file_problems(platform: Platform, variables: Mapping[str, Variable] | None = None) -> tuple[Finding, ...]:
    """What is wrong with any migration file of a platform, found without a database."""
    files = list_files(platform)
    callbacks = (file for event in files.callbacks.values() for file in event)
    every = (*files.migrations, *files.baselines, *files.undo.values(), *callbacks)
    # Any name will do where nothing is run.
    stand_ins = {name: Variable(fact) for name, fact in _names_built_in(every).items()}
    known = {**_secrets(every), **stand_ins, **(variables or {})}
    return (*files.findings, *read_whole([file for file in every if not file.language], platform, known)[1])


def read_callbacks(outlook: Outlook) -> tuple[Callbacks, tuple[Finding, ...]]:
    """The callbacks, read, by event; what is wrong with them as findings."""
    events = outlook.files.callbacks
    every = tuple(file for files in events.values() for file in files)
    known, problems = read_whole(every, outlook.platform, outlook.variables, outlook.committing)
    return {event: tuple(known[f.path] for f in files if f.path in known) for event, files in events.items()}, problems


def read_undo(outlook: Outlook, leaving: tuple[Standing, ...]) -> tuple[Mapping[str, Migration], tuple[Finding, ...]]:
    """The undo files of what is to be left, read, by the versions as the history has them."""
    found = {s.version: outlook.files.undo.get(version_key(s.version)) for s in leaving}
    files = {version: file for version, file in found.items() if file}
    known, problems = read_whole(tuple(files.values()), outlook.platform, outlook.variables, outlook.committing)
    return {version: known[file.path] for version, file in files.items() if file.path in known}, problems


def resolve_target(files: Files, book: Book, wanted: str) -> tuple[int, ...]:
    """The version that a version or a migration's name stands for; ``0`` is before all.

    Raises:
        ConfigError: there is no such version or name, or several have it.
    """
    versioned = [file for file in files.migrations if file.kind is not Kind.REPEATABLE]
    known = {version_key(file.version) for file in versioned}
    known |= {key for (kind, key) in book.pasts if kind is Kind.VERSIONED and isinstance(key, tuple)}
    if is_version(wanted) and ((key := version_key(wanted)) in known or not any(key)):
        return key
    named = [file for file in versioned if wanted in {file.name, f"{file.version}_{file.name}"}]
    if len(named) > 1:
        several = ", ".join(file.version for file in named)
        raise ConfigError(f"several migrations are called '{wanted}'", help=f"say which by its version: {several}")
    if named:
        return version_key(named[0].version)
    names = ", ".join(f"{file.version} ({file.name})" for file in versioned[-8:])
    raise ConfigError(f"there is no migration '{wanted}'", help=f"name a version or a name; the last ones are: {names}")
