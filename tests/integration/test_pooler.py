"""A real PgBouncer before the server: a lease keeps runners apart, each other and those that connect directly."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalog import impatient, rows, run, until
from platformdb.config import Config
from platformdb.errors import NotNow, PlatformdbError
from platformdb.locking.run import break_lock, lock_status
from platformdb.postgres import lock
from platformdb.postgres.connect import connect
from platformdb.postgres.lock import one_runner
from platformdb.postgres.server.lifecycle import find_server
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from recorder import Recorder
from runners import commit, runner
from servers import Server

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
WHY_NOT = "there is no pgbouncer on this machine (tests/containers/prepare installs it on Debian)"

pytestmark = [pytest.mark.newest_server, pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)]

SETTINGS = """
[databases]
* = host={host} user=postgres password={password}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
"""
EXPIRE = "UPDATE platformdb.lease SET expires_at = clock_timestamp() - interval '1 minute'"


@contextmanager
def pooler(server: Server, db: Target, mode: str, size: int = 20) -> Iterator[Target]:
    """The database of ``db``, through a pooler."""
    folder = Path(tempfile.mkdtemp(prefix="pgb"))
    password = Path(db.parameters["passfile"]).read_text().strip().rsplit(":", 1)[-1]
    settings = folder / "pgbouncer.ini"
    settings.touch(mode=0o600)
    values = {"host": db.parameters["host"], "password": password, "folder": folder, "mode": mode, "size": size}
    settings.write_text(SETTINGS.format(**values))
    # It refuses to run as root, and has to enter the server's private socket folder.
    running = find_server(Config(project=server.project).state_folder)
    assert running is not None
    account = ["-u", running.mark.user] if os.geteuid() == 0 else []
    for path in (folder, settings):
        if account:
            shutil.chown(path, running.mark.user)
    process = subprocess.Popen([str(PROGRAM), "-q", *account, str(settings)], stderr=subprocess.DEVNULL)
    target = Target("url", {"host": str(folder), "port": "6432", "user": "postgres", "dbname": db.parameters["dbname"]})
    try:
        until(lambda: _answers(target))
        yield target
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _answers(target: Target) -> bool:
    try:
        with connect(target):
            return True
    except PlatformdbError:
        return False


@pytest.fixture(params=["transaction", "session"])
def pooled(request: pytest.FixtureRequest, server: Server, db: Target) -> Iterator[Target]:
    with pooler(server, db, request.param) as target:
        yield target


def leases(db: Target) -> int:
    ((count,),) = rows(db, "SELECT count(*) FROM platformdb.lease")
    return int(str(count))


def test_a_runner_holds_the_lease_and_gives_it_back(pooled: Target, db: Target) -> None:
    recorder = Recorder()
    with one_runner(pooled, wait_seconds=0, observer=recorder) as session:
        assert session.guard.pooled
        assert commit(session, "CREATE TABLE t ()") == "committed"
        assert leases(db) == 1
    assert leases(db) == 0
    assert recorder.events == []


def test_a_second_runner_is_told_who_holds_the_lease(pooled: Target, db: Target) -> None:
    with runner(pooled) as first:
        assert first.hear() == "ready"
        with runner(pooled) as second:
            said = second.hear()
        assert said.startswith("NotNow: another platformdb is at work on this database (")
        assert f":{first.process.pid}, user postgres, through a pooler, since 2" in said


def test_eight_runners_at_once_take_turns(pooled: Target, db: Target) -> None:
    run(db, "CREATE TABLE turns (number int PRIMARY KEY)")

    def turn(target: Target) -> None:
        with one_runner(target, wait_seconds=40, observer=Silent()) as session:
            ((last,),) = session.work.execute("SELECT coalesce(max(number), 0) FROM turns").fetchall()
            time.sleep(0.02)
            commit(session, f"INSERT INTO turns VALUES ({last + 1})")

    # Half of them through the pooler, half directly: they keep out of each other's way as well.
    threads = [threading.Thread(target=turn, args=(target,)) for target in (pooled, db) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=50)
    assert rows(db, "SELECT count(*), max(number) FROM turns") == [(8, 8)]


def test_who_connects_directly_waits_for_a_lease(pooled: Target, db: Target) -> None:
    with runner(pooled) as first:
        assert first.hear() == "ready"
        with pytest.raises(NotNow, match="through a pooler"), one_runner(db, wait_seconds=0, observer=Silent()):
            pytest.fail("both are at work")
        assert first.ask("commit CREATE TABLE t ()") == "committed"
        with runner(db, wait_seconds=20) as second:
            assert second.hear().startswith("waiting: another platformdb is at work")
            first.tell("end")
            assert second.hear() == "ready"


def test_who_comes_through_the_pooler_waits_for_the_lock(pooled: Target, db: Target) -> None:
    with runner(db) as first:
        assert first.hear() == "ready"
        with runner(pooled) as second:
            assert re.search(rf"NotNow: .*\(pid \d+, .*:{first.process.pid}, ", second.hear())
        assert leases(db) == 0
        with runner(pooled, wait_seconds=20) as second:
            assert second.hear().startswith("waiting: another platformdb is at work")
            first.tell("end")
            assert second.hear() == "ready"


def test_the_statement_of_a_killed_direct_runner_keeps_out_who_comes_through_the_pooler(
    pooled: Target, db: Target
) -> None:
    with runner(db) as victim:
        assert victim.hear() == "ready"
        victim.tell("alone SELECT pg_sleep(60)")
        until(lambda: rows(db, "SELECT FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep' AND state = 'active'"))
        victim.kill()
        with pytest.raises(NotNow), one_runner(pooled, wait_seconds=0.5, observer=Silent()):
            pytest.fail("the statement still runs")
        run(db, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")
        with one_runner(pooled, wait_seconds=20, observer=Silent()):
            pass


@pytest.mark.parametrize("successor", ["pooled", "direct"])
def test_the_lease_of_a_killed_runner_passes_on_when_it_expires(pooled: Target, db: Target, successor: str) -> None:
    with runner(pooled) as victim:
        assert victim.hear() == "ready"
        with runner(pooled if successor == "pooled" else db, wait_seconds=40) as waiting:
            assert waiting.hear().startswith("waiting: another platformdb is at work")
            victim.kill()
            assert leases(db) == 1
            run(impatient(db), EXPIRE)
            said = waiting.hear()
            assert f":{victim.process.pid}, which expired at 2" in said
            assert said.startswith("took over the lease" if successor == "pooled" else "removed the lease")
            assert waiting.hear() == "ready"


@pytest.mark.parametrize("successor", ["pooled", "direct"])
def test_what_a_killed_runner_left_running_is_waited_for(pooled: Target, db: Target, successor: str) -> None:
    run(db, "CREATE TABLE t AS SELECT generate_series(1, 100) AS x")
    with connect(db, application_name="writer") as writer, runner(pooled) as victim:
        writer.execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE")
        assert victim.hear() == "ready"
        victim.tell("alone CREATE INDEX CONCURRENTLY i ON t (x)")
        until(lambda: rows(db, "SELECT FROM pg_stat_progress_create_index"))
        victim.kill()
        run(impatient(db), EXPIRE)
        with runner(pooled if successor == "pooled" else db, wait_seconds=20) as waiting:
            assert "the lease of" in waiting.hear()
            assert "): CREATE INDEX CONCURRENTLY i ON t (x)" in waiting.hear()
            writer.execute("COMMIT")
            assert waiting.hear() == "ready"


@pytest.mark.parametrize("successor", ["pooled", "direct"])
def test_a_runner_that_slept_past_its_lease_commits_nothing_more(pooled: Target, db: Target, successor: str) -> None:
    run(db, "CREATE TABLE t (x int)")
    with runner(pooled) as sleeper:
        assert sleeper.hear() == "ready"
        assert sleeper.ask("commit INSERT INTO t VALUES (1)") == "committed"
        run(impatient(db), EXPIRE)
        with one_runner(pooled if successor == "pooled" else db, wait_seconds=0, observer=Silent()) as session:
            assert sleeper.ask("begin INSERT INTO t VALUES (2)") == "fenced off"
            commit(session, "INSERT INTO t VALUES (3)")
    assert rows(db, "SELECT x FROM t ORDER BY x") == [(1,), (3,)]


@pytest.mark.parametrize("successor", ["pooled", "direct"])
def test_an_open_transaction_keeps_its_lease_whatever_the_clock_says(
    pooled: Target, db: Target, successor: str
) -> None:
    run(db, "CREATE TABLE t (x int)")
    with runner(pooled) as sleeper:
        assert sleeper.hear() == "ready"
        assert sleeper.ask("begin INSERT INTO t VALUES (1)") == "begun"
        run(impatient(db), EXPIRE)
        with (
            pytest.raises(NotNow),
            one_runner(pooled if successor == "pooled" else db, wait_seconds=0.5, observer=Silent()),
        ):
            pytest.fail("its transaction is open")


def test_timeouts_that_are_meant_for_applications_do_not_end_a_fenced_transaction(
    server: Server, pooled: Target, db: Target
) -> None:
    ((name,),) = rows(db, "SELECT current_database()")
    server.execute(f'ALTER DATABASE "{name}" SET statement_timeout = 300')
    run(
        db,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()",
    )  # those that the pooler keeps began before that
    recorder = Recorder()
    with one_runner(pooled, wait_seconds=0, observer=recorder) as session:
        assert commit(session, "SELECT pg_sleep(0.6)") == "committed"
    (event,) = recorder.events
    assert "statement_timeout = 300ms holds for statements outside transactions" in event


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_with_a_single_connection_is_told_apart(
    server: Server, db: Target, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "POOLER_SECONDS", 1.0)
    with pooler(server, db, mode, size=1) as target:
        opening = one_runner(target, wait_seconds=0, observer=Silent())
        with pytest.raises(NotNow, match="no second connection") as caught, opening:
            pytest.fail("its lease could not be renewed")
        assert "default_pool_size" in caught.value.help
    assert leases(db) == 0


def test_a_broken_lease_stops_its_runner(pooled: Target, db: Target) -> None:
    run(db, "CREATE TABLE t (x int)")
    with runner(pooled) as victim:
        assert victim.hear() == "ready"
        assert victim.ask("commit INSERT INTO t VALUES (1)") == "committed"
        assert "through a pooler" in lock_status(db).summary
        report = break_lock(pooled, confirm=lambda _: True)
        assert report.data == {"ended": [], "lease": True}
        assert victim.ask("begin INSERT INTO t VALUES (2)") == "fenced off"
    assert rows(db, "SELECT x FROM t") == [(1,)]


def test_breaking_ends_the_transaction_that_a_lease_protects(pooled: Target, db: Target) -> None:
    run(db, "CREATE TABLE t (x int)")
    with runner(pooled) as victim:
        assert victim.hear() == "ready"
        assert victim.ask("begin INSERT INTO t VALUES (1)") == "begun"
        report = break_lock(db, confirm=lambda _: True)
        assert report.data["lease"]
        assert len(report.data["ended"]) == 1
        assert "commit" not in victim.ask("commit INSERT INTO t VALUES (2)")
    assert rows(db, "SELECT x FROM t") == []


def test_what_only_reads_goes_through_the_pooler(pooled: Target) -> None:
    assert lock_status(pooled).summary == "free"
