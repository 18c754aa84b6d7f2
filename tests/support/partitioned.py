"""Partitioned tables as a chat has them, with everything for ``partitions ensure`` to do."""

from __future__ import annotations

from datetime import UTC, datetime

from catalog import Rows, rows, run
from platformdb.partitions.model import months_later
from platformdb.partitions.run import ensure_partitions
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from projects import Project

TABLES = """
CREATE TABLE channels (id int PRIMARY KEY, posts int NOT NULL DEFAULT 0);
INSERT INTO channels SELECT generate_series(1, 3);
CREATE TABLE messages (
    channel int NOT NULL REFERENCES channels ON DELETE CASCADE,
    id int NOT NULL,
    at timestamptz NOT NULL,
    body text NOT NULL DEFAULT 'hello' CONSTRAINT messages_body_check CHECK (body <> ''),
    size int GENERATED ALWAYS AS (length(body)) STORED,
    PRIMARY KEY (channel, id, at)
) PARTITION BY RANGE (at);
CREATE INDEX messages_at ON messages (at);
CREATE TABLE messages_default PARTITION OF messages DEFAULT;
CREATE TABLE reactions (
    channel int NOT NULL, message int NOT NULL, at timestamptz NOT NULL, emoji text NOT NULL,
    PRIMARY KEY (channel, message, at, emoji),
    CONSTRAINT reactions_message_fkey FOREIGN KEY (channel, message, at) REFERENCES messages ON DELETE CASCADE
) PARTITION BY RANGE (at);
CREATE TABLE reactions_default PARTITION OF reactions DEFAULT;
CREATE TABLE logs (at timestamp NOT NULL, what text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE sums (low timestamptz PRIMARY KEY, entries int NOT NULL);
CREATE FUNCTION count_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE channels SET posts = posts + CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
    WHERE id = coalesce(NEW.channel, OLD.channel);
    RETURN NULL;
END $$;
CREATE TRIGGER count_post AFTER INSERT OR DELETE ON messages FOR EACH ROW EXECUTE FUNCTION count_post();
"""

GROWING = """
[[partition]]
table = "messages"
interval = "month"
from = "{start:%Y-%m-%d}"

[[partition]]
table = "reactions"
interval = "month"
from = "{start:%Y-%m-%d}"

[[partition]]
table = "logs"
interval = "month"
from = "{start:%Y-%m-%d}"
default = false
"""

RETIRING = """
[[partition]]
table = "messages"
interval = "month"
retention = "5 months"
retire = "archive"

[[partition]]
table = "reactions"
interval = "month"
retention = "5 months"
retire = "drop"

[[partition]]
table = "logs"
interval = "month"
retention = "5 months"
retire = "archive"
default = false
before_retire = '''
INSERT INTO sums SELECT $1::timestamptz, count(*) FROM logs WHERE at >= $1::timestamp AND at < $2::timestamp
ON CONFLICT (low) DO UPDATE SET entries = excluded.entries
'''
"""

# A row a week since the first of the month half a year ago, and one of now, in each of the tables.
FILLED = """
INSERT INTO messages (channel, id, at)
SELECT n % 3 + 1, n, at
FROM (
    SELECT generate_series(date_trunc('month', now()) - interval '6 months', now(), '1 week') UNION SELECT now()
) AS weeks (at)
CROSS JOIN LATERAL (SELECT (extract(EPOCH FROM now() - at) / 86400)::int) AS days (n);
INSERT INTO reactions SELECT channel, id, at, 'like' FROM messages;
INSERT INTO logs SELECT at AT TIME ZONE 'UTC', 'x' FROM messages;
"""


def ensured(target: Target, project: Project, **options: object) -> Report:
    """What ``platformdb partitions ensure`` does, in this process."""
    return ensure_partitions(target, project.platform, Silent(), **options)  # type: ignore[arg-type]


def half_a_year_ago() -> datetime:
    return months_later(datetime.now(UTC), -6)


def partition_of(table: str, months: int = 0) -> str:
    """The name of the partition that holds the month which lies so far ahead."""
    return f"{table}_{months_later(datetime.now(UTC).replace(day=1), months):%Y_%m}"


def grown(target: Target, project: Project, *, without: tuple[str, ...] = ()) -> None:
    """Tables with partitions for half a year and rows in all of them, under policies without retention.

    The tables ``without`` have no partition for this month: its rows lie in the default.
    """
    run(target, TABLES)
    project.write({"phases/001_tables.sql": TABLES, "sql/partitions.toml": GROWING.format(start=half_a_year_ago())})
    assert ensured(target, project).ok
    for table in without:
        run(target, f"ALTER TABLE {table} DETACH PARTITION {partition_of(table)}; DROP TABLE {partition_of(table)}")
    run(target, FILLED)


def neglected(target: Target, project: Project) -> None:
    """The same, where nobody ran ensure for a while, and half of it is to be retired."""
    grown(target, project, without=("reactions", "messages"))
    project.write({"sql/partitions.toml": RETIRING})


def places(target: Target, table: str) -> Rows:
    """How many rows lie in which partition."""
    return rows(target, f"SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
