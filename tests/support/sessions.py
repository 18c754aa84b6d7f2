"""A runner's session without a runner lock, and steps to run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from platformdb.errors import Place
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.history import creation, read_history
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.provenance import Provenance
from platformdb.report.history import Checksums, Record
from platformdb.report.model import CopyData, Statement, Step
from platformdb.report.progress import Silent

SUMS = Checksums("a" * 64, "b" * 64, "c" * 64)


@dataclass
class Guard:
    """A guard that guards nothing: tests tell it what to say."""

    connection: Connection
    pooled: bool = False
    fence: Statement | None = None
    on_check: Callable[[], None] = field(default=lambda: None)
    on_beat: Callable[[], None] = field(default=lambda: None)

    def check(self) -> None:
        self.on_check()

    def beat(self) -> None:
        self.on_beat()


@contextmanager
def session_on(target: Target, *, guard: dict[str, Any] | None = None, **manners: Any) -> Iterator[Session]:
    """A session with a history table, and without a lock."""
    with connect(target) as work, connect(target) as other:
        session = Session(work, Guard(other, **guard or {}), Provenance("ada", "laptop"), **manners)
        owner = Session(work, Guard(other), session.provenance)
        execute(owner, creation(owner, read_history(work, "demo")), Silent())
        yield session


@dataclass(frozen=True)
class Words:
    """The rows of a COPY, in one piece or however they come."""

    rows: Callable[[], Iterator[bytes]]
    digest: str = "d" * 64

    def chunks(self) -> Iterator[bytes]:
        return self.rows()


@dataclass(frozen=True)
class Line:
    """The origin of a statement that stands on a line of its own."""

    number: int
    name: str = "f.sql"

    def place(self, offset: int) -> Place:
        return Place(self.name, self.number, offset + 1)


def step(name: str, *statements: str | Statement, recorded: bool = False, **fields: Any) -> Step:
    """A step of these statements, each on a line of f.sql; ``recorded`` as the only segment of a file."""
    made = tuple(s if isinstance(s, Statement) else Statement(s, origin=Line(n)) for n, s in enumerate(statements, 1))
    if recorded:
        fields["record"] = Record("demo", "versioned", "001", name, SUMS, text="; ".join(s.text for s in made))
    return Step("test", name, "why", made, source=Place("f.sql"), **fields)


def copied(sql: str, rows: Callable[[], Iterator[bytes]]) -> Statement:
    data: CopyData = Words(rows)
    return Statement(sql, data=data)
