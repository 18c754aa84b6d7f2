from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from catalog import relations, rows, run, until
from platformdb.errors import ApplyFailed, Interrupted, NotNow, Place, PlatformdbError, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.execute import execute
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.postgres.transaction import all_or_nothing
from platformdb.report.model import Leaves, Probe, Statement, Step, StepState
from platformdb.report.progress import Silent
from recorder import Recorder
from sessions import copied, session_on, step
from slow_line import slow_line

TOLD = "SELECT event, name, error FROM platformdb.history ORDER BY id"


@pytest.fixture
def session(db: Target) -> Iterator[Session]:
    with session_on(db) as made:
        yield made


def failure(session: Session, *steps: Step, observer: Recorder | None = None) -> PlatformdbError:
    with pytest.raises(PlatformdbError) as caught:
        execute(session, steps, observer or Silent())
    assert session.work.closed or session.work.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    return caught.value


def interrupt_when_asleep(db: Target) -> None:
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    until(lambda: rows(db, sleeping))
    signal.raise_signal(signal.SIGINT)


# In order, with results


def test_steps_run_in_order_and_are_reported_as_they_happen(session: Session) -> None:
    recorder = Recorder()
    steps = [step("a", "CREATE TABLE a (x int)"), step("b", "INSERT INTO a VALUES (1), (2)", "SELECT pg_sleep(0.3)")]
    results = execute(session, [*steps, step("c", "DELETE FROM a")], recorder)
    assert recorder.events == ["started a", "applied a", "started b", "applied b", "started c", "applied c"]
    assert [(r.state, r.rows) for r in results] == [(StepState.APPLIED, n) for n in (None, 1, 2)]
    assert all(r.elapsed_ms > 0 for r in results)
    assert [len(r.statements_ms) for r in results] == [1, 2, 1]
    assert results[1].statements_ms[1] > results[1].statements_ms[0]


def test_no_steps_are_no_work(session: Session) -> None:
    assert execute(session, [], Silent()) == ()


def test_a_step_is_planned_only_when_the_one_before_it_has_run(db: Target, session: Session) -> None:
    seen = []

    def steps() -> Iterator[Step]:
        yield step("a", "CREATE TABLE a ()")
        seen.append(relations(db) - {"history"})
        yield step("b", "CREATE TABLE b ()")

    execute(session, steps(), Silent())
    assert seen == [{"a"}]


def test_the_first_failure_ends_the_run_and_the_error_holds_what_went_before(session: Session) -> None:
    recorder = Recorder()
    error = failure(session, step("a", "SELECT 1"), step("b", "SELECT nope"), step("c", "SELECT 1"), observer=recorder)
    assert [(r.step.subject, r.state.value) for r in error.results] == [("a", "applied"), ("b", "failed")]
    assert recorder.events == ["started a", "applied a", "started b", "failed b"]


def test_three_thousand_statements_are_one_step_with_three_thousand_times(session: Session) -> None:
    inserts = [f"INSERT INTO a VALUES ({n}, '100 %s %')" for n in range(3000)]
    (result,) = execute(session, [step("a", "CREATE TABLE a (x int, y text)", *inserts, recorded=True)], Silent())
    assert len(result.statements_ms) == 3001
    assert session.work.execute("SELECT count(*), min(y) FROM a").fetchone() == (3000, "100 %s %")
    stored = session.work.execute("SELECT cardinality(statements_ms), elapsed_ms > 0 FROM platformdb.history")
    assert stored.fetchone() == (3001, True)


@pytest.mark.parametrize("statements", [1, 50, 3000])
@pytest.mark.newest_server
def test_a_step_takes_two_round_trips_however_many_statements_it_has(
    db: Target, tmp_path: Path, statements: int
) -> None:
    texts = (f"SELECT {n}" for n in range(statements))
    many = step("a", *texts, recorded=True, leaves=Leaves.ANYTHING, lock_timeout="1s")
    with session_on(db) as session, slow_line(db, tmp_path) as (line, through), connect(through) as work:
        before = line.trips
        execute(replace(session, work=work), [many], Silent())
        assert line.trips - before == 2


# All or nothing


def test_all_statements_of_a_transactional_step_stand_or_fall_together(db: Target, session: Session) -> None:
    before = relations(db)
    error = failure(session, step("a", "CREATE TABLE a ()", "CREATE TABLE b ()", "SELECT nope"))
    assert error.message == 'a: column "nope" does not exist'
    assert "rolled back whole" in error.help
    assert relations(db) == before


def test_the_history_row_is_part_of_the_step(db: Target, session: Session) -> None:
    run(db, "ALTER TABLE platformdb.history ADD CHECK (name <> 'a')")
    error = failure(session, step("a", "CREATE TABLE a ()", recorded=True))
    assert "violates check constraint" in error.message
    assert error.place == Place("f.sql")
    assert "a" not in relations(db)


def test_rows_below_a_copy_are_sent_in_the_transaction_of_the_statements_around_it(session: Session) -> None:
    copy = copied("COPY a FROM stdin", lambda: iter([b"1\n2\n", b"3\n"]))
    (result,) = execute(session, [step("a", "CREATE TABLE a (x int)", copy, "UPDATE a SET x = x + 1")], Silent())
    assert result.rows == 3
    assert session.work.execute("SELECT sum(x) FROM a").fetchone() == (9,)
    error = failure(session, step("b", "CREATE TABLE b ()", copy, "SELECT nope"))
    assert error.place == Place("f.sql", 3, 8)
    assert session.work.execute("SELECT to_regclass('b'), sum(x) FROM a").fetchone() == (None, 9)


def test_rows_that_cannot_be_read_to_their_end_are_not_kept(session: Session) -> None:
    def torn() -> Iterator[bytes]:
        yield b"1\n"
        raise Refused("f.sql changed while it was read")

    error = failure(session, step("a", "CREATE TABLE a (x int)", copied("COPY a FROM stdin", torn)))
    assert error.message == "f.sql changed while it was read"
    assert session.work.execute("SELECT to_regclass('a')").fetchone() == (None,)


def test_a_deferred_constraint_fails_in_the_step_that_breaks_it(session: Session) -> None:
    broken = "INSERT INTO a VALUES (1), (1)"
    make = "CREATE TABLE a (x int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    error = failure(session, step("a", make, broken, recorded=True))
    assert "duplicate key" in error.message
    assert "rolled back whole" in error.help
    assert session.work.execute(TOLD).fetchall()[0][0] == "failed"


def test_a_deferred_trigger_runs_under_the_settings_of_the_file(session: Session) -> None:
    session.work.execute(
        "CREATE SCHEMA far; CREATE TABLE far.heard (); CREATE TABLE a (x int); CREATE FUNCTION hear() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ BEGIN INSERT INTO heard DEFAULT VALUES; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION hear()"
    )
    execute(session, [step("a", "SET search_path = far, public", "INSERT INTO a VALUES (1)")], Silent())
    assert session.work.execute("SELECT count(*) FROM far.heard").fetchone() == (1,)


def test_a_file_may_choose_the_isolation_level_of_its_transaction(session: Session) -> None:
    level = "SELECT current_setting('transaction_isolation')"
    choose = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"
    keep = f"CREATE TABLE a AS {level}"
    execute(session, [step("a", choose, keep)], Silent())
    execute(
        session, [replace(step("b", f"INSERT INTO a {level}"), begin="BEGIN ISOLATION LEVEL REPEATABLE READ")], Silent()
    )
    assert session.work.execute("TABLE a").fetchall() == [("serializable",), ("repeatable read",)]


# What a file leaves behind


def test_what_a_file_sets_reaches_neither_the_next_one_nor_the_history(db: Target, session: Session) -> None:
    run(db, f'CREATE ROLE "{db.parameters["dbname"]}_app"; GRANT CREATE ON SCHEMA public TO PUBLIC')
    role = f'SET ROLE "{db.parameters["dbname"]}_app"'
    first = step("a", "SET search_path = ''", "SET statement_timeout = '1h'", role, recorded=True)
    shown = "SELECT current_setting('search_path'), current_setting('statement_timeout'), current_user::text"
    before = session.work.execute(shown).fetchone()
    execute(session, [first], Silent())
    assert session.work.execute(shown).fetchone() == before
    assert (
        session.work.execute("SELECT db_role FROM platformdb.history").fetchone()
        == session.work.execute("SELECT current_user::text").fetchone()
    )
    run(db, f'DROP OWNED BY "{db.parameters["dbname"]}_app"; DROP ROLE "{db.parameters["dbname"]}_app"')


def test_settings_of_earlier_segments_are_there_again(session: Session) -> None:
    replayed = (Statement("SET search_path = far"),)
    execute(session, [step("a", "CREATE SCHEMA far"), step("b", "CREATE TABLE b ()", settings=replayed)], Silent())
    alone = step("c", "CREATE INDEX CONCURRENTLY c ON b ((1))", settings=replayed, transactional=False)
    execute(session, [alone], Silent())
    assert session.work.execute("SELECT to_regclass('far.b')::text, to_regclass('far.c')::text").fetchone() == (
        "far.b",
        "far.c",
    )
    assert "far" not in str(session.work.execute("SHOW search_path").fetchone())


LEAVES = ("CREATE TEMP TABLE t ()", "PREPARE p AS SELECT 1", "LISTEN l", "DECLARE c CURSOR WITH HOLD FOR SELECT 1")
LEFT = """
SELECT (to_regclass('pg_temp.t') IS NOT NULL)::int + (SELECT count(*) FROM pg_prepared_statements WHERE name = 'p')
     + (SELECT count(*) FROM pg_listening_channels()) + (SELECT count(*) FROM pg_cursors WHERE name = 'c')
"""


@pytest.mark.parametrize("transactional", [True, False])
def test_a_file_that_leaves_things_in_the_session_is_cleaned_up_after_at_its_end(
    session: Session, transactional: bool
) -> None:
    session.work.execute("SELECT pg_advisory_lock(1, 1)")
    (whole,) = [step("a", *LEAVES, recorded=True, leaves=Leaves.ANYTHING)]
    assert whole.record is not None
    execute(session, [replace(whole, record=replace(whole.record, segment=1, segments=2))], Silent())
    assert session.work.execute(LEFT).fetchone() == (4,)
    last = step("a", "SELECT 1", leaves=Leaves.ANYTHING, transactional=transactional)
    execute(session, [replace(last, record=replace(whole.record, segment=2, segments=2))], Silent())
    assert session.work.execute(LEFT).fetchone() == (0,)
    assert session.work.execute("SELECT pg_advisory_unlock(1, 1)").fetchone() == (False,)


def test_every_step_and_its_history_row_are_done_by_the_role_that_was_asked_for(db: Target) -> None:
    owner, login = (f"{db.parameters['dbname']}_{what}" for what in ("owner", "login"))
    with session_on(db):
        pass
    run(
        db,
        f'CREATE ROLE "{owner}"; CREATE ROLE "{login}" LOGIN PASSWORD \'x\' NOINHERIT IN ROLE "{owner}";'
        f'GRANT ALL ON SCHEMA platformdb, public TO "{owner}"; ALTER TABLE platformdb.history OWNER TO "{owner}"',
    )
    try:
        as_login = Target(db.provider, {**db.parameters, "user": login, "password": "x"})
        with session_on(db) as powerful, connect(as_login) as work:
            session = replace(powerful, work=work, role=owner)
            alone = step("b", "CREATE INDEX CONCURRENTLY b ON a (x)", recorded=True, transactional=False)
            execute(session, [step("a", "CREATE TABLE a (x int)", recorded=True), alone], Silent())
            assert "nope" in failure(session, step("c", "SELECT nope", recorded=True)).message
        told = rows(db, "SELECT event, db_role, login_role FROM platformdb.history")
        assert told == [(event, owner, login) for event in ("applied", "started", "applied", "failed")]
        assert rows(db, "SELECT relowner::regrole::text FROM pg_class WHERE relname IN ('a', 'b')") == [(owner,)] * 2
    finally:
        run(db, f'DROP OWNED BY "{owner}", "{login}" CASCADE; DROP ROLE "{owner}", "{login}"')


# Failures


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (("SELECT 1", "SELECT nope"), Place("f.sql", 2, 8)),
        (("SELECT 1", "DO $$ BEGIN RAISE 'x'; END $$", "SELECT 1"), Place("f.sql", 2, 1)),
        ((Statement("SELECT nope"),), Place("f.sql")),
    ],
)
def test_the_place_is_that_of_the_statement_that_failed(
    session: Session, statements: tuple[Any, ...], expected: Place
) -> None:
    settings = (Statement("SET search_path = public"),)
    assert failure(session, step("a", *statements, settings=settings)).place == expected


def test_a_setting_that_can_no_longer_be_made_is_the_files_error(session: Session) -> None:
    error = failure(session, step("a", "SELECT 1", settings=(Statement("SET ROLE nobody_is_called_so"),)))
    assert error.place == Place("f.sql")


def test_a_failure_is_told_by_the_history_with_the_number_of_the_statement(session: Session) -> None:
    failure(session, step("a", "CREATE TABLE a ()", "SELECT nope", "SELECT 1", recorded=True))
    error = 'statement 2 of 3 at f.sql:2:8: 42703 column "nope" does not exist'
    assert session.work.execute(TOLD).fetchall() == [("failed", "a", error)]


def test_secrets_are_masked_in_errors_in_the_history_and_in_warnings(db: Target) -> None:
    recorder = Recorder()
    with session_on(db, mask=lambda text: text.replace("hunter2", "***")) as session:
        speak = "DO $$ BEGIN RAISE WARNING 'hunter2 in a warning'; RAISE 'hunter2' USING DETAIL = 'hunter2'; END $$"
        error = failure(session, step("a", Statement(speak, shown="DO …"), recorded=True), observer=recorder)
        told = session.work.execute("SELECT history::text FROM platformdb.history").fetchall()
    assert "note warning of the server: *** in a warning" in recorder.events
    assert "***" in error.message
    assert "***" in error.detail
    assert "hunter2" not in f"{error.message} {error.detail} {recorder.events} {told}"


def test_where_the_failure_cannot_be_written_the_step_s_own_error_is_told(db: Target, session: Session) -> None:
    run(db, "DROP TABLE platformdb.history")
    recorder = Recorder()
    error = failure(session, step("a", "SELECT nope", recorded=True), observer=recorder)
    assert "nope" in error.message
    assert any("the history does not tell of this failure" in event for event in recorder.events)


def test_where_the_connection_is_lost_nothing_is_said_of_a_rollback(session: Session) -> None:
    error = failure(session, step("a", "SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1"))
    assert "the connection was lost before the server confirmed" in error.help
    assert error.place == Place("f.sql", 2, 1)


@pytest.mark.newest_server
def test_a_line_that_is_cut_is_a_lost_connection(db: Target, tmp_path: Path) -> None:
    with session_on(db) as session, slow_line(db, tmp_path) as (line, through), connect(through) as work:
        threading.Timer(0.5, line.cut).start()
        error = failure(replace(session, work=work), step("a", "SELECT pg_sleep(60)", recorded=True))
    assert "the connection was lost before the server confirmed" in error.help


def test_a_lost_runner_lock_stops_a_step_before_it_is_committed(db: Target) -> None:
    asked: list[None] = []

    def lost() -> None:
        asked.append(None)
        if len(asked) > 1:
            raise NotNow("the runner lock was lost")

    with session_on(db, guard={"on_check": lost}) as session:
        assert failure(session, step("a", "CREATE TABLE a ()", recorded=True)).message == "the runner lock was lost"
        assert session.work.execute("SELECT to_regclass('a'), count(*) FROM platformdb.history").fetchone() == (None, 0)


def test_a_guard_that_finds_its_lock_lost_stops_the_statement_under_way(db: Target) -> None:
    def lost() -> None:
        raise NotNow("the runner lock was lost")

    with session_on(db, guard={"on_beat": lost}) as session:
        error = failure(session, step("a", "SELECT pg_sleep(60)", recorded=True))
        assert error.message == "the runner lock was lost"
        assert not session.work.closed


def test_a_fence_that_is_down_keeps_the_step_from_running(db: Target) -> None:
    fence = Statement("SELECT 1 WHERE $1", (True,))
    with session_on(db, guard={"fence": fence, "pooled": True}) as session:
        execute(session, [step("a", "CREATE TABLE a ()", recorded=True)], Silent())
        assert isinstance(session.guard.fence, Statement)
        down = replace(session, guard=replace(session.guard, fence=Statement("SELECT 1 WHERE $1", (False,))))
        assert "another runner took over" in failure(down, step("b", "CREATE TABLE b ()", recorded=True)).message
        assert session.work.execute("SELECT to_regclass('b')").fetchone() == (None,)
        assert [name for _, name, _ in session.work.execute(TOLD)] == ["a"]


# Interrupts


def test_an_interrupt_cancels_the_statement_and_says_what_was_done(db: Target, session: Session) -> None:
    thread = threading.Thread(target=interrupt_when_asleep, args=(db,))
    thread.start()
    with pytest.raises(Interrupted) as caught:
        execute(
            session, [step("a", "CREATE TABLE a ()"), step("b", "CREATE TABLE b ()", "SELECT pg_sleep(60)")], Silent()
        )
    thread.join()
    assert caught.value.message == "interrupted during b"
    assert [(r.step.subject, r.state.value) for r in caught.value.results] == [("a", "applied"), ("b", "failed")]
    assert session.work.execute("SELECT to_regclass('a')::text, to_regclass('b')").fetchone() == ("a", None)


def test_an_interrupt_during_the_commit_does_not_claim_that_nothing_was_changed(db: Target, session: Session) -> None:
    session.work.execute(
        "CREATE TABLE a (x int); CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    thread = threading.Thread(target=interrupt_when_asleep, args=(db,))
    thread.start()
    with pytest.raises(Interrupted) as caught, all_or_nothing(session.work, step("a"), lock_timeout="5s"):
        session.work.execute("INSERT INTO a VALUES (1)")
    thread.join()
    assert caught.value.message == "a: interrupted, while it was committed, perhaps too late"


def test_a_warning_of_the_server_reaches_the_user_and_a_notice_does_not(session: Session) -> None:
    recorder = Recorder()
    speak = "DO $$ BEGIN RAISE WARNING 'mind this'; RAISE NOTICE 'chatter'; END $$"
    execute(session, [step("a", speak)], recorder)
    assert recorder.events == ["started a", "note warning of the server: mind this", "applied a"]
    execute(session, [step("b", "SELECT 1")], Silent())
    session.work.execute(speak)
    assert len(recorder.events) == 3


# Rescue


def test_a_repeatable_step_that_fails_may_be_replaced_once(session: Session) -> None:
    asked: list[str | None] = []

    def rescue(_: object, failed: Step, error: psycopg.Error) -> Step:
        asked.append(error.sqlstate)
        if failed.subject != "b":
            return failed
        return replace(step("otherwise", "SELECT 1"), kind="repeatable")

    failing = replace(step("b", "CREATE TABLE b ()", "SELECT nope", recorded=True), kind="repeatable")
    (result,) = execute(session, [failing], Silent(), rescue=rescue)
    assert (result.step.subject, result.state) == ("otherwise", StepState.APPLIED)
    assert session.work.execute("SELECT to_regclass('b'), count(*) FROM platformdb.history").fetchone() == (None, 0)
    with pytest.raises(ApplyFailed):
        execute(session, [replace(failing, subject="c")], Silent(), rescue=rescue)
    with pytest.raises(ApplyFailed):
        execute(session, [replace(failing, kind="versioned")], Silent(), rescue=rescue)
    assert asked == ["42703", "42703"]


# Outside transactions


def test_the_statements_of_a_solo_step_stand_one_by_one(db: Target, session: Session) -> None:
    error = failure(session, step("a", "CREATE TABLE a ()", "SELECT nope", transactional=False))
    assert "check what it left behind" in error.help
    assert error.place == Place("f.sql", 2, 8)
    assert "a" in relations(db)


def test_what_a_solo_step_set_is_reset_also_where_it_fails(session: Session) -> None:
    before = session.work.execute("SELECT current_setting('work_mem'), current_setting('lock_timeout')").fetchone()
    failing = step("a", "VACUUM nope", settings=(Statement("SET work_mem = '77MB'"),), transactional=False)
    failure(session, failing)
    after = session.work.execute("SELECT current_setting('work_mem'), current_setting('lock_timeout')").fetchone()
    assert after == before


def test_an_interrupted_solo_step_stays_told_as_started(db: Target, session: Session) -> None:
    thread = threading.Thread(target=interrupt_when_asleep, args=(db,))
    thread.start()
    with pytest.raises(Interrupted):
        execute(session, [step("a", "SELECT pg_sleep(60)", recorded=True, transactional=False)], Silent())
    thread.join()
    assert [event for event, _, _ in session.work.execute(TOLD)] == ["started"]


def test_a_solo_step_is_told_before_it_runs_and_after(session: Session) -> None:
    execute(session, [step("a", "VACUUM", recorded=True, transactional=False)], Silent())
    failure(session, step("b", "VACUUM nope", recorded=True, transactional=False))
    assert [event for event, _, _ in session.work.execute(TOLD)] == ["started", "applied", "started", "failed"]


BUILD = Statement("CREATE UNIQUE INDEX CONCURRENTLY i ON a (x)", probe=Probe("index_built", "i", "a"))


def test_an_invalid_index_of_an_earlier_attempt_is_replaced(session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int); INSERT INTO a VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        session.work.execute(BUILD.sql)
    session.work.execute("TRUNCATE a")
    recorder = Recorder()
    execute(session, [step("a", BUILD, recorded=True, transactional=False)], recorder)
    assert session.work.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass").fetchone() == (
        True,
    )
    assert any("index i is invalid" in event for event in recorder.events)


def test_a_build_that_fails_leaves_no_invalid_index(session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int); INSERT INTO a VALUES (1), (1)")
    error = failure(session, step("a", BUILD, recorded=True, transactional=False))
    assert "could not create unique index" in error.message
    assert session.work.execute("SELECT to_regclass('i')").fetchone() == (None,)


def test_a_detach_that_fails_half_way_is_finished(db: Target, session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int) PARTITION BY LIST (x)")
    session.work.execute("CREATE TABLE b PARTITION OF a FOR VALUES IN (1)")
    detach = "ALTER TABLE a DETACH PARTITION b CONCURRENTLY"
    statement = Statement(detach, probe=Probe("partition_detached", "b", "a"))
    pid = session.work.info.backend_pid
    pending = "SELECT 1 FROM pg_inherits WHERE inhdetachpending"
    with connect(db) as reader:
        reader.execute("BEGIN; SELECT FROM a")

        def cancel() -> None:
            until(lambda: rows(db, pending))
            rows(db, f"SELECT pg_cancel_backend({pid})")
            reader.rollback()

        thread = threading.Thread(target=cancel)
        thread.start()
        execute(session, [step("a", statement, recorded=True, transactional=False)], Silent())
        thread.join()
    assert session.work.execute("SELECT count(*) FROM pg_inherits").fetchone() == (0,)
    assert [event for event, _, _ in session.work.execute(TOLD)] == ["started", "applied"]


def test_work_that_an_earlier_run_finished_is_recorded_and_not_done_again(session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int)")
    session.work.execute(BUILD.sql)
    recorder = Recorder()
    execute(session, [step("a", BUILD, recorded=True, transactional=False, resumes=True)], recorder)
    assert any("already done by an earlier run" in event for event in recorder.events)
    assert [event for event, _, _ in session.work.execute(TOLD)] == ["started", "applied"]
    error = failure(session, step("b", BUILD, recorded=True, transactional=False))
    assert 'relation "i" already exists' in error.message


def test_a_build_that_a_lost_runner_left_running_is_waited_for(db: Target, session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int)")
    recorder = Recorder()
    with connect(db) as lost, connect(db) as writer:
        writer.execute("BEGIN; INSERT INTO a VALUES (1)")
        build = threading.Thread(target=lost.execute, args=(BUILD.sql.encode(),))
        build.start()
        until(lambda: rows(db, "SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'"))
        freed = threading.Thread(target=lambda: (until(lambda: len(recorder.events) > 1), writer.rollback()))
        freed.start()
        execute(session, [step("a", BUILD, recorded=True, transactional=False, resumes=True)], recorder)
        freed.join()
        build.join()
    assert recorder.events[1].startswith("note a: waiting, ")
    assert recorder.events[2].startswith("note a: already done")


def test_work_that_an_earlier_run_did_not_finish_is_done(session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int)")
    execute(session, [step("a", BUILD, recorded=True, transactional=False, resumes=True)], Silent())
    assert session.work.execute("SELECT to_regclass('i')::text").fetchone() == ("i",)


def test_work_that_the_catalog_does_not_show_is_done_twice_and_then_not_believed(session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int)")
    without = Statement("INSERT INTO a VALUES (1)", probe=BUILD.probe)
    error = failure(session, step("a", without, recorded=True, transactional=False))
    assert "the catalog does not show" in error.message
    assert session.work.execute("SELECT count(*) FROM a").fetchone() == (2,)
    assert [event for event, _, _ in session.work.execute(TOLD)] == ["started", "failed"]


def test_a_constraint_that_is_still_not_valid_is_not_recorded(session: Session) -> None:
    session.work.execute("CREATE TABLE a (x int)")
    session.work.execute("ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID")
    probe = Probe("constraint_valid", "c", "a")
    error = failure(session, step("a", Statement("SELECT 1", probe=probe), recorded=True))
    assert "the catalog does not show" in error.message
    execute(
        session, [step("b", Statement("ALTER TABLE a VALIDATE CONSTRAINT c", probe=probe), recorded=True)], Silent()
    )
    assert [event for event, _, _ in session.work.execute(TOLD)] == ["failed", "applied"]


def test_a_build_is_not_cut_short_by_the_lock_timeout(db: Target) -> None:
    with session_on(db, lock_retries=0) as session, connect(db) as other:
        session.work.execute("CREATE TABLE a (x int)")
        other.execute("BEGIN; INSERT INTO a VALUES (1)")
        threading.Timer(1, other.commit).start()
        execute(session, [step("a", BUILD, transactional=False, lock_timeout="100ms")], Silent())
        until(lambda: other.info.transaction_status == psycopg.pq.TransactionStatus.IDLE)


def test_through_a_pooler_a_solo_step_that_needs_settings_is_refused(db: Target) -> None:
    with session_on(db, guard={"pooled": True}) as session:
        needs = step("a", "VACUUM", settings=(Statement("SET work_mem = '1MB'"),), transactional=False, recorded=True)
        error = failure(session, needs)
        assert isinstance(error, Refused)
        assert re.search("connect to the server itself", error.help)
        with pytest.raises(Refused):
            execute(session, [step("a", "VACUUM FULL", transactional=False, recorded=True)], Silent())
        session.work.execute("CREATE TABLE a (x int)")
        execute(session, [step("a", BUILD, transactional=False, recorded=True)], Silent())
        assert [event for event, _, _ in session.work.execute(TOLD)] == ["started", "applied"]
