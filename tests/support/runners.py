"""A runner in a process of its own, which does what it is told line by line, and may be killed at any point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from catalog import rows, run
from platformdb.errors import PlatformdbError
from platformdb.postgres.lock import one_runner
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer, PlainLines

# Advisory locks that are held in the database where this is asked.
HELD = """
FROM pg_locks
WHERE locktype = 'advisory' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Runner:
    """The test's side. Each answer is one line: what was said, or the name and message of the error."""

    def __init__(self, target: Target, *, wait_seconds: float = 0, role: str | None = None) -> None:
        given = json.dumps({"parameters": dict(target.parameters), "wait_seconds": wait_seconds, "role": role})
        self.process = subprocess.Popen(
            [sys.executable, __file__, given],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def tell(self, command: str) -> None:
        """``check``, ``commit SQL`` (in a fenced transaction), ``begin SQL`` (left open), ``alone SQL``, ``end``."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, command: str) -> str:
        self.tell(command)
        return self.hear()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def runner(target: Target, *, wait_seconds: float = 0, role: str | None = None) -> Iterator[Runner]:
    """A process that tries to be the one runner; its first line is ``ready``, or why not, after what it had to note."""
    started = Runner(target, wait_seconds=wait_seconds, role=role)
    try:
        yield started
    finally:
        started.close()


@contextmanager
def role_without_rights(db: Target, prefix: str = "plain") -> Iterator[Target]:
    """The same database for a role of its own that may do nothing there."""
    ((name,),) = rows(db, f"SELECT '{prefix}_' || current_database()")
    run(db, f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    parameters = {key: value for key, value in db.parameters.items() if key != "passfile"}
    yield Target(db.provider, {**parameters, "user": str(name), "password": "x"})
    run(db, f"DROP OWNED BY {name}; DROP ROLE {name}")


def commit(session: Session, sql: str) -> str:
    """What a run does with each transaction: fence, work, check, commit."""
    begin(session, sql)
    session.guard.check()
    session.work.execute("COMMIT")
    return "committed"


def begin(session: Session, sql: str) -> str:
    session.guard.check()
    session.work.execute("BEGIN")
    fence = session.guard.fence
    if (
        fence is not None
        and psycopg.RawCursor(session.work).execute(fence.sql.encode(), fence.parameters).fetchone() is None
    ):
        session.work.execute("ROLLBACK")
        return "fenced off"
    session.work.execute(sql.encode())
    return "begun"


def _obey(session: Session, command: str) -> str:
    word, _, sql = command.partition(" ")
    if word == "check":
        session.guard.check()
        return "well"
    if word == "begin":
        return begin(session, sql)
    if word == "alone":
        session.guard.check()
        session.work.execute(sql.encode())
        return "done"
    return commit(session, sql)


def _main(given: str) -> None:
    options = json.loads(given)
    target = Target("url", options.pop("parameters"))
    observer: Observer = PlainLines(sys.stdout)
    try:
        with one_runner(target, observer=observer, **options) as session:
            print("ready", flush=True)
            for line in sys.stdin:
                if line == "end\n":
                    break
                try:
                    print(_obey(session, line.rstrip("\n")), flush=True)
                except (PlatformdbError, psycopg.Error) as error:
                    print(f"{type(error).__name__}: {str(error).splitlines()[0]}", flush=True)
                    with suppress(psycopg.Error):
                        session.work.execute("ROLLBACK")
    except PlatformdbError as error:
        print(f"{type(error).__name__}: {error.message}", flush=True)


if __name__ == "__main__":
    _main(sys.argv[1])
