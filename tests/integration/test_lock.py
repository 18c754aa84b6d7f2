from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from catalog import impatient, rows, run, until
from platformdb.errors import ApplyFailed, NotNow
from platformdb.postgres import lock
from platformdb.postgres.connect import connect
from platformdb.postgres.lock import one_runner
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer, Silent
from recorder import Recorder
from servers import Server

HELD = """
FROM pg_locks
WHERE locktype = 'advisory' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def locked(db: Target, seconds: float = 0, observer: Observer | None = None) -> AbstractContextManager[None]:
    return one_runner(impatient(db), wait_seconds=seconds, observer=observer or Silent())


@contextmanager
def waiting_runner(db: Target) -> Iterator[tuple[list[str], Recorder]]:
    """A second runner in a thread, which waits already: what it did, and what it said."""
    did: list[str] = []
    recorder = Recorder()

    def work() -> None:
        with locked(db, 20, recorder):
            did.append("ran")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: recorder.events)
        yield did, recorder
    finally:
        release(db)
        thread.join(timeout=20)
    assert not thread.is_alive()


def release(db: Target) -> None:
    """Ends the holder's session, as a crash would."""
    run(db, f"SELECT pg_terminate_backend(pid) {HELD}")


def test_a_second_runner_is_told_who_holds_the_lock(db: Target) -> None:
    with locked(db):
        ((pid, user),) = rows(db, f"SELECT pid, current_user {HELD}")
        with pytest.raises(NotNow) as caught, locked(db):
            pytest.fail("both hold it")
    assert f"pid {pid}, user {user}, from this machine" in caught.value.message
    assert caught.value.exit_code == 5


def test_a_second_runner_waits_says_so_once_and_then_runs(db: Target) -> None:
    with locked(db), waiting_runner(db) as (did, recorder):
        time.sleep(0.3)
        assert did == []
    assert did == ["ran"]
    (event,) = recorder.events
    assert event.startswith("note waiting for another platformdb (pid ")


def test_the_lock_is_free_after_an_error(db: Target) -> None:
    with pytest.raises(ApplyFailed), locked(db):
        raise ApplyFailed("x")
    assert rows(db, f"SELECT count(*) {HELD}") == [(0,)]
    with locked(db):
        assert rows(db, f"SELECT count(*) {HELD}") == [(1,)]


def test_the_wait_is_not_longer_than_asked_for(db: Target) -> None:
    with locked(db):
        began = time.monotonic()
        with pytest.raises(NotNow), locked(db, 0.3):
            pass
        assert 0.3 <= time.monotonic() - began < 3


def test_another_database_has_a_lock_of_its_own(server: Server, db: Target) -> None:
    with locked(db), one_runner(server.maintenance, wait_seconds=0, observer=Silent()):
        pass


def test_an_application_that_locks_on_its_own_numbers_is_not_in_the_way(db: Target) -> None:
    with connect(db) as application:
        application.execute("SELECT pg_advisory_lock(1), pg_advisory_lock(1, 2)")
        with locked(db):
            pass


def test_a_waiting_runner_does_not_stop_a_concurrent_index_build(db: Target) -> None:
    """A blocking waiter would hold a snapshot that CREATE INDEX CONCURRENTLY waits for: a deadlock."""
    run(db, "CREATE TABLE t AS SELECT generate_series(1, 100) AS x")
    with locked(db), waiting_runner(db) as (did, _):
        run(impatient(db), "CREATE INDEX CONCURRENTLY i ON t (x)")
        assert did == []
        assert rows(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]


def test_the_build_of_a_killed_runner_is_waited_for(db: Target) -> None:
    """Its lock went with it, its CREATE INDEX CONCURRENTLY goes on; to build beside that is a deadlock."""
    run(db, "CREATE TABLE t AS SELECT generate_series(1, 100) AS x")
    recorder = Recorder()
    with connect(db, application_name="somebody") as writer:
        writer.execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE")
        build = threading.Thread(target=run, args=(db, "CREATE INDEX CONCURRENTLY i ON t (x)"))
        build.start()
        until(lambda: rows(db, "SELECT FROM pg_stat_progress_create_index"))
        with pytest.raises(NotNow, match="still runs") as caught, locked(db):
            pytest.fail("the build is under way")
        assert "pg_cancel_backend" in caught.value.help
        with pytest.raises(NotNow), locked(db, 0.3, recorder):
            pytest.fail("the build is under way")
        writer.execute("COMMIT")
    build.join(timeout=20)
    with locked(db):
        assert rows(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]
    (event,) = recorder.events
    assert event.startswith("note waiting for an index build that another platformdb began (pid ")


def test_a_lock_lost_with_its_connection_is_said_and_is_no_error(db: Target) -> None:
    recorder = Recorder()
    with locked(db, observer=recorder):
        release(db)
    (event,) = recorder.events
    assert "connection was lost" in event


def test_a_lock_that_is_no_longer_ours_is_said(db: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    with locked(db, observer=recorder):
        monkeypatch.setattr(lock, "LOCK_KEY", (1, 2))  # as behind a pooler that gave our session to somebody else
    (event,) = recorder.events
    assert "no longer ours" in event


def test_a_server_that_ends_idle_sessions_leaves_the_lock(db: Target) -> None:
    ((name,),) = rows(db, "SELECT current_database()")
    run(db, f'ALTER DATABASE "{name}" SET idle_session_timeout = 50')
    recorder = Recorder()
    with locked(db, observer=recorder):
        time.sleep(0.3)
        assert rows(db, f"SELECT 1 {HELD}")
    assert recorder.events == []


def test_a_holder_of_another_role_is_named_as_far_as_one_may_see(db: Target) -> None:
    ((name, holder),) = rows(db, "SELECT 'watcher_' || current_database(), current_user")
    run(db, f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    parameters = {key: value for key, value in db.parameters.items() if key != "passfile"}
    watcher = Target(db.provider, {**parameters, "user": str(name), "password": "x"})
    with locked(db), pytest.raises(NotNow, match=f"user {holder}"), locked(watcher):
        pass
