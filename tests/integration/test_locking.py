"""Who holds the runner lock, and taking it from a runner that is at work on the server itself."""

from __future__ import annotations

from typing import Any

import pytest

from catalog import rows, run, until
from platformdb.errors import Refused
from platformdb.locking.run import break_lock, lock_status
from platformdb.postgres.connect import connect
from platformdb.postgres.holders import end_session
from platformdb.postgres.lock import one_runner
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from runners import HELD, role_without_rights, runner

LEFT = "SELECT pid FROM pg_stat_activity WHERE application_name ~ '^platformdb (lock|work) '"


def yes(_: str) -> bool:
    return True


def pids(db: Target) -> list[Any]:
    """The numbers of the holder's sessions, that of the lock first."""
    return [pid for (pid,) in rows(db, f"SELECT pid {HELD} ORDER BY objid")]


def test_a_free_lock_is_free(db: Target) -> None:
    report = lock_status(db)
    assert (report.summary, report.exit_code) == ("free", 0)
    assert report.data == {"held": False, "mode": None, "lease": None, "sessions": []}


def test_status_says_who_holds_it_and_what_the_work_is_doing(db: Target) -> None:
    with runner(db) as holder:
        assert holder.hear() == "ready"
        lock, work = pids(db)
        holder.tell("alone ALTER ROLE nobody_knows PASSWORD 'hush'; SELECT pg_sleep(60)")
        holder.hear()
        holder.tell("alone SELECT pg_sleep(60) /* CREATE ROLE r PASSWORD 'hush' */")
        until(lambda: lock_status(db).data["sessions"][1]["state"] == "active")
        report = lock_status(db)
        assert f"held by pid {lock}, " in report.summary
        assert f":{holder.process.pid}, user postgres, from this machine, since 2" in report.summary
        first, second = report.data["sessions"]
        assert (first["task"], first["pid"], first["process"]) == ("lock", lock, holder.process.pid)
        assert (second["task"], second["pid"], second["wait"]) == ("work", work, "Timeout: PgSleep")
        assert second["query"] == "SELECT pg_sleep(60) /* CREATE ROLE r PASSWORD '***' */"
        assert (report.data["held"], report.data["mode"], report.exit_code) == (True, "advisory", 0)
        assert "hush" not in repr(report)


def test_work_whose_runner_is_gone_holds_the_lock_still(db: Target) -> None:
    with runner(db) as holder:
        assert holder.hear() == "ready"
        _, work = pids(db)
        holder.tell("alone SELECT pg_sleep(60)")
        until(lambda: lock_status(db).data["sessions"][1]["state"] == "active")
        holder.kill()
        until(lambda: len(pids(db)) == 1)
        assert lock_status(db).summary.startswith(f"held by the work of a runner that is gone: pid {work}, ")
        report = break_lock(db, confirm=yes)
        assert report.data["ended"] == [work]
    with one_runner(db, wait_seconds=0, observer=Silent()):
        pass


def test_breaking_ends_the_holder_and_what_it_had_open(db: Target) -> None:
    run(db, "CREATE TABLE t (x int)")
    with runner(db) as victim:
        assert victim.hear() == "ready"
        ends = pids(db)
        assert victim.ask("commit INSERT INTO t VALUES (1)") == "committed"
        assert victim.ask("begin INSERT INTO t VALUES (2)") == "begun"
        report = break_lock(db, confirm=yes)
        assert sorted(report.data["ended"]) == sorted(ends)
        assert str(ends[0]) in report.summary
        assert victim.ask("commit INSERT INTO t VALUES (3)").startswith("NotNow: the runner lock was lost")
    assert rows(db, "SELECT x FROM t") == [(1,)]
    assert rows(db, LEFT) == []


def test_nothing_is_ended_before_somebody_says_yes(db: Target) -> None:
    asked: list[str] = []

    def no(text: str) -> bool:
        asked.append(text)
        return False

    with runner(db) as holder:
        assert holder.hear() == "ready"
        report = break_lock(db, confirm=no)
        assert (report.summary, report.exit_code) == ("the lock was left as it is", 3)
        assert f":{holder.process.pid}, user postgres" in asked[0]
        assert holder.ask("check") == "well"


def test_a_free_lock_is_not_broken_and_nobody_is_asked(db: Target) -> None:
    report = break_lock(db, confirm=lambda _: pytest.fail("there is nothing to ask"))
    assert (report.exit_code, report.data) == (0, {"ended": [], "lease": False})


def test_a_process_does_not_break_its_own_lock(db: Target) -> None:
    with one_runner(db, wait_seconds=0, observer=Silent()) as session:
        with pytest.raises(Refused, match="this process holds the runner lock itself"):
            break_lock(db, confirm=yes)
        session.guard.check()


def test_a_role_that_may_not_end_the_holder_is_told_who_may(db: Target) -> None:
    with role_without_rights(db) as stranger, runner(db) as holder:
        assert holder.hear() == "ready"
        seen = lock_status(stranger).data["sessions"]
        assert [(session["since"], session["state"]) for session in seen] == [(None, None)] * 2
        with pytest.raises(Refused, match="may not end the session of pid") as caught:
            break_lock(stranger, confirm=yes)
        assert "pg_signal_backend" in caught.value.help
        assert holder.ask("check") == "well"


def test_a_holder_that_ends_while_somebody_thinks_is_nobody_to_end(db: Target) -> None:
    with runner(db) as holder:
        assert holder.hear() == "ready"

        def late(_: str) -> bool:
            holder.tell("end")
            until(lambda: not rows(db, LEFT))
            return True

        report = break_lock(db, confirm=late)
    assert (report.summary, report.data["ended"]) == ("the holder had ended by itself", [])


def test_a_number_that_went_to_another_session_is_left_alone(db: Target) -> None:
    with connect(db, application_name="psql") as other, connect(db) as connection:
        assert not end_session(connection, other.info.backend_pid)
        assert other.execute("SELECT 1").fetchone() == (1,)
