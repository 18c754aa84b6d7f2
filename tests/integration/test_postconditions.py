from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from catalog import rows, run, until
from platformdb.errors import PlatformdbError
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.postconditions import Found, Look, look
from platformdb.postgres.target import Target
from platformdb.report.model import Probe
from platformdb.sqltext.classify import probe_of
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import split

WAITING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'worker' AND wait_event_type = 'Lock'"


@pytest.fixture
def connection(db: Target) -> Iterator[Connection]:
    with connect(db) as opened:
        yield opened


def probe(sql: str) -> Probe:
    (statement,) = split(Source("a.sql", sql))
    found = probe_of(statement)
    assert found is not None
    return found


def seen(connection: Connection, sql: str) -> Found:
    return look(connection, probe(sql)).found


def clean_up(connection: Connection, sql: str) -> Look:
    """Runs the cleanup that a broken state comes with, then looks again."""
    broken = look(connection, probe(sql))
    assert broken.found is Found.BROKEN
    assert broken.cleanup
    for statement in broken.cleanup:
        connection.execute(statement.sql.encode())
    return look(connection, probe(sql))


def fails(connection: Connection, sql: str) -> None:
    with pytest.raises(psycopg.Error):
        connection.execute(sql.encode())


@contextmanager
def held_up(target: Target, sql: str, *, behind: str) -> Iterator[Callable[[], None]]:
    """Another session that waits in a statement for a transaction that ran ``behind``; the function given kills it.

    In the end the transaction is rolled back, and the session done.
    """

    def work() -> None:
        with suppress(psycopg.Error, PlatformdbError), connect(target, application_name="worker") as connection:
            connection.execute(sql.encode())

    def kill() -> None:
        run(target, f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS worker")
        thread.join()

    thread = threading.Thread(target=work)
    with connect(target) as holder:
        holder.execute("BEGIN")
        holder.execute(behind.encode())
        try:
            thread.start()
            until(lambda: rows(target, WAITING))
            yield kill
        finally:
            holder.execute("ROLLBACK")
            thread.join()


BUILD = 'CREATE UNIQUE INDEX CONCURRENTLY "Once" ON app.t (x)'


@pytest.fixture
def table(db: Target) -> None:
    run(db, "CREATE SCHEMA app; CREATE TABLE app.t (x int); INSERT INTO app.t VALUES (1), (1)")


@pytest.mark.usefixtures("table")
def test_an_index_is_absent_then_built(connection: Connection) -> None:
    assert seen(connection, BUILD) is Found.ABSENT
    connection.execute("DELETE FROM app.t")
    connection.execute(BUILD.encode())
    assert seen(connection, BUILD) is Found.DONE


@pytest.mark.usefixtures("table")
def test_an_index_that_could_not_be_built_is_broken_and_dropped(connection: Connection) -> None:
    fails(connection, BUILD)
    assert look(connection, probe(BUILD)).detail == 'index app."Once" is invalid'
    assert clean_up(connection, BUILD).found is Found.ABSENT


@pytest.mark.usefixtures("table")
def test_an_index_whose_builder_was_killed_is_broken(db: Target, connection: Connection) -> None:
    index = "CREATE INDEX CONCURRENTLY i ON app.t (x)"
    with held_up(db, index, behind="INSERT INTO app.t VALUES (2)") as kill:
        kill()
    assert clean_up(connection, index).found is Found.ABSENT


@pytest.mark.usefixtures("table")
def test_an_index_that_another_session_still_builds_is_waited_for(db: Target, connection: Connection) -> None:
    index = "CREATE INDEX CONCURRENTLY i ON app.t (x)"
    with held_up(db, index, behind="INSERT INTO app.t VALUES (2)"):
        [(pid,)] = rows(db, WAITING)
        busy = look(connection, probe(index))
        assert (busy.found, busy.cleanup) == (Found.BUSY, ())
        assert f"pid {pid}" in busy.detail
    assert seen(connection, index) is Found.DONE


@pytest.mark.usefixtures("table")
def test_an_index_whose_builder_still_waits_for_the_table_is_waited_for(db: Target, connection: Connection) -> None:
    index = "CREATE INDEX CONCURRENTLY i ON app.t (x)"
    with held_up(db, index, behind="LOCK TABLE app.t"):
        assert rows(db, "SELECT to_regclass('app.i')") == [(None,)]
        assert seen(connection, index) is Found.BUSY
    assert seen(connection, index) is Found.DONE


@pytest.mark.usefixtures("table")
def test_a_role_that_may_not_see_the_builder_waits_all_the_same(db: Target, connection: Connection) -> None:
    index = "CREATE INDEX CONCURRENTLY i ON app.t (x)"
    [(role,)] = rows(db, "SELECT 'blind_' || current_database()")
    run(db, f'CREATE ROLE "{role}"; GRANT USAGE ON SCHEMA app TO "{role}"')
    try:
        with held_up(db, index, behind="INSERT INTO app.t VALUES (2)"):
            connection.execute(f'SET ROLE "{role}"'.encode())
            assert seen(connection, index) is Found.BUSY
            connection.execute("RESET ROLE")
    finally:
        run(db, f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


@pytest.mark.usefixtures("table")
def test_another_build_that_only_looks_alike_does_not_keep_anybody_waiting(db: Target, connection: Connection) -> None:
    run(db, "CREATE TABLE app.other (x int)")
    build = 'CREATE INDEX CONCURRENTLY "Twice" ON app.other (x)'
    fails(connection, BUILD)
    with held_up(db, build, behind="INSERT INTO app.other VALUES (2)"):
        assert seen(connection, BUILD) is Found.BROKEN
        assert seen(connection, BUILD.replace("Once", "Twic")) is Found.ABSENT


@pytest.mark.usefixtures("table")
def test_the_same_build_in_another_database_does_not_keep_anybody_waiting(db: Target, connection: Connection) -> None:
    [(other,)] = rows(db, "SELECT current_database() || '_other'")
    connection.execute(f'CREATE DATABASE "{other}"'.encode())
    index = "CREATE INDEX CONCURRENTLY i ON app.t (x)"
    try:
        run(db.with_database(other), "CREATE SCHEMA app; CREATE TABLE app.t (x int)")
        with held_up(db.with_database(other), index, behind="INSERT INTO app.t VALUES (2)"):
            assert seen(connection, index) is Found.ABSENT
    finally:
        connection.execute(f'DROP DATABASE "{other}" WITH (FORCE)'.encode())


def test_a_database_that_another_session_still_makes_is_waited_for(db: Target, connection: Connection) -> None:
    [(name,)] = rows(db, "SELECT current_database() || '_slow'")
    create = f'CREATE DATABASE "{name}" TEMPLATE template1'
    assert seen(connection, create) is Found.ABSENT
    with held_up(db, create, behind="LOCK TABLE pg_database IN SHARE MODE"):
        assert seen(connection, create) is Found.BUSY
    connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.mark.usefixtures("table")
def test_an_index_of_that_name_on_another_table_is_not_the_one_meant(connection: Connection) -> None:
    connection.execute("CREATE TABLE app.u (x int); CREATE INDEX i ON app.u (x)")
    answer = look(connection, probe("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON app.t (x)"))
    assert (answer.found, answer.cleanup) == (Found.ABSENT, ())
    assert answer.detail == "app.i is there, but no index of app.t"


@pytest.mark.usefixtures("table")
def test_an_index_of_that_name_in_another_schema_does_not_count(connection: Connection) -> None:
    connection.execute("CREATE TABLE other (x int); CREATE INDEX i ON other (x)")
    assert look(connection, probe("CREATE INDEX CONCURRENTLY i ON app.t (x)")).detail == "i is not there"


@pytest.mark.usefixtures("table")
def test_names_are_looked_up_by_the_sessions_search_path(connection: Connection) -> None:
    connection.execute("CREATE INDEX i ON app.t (x)")
    assert seen(connection, "CREATE INDEX CONCURRENTLY i ON t (x)") is Found.ABSENT
    assert seen(connection, "DROP INDEX CONCURRENTLY i") is Found.DONE
    connection.execute("SET search_path TO app")
    assert seen(connection, "CREATE INDEX CONCURRENTLY i ON t (x)") is Found.DONE
    assert seen(connection, "DROP INDEX CONCURRENTLY i") is Found.ABSENT


@pytest.mark.usefixtures("table")
def test_an_index_is_dropped_when_it_is_gone(connection: Connection) -> None:
    drop = 'DROP INDEX CONCURRENTLY app."Once"'
    fails(connection, BUILD)  # what an interrupted drop leaves is such an invalid index too
    assert look(connection, probe(drop)).detail == 'app."Once" is still there'
    connection.execute(drop.encode())
    assert seen(connection, drop) is Found.DONE


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("sql", ["REINDEX TABLE CONCURRENTLY app.t", "REINDEX INDEX CONCURRENTLY app.i"])
def test_what_an_interrupted_reindex_leaves_is_dropped(db: Target, connection: Connection, sql: str) -> None:
    connection.execute("CREATE INDEX i ON app.t (x)")
    with held_up(db, sql, behind="INSERT INTO app.t VALUES (2)") as kill:
        assert seen(connection, sql) is Found.BUSY
        kill()
    assert look(connection, probe(sql)).detail == "left behind: app.i_ccnew"
    assert clean_up(connection, sql).found is Found.AGAIN
    assert rows(db, "SELECT relname FROM pg_class WHERE relname ~ '^i'  AND relkind = 'i'") == [("i",)]


def test_what_is_left_on_a_toast_table_or_of_a_long_name_is_dropped_too(db: Target, connection: Connection) -> None:
    name = "n" * 63
    connection.execute(f"CREATE TABLE t (x text); CREATE INDEX {name} ON t (x)".encode())
    with held_up(db, "REINDEX TABLE CONCURRENTLY t", behind="INSERT INTO t VALUES ('x')") as kill:
        kill()
    left = look(connection, probe("REINDEX TABLE CONCURRENTLY t"))
    assert "pg_toast_" in left.detail
    assert seen(connection, f"REINDEX INDEX CONCURRENTLY {name}") is Found.BROKEN
    assert clean_up(connection, "REINDEX TABLE CONCURRENTLY t").found is Found.AGAIN


@pytest.mark.usefixtures("table")
def test_leftovers_of_another_index_are_not_those_of_this_one(db: Target, connection: Connection) -> None:
    connection.execute("CREATE INDEX i ON app.t (x); CREATE INDEX j ON app.t (x)")
    with held_up(db, "REINDEX INDEX CONCURRENTLY app.j", behind="INSERT INTO app.t VALUES (2)") as kill:
        kill()
    assert seen(connection, "REINDEX INDEX CONCURRENTLY app.i") is Found.AGAIN
    assert seen(connection, "REINDEX INDEX CONCURRENTLY app.j") is Found.BROKEN


def test_a_detachment_that_was_begun_is_finished(db: Target, connection: Connection) -> None:
    connection.execute(
        "CREATE SCHEMA app; CREATE TABLE app.whole (x int) PARTITION BY LIST (x);"
        'CREATE TABLE app."Part" PARTITION OF app.whole FOR VALUES IN (1)'
    )
    detach = 'ALTER TABLE app.whole DETACH PARTITION app."Part" CONCURRENTLY'
    assert look(connection, probe(detach)).detail == "it is still attached"
    with held_up(db, detach, behind="SELECT FROM app.whole") as kill:
        assert seen(connection, detach) is Found.BUSY
        kill()
        assert seen(connection, detach) is Found.BROKEN
    assert clean_up(connection, detach).found is Found.DONE
    assert seen(connection, detach.replace("CONCURRENTLY", "FINALIZE")) is Found.DONE


def test_a_partition_that_does_not_exist_was_not_detached(connection: Connection) -> None:
    connection.execute("CREATE TABLE whole (x int) PARTITION BY LIST (x)")
    answer = look(connection, probe("ALTER TABLE whole DETACH PARTITION nowhere CONCURRENTLY"))
    assert (answer.found, answer.detail) == (Found.ABSENT, "there is no such partition")


@pytest.mark.usefixtures("table")
def test_a_constraint_is_valid_once_it_is_validated_also_in_the_same_transaction(connection: Connection) -> None:
    validate = 'ALTER TABLE app.t VALIDATE CONSTRAINT "Positive"'
    assert seen(connection, validate) is Found.ABSENT
    connection.execute('ALTER TABLE app.t ADD CONSTRAINT "Positive" CHECK (x > 0) NOT VALID')
    assert look(connection, probe(validate)).detail == "it is not validated"
    with connection.transaction():
        connection.execute(validate.encode())
        assert seen(connection, validate) is Found.DONE


def test_a_database_is_there_or_gone_or_dropped_half(db: Target, connection: Connection) -> None:
    [(name,)] = rows(db, "SELECT current_database() || ' Extra'")
    create, drop = f'CREATE DATABASE "{name}"', f'DROP DATABASE "{name}"'
    assert (seen(connection, create), seen(connection, drop)) == (Found.ABSENT, Found.DONE)
    connection.execute(create.encode())
    assert (seen(connection, create), seen(connection, drop)) == (Found.DONE, Found.ABSENT)
    connection.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = %s", (name,))  # as DROP leaves it
    assert seen(connection, drop) is Found.ABSENT
    assert clean_up(connection, create).found is Found.ABSENT
    assert seen(connection, drop) is Found.DONE


def test_a_tablespace_is_there_or_gone(connection: Connection) -> None:
    assert seen(connection, "CREATE TABLESPACE pg_default LOCATION '/x'") is Found.DONE
    assert seen(connection, "DROP TABLESPACE pg_default") is Found.ABSENT
    assert seen(connection, "CREATE TABLESPACE nowhere LOCATION '/x'") is Found.ABSENT
    assert seen(connection, "DROP TABLESPACE nowhere") is Found.DONE


def test_a_subscription_is_there_or_gone(connection: Connection) -> None:
    create, drop = "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "DROP SUBSCRIPTION s"
    assert (seen(connection, create), seen(connection, drop)) == (Found.ABSENT, Found.DONE)
    connection.execute(f"{create} WITH (connect = false, slot_name = NONE)".encode())
    assert (seen(connection, create), seen(connection, drop)) == (Found.DONE, Found.ABSENT)
    connection.execute(drop.encode())


def test_what_may_run_again_costs_no_question(connection: Connection) -> None:
    connection.close()
    assert seen(connection, "VACUUM") is Found.AGAIN
