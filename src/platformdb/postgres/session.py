"""What a runner works with: a connection for the changes, and a guard that keeps other runners out meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from platformdb.postgres.connect import Connection
from platformdb.provenance import Provenance
from platformdb.report.model import Statement


class Guard(Protocol):
    """Holds the runner lock on a connection of its own; from there the work can be looked at while it waits."""

    @property
    def connection(self) -> Connection:
        """The guard's own connection, in autocommit: for short questions about the work's waits."""

    @property
    def pooled(self) -> bool:
        """Whether a pooler may hand out another server session for each transaction: no session state holds then."""

    @property
    def fence(self) -> Statement | None:
        """To be sent inside each transaction of the work, first, but under the session's role.

        Unless it returns a row, another runner took over.

        None where the server itself keeps others out for as long as the work's connection lives.
        """

    def check(self) -> None:
        """Called before anything starts and before anything is committed; costs no round trip while all is well.

        Raises:
            NotNow: the lock was lost; somebody else may be at work by now.
        """

    def beat(self) -> None:
        """Called about every half second while the work waits for the server; keeps a lease alive, if there is one."""


@dataclass(frozen=True, slots=True)
class Session:
    """One runner's connections and manners.

    ``role`` is what SET ROLE makes of every step. ``lock_timeout`` is how long a step waits for a table,
    ``lock_retries`` how often it is tried again. ``mask`` takes secrets out of any text before it is stored or said.
    """

    work: Connection
    guard: Guard
    provenance: Provenance
    role: str | None = None
    lock_timeout: str = "5s"
    lock_retries: int = 10
    mask: Callable[[str], str] = str
