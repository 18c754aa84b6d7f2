"""Units of work for the processes that load: each is one transaction, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from platformdb.errors import ApplyFailed
from platformdb.postgres.connect import Connection
from platformdb.report.model import Step
from platformdb.seeding.fit.refused import refusals_told
from platformdb.seeding.fit.trial import try_rows
from platformdb.seeding.load.copying import fill
from platformdb.seeding.load.job import copy_step
from platformdb.seeding.load.model import Filled, Part
from platformdb.seeding.load.record import note_loaded
from platformdb.seeding.load.transaction import one_transaction
from platformdb.seeding.model import TablePlan
from platformdb.seeding.rows.world import World


class Task(Protocol):
    """Something to be done by any of several processes."""

    @property
    def step(self) -> Step:
        """What it is, for people."""

    def run(self, connection: Connection, world: World) -> object:
        """Does it, and returns what came of it."""


@dataclass(frozen=True, slots=True)
class Lay:
    """Find out which rows a table has; how many is the result."""

    table: str

    @property
    def step(self) -> Step:
        """What it is, for people."""
        return Step("lay", self.table, "which rows there are")

    def run(self, connection: Connection, world: World) -> int:
        """The rows are there for everybody from then on."""
        return world.rows(self.table)


@dataclass(frozen=True, slots=True)
class Try:
    """Offer a table's first rows to the CHECKs of which only they can tell."""

    table: TablePlan

    @property
    def step(self) -> Step:
        """What it is, for people."""
        return Step("try", self.table.fact.name, f"{len(self.table.unproven)} checks")

    def run(self, connection: Connection, world: World) -> None:
        """Nothing stays of them."""
        try_rows(connection, world, self.table)


@dataclass(frozen=True, slots=True)
class Load:
    """Fill a table, with all of its indexes, and note that it is whole."""

    platform: str
    table: TablePlan
    rows: int
    strips: bool

    @property
    def step(self) -> Step:
        """What it is, for people."""
        return copy_step(self.table, self.rows, freezes=True)

    def run(self, connection: Connection, world: World) -> Filled:
        """All or nothing."""
        quoted = self.table.fact.quoted
        with one_transaction(connection, self.step):
            # For FREEZE, and for a log that need not hold the rows: both ask for a table emptied in this transaction.
            # Heirs of the table are tables of their own, and may be full already; partitions are not.
            only = "" if self.table.fact.partitioned else "ONLY "
            connection.execute(f"LOCK TABLE {only}{quoted} IN ACCESS EXCLUSIVE MODE".encode())
            _refuse_strangers_rows(connection, f"{only}{quoted}")
            connection.execute(f"TRUNCATE {only}{quoted}".encode())
            filled = fill(connection, world, self.table, strips=self.strips, freezes=True)
            note_loaded(connection, self.platform, filled)
        return filled


@dataclass(frozen=True, slots=True)
class Check:
    """Let the foreign keys of a table look at its rows, one after the other: two at once would wait for each other."""

    relation: str
    parts: tuple[Part, ...]
    tables: tuple[TablePlan, ...]

    @property
    def step(self) -> Step:
        """What it is, for people."""
        return Step("check", self.relation, f"{len(self.parts)} foreign keys")

    def run(self, connection: Connection, world: World) -> None:
        """Each is a transaction of its own: what was checked stays so."""
        for part in self.parts:
            with (
                one_transaction(connection, self.step),
                refusals_told(world, self.tables),
            ):
                connection.execute(part.check.encode())


def _refuse_strangers_rows(connection: Connection, table: str) -> None:
    """The table was emptied when the load began: rows that are there since are somebody's, and would be lost."""
    row = connection.execute(f"SELECT EXISTS (SELECT FROM {table})".encode()).fetchone()  # noqa: S608
    if row and row[0]:
        raise ApplyFailed(
            f"{table.removeprefix('ONLY ')} holds rows that somebody wrote while it was being loaded",
            help="stop the other writers and take their rows out",
        )
