"""Whatever a file leaves behind in its session, the next file sees none of it."""

from __future__ import annotations

import pytest

from catalog import rows, run
from commandline import environment, platformdb_run
from platformdb.postgres.holders import WORK_KEY
from platformdb.postgres.target import Target
from projects import Project

# What a session can hold, as a file would see it.
SEEN = f"""
CREATE TABLE public.seen AS
SELECT 'search_path' AS what, current_setting('search_path') AS value
UNION ALL SELECT 'role', current_user::text
UNION ALL SELECT 'session user', session_user::text
UNION ALL SELECT 'lock_timeout', current_setting('lock_timeout')
UNION ALL SELECT 'work_mem', current_setting('work_mem')
UNION ALL SELECT 'own setting', coalesce(nullif(current_setting('my.setting', true), ''), 'none')
UNION ALL SELECT 'replication role', current_setting('session_replication_role')
UNION ALL SELECT 'temporary', relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'
UNION ALL SELECT 'temporary function', proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
UNION ALL SELECT 'prepared', name FROM pg_prepared_statements WHERE name NOT LIKE 'platformdb%'
UNION ALL SELECT 'cursor', name FROM pg_cursors WHERE is_holdable
UNION ALL SELECT 'channel', channel FROM pg_listening_channels() AS channel
UNION ALL SELECT 'advisory lock', format('%s %s %s', classid, objid, mode) FROM pg_locks
          WHERE locktype = 'advisory' AND pid = pg_backend_pid()
            AND (classid::bigint, objid::bigint) <> ({WORK_KEY[0]}, {WORK_KEY[1]})
"""
# Each way to leave something, also from within a function or a block, where no file's text shows it.
LEFT = {
    "search_path": "SET search_path = other, public;",
    "search_path by a function": "SELECT set_config('search_path', 'other', false);",
    "search_path by a function with rows": (
        "SELECT set_config(name, 'other', false) FROM pg_settings WHERE name = 'search_path';"
    ),
    "search_path in a block": "DO $$ BEGIN SET search_path = other; SET work_mem = '7MB'; END $$;",
    "search_path in a called procedure": "CALL other.procedure();",
    "search_path by a trigger": "TRUNCATE other.watched;",
    "search_path by a default": (
        "ALTER TABLE other.watched ADD COLUMN y text DEFAULT set_config('my.setting', 'x', false);"
    ),
    "search_path by a check": (
        "ALTER TABLE other.watched ADD CONSTRAINT c CHECK (set_config('my.setting', 'x', false) = 'x');"
    ),
    "search_path by an index": "CREATE INDEX ON other.watched (other.indexed(x));",
    "search_path by an explained query": "EXPLAIN ANALYZE SELECT set_config('my.setting', 'x', false);",
    "search_path by a domain": (
        "ALTER DOMAIN other.domain ADD CONSTRAINT c CHECK (set_config('my.setting', 'x', false) = 'x');"
    ),
    "role": "SET ROLE {role};",
    "session authorization": "SET SESSION AUTHORIZATION {role};",
    "own setting": "SET my.setting = 'secret';",
    "replication role": "SET session_replication_role = replica;",
    "lock_timeout": "SET lock_timeout = '1h';",
    "temporary table": "CREATE TEMP TABLE left_over (x int);",
    "temporary table of a query": "CREATE TEMPORARY TABLE left_over AS SELECT 1 AS x;",
    "temporary table by its schema": "CREATE TABLE pg_temp.left_over (x int);",
    "temporary table by a quoted schema": 'CREATE TABLE "pg_temp".left_over (x int);',
    "temporary table by the search_path": "SET search_path = pg_temp, public; CREATE TABLE left_over (x int);",
    "temporary table of a SELECT": "SELECT 1 AS x INTO TEMP left_over;",
    "temporary table in a block": "DO $$ BEGIN EXECUTE 'CREATE TE' || 'MP TABLE left_over (x int)'; END $$;",
    "temporary function": "CREATE FUNCTION pg_temp.left_over() RETURNS int RETURN 1;",
    "prepared statement": "PREPARE left_over AS SELECT 1;",
    "prepared statement in a block": "DO $$ BEGIN EXECUTE 'PREPARE left_over AS SELECT 1'; END $$;",
    "cursor": "DECLARE left_over CURSOR WITH HOLD FOR SELECT generate_series(1, 10); FETCH left_over;",
    "no prepared statements": "DEALLOCATE ALL;",
    "nothing at all": "DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES;",
    "nothing, by DISCARD ALL": "DISCARD ALL;",
    "no advisory locks": "SELECT pg_advisory_unlock_all();",
    "channel": "LISTEN left_over;",
    "advisory lock": "SELECT pg_advisory_lock(42);",
    "advisory lock with two keys, twice, shared": (
        "SELECT pg_advisory_lock_shared(4, 2), pg_advisory_lock_shared(4, 2), pg_advisory_lock(-5, -6);"
    ),
    "advisory lock in a block": "DO $$ BEGIN PERFORM pg_advisory_lock(-42); END $$;",
}
BEFORE = """
CREATE SCHEMA other;
CREATE TABLE other.watched (x int);
INSERT INTO other.watched VALUES (1);
CREATE DOMAIN other.domain AS text;
CREATE TABLE other.domains (d other.domain);
INSERT INTO other.domains VALUES ('x');
CREATE PROCEDURE other.procedure() LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('search_path', 'other', false); END $$;
CREATE FUNCTION other.trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('my.setting', 'x', false); PERFORM pg_advisory_lock(1); RETURN NULL; END $$;
CREATE TRIGGER t AFTER TRUNCATE ON other.watched EXECUTE FUNCTION other.trigger();
CREATE FUNCTION other.indexed(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('my.setting', 'x', false); RETURN x; END $$;
"""


@pytest.fixture
def role(db: Target) -> str:
    run(db, BEFORE)
    ((name,),) = rows(db, "SELECT 'leaks_' || current_database()")
    run(db, f"CREATE ROLE {name}")
    return str(name)


def seen(db: Target, project: Project, *first: str) -> dict[str, object]:
    """What the last of several files sees; it must not be mentioned in the first ones."""
    files = {f"phases/{number:03}_f.sql": text for number, text in enumerate((*first, SEEN), 1)}
    done = platformdb_run("migrate", cwd=project.write(files).root, env=environment(db))
    assert done.returncode == 0, done.stderr
    found = {str(what): value for what, value in rows(db, "SELECT what, value FROM public.seen")}
    run(db, "DROP TABLE public.seen; DROP SCHEMA platformdb CASCADE")
    return found


def test_the_next_file_sees_nothing_of_what_a_file_left(db: Target, project: Project, role: str) -> None:
    expected = seen(db, project, "SELECT 1;")
    assert expected["lock_timeout"] == "5s"
    leaks = {}
    try:
        for name, text in LEFT.items():
            run(db, f"DROP SCHEMA other CASCADE; {BEFORE} GRANT ALL ON SCHEMA other TO {role}")
            found = seen(db, project, text.format(role=role) if "{role}" in text else text)
            if found != expected:
                leaks[name] = set(found.items()) - set(expected.items())
    finally:
        run(db, f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert leaks == {}


@pytest.mark.parametrize("text", ["SELECT pg_advisory_unlock_all();", "DISCARD ALL;", "SELECT 1; DISCARD ALL"])
def test_a_file_that_gives_up_all_advisory_locks_does_not_give_up_the_runners(
    db: Target, project: Project, text: str
) -> None:
    held = f"SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND objid = {WORK_KEY[1]}"
    project.write(
        {
            "phases/001_a.sql": text,
            "phases/002_b.sql": f"CREATE TABLE seen AS {held} AND pid = pg_backend_pid();",
        }
    )
    done = platformdb_run("migrate", cwd=project.root, env=environment(db))
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT held FROM seen") == [(1,)]


@pytest.mark.parametrize("name", ["search_path", "temporary table", "prepared statement", "advisory lock", "cursor"])
def test_nor_what_was_left_beside_a_statement_that_runs_alone(db: Target, project: Project, name: str) -> None:
    expected = seen(db, project, "SELECT 1;")
    found = seen(db, project, f"{LEFT[name]}\nVACUUM pg_class;\nSELECT 2;")
    assert found == expected
    found = seen(db, project, f"SELECT 2;\nVACUUM pg_class;\n{LEFT[name]}")
    assert found == expected


def test_what_a_file_sets_holds_until_its_end(db: Target, project: Project) -> None:
    run(db, "CREATE SCHEMA other")
    project.write(
        {
            "phases/001_a.sql": (
                "SET search_path = other;\nCREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY a_x ON a (x);\n"
                "CREATE TABLE b ();\nVACUUM a;\nBEGIN;\nCREATE TABLE c ();\nCOMMIT;\n"
            ),
            "phases/002_b.sql": "CREATE TABLE d ();",
        }
    )
    done = platformdb_run("migrate", cwd=project.root, env=environment(db))
    assert done.returncode == 0, done.stderr
    found = rows(db, "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relname ~ '^(a|b|c|d|a_x)$'")
    assert sorted(found) == [("other", "a"), ("other", "a_x"), ("other", "b"), ("other", "c"), ("public", "d")]


def test_a_failed_file_leaves_nothing_to_the_callbacks_either(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "SET search_path = pg_catalog;\nVACUUM pg_class;\nSELECT 1/0;",
            "sql/callbacks/afterMigrateError.sql": SEEN,
        }
    )
    done = platformdb_run("migrate", cwd=project.root, env=environment(db))
    assert done.returncode == 4, done.stderr
    found = {str(what): value for what, value in rows(db, "SELECT what, value FROM public.seen")}
    assert found["search_path"] == '"$user", public'
