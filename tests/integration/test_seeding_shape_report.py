"""The shape report of a loaded database: nothing cried where it is as declared, everything found where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformdb.errors import ConfigError
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.seeding.files.definition import read_definition
from platformdb.seeding.fit.facts import read_facts
from platformdb.seeding.plan import plan_seed
from platformdb.seeding.request import Request
from platformdb.seeding.run import seed
from platformdb.seeding.shape_report import measure
from platformdb.seeding.shape_report.model import Shape
from platformdb.seeding.shape_report.run import check_output, measure_shape, shape_report, with_shape
from seeding_worlds import NETWORK, sources

SIZES = {"people": 500, "follows": 5_000, "posts": 2_000, "comments": 9_000, "likes": 6_000}
TEXT = (
    NETWORK.format(**SIZES)
    .replace("reciprocity = 0.5", 'reciprocity = 0.5\nalike = ["town"]')
    .replace(
        "[tables.follows]",
        'town = { make = "choice", values = ["Ulm", "Bern", "Graz", "Linz"], nulls = 0.1 }\n[tables.follows]',
    )
)
SCHEMA = """
CREATE TABLE people (
    id uuid PRIMARY KEY, number int, name text, posts int, words bigint, last_post timestamptz, town text
);
CREATE TABLE follows (
    who_id uuid REFERENCES people, whom_id uuid REFERENCES people, at timestamptz, PRIMARY KEY (who_id, whom_id)
);
CREATE TABLE friends (low_id uuid REFERENCES people, high_id uuid REFERENCES people, at timestamptz);
CREATE TABLE posts (
    id uuid PRIMARY KEY, author_id uuid REFERENCES people, at timestamptz, words int, status text,
    gone_at timestamptz, likes int, comments int, last timestamptz
);
CREATE TABLE comments (
    id uuid PRIMARY KEY, post_id uuid REFERENCES posts, author_id uuid REFERENCES people,
    parent_id uuid REFERENCES comments, number int, text text, at timestamptz
);
CREATE TABLE likes (
    post_id uuid REFERENCES posts, who_id uuid REFERENCES people, at timestamptz, PRIMARY KEY (post_id, who_id)
) PARTITION BY HASH (post_id);
CREATE TABLE likes_0 PARTITION OF likes FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE likes_1 PARTITION OF likes FOR VALUES WITH (MODULUS 2, REMAINDER 1);
"""


@pytest.fixture
def network(db: Target, tmp_path: Path) -> Iterator[tuple[Connection, Report]]:
    """A small network, loaded, and how that went."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "seed.toml").write_text(TEXT, encoding="utf-8")
    platform = Platform("demo", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")
    with connect(db) as connection:
        connection.execute(SCHEMA)
        yield connection, seed(connection, platform, Request(profile="test"))


def shape_of(connection: Connection, text: str = TEXT) -> Shape:
    """The shape of what is loaded beside what a text declares."""
    definition = read_definition(sources(text), "test")
    plan = plan_seed(definition, read_facts(connection), read_installed_extensions(connection))
    return measure_shape(connection, definition, plan)


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


# What is declared instead, and the line in which that must be found.
OTHERS = [
    ("posts = 2000", "posts = 2001", "posts", "rows"),
    ("zipf = 1.0, childless = 0.2", "zipf = 0.5, childless = 0.2", "posts.author_id", "gini"),
    ("reciprocity = 0.5", "reciprocity = 0.2", "follows", "reciprocity"),
    ("weights = [1, 8, 1]", "weights = [2, 7, 1]", "posts.status", "'live'"),
    ('values = ["draft", "live", "gone"]', 'values = ["draft", "live", "lost"]', "posts.status", "'gone'"),
    ("nulls = 0.1", "nulls = 0.3", "people.town", "NULL"),
    ('same = "post", share = 0.6', 'same = "post", share = 0.3', "comments.parent_id", "NULL"),
]


def test_a_seed_is_as_declared_and_each_other_declaration_is_found_not_to_be(
    network: tuple[Connection, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, loaded = network
    shape = shape_of(connection)
    assert shape.misses == ()
    # Something was judged: of each key, of values, of times, of the graph.
    judged = {line.measure for line in shape.lines if line.verdict}
    assert {"rows", "exponent", "gini", "NULL", "'live'", "reciprocity", "alike town", "order on disk"} <= judged
    friends = next(line for line in shape.lines if (line.subject, line.measure) == ("friends", "rows"))
    assert friends.low == friends.high == friends.measured
    for old, new, subject, name in OTHERS:
        found = {(line.subject, line.measure) for line in shape_of(connection, changed(old, new)).misses}
        assert (subject, name) in found, (old, new, found)
    _growth_is_found(connection)
    _a_sample_says_the_same(connection, monkeypatch)
    _it_changes_nothing(connection)
    _it_is_written(connection, loaded, tmp_path)


def _growth_is_found(connection: Connection) -> None:
    text = changed("time = { until = 0.5 }", "time = { until = 0.5, growth = 3.0 }").replace(
        "town = {", 'joined = { make = "copy", of = "time" }\ntown = {'
    )
    connection.execute("ALTER TABLE people ADD joined timestamptz")
    connection.execute("UPDATE people SET joined = '2025-01-01Z'::timestamptz + random() * interval '90 days'")
    missed = {(line.subject, line.measure) for line in shape_of(connection, text).misses}
    assert ("people.joined", "growth, off by") in missed
    connection.execute("ALTER TABLE people DROP joined")


def _a_sample_says_the_same(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(measure, "ENOUGH", 1_000)
        patch.setattr(measure, "ENOUGH_NEIGHBOURS", 1_000)
        shape = shape_of(connection)
    looked = {table.measured.name: (table.measured.looked, table.measured.rows) for table in shape.tables}
    assert 0 < looked["comments"][0] < looked["comments"][1] == 9_000
    assert shape.misses == ()


def _it_changes_nothing(connection: Connection) -> None:
    with connection.transaction():
        # Within a caller's transaction that may not write either.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        shape_of(connection)
    assert connection.execute("SHOW work_mem").fetchone() == ("4MB",)


def _it_is_written(connection: Connection, loaded: Report, folder: Path) -> None:
    definition = read_definition(sources(TEXT), "test")
    plan = plan_seed(definition, read_facts(connection), read_installed_extensions(connection))
    for name in ("shape.html", "shape.json", "shape.md"):
        check_output(folder / name)
        report = with_shape(loaded, shape_report(connection, definition, plan, loaded.steps, folder / name))
        assert report.ok
        assert report.facts["page"] == str(folder / name)
        assert "posts.author_id" in (folder / name).read_text(encoding="utf-8")
    assert json.loads((folder / "shape.json").read_text(encoding="utf-8"))["tables"]["posts"]["rows_per_second"] > 0
    assert "rows/s" in report.tables[0].columns


def test_a_page_is_written_where_it_can_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"written as one of \.html, \.json, \.md"):
        check_output(tmp_path / "shape.pdf")
    with pytest.raises(ConfigError, match="there is no folder"):
        check_output(tmp_path / "none" / "shape.html")
