"""--cache: what a seed made is kept, copied, and never takes anything of the database's own away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platformdb.errors import Interrupted, NotNow, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from platformdb.seeding import cache
from platformdb.seeding.command import Extras, Work, carry_out
from platformdb.seeding.load import run as loading
from platformdb.seeding.load import staged
from platformdb.seeding.request import Existing, Request
from servers import Server

SCHEMA = """
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, text text);
CREATE VIEW named AS SELECT name FROM people;
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
people = 30
[tables.people]
rows = { shape = "independent", count = "$people" }
[tables.people.columns]
id = { make = "ordinal", start = 1 }
name = { make = "text", templates = ["ann", "bob"] }
"""
Seed = Callable[..., Report]
OTHERS: set[str] = set()


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/seed.toml").write_text(SEED)
    return Platform("people", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


@pytest.fixture
def home(db: Target, server: Server) -> Iterator[Target]:
    run(db, SCHEMA)
    others = databases(db)  # other tests have some of their own
    OTHERS.update(others)
    yield db
    OTHERS.difference_update(others)
    with connect(db.with_database("postgres")) as connection:
        for name in databases(db) - others:
            connection.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
            connection.execute(f'DROP DATABASE "{name}"')


@pytest.fixture
def seed(home: Target, platform: Platform) -> Seed:
    def cached(existing: Existing = Existing.REFUSE, **asked: object) -> Report:
        work = Work(home, platform, Request(existing=existing, **asked), 5.0, Silent())  # type: ignore[arg-type]
        return carry_out(work, Extras(cache=True), lambda _: True)

    return cached


def run(target: Target, statements: str) -> list[tuple[object, ...]]:
    with connect(target) as connection:
        cursor = connection.execute(statements.encode())
        return cursor.fetchall() if cursor.description else []


def databases(target: Target) -> set[str]:
    """Of the cache; whatever is under way or was left behind counts."""
    with connect(target.with_database("postgres")) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'platformdb\\_%'").fetchall()
    return {name for (name,) in found} - OTHERS


def anew(target: Target, schema: str = SCHEMA) -> None:
    """The database as it was before anything was seeded."""
    with connect(target.with_database("postgres")) as connection:
        name = target.parameters["dbname"]
        connection.execute(f'DROP DATABASE "{name}"')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    run(target, schema)


def test_the_second_identical_seed_is_a_copy_and_the_third_is_nothing_to_do(seed: Seed, home: Target) -> None:
    first = seed()
    rows = run(home, "SELECT id, name FROM people ORDER BY id")
    assert first.data["template"] in databases(home)
    assert [step.step.kind for step in first.steps] == ["copy"]
    anew(home)
    second = seed()
    assert second.summary == "copied 30 rows (profile dev, seed 1)"
    assert second.data["template"] == first.data["template"]
    assert run(home, "SELECT id, name FROM people ORDER BY id") == rows
    assert seed().summary.startswith("nothing to do")
    assert databases(home) == {first.data["template"]}


def test_nobody_can_change_a_template(seed: Seed, home: Target) -> None:
    template = seed().data["template"]
    ((is_template, allowed, comment),) = run(
        home,
        "SELECT datistemplate, datallowconn, shobj_description(oid, 'pg_database') FROM pg_database "
        f"WHERE datname = '{template}'",
    )
    assert (is_template, allowed) == (True, False)
    assert "profile dev, seed 1" in str(comment)


def test_replace_copies_over_another_seed_and_back(seed: Seed, home: Target) -> None:
    first, second = seed(), seed(Existing.REPLACE, seed=2)
    assert first.data["template"] != second.data["template"]
    for number, made in ((1, first), (2, second)):
        again = seed(Existing.REPLACE, seed=number)
        assert (again.data["template"], again.steps[0].step.subject) == (made.data["template"], made.data["template"])


@pytest.mark.newest_server
@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE people ALTER COLUMN name SET DEFAULT 'x'",
        "CREATE INDEX ON people (name)",
        "ALTER TABLE people ADD CHECK (id > 0)",
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE VIEW named AS SELECT name FROM people WHERE id > 1",
        "CREATE TYPE mood AS ENUM ('good')",
        "GRANT SELECT ON people TO public",
        "COMMENT ON COLUMN people.name IS 'called'",
        "INSERT INTO notes (text) VALUES ('mine')",
        "ALTER TABLE people ALTER COLUMN name SET STATISTICS 500",
        "CREATE TABLE more (id int)",
        "CREATE SCHEMA elsewhere",
        "SELECT lo_create(4711)",
        "CREATE SEQUENCE numbers; SELECT nextval('numbers')",
    ],
)
def test_a_database_that_differs_in_anything_gets_no_copy(seed: Seed, home: Target, change: str) -> None:
    template = seed().data["template"]
    anew(home)
    run(home, change)
    report = seed()
    assert report.summary.startswith("seeded")
    assert report.data["template"] != template
    if "INSERT" in change:
        assert run(home, "SELECT text FROM notes") == [("mine",)]


@pytest.mark.newest_server
def test_rows_that_may_not_be_lost_are_not_lost_to_a_copy_that_replaced_the_same(seed: Seed, home: Target) -> None:
    mine = "INSERT INTO people VALUES (1, 'mine')"
    run(home, mine)
    assert seed(Existing.REPLACE).summary.startswith("seeded")
    anew(home)
    run(home, mine)
    with pytest.raises(Refused, match="rows that seed did not make"):
        seed()
    assert run(home, "SELECT name FROM people") == [("mine",)]


@pytest.mark.newest_server
def test_rows_of_seeded_tables_that_are_not_replaced_tell_databases_apart(
    seed: Seed, home: Target, platform: Platform
) -> None:
    pets = SEED.partition("[tables.people]")[2].replace("people", "pets")
    file = platform.seeds / "seed.toml"
    file.write_text(SEED.replace("people = 30", "people = 30\npets = 5") + "[tables.pets]" + pets)
    schema = SCHEMA + "CREATE TABLE pets (id int PRIMARY KEY, name text NOT NULL);"
    anew(home, schema)
    seed()
    run(home, "UPDATE pets SET name = 'private'")
    first = seed(Existing.REPLACE, tables=("people",))
    assert run(home, "SELECT DISTINCT name FROM pets") == [("private",)]
    anew(home, schema)
    assert seed(tables=("people",)).data["template"] != first.data["template"]
    assert run(home, "SELECT name FROM pets") == []


@pytest.mark.newest_server
def test_a_load_that_was_cut_short_goes_on_and_is_no_copy(
    seed: Seed, home: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "_is_large", lambda *_: True)
    monkeypatch.setattr(cache, "FEW", 10)
    with monkeypatch.context() as patch:
        patch.setattr(staged, "_restore", cut)
        with pytest.raises(Interrupted):
            seed(jobs=2)
    assert seed(jobs=2).summary.startswith("seeded")
    assert not databases(home)


@pytest.mark.newest_server
def test_two_who_keep_the_same_at_once_leave_one_template(
    seed: Seed, home: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = cache.make_template

    def slow(server: Connection, name: str, final: str, comment: str) -> None:
        server.execute(f'CREATE DATABASE "{final}"'.encode())
        make(server, name, final, comment)

    monkeypatch.setattr(cache, "make_template", slow)
    assert seed().data["template"] is None
    assert len(databases(home)) == 1


@pytest.mark.newest_server
def test_a_template_is_not_replaced(seed: Seed, home: Target) -> None:
    name = home.parameters["dbname"]
    run(home, f'ALTER DATABASE "{name}" IS_TEMPLATE true')
    with pytest.raises(Refused, match="of its own"):
        seed()
    run(home, f'ALTER DATABASE "{name}" IS_TEMPLATE false')


@pytest.mark.newest_server
def test_many_rows_of_ones_own_are_refused_before_anything_is_done(seed: Seed, home: Target) -> None:
    run(home, "INSERT INTO notes (text) SELECT 'mine' FROM generate_series(1, 10001)")
    with pytest.raises(Refused, match=r"notes holds more than 10,000 rows"):
        seed()
    assert run(home, "SELECT count(*) FROM people") == [(0,)]


@pytest.mark.newest_server
def test_a_database_with_settings_of_its_own_is_refused(seed: Seed, home: Target) -> None:
    run(home, f"ALTER DATABASE \"{home.parameters['dbname']}\" SET work_mem = '5MB'")
    with pytest.raises(Refused, match="settings, rights, replication or a comment of its own"):
        seed()


@pytest.mark.newest_server
def test_somebody_connected_keeps_his_database(seed: Seed, home: Target) -> None:
    template = seed().data["template"]
    anew(home)
    with connect(home) as other:
        with pytest.raises(NotNow, match="others are connected"):
            seed()
        assert other.execute("SELECT count(*) FROM people").fetchone() == (0,)
    assert databases(home) == {template}


@pytest.mark.newest_server
def test_a_database_that_others_use_is_seeded_and_not_kept(seed: Seed, home: Target) -> None:
    with connect(home):
        report = seed()
    assert (report.data["template"], report.data["rows"]) == (None, 30)
    assert "not kept" in report.findings[0].message
    assert not databases(home)


@pytest.mark.newest_server
def test_what_was_written_in_the_last_moment_is_not_lost(
    seed: Seed, home: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = seed().data["template"]
    anew(home)
    exchange = cache.exchange_databases

    def late(connection: Connection, name: str, other: str, aside: str) -> None:
        if name == home.parameters["dbname"]:
            monkeypatch.setattr(cache, "exchange_databases", exchange)
            run(home, "INSERT INTO notes (text) VALUES ('late')")
        exchange(connection, name, other, aside)

    monkeypatch.setattr(cache, "exchange_databases", late)
    with pytest.raises(NotNow, match="was changed while it was being replaced"):
        seed()
    assert run(home, "SELECT text FROM notes") == [("late",)]
    assert databases(home) == {template}
