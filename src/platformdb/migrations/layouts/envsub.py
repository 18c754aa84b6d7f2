"""Variables as goose takes them from the environment, which is much like a shell's way. Pure.

Source: goose's README ("Environment Variable Substitution") and mfridman/interpolate's parser.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from platformdb.errors import Refused
from platformdb.sqltext.placeholders import put_in
from platformdb.sqltext.source import Source

# Lines of comment, which nobody fills; what stands for itself; $name and ${name}, with what to take where it has no
# value.
VARIABLE = re.compile(
    r"^[^\S\n]*--[^\n]*|(?P<escaped>\\\\|\\\$|\$\$|\$\()"
    r"|\$(?:\{(?P<name>[^\W\d_]\w*)(?:(?P<operator>:-|-|\?)(?P<rest>[^}$\n]*))?\}|(?P<bare>[^\W\d_]\w*))"
    r"|(?P<other>\$(?=[^\n]))",
    re.MULTILINE,
)
ESCAPED: Mapping[str, str] = {r"\$": "$", "$$": "$"}


def substituted(source: Source, regions: Sequence[tuple[int, int]], values: Mapping[str, str]) -> Source:
    """A text in which variables have their values, from where to where the regions say.

    Raises:
        Refused: a name without a value, for which the tool takes an empty text, or a form that is not known; with the
            place.
    """
    return put_in(source, _found(source, regions, values))


def _found(
    source: Source, regions: Sequence[tuple[int, int]], values: Mapping[str, str]
) -> Iterator[tuple[int, int, str]]:
    for start, end in regions:
        for match in VARIABLE.finditer(source.text, max(start, 0), end):
            name, escaped = match["name"] or match["bare"], ESCAPED.get(match["escaped"] or "")
            if match["other"]:
                message, help_text = "a '$' that begins no variable", "write $$ for one that is none"
                raise Refused(message, place=source.place(match.start()), help=help_text)
            if escaped or name:
                yield *match.span(), escaped or _value(source, match, values.get(name))


def _value(source: Source, match: re.Match[str], value: str | None) -> str:
    if value or (value is not None and match["operator"] != ":-"):
        return value
    if match["operator"] in {":-", "-"}:
        return match["rest"]
    name, why = match["name"] or match["bare"], match["rest"]
    message = f"nothing says what {match[0]} stands for"
    help_text = f"set it in the environment, or give it with --var {name}=VALUE"
    raise Refused(message, place=source.place(match.start()), help=f"{why}: {help_text}" if why else help_text)
