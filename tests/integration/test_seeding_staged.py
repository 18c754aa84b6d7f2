"""Loading on several connections: whatever tables look like, afterwards they look the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from catalog import rows, run
from dump import dumped
from platformdb.errors import ApplyFailed, ConfigError, Interrupted, NotNow, Refused
from platformdb.postgres.connect import connect, pinned
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report, StepResult
from platformdb.report.progress import Observer, Silent
from platformdb.seeding.load import copying, whole
from platformdb.seeding.load import run as loading
from platformdb.seeding.load.abort import give_up
from platformdb.seeding.load.record import unfinished
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from servers import Server

# Every way in which an index, a constraint or a key can be special.
SCHEMA = """
CREATE SCHEMA "Odd.Space";
CREATE FUNCTION lowered(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
CREATE TABLE "Odd.Space"."My ""T"" x" (
    "a b" int NOT NULL, name text NOT NULL, note text, CONSTRAINT "the.key" PRIMARY KEY ("a b"),
    CONSTRAINT "once only" UNIQUE (name) INCLUDE (note) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON CONSTRAINT "the.key" ON "Odd.Space"."My ""T"" x" IS 'it''s the key';
CREATE UNIQUE INDEX "low.er" ON "Odd.Space"."My ""T"" x" (lowered(name) text_pattern_ops DESC NULLS LAST, "a b")
    WITH (fillfactor = 80) WHERE note IS NULL;
COMMENT ON INDEX "Odd.Space"."low.er" IS 'an index; of sorts';
ALTER INDEX "Odd.Space"."low.er" ALTER COLUMN 1 SET STATISTICS 700;
CREATE INDEX "by note" ON "Odd.Space"."My ""T"" x" USING hash (note);
CREATE INDEX tidy ON "Odd.Space"."My ""T"" x" (note) TABLESPACE pg_default;
ALTER TABLE "Odd.Space"."My ""T"" x" CLUSTER ON "tidy";

CREATE TABLE people (
    id int PRIMARY KEY, boss_id int REFERENCES people ON DELETE SET NULL, thing int NOT NULL,
    CONSTRAINT to_thing FOREIGN KEY (thing) REFERENCES "Odd.Space"."My ""T"" x" DEFERRABLE INITIALLY DEFERRED,
    during int4range, CONSTRAINT apart EXCLUDE USING gist (during WITH &&)
);
COMMENT ON CONSTRAINT to_thing ON people IS 'which; why';
CREATE UNIQUE INDEX people_identity ON people (thing, id);
ALTER TABLE people REPLICA IDENTITY USING INDEX people_identity;
ALTER TABLE people ADD CONSTRAINT doubted FOREIGN KEY (boss_id) REFERENCES people NOT VALID;
CREATE VIEW grouped AS SELECT id, thing, count(*) FROM people GROUP BY id;

CREATE TABLE logs (id int NOT NULL, at timestamptz NOT NULL, person int NOT NULL, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM (MINVALUE) TO ('2025-03-01Z') PARTITION BY HASH (id);
CREATE TABLE logs_old_0 PARTITION OF logs_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE logs_old_1 (id int NOT NULL, at timestamptz NOT NULL, person int NOT NULL);
CREATE INDEX its_own_name ON logs_old_1 (person);
ALTER TABLE logs_old ATTACH PARTITION logs_old_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE logs_new PARTITION OF logs DEFAULT;
CREATE INDEX logs_person ON logs (person) WITH (fillfactor = 60);
CREATE INDEX only_new ON logs_new USING brin (at);
ALTER TABLE logs ADD CONSTRAINT logs_of FOREIGN KEY (person) REFERENCES people ON DELETE CASCADE;
CREATE TABLE echoes (id int, at timestamptz, FOREIGN KEY (id, at) REFERENCES logs, keyless text);

CREATE TABLE old_echoes (why text, PRIMARY KEY (id)) INHERITS (echoes);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trigger ran'; END $$;
CREATE TRIGGER always AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER off BEFORE INSERT ON logs FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER on_partition BEFORE INSERT ON logs_new FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE people ENABLE ALWAYS TRIGGER always;
ALTER TABLE logs DISABLE TRIGGER off;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS logs FROM logs;
"""
SINCE_18 = """
ALTER TABLE people ADD CONSTRAINT trusted FOREIGN KEY (thing) REFERENCES "Odd.Space"."My ""T"" x" NOT ENFORCED;
CREATE TABLE stays (id int, during int4range NOT NULL, UNIQUE NULLS NOT DISTINCT (id));
"""
SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
logs = 3000
[tables.'Odd.Space.My "T" x']
rows = { shape = "independent", count = 40 }
helpers.number = { make = "ordinal" }
columns."a b" = { make = "copy", of = "number" }
columns.name = { make = "text", templates = ["x"], unique = true }
[tables.people]
rows = { shape = "per", of = [{ table = 'Odd.Space.My "T" x', link = "thing_row", total = 200 }] }
helpers.boss = { make = "earlier", same = "thing_row", share = 0.5 }
columns.id = { make = "ordinal", start = 1 }
columns.boss_id = { make = "copy", of = "boss.id" }
columns.thing = { make = "copy", of = "thing_row.number" }
[tables.logs]
rows = { shape = "per", of = [{ table = "people", link = "who", total = "$logs" }] }
columns.id = { make = "ordinal" }
columns.at = { make = "copy", of = "time" }
columns.person = { make = "copy", of = "who.id" }
[tables.echoes]
rows = { shape = "per", of = [{ table = "logs", link = "log", share = 0.5 }] }
columns.id = { make = "copy", of = "log.id" }
columns.at = { make = "copy", of = "log.at" }
columns.keyless = { make = "constant", value = "k" }
[tables.old_echoes]
rows = { shape = "independent", count = 4000 }
columns.id = { make = "ordinal" }
columns.why = { make = "constant", value = "w" }
"""
TABLES = ('"Odd.Space"."My ""T"" x"', "people", "logs", "ONLY echoes", "old_echoes")


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((loading, "MANY_ROWS"), (copying, "REBUILDS_ROWS"), (whole, "MANY_ROWS")):
        monkeypatch.setattr(module, name, 1)


@pytest.fixture
def odd(db: Target, server: Server) -> Target:
    run(db, SCHEMA + (SINCE_18 if server.version == "18" else ""))
    return db


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/seed.toml").write_text(SEED, encoding="utf-8")
    return Platform("odd", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


def load(target: Target, platform: Platform, jobs: int = 2, observer: Observer | None = None, **asked: Any) -> Report:
    with connect(target) as connection:
        return seed(connection, platform, Request(jobs=jobs, **asked), target=target, observer=observer)


def schema(server: Server, target: Target) -> str:
    """The users' schema as pg_dump has it."""
    text = dumped(server, target, "--schema-only", "--exclude-schema=platformdb")
    return re.sub(r"\\(un)?restrict .*", "", text)


def contents(target: Target) -> list[list[tuple[object, ...]]]:
    return [rows(target, f"SELECT t::text FROM {name} AS t ORDER BY 1") for name in TABLES]


@pytest.mark.parametrize("jobs", [1, 2])
def test_everything_that_was_taken_off_comes_back_the_same(
    odd: Target, platform: Platform, server: Server, jobs: int
) -> None:
    before, notes = schema(server, odd), rows(odd, NUMBERS)
    assert "CLUSTER" in before
    report = load(odd, platform, jobs)
    assert report.ok
    assert schema(server, odd) == before
    after = dict(rows(odd, NUMBERS))
    remade = {name for name, number in notes if after[name] != number}
    assert {"low.er", "once only", "by note", "people_identity", "logs_person", "its_own_name", "only_new"} <= remade
    assert "the.key" in remade
    assert remade.isdisjoint({"people_pkey", "apart"})
    assert rows(odd, "SELECT logs FROM counted") == [(3000,)]
    assert not rows(odd, "SELECT FROM pg_class WHERE relname IN ('seed_plan', 'seed_loaded')")


NUMBERS = "SELECT relname::text, oid::bigint FROM pg_class WHERE relkind IN ('i', 'I') AND relnamespace <> 11"


@pytest.mark.newest_server
def test_the_rows_and_their_checksums_are_those_of_one_transaction(
    odd: Target, platform: Platform, server: Server
) -> None:
    at_once = load(odd, platform, 1)
    expected = contents(odd)
    staged = load(
        odd,
        platform,
        3,
        existing=Existing.REPLACE,
    )
    assert staged.data["checksums"] == at_once.data["checksums"]
    assert contents(odd) == expected
    assert rows(odd, "SELECT checksums FROM platformdb.seed") == [(staged.data["checksums"],)]
    assert rows(odd, "SELECT bool_and(relallvisible > 0) FROM pg_class WHERE relname IN ('people', 'echoes')") == [
        (True,)
    ]
    assert "nothing to do" in load(odd, platform).summary


class Stopper(Silent):
    """Presses Ctrl-C when so many tables are loaded."""

    def __init__(self, tables: int) -> None:
        self.left = tables

    def finished(self, result: StepResult) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


STRANGERS = {
    '"public"."echoes"': "(keyless) VALUES ('mine')",
    '"public"."old_echoes"': "(id, why) VALUES (-1, 'mine')",
    '"public"."people"': "(id, thing) VALUES (-1, -1)",
}


@pytest.mark.newest_server
def test_what_others_write_while_it_loads_is_not_lost(odd: Target, platform: Platform) -> None:
    with pytest.raises(Interrupted):
        load(odd, platform, observer=Stopper(1))
    loaded = {name for (name,) in rows(odd, "SELECT relation FROM platformdb.seed_loaded")}
    table, columns = next((name, columns) for name, columns in STRANGERS.items() if name not in loaded)
    run(odd, f"INSERT INTO {table} {columns}")
    with pytest.raises(ApplyFailed, match="holds rows that somebody wrote while it was being loaded"):
        load(odd, platform)
    assert rows(odd, f"SELECT count(*) FROM ONLY {table}") == [(1,)]
    run(odd, f"DELETE FROM {table}")
    assert load(odd, platform).ok


@pytest.mark.newest_server
@pytest.mark.parametrize("tables", [1, 5])
def test_after_ctrl_c_the_same_command_goes_on(odd: Target, platform: Platform, server: Server, tables: int) -> None:
    before = schema(server, odd)
    whole_run = load(odd, platform, 1, seed=2)
    expected = contents(odd)
    run(odd, "DELETE FROM platformdb.seed")
    with pytest.raises(Interrupted, match=rf"seeding odd: interrupted, {tables} of 5 tables were loaded") as caught:
        load(odd, platform, observer=Stopper(tables), seed=2, existing=Existing.REPLACE)
    assert "run the same command again to go on, or platformdb seed --abort" in caught.value.help
    assert len(caught.value.results) == tables
    with connect(odd) as connection:
        said = unfinished(connection)
    assert said is not None
    assert re.search(rf"a load of odd \(profile dev, seed 2\) was cut short: [{tables}-5] of 5 tables", said.message)
    with pytest.raises(Refused, match="a load of another seed was cut short: profile dev, seed 2"):
        load(odd, platform)
    again = load(odd, platform, 1, seed=2)  # one process is enough to go on
    with connect(odd) as connection:
        assert unfinished(connection) is None
    assert again.data["checksums"] == whole_run.data["checksums"]
    assert contents(odd) == expected
    assert schema(server, odd) == before


def test_part_of_the_tables_goes_on_and_replaces_though_the_keys_are_off(
    db: Target, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(db, "CREATE TABLE boxes (id int PRIMARY KEY); CREATE TABLE things (id int PRIMARY KEY REFERENCES boxes)")
    table = "[tables.{0}]\nrows = {{ shape = 'independent', count = '$n' }}\n[tables.{0}.columns]\n"
    text = "start = 2025-01-01T00:00:00Z\nend = 2025-06-30T18:00:00Z\n[profiles.dev]\nn = 60\n"
    text += "".join(table.format(name) + "id = { make = 'ordinal', start = 1 }\n" for name in ("boxes", "things"))
    (platform.seeds / "seed.toml").write_text(text)

    def cut() -> None:
        with pytest.raises(Interrupted):
            load(db, platform, observer=Stopper(1), tables=("things",))

    cut()
    assert load(db, platform, tables=("things",)).data["rows"] == 120
    run(db, "TRUNCATE boxes, things")
    cut()
    assert load(db, platform, tables=("boxes",), existing=Existing.REPLACE).data["rows"] == 60


@pytest.mark.newest_server
def test_all_connections_of_a_load_lead_to_the_same_server(db: Target) -> None:
    host, port = db.parameters["host"], db.parameters.get("port", "5432")
    target = Target(db.provider, {**db.parameters, "host": f"/nowhere,{host}", "port": f"1,{port}"})
    with connect(target) as connection:
        found = pinned(target, connection).parameters
    assert (found["host"], found["port"], found["dbname"]) == (host, port, db.parameters["dbname"])


def test_giving_up_brings_back_the_schema_and_empty_tables(odd: Target, platform: Platform, server: Server) -> None:
    before = dumped_whole(server, odd)
    with pytest.raises(Interrupted):
        load(odd, platform, observer=Stopper(2))
    assert schema(server, odd) != before
    with connect(odd) as connection:
        assert "a load of odd" in give_up(connection, "another").findings[0].message
        report = give_up(connection, "odd")
        assert "5 tables are empty, and their schema is as before" in report.summary
        assert unfinished(connection) is None
        assert give_up(connection, "odd").findings == ()
        assert give_up(connection, "odd").summary == "nothing to give up: no load of odd was cut short"
    assert dumped_whole(server, odd) == before
    assert contents(odd) == [[], [], [], [], []]


def dumped_whole(server: Server, target: Target) -> str:
    """The schema with what belongs to the tool."""
    return re.sub(r"\\(un)?restrict .*", "", dumped(server, target, "--schema-only"))


@pytest.mark.parametrize(
    ("old", "new", "clash", "error", "message"),
    [
        ('"who.id"', '"id"', "", ApplyFailed, "logs_of"),  # found when keys are checked
        ("", "", "CREATE UNIQUE INDEX clash ON logs_new ((id % 1000))", ApplyFailed, "clash"),  # when it is built
        (  # when rows are made
            '{ make = "copy", of = "thing_row.number" }',
            '{ make = "compute", function = "multiply", of = ["thing_row.number", 1_000_000_000] }',
            "",
            ConfigError,
            "do not fit into the type",
        ),
    ],
)
def test_rows_that_cannot_be_are_taken_back_whole(
    odd: Target,
    platform: Platform,
    server: Server,
    old: str,
    new: str,
    clash: str,
    error: type[Exception],
    message: str,
) -> None:
    run(odd, clash)
    before = dumped_whole(server, odd)
    path = platform.seeds / "seed.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(error, match=re.escape(message)):
        load(odd, platform)
    assert dumped_whole(server, odd) == before
    assert contents(odd) == [[], [], [], [], []]


def test_a_table_that_is_busy_meanwhile_stops_the_load_and_nothing_is_lost(
    odd: Target, platform: Platform, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schema(server, odd)

    with connect(odd) as held, held.transaction():
        held.execute("LOCK TABLE echoes IN ROW SHARE MODE")
        monkeypatch.setattr("platformdb.seeding.load.transaction.LOCK_TIMEOUT", "100ms")
        with pytest.raises(NotNow, match="the tables are in use"):
            load(odd, platform)
    assert schema(server, odd) == before
