from __future__ import annotations

import pytest

from platformdb.report.model import Probe
from platformdb.sqltext.classify import (
    Control,
    added_enum_value,
    body_commits,
    called_procedure,
    committing_procedure,
    copies_to_client,
    created_type,
    destroys,
    is_copy_in,
    leaves_session_state,
    needed_extension,
    probe_of,
    refuses_transaction,
    sets_session,
    transaction_control,
    uses_value,
    without_passwords,
)
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement, split
from solo_statements import ACCEPTED, REFUSED


def one(text: str) -> SqlStatement:
    (statement,) = split(Source("a.sql", text))
    return statement


def unparsed(text: str) -> SqlStatement:
    """As a statement of several megabytes comes."""
    return one(text)._replace(node=None)


@pytest.mark.parametrize("sql", [sql for sql, _ in REFUSED])
def test_what_postgresql_refuses_in_a_transaction_runs_alone(sql: str) -> None:
    assert refuses_transaction(one(sql))


@pytest.mark.parametrize("sql", [sql for sql, _ in ACCEPTED])
def test_everything_else_runs_in_a_transaction(sql: str) -> None:
    assert not refuses_transaction(one(sql))


COMMITTING = [
    "BEGIN COMMIT; END",
    "begin insert into t values (1); rollback; end",
    "BEGIN\n  COMMIT AND CHAIN;\nEND",
    "BEGIN FOR r IN SELECT 1 LOOP COMMIT; END LOOP; END",
    "BEGIN IF true THEN COMMIT; ELSE ROLLBACK; END IF; END",
    "BEGIN <<here>> COMMIT; END",
    "BEGIN x := ';'; /* ; /* nested */ */ -- ;\n COMMIT /* now */ ; END",
    "BEGIN x := $q$ ; $q$; COMMIT; END",
    "for row in rows:\n    plpy.commit()  # don't wait",
    "spi_commit();",
]
QUIET = [
    "",
    "BEGIN NULL; END",
    "BEGIN CREATE TEMP TABLE x (a int) ON COMMIT DROP; END",
    "BEGIN -- ; COMMIT;\n END",
    "BEGIN /* /* */ ; COMMIT; */ NULL; END",
    "BEGIN x := '; COMMIT;'; END",
    "BEGIN x := E'\\'; COMMIT;'; END",
    "BEGIN EXECUTE $q$ ; COMMIT; $q$; END",
    "BEGIN EXECUTE $q$ $r$ ; COMMIT; $r$ $q$; END",
    'BEGIN "; COMMIT;" := 1; END',
    "DECLARE commit int; BEGIN commit := 1; END",
    "BEGIN x := commit; UPDATE t SET rollback = 1; END",
]


@pytest.mark.parametrize("body", COMMITTING)
def test_a_body_that_commits_is_known(body: str) -> None:
    assert body_commits(body)
    assert committing_procedure(one(f"CREATE PROCEDURE s.p() LANGUAGE x AS $body${body}$body$")) == "p"
    assert refuses_transaction(one(f"DO $body${body}$body$"))


@pytest.mark.parametrize("body", QUIET)
def test_a_body_that_only_mentions_commit_is_not_taken_for_one_that_does(body: str) -> None:
    assert not body_commits(body)
    assert committing_procedure(one(f"CREATE PROCEDURE s.p() LANGUAGE x AS $body${body}$body$")) is None


def test_a_body_may_stand_in_plain_quotes_or_be_no_text_at_all() -> None:
    assert committing_procedure(one("CREATE PROCEDURE \"P\"() AS 'BEGIN COMMIT; END' LANGUAGE plpgsql")) == "P"
    assert committing_procedure(one("CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END")) is None
    assert committing_procedure(one("CREATE FUNCTION p() RETURNS int LANGUAGE plpgsql AS 'BEGIN COMMIT; END'")) is None


def test_a_call_names_its_procedure_without_the_schema() -> None:
    assert called_procedure(one("CALL s.p(1)")) == "p"
    assert called_procedure(one('call "P"()')) == "P"
    assert called_procedure(one("SELECT p()")) is None


@pytest.mark.parametrize(
    ("sql", "control"),
    [
        ("BEGIN", Control.BEGIN),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", Control.BEGIN),
        ("START TRANSACTION READ ONLY", Control.BEGIN),
        ("COMMIT", Control.COMMIT),
        ("END", Control.COMMIT),
        ("COMMIT AND NO CHAIN", Control.COMMIT),
        ("ROLLBACK", Control.ROLLBACK),
        ("ABORT", Control.ROLLBACK),
        ("SAVEPOINT a", Control.SAVEPOINT),
        ("RELEASE a", Control.SAVEPOINT),
        ("ROLLBACK TO a", Control.SAVEPOINT),
        ("PREPARE TRANSACTION 'x'", Control.PREPARED),
        ("COMMIT PREPARED 'x'", Control.PREPARED),
        ("ROLLBACK PREPARED 'x'", Control.PREPARED),
        ("COMMIT AND CHAIN", Control.CHAIN),
        ("ROLLBACK AND CHAIN", Control.CHAIN),
        ("DO $$ BEGIN NULL; END $$", None),
        ("PREPARE x AS SELECT 1", None),
    ],
)
def test_every_word_that_controls_a_transaction_is_known(sql: str, control: Control | None) -> None:
    assert transaction_control(one(sql)) is control


@pytest.mark.parametrize(
    ("sql", "sets"),
    [
        ("SET search_path TO a", True),
        ("SET SESSION lock_timeout = 1", True),
        ("SET ROLE someone", True),
        ("RESET search_path", True),
        ("RESET ALL", True),
        ("SET SESSION AUTHORIZATION someone", True),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("select set_config ( 'a.b', 'c', false ), set_config('d.e', 'f', false)", True),
        ("SET LOCAL search_path TO a", False),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", False),
        ("SELECT set_config('search_path', '', true)", False),
        ("SELECT set_config('a.b', x, false) FROM t", False),
        ("SELECT set_config('a.b', 'c', false), f()", False),
        ("SELECT", False),
        ("SELECT 1", False),
        ("CREATE TABLE a ()", False),
    ],
)
def test_what_is_set_for_the_session_is_told_from_what_is_not(sql: str, sets: bool) -> None:
    assert sets_session(one(sql)) is sets


LEAVE_NOTHING = """
CREATE TABLE t (x serial PRIMARY KEY)
CREATE INDEX i ON t (x)
DROP TABLE t
COMMENT ON TABLE t IS 'x'
GRANT SELECT ON t TO PUBLIC
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE OR REPLACE VIEW v AS SELECT 1
CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()
CREATE TYPE e AS ENUM ()
CREATE INDEX CONCURRENTLY i ON t (x)
VACUUM
SET search_path = x
BEGIN
"""
MAY_LEAVE = """
CREATE TEMP TABLE t (x int)
CREATE TEMPORARY VIEW v AS SELECT 1
CREATE TABLE pg_temp.t (x int)
CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE TABLE t AS SELECT f()
SELECT pg_advisory_lock(1)
INSERT INTO t VALUES (1)
UPDATE t SET x = 1
DELETE FROM t
COPY t FROM '/x'
DO $$ BEGIN END $$
CALL p()
PREPARE x AS SELECT 1
LISTEN x
DECLARE c CURSOR WITH HOLD FOR SELECT 1
LOAD 'x'
CREATE EXTENSION x
REFRESH MATERIALIZED VIEW m
ALTER TABLE t ADD COLUMN y int DEFAULT f()
ALTER TABLE t VALIDATE CONSTRAINT c
ALTER DOMAIN d ADD CHECK (f(VALUE))
TRUNCATE t
DISCARD ALL
"""


@pytest.mark.parametrize("sql", LEAVE_NOTHING.strip().splitlines())
def test_plain_definitions_leave_nothing_in_a_session(sql: str) -> None:
    assert not leaves_session_state(one(sql))


@pytest.mark.parametrize("sql", MAY_LEAVE.strip().splitlines())
def test_whatever_may_leave_something_in_a_session_is_taken_to(sql: str) -> None:
    assert leaves_session_state(one(sql))


def test_a_value_added_to_an_enum_is_named_with_its_type() -> None:
    assert added_enum_value(one("ALTER TYPE s.\"Mood\" ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'x'")) == (
        's."Mood"',
        "it's",
    )
    assert added_enum_value(one("ALTER TYPE mood RENAME VALUE 'a' TO 'b'")) is None
    assert created_type(one("CREATE TYPE s.\"Mood\" AS ENUM ('x')")) == 's."Mood"'
    assert created_type(one("CREATE TYPE s.m AS (x int)")) is None


@pytest.mark.parametrize(
    ("sql", "uses"),
    [
        ("INSERT INTO t VALUES ('it''s')", True),
        ("SELECT '{sad,it''s}'::mood[]", True),
        ("SELECT $$it's$$::mood", True),
        ("DO $$ BEGIN PERFORM 'it''s'::mood; END $$", True),
        ("CREATE FUNCTION f() RETURNS mood LANGUAGE sql AS 'SELECT ''it''''s''::mood'", True),
        ("INSERT INTO t VALUES ('sad')", False),
        ("SELECT 'wit''s end'", False),
        ("COPY t FROM STDIN;\n\\.\n", True),
    ],
)
def test_a_use_of_a_value_is_found_in_any_constant(sql: str, uses: bool) -> None:
    assert uses_value(one(sql), "it's") is uses


def test_a_value_that_is_also_a_name_is_used_only_where_a_constant_has_it() -> None:
    assert not uses_value(one('ALTER TABLE t ADD COLUMN "active" boolean, DROP active -- active'), "active")
    assert uses_value(one("ALTER TABLE t ALTER COLUMN x SET DEFAULT 'active'"), "active")


@pytest.mark.parametrize(
    ("sql", "lost"),
    [
        ('DROP TABLE s.users, "A b"', 'drops table s.users, "A b"'),
        ("DROP TABLE IF EXISTS users CASCADE", "drops table users and all that depends on it"),
        ("DROP SCHEMA s", "drops schema s"),
        ("DROP DATABASE d", "drops database d"),
        ("DROP EXTENSION x", "drops extension x"),
        ("DROP SEQUENCE q", "drops sequence q"),
        ("DROP TYPE s.e CASCADE", "drops type s.e and all that depends on it"),
        ("DROP FUNCTION f(int) CASCADE", "drops function f and all that depends on it"),
        ("DROP MATERIALIZED VIEW m CASCADE", "drops matview m and all that depends on it"),
        ("DROP TRIGGER g ON s.t CASCADE", "drops trigger s.t.g and all that depends on it"),
        ("DROP OWNED BY someone", "drops all that a role owns"),
        ("ALTER TABLE users DROP COLUMN email", "drops column users.email"),
        ("ALTER TABLE u DROP a, ALTER b TYPE int", "drops column u.a, changes the type of u.b"),
        ("ALTER TYPE pair DROP ATTRIBUTE a", "drops column pair.a"),
        ("DELETE FROM users WHERE false", "deletes rows of users"),
        ("UPDATE users SET a = 1", "overwrites rows of users"),
        ("TRUNCATE a, s.b", "truncates a, s.b"),
        ("TRUNCATE a CASCADE", "truncates a and all that refers to it"),
        ("INSERT INTO t VALUES (1) ON CONFLICT (x) DO UPDATE SET y = 1", "overwrites rows of t"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "deletes rows of t"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN UPDATE SET x = 1", "overwrites rows of t"),
        ("WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone", "deletes rows of t"),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", "deletes rows of t"),
        ("EXPLAIN (ANALYZE) DELETE FROM t", "deletes rows of t"),
        ("COPY (UPDATE t SET x = 1 RETURNING x) TO '/x'", "overwrites rows of t"),
        ("DO $$ BEGIN END $$", "runs code that cannot be looked into"),
        ("CALL p()", "runs code that cannot be looked into"),
        ("EXECUTE x", "runs code that cannot be looked into"),
    ],
)
def test_what_can_lose_data_says_what(sql: str, lost: str) -> None:
    assert destroys(one(sql)) == lost


HARMLESS = """
CREATE TABLE t (x int)
DROP VIEW v
DROP MATERIALIZED VIEW m
DROP INDEX i
DROP FUNCTION f(int)
DROP TRIGGER g ON t
DROP POLICY p ON t
DROP TYPE e
DROP ROLE r
COMMENT ON TABLE t IS NULL
ALTER TABLE t ADD COLUMN x int, ALTER COLUMN y DROP DEFAULT, DROP CONSTRAINT c
ALTER TABLE t DETACH PARTITION p
INSERT INTO t VALUES (1)
INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING
MERGE INTO t USING s ON true WHEN NOT MATCHED THEN INSERT VALUES (1)
SELECT setval('q', 1)
EXPLAIN DELETE FROM t
EXPLAIN (ANALYZE off) DELETE FROM t
REFRESH MATERIALIZED VIEW m
COPY t FROM '/x'
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM t'
CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM u
"""


@pytest.mark.parametrize("sql", HARMLESS.strip().splitlines())
def test_what_only_adds_or_drops_definitions_loses_nothing(sql: str) -> None:
    assert destroys(one(sql)) is None


def test_statements_too_large_for_a_tree_are_judged_by_their_kind() -> None:
    assert destroys(unparsed("INSERT INTO t VALUES (1)")) is None
    assert destroys(unparsed("DELETE FROM t")) == "deletes rows"
    assert destroys(unparsed("UPDATE t SET x = 1")) == "overwrites rows"
    for ask in (refuses_transaction, sets_session, probe_of, needed_extension, is_copy_in, added_enum_value):
        assert not ask(unparsed("SELECT 1"))
    assert leaves_session_state(unparsed("INSERT INTO t VALUES (1)"))


def test_an_extension_is_known_by_its_name() -> None:
    assert needed_extension(one('CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA s')) == "uuid-ossp"
    assert needed_extension(one("ALTER EXTENSION x UPDATE")) is None


@pytest.mark.parametrize(
    ("sql", "comes_in", "goes_out"),
    [
        ("COPY t FROM STDIN;\n\\.\n", True, False),
        ("COPY t TO STDOUT", False, True),
        ("COPY (SELECT 1) TO STDOUT", False, True),
        ("COPY t FROM '/x'", False, False),
        ("COPY t TO PROGRAM 'cat'", False, False),
    ],
)
def test_copies_are_told_apart_by_where_the_rows_are(sql: str, comes_in: bool, goes_out: bool) -> None:
    assert (is_copy_in(one(sql)), copies_to_client(one(sql))) == (comes_in, goes_out)


@pytest.mark.parametrize(
    ("sql", "masked"),
    [
        ("CREATE ROLE a LOGIN PASSWORD 'x y' VALID UNTIL 'z'", "CREATE ROLE a LOGIN PASSWORD '***' VALID UNTIL 'z'"),
        ("ALTER USER ä ENCRYPTED password /* new */ E'x\\'y'", "ALTER USER ä ENCRYPTED password /* new */ '***'"),
        ("ALTER ROLE a PASSWORD $$x$$", "ALTER ROLE a PASSWORD '***'"),
        (
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 'x')",
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password '***')",
        ),
        (
            "ALTER SERVER s OPTIONS (SET \"password\" 'x', ADD secret_access_key 'y', host 'h')",
            "ALTER SERVER s OPTIONS (SET \"password\" '***', ADD secret_access_key '***', host 'h')",
        ),
        (
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=''x y'' user=u' PUBLICATION p",
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=*** user=u' PUBLICATION p",
        ),
        (
            "ALTER SUBSCRIPTION s CONNECTION 'postgresql://u:x%20y@h/d?sslmode=require'",
            "ALTER SUBSCRIPTION s CONNECTION 'postgresql://u:***@h/d?sslmode=require'",
        ),
        ("SELECT dblink_connect('host=h password = x')", "SELECT dblink_connect('host=h password = ***')"),
        ("SELECT dblink('host=' || h || ' password=x', 'y')", "SELECT dblink('host=' || h || ' password=***', 'y')"),
        ("DO $$ BEGIN CREATE ROLE a PASSWORD 'x'; END $$", "DO $$ BEGIN CREATE ROLE a PASSWORD '***'; END $$"),
        (
            "DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''x'''; END $$",
            "DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''***'''; END $$",
        ),
        ("ALTER DATABASE d SET app.jwt_secret TO 'x'", "ALTER DATABASE d SET app.jwt_secret TO '***'"),
        ("SELECT N'postgres://u:x@h', U&'password=x'", "SELECT N'postgres://u:***@h', U&'password=***'"),
        ("SET app.api_key = 'x'", "SET app.api_key = '***'"),
        (
            "ALTER SYSTEM SET primary_conninfo = 'host=h password=x'",
            "ALTER SYSTEM SET primary_conninfo = 'host=h password=***'",
        ),
    ],
)
def test_passwords_are_masked_wherever_sql_has_them(sql: str, masked: str) -> None:
    assert without_passwords(sql, one(sql).kind) == masked


NO_SECRETS = """
CREATE TABLE users (password text DEFAULT 'x', token text)
COMMENT ON COLUMN users.password IS 'the password is hashed'
ALTER ROLE a PASSWORD NULL
UPDATE users SET password = 'x' WHERE token = 'y'
CREATE FUNCTION f() RETURNS x LANGUAGE plpgsql AS $$ BEGIN IF new.password = old.password THEN x = 'y'; END IF; END $$
DO $$ BEGIN EXECUTE 'UPDATE u SET password = $1' USING 'x'; END $$
INSERT INTO links VALUES ('https://example.org/a:b@c', 'it''s a secret')
"""


@pytest.mark.parametrize("sql", NO_SECRETS.strip().splitlines())
def test_what_only_speaks_of_passwords_stays_as_it_is(sql: str) -> None:
    assert without_passwords(sql, one(sql).kind) is None


def test_a_long_constant_that_is_nearly_a_connection_string_is_read_once() -> None:
    nearly = f"SELECT 'password={' a= ' * 50_000} '' '"
    assert without_passwords(nearly, "select_stmt") is None


AGAIN = Probe("again", "")


@pytest.mark.parametrize(
    ("sql", "probe"),
    [
        ("CREATE INDEX CONCURRENTLY \"I\" ON s.t (x)", Probe("index_built", '"I"', "s.t")),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x)", Probe("index_built", "i", "t")),
        ("CREATE INDEX CONCURRENTLY ON t (x)", None),
        ("CREATE INDEX i ON t (x)", None),
        ("DROP INDEX CONCURRENTLY s.i", Probe("index_dropped", "s.i")),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", Probe("index_dropped", "i")),
        ("REINDEX INDEX CONCURRENTLY s.i", Probe("reindexed", "s.i")),
        ("REINDEX (CONCURRENTLY) TABLE t", Probe("reindexed", "t")),
        ("REINDEX (CONCURRENTLY off) TABLE t", AGAIN),
        ("REINDEX DATABASE CONCURRENTLY d", AGAIN),
        ("ALTER TABLE t DETACH PARTITION s.p CONCURRENTLY", Probe("partition_detached", "s.p", "t")),
        ("ALTER TABLE t DETACH PARTITION p FINALIZE", Probe("partition_detached", "p", "t")),
        ("ALTER TABLE t DETACH PARTITION p", None),
        ("ALTER TABLE t ADD a int, VALIDATE CONSTRAINT \"C d\"", Probe("constraint_valid", '"C d"', "t")),
        ("ALTER TABLE IF EXISTS t VALIDATE CONSTRAINT c", AGAIN),
        ("CREATE DATABASE \"D\"", Probe("database_created", '"D"')),
        ("DROP DATABASE IF EXISTS d", Probe("database_dropped", "d")),
        ("CREATE TABLESPACE x LOCATION '/x'", Probe("tablespace_created", "x")),
        ("DROP TABLESPACE x", Probe("tablespace_dropped", "x")),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", Probe("subscription_created", "s")),
        ("DROP SUBSCRIPTION s", Probe("subscription_dropped", "s")),
        ("VACUUM t", AGAIN),
        ("ANALYZE", AGAIN),
        ("CLUSTER t", AGAIN),
        ("ALTER SYSTEM RESET ALL", AGAIN),
        ("DISCARD ALL", AGAIN),
        ("CHECKPOINT", AGAIN),
        ("SET x.y = 1", AGAIN),
        ("CREATE TABLE IF NOT EXISTS t (x int)", AGAIN),
        ("DROP VIEW IF EXISTS v", AGAIN),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", AGAIN),
        ("ALTER TYPE e ADD VALUE IF NOT EXISTS 'x'", AGAIN),
        ("CREATE TABLE t (x int)", None),
        ("INSERT INTO t VALUES (1)", None),
        ("CALL p()", None),
        ("ALTER SUBSCRIPTION s ADD PUBLICATION p", None),
    ],
)  # fmt: skip
def test_each_statement_says_how_its_work_is_recognised(sql: str, probe: Probe | None) -> None:
    assert probe_of(one(sql)) == probe
