"""Before anything is judged: the database is made fit, and what cannot be is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from databases import clone, template
from platformdb.bench.ground.preflight import preflight
from platformdb.bench.ground.prepare import prepare, read_states
from platformdb.errors import Place
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.databases import database_exists
from platformdb.postgres.pins import pin
from platformdb.postgres.scratch import PREFIX, scratch_copy
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.workload.model import Query
from servers import Server

SHOP = Platform("shop", Path(), Path("phases"), Path("sql"), Path("seeds"))
# More rows than ANALYZE reads by itself; and a table whose columns have few values, which prove nothing.
SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, who int NOT NULL, note text);
CREATE TABLE votes (choice int NOT NULL);
CREATE TABLE days (at date NOT NULL, n int) PARTITION BY RANGE (at);
CREATE TABLE days_old PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2024-01-01');
CREATE TABLE days_new PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2030-01-01');
CREATE INDEX ON orders (who);
INSERT INTO orders SELECT n, n * 7919 % 1000, repeat('x', n % 30) FROM generate_series(1, 40000) AS n;
INSERT INTO votes SELECT n % 3 FROM generate_series(1, 40000) AS n;
INSERT INTO days SELECT date '2023-01-01' + n % 700, n FROM generate_series(1, 40000) AS n;
"""
STATISTICS = "SELECT md5(string_agg(s::text, '' ORDER BY starelid, staattnum, stainherit)) FROM pg_statistic AS s" \
    " WHERE starelid IN ('orders'::regclass, 'votes'::regclass, 'days'::regclass, 'days_old'::regclass)"  # fmt: skip


@pytest.fixture(scope="session")
def shop_template(server: Server) -> str:
    def fill(target: Target) -> None:
        with connect(target) as connection:
            connection.execute(SCHEMA)

    return template(server, "preflight_shop", fill)


@pytest.fixture
def shop(server: Server, shop_template: str, request: pytest.FixtureRequest) -> Iterator[Target]:
    target = clone(server, shop_template, f"preflight_{os.getpid()}_{abs(hash(request.node.name))}")
    yield target
    server.execute(f'DROP DATABASE "{target.parameters["dbname"]}" WITH (FORCE)')


@pytest.fixture
def at_shop(shop: Target) -> Iterator[Connection]:
    with connect(shop) as connection:
        pin(connection)
        yield connection


def rules(connection: Connection, prepared: Collection[str] = (), *, any_rows: bool = True) -> set[str]:
    return {finding.rule for finding in preflight(connection, SHOP, (), prepared, any_rows=any_rows)}


def change(connection: Connection, sql: str) -> None:
    connection.execute("SET default_transaction_read_only = off")
    connection.execute(sql.encode())
    connection.execute("SET default_transaction_read_only = on")
    if connection.info.server_version >= 150_000:
        connection.execute("SELECT pg_stat_force_next_flush()")


def fingerprint(connection: Connection) -> object:
    return connection.execute(STATISTICS.encode()).fetchone()


def test_rows_just_loaded_are_not_fit_and_prepare_makes_them_so(at_shop: Connection) -> None:
    assert rules(at_shop) >= {"statistics-missing", "dead-pages"}
    prepared = prepare(at_shop)
    assert prepared == {"public.orders", "public.votes", "public.days"}
    assert rules(at_shop, prepared) == set()


def test_a_second_time_only_what_cannot_be_proven_is_done_again(at_shop: Connection) -> None:
    prepare(at_shop)
    assert prepare(at_shop) == {"public.votes"}


def test_statistics_of_every_row_are_the_same_bytes_each_time(at_shop: Connection) -> None:
    prepare(at_shop)
    first = fingerprint(at_shop)
    at_shop.execute("ANALYZE")  # as the server samples by itself
    assert fingerprint(at_shop) != first
    assert "statistics-stale" in rules(at_shop)
    prepare(at_shop)
    assert fingerprint(at_shop) == first


def test_a_vacuum_afterwards_may_have_guessed_the_rows_and_is_noticed(at_shop: Connection) -> None:
    prepared = prepare(at_shop)
    at_shop.execute("VACUUM orders")
    assert rules(at_shop, prepared) == {"statistics-stale"}
    assert "public.orders" in prepare(at_shop)


def test_one_changed_row_is_noticed(at_shop: Connection) -> None:
    prepared = prepare(at_shop)
    change(at_shop, "UPDATE orders SET who = 0 WHERE id = 1")
    assert rules(at_shop, prepared) >= {"statistics-stale", "dead-pages"}


def test_rows_that_were_rolled_back_leave_dead_ones_which_are_noticed(at_shop: Connection) -> None:
    prepared = prepare(at_shop)
    change(at_shop, "BEGIN; INSERT INTO orders SELECT n, 0 FROM generate_series(50000, 59999) AS n; ROLLBACK")
    assert "dead-pages" in rules(at_shop, prepared)
    assert "public.orders" in prepare(at_shop)
    assert rules(at_shop, ("public.votes",)) == set()


def test_dead_rows_that_another_session_still_sees_are_named_with_it(shop: Target, at_shop: Connection) -> None:
    with connect(shop) as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM votes")
        change(at_shop, "DELETE FROM orders WHERE id < 100")
        prepared = prepare(at_shop)
        findings = [each for each in preflight(at_shop, SHOP, (), prepared, any_rows=True) if each.rule == "dead-pages"]
        other.execute("ROLLBACK")
        assert f"process {other.info.backend_pid} still sees them" in findings[0].message
    assert rules(at_shop, prepare(at_shop)) == set()


def test_truncate_keeps_statistics_and_that_is_noticed(at_shop: Connection) -> None:
    prepare(at_shop)
    change(at_shop, "TRUNCATE orders")
    findings = preflight(at_shop, SHOP, (), prepare(at_shop), any_rows=True)
    assert [each.rule for each in findings] == ["statistics-stale"]
    assert "the rows that were there before" in findings[0].message


def test_what_autovacuum_will_do_at_its_next_turn_is_said(at_shop: Connection) -> None:
    prepared = prepare(at_shop)
    change(
        at_shop,
        "ALTER TABLE votes SET (autovacuum_enabled = off); UPDATE votes SET choice = 1; UPDATE orders SET who = 1",
    )
    due = [each for each in preflight(at_shop, SHOP, (), prepared, any_rows=True) if each.rule == "autovacuum-due"]
    assert "public.orders" in due[0].message
    assert "public.votes" not in due[0].message


def test_rows_of_no_seed_are_foreign_unless_that_is_wanted(at_shop: Connection) -> None:
    prepared = prepare(at_shop)
    assert rules(at_shop, prepared, any_rows=False) == {"foreign-rows"}
    change(
        at_shop,
        "CREATE SCHEMA platformdb; CREATE TABLE platformdb.seed AS SELECT 'shop' AS platform, 80000 AS rows,"
        " ARRAY['public.orders', '\"public\".\"days\"'] AS tables",
    )
    assert rules(at_shop, prepared, any_rows=False) == set()
    change(at_shop, "INSERT INTO days VALUES ('2023-05-05', 1)")
    assert "foreign-rows" in rules(at_shop, prepare(at_shop), any_rows=False)


def test_a_query_over_an_empty_table_has_nothing_to_judge(at_shop: Connection) -> None:
    change(at_shop, "CREATE TABLE returns (id int)")
    sql = "WITH votes AS (SELECT 1) SELECT * FROM orders JOIN votes ON true LEFT JOIN returns USING (id)"
    query = Query("late", "A test.", sql, 5.0, (), Place("late.sql", 2, 1))
    findings = preflight(at_shop, SHOP, [query], prepare(at_shop), any_rows=True)
    assert [(each.rule, each.place) for each in findings] == [("table-empty", query.place)]
    assert "returns" in findings[0].message


def test_settings_that_another_session_would_have_are_noticed(at_shop: Connection) -> None:
    prepared = prepare(at_shop)
    at_shop.execute("SET enable_hashjoin = off")  # what a pooler does by lending out another session
    assert "settings-unpinned" in rules(at_shop, prepared)


def test_a_role_that_owns_nothing_is_told_who_must_prepare(server: Server, shop: Target) -> None:
    with connect(shop) as owner, suppress(Exception):
        owner.execute("CREATE ROLE preflight_reader LOGIN")
    with connect(shop) as owner:
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO preflight_reader")
    with connect(shop) as reader:
        reader.execute("SET ROLE preflight_reader")
        pin(reader)
        findings = preflight(reader, SHOP, (), prepare(reader), any_rows=True)
    assert {each.rule for each in findings} >= {"statistics-missing"}
    assert "the role that owns the tables" in findings[0].help


def copies(server: Server) -> list[str]:
    with connect(server.maintenance) as connection:
        return [name for (name,) in connection.execute("SELECT datname FROM pg_database") if name.startswith(PREFIX)]


def test_a_copy_has_the_rows_and_the_databases_own_settings_and_is_gone_afterwards(
    server: Server, shop: Target
) -> None:
    name = shop.parameters["dbname"]
    server.execute(f'ALTER DATABASE "{name}" SET search_path = "$user", public, pg_temp')
    with scratch_copy(shop) as copy:
        assert copy is not None
        with connect(copy) as connection:
            assert connection.execute("SELECT count(*) FROM orders").fetchone() == (40_000,)
            assert connection.execute("SHOW search_path").fetchone() == ('"$user", public, pg_temp',)
    assert copies(server) == []


@pytest.mark.newest_server
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_copy_is_dropped_after_an_error_even_with_a_session_in_it(
    server: Server, shop: Target, error: type[BaseException]
) -> None:
    def spoil() -> None:
        with scratch_copy(shop) as copy:
            assert copy is not None
            sessions.append(connect(copy))
            sessions[0].__enter__()
            raise error

    sessions: list[object] = []
    with pytest.raises(error):
        spoil()
    assert copies(server) == []


@pytest.mark.newest_server
def test_no_copy_is_made_of_a_database_that_others_use_or_that_is_large(shop: Target) -> None:
    with connect(shop), scratch_copy(shop) as copy:
        assert copy is None
    with scratch_copy(shop, largest=1_000) as copy:
        assert copy is None


@pytest.mark.newest_server
def test_no_copy_is_made_by_a_role_that_may_not(server: Server, shop: Target) -> None:
    with connect(server.maintenance) as connection, suppress(Exception):
        connection.execute("CREATE ROLE preflight_nobody LOGIN PASSWORD 'preflight'")
    nobody = Target("url", {**shop.parameters, "user": "preflight_nobody", "password": "preflight"})
    with scratch_copy(nobody) as copy:
        assert copy is None


@pytest.mark.newest_server
def test_the_copy_of_a_run_that_was_killed_is_dropped_by_the_next_and_that_of_a_living_one_is_not(
    server: Server, shop: Target
) -> None:
    program = textwrap.dedent("""
        import json, sys
        from platformdb.postgres.scratch import scratch_copy
        from platformdb.postgres.target import Target
        with scratch_copy(Target("url", json.loads(sys.argv[1]))) as copy:
            print(copy.parameters["dbname"], flush=True)
            sys.stdin.read()
    """)
    command = [sys.executable, "-c", program, json.dumps(dict(shop.parameters))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        with scratch_copy(shop), connect(server.maintenance) as connection:
            assert database_exists(connection, name)
        os.kill(other.pid, signal.SIGKILL)
    waited = threading.Event()
    for _ in range(50):  # until the server has noticed
        with scratch_copy(shop), connect(server.maintenance) as connection:
            if not database_exists(connection, name):
                break
        waited.wait(0.1)
    assert copies(server) == []


@pytest.mark.newest_server
def test_a_database_of_somebody_that_is_only_named_alike_stays(server: Server, shop: Target) -> None:
    name = f"{PREFIX}results_{os.getpid()}"
    server.execute(f'CREATE DATABASE "{name}"')
    try:
        with scratch_copy(shop) as copy, connect(server.maintenance) as connection:
            assert copy is not None
            assert database_exists(connection, name)
    finally:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')


def test_no_table_of_the_servers_own_is_looked_at(at_shop: Connection) -> None:
    assert {state.name.split(".")[0] for state in read_states(at_shop)} == {"public"}
