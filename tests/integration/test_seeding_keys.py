"""Tables that hang together in every way PostgreSQL knows: partitions, composite keys, circles, views over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from platformdb.errors import ApplyFailed, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from platformdb.seeding.load import whole
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from servers import Server

# Messages belong to a channel and a month; everything that hangs on one names all of its key.
SCHEMA = """
CREATE TABLE channels (
    id uuid PRIMARY KEY, messages int NOT NULL DEFAULT 0,
    last_at timestamptz, last_id uuid
);
CREATE TABLE messages (
    channel_id uuid NOT NULL CONSTRAINT messages_channel_fkey REFERENCES channels ON DELETE CASCADE,
    sent_at timestamptz NOT NULL, id uuid NOT NULL,
    reply_at timestamptz, reply_id uuid,
    body text NOT NULL, size int GENERATED ALWAYS AS (length(body)) STORED, number bigserial,
    PRIMARY KEY (channel_id, sent_at, id),
    CONSTRAINT messages_reply_fkey FOREIGN KEY (channel_id, reply_at, reply_id) REFERENCES messages ON DELETE CASCADE
) PARTITION BY RANGE (sent_at);
CREATE TABLE messages_default PARTITION OF messages DEFAULT;
CREATE TABLE messages_2025_02 PARTITION OF messages FOR VALUES FROM ('2025-02-01Z') TO ('2025-03-01Z');
CREATE TABLE messages_2025_03 PARTITION OF messages FOR VALUES FROM ('2025-03-01Z') TO ('2025-04-01Z');
CREATE TABLE reactions (
    channel_id uuid NOT NULL, sent_at timestamptz NOT NULL, message_id uuid NOT NULL, emoji text NOT NULL,
    PRIMARY KEY (channel_id, sent_at, message_id, emoji),
    CONSTRAINT reactions_message_fkey FOREIGN KEY (channel_id, sent_at, message_id) REFERENCES messages
) PARTITION BY HASH (channel_id);
CREATE TABLE reactions_0 PARTITION OF reactions FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE reactions_1 PARTITION OF reactions FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE channels ADD CONSTRAINT channels_last_fkey
    FOREIGN KEY (id, last_at, last_id) REFERENCES messages DEFERRABLE INITIALLY IMMEDIATE;

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trigger ran'; END $$;
CREATE TRIGGER on_row BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER on_statement AFTER INSERT ON messages REFERENCING NEW TABLE AS n
    FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER on_partition AFTER INSERT ON messages_2025_03 FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER on_replica AFTER INSERT ON reactions FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE reactions ENABLE REPLICA TRIGGER on_replica;

CREATE VIEW busy AS SELECT channel_id, count(*) AS messages FROM messages GROUP BY 1;
CREATE MATERIALIZED VIEW by_day AS
    SELECT sent_at::date AS day, count(*) AS messages FROM messages GROUP BY 1 WITH NO DATA;
CREATE MATERIALIZED VIEW z_busy AS SELECT sum(messages) AS messages FROM busy;
CREATE MATERIALIZED VIEW "A top" AS SELECT messages + 1 AS messages FROM z_busy;
CREATE MATERIALIZED VIEW of_partition AS SELECT count(*) AS messages FROM messages_2025_03;
CREATE MATERIALIZED VIEW apart AS SELECT now() AS at;
"""
SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
channels = 6
messages = 400
[tables.reactions]
rows = { shape = "per", of = [{ table = "messages", link = "message", total = 300 }] }
distinct = ["message", "picked"]
[tables.reactions.links]
picked = { make = "pick", file = "emoji.csv" }
[tables.reactions.columns]
channel_id = { make = "copy", of = "message.channel_id" }
sent_at = { make = "copy", of = "message.sent_at" }
message_id = { make = "copy", of = "message.id" }
emoji = { make = "copy", of = "picked.name" }
[tables.messages]
rows = { shape = "per", of = [{ table = "channels", link = "channel", total = "$messages" }] }
[tables.messages.helpers]
reply = { make = "earlier", same = "channel", share = 0.4 }
[tables.messages.columns]
channel_id = { make = "copy", of = "channel.id" }
sent_at = { make = "copy", of = "time" }
id = { make = "uuid7" }
reply_at = { make = "copy", of = "reply.sent_at" }
reply_id = { make = "copy", of = "reply.id" }
body = { make = "choice", values = ["hello", "hi"] }
number = { make = "ordinal", start = 1 }
[tables.channels]
rows = { shape = "independent", count = "$channels" }
[tables.channels.helpers]
last = { make = "aggregate", function = "last", of = "messages", by = "channel" }
[tables.channels.columns]
id = { make = "uuid7" }
messages = { make = "aggregate", function = "count", of = "messages", by = "channel" }
last_at = { make = "copy", of = "last.sent_at" }
last_id = { make = "copy", of = "last.id" }
"""
CATALOG = """
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text,
    condeferrable::text
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conparentid = 0
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, CASE WHEN tgisinternal THEN tgfoid::regproc::text ELSE tgname END,
    tgenabled::text, tgtype::text, tgdeferrable::text
FROM pg_trigger
ORDER BY 1, 2, 3, 4, 5, 6
"""


@pytest.fixture
def chat(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        connection.execute(SCHEMA)
        yield connection


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    (tmp_path / "seeds/reference").mkdir(parents=True)
    (tmp_path / "seeds/reference/emoji.csv").write_text("name\nheart\nwave\n", encoding="utf-8")
    return Platform("chat", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


@pytest.fixture(params=["row by row", "at once"])
def checked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Foreign keys are checked in two ways, by the number of rows."""
    monkeypatch.setattr(whole, "MANY_ROWS", 0 if request.param == "at once" else 1 << 60)
    return str(request.param)


def load(connection: Connection, platform: Platform, text: str = SEED, *, replace: bool = False) -> Report:
    (platform.seeds / "seed.toml").write_text(text, encoding="utf-8")
    return seed(connection, platform, Request(existing=Existing.REPLACE if replace else Existing.REFUSE))


def one(connection: Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def test_partitions_are_filled_through_their_parent(chat: Connection, platform: Platform, checked: str) -> None:
    report = load(chat, platform)
    assert [step.step.subject for step in report.steps][:3] == ["channels", "messages", "reactions"]
    assert "FREEZE" not in report.steps[1].step.sql
    sizes = [one(chat, f"SELECT count(*) FROM {name}") for name in ("messages_2025_02", "messages_2025_03")]
    assert all(int(str(size)) > 20 for size in sizes)
    assert one(chat, "SELECT count(*) FROM messages_default") == 400 - sum(int(str(size)) for size in sizes)
    assert one(chat, "SELECT count(*) FROM messages WHERE reply_id IS NOT NULL AND size IN (2, 5)") != 0
    assert one(
        chat, "SELECT bool_and(messages = (SELECT count(*) FROM messages WHERE channel_id = c.id)) FROM channels c"
    )
    assert one(chat, "SELECT nextval('messages_number_seq')") == 401


# Changes whenever a foreign key is altered.
STAMPS = "SELECT sum(xmin::text::bigint) FROM pg_constraint WHERE contype = 'f'"


def test_constraints_and_triggers_are_afterwards_what_they_were(
    chat: Connection, platform: Platform, checked: str, server: Server
) -> None:
    before, stamps = chat.execute(CATALOG).fetchall(), one(chat, STAMPS)
    load(chat, platform)
    assert chat.execute(CATALOG).fetchall() == before
    assert (one(chat, STAMPS) != stamps) == (checked == "at once")
    for statement, constraint in (
        ("INSERT INTO reactions SELECT channel_id, sent_at, gen_random_uuid(), 'x' FROM messages",
         "reactions_message_fkey"),
        ("DELETE FROM messages WHERE (channel_id, sent_at, id) IN (SELECT id, last_at, last_id FROM channels) "
         "AND NOT EXISTS (SELECT FROM reactions WHERE message_id = messages.id)", "channels_(last|id_last)"),
    ):  # fmt: skip
        with pytest.raises(Exception, match=constraint), chat.transaction():
            chat.execute(statement.encode())


def test_a_key_that_was_never_validated_stays_so(chat: Connection, platform: Platform, checked: str) -> None:
    chat.execute(
        "ALTER TABLE reactions_0 ADD CONSTRAINT doubtful FOREIGN KEY (channel_id) REFERENCES channels NOT VALID"
    )
    before = chat.execute(CATALOG).fetchall()
    load(chat, platform)
    assert chat.execute(CATALOG).fetchall() == before


def test_keys_act_in_their_old_order(chat: Connection, platform: Platform, checked: str) -> None:
    """The key that deletes comes before the one that asks whether somebody still refers to the row."""
    chat.execute("ALTER TABLE messages ADD CONSTRAINT again FOREIGN KEY (channel_id) REFERENCES channels")
    load(chat, platform)
    chat.execute("TRUNCATE reactions; DELETE FROM channels")
    assert one(chat, "SELECT count(*) FROM messages") == 0


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        (SEED.replace('"message.channel_id"', '"id"').replace('[tables.reactions.columns]',
         '[tables.reactions.helpers]\nid = { make = "uuid7" }\n[tables.reactions.columns]'), "reactions_message_fkey"),
        (SEED.replace('reply_at = { make = "copy", of = "reply.sent_at" }',
         'reply_at = { make = "copy", of = "time", given = ["reply"] }'), "messages_reply_fkey"),
        (SEED.replace('last_id = { make = "copy", of = "last.id" }',
         'last_id = { make = "uuid7", given = ["last"] }'), "channels_last_fkey"),
    ],
)  # fmt: skip
def test_rows_that_refer_to_nothing_are_refused(
    chat: Connection, platform: Platform, checked: str, wrong: str, constraint: str
) -> None:
    before = chat.execute(CATALOG).fetchall()
    with pytest.raises(ApplyFailed, match=constraint):
        load(chat, platform, wrong)
    assert one(chat, "SELECT count(*) FROM messages") == 0
    assert chat.execute(CATALOG).fetchall() == before


def test_partitions_made_since_are_emptied_and_filled_with_the_rest(chat: Connection, platform: Platform) -> None:
    load(chat, platform)
    chat.execute("""
        BEGIN;
        CREATE TABLE messages_2025_07 PARTITION OF messages FOR VALUES FROM ('2025-07-01Z') TO ('2025-08-01Z');
        COMMIT""")
    assert load(chat, platform).summary.startswith("nothing to do")
    other = SEED.replace("messages = 400", "messages = 200")
    with pytest.raises(Refused, match="this seed of an older definition"):
        load(chat, platform, other)
    load(chat, platform, other, replace=True)
    assert one(chat, "SELECT count(*) FROM messages") == 200


def test_a_partition_that_was_detached_keeps_its_rows_and_stands_in_the_way(
    chat: Connection, platform: Platform
) -> None:
    load(chat, platform, SEED[: SEED.index("[tables.reactions]")] + SEED[SEED.index("[tables.messages]") :])
    chat.execute(
        "UPDATE channels SET last_at = NULL, last_id = NULL; UPDATE messages SET reply_at = NULL, reply_id = NULL"
    )
    chat.execute("ALTER TABLE messages DETACH PARTITION messages_2025_02")
    with pytest.raises(Refused, match="other tables refer to those to be filled, and hold rows: messages_2025_02"):
        load(chat, platform, replace=True)


def test_materialised_views_show_what_was_loaded(chat: Connection, platform: Platform) -> None:
    report = load(chat, platform)
    refreshed = [step.step.subject for step in report.steps if step.step.kind == "refresh"]
    assert sorted(refreshed) == ["A top", "by_day", "of_partition", "z_busy"]
    assert refreshed.index("z_busy") < refreshed.index("A top")
    assert one(chat, 'SELECT messages FROM "A top"') == 401
    assert one(chat, "SELECT sum(messages) FROM by_day") == 400
    assert one(chat, "SELECT messages = (SELECT count(*) FROM messages_2025_03) FROM of_partition")
    assert one(chat, "SELECT reltuples FROM pg_class WHERE relname = 'z_busy'") == 1


def test_who_watches_hears_of_the_views(chat: Connection, platform: Platform) -> None:
    heard: list[str] = []

    class Listener(Silent):
        def started(self, step) -> None:  # type: ignore[no-untyped-def]
            heard.append(f"{step.kind} {step.subject}")

    (platform.seeds / "seed.toml").write_text(SEED, encoding="utf-8")
    seed(chat, platform, Request(), observer=Listener())
    assert heard[:3] == ["copy channels", "copy messages", "copy reactions"]
    assert "refresh by_day" in heard
