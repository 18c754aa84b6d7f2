from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from catalog import rows, until
from platformdb.postgres import wire
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.postgres.wire import Stopped, send, send_alone
from platformdb.report.model import Statement
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import TextOrigin
from sessions import copied

SLEEPING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
ABORTED = psycopg.pq.TransactionStatus.INERROR
IDLE = psycopg.pq.TransactionStatus.IDLE


@pytest.fixture
def work(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        yield connection


def nothing() -> None:
    pass


def of(*texts: str) -> tuple[Statement, ...]:
    return tuple(map(Statement, texts))


def test_each_statement_has_an_answer_of_its_own(work: Connection) -> None:
    answers = send(
        work, of("CREATE TABLE a (x int)", "INSERT INTO a VALUES (1), (2)", "SELECT x FROM a", "BEGIN"), nothing
    )
    assert [(answer.rows, answer.value) for answer in answers] == [(None, None), (2, None), (2, b"1"), (None, None)]


def test_the_first_of_a_files_statements_is_not_timed_with_what_comes_before_it(work: Connection) -> None:
    slept = "SELECT pg_sleep(0.2)"
    own = Statement(slept, origin=TextOrigin(Source("x.sql", slept), 0))
    begun, first = send(work, (Statement("BEGIN"), own), nothing)
    assert first.seconds > begun.seconds


def test_each_statement_is_timed_by_itself(work: Connection) -> None:
    texts = ("SELECT 1", "SELECT pg_sleep(0.3)", "SELECT 1")
    first, second, third = send(work, tuple(Statement(t, origin=TextOrigin(Source("a", t), 0)) for t in texts), nothing)
    assert second.seconds > first.seconds + third.seconds


def test_text_without_values_is_sent_as_it_is(work: Connection) -> None:
    (answer,) = send(work, of("SELECT '100 % %s %%'"), nothing)
    assert answer.value == b"100 % %s %%"


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (1, "bigint", b"1"),
        ("x'; DROP TABLE a; --", "text", b"x'; DROP TABLE a; --"),
        ("ü", "text", "ü".encode()),
        (0.1, "float8", b"0.1"),
        (True, "boolean", b"t"),
        ((1.5, 2.25), "numeric[]", b"{1.5,2.25}"),
        ((), "numeric[]", b"{}"),
        (["a,b", 'c"'], "text[]", b'{"a,b","c\\""}'),
    ],
)
def test_values_are_bound(work: Connection, value: object, type_: str, text: bytes) -> None:
    statement = Statement(f"SELECT $1::{type_}, $2::text IS NULL", (value, None))
    assert [answer.value for answer in (*send(work, (statement,), nothing), send_alone(work, statement, nothing))] == [
        text,
        text,
    ]


def test_what_fails_is_known_by_its_number_and_nothing_runs_after_it(work: Connection) -> None:
    work.execute("CREATE SEQUENCE s")
    with pytest.raises(Stopped) as caught:
        send(work, of("BEGIN", "SELECT nope", "SELECT nextval('s')"), nothing)
    assert (caught.value.index, caught.value.error.sqlstate) == (1, "42703")
    assert work.info.transaction_status == ABORTED
    send(work, of("ROLLBACK"), nothing)
    assert work.execute("SELECT is_called FROM s").fetchone() == (False,)


def test_an_error_in_the_middle_of_rows_is_the_statements(work: Connection) -> None:
    with pytest.raises(Stopped) as caught:
        send(work, of("SELECT 1", "SELECT 1 / (500 - n) FROM generate_series(1, 1000) AS n"), nothing)
    assert caught.value.index == 1
    assert isinstance(caught.value.error, psycopg.errors.DivisionByZero)


def test_what_refuses_a_transaction_runs_alone(work: Connection) -> None:
    work.execute("CREATE TABLE a (x int)")
    build = Statement("CREATE INDEX CONCURRENTLY i ON a (x)")
    with pytest.raises(Stopped) as caught:
        send(work, (*of("SELECT 1"), build), nothing)
    assert isinstance(caught.value.error, psycopg.errors.ActiveSqlTransaction)
    send_alone(work, build, nothing)
    assert work.execute("SELECT to_regclass('i')::text").fetchone() == ("i",)


def test_a_statement_of_fifty_megabytes_whose_answer_is_as_large_goes_through(work: Connection) -> None:
    big = f"SELECT '{'x' * 50_000_000}'"
    assert [len(answer.value or b"") for answer in send(work, of(big, big), nothing)] == [50_000_000] * 2


@pytest.mark.parametrize("statement", ["COPY (SELECT 1) TO STDOUT", "COPY a FROM STDIN"])
def test_a_copy_without_rows_is_an_error_and_does_not_hang(db: Target, statement: str) -> None:
    for alone in (True, False):
        with connect(db) as work:
            work.execute("CREATE TABLE IF NOT EXISTS a (x int)")
            with pytest.raises(Stopped, match="without rows in the file"):
                _ = send_alone(work, Statement(statement), nothing) if alone else send(work, of(statement), nothing)


def test_rows_that_the_server_refuses_are_an_error_with_the_line(work: Connection) -> None:
    work.execute("CREATE TABLE a (x int)")
    statements = (*of("BEGIN", "SELECT 1"), copied("COPY a FROM stdin", lambda: iter([b"1\n", b"x\n"] * 2)))
    with pytest.raises(Stopped) as caught:
        send(work, (*statements, *of("SELECT 1")), nothing)
    assert caught.value.index == 2
    assert "COPY a, line 2" in (caught.value.error.diag.context or "")
    assert work.info.transaction_status == ABORTED


def test_rows_whose_source_fails_are_not_kept(work: Connection) -> None:
    def torn() -> Iterator[bytes]:
        yield b"1\n"
        raise ValueError("torn")

    work.execute("CREATE TABLE a (x int)")
    for begin in ((), of("BEGIN")):
        with pytest.raises(ValueError, match="torn"):
            send(work, (*begin, copied("COPY a FROM stdin", torn)), nothing)
        assert not work.closed
        work.execute("ROLLBACK")
        assert work.execute("SELECT count(*) FROM a").fetchone() == (0,)


@pytest.mark.parametrize("alone", [True, False])
def test_an_interrupt_ends_the_statement_on_the_server_and_spares_the_connection(
    db: Target, work: Connection, alone: bool
) -> None:
    def interrupt() -> None:
        until(lambda: rows(db, SLEEPING))
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    statements = of("BEGIN", "SELECT 1", "SELECT pg_sleep(60)", "SELECT 1")
    with pytest.raises(KeyboardInterrupt):
        _ = send_alone(work, statements[2], nothing) if alone else send(work, statements, nothing)
    thread.join()
    assert work.info.transaction_status == (IDLE if alone else ABORTED)
    assert rows(db, SLEEPING) == []
    send(work, of("ROLLBACK", "SELECT 1"), nothing)


def test_what_the_server_does_not_stop_in_time_loses_its_connection(
    db: Target, work: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "CANCEL_SECONDS", 0.5)
    pid = work.info.backend_pid

    def interrupt() -> None:
        until(lambda: rows(db, SLEEPING))
        os.kill(pid, signal.SIGSTOP)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            send(work, of("SELECT pg_sleep(60)"), nothing)
    finally:
        thread.join()
        os.kill(pid, signal.SIGCONT)
    assert work.closed


def test_an_interrupt_between_rows_keeps_none_of_them(work: Connection) -> None:
    def endless() -> Iterator[bytes]:
        yield b"1\n"
        signal.raise_signal(signal.SIGINT)
        yield b"2\n"

    work.execute("CREATE TABLE a (x int)")
    with pytest.raises(KeyboardInterrupt):
        send(work, (copied("COPY a FROM stdin", endless),), nothing)
    assert work.execute("SELECT count(*) FROM a").fetchone() == (0,)


def test_what_is_raised_between_waits_ends_the_statement_too(work: Connection) -> None:
    def raise_() -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        send(work, of("SELECT pg_sleep(60)"), raise_)
    assert [answer.rows for answer in send(work, of("SELECT 1"), nothing)] == [1]


def test_it_is_called_between_waits_also_while_answers_come_one_after_another(work: Connection) -> None:
    calls: list[float] = []
    send(work, of(*["SELECT pg_sleep(0.01)"] * 100), lambda: calls.append(time.monotonic()))
    assert len(calls) > 20


def test_a_lost_connection_is_an_error_of_the_statement_under_way(work: Connection) -> None:
    with pytest.raises(Stopped) as caught:
        send(work, of("SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1"), nothing)
    assert caught.value.index == 1
    assert isinstance(caught.value.error, psycopg.OperationalError)
    assert work.closed


def test_notices_reach_the_handlers(work: Connection) -> None:
    heard: list[str | None] = []
    work.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    send(work, of("DO $$ BEGIN RAISE NOTICE 'in a pipeline'; END $$"), nothing)
    send_alone(work, Statement("DO $$ BEGIN RAISE NOTICE 'alone'; END $$"), nothing)
    assert heard == ["in a pipeline", "alone"]


MEASURE = """
import resource, sys
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.postgres.wire import send
from platformdb.report.model import Statement
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import TextOrigin
from sessions import copied

def rows():
    for _ in range(150):
        yield b"some words\\tand some more of them\\n" * 32768

target = Target("url", dict(item.split("=", 1) for item in sys.argv[1:]))
with connect(target) as work:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    statements = (Statement("CREATE TABLE a (x text, y text)"), copied("COPY a FROM stdin", rows))
    _, answer = send(work, statements, lambda: None)
    many, _ = send(work, (Statement("SELECT * FROM a"), Statement("SELECT 1")), lambda: None)
    print(answer.rows, many.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.newest_server
def test_neither_rows_that_are_sent_nor_rows_that_come_are_kept_in_memory(db: Target) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    parameters = [f"{name}={value}" for name, value in db.parameters.items()]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, *parameters], env=environment, capture_output=True, text=True, check=False
    )
    sent, read, kilobytes = map(int, ran.stdout.split() or (0, 0, 0))
    assert (sent, read) == (150 * 32768, 150 * 32768), ran.stderr
    assert kilobytes < 30_000
