"""A platform's files applied by hand, with psql alone: what migrate does must come to the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commandline import url_of
from dump import dumped
from platformdb.indexes.read import read_tiers
from platformdb.postgres.connect import Connection
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from platformdb.project import Platform
from rows import value, values
from servers import BINARIES, Server

TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
"""
# A part of a dump: its name, its kind, and what makes it.
PART = re.compile(r"^--\n-- (?:Data for )?Name: (.+?); Type: ([A-Z ]+); .*\n--\n", re.MULTILINE)
EXTENSION = re.compile(r"^-- platformdb:.*\bextension=(\w+)", re.MULTILINE)
VERSION = re.compile(r"^-- platformdb:.*\brequires=(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ByHand:
    """One database, and a person with psql who applies a platform's files to it."""

    server: Server
    target: Target
    platform: Platform

    def apply(self, path: Path) -> str:
        """The whole file in one transaction; gives what psql complained of, nothing when all went well."""
        own = next(find_candidates(BINARIES[self.server.version])).folder / "psql"
        program = own if own.exists() else next(find_candidates(None)).folder / "psql"
        command = [program, "-X1q", "-v", "ON_ERROR_STOP=1", "-d", url_of(self.target), "-f", path]
        # A function may be made before those that it calls.
        session = {"PGOPTIONS": "-c check_function_bodies=off -c client_min_messages=error"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=session, encoding="utf-8")
        return done.stderr

    def do(self, path: Path) -> None:
        """Applies a file that must succeed."""
        if complaint := self.apply(path):
            raise AssertionError(complaint)

    def phase(self, phase: str) -> None:
        self.do(phase_file(self.platform, phase))

    def undo(self, phase: str) -> None:
        self.do(phase_file(self.platform, phase, undo=True))

    def furnish(self, conn: Connection, phase: str = "999") -> list[str]:
        """Functions, views, triggers and indexes as far as they can be there in this phase; gives what could not."""
        available = {name for (name,) in values(conn, "SELECT name FROM pg_available_extensions")}
        wanted = [
            path
            for path in repeatables(self.platform)
            if said(EXTENSION, path) in {"", *available} and said(VERSION, path) <= phase
        ]
        refused = [complaint for path in wanted if (complaint := self.apply(path))]
        there = {name for (name,) in values(conn, TABLES)}
        for index in read_tiers(self.platform)[0]:
            fits = index.table in there and index.extension in {"", *available}
            if fits and value(conn, "SELECT to_regclass(%s)", index.name) is None:
                conn.execute(index.sql.encode())
        return refused

    def schema(self, *, routines: bool = True) -> str:
        """What pg_dump says of the schema, the tool's history aside."""
        text = dumped(self.server, self.target, "--schema-only", "--exclude-schema=platformdb")
        passing = ("\\restrict", "\\unrestrict", "SET ", "-- PostgreSQL database dump")
        text = "\n".join(line for line in text.splitlines() if not line.startswith(passing))
        return "\n".join(_parts(text, routines=routines))


def phase_file(platform: Platform, phase: str, *, undo: bool = False) -> Path:
    found = [path for path in platform.phases.glob(f"{phase}_*.sql") if path.name.endswith(".undo.sql") is undo]
    assert len(found) == 1, f"phase {phase} has {len(found)} files"
    return found[0]


def repeatables(platform: Platform) -> tuple[Path, ...]:
    folders = ("functions", "views", "triggers")
    return tuple(path for folder in folders for path in sorted((platform.sql / folder).glob("*.sql")))


def said(directive: re.Pattern[str], path: Path) -> str:
    """What a file says that it waits for, or nothing."""
    found = directive.search(path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def tables(conn: Connection) -> set[str]:
    """The tables that are there; partitions are parts of theirs."""
    return {name for (name,) in values(conn, TABLES)}


def _parts(dump: str, *, routines: bool) -> Iterator[str]:
    _, *parts = PART.split(dump)
    for name, kind, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if routines or not {kind, name.partition(" ")[0]} & {"FUNCTION", "PROCEDURE", "EXTENSION"}:
            yield f"{kind} {name}\n" + body.rstrip("-\n")
