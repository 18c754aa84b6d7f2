from __future__ import annotations

import pytest

from platformdb.postgres.holders import Caller, Holder
from platformdb.report.masking import shown_query


def test_a_name_says_who_runs_it() -> None:
    assert Caller("ada", "laptop", 4711).name("lock") == "platformdb lock ada@laptop:4711"


@pytest.mark.parametrize("caller", [Caller("a" * 40, "host" * 20, 4194304), Caller("josé", "büro", 1)])
def test_a_name_is_one_that_every_server_takes_as_it_is(caller: Caller) -> None:
    name = caller.name("work")
    assert len(name.encode()) <= 63
    assert name.isascii()
    assert name.endswith(f":{caller.pid}")


@pytest.mark.parametrize("caller", [Caller("ada", "laptop", 4711), Caller("unknown", "a.b.example.org", 1)])
def test_a_session_is_known_by_its_name(caller: Caller) -> None:
    assert session(caller.name("work")).caller == caller


def test_a_session_of_another_name_has_no_caller() -> None:
    assert session("platformdb").caller is None
    assert str(session("psql")) == "pid 1, user ada"


def session(application: str) -> Holder:
    return Holder("work", 1, "ada", application, None, None, None, None, "")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("ALTER ROLE a PASSWORD 'hush'", "ALTER ROLE a PASSWORD '***'"),
        ("CREATE USER a\n  ENCRYPTED  password\n'hu''sh' CREATEDB", "CREATE USER a ENCRYPTED password '***' CREATEDB"),
        (r"ALTER ROLE a PASSWORD E'hu\'sh' LOGIN", "ALTER ROLE a PASSWORD '***' LOGIN"),
        ("ALTER ROLE a PASSWORD $x$hush$x$ LOGIN", "ALTER ROLE a PASSWORD '***' LOGIN"),
        ("ALTER ROLE a PASSWORD 'hush, cut by the serv", "ALTER ROLE a PASSWORD '***'"),
        ("ALTER USER MAPPING FOR a OPTIONS (password 'hush')", "ALTER USER MAPPING FOR a OPTIONS (password '***')"),
        ("SUBSCRIPTION s CONNECTION 'password=hu$sh user=u'", "SUBSCRIPTION s CONNECTION 'password=*** user=u'"),
        ("CONNECTION 'password = ''hu sh'' user=u'", "CONNECTION 'password = *** user=u'"),
        ("SELECT 1 WHERE password = 'hush' AND a", "SELECT 1 WHERE password = '***' AND a"),
        ("SELECT password FROM users", "SELECT password FROM users"),
        ("<insufficient privilege>", "(its query is hidden from this role)"),
        (None, ""),
    ],
)  # fmt: skip
def test_a_query_is_shown_in_one_line_without_passwords(query: str | None, shown: str) -> None:
    assert shown_query(query) == shown


def test_a_long_query_is_cut_after_it_was_masked() -> None:
    query = f"ALTER ROLE {'a' * 50} PASSWORD '{'hush' * 20}' VALID UNTIL 'tomorrow'"
    shown = shown_query(query)
    assert len(shown) == 80
    assert "hush" not in shown
    assert shown.endswith("…")
