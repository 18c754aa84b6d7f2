"""Fills one table: its indexes off, COPY, its indexes on again, ANALYZE."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

from platformdb.postgres.connect import Connection
from platformdb.postgres.copy import HEADER, TRAILER, copy_in
from platformdb.postgres.copy_rows import encode_rows
from platformdb.seeding.fit.refused import refusals_told
from platformdb.seeding.fit.wires import encode_table
from platformdb.seeding.load.ahead import ahead
from platformdb.seeding.load.catalog import put_on, read_indexes, take_off
from platformdb.seeding.load.model import Filled
from platformdb.seeding.model import TablePlan
from platformdb.seeding.rows.streams import BLOCK
from platformdb.seeding.rows.world import World
from platformdb.sqltext.quote import quote_identifier

# Chunks of up to 4 MB that wait to be sent.
CHUNKS_AHEAD = 4
# A table with three indexes: 2,000 rows take 9 ms whether they stay on or are built anew, 5,000 rows 27 or 15 ms, and
# 200,000 rows 1.9 or 0.5 s.
REBUILDS_ROWS = 5_000


class Checksum:
    """Of the bytes of a table's rows, as they are sent; the header and the end of the stream do not count."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)

    def over(self, chunks: Iterator[memoryview]) -> Iterator[memoryview]:
        """The same chunks."""
        for chunk in chunks:
            self._digest.update(chunk)
            yield chunk

    @property
    def text(self) -> str:
        """In hexadecimal."""
        return self._digest.hexdigest()


def copy_statement(table: TablePlan, *, freezes: bool, into: str = "") -> str:
    """The COPY of a table, or of its rows ``into`` another. A partitioned one takes no FREEZE."""
    columns = ", ".join(quote_identifier(column.name) for column in table.columns)
    options = "FORMAT binary, FREEZE" if freezes and not table.fact.partitioned else "FORMAT binary"
    return f"COPY {into or table.fact.quoted} ({columns}) FROM STDIN ({options})"


def fill(connection: Connection, world: World, table: TablePlan, *, strips: bool, freezes: bool) -> Filled:
    """Loads the rows of an empty table; in a transaction.

    ``strips``: its indexes are dropped and built anew. ``freezes``: it was emptied in this transaction.
    """
    began = time.perf_counter()
    rows = world.rows(table.fact.name)
    parts = read_indexes(connection, [table.fact.quoted]) if strips else ()
    take_off(connection, parts)
    with refusals_told(world, [table]):
        checksum = copy(connection, world, table, copy_statement(table, freezes=freezes))
        for part in parts:
            put_on(connection, [part])
    analyze(connection, table.fact.quoted, world.definition.tables[table.fact.name].statistics)
    return Filled(table.fact.quoted, rows, checksum, (time.perf_counter() - began) * 1000)


def analyze(connection: Connection, quoted: str, target: int) -> None:
    """Collects statistics; with a ``target`` other than 0 so many values and buckets of every column."""
    if target:
        connection.execute(f"SET LOCAL default_statistics_target = {target}".encode())
    connection.execute(f"ANALYZE {quoted}".encode())
    if target:
        connection.execute("SET LOCAL default_statistics_target TO DEFAULT")


def copy(connection: Connection, world: World, table: TablePlan, statement: str) -> str:
    """Sends the rows, which are made while others are under way; returns their checksum."""
    checksum, rows = Checksum(), world.rows(table.fact.name)
    chunks = checksum.over(chunk for fields in encode_table(world, table) for chunk in encode_rows(fields))
    if rows > BLOCK:
        with ahead(chunks, room=CHUNKS_AHEAD) as coming:
            copy_in(connection, statement, _framed(coming))
    elif rows:
        copy_in(connection, statement, _framed(chunks))
    return checksum.text


def _framed(chunks: Iterator[memoryview]) -> Iterator[bytes | memoryview]:
    yield HEADER
    yield from chunks
    yield TRAILER
