from __future__ import annotations

import pytest
from psycopg import errors

from catalog import picture, run
from platformdb import __version__
from platformdb.errors import Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.execute import execute
from platformdb.postgres.history import creation, read_history, write_record
from platformdb.postgres.target import Target
from platformdb.report.model import History, Record
from platformdb.report.progress import Silent

RECORD = Record("demo", "versioned", "001", "größe", "sha256:x", 1, 2, "SELECT '100 %s; ''ä'''")


@pytest.fixture
def with_history(db: Target) -> Target:
    with connect(db) as connection:
        execute(connection, creation(read_history(connection, "demo")), Silent())
    return db


def test_reading_a_database_without_history_makes_none(db: Target) -> None:
    before = picture(db)
    with connect(db) as connection:
        assert read_history(connection, "demo") == History(exists=False)
    assert picture(db) == before


def test_a_record_is_read_as_it_was_written(with_history: Target) -> None:
    with connect(with_history) as connection:
        write_record(connection, RECORD, 12.5)
        (entry,) = read_history(connection, "demo").entries
        now = connection.execute("SELECT clock_timestamp(), tool_version FROM platformdb.history").fetchone()
    assert (entry.record, entry.elapsed_ms) == (RECORD, 12.5)
    assert now is not None
    assert 0 <= (now[0] - entry.applied_at).total_seconds() < 60
    assert now[1] == __version__


def test_a_platform_sees_only_its_own_rows_oldest_first(with_history: Target) -> None:
    with connect(with_history) as connection:
        for platform, version in (("demo", "2"), ("other", "9"), ("demo", "1")):
            write_record(connection, Record(platform, "versioned", version, "n", "c"), 1)
        assert [e.record.version for e in read_history(connection, "demo").entries] == ["2", "1"]


def test_a_history_that_exists_is_not_made_again(with_history: Target) -> None:
    with connect(with_history) as connection:
        assert creation(read_history(connection, "demo")) == ()


def test_making_it_twice_harms_nothing(with_history: Target) -> None:
    with connect(with_history) as connection:
        write_record(connection, RECORD, 1)
        execute(connection, creation(History(exists=False)), Silent())
        assert len(read_history(connection, "demo").entries) == 1


def test_a_search_path_without_public_changes_nothing(with_history: Target) -> None:
    with connect(with_history) as connection:
        connection.execute("SET search_path = ''")
        write_record(connection, RECORD, 1)
        assert len(read_history(connection, "demo").entries) == 1


@pytest.mark.parametrize(
    "record",
    [Record("demo", "strange", "1", "n", "c"), Record("demo", "versioned", "1", "n", "c", 3, 2)],
    ids=["an unknown kind", "a segment beyond the last"],
)
def test_the_table_takes_no_nonsense(with_history: Target, record: Record) -> None:
    with connect(with_history) as connection, pytest.raises(errors.CheckViolation):
        write_record(connection, record, 1)


def test_a_table_of_somebody_else_under_the_name_is_refused(db: Target) -> None:
    run(db, "CREATE SCHEMA platformdb; CREATE TABLE platformdb.history (other int)")
    with connect(db) as connection, pytest.raises(Refused, match=r"platformdb\.history"):
        read_history(connection, "demo")
