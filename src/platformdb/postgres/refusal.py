"""What the server says of a row that it refuses, as a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

# "Key (a, b)=(1, 2) already exists.": of unique violations and foreign keys. And where a COPY was, in the context; in
# another language of lc_messages neither is known.
_KEY = re.compile(r"Key \((.*?)\)=\((.*)\)", re.DOTALL)
_COPIED = re.compile(r"^COPY [^\n]+?, line (\d+)(?:, column (.+?))?(?::|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server's answer: its SQLSTATE and message, and the constraint, columns and table that it names.

    ``row`` is the number of the row in a COPY, from 1; ``key`` are the columns' values as the server writes them.
    """

    sqlstate: str
    message: str
    constraint: str = ""
    columns: tuple[str, ...] = ()
    schema: str = ""
    table: str = ""
    row: int | None = None
    key: str = ""


def refusal_of(error: psycopg.Error) -> Refusal:
    """What the error says of a row."""
    diag = error.diag
    key = _KEY.search(diag.message_detail or "")
    copied = _COPIED.search(diag.context or "")
    named = key[1].split(", ") if key else [diag.column_name or (copied and copied[2]) or ""]
    return Refusal(
        error.sqlstate or "",
        diag.message_primary or str(error).strip(),
        diag.constraint_name or "",
        tuple(name.removeprefix('"').removesuffix('"') for name in named if name),
        diag.schema_name or "",
        diag.table_name or "",
        int(copied[1]) if copied else None,
        key[2] if key else "",
    )


@contextmanager
def explaining(explain: Callable[[Refusal], Exception | None]) -> Iterator[None]:
    """Raises what ``explain`` makes of the server's error, which is its cause; the error itself where that is None."""
    try:
        yield
    except psycopg.DatabaseError as error:
        explained = explain(refusal_of(error))
        if explained is None:
            raise
        raise explained from error
