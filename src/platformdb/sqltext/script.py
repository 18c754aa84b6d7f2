"""Files that psql runs: SQL with some of psql's commands between the statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from platformdb.errors import Refused
from platformdb.sqltext.lexer import Piece, PieceKind, lex
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement, statements_of

Include = Callable[[str, bool, Source], Source]
Echo = Callable[[str], None]

_INCLUDES: Mapping[str, bool] = {"i": False, "include": False, "ir": True, "include_relative": True}
_DROPPED = frozenset({"restrict", "unrestrict"})  # pg_dump writes them since 2025, against commands hidden in data
_KNOWN = frozenset({*_INCLUDES, *_DROPPED, "echo"})
_VARIABLES = r"use a variable: [variables] in platformdb.toml, {{ name }} in the SQL"
_CONDITIONS = r"use a template: {% if name == 'x' %} … {% endif %}"
_ADVICE: Mapping[str, str] = {
    "set": _VARIABLES,
    "unset": _VARIABLES,
    "prompt": _VARIABLES,
    "getenv": _VARIABLES,
    "gset": _VARIABLES,
    "if": _CONDITIONS,
    "elif": _CONDITIONS,
    "else": _CONDITIONS,
    "endif": _CONDITIONS,
    "c": "a file runs in one database: remove it",
    "connect": "a file runs in one database: remove it",
    "copy": r"write COPY … FROM stdin; with the rows below it and a line \. after them",
    "gexec": "write DO $$ BEGIN EXECUTE …; END $$",
    "g": "end the statement with a semicolon",
    "!": "run programs outside of migrations",
    ".": "rows of COPY end here, but no COPY … FROM stdin stands above them",
}
_COMMAND = re.compile(r"\\([^ \t\f\v\\]*)[ \t\f\v]*")
_ARGUMENT = re.compile(r"(?P<bare>[^ \t\f\v'\\`]++)|(?P<quoted>'(?:[^'\\]++|\\.|'')*+')|(?P<space>[ \t\f\v]++)")
_ESCAPED = re.compile(r"''|\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))")
_LETTERS: Mapping[str, str] = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}


def read_script(source: Source, *, include: Include, echo: Echo) -> tuple[SqlStatement, ...]:
    r"""The statements of a file in order, those of the files that it includes among them.

    ``\i`` and ``\ir`` ask ``include(name, relative, from)`` for a file, ``\echo`` hands ``echo`` its text,
    ``\restrict`` and ``\unrestrict`` do nothing.

    Raises:
        Refused: a syntax error, any other of psql's commands, files that include each other; with the place.
    """
    return tuple(_Script(include, echo).statements(source, (source.name,)))


def inlined(source: Source, *, include: Include) -> str:
    r"""The text of a file, with the texts of the files that it includes where ``\i`` and ``\ir`` stand.

    Raises:
        Refused: as :func:`read_script`, but nothing is parsed.
    """
    return _Script(include, echo=lambda _: None).text(source, (source.name,))


@dataclass(frozen=True, slots=True)
class _Command:
    source: Source
    piece: Piece
    name: str
    arguments: tuple[str, ...] = ()

    def refused(self, message: str, advice: str) -> Refused:
        return Refused(message, place=self.source.place(self.piece.start), help=advice)


@dataclass(frozen=True, slots=True)
class _Script:
    include: Include
    echo: Echo

    def statements(self, source: Source, chain: tuple[str, ...]) -> Iterator[SqlStatement]:
        pieces = lex(source)
        commands = {piece.start: _command(source, piece) for piece in pieces if piece.kind is PieceKind.COMMAND}
        _refuse_others(list(commands.values()))
        statements = iter(statements_of(source, pieces))
        for piece in pieces:
            if piece.kind is PieceKind.STATEMENT:
                yield next(statements)
            elif piece.kind is PieceKind.COMMAND:
                yield from self.run(commands[piece.start], chain)

    def text(self, source: Source, chain: tuple[str, ...]) -> str:
        found, at = [], 0
        commands = (_command(source, piece) for piece in lex(source) if piece.kind is PieceKind.COMMAND)
        for command in (each for each in commands if each.name in _INCLUDES):
            other = self.included(command, _arguments(command), chain)
            found += [source.text[at : command.piece.start], self.text(other, (*chain, other.name)).rstrip("\n")]
            at = command.piece.end
        return "".join((*found, source.text[at:]))

    def run(self, command: _Command, chain: tuple[str, ...]) -> Iterator[SqlStatement]:
        arguments = _arguments(command)
        if command.name == "echo":
            self.echo(" ".join(arguments[1:] if arguments[:1] == ("-n",) else arguments))
        if command.name in _INCLUDES:
            source = self.included(command, arguments, chain)
            yield from self.statements(source, (*chain, source.name))

    def included(self, command: _Command, arguments: tuple[str, ...], chain: tuple[str, ...]) -> Source:
        if len(arguments) != 1:
            raise command.refused(
                rf"\{command.name} takes one file, not {len(arguments)}", "put a name with blanks into single quotes"
            )
        source = self.include(arguments[0], _INCLUDES[command.name], command.source)
        if source.name in chain:
            loop = " → ".join([*chain[chain.index(source.name) :], source.name])
            raise command.refused(f"files include each other: {loop}", "remove one of these includes")
        return source


def _command(source: Source, piece: Piece) -> _Command:
    match = _COMMAND.match(source.text, piece.start, piece.end)
    return _Command(source, piece, match[1] if match else "")


def _refuse_others(commands: list[_Command]) -> None:
    """Refuses what psql knows and we do not, all of it at once."""
    others = [command for command in commands if command.name not in _KNOWN]
    if not others:
        return
    first = others[0]
    advice = _ADVICE.get(first.name, "remove it")
    error = first.refused(
        rf"psql's command \{first.name} does not run here",
        rf"{advice}; of psql's commands only \i, \ir, \echo, \restrict and \unrestrict do",
    )
    error.detail = "\n".join(
        rf"line {first.source.place(other.piece.start).line}: \{other.name}" for other in others[1:]
    )
    raise error


def _arguments(command: _Command) -> tuple[str, ...]:
    """A command's arguments by psql's rules (psqlscanslash.l): blanks between them, single quotes around blanks."""
    text, at = command.source.text, command.piece.start + 1 + len(command.name)
    arguments = [""]
    while at < command.piece.end:
        match = _ARGUMENT.match(text, at, command.piece.end)
        if match is None:
            raise Refused(
                f"{text[at]} in the arguments of a psql command",
                place=command.source.place(at),
                help="one command a line, quotes in pairs, / in paths; programs in ` do not run here",
            )
        if match["space"]:
            arguments.append("")
        else:
            arguments[-1] += match["bare"] or _unquoted(match["quoted"])
        at = match.end()
    return tuple(filter(None, arguments))


def _unquoted(quoted: str) -> str:
    return _ESCAPED.sub(_character, quoted[1:-1])


def _character(escape: re.Match[str]) -> str:
    octal, hexadecimal, letter = escape.groups()
    if octal or hexadecimal:
        return chr(int(octal, 8) if octal else int(hexadecimal, 16))
    return _LETTERS.get(letter, letter) if letter else "'"
