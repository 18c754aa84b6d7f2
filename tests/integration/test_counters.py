from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from catalog import picture, rows, run
from platformdb.counters.plan import BATCH_ROWS
from platformdb.counters.run import check_counters, fix_counters
from platformdb.errors import ApplyFailed, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project

# Likes are counted by a trigger, as in a real platform.
SCHEMA = """
CREATE TABLE posts (id {key} PRIMARY KEY, likes int NOT NULL DEFAULT 0);
CREATE TABLE likes (post {key} REFERENCES posts, kind text NOT NULL DEFAULT 'a%b');
CREATE FUNCTION count_like() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE posts SET likes = likes + 1 WHERE id = NEW.post;
    RETURN NULL;
END $$;
CREATE TRIGGER count_like AFTER INSERT ON likes FOR EACH ROW EXECUTE FUNCTION count_like();
"""
COUNTERS = """
[[counter]]
table = "posts"
key = "id"
column = "likes"
query = "SELECT post AS key, count(*) AS value FROM likes WHERE kind LIKE 'a%' GROUP BY post"
reason = "a like of kind a… each"
"""


@pytest.fixture
def counted(project: Project) -> Project:
    return project.write({"sql/counters.toml": COUNTERS})


@pytest.fixture
def posts(db: Target) -> Callable[[str, str], Target]:
    """Makes the tables with keys of a type, and fills them: three posts with three, two and no likes."""

    def make(key: str = "int", ids: str = "1 2 3") -> Target:
        run(db, SCHEMA.format(key=key))
        first, second, third = ids.split()
        run(db, f"INSERT INTO posts VALUES ('{first}'), ('{second}'), ('{third}')")
        run(db, f"INSERT INTO likes VALUES ('{first}'), ('{first}'), ('{first}'), ('{second}'), ('{second}')")
        return db

    return make


def counts(db: Target) -> list[object]:
    return [count for (count,) in rows(db, "SELECT likes FROM posts ORDER BY id")]


def test_right_counts_are_no_finding(posts: Callable[[], Target], counted: Project) -> None:
    report = check_counters(posts(), counted.platform)
    assert (report.exit_code, report.findings) == (0, ())
    assert report.summary == "demo: 1 counter checked, no row drifted"


def test_every_drifted_row_is_listed_and_nothing_is_changed(posts: Callable[[], Target], counted: Project) -> None:
    db = posts()
    run(db, "UPDATE posts SET likes = 7 WHERE id <> 2")
    before = picture(db)
    report = check_counters(db, counted.platform)
    assert report.exit_code == 1
    assert [f.message for f in report.findings] == [
        "posts.likes of id=1 is 7, should be 3",
        "posts.likes of id=3 is 7, should be 0",
    ]
    assert counts(db) == [7, 2, 7]
    assert picture(db) == before


@pytest.mark.parametrize(
    ("key", "ids"),
    [
        ("int", "1 2 3"),
        ("bigint", "1 2 9223372036854775807"),
        ("text", "a b c"),
        ("varchar(9)", "ä b{ c,"),
        (
            "uuid",
            "00000000-0000-7000-8000-000000000001 00000000-0000-7000-8000-000000000002 "
            "00000000-0000-7000-8000-000000000003",
        ),
        ("numeric", "1.5 2.5 3.5"),
        ("date", "2026-01-01 2026-01-02 2026-01-03"),
    ],
)
def test_keys_of_any_type_are_repaired(
    posts: Callable[[str, str], Target], counted: Project, key: str, ids: str
) -> None:
    db = posts(key, ids)
    run(db, "UPDATE posts SET likes = likes + 5")
    report = fix_counters(db, counted.platform, Silent())
    assert report.data["repaired"] == 3
    assert sorted(map(str, counts(db))) == ["0", "2", "3"]
    assert check_counters(db, counted.platform).ok


def test_an_enum_can_be_a_key(posts: Callable[[str, str], Target], db: Target, counted: Project) -> None:
    run(db, "CREATE TYPE label AS ENUM ('x', 'y', 'z')")
    posts("label", "x y z")
    run(db, "UPDATE posts SET likes = 9")
    assert fix_counters(db, counted.platform, Silent()).data["repaired"] == 3


def test_only_drifted_rows_are_touched(posts: Callable[[], Target], counted: Project) -> None:
    db = posts()
    run(db, "UPDATE posts SET likes = 9 WHERE id = 1")
    versions = rows(db, "SELECT id, xmin::text FROM posts WHERE id > 1 ORDER BY id")
    fix_counters(db, counted.platform, Silent())
    assert counts(db) == [3, 2, 0]
    assert rows(db, "SELECT id, xmin::text FROM posts WHERE id > 1 ORDER BY id") == versions


def test_when_nothing_drifted_there_is_nothing_to_do(posts: Callable[[], Target], counted: Project) -> None:
    report = fix_counters(posts(), counted.platform, Silent())
    assert (report.steps, report.ok) == ((), True)
    assert "nothing to do" in report.summary


def test_more_rows_than_a_batch_are_repaired_in_key_order(posts: Callable[[], Target], counted: Project) -> None:
    db = posts()
    run(db, f"INSERT INTO posts SELECT n, 1 FROM generate_series(10, {BATCH_ROWS + 20}) AS n")
    report = fix_counters(db, counted.platform, Silent())
    assert [r.rows for r in report.steps] == [BATCH_ROWS, 11]
    assert check_counters(db, counted.platform).ok


def test_a_batch_that_fails_keeps_the_ones_before_it(posts: Callable[[], Target], counted: Project) -> None:
    db = posts()
    run(db, f"INSERT INTO posts SELECT n, 1 FROM generate_series(10, {BATCH_ROWS + 20}) AS n")
    run(db, f"ALTER TABLE posts ADD CHECK (id < {BATCH_ROWS + 15} OR likes = 1)")
    with pytest.raises(ApplyFailed, match="check constraint") as caught:
        fix_counters(db, counted.platform, Silent())
    assert [r.state.value for r in caught.value.results] == ["applied", "failed"]
    assert rows(db, "SELECT count(*) FROM posts WHERE id >= 10 AND likes = 0") == [(BATCH_ROWS,)]


def test_writers_lose_nothing_while_counts_are_repaired(posts: Callable[[], Target], counted: Project) -> None:
    """Few rows and many writers: a repair that counted before a writer committed would show as drift at the end."""
    db = posts()
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        with connect(db) as connection:
            while not stop.is_set():
                for post in (1, 2, 3):
                    connection.execute("INSERT INTO likes VALUES (%s)", (post,))
                written.append(3)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(25):
            run(db, "UPDATE posts SET likes = likes + 1000")
            assert fix_counters(db, counted.platform, Silent()).ok
    finally:
        stop.set()
        for writer in writers:
            writer.join(timeout=20)
    assert sum(written) > 50, "the writers were at work"
    assert sum(int(str(count)) for count in counts(db)) == 5 + sum(written)
    assert check_counters(db, counted.platform).ok


@pytest.mark.parametrize("query", ["SELECT nope AS key, 1 AS value", "SELECT 1 AS id, 2 AS count"])
def test_a_query_that_the_server_rejects_is_refused_by_the_counters_name(
    posts: Callable[[], Target], project: Project, query: str
) -> None:
    project.write({"sql/counters.toml": COUNTERS.replace(COUNTERS.split('"')[7], query)})
    with pytest.raises(Refused, match=r"posts\.likes: column .* does not exist") as caught:
        check_counters(posts(), project.platform)
    assert "platformdb status" in caught.value.help


def test_without_counters_nothing_is_called_right(db: Target, project: Project) -> None:
    assert fix_counters(db, project.platform, Silent()).summary == "demo: no counters, nothing to repair"
