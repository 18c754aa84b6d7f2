"""Public directories of migrations apply from nothing, as psql applies them in their tool's order.

Their checkouts are no part of the project: PLATFORMDB_TEST_CHECKOUTS names the folder that holds them.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from tests.directories import oracle
from tests.directories.known import CHECKOUTS, Directory, directories

from commandline import url_of
from dump import dumped
from platformdb.config import Config
from platformdb.migrations.layouts.listing import recognised
from platformdb.migrations.layouts.sections import part_of
from platformdb.migrations.load import load_all
from platformdb.migrations.model import Kind, MigrationFile
from platformdb.migrations.outlook import Options
from platformdb.migrations.read import list_files
from platformdb.migrations.reading import Side
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import connect
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from platformdb.project import Platform, find_platform
from platformdb.report.model import Severity
from platformdb.report.progress import Silent
from platformdb.sqltext.lexer import PieceKind, lex
from platformdb.sqltext.source import Source, read_source
from platformdb.variables import Variable
from servers import BINARIES, Server

if not os.environ.get(CHECKOUTS):
    pytest.skip(f"{CHECKOUTS} names no folder of checkouts", allow_module_level=True)

CONTROL = re.compile(r"(?:begin|start\s+transaction|commit|end)\b(?:(?!\bcase\b)[^;])*", re.IGNORECASE)
FROM_FILES = {"versioned", "repeatable", "baseline", "callback"}
each_directory = pytest.mark.parametrize("directory", directories(), ids=lambda each: each.project)


@pytest.fixture
def platform(directory: Directory, tmp_path: Path) -> Platform:
    if directory.checkout is None:
        pytest.skip(f"no checkout of {directory.project}")
    folders = directory.copied(tmp_path)
    return find_platform(Config(project=tmp_path.resolve(), migrations=tuple(str(folder) for folder in folders)))


def variables(directory: Directory) -> dict[str, Variable]:
    return {name: Variable(value) for name, value in directory.variables.items()}


@each_directory
def test_the_layout_is_recognised(directory: Directory, platform: Platform) -> None:
    assert platform.foreign
    assert recognised(platform, platform.foreign)[0].name == directory.layout


@each_directory
def test_every_byte_is_in_one_section_and_every_statement_in_one_segment(
    directory: Directory, platform: Platform
) -> None:
    files = list_files(platform)
    assert [finding for finding in files.findings if finding.severity is Severity.ERROR] == []
    every = [*files.migrations, *files.undo.values()]
    for kind in (Kind.VERSIONED, Kind.UNDO, Kind.REPEATABLE):
        chosen = [file for file in every if file.kind is kind and not file.language]
        loaded = load_all(chosen, platform, variables(directory))
        for file in chosen:
            expected = list(statements(file, directory))  # also of files that cannot be read whole
            if migration := loaded.migrations.get(file.path):
                found = [each.sql for segment in migration.segments for each in segment.statements]
                assert found == expected, file.shown
            else:
                assert file.kind is Kind.UNDO, loaded.findings


def statements(file: MigrationFile, directory: Directory) -> Iterator[str]:
    """The statements of the sections that run, as the file has them, without those that only say BEGIN and COMMIT."""
    source = read_source(Path(file.path), file.shown)
    assert file.reading
    sections = file.reading.cut(source)
    ends = [0, *(section.end for section in sections)]
    assert [section.start for section in sections] == ends[:-1], file.shown
    assert ends[-1] == len(source.text), file.shown
    if source.exact:
        assert "".join(source.text[s.start : s.end] for s in sections).encode() == Path(file.path).read_bytes()
    wanted = {Side.EITHER, Side.DOWN if file.kind is Kind.UNDO else Side.UP}
    for section in (each for each in sections if each.side in wanted):
        part = file.reading.fill(part_of(source, section), variables(directory))
        yield from (sql for sql in pieces(part) if not CONTROL.fullmatch(sql))


def pieces(part: Source) -> Iterator[str]:
    at = 0
    for piece in lex(part):
        assert piece.start == at
        at = piece.end
        if piece.kind is PieceKind.STATEMENT:
            yield part.text[piece.start : piece.end]
    assert at == len(part.text)


@each_directory
def test_the_schema_is_the_one_that_psql_makes(
    directory: Directory, platform: Platform, started: Callable[[str], Server], table: dict[str, str]
) -> None:
    if directory.not_here:
        pytest.skip(directory.not_here)
    server = started(directory.server)
    options = Options(variables=variables(directory))
    with database(server, "ours", directory.preparation) as target:
        report = migrate(nullcontext(target), platform, Silent(), options=options)
        assert report.ok, report.findings
        assert migrate(nullcontext(target), platform, Silent(), options=options).steps == ()
        ours = schema(server, target)
    assert platform.foreign
    names, script = oracle.script(directory.layout, platform.foreign.locations, directory.variables)
    with database(server, "theirs", directory.preparation) as target:
        psql(server, target, script)
        assert ours == schema(server, target)
    ran = [result.step for result in report.steps if result.step.kind in FROM_FILES]
    for name, subject in zip(names, dict.fromkeys(step.subject for step in ran), strict=True):
        assert name in subject
    statements_run = sum(len(step.statements) for step in ran)
    numbers = (len(names), statements_run, sections(platform))
    facts = (directory.project, directory.layout, *(f"{each:,}" for each in numbers), directory.server, "the same")
    table[directory.project] = f"| {' | '.join(facts)} |"


def sections(platform: Platform) -> int:
    """How many parts all files have together, those that do not run among them."""
    files = list_files(platform)
    every = (*files.migrations, *files.undo.values(), *files.baselines)
    readings = {file.path: (file.reading, file.shown) for file in every if file.reading and not file.language}
    sources = ((reading, read_source(Path(path), shown)) for path, (reading, shown) in readings.items())
    return sum(len(reading.cut(source)) for reading, source in sources if reading)


@contextmanager
def database(server: Server, name: str, before: str) -> Iterator[Target]:
    """A database that leaves nothing: the roles that are made in it, too, are those of all databases."""
    there = roles(server)
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        psql(server, server.database(name), before)
        yield server.database(name)
    finally:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        for role in roles(server) - there:
            server.execute(f'DROP ROLE "{role}"')


def roles(server: Server) -> set[str]:
    with connect(server.maintenance) as connection:
        return {name for (name,) in connection.execute(b"SELECT rolname FROM pg_roles").fetchall()}


def psql(server: Server, target: Target, script: str) -> None:
    program = next(find_candidates(BINARIES[server.version])).folder / "psql"
    command = [str(program), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url_of(target)}"]
    ran = subprocess.run(command, input=script, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, (ran.stdout.splitlines()[-1:], ran.stderr[-2000:])


def schema(server: Server, target: Target) -> list[str]:
    """pg_dump's lines, but for those that it makes up each time."""
    text = dumped(server, target, "--schema-only", "--exclude-schema=platformdb")
    return [line for line in text.splitlines() if not re.match(r"\\(?:un)?restrict ", line)]
