"""Variables as other tools write them: ``${name}``, ``{{ name }}``, ``:name``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platformdb.errors import Refused
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.source import Source
from platformdb.sqltext.templates import literal

if TYPE_CHECKING:
    from platformdb.variables import Variable


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a variable is written: ``pattern`` has a group ``name``.

    ``written`` makes of match and value what replaces it; without it the value is put in as it is.
    """

    pattern: re.Pattern[str]
    written: Callable[[re.Match[str], str], str] = lambda _, value: value


def _by_quote(match: re.Match[str], value: str) -> str:
    """As psql writes it: ``:'name'`` as a string, ``:"name"`` as a name."""
    quote = match["quote"]
    return literal(value) if quote == "'" else quote_identifier(value) if quote else value


# ${name} and ${tool:name}, as Flyway has them.
DOLLAR = Syntax(re.compile(r"\$\{(?P<name>[^}$\s]+)\}"))
# {{ .Name }} and {{ index .Options "Name" }} of Go's templates, {{ name }} of others.
GO = Syntax(re.compile(r"\{\{-?\s*(?:index\s+[.\w]+\s+\"(?P<name>[^\"]+)\"|\.?(?:\w+\.)*(?P<last>\w+))\s*-?\}\}"))
# :name, :'name' and :"name", but neither ::type nor the a:b of an array's slice.
PSQL = Syntax(re.compile(r"(?<![:\w\]])(?::(?P<quote>['\"]?)(?P<name>[A-Za-z_]\w*)(?P=quote))(?![\w:])"), _by_quote)


def fill(
    source: Source, syntaxes: Sequence[Syntax], variables: Mapping[str, Variable], *, all_of_them: bool = True
) -> Source:
    """A text with the values of its variables, each filled in once; positions stay those of the file.

    ``all_of_them``: a name that nobody declared is refused, with its place; else it is left as it stands.

    Raises:
        Refused: see above.
    """
    base = source.marks[0][1] if source.marks else 0  # of a section, which nobody filled before
    chunks: list[str] = []
    marks, at, size = list(source.marks) or [(0, 0)], 0, 0
    for match, syntax in _found(source.text, syntaxes):
        name = match["name"] or match.groupdict().get("last") or ""
        known = name in variables
        if not known and all_of_them:
            raise _undeclared(source, match, name)
        if match.start() < at or not known:
            continue
        value = syntax.written(match, variables[name].value)
        size += match.start() - at
        marks += (size, base + match.start()), (size + len(value), base + match.end())
        chunks += source.text[at : match.start()], value
        size += len(value)
        at = match.end()
    if not chunks:
        return source
    text = "".join((*chunks, source.text[at:]))
    return replace(source, text=text, marks=tuple(marks), original=source.original or source.text, exact=False)


def _found(text: str, syntaxes: Sequence[Syntax]) -> list[tuple[re.Match[str], Syntax]]:
    """What looks like a variable, in the order of the text."""
    found = [(match, syntax) for syntax in syntaxes for match in syntax.pattern.finditer(text)]
    return sorted(found, key=lambda each: each[0].start()) if len(syntaxes) > 1 else found


def _undeclared(source: Source, match: re.Match[str], name: str) -> Refused:
    help_text = f"give it with --var {name}=VALUE, or under [variables] of platformdb.toml"
    return Refused(f"nothing says what {match[0]} stands for", place=source.place(match.start()), help=help_text)
