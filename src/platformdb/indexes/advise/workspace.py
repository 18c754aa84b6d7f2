"""Where candidates are built: in a copy of the database, or in a transaction of it that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from platformdb.errors import Refused
from platformdb.indexes.advise.read import PACKAGE
from platformdb.postgres.attempt import attempt
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target
from platformdb.postgres.undone import undone

# The more rows ANALYZE reads, the less two runs differ; 300 times as many, so all of a table of profile ci.
STATISTICS_TARGET = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A connection on which indexes can be made and dropped without a trace; ``copied`` says where."""

    connection: Connection
    copied: bool


@contextmanager
def workspace(target: Target, platform: str) -> Iterator[Place]:
    """A copy of the database, dropped at the end; where none can be made, the database itself if it holds but the seed.

    Raises:
        Refused: no copy can be made, and the database holds other rows: making indexes would lock out its writers.
    """
    from platformdb.postgres.scratch import scratch_copy

    with scratch_copy(target) as copy, connect(copy or target) as connection:
        pin(connection)
        connection.execute("SET default_transaction_read_only = off")
        if copy is None and not _holds_but_the_seed(connection, platform):
            raise Refused(
                "no copy of the database can be made, and it holds more than a seed",
                help="let the role create databases (ALTER ROLE … CREATEDB), end other sessions of the database, or"
                " advise on a seeded one: platformdb seed --profile ci",
            )
        _refresh(connection)
        with nullcontext() if copy else undone(connection, writes=True):
            yield Place(connection, copied=copy is not None)


def _refresh(connection: Connection) -> None:
    """A copy made by files has the original's statistics; they and the visibility map are to be those of its rows."""
    connection.execute(f"SET default_statistics_target = {STATISTICS_TARGET}")
    connection.execute("VACUUM (FREEZE, ANALYZE)")


def _holds_but_the_seed(connection: Connection, platform: str) -> bool:
    found: list[tuple[list[str], int]] = []

    def ask() -> None:
        found.extend(connection.execute(query("seed_rows", PACKAGE), (platform,)).fetchall())

    if attempt(connection, ask, writes=False) is not None or not found:
        return False
    tables, rows = found[0]
    # The names were quoted when they were written down.
    counts = " UNION ALL ".join(f"SELECT count(*) FROM {name}" for name in tables)  # noqa: S608
    return bool(sum(count for (count,) in connection.execute(counts.encode())) == rows)
