"""What a seed sends arrives: every type as the server reads it, and what an extension brings when it is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from platformdb.errors import ConfigError, Refused
from platformdb.postgres.catalog import read_available_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from servers import Server

HEAD = "start = 2025-01-01T00:00:00Z\nend = 2025-06-30T18:00:00Z\n[profiles.dev]\n"
SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN small AS int CHECK (value < 1000);
CREATE TABLE readers (
    id uuid PRIMARY KEY, name text NOT NULL, n int2 NOT NULL,
    nonce bytea NOT NULL CHECK (length(nonce) = 12), sealed bytea, digest text NOT NULL, lump bytea NOT NULL,
    words text[] NOT NULL, codes varchar(9)[] NOT NULL, numbers int[] NOT NULL, smalls small[] NOT NULL,
    moods mood[], masks bigint[] NOT NULL, times timestamptz[] NOT NULL, lumps bytea[] NOT NULL, flags bool[] NOT NULL,
    notes uuid[] NOT NULL, floats float8[] NOT NULL, steps int2[] NOT NULL,
    switch bit(4) NOT NULL, switches varbit NOT NULL, old bool NOT NULL, half numeric(8, 2) NOT NULL,
    doubled int8 NOT NULL GENERATED ALWAYS AS (n * 2) STORED, later timestamptz NOT NULL, waited interval NOT NULL,
    day date NOT NULL, running int8 NOT NULL
);
CREATE TABLE notes (id uuid PRIMARY KEY, reader_id uuid NOT NULL REFERENCES readers, at timestamptz NOT NULL);
"""
SEED = (
    HEAD
    + """
[tables.readers]
rows = { shape = "independent", count = 60 }
[tables.readers.helpers]
mood = { make = "choice", values = ["sad", "glad"] }
second = { make = "constant", value = "b", nulls = 0.5 }
[tables.readers.columns]
id = { make = "uuid7" }
name = { make = "choice", values = ["ann", "Zoë", ""] }
n = { make = "number", spread = { dist = "uniform", min = -5, max = 5 } }
nonce = { make = "bytes", size = 12 }
sealed = { make = "encrypt", of = "name", nonce = "nonce", key = "dev", context = "digest", nulls = 0.2 }
digest = { make = "digest", of = "name" }
lump = { make = "bytes", size = { dist = "uniform", min = 0, max = 9 } }
words = { make = "array", of = ["name", "second"] }
codes = { make = "choice", values = ['["a", "b"]', '[]'] }
numbers = { make = "array", of = ["n", "n"] }
smalls = { make = "array", of = ["n"] }
moods = { make = "array", of = ["mood", "mood"], nulls = 0.3 }
masks = { make = "constant", value = "[1, 4611686018427387904]" }
times = { make = "array", of = ["time", "later"] }
lumps = { make = "array", of = ["lump", "nonce"] }
flags = { make = "array", of = ["old"] }
notes = { make = "gather", of = "notes", by = "reader", value = "id", limit = 3 }
floats = { make = "array", of = ["half"] }
steps = { make = "array", of = ["n"] }
switch = { make = "constant", value = "1010" }
switches = { make = "choice", values = ["", "1", "101010101"] }
old = { make = "compare", left = "time", op = "<", right = 2025-04-01T00:00:00Z }
half = { make = "compute", of = ["n", 2], function = "divide", decimals = 2 }
later = { make = "compute", of = ["time", "90m"], function = "add" }
waited = { make = "compute", of = ["later", "time"], function = "subtract" }
day = { make = "copy", of = "time" }
running = { make = "running", function = "sum", of = "n", per = "name" }
[tables.notes]
rows = { shape = "per", of = [{ table = "readers", link = "reader", total = 200, skew = { childless = 0.2 } }] }
[tables.notes.columns]
id = { make = "uuid7" }
reader_id = { make = "copy", of = "reader.id" }
at = { make = "copy", of = "time" }
"""
)
# Each is true of every row, computed by the server.
TRUE = """
digest = encode(sha256(convert_to(name, 'UTF8')), 'hex')
length(lump) <= 9
words[1] = name AND words[2] IS NOT DISTINCT FROM CASE WHEN cardinality(words) = 2 THEN 'b' END
codes::text[] IN (ARRAY['a', 'b'], ARRAY[]::text[])
numbers = ARRAY[n, n]::int[] AND steps = ARRAY[n] AND smalls::int[] = ARRAY[n]::int[]
moods IS NULL OR moods = ARRAY[moods[1], moods[1]]
masks = ARRAY[1, 1::bigint << 62]
times = ARRAY[later - interval '90 minutes', later]
lumps = ARRAY[lump, nonce]
flags = ARRAY[old]
old = (later - waited < '2025-04-01Z')
notes = ARRAY(SELECT id FROM notes WHERE reader_id = r.id ORDER BY at LIMIT 3)
floats = ARRAY[n / 2.0]::float8[] AND half = n / 2.0
switch = B'1010' AND switches IN (B'', B'1', B'101010101')
doubled = n * 2
waited = interval '90 minutes'
day = ((later - waited) AT TIME ZONE 'UTC')::date
running = (SELECT sum(n) FROM readers o WHERE o.name = r.name AND o.id <= r.id)
"""


@pytest.fixture
def database(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def library(tmp_path: Path) -> Platform:
    (tmp_path / "seeds").mkdir()
    return Platform("library", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


def load(connection: Connection, platform: Platform, text: str, *, replace: bool = False) -> Report:
    (platform.seeds / "seed.toml").write_text(text, encoding="utf-8")
    return seed(connection, platform, Request(existing=Existing.REPLACE if replace else Existing.REFUSE))


def one(connection: Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def test_every_value_arrives_as_it_was_made(database: Connection, library: Platform) -> None:
    database.execute(SCHEMA)
    load(database, library, SEED)
    for fact in TRUE.strip().splitlines():
        assert one(database, f"SELECT bool_and({fact}) AND count(*) = 60 FROM readers r"), fact
    assert one(database, "SELECT count(DISTINCT moods) FROM readers") == 2
    assert one(database, "SELECT max(cardinality(notes)) FROM readers") == 3
    assert one(database, "SELECT min(cardinality(notes)) FROM readers") == 0


def test_the_secrets_in_the_database_open_with_the_key(database: Connection, library: Platform) -> None:
    database.execute(SCHEMA)
    load(database, library, SEED)
    cipher = AESGCM(hashlib.sha256(b"dev").digest())
    rows = database.execute("SELECT name, nonce, sealed, digest FROM readers WHERE sealed IS NOT NULL").fetchall()
    assert 30 < len(rows) < 60
    for name, nonce, sealed, digest in rows:
        assert cipher.decrypt(nonce, sealed, digest.encode()).decode() == name


def test_values_that_do_not_fit_are_refused_before_anything_happens(database: Connection, library: Platform) -> None:
    database.execute(SCHEMA)
    wrong = SEED.replace('of = ["n", "n"] }', 'of = ["name"] }')
    with pytest.raises(ConfigError, match=r"readers.numbers has type _int4, which takes no text\[\] values"):
        load(database, library, wrong)
    assert one(database, "SELECT count(*) FROM readers") == 0


VECTORS = (
    HEAD
    + """
[tables.pages]
rows = { shape = "independent", count = 300 }
[tables.pages.columns]
id = { make = "uuid7" }
topic = { make = "choice", values = ["tea", "milk"] }
full = { make = "embedding", of = "topic", dims = 384, extension = "vector" }
half = { make = "embedding", of = "topic", dims = 16, nulls = 0.3, extension = "vector" }
"""
)


def test_vectors_arrive_and_lie_near_their_topic(database: Connection, library: Platform, server: Server) -> None:
    if "vector" not in read_available_extensions(database):
        pytest.skip("this server has no pgvector")
    database.execute("CREATE EXTENSION vector")
    database.execute(
        'CREATE TABLE pages (id uuid PRIMARY KEY, topic text, "full" vector(384) NOT NULL, half halfvec(16))'
    )
    assert not load(database, library, VECTORS).findings
    assert one(database, 'SELECT bool_and(abs(vector_norm("full") - 1) < 1e-5) FROM pages')
    assert one(
        database,
        """SELECT bool_and(near.topic = p.topic) FROM pages p CROSS JOIN LATERAL
        (SELECT topic FROM pages o WHERE o.id <> p.id ORDER BY o."full" <=> p."full" LIMIT 5) AS near""",
    )
    assert 150 < int(str(one(database, "SELECT count(half) FROM pages"))) < 270


BOOKS = (
    HEAD
    + """
[tables.books]
rows = { shape = "independent", count = 5 }
[tables.books.columns]
id = { make = "ordinal" }
title = { make = "text", templates = ["Book {id}"], extension = "citext" }
short = { make = "copy", of = "title" }
[tables.words]
rows = { shape = "per", of = [{ table = "books" }] }
extension = "citext"
[tables.words.columns]
word = { make = "copy", of = "books.title" }
[tables.hits]
rows = { shape = "per", of = [{ table = "words" }] }
[tables.hits.columns]
word = { make = "copy", of = "words.word" }
"""
)


def test_what_needs_an_extension_is_left_out_without_it_and_one_line_says_so(
    database: Connection, library: Platform
) -> None:
    database.execute("CREATE TABLE books (id int, short text); CREATE TABLE hits (word text)")
    report = load(database, library, BOOKS)
    assert report.ok
    (note,) = report.findings
    assert note.message == "the server has no extension citext, so these are left out: books.title, words"
    assert note.help.endswith("platformdb seed --replace")
    assert report.data["tables"] == {"books": 5, "hits": 5}
    # What is left out can still be looked at.
    assert one(database, "SELECT count(*) FROM hits JOIN books ON short = word") == 5
    assert load(database, library, BOOKS).summary.startswith("nothing to do")


def test_when_the_extension_arrives_the_seed_is_another_one(database: Connection, library: Platform) -> None:
    database.execute("CREATE TABLE books (id int, short text); CREATE TABLE hits (word text)")
    load(database, library, BOOKS)
    database.execute("CREATE EXTENSION citext")
    database.execute("ALTER TABLE books ADD title citext; CREATE TABLE words (word citext)")
    with pytest.raises(Refused, match="the database holds this seed as it is with other extensions"):
        load(database, library, BOOKS)
    report = load(database, library, BOOKS, replace=True)
    assert not report.findings
    assert "without" not in str(report.data["checksum"])
    assert one(database, "SELECT count(*) FROM books JOIN words ON title = upper(word)::citext") == 5
    assert load(database, library, BOOKS).summary.startswith("nothing to do")


def test_with_the_extension_its_columns_must_exist(database: Connection, library: Platform) -> None:
    database.execute("CREATE EXTENSION citext")
    database.execute("CREATE TABLE books (id int, short text); CREATE TABLE hits (word text)")
    with pytest.raises(ConfigError) as caught:
        load(database, library, BOOKS)
    assert "books has no column 'title'" in caught.value.detail
    assert "the database has no table 'words'" in caught.value.detail
