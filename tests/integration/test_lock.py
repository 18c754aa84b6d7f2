"""One runner at a time, connected to the server itself."""

from __future__ import annotations

import select
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from catalog import impatient, rows, run, until
from embedded_server import config_of, project_folder, query, running, start
from platformdb.errors import ApplyFailed, NotNow, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.holders import LOCK_KEY, WORK_KEY
from platformdb.postgres.lock import one_runner
from platformdb.postgres.server import run as server_run
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer, Silent
from recorder import Recorder
from runners import HELD, commit, role_without_rights, runner
from servers import Server

HELD_BY_GUARD = f"{HELD} AND objid = {LOCK_KEY[1]}"
HELD_BY_WORK = f"{HELD} AND objid = {WORK_KEY[1]}"


def locked(db: Target, seconds: float = 0, observer: Observer | None = None) -> AbstractContextManager[Session]:
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
        end_sessions(db)
        thread.join(timeout=20)
    assert not thread.is_alive()


def end_sessions(db: Target, which: str = HELD) -> None:
    """Ends the holder's sessions, as a crash would."""
    run(db, f"SELECT pg_terminate_backend(pid, 5000) {which}")


def test_a_second_runner_is_told_who_holds_the_lock(db: Target) -> None:
    with runner(db) as first:
        assert first.hear() == "ready"
        ((pid, user),) = rows(db, f"SELECT pid, current_user {HELD_BY_GUARD}")
        with pytest.raises(NotNow) as caught, locked(db):
            pytest.fail("both hold it")
    said = caught.value.message
    assert f"(pid {pid}, " in said
    assert f":{first.process.pid}, user {user}, from this machine, since 2" in said
    assert caught.value.exit_code == 5


def test_both_sessions_carry_the_name_of_who_runs_them(db: Target) -> None:
    with runner(db) as first:
        assert first.hear() == "ready"
        names = rows(
            db, "SELECT application_name FROM pg_stat_activity WHERE application_name ~ '^platformdb .+@' ORDER BY 1"
        )
    lock, work = (str(name) for (name,) in names)
    assert lock.startswith("platformdb lock ")
    assert work == lock.replace(" lock ", " work ")
    assert lock.endswith(f":{first.process.pid}")


def test_a_second_runner_waits_says_so_once_and_then_runs(db: Target) -> None:
    with locked(db), waiting_runner(db) as (did, recorder):
        time.sleep(0.3)
        assert did == []
    assert did == ["ran"]
    first, *others = recorder.events
    assert first.startswith("note waiting: another platformdb is at work on this database (pid ")
    assert not [event for event in others if "another platformdb" in event]


def test_the_lock_is_free_after_an_error(db: Target) -> None:
    with pytest.raises(ApplyFailed), locked(db):
        raise ApplyFailed("x")
    assert rows(db, f"SELECT count(*) {HELD}") == [(0,)]
    with locked(db):
        assert rows(db, f"SELECT count(*) {HELD}") == [(2,)]


def test_the_lock_is_free_after_an_error_inside_a_transaction(db: Target) -> None:
    def fail(session: Session) -> None:
        session.work.execute("BEGIN; CREATE TABLE t ()")
        raise ApplyFailed("x")

    with pytest.raises(ApplyFailed), locked(db) as session:
        fail(session)
    assert rows(db, f"SELECT count(*) {HELD}") == [(0,)]
    assert rows(db, "SELECT to_regclass('t')") == [(None,)]


def test_a_runner_starts_right_after_another_without_waiting(db: Target) -> None:
    recorder = Recorder()
    for _ in range(20):
        with locked(db, 0, recorder):
            pass
    assert recorder.events == []


def test_the_wait_is_not_shorter_than_asked_for(db: Target) -> None:
    with locked(db):
        began = time.monotonic()
        with pytest.raises(NotNow), locked(db, 0.3):
            pass
        assert time.monotonic() - began >= 0.3


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


def test_eight_runners_at_once_take_turns(db: Target) -> None:
    run(db, "CREATE TABLE turns (number int PRIMARY KEY)")

    def turn() -> None:
        with locked(db, 30) as session:
            ((last,),) = session.work.execute("SELECT coalesce(max(number), 0) FROM turns").fetchall()
            time.sleep(0.02)
            commit(session, f"INSERT INTO turns VALUES ({last + 1})")

    threads = [threading.Thread(target=turn) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert rows(db, "SELECT count(*), max(number) FROM turns") == [(8, 8)]


def test_the_statement_of_a_killed_runner_is_waited_for_and_named(db: Target) -> None:
    """Its guard's lock went with it, its CREATE INDEX CONCURRENTLY goes on; to build beside that is a deadlock."""
    run(db, "CREATE TABLE t AS SELECT generate_series(1, 100) AS x")
    recorder = Recorder()
    with connect(db) as writer, runner(db) as victim:
        writer.execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE")
        assert victim.hear() == "ready"
        victim.tell("alone CREATE INDEX CONCURRENTLY i ON t (x)")
        until(lambda: rows(db, "SELECT FROM pg_stat_progress_create_index"))
        ((pid,),) = rows(db, f"SELECT pid {HELD_BY_WORK}")
        victim.kill()
        until(lambda: not rows(db, f"SELECT {HELD_BY_GUARD}"))
        with (
            pytest.raises(NotNow, match=rf"an earlier platformdb's statement still runs \(pid {pid}, ") as caught,
            locked(db),
        ):
            pytest.fail("the build is under way")
        assert "): CREATE INDEX CONCURRENTLY i ON t (x)" in caught.value.message
        assert "platformdb lock break" in caught.value.help
        with pytest.raises(NotNow), locked(db, 0.3, recorder):
            pytest.fail("the build is under way")
        writer.execute("COMMIT")
        with locked(db, 20):
            assert rows(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]
    (event,) = recorder.events
    assert event.startswith(f"note waiting: an earlier platformdb's statement still runs (pid {pid}, ")


def test_a_runner_that_lost_its_guard_stops_and_keeps_others_out_until_it_has(db: Target) -> None:
    run(db, "CREATE TABLE t (x int)")
    with runner(db) as victim:
        assert victim.hear() == "ready"
        assert victim.ask("commit INSERT INTO t VALUES (1)") == "committed"
        end_sessions(db, HELD_BY_GUARD)
        with pytest.raises(NotNow, match="an earlier platformdb's"), locked(db):
            pytest.fail("its work's session is still there")
        assert victim.ask("commit INSERT INTO t VALUES (2)").startswith("NotNow: the runner lock was lost")
        victim.tell("end")
        with locked(db, 20):
            assert rows(db, "SELECT x FROM t") == [(1,)]


def test_a_lock_lost_in_the_middle_of_a_transaction_is_found_before_the_commit(db: Target) -> None:
    with locked(db) as session:
        session.work.execute("BEGIN; CREATE TABLE t ()")
        end_sessions(db, HELD_BY_GUARD)
        with pytest.raises(NotNow, match="the runner lock was lost"):
            session.guard.check()


def test_checking_costs_no_round_trip(db: Target) -> None:
    with locked(db) as session:
        ((pid,),) = rows(db, f"SELECT pid {HELD_BY_GUARD}")
        last = f"SELECT state_change FROM pg_stat_activity WHERE pid = {pid}"
        before = rows(db, last)
        for _ in range(100):
            session.guard.check()
            session.guard.beat()
        assert rows(db, last) == before


def test_a_message_on_the_guards_connection_is_no_loss(db: Target) -> None:
    with locked(db) as session:
        session.guard.connection.execute("LISTEN anything")
        run(db, "NOTIFY anything")
        until(lambda: select.select([session.guard.connection], [], [], 0)[0])
        session.guard.check()
        assert not select.select([session.guard.connection], [], [], 0)[0]


def test_the_work_that_is_killed_leaves_the_lock_free(db: Target) -> None:
    recorder = Recorder()
    with runner(db) as victim:
        assert victim.hear() == "ready"
        end_sessions(db, HELD_BY_WORK)
        assert "terminating connection" in victim.ask("commit SELECT 1")
        victim.tell("end")
        with locked(db, 20, recorder):
            pass


def test_a_lock_lost_with_its_connection_is_said_at_the_end(db: Target) -> None:
    recorder = Recorder()
    with locked(db, observer=recorder):
        end_sessions(db, HELD_BY_GUARD)
    (event,) = recorder.events
    assert "connection was lost" in event


def test_a_lock_that_is_no_longer_ours_is_said_at_the_end(db: Target) -> None:
    recorder = Recorder()
    with locked(db, observer=recorder) as session:
        session.guard.connection.execute("SELECT pg_advisory_unlock_all()")
    (event,) = recorder.events
    assert "no longer ours" in event


def test_a_standby_is_refused() -> None:
    with project_folder() as project:
        config = config_of(project)
        start(project)
        query(config, "ALTER SYSTEM SET wal_level = replica")
        server_run.stop(config, Silent())
        start(project)
        server_run.stop(config, Silent())
        signal = config.state_folder / "data" / "standby.signal"
        signal.touch()
        shutil.chown(signal, signal.parent.owner())
        start(project)
        target = server_run.target_of(running(config), "postgres")
        with pytest.raises(Refused, match="is a standby") as caught, locked(target):
            pytest.fail("it cannot be migrated")
        assert "connect to its primary" in caught.value.help


TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")


def test_timeouts_that_are_meant_for_applications_do_not_end_a_run(server: Server, db: Target) -> None:
    ((name,),) = rows(db, "SELECT current_database()")
    names = (*TIMEOUTS, "transaction_timeout") if int(server.version) >= 17 else TIMEOUTS
    for timeout in names:
        server.execute(f'ALTER DATABASE "{name}" SET {timeout} = 200')
    recorder = Recorder()
    with one_runner(db, wait_seconds=0, observer=recorder) as session:
        session.work.execute("BEGIN; SELECT pg_sleep(0.4); CREATE TABLE t ()")
        time.sleep(0.4)
        session.work.execute("COMMIT")
        session.work.execute("RESET ALL")
        for timeout in names:
            for connection in (session.work, session.guard.connection):
                assert connection.execute(f"SHOW {timeout}".encode()).fetchone() == ("0",)
        session.guard.check()
    (event,) = recorder.events
    assert event.startswith("note statement_timeout = 200ms")
    assert "is 0 in this run" in event


def test_a_timeout_that_the_url_asks_for_holds(db: Target) -> None:
    recorder = Recorder()
    with locked(db, observer=recorder) as session:
        assert session.work.execute("SHOW statement_timeout").fetchone() == ("15s",)
    assert recorder.events == []


def test_a_holder_of_another_role_is_named_as_far_as_one_may_see(db: Target) -> None:
    with role_without_rights(db) as watcher:
        ((holder,),) = rows(db, "SELECT current_user")
        with locked(db), pytest.raises(NotNow, match=rf"@.*, user {holder}\)"), locked(watcher):
            pass
