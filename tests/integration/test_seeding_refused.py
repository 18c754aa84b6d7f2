"""Rows that the database does not take: found before loading where that can be, else shown with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dump import dumped
from platformdb.errors import ApplyFailed, ConfigError
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.seeding.fit import trial
from platformdb.seeding.fit.facts import read_facts
from platformdb.seeding.load import run as loading
from platformdb.seeding.load.record import unfinished
from platformdb.seeding.request import Request
from platformdb.seeding.run import seed
from servers import Server

HEAD = """start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
[tables.t]
rows = { shape = "independent", count = 300 }
[tables.t.columns]
"""
LOW = 'a = { make = "number", spread = { dist = "uniform", min = 0, max = 9 } }\n'
HIGH = 'b = { make = "number", spread = { dist = "uniform", min = 3, max = 9 } }\n'


@pytest.fixture
def database(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def library(tmp_path: Path) -> Platform:
    (tmp_path / "seeds").mkdir()
    return Platform("library", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


def load(connection: Connection, platform: Platform, columns: str, schema: str = "") -> Report:
    if schema:
        connection.execute(f"DROP TABLE IF EXISTS t CASCADE; {schema}".encode())
    (platform.seeds / "seed.toml").write_text(HEAD + columns, encoding="utf-8")
    return seed(connection, platform, Request())


def contents(server: Server, target: Target) -> str:
    return re.sub(r"\\(un)?restrict .*", "", dumped(server, target))


def refused(connection: Connection, platform: Platform, columns: str, schema: str) -> ApplyFailed:
    with pytest.raises(ApplyFailed) as caught:
        load(connection, platform, columns, schema)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    return caught.value


def test_a_refused_row_is_shown_with_its_values_and_the_line_of_its_generator(
    database: Connection, library: Platform
) -> None:
    error = refused(database, library, LOW + HIGH, "CREATE TABLE t (a int, b int, CONSTRAINT ordered CHECK (a < b))")
    assert error.message == 't: new row for relation "t" violates check constraint "ordered"'
    lines = error.detail.splitlines()
    assert lines[0] == "constraint ordered: CHECK (a < b)"
    assert lines[-1] == "SQLSTATE: 23514"
    number = int(lines[1].removeprefix("row ").removesuffix(" of 300"))
    shown = [int(line.strip().split(" = ")[1]) for line in lines[2:4]]
    assert shown[0] >= shown[1]
    assert str(error.place) == "seeds/seed.toml:7"
    assert error.help.startswith("let the generator make only what the constraint allows")
    # It is that row: without the constraint it is there.
    load(database, library, LOW + HIGH, "CREATE TABLE t (a int, b int)")
    loaded = database.execute("SELECT a, b FROM t ORDER BY ctid").fetchall()
    assert list(loaded[number - 1]) == shown
    assert all(a < b for a, b in loaded[: number - 1])


TEXT = 'a = { make = "text", templates = ["%s{n}"] }\n[tables.t.helpers]\nn = { make = "ordinal" }\n'
MAYBE = 'a = { make = "constant", value = "x", where = { n = 5 } }\n[tables.t.helpers]\nn = { make = "ordinal" }\n'


@pytest.mark.parametrize(
    ("schema", "columns", "state", "said", "shown"),
    [
        ("CREATE TABLE t (a text NOT NULL)", MAYBE, "23502", 'null value in column "a"', "  a = NULL"),
        ("CREATE TABLE t (a varchar(3))", TEXT % "a", "22001", "value too long", "  a = 'a100'"),
        ("CREATE TABLE t (a varchar(99) CHECK (a < 'a100'))", TEXT % "a", "23514", "t_a_check", "  a = 'a2'"),
        ("CREATE TABLE t (a int UNIQUE)", TWICE := LOW.replace("uniform", "lognormal").replace(
            "min = 0, max = 9", "median = 3, sigma = 1.0"), "23505", 't_a_key"', "  a = "),
        ("CREATE TABLE u (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES u)", TWICE, "23503", "t_a_fkey",
         "  a = "),
        ("CREATE DOMAIN e AS text CHECK (VALUE < 'a100'); CREATE TABLE t (a e)", TEXT % "a", "23514",
         "value for domain e", "  a = 'a2'"),
        ("CREATE TABLE t (a timestamptz) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t "
         "FOR VALUES FROM ('2025-02-01') TO ('2026-01-01')", 'a = { make = "copy", of = "time" }\n', "23514",
         "no partition", "  a = 2025-01-0"),
        ("CREATE TABLE t (api_token varchar(3))", (TEXT % "a").replace("a =", "api_token ="), "22001",
         "t: a value is none of its type", "  api_token = (not shown)"),
        ("CREATE TABLE t (a text CHECK (length(a) < 90 OR a < ''))", TEXT % ("x" * 90), "23514", "t_a_check",
         f"  a = 'xxx{'x' * 56}… (93 characters)"),
    ],
)  # fmt: skip
def test_every_sort_of_refusal_names_the_values(
    database: Connection, library: Platform, schema: str, columns: str, state: str, said: str, shown: str
) -> None:
    error = refused(database, library, columns, schema)
    assert said in error.message
    assert f"SQLSTATE: {state}" in error.detail
    assert any(line.startswith(shown) for line in error.detail.splitlines()), error.detail
    assert str(error.place) == "seeds/seed.toml:7"


def test_a_contradiction_is_found_before_anything_happens(database: Connection, library: Platform) -> None:
    database.execute("CREATE DOMAIN email AS text CHECK (VALUE ~ '@')")
    columns = LOW + 'b = { make = "choice", values = ["x", "z"] }\nc = { make = "constant", value = "home" }\n'
    with pytest.raises(ConfigError) as caught:
        load(
            database, library, columns, "CREATE TABLE t (a int CHECK (a > 0), b text CHECK (b IN ('x', 'y')), c email)"
        )
    assert caught.value.detail.splitlines() == [
        "seeds/seed.toml:7: tables.t.columns.a: can make 0, and t_a_check asks for CHECK (a > 0)",
        "seeds/seed.toml:8: tables.t.columns.b: can make 'z', and t_b_check asks for "
        "CHECK (b = ANY (ARRAY['x'::text, 'y'::text]))",
        "seeds/seed.toml:9: tables.t.columns.c: can make 'home', and the domain email asks for "
        "CHECK (VALUE ~ '@'::text)",
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_rows_are_tried_before_the_tables_are_touched(
    database: Connection, library: Platform, server: Server, db: Target, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(trial, "MANY_ROWS", 100)
    monkeypatch.setattr(loading, "MANY_ROWS", 100)
    parts = "FOR VALUES FROM ('2025-02-01') TO ('2026-01-01')"
    for schema, columns, said in (
        ("CREATE TABLE t (a int, b int, CONSTRAINT ordered CHECK (a < b))", LOW + HIGH,
         r"row \d+ of t is against ordered, CHECK \(a < b\): a = \d, b = \d$"),
        ("CREATE DOMAIN e AS text CHECK (VALUE < 'a100'); CREATE TABLE t (a e)", TEXT % "a",
         r"value for domain e violates .* CHECK \(VALUE < 'a100'::text\) of the domain e; row 3 of 300; a = 'a2'\)$"),
        (f"CREATE TABLE t (a timestamptz) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t {parts}",
         'a = { make = "copy", of = "time" }\n', "row 1 of t fits into no partition: a = 2025-01-"),
    )[:: 2 if jobs == 2 else 1]:  # fmt: skip
        database.execute(f"DROP TABLE IF EXISTS t; {schema}".encode())
        before = contents(server, db)
        (library.seeds / "seed.toml").write_text(HEAD + columns, encoding="utf-8")
        with pytest.raises(ConfigError, match=said) as caught:
            seed(database, library, Request(jobs=jobs), target=db)
        assert str(caught.value.place) == "seeds/seed.toml:7"
        assert contents(server, db) == before


def test_what_cannot_be_tried_is_no_reason_to_refuse(
    database: Connection, library: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MANY_ROWS", 100)
    made = "c int DEFAULT 10, g int GENERATED ALWAYS AS (a + 10) STORED"
    asked = "CHECK (c IS NOT NULL AND b < c), CHECK (g IS NOT NULL AND a < g)"
    assert load(database, library, LOW + HIGH, f"CREATE TABLE t (a int, b int, {made}, {asked})").ok


def test_the_facts_are_what_the_catalog_says(database: Connection) -> None:
    database.execute(
        """
        CREATE TYPE mood AS ENUM ('sad', 'it''s'); CREATE DOMAIN short AS varchar(12) NOT NULL CHECK (VALUE <> '');
        CREATE DOMAIN shorter AS short CHECK (length(VALUE) < 9); CREATE DOMAIN many AS shorter[];
        CREATE TYPE spans AS RANGE (subtype = float8);
        CREATE TABLE "odd t" (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood[], s shorter, ss many, n numeric(8, 2) DEFAULT 1,
            v varchar(3), r spans, g int GENERATED ALWAYS AS (1 + 1) STORED, t text UNIQUE DEFERRABLE,
            CHECK (v <> t), EXCLUDE USING gist (r WITH &&)
        );
        CREATE UNIQUE INDEX low ON "odd t" (lower(t), id) WHERE n > 1;
        CREATE TABLE child (x int, y int, FOREIGN KEY (x) REFERENCES "odd t" DEFERRABLE) PARTITION BY LIST (y);
        CREATE TABLE child1 PARTITION OF child (CONSTRAINT own CHECK (x > 5)) FOR VALUES IN (1);
        CREATE TABLE child2 PARTITION OF child DEFAULT PARTITION BY HASH (x);
        """
    )
    facts = read_facts(database)
    odd, child = facts["odd t"], facts["child"]
    columns = {column.name: column for column in odd.columns}
    assert columns["m"].labels == ("sad", "it's")
    assert [check.name for check in columns["s"].checks] == ["short_check", "shorter_check"]
    assert (columns["s"].length, columns["s"].not_null, columns["s"].declared) == (12, True, "shorter")
    assert [check.holder for check in columns["ss"].element_checks] == ["short", "shorter"]
    assert (columns["n"].digits, columns["n"].default, columns["v"].length) == ((8, 2), "1", 3)
    assert (columns["r"].form, columns["r"].subtype, columns["g"].generated) == ("r", "float8", True)
    assert columns["id"].identity == "always"
    assert [(check.expression, check.columns) for check in odd.checks] == [("((v)::text <> t)", ("v", "t"))]
    found = {unique.name: unique for unique in odd.uniques}
    assert list(found) == ["odd t_pkey", "low", "odd t_t_key"]
    assert (found["low"].columns, found["low"].plain, found["low"].where) == (
        ("lower(t)", "id"), False, "(n > (1)::numeric)",
    )  # fmt: skip
    assert found["odd t_t_key"].deferrable
    assert [(each.columns, each.operators) for each in odd.exclusions] == [(("r",), ("&&",))]
    (key,) = child.foreign_keys
    assert (key.columns, key.table, key.referenced, key.deferrable) == (("x",), "odd t", ("id",), True)
    assert child.partitioning is not None
    assert [part.name for part in child.partitioning.partitions] == ["child1"]
    assert [check.expression for check in child.checks] == [
        "NOT (((y IS NOT NULL) AND (y = 1))) OR ((x > 5))",
    ]


@pytest.mark.newest_server
def test_a_row_that_is_refused_in_another_process_is_told_as_well(
    database: Connection, library: Platform, db: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MANY_ROWS", 100)
    database.execute("CREATE TABLE t (a text, CONSTRAINT early CHECK (a <> 'a2000'))")
    (library.seeds / "seed.toml").write_text((HEAD + TEXT % "a").replace("300", "3000"), encoding="utf-8")
    with pytest.raises(ApplyFailed, match='violates check constraint "early"') as caught:
        seed(database, library, Request(jobs=2), target=db)
    assert "row 2,001 of 3,000\n  a = 'a2000'" in caught.value.detail
    assert str(caught.value.place) == "seeds/seed.toml:7"
    assert unfinished(database) is None
    assert database.execute("SELECT count(*) FROM t").fetchone() == (0,)
