"""Queries on a real server: who they are run for, what they do, and that nothing stays of it."""

from __future__ import annotations

import os
import signal
import threading
import time as clock
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from databases import clone, template
from platformdb.errors import Place
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import PINS, pin, read_settings, read_unpinned
from platformdb.postgres.rows import QueryRefused, QueryStopped
from platformdb.postgres.target import Target
from platformdb.postgres.undone import undone
from platformdb.workload.model import Persona, PersonaQuery, Population, Query
from platformdb.workload.personas import find_personas
from platformdb.workload.run import explain, explain_forced, observe, read_catalog, stopwatch, time
from servers import Server

HERE = Place("feed.sql", 3, 1)
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, joined timestamptz NOT NULL);
CREATE SEQUENCE post_ids;
CREATE TABLE posts (id int NOT NULL DEFAULT nextval('post_ids'), author int NOT NULL, body text, at date NOT NULL)
    PARTITION BY RANGE (at);
CREATE TABLE posts_old PARTITION OF posts FOR VALUES FROM ('2020-01-01') TO ('2024-01-01');
CREATE TABLE posts_new PARTITION OF posts FOR VALUES FROM ('2024-01-01') TO ('2030-01-01');
CREATE INDEX posts_author ON posts (author, id) WHERE body <> '';
CREATE TABLE log (author int);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO log VALUES (NEW.author); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION noted();
CREATE FUNCTION posts_of(whose int) RETURNS bigint STABLE LANGUAGE plpgsql AS
    $$ BEGIN RETURN (SELECT count(*) FROM posts WHERE author = whose AND body <> ''); END $$;
CREATE FUNCTION sly() RETURNS void LANGUAGE sql AS 'INSERT INTO log VALUES (1)';
INSERT INTO users
SELECT n, 'name ' || n, timestamptz '2024-01-01 00:00Z' + n * interval '1 day' FROM generate_series(1, 200) AS n;
ALTER TABLE posts DISABLE TRIGGER note;
INSERT INTO posts (author, body, at)
SELECT u, 'post', date '2023-12-01' + n FROM generate_series(1, 199) AS u, generate_series(1, u) AS n;
ALTER TABLE posts ENABLE TRIGGER note;
"""
POPULATION = """
SELECT id, (SELECT count(*) FROM posts WHERE author = users.id) AS weight, joined AS since FROM users -- everybody
"""


@pytest.fixture(scope="session")
def blog_target(server: Server) -> Target:
    """One database for all tests here: nothing that they do stays."""

    def fill(target: Target) -> None:
        with connect(target) as connection:
            connection.execute(SCHEMA)
            connection.execute("VACUUM (FREEZE, ANALYZE)")

    return clone(server, template(server, "workload_blog", fill), "workload_blog_shared")


@pytest.fixture
def blog(blog_target: Target) -> Iterator[Connection]:
    with connect(blog_target) as connection:
        pin(connection)
        yield connection


def asking(sql: str, parameters: int = 0, *, writes: bool = False) -> Query:
    return Query("feed", "A test.", sql, 50.0, (), HERE, parameters=parameters, writes=writes)


FEED = asking("SELECT * FROM posts WHERE author = $1 AND body <> '' ORDER BY id DESC LIMIT 20", 1)
SOMEBODY = Persona("heaviest", ("199",), types=(23,))


def chosen(connection: Connection, population: str, parameters: int = 1) -> dict[str, tuple[Persona, ...]]:
    query = replace(FEED, personas=(Population("posts", population, HERE),), parameters=parameters)
    return dict(find_personas(connection, [query])[0])


def test_a_populations_personas_are_chosen_by_rank(blog: Connection) -> None:
    found = {persona.name: (persona.parameters, persona.weight) for persona in chosen(blog, POPULATION)["feed"]}
    # Of 199 with posts: the lower median, the nearest rank of the 99th percentile; the newcomer is who has nothing.
    assert found == {
        "heaviest": (("199",), 199),
        "p99": (("198",), 198),
        "median": (("100",), 100),
        "newcomer": (("200",), 0),
    }


def test_a_persona_says_by_which_rule_it_was_chosen(blog: Connection) -> None:
    rules = [persona.rule for persona in chosen(blog, POPULATION)["feed"]]
    assert rules[:2] == ["the most posts", "more posts than 99 % of those who have any"]


def test_ties_are_broken_by_the_parameters_whatever_order_the_rows_have(blog: Connection) -> None:
    texts = [f"SELECT name, 1 AS weight FROM users ORDER BY id {order}" for order in ("", "DESC")]
    first, second = (chosen(blog, text)["feed"] for text in texts)
    assert first == second
    assert first[0].parameters == ("name 99",)


def test_who_has_nothing_is_a_persona_where_somebody_has(blog: Connection) -> None:
    nobody_new = POPULATION.replace(", joined AS since", "")
    assert [persona.name for persona in chosen(blog, nobody_new)["feed"]] == ["heaviest", "p99", "median", "nothing"]


def test_the_same_parameters_are_measured_once(blog: Connection) -> None:
    assert [persona.name for persona in chosen(blog, "SELECT 7, 3 AS weight")["feed"]] == ["heaviest"]


def test_a_population_is_asked_once_for_all_files_with_the_same_text(blog: Connection) -> None:
    asked = Population("posts", "SELECT (random() * 1000000)::int, 1 AS weight", HERE)
    queries = [replace(FEED, name=name, personas=(asked,)) for name in ("feed", "feed_again")]
    personas, _ = find_personas(blog, queries)
    assert personas["feed"] == personas["feed_again"]


@pytest.mark.parametrize(
    "asked",
    [
        PersonaQuery("busiest", "SELECT max(author) FROM log", HERE),
        PersonaQuery("busiest", "SELECT author FROM log", HERE),
        Population("posts", "SELECT author, 1 AS weight FROM log", HERE),
        Population("posts", "SELECT id, 0 AS weight FROM users", HERE),
    ],
)
def test_who_is_not_found_is_a_finding(blog: Connection, asked: PersonaQuery | Population) -> None:
    _, findings = find_personas(blog, [replace(FEED, personas=(asked,))])
    assert [(finding.rule, finding.place) for finding in findings] == [("persona-empty", HERE)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (PersonaQuery("a", "SELECT 1, 2", HERE), "takes 1 parameter, persona a gives 2"),
        (Population("x", "SELECT 1, 2, 3 AS weight", HERE), "takes 1 parameter, the population gives 2"),
        (Population("x", "SELECT 1 AS id, 2 AS n", HERE), "columns are id, n"),
        (Population("x", "SELECT 1 AS weight", HERE), "columns are weight"),
        (PersonaQuery("a", "SELECT nothing FROM users", HERE), 'persona a: column "nothing" does not exist'),
    ],
)
def test_a_persona_that_does_not_fit_is_refused_with_its_place(
    blog: Connection, asked: PersonaQuery | Population, said: str
) -> None:
    with pytest.raises(Exception, match=said) as caught:
        find_personas(blog, [replace(FEED, personas=(asked,))])
    assert caught.value.place == HERE  # type: ignore[attr-defined]


def test_a_query_without_parameters_is_run_for_everybody(blog: Connection) -> None:
    personas, findings = find_personas(blog, [asking("SELECT 1")])
    assert ([persona.name for persona in personas["feed"]], findings) == (["everybody"], ())


def test_values_that_python_does_not_know_pass_through(blog: Connection) -> None:
    query = asking("SELECT * FROM users WHERE joined < $1 AND name = $2 AND id = ANY ($3)", 3)
    text = "SELECT 'infinity'::timestamptz, 'name 7', '{7,8}'::int[]"
    personas, _ = find_personas(blog, [replace(query, personas=(PersonaQuery("late", text, HERE),))])
    assert observe(blog, query, personas["feed"][0]).work.returned == 1


def test_the_server_infers_the_type_of_a_text(blog: Connection) -> None:
    assert observe(blog, FEED, Persona("a", ("199",), types=(25,))).plan.walk()


def test_a_read_is_counted_as_the_server_counts_it(blog: Connection) -> None:
    found = observe(blog, FEED, SOMEBODY)
    assert found.steady
    assert found.work.returned == 20
    assert found.work.touched == found.work.tables[0].indexed
    assert [table.table for table in found.work.tables] == ["public.posts"]  # its partitions are it
    assert 0 < found.work.buffers <= 40


def test_what_a_function_reads_counts_though_the_plan_does_not_show_it(blog: Connection) -> None:
    found = observe(blog, asking("SELECT posts_of($1)", 1), SOMEBODY)
    assert [node.relation for node in found.plan.walk() if node.relation] == []
    assert found.work.touched == 199


def test_what_a_trigger_writes_counts_and_nothing_of_it_stays(blog: Connection) -> None:
    insert = asking("INSERT INTO posts (author, at) VALUES ($1, '2025-01-01')", 1, writes=True)
    found = observe(blog, insert, SOMEBODY)
    assert found.work.wal_records > 0
    assert {table.table for table in found.work.tables} == {"public.log", "public.posts"}
    assert time(blog, insert, SOMEBODY, 3)
    assert blog.execute("SELECT count(*) FROM log").fetchone() == (0,)


def test_without_sequential_scans_the_plan_uses_what_index_there_is(blog: Connection) -> None:
    small = asking("SELECT * FROM users WHERE id = $1", 1)
    forced = explain_forced(blog, small, SOMEBODY)
    assert "Index Scan" in {node.kind for node in forced.walk()}
    assert observe(blog, small, SOMEBODY).forced == forced
    none = explain_forced(blog, asking("SELECT * FROM users WHERE name = $1", 1), Persona("a", ("x",)))
    assert none.kind == "Seq Scan"
    assert explain(blog, small, SOMEBODY).actual is None


def test_a_plan_that_the_session_keeps_does_not_hide_what_the_settings_say(blog: Connection) -> None:
    query = asking("SELECT * FROM users WHERE id = 7")  # no parameter: one plan for all runs
    assert observe(blog, query, Persona("everybody")).forced.kind == "Index Scan"


def test_an_index_dropped_in_the_open_transaction_is_gone_for_the_query_and_back_after_it(blog: Connection) -> None:
    before = observe(blog, FEED, SOMEBODY)
    with undone(blog, writes=True):
        blog.execute("DROP INDEX posts_author")
        without = observe(blog, FEED, SOMEBODY)
    assert without.work.touched > 10 * before.work.touched
    assert observe(blog, FEED, SOMEBODY).work == before.work


def test_a_statement_has_settled_when_it_is_timed_and_is_forgotten_afterwards(blog: Connection) -> None:
    kept = "SELECT custom_plans, generic_plans > 0 FROM pg_prepared_statements WHERE name LIKE 'platformdb%'"
    with stopwatch(blog, FEED, SOMEBODY):
        # Five plans for the values; since then the one for all values, which costs no more here.
        assert blog.execute(kept).fetchall() == [(5, True)]
    assert blog.execute(kept).fetchall() == []


def test_a_number_of_samples_is_kept_to(blog: Connection) -> None:
    assert len(time(blog, FEED, SOMEBODY, 33)) == 33


def test_without_a_number_a_slow_query_is_timed_less_often(blog: Connection) -> None:
    assert len(time(blog, asking("SELECT pg_sleep(0.1)"), Persona("everybody"))) == 5
    assert len(time(blog, asking("SELECT 1"), Persona("everybody"))) > 20


def test_two_queries_can_be_timed_in_turns(blog: Connection) -> None:
    with stopwatch(blog, FEED, SOMEBODY) as one, stopwatch(blog, asking("SELECT 1"), Persona("everybody")) as other:
        assert all(sample() > 0 for sample in (one, other, one, other))


def test_a_write_that_does_not_say_so_is_refused_with_what_to_write(blog: Connection) -> None:
    with pytest.raises(QueryRefused, match="read-only transaction") as caught:
        observe(blog, asking("SELECT sly()"), Persona("everybody"))
    assert "rollback=on" in caught.value.help
    assert caught.value.place == HERE


def test_what_the_server_gives_up_may_be_tried_again(blog: Connection) -> None:
    blog.execute("SET statement_timeout = '20ms'")
    with pytest.raises(QueryStopped) as caught:
        observe(blog, asking("SELECT pg_sleep(1)"), Persona("everybody"))
    assert (caught.value.sqlstate, caught.value.exit_code) == ("57014", 5)


def test_a_connection_that_is_lost_is_not_the_querys_fault(db: Target) -> None:
    with pytest.raises(Exception, match="was lost"), connect(db) as connection:
        observe(connection, asking("SELECT pg_terminate_backend(pg_backend_pid())"), Persona("everybody"))


def test_ctrl_c_ends_a_slow_query_at_once_and_the_session_lives(blog: Connection) -> None:
    slow = asking("SELECT count(*) FROM generate_series(1, 100000000)")
    began = clock.perf_counter()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        time(blog, slow, Persona("everybody"), 20)
    assert clock.perf_counter() - began < 5
    assert blog.execute("SELECT 1").fetchone() == (1,)


def test_the_catalog_knows_tables_partitions_and_indexes(blog: Connection) -> None:
    catalog = read_catalog(blog)
    tables = {table.name: table for table in catalog.tables}
    indexes = {index.name: index for index in catalog.indexes}
    assert tables["public.posts_new"].parent == "public.posts"
    assert tables["public.posts"].rows == 199 * 200 / 2
    assert indexes["public.posts_author"].columns == ("author", "id")
    assert "body <> ''" in indexes["public.posts_author"].predicate
    assert indexes["public.posts_new_author_id_idx"].parent == "public.posts_author"
    assert indexes["public.users_pkey"].constraint == "users_pkey"


def test_pins_hold_against_what_role_and_database_say(db: Target) -> None:
    with connect(db) as connection:
        name = psycopg.sql.Identifier(connection.info.dbname)
        for setting in ("work_mem = '1GB'", "random_page_cost = 1.5", "enable_nestloop = off", "jit = on"):
            connection.execute(psycopg.sql.SQL("ALTER DATABASE {} SET " + setting).format(name))
    with connect(db) as connection:
        assert set(read_unpinned(connection)) >= {"work_mem", "random_page_cost", "enable_nestloop"}
        pin(connection)
        assert read_unpinned(connection) == {}
        settings = read_settings(connection)
    assert settings["work_mem"] == "4MB"
    assert set(settings) <= set(PINS)
