from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import psycopg
import pytest

from catalog import relations, rows, until
from platformdb.errors import ApplyFailed, Interrupted, Place
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.target import Target
from platformdb.postgres.transaction import all_or_nothing
from platformdb.report.model import Statement, Step, StepState
from platformdb.report.progress import Silent
from recorder import Recorder


def step(name: str, *statements: str | Statement, **fields: object) -> Step:
    made = tuple(s if isinstance(s, Statement) else Statement(s) for s in statements)
    return Step("test", name, "why", made, **fields)  # type: ignore[arg-type]


@pytest.fixture
def work(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        yield connection


def failure(work: Connection, *steps: Step, observer: Recorder | None = None) -> ApplyFailed:
    with pytest.raises(ApplyFailed) as caught:
        execute(work, steps, observer or Silent())
    return caught.value


def interrupt_when_asleep(db: Target) -> None:
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    until(lambda: rows(db, sleeping))
    signal.raise_signal(signal.SIGINT)


def test_steps_run_in_order_and_are_reported_as_they_happen(work: Connection) -> None:
    recorder = Recorder()
    results = execute(work, [step("a", "CREATE TABLE a (x int)"), step("b", "INSERT INTO a VALUES (1), (2)")], recorder)
    assert recorder.events == ["started a", "applied a", "started b", "applied b"]
    assert [(r.state, r.rows) for r in results] == [(StepState.APPLIED, None), (StepState.APPLIED, 2)]
    assert all(r.elapsed_ms > 0 for r in results)


def test_no_steps_are_no_work(work: Connection) -> None:
    assert execute(work, [], Silent()) == ()


def test_values_are_bound_and_text_without_values_is_sent_as_it_is(work: Connection) -> None:
    execute(
        work,
        [
            step("a", "CREATE TABLE a (x text); INSERT INTO a VALUES ('100 %s')"),
            step("b", Statement("INSERT INTO a SELECT unnest(%s::text[])", (["x'; DROP TABLE a; --", "ü"],))),
        ],
        Silent(),
    )
    assert work.execute('SELECT x FROM a ORDER BY x COLLATE "C"').fetchall() == [
        ("100 %s",),
        ("x'; DROP TABLE a; --",),
        ("ü",),
    ]


def test_a_step_is_planned_only_when_the_one_before_it_has_run(db: Target, work: Connection) -> None:
    seen = []

    def steps() -> Iterator[Step]:
        yield step("a", "CREATE TABLE a ()")
        seen.append(relations(db))
        yield step("b", "CREATE TABLE b ()")

    execute(work, steps(), Silent())
    assert seen == [{"a"}]


def test_all_statements_of_a_transactional_step_stand_or_fall_together(db: Target, work: Connection) -> None:
    error = failure(work, step("a", "CREATE TABLE a ()", "CREATE TABLE b ()", "SELECT nope"))
    assert error.message == 'a: column "nope" does not exist'
    assert "rolled back whole" in error.help
    assert relations(db) == set()


def test_the_statements_of_a_solo_step_stand_one_by_one(db: Target, work: Connection) -> None:
    error = failure(work, step("a", "CREATE TABLE a ()", "SELECT nope", transactional=False))
    assert "check what it left behind" in error.help
    assert relations(db) == {"a"}


def test_the_first_failure_ends_the_run_and_the_error_holds_what_went_before(work: Connection) -> None:
    recorder = Recorder()
    error = failure(work, step("a", "SELECT 1"), step("b", "SELECT nope"), step("c", "SELECT 1"), observer=recorder)
    assert [(r.step.subject, r.state.value) for r in error.results] == [("a", "applied"), ("b", "failed")]
    assert recorder.events == ["started a", "applied a", "started b", "failed b"]
    assert work.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize(
    ("source", "sql", "expected"),
    [
        (Place("f.sql", 10, 5, "    SELECT nope;"), "SELECT nope", Place("f.sql", 10, 12, "    SELECT nope;")),
        (Place("f.sql", 10, 5, "    SELECT"), "SELECT\n  1, nope", Place("f.sql", 11, 6, "  1, nope")),
        (Place("f.sql", 10, 5, "x"), "SELECT 1; DO $$ BEGIN RAISE 'x'; END $$", Place("f.sql")),
        (None, "SELECT nope", None),
    ],
)
def test_a_position_is_told_in_the_file_and_without_one_only_the_file(
    work: Connection, source: Place | None, sql: str, expected: Place | None
) -> None:
    assert failure(work, step("a", sql, source=source)).place == expected


def test_an_interrupt_cancels_the_statement_and_says_what_was_done(db: Target, work: Connection) -> None:
    thread = threading.Thread(target=interrupt_when_asleep, args=(db,))
    thread.start()
    with pytest.raises(Interrupted) as caught:
        execute(work, [step("a", "CREATE TABLE a ()"), step("b", "CREATE TABLE b (); SELECT pg_sleep(60)")], Silent())
    thread.join()
    assert caught.value.message == "interrupted during b"
    assert [(r.step.subject, r.state.value) for r in caught.value.results] == [("a", "applied"), ("b", "failed")]
    assert relations(db) == {"a"}


def test_a_solo_step_is_one_statement_so_its_place_is_known(work: Connection) -> None:
    place = Place("f.sql", 10, 5, "x")
    failing = step("a", "DO $$ BEGIN RAISE 'x'; END $$", source=place, transactional=False)
    assert failure(work, failing).place == place


def test_where_the_connection_is_lost_nothing_is_said_of_a_rollback(work: Connection) -> None:
    error = failure(work, step("a", "SELECT pg_terminate_backend(pg_backend_pid())"))
    assert "the connection was lost before the server confirmed" in error.help


def test_an_interrupt_during_the_commit_does_not_claim_that_nothing_was_changed(db: Target, work: Connection) -> None:
    work.execute(
        "CREATE TABLE a (x int); CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    thread = threading.Thread(target=interrupt_when_asleep, args=(db,))
    thread.start()
    with pytest.raises(Interrupted) as caught, all_or_nothing(work, step("a"), lock_timeout="5s"):
        work.execute("INSERT INTO a VALUES (1)")
    thread.join()
    assert caught.value.message == "a: interrupted, while it was committed, perhaps too late"


def test_a_warning_of_the_server_reaches_the_user_and_a_notice_does_not(work: Connection) -> None:
    recorder = Recorder()
    speak = "DO $$ BEGIN RAISE WARNING 'mind this'; RAISE NOTICE 'chatter'; END $$"
    execute(work, [step("a", speak)], recorder)
    assert recorder.events == ["started a", "note warning of the server: mind this", "applied a"]
