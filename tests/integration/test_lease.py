"""The lease by itself, on plain connections: what two holders may do to each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from catalog import impatient, rows, run
from platformdb.errors import NotNow, Refused
from platformdb.postgres import lease as module
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.holders import Caller
from platformdb.postgres.lease import Lease, clear_expired, ensure_lease_table, read_lease, remove_lease
from platformdb.postgres.target import Target
from runners import role_without_rights

ADA = Caller("ada", "laptop", 4711)
BOB = Caller("bob", "desk", 4712)
EXPIRE = "UPDATE platformdb.lease SET expires_at = clock_timestamp() - interval '1 minute'"


@pytest.fixture
def two(db: Target) -> Iterator[tuple[Lease, Lease]]:
    """Ada holds the lease, Bob does not."""
    with connect(impatient(db)) as first, connect(impatient(db)) as second:
        ensure_lease_table(first, None)
        ada, bob = Lease(first, ADA), Lease(second, BOB)
        assert ada.take() == (True, None)
        yield ada, bob


def fence(connection: Connection, lease: Lease) -> bool:
    """Sends the fence in the transaction that is open on a connection; whether it holds."""
    sent = psycopg.RawCursor(connection).execute(lease.fence.sql.encode(), lease.fence.parameters)
    return sent.fetchone() is not None


@contextmanager
def fenced(db: Target, lease: Lease) -> Iterator[Connection]:
    with connect(impatient(db)) as work:
        work.execute("BEGIN")
        assert fence(work, lease)
        yield work


def test_one_holds_it_until_it_is_given_back(two: tuple[Lease, Lease]) -> None:
    ada, bob = two
    assert bob.take() == (False, None)
    held = read_lease(bob.connection)
    assert held is not None
    assert (held.holder, held.expired) == (ADA, False)
    assert 25 < (held.expires_at - held.since).total_seconds() <= 31
    assert ada.give_back()
    assert bob.take() == (True, None)
    assert not ada.give_back()


def test_an_expired_lease_is_taken_over_and_the_sleeper_finds_out(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, bob = two
    run(impatient(db), EXPIRE)
    taken, earlier = bob.take()
    assert taken
    assert earlier is not None
    assert earlier.startswith("ada@laptop:4711, which expired at 2")
    with connect(db) as work:
        work.execute("BEGIN")
        assert not fence(work, ada)
    ada._renewed = 0  # as if it had slept
    with pytest.raises(NotNow, match="the runner lease was lost"):
        ada.check()
    bob.check()


def test_a_fenced_transaction_keeps_an_expired_lease_until_it_ends(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, bob = two
    with fenced(db, ada) as work:
        run(impatient(db), EXPIRE)
        assert bob.take() == (False, None)
        assert clear_expired(bob.connection) is None
        with pytest.raises(psycopg.errors.QueryCanceled):  # whoever does not skip the locked row waits for it
            bob.connection.execute(
                "SET statement_timeout = '300ms'; UPDATE platformdb.lease SET token = gen_random_uuid()"
            )
        work.execute("COMMIT")
    assert bob.take()[0]


def test_a_fenced_transaction_does_not_hold_up_the_heartbeat(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, _ = two
    with fenced(db, ada):
        before = rows(db, "SELECT expires_at FROM platformdb.lease")
        ada._renewed = 0
        ada.connection.execute("SET statement_timeout = '2s'")
        ada.check()
        assert rows(db, "SELECT expires_at FROM platformdb.lease") > before


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_fenced_transaction_of_any_isolation_commits_beside_heartbeats(
    db: Target, two: tuple[Lease, Lease], level: str
) -> None:
    ada, _ = two
    with connect(impatient(db)) as work:
        work.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
        assert fence(work, ada)
        ada._renewed = 0
        ada.check()
        work.execute("CREATE TABLE t ()")
        work.execute("COMMIT")
    assert rows(db, "SELECT count(*) FROM t") == [(0,)]


def test_checking_asks_the_server_only_when_a_heartbeat_is_due(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, _ = two
    before = rows(db, "SELECT expires_at FROM platformdb.lease")
    for _ in range(50):
        ada.check()
        ada.beat()
    assert rows(db, "SELECT expires_at FROM platformdb.lease") == before
    ada._renewed -= module.BEAT_SECONDS
    ada.check()
    assert rows(db, "SELECT expires_at FROM platformdb.lease") > before


def test_a_lease_that_was_taken_away_is_found_at_the_next_heartbeat(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, _ = two
    run(db, "DELETE FROM platformdb.lease")
    ada._renewed -= module.BEAT_SECONDS
    ada.beat()  # says nothing itself
    with pytest.raises(NotNow, match="the runner lease was lost"):
        ada.check()


def test_a_lease_whose_connection_is_gone_is_lost(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, _ = two
    run(db, f"SELECT pg_terminate_backend({ada.connection.info.backend_pid}, 5000)")
    with pytest.raises(NotNow, match="the runner lease was lost"):
        ada.check()


def test_an_expired_lease_is_removed_for_good(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, bob = two
    assert clear_expired(bob.connection) is None
    run(impatient(db), EXPIRE)
    earlier = clear_expired(bob.connection)
    assert earlier is not None
    assert earlier.startswith("ada@laptop:4711")
    with connect(db) as work:
        work.execute("BEGIN")
        assert not fence(work, ada)


def test_giving_back_waits_for_a_transaction_that_is_just_ending(db: Target, two: tuple[Lease, Lease]) -> None:
    ada, _ = two
    with fenced(db, ada) as work:
        timer = threading.Timer(0.3, work.execute, ["COMMIT"])
        timer.start()
        assert ada.give_back()
        timer.join()


def test_a_lease_that_a_transaction_keeps_is_not_waited_for_for_ever(
    db: Target, two: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    monkeypatch.setattr(module, "REMOVE_SECONDS", 0.2)
    with fenced(db, ada):
        assert not remove_lease(bob.connection, ada.token)
    assert rows(db, "SELECT os_user FROM platformdb.lease") == [("ada",)]


def test_many_may_create_the_table_and_one_gets_the_lease(db: Target) -> None:
    together = threading.Barrier(8)
    taken: list[bool] = []

    def take(connection: Connection) -> None:
        together.wait()
        ensure_lease_table(connection, None)
        taken.append(Lease(connection, ADA).take()[0])

    with ExitStack() as stack:
        connections = [stack.enter_context(connect(db)) for _ in range(8)]
        threads = [threading.Thread(target=take, args=(connection,)) for connection in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
    assert sorted(taken) == [False] * 7 + [True]


def test_many_may_reach_for_an_expired_lease_and_one_gets_it(db: Target, two: tuple[Lease, Lease]) -> None:
    together = threading.Barrier(8)
    taken: list[bool] = []

    def take(connection: Connection) -> None:
        together.wait()
        taken.append(Lease(connection, BOB).take()[0])

    with ExitStack() as stack:
        connections = [stack.enter_context(connect(db)) for _ in range(8)]
        for _ in range(10):
            taken.clear()
            run(impatient(db), EXPIRE)
            threads = [threading.Thread(target=take, args=(connection,)) for connection in connections]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=20)
            assert sorted(taken) == [False] * 7 + [True]


def test_a_role_that_may_not_create_the_table_is_told_what_to_do(db: Target) -> None:
    with role_without_rights(db) as target, connect(target) as connection:
        with pytest.raises(Refused, match="may not make it: permission denied for database") as caught:
            ensure_lease_table(connection, None)
        assert "CREATE SCHEMA platformdb AUTHORIZATION" in caught.value.help


def test_a_role_that_owns_the_schema_and_nothing_else_can_hold_the_lease(db: Target) -> None:
    with role_without_rights(db) as target:
        run(db, f'CREATE SCHEMA platformdb AUTHORIZATION "{target.parameters["user"]}"')
        with connect(target) as connection:
            ensure_lease_table(connection, None)
            assert Lease(connection, ADA).take() == (True, None)


def test_a_login_without_rights_holds_the_lease_as_the_role_it_is_told_to_be(db: Target) -> None:
    with role_without_rights(db) as owner, role_without_rights(db, "login") as target, connect(target) as connection:
        role, login = owner.parameters["user"], target.parameters["user"]
        run(db, f"CREATE SCHEMA platformdb AUTHORIZATION {role}; GRANT {role} TO {login}")
        ensure_lease_table(connection, role)
        lease = Lease(connection, ADA, role)
        assert lease.take() == (True, None)
        lease._renewed = 0
        lease.check()
        held = read_lease(connection, role)
        assert held is not None
        assert held.user == login
        assert connection.execute("SELECT current_user").fetchone() == (login,)
        with connect(target) as work:
            work.execute(f"BEGIN; SET LOCAL ROLE {role}".encode())
            assert fence(work, lease)
        assert lease.give_back()
