from __future__ import annotations

import psycopg
import pytest

from platformdb.errors import Place
from platformdb.postgres.blockers import Blocker
from platformdb.postgres.failure import explain_failure, failure_text, is_busy
from platformdb.postgres.retry import pause_after
from platformdb.report.masking import HIDDEN
from platformdb.report.model import Statement, Step


class Fifth:
    """The origin of a statement on line 5."""

    def place(self, offset: int) -> Place:
        return Place("f.sql", 5, offset + 1)


STEP = Step(
    "test", "f.sql", "why", (Statement("SELECT 1"), Statement("SELECT 2", origin=Fifth())), source=Place("f.sql")
)


@pytest.mark.parametrize(
    ("index", "place"),
    [(None, Place("f.sql")), (-1, Place("f.sql")), (0, Place("f.sql")), (1, Place("f.sql", 5, 1)), (2, Place("f.sql"))],
)
def test_an_error_is_placed_at_its_statement_or_else_at_the_file(index: int | None, place: Place) -> None:
    assert explain_failure(psycopg.OperationalError("gone"), STEP, index).place == place


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (None, "gone"),
        (-1, "gone"),
        (0, "statement 1 of 2 at f.sql: gone"),
        (1, "statement 2 of 2 at f.sql:5:1: gone"),
        (2, "gone"),
    ],
)
def test_the_history_is_told_which_statement_it_was(index: int | None, text: str) -> None:
    assert failure_text(psycopg.OperationalError("gone"), STEP, index) == text


def test_only_what_others_hold_is_worth_another_try() -> None:
    assert is_busy(psycopg.errors.LockNotAvailable())
    assert is_busy(psycopg.errors.DeadlockDetected())
    assert not is_busy(psycopg.errors.QueryCanceled())
    assert not is_busy(psycopg.OperationalError())


def test_pauses_grow_up_to_a_limit_and_are_not_the_same_twice() -> None:
    assert all(0.25 <= pause_after(1) <= 0.5 for _ in range(100))
    assert all(5 <= pause_after(number) <= 10 for number in (6, 7, 100, 1_000_000))
    assert len({pause_after(3) for _ in range(10)}) > 1


def blocker(**fields: object) -> Blocker:
    known = {"user": "ada", "application": "psql", "state": "active", "age_seconds": 5.2, "query": "SELECT\n  1"}
    return Blocker(**{"pid": 4711, **known, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "pid 4711 (ada, psql, active for 5 s): SELECT 1"),
        (
            {"state": "idle in transaction", "age_seconds": 200.0},
            "pid 4711 (ada, psql, idle in transaction for 3 min): SELECT 1",
        ),
        ({"age_seconds": 9000.0, "application": ""}, "pid 4711 (ada, active for 2.5 h): SELECT 1"),
        (
            {"state": None, "age_seconds": None, "query": HIDDEN},
            "pid 4711 (ada, psql): (its query is hidden from this role)",
        ),
        (dict.fromkeys(("user", "application", "state", "age_seconds", "query")), "pid 4711"),
        ({"pid": 0}, "a prepared transaction (see pg_prepared_xacts)"),
        ({"query": "x" * 100}, f"pid 4711 (ada, psql, active for 5 s): {'x' * 79}…"),
    ],
)
def test_who_is_in_the_way_is_told_in_one_line(fields: dict[str, object], text: str) -> None:
    assert blocker(**fields).describe() == text


def test_a_secret_is_masked_before_the_query_is_cut() -> None:
    shown = blocker(query="x" * 77 + "hunter2").describe(lambda text: text.replace("hunter2", "***"))
    assert shown.endswith("x***")
