"""What others notice of ``partitions ensure``: writers and readers at work all the while, and the locks it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest

from catalog import rows, run, until
from partitioned import RETIRING, ensured, grown, neglected, partition_of
from platformdb.partitions.run import partition_status
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from projects import Project

WRITE = "INSERT INTO messages (channel, id, at) VALUES (%s, nextval('ids'), now()) RETURNING id"
REACT = "INSERT INTO reactions SELECT channel, id, at, 'wave' FROM messages WHERE id = %s"


@dataclass
class Crowd:
    """Sessions that write, and read what was written; ``errors`` is everything that any of them was told."""

    written: list[int] = field(default_factory=list)
    reacted: list[int] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def keep(db: Target, work: Callable[[Connection], None], crowd: Crowd, stop: threading.Event) -> None:
    with connect(db) as connection:
        while not stop.is_set():
            try:
                work(connection)
            except psycopg.Error as error:
                crowd.errors.append(str(error))


@contextmanager
def at_work(db: Target, *, writers: int = 3) -> Iterator[Crowd]:
    crowd, stop = Crowd(), threading.Event()

    def write(connection: Connection) -> None:
        ((id_,),) = connection.execute(WRITE, (len(crowd.written) % 3 + 1,)).fetchall()
        crowd.written.append(id_)
        connection.execute(REACT, (id_,))
        crowd.reacted.append(id_)

    def read(connection: Connection) -> None:
        before = len(crowd.written)
        ((count,),) = connection.execute("SELECT count(*) FROM messages WHERE id > 1000").fetchall()
        if count < before:
            crowd.missed.append(f"{count} of {before}")

    threads = [
        threading.Thread(target=keep, args=(db, work, crowd, stop)) for work in (*(write for _ in range(writers)), read)
    ]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(crowd.written) > 20)
        yield crowd
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)


def test_writers_and_readers_are_told_of_nothing_and_miss_nothing(db: Target, project: Project) -> None:
    """This month's partition is missing: rows pour into the default while it is emptied, and old partitions go."""
    neglected(db, project)
    run(db, "CREATE SEQUENCE ids START 1001")
    old = rows(db, f"SELECT count(*) FROM {partition_of('messages', -6)}")
    before = rows(db, "SELECT count(*) FROM messages")
    with at_work(db) as crowd:
        report = ensured(db, project, lock_retries=40)
        already = len(crowd.written)
        until(lambda: len(crowd.written) > already + 20)
    assert report.ok
    assert crowd.errors == []
    assert crowd.missed == []
    kept = rows(db, "SELECT count(*), count(DISTINCT id) FROM messages WHERE id > 1000")
    assert kept == [(len(crowd.written), len(crowd.written))]
    assert rows(db, "SELECT count(*) FROM reactions WHERE message > 1000") == [(len(crowd.reacted),)]
    assert rows(db, "SELECT count(*) FROM messages_default") == [(0,)]
    assert rows(db, "SELECT count(*) FROM messages WHERE id <= 1000") == [(before[0][0] - old[0][0],)]
    assert rows(db, f"SELECT count(*) FROM archive.{partition_of('messages', -6)}") == old
    assert partition_status(db, project.platform).ok


def test_a_reader_that_waited_while_rows_moved_finds_them(db: Target, project: Project) -> None:
    """Without a lock on the parent it would look for them in the default, from which they are gone (measured)."""
    grown(db, project, without=("messages",))
    expected = rows(db, "SELECT count(*) FROM messages")
    # The moving transaction stays open for a second after its last statement.
    run(db, "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); END'")
    run(db, "CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow()")
    runner = threading.Thread(target=lambda: ensured(db, project, tables=["messages"]))
    runner.start()
    try:
        until(lambda: rows(db, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
        assert rows(db, "SELECT count(*) FROM messages") == expected
    finally:
        runner.join(timeout=60)
    assert rows(db, "SELECT count(*) FROM messages_default") == [(0,)]


LOCKS = """
SELECT c.relname::text, replace(l.mode, 'Lock', '')
FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE a.application_name ~ '^platformdb work' AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND l.mode ~ 'Exclusive'
"""


@contextmanager
def watched(db: Target) -> Iterator[set[tuple[object, ...]]]:
    """The strong locks that a run holds or waits for, seen as often as can be; DDL is slowed down to be seen."""
    seen: set[tuple[object, ...]] = set()
    stop = threading.Event()
    run(db, "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); END'")
    run(db, "CREATE EVENT TRIGGER slow ON ddl_command_end EXECUTE FUNCTION slow()")

    def watch() -> None:
        with connect(db) as connection:
            while not stop.is_set():
                seen.update(connection.execute(LOCKS).fetchall())
                stop.wait(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()
        run(db, "DROP EVENT TRIGGER slow")


def test_a_partition_for_the_future_leaves_the_parent_to_everybody(db: Target, project: Project) -> None:
    grown(db, project)
    text = (project.platform.sql / "partitions.toml").read_text()
    project.write({"sql/partitions.toml": text.replace('interval = "month"', 'interval = "month"\npremake = 4')})
    with watched(db) as seen:
        assert ensured(db, project, tables=["messages"]).data["partitions"] == [f"public.{partition_of('messages', 4)}"]
    assert ("messages", "ShareUpdateExclusive") in seen
    assert {mode for table, mode in seen if table == "messages"} == {"ShareUpdateExclusive"}
    assert ("messages_default", "AccessExclusive") in seen
    assert {mode for table, mode in seen if table == "channels"} == {"ShareRowExclusive"}


def test_retiring_beside_foreign_keys_is_concurrent_while_the_default_stands_aside(
    db: Target, project: Project
) -> None:
    grown(db, project)
    run(db, "TRUNCATE reactions")
    project.write({"sql/partitions.toml": "[[partition]]" + RETIRING.split("[[partition]]")[1]})
    report = ensured(db, project)
    assert report.ok
    assert [result.step.transactional for result in report.steps] == [True, True, False, True, True]
    assert report.steps[2].step.sql.endswith("CONCURRENTLY")


@pytest.mark.parametrize("table", ["reactions", "logs"])
def test_what_nothing_refers_to_is_detached_in_the_way_that_locks_least(
    db: Target, project: Project, table: str
) -> None:
    grown(db, project)
    wanted = next(part for part in RETIRING.split("[[partition]]") if f'table = "{table}"' in part)
    project.write({"sql/partitions.toml": "[[partition]]" + wanted})
    sql = "\n".join(result.step.sql for result in ensured(db, project).steps)
    assert ("CONCURRENTLY" in sql) == (table == "logs")


def test_a_long_report_keeps_a_partition_waiting_and_others_hardly(db: Target, project: Project) -> None:
    """Whoever comes after a waiting ALTER TABLE waits behind it: so it gives up soon, and tries again."""
    neglected(db, project)
    run(db, "CREATE SEQUENCE ids START 1001")
    waits: list[float] = []
    with connect(db) as report:
        report.execute("BEGIN; SELECT count(*) FROM messages")
        runner = threading.Thread(target=lambda: ensured(db, project, lock_retries=60))
        runner.start()
        with connect(db) as writer:
            writer.execute("SET lock_timeout = '900ms'")
            for _ in range(30):
                writer.execute(WRITE, (1,))
                waits.append(1.0)
        report.execute("COMMIT")
        runner.join(timeout=60)
    assert len(waits) == 30
    assert rows(db, "SELECT count(*) FROM messages WHERE id > 1000") == [(30,)]
    assert partition_status(db, project.platform).ok
