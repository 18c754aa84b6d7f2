"""PostgreSQL's binary COPY from numpy columns.

Source: PostgreSQL's documentation of COPY, "Binary Format". copy_types.py has the formats of the fields, copy_rows.py
puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from platformdb.postgres.copy_fields import Field
from platformdb.postgres.copy_rows import encode_rows

if TYPE_CHECKING:
    from platformdb.postgres.connect import Connection

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"


def copy_in(connection: Connection, statement: str, content: Iterable[bytes | memoryview]) -> int:
    """Runs ``COPY … FROM STDIN (FORMAT binary)`` with the content, as ``stream`` makes it; returns the number of rows.

    Raises:
        psycopg.Error: the server's; the transaction is then lost.
    """
    with connection.cursor() as cursor:
        with cursor.copy(statement.encode()) as copy:
            for chunk in content:
                copy.write(chunk)
        return cursor.rowcount


def stream(blocks: Iterable[Sequence[Field]]) -> Iterator[bytes | memoryview]:
    """The bytes of a whole COPY, in chunks."""
    yield HEADER
    for fields in blocks:
        yield from encode_rows(fields)
    yield TRAILER
