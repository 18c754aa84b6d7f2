"""``seed`` as users start it: what it refuses, and what it asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commandline import envelope_of, environment, platformdb_run
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from servers import Server
from terminal import on_a_terminal

pytestmark = pytest.mark.newest_server

SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
people = 30
[tables.people]
rows = { shape = "independent", count = "$people" }
[tables.people.columns]
id = { make = "ordinal", start = 1 }
joined = { make = "copy", of = "time" }
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    for name, text in (
        ("phases/001_people.sql", "CREATE TABLE people (id int PRIMARY KEY, joined timestamptz NOT NULL);"),
        ("seeds/seed.toml", SEED),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def migrated(db: Target, people: Path) -> Target:
    assert platformdb_run("migrate", cwd=people, env=environment(db)).returncode == 0
    return db


@pytest.fixture
def production(server: Server, migrated: Target) -> Iterator[Target]:
    """The same under another name."""
    name = f"{migrated.parameters['dbname']}_prod"
    with connect(migrated.with_database("postgres")) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated.parameters["dbname"]}"')
        yield migrated.with_database(name)
        connection.execute(f'DROP DATABASE "{name}"')


def rows(target: Target) -> int:
    with connect(target) as connection:
        row = connection.execute("SELECT count(*) FROM people").fetchone()
    assert row
    return int(row[0])


def test_the_story_ends_when_it_is_told(migrated: Target, people: Path) -> None:
    result = platformdb_run("seed", "--as-of", "2026-11-30", "--format", "json", cwd=people, env=environment(migrated))
    assert envelope_of(result.stdout)["data"]["as_of"] == "2026-11-30T00:00:00+00:00"
    with connect(migrated) as connection:
        assert connection.execute(
            "SELECT min(joined) > '2026-06-02', max(joined) < '2026-11-30' FROM people"
        ).fetchone() == (
            True,
            True,
        )


def test_a_scale_multiplies_the_rows(migrated: Target, people: Path) -> None:
    result = platformdb_run("seed", "--scale", "2.5", cwd=people, env=environment(migrated))
    assert result.stdout.startswith("✓ seeded 1 table, 75 rows (profile dev, scale 2.5, seed 1)")
    assert rows(migrated) == 75


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scale", "0"), "the scale must be a number greater than 0, not 0"),
        (("--scale", "-1"), "the scale must be a number greater than 0, not -1"),
        (("--scale", "nan"), "the scale must be a number greater than 0, not nan"),
        (("--scale", "1e9"), "rows"),
        (("--as-of", "soon"), "--as-of: 'soon' is no date"),
        (("--as-of", "9999-12-31T23:59-12:00"), "is no date"),
        (("--abort", "--replace"), "use it alone"),
        (("--replace", "--append"), "choose one"),
        (("--cache", "--append"), "choose one"),
        (("--tables", "nobody"), "has no table 'nobody'"),
        (("--profile", "huge"), "there is no profile 'huge', only dev"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    migrated: Target, people: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = platformdb_run("seed", *arguments, cwd=people, env=environment(migrated))
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert rows(migrated) == 0


def test_options_before_a_subcommand_are_not_swallowed(migrated: Target, people: Path) -> None:
    result = platformdb_run("seed", "--scale", "2", "infer", cwd=people, env=environment(migrated))
    assert result.returncode == 2
    assert "write the options behind the command: seed infer --option" in result.stderr


def test_a_database_that_looks_like_production_is_refused_without_a_terminal(production: Target, people: Path) -> None:
    result = platformdb_run("seed", cwd=people, env=environment(production))
    assert result.returncode == 3
    assert "looks like a production database: its database is called" in result.stderr
    assert rows(production) == 0
    assert platformdb_run("seed", "--yes", cwd=people, env=environment(production)).returncode == 0
    assert rows(production) == 30


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, 30), ("n\n", 3, 0), ("\x03", 130, 0)], ids=["y", "n", "^C"]
)
def test_on_a_terminal_it_is_asked_about(production: Target, people: Path, answer: str, code: int, left: int) -> None:
    said, exit_code = on_a_terminal("seed", answer=answer, cwd=people, env=environment(production))
    assert "Seed it?" in said
    assert (exit_code, rows(production)) == (code, left), said


def test_there_is_nothing_to_abort_where_nothing_was_cut_short(migrated: Target, people: Path) -> None:
    result = platformdb_run("seed", "--abort", cwd=people, env=environment(migrated))
    assert (result.returncode, result.stdout.splitlines()[0]) == (
        0,
        f"✓ nothing to give up: no load of {people.name} was cut short",
    )
