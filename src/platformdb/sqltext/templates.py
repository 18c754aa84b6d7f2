"""Variables in SQL files: jinja2 templates in a sandbox, filters that quote, and the masking of secrets."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from platformdb.errors import Refused
from platformdb.sqltext.source import Source

if TYPE_CHECKING:
    from platformdb.variables import Variable

MASK = "***"
# A line of a longer secret (a key, a certificate) is masked by itself if it is too long to be there by chance.
TELLING = 8
# PostgreSQL takes no NUL, and this is how Python reads bytes of the environment that are not UTF-8.
UNSENDABLE = re.compile(r"[\x00\ud800-\udfff]")
TAG = re.compile(r"\{[{%#]")


def render(source: Source, variables: Mapping[str, Variable]) -> Source:
    """The file with its variables filled in, once: a value that looks like a template stays as it is.

    Positions of the result are those of the file. A file without ``{{``, ``{%`` and ``{#`` is returned unchanged.

    ``{{ name }}`` writes a value into the SQL as it is, so whoever sets the value writes SQL. Where it is data, write
    ``{{ name | literal }}`` for a string, ``{{ name | identifier }}`` for a name, ``{{ name | qualified }}`` for
    schema.name: then no value can become anything else.

    Secret variables may only be written plainly or through ``literal`` or ``identifier``, for :func:`masking` knows
    just these forms.

    Raises:
        Refused: not a template, a variable that is not declared, a secret that is used otherwise, something the
            sandbox forbids, or a result out of all proportion; with the place in the file.
    """
    if not TAG.search(source.text):
        return source
    from platformdb.sqltext import sandbox  # jinja2: 50 ms

    limit = 64 * 1024 * 1024 + 10 * len(source.text)
    chunks, marks, size = [], [(0, 0)], 0
    for text, start, stop in sandbox.pieces(source, variables):
        if start is not None:
            marks += (size, start), (size + len(text), start if stop is None else stop)
        if start == stop and UNSENDABLE.search(text):
            raise Refused(
                "a value holds a NUL character or a byte that is not UTF-8",
                place=source.place(start or 0),
                help="remove it",
            )
        chunks.append(text)
        size += len(text)
        if size > limit:
            raise Refused(
                f"the template makes more than {limit:,} characters", place=source.place(start or 0), help="loop less"
            )
    return replace(source, text="".join(chunks), marks=tuple(marks), original=source.text, exact=False)


def masking(variables: Mapping[str, Variable]) -> Callable[[str], str]:
    """A function that replaces every secret in a text by ``***``: as it is, as quoted SQL, and those inside JSON.

    Where secrets overlap, all of them are covered. Lines of a secret that has several count by themselves, because
    reports indent what they print. Without secrets the text is returned as it is.
    """
    values = {variable.value for variable in variables.values() if variable.secret}
    values |= {line for value in values for line in value.splitlines() if len(line) >= TELLING}
    forms = {form for value in values if value for form in _forms(value)}
    return (lambda text: _masked(text, forms)) if forms else str


def _forms(value: str) -> Iterable[str]:
    """How a value may stand in a text, without its quotes."""
    for form in {value, literal(value).partition("'")[2][:-1], identifier(value)[1:-1]}:
        yield from (form, json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1])


def _masked(text: str, forms: Iterable[str]) -> str:
    spans = sorted(span for form in forms for span in _occurrences(text, form))
    shown: list[str] = []
    at = 0
    for start, end in spans:
        if start >= at:
            shown += text[at:start], MASK
        at = max(at, end)
    return "".join(shown) + text[at:] if spans else text


def _occurrences(text: str, form: str) -> Iterable[tuple[int, int]]:
    """All of them, also those that overlap."""
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def identifier(value: object) -> str:
    """The filter that makes any text one quoted name.

    Raises:
        ValueError: no text, or empty, which no name may be.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"identifier takes text that is not empty, not {value!s:.40}")
    return '"' + str(value).replace('"', '""') + '"'


def qualified(value: object) -> str:
    """The filter that quotes a name with its schema: ``app.users`` becomes ``"app"."users"``.

    Raises:
        ValueError: no text, or a part of it is empty.
    """
    if not isinstance(value, str) or not all(parts := str(value).split(".")):
        raise ValueError(f"qualified takes names with dots between them, not {value!s:.40}")
    return ".".join(identifier(part) for part in parts)


def literal(value: object) -> str:
    """The filter that makes a value an SQL literal: text in quotes, numbers as they are, TRUE, FALSE or NULL.

    Text with a backslash becomes `` E'…'``, which means the same whatever ``standard_conforming_strings`` is. The
    space keeps the E apart from a word before it, as libpq's PQescapeLiteral does; one before a minus keeps ``--``
    from coming about.

    Raises:
        TypeError: any other value.
    """
    if value is None or isinstance(value, bool):
        return "NULL" if value is None else str(value).upper()
    if isinstance(value, int | float) and math.isfinite(value):
        return f" {value}" if value < 0 else str(value)
    if not isinstance(value, str | float):
        raise TypeError(f"literal takes text, a number, a boolean or none, not {value!s:.40}")
    text = str(value).replace("'", "''")
    return " E'" + text.replace("\\", "\\\\") + "'" if "\\" in text else f"'{text}'"
