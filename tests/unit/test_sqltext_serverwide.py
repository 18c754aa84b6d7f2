"""What acts on more than its database: roles, databases, tablespaces, settings of the server, other servers."""

from __future__ import annotations

import pytest

from platformdb.sqltext.serverwide import acts_on_server
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import split


def acts(sql: str) -> bool:
    (statement,) = split(Source("", sql))
    return acts_on_server(statement)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE ROLE r",
        "CREATE USER u PASSWORD 'x'",
        "ALTER ROLE r NOLOGIN",
        "ALTER ROLE r SET search_path = s",
        "ALTER USER u RENAME TO v",
        "DROP ROLE IF EXISTS r",
        "GRANT r TO u",
        "REVOKE r FROM u",
        "CREATE DATABASE d",
        "ALTER DATABASE d SET work_mem = '1MB'",
        "ALTER DATABASE d OWNER TO r",
        "GRANT CONNECT ON DATABASE d TO r",
        "COMMENT ON DATABASE d IS 'x'",
        "CREATE TABLESPACE t LOCATION '/x'",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "GRANT SET ON PARAMETER work_mem TO r",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p",
        "DROP SUBSCRIPTION s",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'r') THEN CREATE ROLE r; END IF; END $$",
    ],
)
def test_it_acts_on_the_server(sql: str) -> None:
    assert acts(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int)",
        "ALTER TABLE t OWNER TO r",
        "ALTER TABLE t RENAME TO u",
        "GRANT SELECT ON t TO r",
        "COMMENT ON TABLE t IS 'x'",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
        "CREATE PUBLICATION p",
        "SET ROLE r",
        "DO $$ BEGIN CREATE USER MAPPING FOR u SERVER s; EXECUTE 'ALTER TABLE t OWNER TO r'; END $$",
        "SELECT 1",
    ],
)
def test_it_stays_in_its_database(sql: str) -> None:
    assert not acts(sql)
