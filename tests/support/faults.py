"""A line to a server on which the client can be killed at any one of its requests, and a project worth killing at."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from catalog import DEFINITIONS, Rows, rows
from commandline import environment, start
from platformdb.indexes.run import tier_planner
from platformdb.migrations.run import migrate
from platformdb.migrations.status import validate
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from projects import Project
from servers import available_versions

# With this variable set, at every request and on every version: that takes ten minutes.
EVERY = "PLATFORMDB_TEST_EVERY_MOMENT"
Moment = TypeVar("Moment")
# What ends a request: a simple query, or the Sync of a pipeline.
ENDS = (b"Q", b"S")
# Questions that are asked when something takes long: they have no fixed place among the others.
UNCOUNTED = (b"pg_blocking_pids", b"pg_stat_progress_create_index")

# Every way in which a migration can run. What must run once writes down that it ran.
MIXED = {
    "phases/001_base.sql": """
        CREATE TABLE ran (what text);
        CREATE TABLE items (id int PRIMARY KEY, kind text, n int);
        CREATE TYPE mood AS ENUM ('bad');
        CREATE TABLE moods (mood mood);
        CREATE TABLE logs (day int, text text) PARTITION BY LIST (day);
        CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (1);
        INSERT INTO items SELECT n, 'kind ' || n % 7, n FROM generate_series(1, 100) AS n;
        INSERT INTO ran VALUES ('001');
    """,
    "phases/002_index.sql": """
        CREATE INDEX CONCURRENTLY items_kind ON items (kind);
        ALTER TABLE items ADD COLUMN extra int;
        INSERT INTO ran VALUES ('002');
        CREATE UNIQUE INDEX CONCURRENTLY items_n ON items (n);
        DROP INDEX CONCURRENTLY items_kind;
    """,
    "phases/003_own_blocks.sql": """
        BEGIN;
        INSERT INTO ran VALUES ('003, first');
        UPDATE items SET extra = n * 2 WHERE n <= 50;
        COMMIT;
        BEGIN ISOLATION LEVEL REPEATABLE READ;
        INSERT INTO ran VALUES ('003, second');
        COMMIT;
    """,
    "phases/004_enum.sql": """
        ALTER TYPE mood ADD VALUE 'good';
        INSERT INTO moods VALUES ('good');
    """,
    "phases/005_upkeep.sql": """
        VACUUM items;
        INSERT INTO ran VALUES ('005');
        ALTER TABLE logs DETACH PARTITION logs_1 CONCURRENTLY;
    """,
    "phases/006_rows.sql": (
        "INSERT INTO ran VALUES ('006');\nCOPY items (id, kind) FROM stdin;\n"
        "201\tcopied\n202\tcopied\n\\.\nUPDATE items SET n = id WHERE n IS NULL;\n"
    ),
    "sql/functions/f.sql": "CREATE OR REPLACE FUNCTION f() RETURNS bigint RETURN (SELECT count(*) FROM items);",
    "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT kind, f() AS total FROM items;",
    "sql/indexes/tier1_items.sql": "-- by extra\nCREATE INDEX items_extra ON items (extra);\n",
}
CONTENTS = ("ran", "items", "moods", "logs", "logs_1")

APPLIED = """
SELECT kind, version, name, segment, segments, digest, sql FROM platformdb.history
WHERE event = 'applied' ORDER BY id
"""


def migrated(target: Target, project: Project) -> Report:
    """What ``platformdb migrate`` does, in this process."""
    also = (tier_planner(project.platform, tier=1),)
    return migrate(nullcontext(target), project.platform, Silent(), also=also)


def chosen(moments: Sequence[Moment], version: str) -> Sequence[Moment]:
    """The moments at which to kill: every fourth on the newest version, every sixteenth on the others, or all."""
    if os.environ.get(EVERY):
        return moments
    return moments[:: 4 if version == available_versions()[0] else 16]


@contextmanager
def migrating(target: Target, project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own, which does not outlive the test."""
    process = start("migrate", *arguments, cwd=project.root, env=environment(target))
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def noted(process: subprocess.Popen[str], text: str) -> str:
    """The first line with this text that a process writes beside its report."""
    assert process.stderr is not None
    return next(line for line in process.stderr if text in line)


def end_state(target: Target, project: Project) -> tuple[Rows, dict[str, Rows], Counter[tuple[object, ...]]]:
    """Every definition, every row, and what the history says was applied how often; the history must hold good."""
    assert validate(target, project.platform).ok
    contents = {table: sorted(rows(target, f"SELECT * FROM {table}"), key=repr) for table in CONTENTS}
    return rows(target, DEFINITIONS), contents, Counter(rows(target, APPLIED))


class Wire:
    """Carries requests to the server and answers back, until the request at which its client is killed.

    That never arrives ("before"), or all but its last statement does ("within"), or it does, and nobody hears the
    answer ("after"). ``texts`` are the statements of each request so far; ``struck`` says that the client was killed.
    """

    def __init__(self, upstream: str, listener: socket.socket, *, number: int, moment: str) -> None:
        self.texts: list[str] = []
        self.struck = False
        self._upstream = upstream
        self._listener = listener
        self._number = number
        self._moment = moment
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        return len(self.texts)

    @property
    def long_requests(self) -> list[int]:
        """The numbers of those with several statements."""
        return [number for number, text in enumerate(self.texts, 1) if "\n;\n" in text]

    def serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._upstream)
            talk = Talk()
            while not self.struck:
                readable, _, _ = select.select([client, server], [], [], 0.2)
                for each in readable:
                    if not (data := each.recv(1 << 16)):
                        return
                    if each is server:
                        client.sendall(data)
                        continue
                    for request in talk.requests(data):
                        self._pass_on(request, client, server)

    def _pass_on(self, request: list[bytes], client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            if self.struck:
                return
            if counts(request):
                self.texts.append(text_of(request))
            if self.requests < self._number or not counts(request):
                server.sendall(b"".join(request))
                return
            self.struck = True
            server.sendall(b"".join(arriving(request, self._moment)))
            (pid,) = struct.unpack_from("i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            os.kill(pid, signal.SIGKILL)


class Talk:
    """One client's bytes, cut into requests: lists of messages as they were sent."""

    def __init__(self) -> None:
        self._rest = b""
        self._messages: list[bytes] = []
        self._begun = False

    def requests(self, data: bytes) -> Iterator[list[bytes]]:
        self._rest += data
        while (message := self._next()) is not None:
            self._messages.append(message)
            # Rows of COPY, passwords and goodbyes wait for nothing.
            if message[:1] in (*ENDS, b"d", b"c", b"f", b"p", b"X") or not self._begun:
                self._begun = True
                yield self._messages
                self._messages = []

    def _next(self) -> bytes | None:
        """A message has a letter and its length; the very first has no letter."""
        head = 1 if self._begun else 0
        if len(self._rest) < head + 4:
            return None
        size = head + int.from_bytes(self._rest[head : head + 4], "big")
        if len(self._rest) < size:
            return None
        message, self._rest = self._rest[:size], self._rest[size:]
        return message


def text_of(request: list[bytes]) -> str:
    """The statements of a request: Q has its text from the start, P after a name, which is empty."""
    texts = [message[5 if message[:1] == b"Q" else 6 :].split(b"\0")[0] for message in request if message[:1] in b"QP"]
    return "\n;\n".join(text.decode() for text in texts)


def counts(request: list[bytes]) -> bool:
    return request[-1][:1] in ENDS and not any(asked in message for message in request for asked in UNCOUNTED)


def arriving(request: list[bytes], moment: str) -> list[bytes]:
    """What of the last request gets to the server."""
    if moment != "within":
        return [] if moment == "before" else request
    last = max((n for n, message in enumerate(request) if message[:1] == b"P"), default=0)
    return request[:last]


@contextmanager
def wire(
    target: Target, folder: Path, *, number: int = 1 << 30, moment: str = "before"
) -> Iterator[tuple[Wire, Target]]:
    """A line that kills its client at its ``number``-th request, and the target at the other end."""
    host, port = target.parameters["host"], target.parameters.get("port", "5432")
    folder.mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / f".s.PGSQL.{port}"))
    listener.listen()
    line = Wire(f"{host}/.s.PGSQL.{port}", listener, number=number, moment=moment)
    thread = threading.Thread(target=line.serve, daemon=True)
    thread.start()
    try:
        yield line, Target(target.provider, {**target.parameters, "host": str(folder)})
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
