"""Reads migration files whole: rendered, with what they include, cut into segments, understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from platformdb.errors import Place, Refused
from platformdb.migrations.header import check_included, read_header, refuse_down_part, runs_alone, template_wanted
from platformdb.migrations.layouts.sections import part_of
from platformdb.migrations.model import Kind, Migration, MigrationFile, Names, Needs, Segment
from platformdb.migrations.read import as_finding
from platformdb.migrations.reading import Side
from platformdb.migrations.segments import Part, segments
from platformdb.report.history import Checksums
from platformdb.report.model import Finding, Leaves, Severity, Statement
from platformdb.sqltext.checksums import checksums, tokens_digest
from platformdb.sqltext.classify import (
    called_procedure,
    committing_procedure,
    destroys,
    leaves_session_state,
    needed_extension,
    tampers_with,
    without_passwords,
)
from platformdb.sqltext.includes import included_file
from platformdb.sqltext.names import names_of
from platformdb.sqltext.script import read_script
from platformdb.sqltext.source import Source, read_source
from platformdb.sqltext.statements import SqlStatement
from platformdb.sqltext.templates import masking, render

if TYPE_CHECKING:
    from platformdb.project import Platform
    from platformdb.variables import Variable

TAGS = ("{{", "{%", "{#")
# How PostgreSQL's grammar quotes what it did not expect.
NEAR = re.compile(r'(?<=at or near ").*(?="$)', re.DOTALL)


OURS_HELP = "remove the statement (pg_dump: --exclude-schema=platformdb); platformdb baseline and repair write there"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The migrations that could be read, by their files' paths, and what is wrong with the others."""

    migrations: Mapping[str, Migration]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """What the files of one run are read with; ``mask`` takes secrets out of a text."""

    root: Path
    variables: Mapping[str, Variable]
    mask: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Text:
    """What of a file runs: as it is ``written``, for its checksums, and the ``scripts`` to be run one after the other.

    Native files are templates, of which the rendered text knows the written one.
    """

    written: Source
    scripts: tuple[Source, ...]
    alone: bool = False


def load_all(
    files: Iterable[MigrationFile],
    platform: Platform,
    variables: Mapping[str, Variable],
    *,
    committing: frozenset[str] = frozenset(),
) -> Loaded:
    """Reads files in the order in which they will run. A bad file is a finding, and the others are read all the same.

    ``committing`` are the bare names of procedures that commit and are in the database already: a CALL of one, or of
    one that a file before it creates, runs outside any transaction.
    """
    reader = Reader(platform.root, variables, masking(variables))
    known = set(committing)
    migrations: dict[str, Migration] = {}
    findings: list[Finding] = []
    for file in files:
        try:
            migrations[file.path] = _load(file, reader, known)
        except Refused as error:
            findings.append(as_finding(_without_secrets(error, reader), file.shown))
    return Loaded(migrations, tuple(findings))


def _load(file: MigrationFile, reader: Reader, committing: set[str]) -> Migration:
    """Reads one file; adds the procedures it creates to ``committing``.

    Raises:
        Refused: the text, a template, a directive or the SQL is wrong; with the place.
    """
    text = _text(file, reader)
    statements, included, echoed = _read(text.scripts, reader)
    header = read_header(text.scripts[0], statements)
    if header.extensions and file.kind is not Kind.REPEATABLE:
        raise Refused(
            f"extension= in a {file.kind.value} file, which cannot wait for one",
            place=header.extensions[0][1],
            help="move what needs the extension into a repeatable file, such as sql/functions/NAME.sql",
        )
    for other in (*text.scripts[1:], *included):
        check_included(other, statements)
    parts = _parts(statements, reader, committing)
    place = Place(file.shown) if parts else text.scripts[0].place(0)
    cut = segments(parts, place, alone=header.alone or text.alone, foreign=file.reading is not None)
    return Migration(
        file,
        _checksums(text.written, parts, cut, file.raw),
        cut,
        header.lock_timeout,
        Needs(header.requires, tuple(_extensions(statements)), tuple(name for name, _ in header.extensions)),
        _names(statements) if file.kind is Kind.REPEATABLE and not file.reading else Names(),  # tools have an order
        tuple((_place(statement), why) for statement in statements if (why := destroys(statement))),
        max(map(_leaves, statements), default=Leaves.NOTHING),
        tuple(_remarks(file, cut, echoed)),
    )


def _text(file: MigrationFile, reader: Reader) -> Text:
    """What of a file runs, its variables filled in.

    Raises:
        Refused: it cannot be read, it is in another language, or its marks or variables are wrong; with the place.
    """
    if file.language:
        raise Refused(
            f"{file.shown} is a step in {file.language}, and platformdb runs SQL only",
            place=Place(file.shown),
            help="let its own tool run it",
        )
    written = read_source(file.path, file.shown)
    if file.reading is None:
        source = _rendered(written, reader)
        return Text(source, (source,))
    side = Side.DOWN if file.kind is Kind.UNDO else Side.UP
    sections = [section for section in file.reading.cut(written) if section.side in {side, Side.EITHER}]
    parts = [part_of(written, section) for section in sections] or [replace(written, text="", exact=False)]
    scripts = tuple(file.reading.fill(part, reader.variables) for part in parts)
    alone = file.alone or any(section.alone for section in sections)
    whole = written if parts == [written] else replace(written, text="".join(part.text for part in parts), exact=False)
    return Text(whole, scripts, alone=alone)


def _rendered(source: Source, reader: Reader) -> Source:
    """The file with its variables filled in, if it is a template: plain SQL may hold ``{{`` for reasons of its own."""
    wanted = template_wanted(source)
    return render(source, reader.variables) if wanted or (wanted is None and reader.variables) else source


def _read(scripts: Iterable[Source], reader: Reader) -> tuple[tuple[SqlStatement, ...], list[Source], list[str]]:
    """The statements of a file and of those that it includes, these files, and what it echoes."""
    included: list[Source] = []
    echoed: list[str] = []

    def include(name: str, relative: bool, includer: Source) -> Source:  # noqa: FBT001 - as read_script calls it
        included.append(_rendered(included_file(name, includer, reader.root, relative=relative), reader))
        return included[-1]

    try:
        found = [each for script in scripts for each in read_script(script, include=include, echo=echoed.append)]
        return tuple(found), included, echoed
    except Refused as error:
        raise _with_variables_in_mind(error) from None


def _with_variables_in_mind(error: Refused) -> Refused:
    """The error, with better advice where what looks wrong may be meant as a variable."""
    place = error.place
    if place and place.text and place.column and place.text[place.column - 1 :].startswith(TAGS):
        help_text = "is this a variable? declare it in [variables] of platformdb.toml, or give --var NAME=VALUE"
        return Refused(error.message, place=place, help=help_text, detail=error.detail)
    return error


def _without_secrets(error: Refused, reader: Reader) -> Refused:
    """The error, without a secret or the part of one that the parser stumbled over."""
    message = reader.mask(error.message)
    near = NEAR.search(message)
    if near and any(variable.secret and near[0] in variable.value for variable in reader.variables.values()):
        message = f"{message[: near.start()]}***{message[near.end() :]}"
    return Refused(message, place=error.place, help=error.help, detail=reader.mask(error.detail))


def _parts(statements: Iterable[SqlStatement], reader: Reader, committing: set[str]) -> tuple[Part, ...]:
    found: list[Part] = []
    begun: set[int] = set()
    for statement in statements:
        refuse_down_part(statement)
        if tampers_with(statement, "platformdb"):
            message = "platformdb's own history is not for migrations to change"
            raise Refused(message, place=_place(statement), help=OURS_HELP)
        alone = called_procedure(statement) in committing
        if id(statement.source) in begun:  # above a file's first statement stands its header
            alone |= runs_alone(statement)
        begun.add(id(statement.source))
        if name := committing_procedure(statement):
            committing.add(name)
        found.append(Part(statement, _shown(statement, reader.mask), alone))
    return tuple(found)


def _shown(statement: SqlStatement, mask: Callable[[str], str]) -> str | None:
    masked = mask(statement.sql)
    text = without_passwords(masked, statement.kind) or masked
    return None if text == statement.sql else text


def _checksums(source: Source, parts: Sequence[Part], cut: Sequence[Segment], raw: str) -> Checksums:
    """The file's checksums; where something is masked, of what is shown: a secret could be guessed from a checksum."""
    if len(cut) == 1 and len(cut[0].statements) == len(parts):  # then they have the same tokens
        return checksums(source, (), raw=raw, tokens=cut[0].digest)
    found = checksums(source, [part.read for part in parts], raw=raw)
    if all(part.shown is None for part in parts):
        return found
    shown = (Statement(part.read.sql, data=part.read.data, shown=part.shown) for part in parts)
    return replace(found, tokens=tokens_digest(shown))


def _extensions(statements: Iterable[SqlStatement]) -> Iterable[tuple[str, Place]]:
    return ((name, _place(statement)) for statement in statements if (name := needed_extension(statement)))


def _names(statements: Iterable[SqlStatement]) -> Names:
    pairs = [names_of(statement) for statement in statements]
    return Names(frozenset().union(*(d for d, _ in pairs)), frozenset().union(*(r for _, r in pairs)))


def _place(statement: SqlStatement) -> Place:
    return statement.source.place(statement.start)


def _leaves(statement: SqlStatement) -> Leaves:
    if leaves_session_state(statement):
        return Leaves.ANYTHING
    return Leaves.SETTINGS if statement.kind == "variable_set_stmt" else Leaves.NOTHING


def _remarks(file: MigrationFile, cut: Sequence[Segment], echoed: Iterable[str]) -> Iterable[Finding]:
    place = cut[0].place
    if not any(segment.statements for segment in cut):
        message = f"{file.shown} holds no statement: it is recorded, and does nothing"
        yield Finding("empty", message, file.shown, Severity.NOTE, place, "write its SQL, or remove the file")
    for text in echoed:
        yield Finding("echo", text, file.shown, Severity.NOTE, place)
