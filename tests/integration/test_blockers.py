from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from catalog import rows, run, until
from platformdb.errors import NotNow, PlatformdbError
from platformdb.postgres.blockers import blockers_of
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.target import Target
from platformdb.report.model import Probe, Statement
from platformdb.report.progress import Silent
from recorder import Recorder
from sessions import session_on, step

WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def users(db: Target) -> Target:
    run(db, "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'ada'), (2, 'bob')")
    return db


@dataclass(frozen=True)
class Other:
    """Another session, called psql, and what is known of it also when it has ended."""

    connection: Connection
    pid: int
    user: str

    def free(self) -> None:
        self.connection.execute("ROLLBACK")


@contextmanager
def holding(target: Target, *statements: str) -> Iterator[Other]:
    """A session with a transaction open after these statements."""
    with connect(target, application_name="psql") as connection:
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement.encode())
        yield Other(connection, connection.info.backend_pid, connection.info.user)


def test_a_table_in_use_is_waited_for_no_longer_than_the_timeout_and_its_users_are_named(users: Target) -> None:
    recorder = Recorder()
    manners = {"lock_timeout": "600ms", "lock_retries": 1, "mask": lambda text: text.replace("hunter2", "***")}
    with session_on(users, **manners) as session, holding(users, "SELECT 'hunter2' FROM users") as other:
        with pytest.raises(NotNow) as caught:
            execute(session, [step("a", "ALTER TABLE users ADD COLUMN a int", recorded=True)], recorder)
        told = rows(users, "SELECT event, error FROM platformdb.history")
    user = other.user
    named = f"pid {other.pid} ({user}, psql, idle in transaction for "
    assert caught.value.message == "a: others kept its tables busy, 2 attempts of 600ms were not enough"
    assert caught.value.detail.startswith(named)
    assert caught.value.detail.endswith(": SELECT '***' FROM users")
    assert "--lock-timeout" in caught.value.help
    (note,) = [event for event in recorder.events if event.startswith("note")]
    assert note.startswith(f"note users is busy (attempt 1 of 2): {named}")
    assert "; trying again in " in note
    assert told == [("failed", "statement 1 of 1 at f.sql:1:1: 55P03 canceling statement due to lock timeout")]


def test_once_the_table_is_free_the_step_is_done_whole_and_once(users: Target) -> None:
    recorder = Recorder()
    change = step("a", "INSERT INTO users VALUES (3)", "ALTER TABLE users ADD COLUMN a int", recorded=True)
    with session_on(users, lock_timeout="300ms") as session, holding(users, "SELECT FROM users") as other:
        until_noted = threading.Thread(target=lambda: (until(lambda: len(recorder.events) > 2), other.free()))
        until_noted.start()
        (result,) = execute(session, [change], recorder)
        until_noted.join()
    assert len(result.statements_ms) == 2
    assert rows(users, "SELECT count(*), count(a) FROM users") == [(3, 0)]
    assert rows(users, "SELECT event FROM platformdb.history") == [("applied",)]


def test_the_guard_is_kept_alive_between_attempts(users: Target) -> None:
    def lost() -> None:
        raise NotNow("the runner lock was lost")

    with (
        session_on(users, guard={"on_beat": lost}, lock_timeout="10ms") as session,
        holding(users, "SELECT FROM users"),
        pytest.raises(NotNow, match="lock was lost"),
    ):
        execute(session, [step("a", "ALTER TABLE users ADD COLUMN a int")], Silent())


def test_other_traffic_does_not_queue_behind_a_step_that_waits(users: Target) -> None:
    """The reader waits less than the table is held: it gets in between the attempts, and after each."""
    stop = threading.Event()
    served: list[int] = []

    def read() -> None:
        with connect(users) as reader:
            reader.execute("SET lock_timeout = '2s'")
            while not stop.is_set():
                served.append(len(reader.execute("SELECT FROM users").fetchall()))

    with session_on(users, lock_timeout="300ms", lock_retries=3) as session, holding(users, "SELECT FROM users"):
        reader = threading.Thread(target=read)
        reader.start()
        with pytest.raises(NotNow):
            execute(session, [step("a", "ALTER TABLE users ADD COLUMN a int")], Silent())
        before = len(served)
        until(lambda: len(served) > before)
        assert reader.is_alive()
        stop.set()
        reader.join()


def test_a_step_may_wait_longer_or_for_ever(users: Target) -> None:
    with session_on(users, lock_timeout="50ms", lock_retries=0) as session:
        with holding(users, "SELECT FROM users") as other:
            threading.Timer(1, other.free).start()
            execute(session, [step("a", "ALTER TABLE users ADD COLUMN a int", lock_timeout="0")], Silent())
            until(lambda: other.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE)
        with holding(users, "SELECT FROM users"), pytest.raises(NotNow):
            execute(session, [step("b", "ALTER TABLE users ADD COLUMN b int")], Silent())


def test_a_deadlock_is_tried_again(users: Target) -> None:
    """The other one never is the victim: it looks for deadlocks later."""
    recorder = Recorder()
    update = "UPDATE users SET name = 'x' WHERE id = {}"
    ours = step("a", update.format(1), "SELECT pg_sleep(0.5)", update.format(2), recorded=True)
    with (
        session_on(users, lock_timeout="20s") as session,
        holding(users, "SET deadlock_timeout = '15s'", update.format(2)) as other,
    ):

        def collide() -> None:
            until(lambda: rows(users, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
            other.connection.execute(update.format(1).encode())
            other.connection.execute("COMMIT")

        thread = threading.Thread(target=collide)
        thread.start()
        execute(session, [ours], recorder)
        thread.join()
    (note,) = [event for event in recorder.events if event.startswith("note")]
    assert note.startswith(f"note users: a deadlock with other sessions (attempt 1 of 11): pid {other.pid} (")
    assert rows(users, "SELECT event FROM platformdb.history") == [("applied",)]


def test_a_solo_statement_is_tried_again_too(users: Target) -> None:
    recorder = Recorder()
    with session_on(users, lock_timeout="300ms") as session, holding(users, "SELECT FROM users") as other:
        freed = threading.Thread(target=lambda: (until(lambda: len(recorder.events) > 1), other.free()))
        freed.start()
        execute(session, [step("a", "VACUUM FULL users", transactional=False, recorded=True)], recorder)
        freed.join()
    assert "users is busy (attempt 1 of 11): pid" in recorder.events[1]
    assert rows(users, "SELECT event FROM platformdb.history ORDER BY id") == [("started",), ("applied",)]


def test_a_long_build_tells_whom_it_waits_for(users: Target) -> None:
    recorder = Recorder()
    build = Statement("CREATE INDEX CONCURRENTLY i ON users (name)", probe=Probe("index_built", "i", "users"))
    with session_on(users) as session, holding(users, "UPDATE users SET name = 'x'") as other:
        freed = threading.Thread(target=lambda: (until(lambda: len(recorder.events) > 1), other.free()))
        freed.start()
        execute(session, [step("a", build, transactional=False)], recorder)
        freed.join()
    waiting = "waiting for writers before build, 0 % (0 of 1 transactions)"
    assert recorder.events[1].startswith(f"progress a: {waiting}; waits for pid {other.pid} (")


def test_a_session_that_waits_for_nobody_has_no_blockers(users: Target) -> None:
    with connect(users) as one, connect(users) as second:
        assert blockers_of(one, second.info.backend_pid) == ()


def test_the_table_is_known_also_where_a_row_is_waited_for(users: Target) -> None:
    update = "UPDATE users SET name = 'x' WHERE id = 1"
    with holding(users, update) as first, connect(users) as second, connect(users) as looking:
        thread = threading.Thread(target=second.execute, args=(update.encode(),))
        thread.start()
        until(lambda: rows(users, WAITING))
        (blocker,) = blockers_of(looking, second.info.backend_pid)
        first.free()
        thread.join()
    assert (blocker.pid, blocker.relation, blocker.query) == (first.pid, "users", update)
    assert blocker.age_seconds is not None
    assert blocker.age_seconds > 0


def test_the_query_of_another_role_is_said_to_be_hidden(users: Target) -> None:
    login = f"{users.parameters['dbname']}_login"
    run(users, f"CREATE ROLE \"{login}\" LOGIN PASSWORD 'x'")
    as_login = Target(users.provider, {**users.parameters, "user": login, "password": "x"})
    try:
        with holding(users, "LOCK TABLE users") as first, connect(users) as second, connect(as_login) as looking:
            thread = threading.Thread(target=second.execute, args=(b"SELECT FROM users",))
            thread.start()
            until(lambda: rows(users, WAITING))
            (blocker,) = blockers_of(looking, second.info.backend_pid)
            first.free()
            thread.join()
        pid, user = first.pid, first.user
        assert blocker.describe() == f"pid {pid} ({user}, psql): (its query is hidden from this role)"
    finally:
        run(users, f'DROP ROLE "{login}"')


def test_through_a_pooler_the_work_s_own_session_is_asked_for(users: Target) -> None:
    recorder = Recorder()
    guard = {"pooled": True, "fence": Statement("SELECT 1")}
    manners = {"lock_timeout": "600ms", "lock_retries": 1}
    with session_on(users, guard=guard, **manners) as session, holding(users, "SELECT FROM users") as other:
        with pytest.raises(PlatformdbError):
            execute(session, [step("a", "ALTER TABLE users ADD COLUMN a int")], recorder)
        assert f"users is busy (attempt 1 of 2): pid {other.pid} (" in recorder.events[1]
