"""Variables as other tools write them: ``${name}``, ``{{ name }}``, ``:name``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platformdb.errors import Refused
from platformdb.sqltext.lexer import PieceKind, lex, scan
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.source import Source
from platformdb.sqltext.templates import literal

if TYPE_CHECKING:
    from platformdb.variables import Variable


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a variable is written: ``pattern`` has a group ``name``.

    One that begins with a ``token`` is none in strings and comments, where it may be anything.

    ``written`` makes of match and value what replaces it; without it the value is put in as it is.
    """

    pattern: re.Pattern[str]
    written: Callable[[re.Match[str], str], str] = lambda _, value: value
    token: str = ""


def _by_quote(match: re.Match[str], value: str) -> str:
    """As psql writes it: ``:'name'`` as a string, ``:"name"`` as a name."""
    quote = match["quote"]
    return literal(value) if quote == "'" else quote_identifier(value) if quote else value


# ${name} and ${tool:name}, as Flyway has them.
DOLLAR = Syntax(re.compile(r"\$\{(?P<name>[^}$\s]+)\}"))
# {{ .Name }} and {{ index .Options "Name" }} of Go's templates, {{ name }} of others.
GO = Syntax(re.compile(r"\{\{-?\s*(?:index\s+[.\w]+\s+\"(?P<name>[^\"]+)\"|\.?(?:\w+\.)*(?P<last>\w+))\s*-?\}\}"))
# :name, :'name' and :"name", but neither ::type nor the a:b of an array's slice.
PSQL = Syntax(
    re.compile(r"(?<![:\w\]])(?::(?P<quote>['\"]?)(?P<name>[A-Za-z_]\w*)(?P=quote))(?![\w:])"), _by_quote, ":"
)


def fill(
    source: Source, syntaxes: Sequence[Syntax], variables: Mapping[str, Variable], *, all_of_them: bool = True
) -> Source:
    """A text with the values of its variables, each filled in once; positions stay those of the file.

    ``all_of_them``: a name that nobody declared is refused, with its place; else it is left as it stands.

    Raises:
        Refused: see above.
    """
    values: list[tuple[int, int, str]] = []
    for match, syntax in _found(source, syntaxes):
        name = match["name"] or match.groupdict().get("last") or ""
        if name in variables:
            values.append((*match.span(), syntax.written(match, variables[name].value)))
        elif all_of_them:
            raise _undeclared(source, match, name)
    return put_in(source, values)


def put_in(source: Source, values: Iterable[tuple[int, int, str]]) -> Source:
    """A text with values from one offset to another, given in order; what begins inside the one before is left out."""
    base = source.marks[0][1] if source.marks else 0  # of a section, which nobody filled before
    chunks: list[str] = []
    marks, at, size = list(source.marks) or [(0, 0)], 0, 0
    for start, end, value in values:
        if start < at:
            continue
        size += start - at
        marks += (size, base + start), (size + len(value), base + end)
        chunks += source.text[at:start], value
        size += len(value)
        at = end
    if not chunks:
        return source
    text = "".join((*chunks, source.text[at:]))
    return replace(source, text=text, marks=tuple(marks), original=source.original or source.text, exact=False)


def _found(source: Source, syntaxes: Sequence[Syntax]) -> list[tuple[re.Match[str], Syntax]]:
    """What looks like a variable, in the order of the text."""
    found = [(match, syntax) for syntax in syntaxes for match in _matches(source, syntax)]
    return sorted(found, key=lambda each: each[0].start()) if len(syntaxes) > 1 else found


def _matches(source: Source, syntax: Syntax) -> list[re.Match[str]]:
    found = list(syntax.pattern.finditer(source.text))
    if not syntax.token or not found:
        return found
    statements = (piece for piece in lex(source) if piece.kind is PieceKind.STATEMENT)
    tokens = (token for piece in statements for token in scan(source.text, piece.start, piece.end))
    outside = {token.start() for token in tokens if token[0] == syntax.token}
    return [match for match in found if match.start() in outside]


def _undeclared(source: Source, match: re.Match[str], name: str) -> Refused:
    help_text = f"give it with --var {name}=VALUE, or under [variables] of platformdb.toml"
    return Refused(f"nothing says what {match[0]} stands for", place=source.place(match.start()), help=help_text)
