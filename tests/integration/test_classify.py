from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from catalog import run
from platformdb.postgres.catalog import read_procedures
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.sqltext.classify import body_commits
from solo_statements import ACCEPTED, REFUSED, SETUP, TEARDOWN

# active_sql_transaction, invalid_transaction_termination
REFUSALS = {"25001", "2D000"}


@pytest.fixture
def prepared(db: Target) -> Iterator[Connection]:
    run(db, SETUP)
    with connect(db) as connection:
        yield connection
        connection.execute(TEARDOWN)


def sqlstate(connection: Connection, sql: str) -> str | None:
    """What the server says to a statement in a transaction block; None where it takes it."""
    connection.execute("BEGIN")
    try:
        connection.execute(sql.encode())
    except psycopg.Error as error:
        return error.sqlstate
    finally:
        connection.execute("ROLLBACK")
    return None


def known(connection: Connection, statements: tuple[tuple[str, int], ...]) -> list[str]:
    version = connection.info.server_version // 10_000
    return [sql for sql, since in statements if since <= version]


def test_what_is_classed_as_refusing_a_transaction_is_refused_by_the_server(prepared: Connection) -> None:
    answers = {sql: sqlstate(prepared, sql) for sql in known(prepared, REFUSED)}
    assert {sql: state for sql, state in answers.items() if state not in REFUSALS} == {}


def test_what_is_classed_as_transactional_is_taken_by_the_server(prepared: Connection) -> None:
    answers = {sql: sqlstate(prepared, sql) for sql in known(prepared, ACCEPTED)}
    assert {sql: state for sql, state in answers.items() if state is not None} == {}


def test_a_procedure_of_the_database_that_commits_is_found_by_its_body(db: Target) -> None:
    run(
        db,
        """
        CREATE SCHEMA app;
        CREATE PROCEDURE app.commits() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;
        CREATE PROCEDURE speaks() LANGUAGE plpgsql AS $$ BEGIN -- no COMMIT;
            NULL; END $$;
        CREATE PROCEDURE quiet() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
        CREATE FUNCTION commits_too() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;
        """,
    )
    with connect(db) as connection:
        found = read_procedures(connection)
    assert {name: body_commits(body) for name, body in found} == {"commits": True, "speaks": False}
