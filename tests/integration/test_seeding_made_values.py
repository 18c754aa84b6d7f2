"""Values of a form on a real server: in columns of their types, under their constraints, in their indexes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from platformdb.contracts.run import check_contracts
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.seeding.request import Request
from platformdb.seeding.run import seed

SCHEMA = r"""
CREATE DOMAIN sku AS text CHECK (VALUE ~ '^(TEA|POT)-[0-9]{6}$');
CREATE TABLE things (
    id uuid PRIMARY KEY CHECK (substr(id::text, 15, 1) = '4'),
    sku sku NOT NULL UNIQUE,
    title varchar(40) NOT NULL CHECK (title <> '' AND title !~ '[.]$'),
    body text NOT NULL CHECK (length(body) <= 900),
    address inet NOT NULL CHECK (address << '10.0.0.0/8'),
    network cidr NOT NULL CHECK (masklen(network) = 24),
    device macaddr NOT NULL,
    bits bit(8) NOT NULL,
    born date NOT NULL CHECK (born BETWEEN '1950-01-01' AND '1999-12-31'),
    seen timestamptz NOT NULL,
    style jsonb NOT NULL CHECK (jsonb_typeof(style) = 'object'),
    "time" int NOT NULL
);
CREATE INDEX things_words ON things USING gin (to_tsvector('english', body));
"""
SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
things = 3_000
[tables.things]
rows = { shape = "independent", count = "$things" }
reserved = "first.csv"
[tables.things.columns]
id = { make = "uuid4" }
sku = { make = "pattern", of = "(TEA|POT)-[0-9]{6}", unique = true }
title = { make = "prose", words = { dist = "uniform", min = 2, max = 7 }, title = true, max = 40 }
body = { make = "prose", words = { dist = "lognormal", median = 30, sigma = 0.7 }, max = 900 }
address = { make = "inet" }
network = { make = "inet", prefix = 24 }
device = { make = "pattern", of = "[0-9a-f]{2}(:[0-9a-f]{2}){5}" }
bits = { make = "pattern", of = "[01]{8}" }
born = { make = "time", min = 1950-01-01, max = 2000-01-01 }
seen = { make = "time", min = 2025-01-01T00:00:00Z, max = 2025-02-01T00:00:00Z }
style = { make = "contract", of = "things.style" }
time = { make = "ordinal", start = 1 }
"""
CONTRACTS = """
from typing import Annotated, Literal
from pydantic import BaseModel, ConfigDict, Field

class Style(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    font: Literal["sans", "serif"]
    scale: Annotated[float, Field(ge=0.5, le=2)] = 1
    color: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")] = "#000000"
    tags: list[str] = []

CONTRACTS = {"things.style": Style}
"""
FIRST = "id,sku,born\n0198c0de-0000-4000-8000-000000000001,TEA-000001,1990-05-17\n"


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    files = {"seeds/seed.toml": SEED, "seeds/reference/first.csv": FIRST, "sql/contracts.py": CONTRACTS}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Platform("things", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


@pytest.fixture
def things(db: Target, platform: Platform) -> Iterator[Connection]:
    with connect(db) as connection:
        connection.execute(SCHEMA.encode())
        seed(connection, platform, Request())
        yield connection


def rows(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    return connection.execute(statement.encode()).fetchall()


def test_every_value_keeps_its_type_and_its_constraints(things: Connection, db: Target, platform: Platform) -> None:
    assert rows(things, "SELECT count(*), min(time), max(time) FROM things") == [(3000, 1, 3000)]
    found = rows(things, "SELECT id::text, sku, born FROM things ORDER BY time LIMIT 1")
    assert found == [("0198c0de-0000-4000-8000-000000000001", "TEA-000001", date(1990, 5, 17))]
    assert check_contracts(db, platform).data["documents"] == {"things.style": 3000}
    assert check_contracts(db, platform).ok


def test_words_differ_in_how_often_they_are_found(things: Connection) -> None:
    often, seldom, never = (
        rows(things, f"SELECT count(*) FROM things WHERE to_tsvector('english', body) @@ to_tsquery('{word}')")[0][0]
        for word in ("time", "sensor", "platypus")
    )
    assert isinstance(often, int)
    assert often > 300
    assert 0 < seldom < 30  # type: ignore[operator]
    assert never == 0
