from __future__ import annotations

from datetime import timedelta

import pytest

from catalog import picture, rows, run, until
from platformdb.errors import ConfigError
from platformdb.indexes.health.bloat import needed_bytes
from platformdb.indexes.health.model import Limits
from platformdb.indexes.health.read import read_facts
from platformdb.indexes.run import index_status
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report, Severity
from projects import Project
from standby import streaming_pair

# One table with one of everything that there is to find, and beside each what must not be found.
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, tenant int, name text, UNIQUE (id, tenant));
CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users, tenant int, editor int REFERENCES users,
                    title text, day date, FOREIGN KEY (author, tenant) REFERENCES users (id, tenant));
INSERT INTO users SELECT n, n % 3, 'user ' || n FROM generate_series(1, 100) AS n;
INSERT INTO posts SELECT n, 1 + n % 100, (1 + n % 100) % 3, 1 + n % 7, 'post ' || n, date '2026-01-01' + n % 300
FROM generate_series(1, 5000) AS n;
CREATE INDEX by_author ON posts (author);
CREATE INDEX by_author_day ON posts (author, day DESC);
CREATE INDEX by_day_down ON posts (day DESC);
CREATE INDEX by_title ON posts (title);
CREATE INDEX by_title_pattern ON posts (title text_pattern_ops);
CREATE INDEX by_title_c ON posts (title COLLATE "C");
CREATE INDEX early ON posts (title) WHERE day < '2026-02-01';
CREATE UNIQUE INDEX one_title ON posts (title, id);
CREATE INDEX lowered ON posts (lower(title)) INCLUDE (day);
CREATE TABLE events (id int, day date, author int REFERENCES users, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO events SELECT n, date '2026-01-01' + n % 50, 1 FROM generate_series(1, 2000) AS n;
CREATE INDEX events_by_author ON events (author);
CREATE TABLE tickets (event_id int, event_day date, FOREIGN KEY (event_id, event_day) REFERENCES events);
INSERT INTO tickets SELECT 1, '2026-01-02' FROM generate_series(1, 1500);
CREATE INDEX tickets_by_event ON tickets (event_id) WHERE event_id IS NOT NULL;
ANALYZE;
"""


@pytest.fixture
def shop(db: Target) -> Target:
    run(db, SCHEMA)
    return db


def status(target: Target, project: Project, **more: object) -> Report:
    return index_status(target, project.platform, limits=Limits(), **more)  # type: ignore[arg-type]


def found(report: Report) -> set[tuple[str, str, Severity]]:
    return {(finding.rule, finding.subject, finding.severity) for finding in report.findings}


def test_a_database_is_told_what_it_has_too_much_and_too_little(shop: Target, project: Project) -> None:
    before = picture(shop)
    report = status(shop, project)
    assert found(report) == {
        ("index-redundant", "by_author", Severity.WARNING),
        ("index-redundant", "by_title", Severity.WARNING),
        ("foreign-key-unindexed", "posts.posts_editor_fkey", Severity.WARNING),
    }
    assert report.exit_code == 0
    assert picture(shop) == before


def test_what_the_findings_advise_makes_them_go_away(shop: Target, project: Project) -> None:
    for finding in status(shop, project).findings:
        run(shop, finding.help)
    assert status(shop, project).findings == ()


def test_a_partitioned_index_that_lacks_a_part_is_no_error(shop: Target, project: Project) -> None:
    run(shop, "CREATE INDEX by_day ON ONLY events (day)")
    assert ("index-incomplete", "by_day", Severity.WARNING) in found(status(shop, project))


def test_the_estimate_of_a_new_index_is_its_size_and_that_of_an_emptied_one_is_not(shop: Target) -> None:
    """The names say when they were filled; deduplication is off, which the estimate knows nothing of."""
    run(
        shop,
        """
        CREATE TABLE wide (id uuid, name text, at timestamptz, number numeric);
        INSERT INTO wide SELECT gen_random_uuid(), md5(n::text), now() - n * interval '1 minute', n * 1000
        FROM generate_series(1, 30000) AS n;
        CREATE INDEX w1 ON wide (id) WITH (deduplicate_items = off);
        CREATE INDEX w2 ON wide (name, at DESC) WITH (deduplicate_items = off);
        CREATE INDEX w3 ON wide (lower(name), number) WITH (deduplicate_items = off, fillfactor = 70);
        CREATE INDEX w4 ON wide (at) INCLUDE (name) WHERE number > 10000000;
        """,
    )
    run(shop, "VACUUM ANALYZE wide")
    assert all(0.8 < ratio < 1.2 for ratio in ratios(shop, "w")), ratios(shop, "w")
    run(shop, "DELETE FROM wide WHERE number > 8000000")
    run(shop, "VACUUM ANALYZE wide")
    assert all(ratio > 2.5 for ratio in ratios(shop, "w1")), ratios(shop, "w1")


def ratios(target: Target, name: str) -> list[float]:
    with connect(target) as connection:
        indexes = read_facts(connection).indexes
    return [each.bytes / needed_bytes(each) for each in indexes if each.relation.name.startswith(name)]


def test_an_index_that_is_being_built_is_no_error(shop: Target, project: Project) -> None:
    """An interrupted one would be; while the builder waits for a writer, it is invalid, too."""
    with connect(shop) as writer, connect(shop) as builder:
        writer.execute("BEGIN; UPDATE posts SET tenant = tenant WHERE id = 1")
        builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY late ON posts (editor)")
        until(lambda: ("index-building", "late", Severity.NOTE) in found(status(shop, project)))
        writer.execute("ROLLBACK")
        while builder.pgconn.get_result() is not None:
            pass
    assert ("index-building", "late", Severity.NOTE) not in found(status(shop, project))


def test_the_bundled_platform_has_nothing_redundant_or_unserved(vrss_db: Target, vrss: Platform) -> None:
    report = index_status(vrss_db, vrss, limits=Limits())
    assert {finding.rule for finding in report.findings} <= {"foreign-key-unindexed"}
    assert all(finding.severity is Severity.NOTE for finding in report.findings)


def test_a_role_that_may_not_ask_for_everything_is_still_answered(shop: Target, project: Project) -> None:
    role = f"{shop.parameters['dbname']}_reader"
    run(shop, f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'x'")
    try:
        reader = Target(shop.provider, {**shop.parameters, "user": role, "password": "x"})
        assert ("index-redundant", "by_author", Severity.WARNING) in found(status(reader, project))
    finally:
        run(shop, f'DROP ROLE "{role}"')


def test_another_database_is_no_replica(shop: Target, project: Project) -> None:
    with pytest.raises(ConfigError, match="no replica of this database"):
        status(shop, project, replicas=[shop.with_database("postgres")])


SCANS = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'lowered'"


def test_what_a_replica_uses_counts_and_one_that_was_not_asked_is_told(project: Project) -> None:
    """Nobody asks the primary for posts by title, and the replica does; nothing asks either of them for the day."""
    with streaming_pair() as (primary, replica):
        run(primary, SCHEMA)
        said = Limits(unused=timedelta(0))
        unknown = index_status(primary, project.platform, limits=said)
        assert "index-unused" not in {finding.rule for finding in unknown.findings}
        (note,) = [finding for finding in unknown.findings if finding.rule == "index-usage-unknown"]
        assert "1 server not asked" in note.message

        until(lambda: caught_up(primary, replica))
        run(replica, "SET enable_seqscan = off; SELECT * FROM posts WHERE lower(title) = 'post 7'")
        until(lambda: rows(replica, SCANS) == [(1,)])
        report = index_status(primary, project.platform, limits=said, replicas=[replica, replica])
        assert report.data["health"]["servers_asked"] == 2
        messages = {finding.subject: finding.message for finding in report.findings}
        assert messages["by_day_down"].endswith("was not used once in 0 days of statistics on 2 servers")
        assert "was last used on" in messages["lowered"]


def caught_up(primary: Target, replica: Target) -> bool:
    ((end,),) = rows(primary, "SELECT pg_current_wal_lsn()::text")
    return rows(replica, f"SELECT pg_last_wal_replay_lsn() >= '{end}'") == [(True,)]
