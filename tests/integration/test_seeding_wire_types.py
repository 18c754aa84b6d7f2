"""Every type that is sent arrives as the server itself would have read it, alone, in arrays and through domains."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from platformdb.errors import ConfigError
from platformdb.postgres.catalog import read_available_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.copy import copy_in, stream
from platformdb.postgres.copy_types import encode
from platformdb.postgres.target import Target
from platformdb.seeding.fit.facts import read_facts
from platformdb.seeding.fit.wires import wire_of
from platformdb.seeding.rows.columns import Column, lists
from platformdb.seeding.rows.ropes import texts

UUID = "0190b2a0-0000-7000-8000-00000000000a"
# A type → texts which become values of it.
TEXTS = {
    "text": ["", "ä b"],
    "varchar(4)": ["", "abcd"],
    "char(4)": ["a", "abcd"],
    "name": ["a_name"],
    '"char"': ["x"],
    "citext": ["aB"],
    "int2": ["-3"],
    "int4": ["70000"],
    "int8": ["-70000000000"],
    "oid": ["4000000000"],
    "float4": ["1.5", "-0.1"],
    "float8": ["1e300", "0.1"],
    "numeric": ["0", "-12345.678", "1e20", "0.000001"],
    "numeric(6,2)": ["1.005", "-9999.9"],
    "money": ["12.34", "-0.05"],
    "bool": ["true", "false"],
    "date": ["2025-03-01", "1969-07-20"],
    "time": ["23:59:59.999999", "00:00"],
    "timetz": ["12:00:00+02:00", "12:00-03:30", "12:00"],
    "timestamp": ["2025-03-01T08:30:00", "1969-07-20 20:17:40.5"],
    "timestamptz": ["2025-03-01T08:30:00.000001Z", "2025-03-01 08:30+02"],
    "interval": ["1 mon 2 days 03:04:05.5", "P1Y2M3DT4H5M6.7S", "-1 day", "90 minutes", "1 year -00:00:01", "2 weeks"],
    "uuid": [UUID],
    "inet": ["10.0.0.1", "10.0.0.1/8", "2001:db8::1/64"],
    "cidr": ["10.0.0.0/8", "2001:db8::/32"],
    "macaddr": ["08:00:2b:01:02:03", "08002b-010203"],
    "macaddr8": ["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03"],
    "bit(4)": ["1010"],
    "varbit": ["", "101010101"],
    "json": ['{"a": 1}'],
    "jsonb": ['{"a": [1, null]}', "3"],
    "jsonpath": ["$.a[*]"],
    "mood": ["sad", "it's"],
    "hstore": ['{"a": "1", "b": null}', "{}"],
    "ltree": ["a.b.c", ""],
    "point": ["(1,2)", "-1.5e3, .5"],
    "box": ["(3,4),(1,2)", "(1,2),(3,4)"],
    "circle": ["<(1,2),3>"],
    "line": ["{1,2,3}"],
    "lseg": ["[(1,2),(3,4)]"],
    "path": ["[(1,2),(3,4)]", "((1,2),(3,4),(5,6))"],
    "polygon": ["((1,2),(3,4),(5,6))"],
    "int4range": ["[1,5)", "[1,5]", "(,5)", "[1,)", "(,)", "empty"],
    "int8range": ["[1,50000000000)"],
    "numrange": ["(1.5,2.50]"],
    "daterange": ["[2025-01-01,2025-02-01)"],
    "tsrange": ['["2025-01-01 00:00:00","2025-01-01 10:00:00")'],
    "tstzrange": ["[2025-01-01T00:00:00Z,2025-01-01T10:00:00.5Z)"],
    "floatrange": ["[0.5,1.5)"],
    "int4multirange": ["{}", "{[1,2), [5,7)}"],
    "tstzmultirange": ["{[2025-01-01T00:00:00Z,2025-01-01T10:00:00Z)}"],
    "small": ["7"],
    "email": ["a@b.c"],
}
# Which are no texts, unless they stand in a JSON array.
NUMBERS_ONLY = ("int2", "int4", "int8", "oid", "float4", "float8", "bool", "small")
# A type → how the server is told what was meant, where it reads no such text.
SAID = {"hstore": ["a=>1, b=>NULL", ""], "timetz": ["12:00:00+02:00", "12:00-03:30", "12:00+00"]}
# (type, kind of values, values, how they are written)
NUMBERS = [
    ("numeric", "int", [0, -5, 10_000, 123_456_789_012_345_678, 7_0000], None),
    (
        "numeric",
        "float",
        [0.0, -0.5, 1.25, 10_000.0, 99.99, 1e-8, 12_345.678],
        ["0", "-0.5", "1.25", "10000", "99.99", "0.00000001", "12345.678"],
    ),
    ("numeric", "float", [1e300, 0.1 + 0.2, -1e-20], None),
    ("numeric", "float", [9_616_571_936.637_865], None),
    ("numeric(8,2)", "float", [0.1, 1.005, -3.0], None),
    ("numeric", "int", [-(2**63), 2**63 - 1], None),
    ("money", "float", [12.34, -0.05], None),
    ("money", "int", [12], None),
    ("oid", "int", [0, 4_000_000_000], None),
    ("time", "int", [0, 86_399], ["00:00", "23:59:59"]),
    ("time", "float", [0.5], ["00:00:00.5"]),
    ("timetz", "int", [3600], ["01:00+00"]),
    ("time", "time", [86_400_000_000 * 20_000 + 5], ["00:00:00.000005"]),
    ("interval", "float", [90.5], ["90.5 seconds"]),
    ("float4", "float", [0.5], None),
]


@pytest.fixture
def database(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        connection.execute(
            "SET TimeZone = 'UTC'; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION citext"
        )
        connection.execute(
            """CREATE TYPE mood AS ENUM ('sad', 'it''s'); CREATE DOMAIN small AS int CHECK (VALUE < 10);
            CREATE DOMAIN email AS varchar(20) CHECK (VALUE ~ '@'); CREATE TYPE floatrange AS RANGE (subtype = float8);
            CREATE DOMAIN emails AS email[]; CREATE TYPE pair AS (a int, b text)"""
        )
        yield connection


def loaded(connection: Connection, columns: Sequence[tuple[str, Column]], shown: str = "c{}::text") -> list[list[str]]:
    """What the server shows of the values of each column, after one binary COPY into columns of these types."""
    declared = ", ".join(f"c{place} {kind}" for place, (kind, _) in enumerate(columns))
    connection.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({declared})".encode())
    facts = read_facts(connection)["t"].columns
    fields = [encode(column, wire_of("t", fact)) for (_, column), fact in zip(columns, facts, strict=True)]
    copy_in(connection, "COPY t FROM STDIN (FORMAT binary)", stream([fields]))
    chosen = ", ".join(f"array_to_json(array_agg({shown.format(place)}))" for place in range(len(columns)))
    return list(connection.execute(f"SELECT {chosen} FROM t".encode()).fetchone() or ())


def read_by_server(connection: Connection, declared: str, written: Sequence[str]) -> list[str]:
    chosen = ", ".join(f"CAST(%s AS {declared})::text" for _ in written)
    return list(connection.execute(f"SELECT {chosen}".encode(), list(written)).fetchone() or ())


def repeated(values: Sequence[str], size: int = 6) -> list[str]:
    return [values[place % len(values)] for place in range(size)]


def test_every_type_is_what_the_server_reads(database: Connection) -> None:
    kinds = [kind for kind in TEXTS if kind not in NUMBERS_ONLY]
    found = loaded(database, [(kind, Column("text", texts(repeated(TEXTS[kind])))) for kind in kinds])
    for kind, values in zip(kinds, found, strict=True):
        assert values == repeated(read_by_server(database, kind, SAID.get(kind, TEXTS[kind]))), kind


def test_every_type_is_an_array_item_too(database: Connection) -> None:
    written = {kind: json.dumps([None, *map(as_json(kind), values)]) for kind, values in TEXTS.items()}
    columns = [(f"{kind}[]", Column("text", texts([text, "[]"]))) for kind, text in written.items()]
    of_lists = [kind for kind in TEXTS if kind not in NUMBERS_ONLY]
    for kind in of_lists:
        items = Column("text", texts([*TEXTS[kind], *TEXTS[kind]]))
        columns.append((f"{kind}[]", lists(items, np.array([len(TEXTS[kind])] * 2))))
    found = loaded(database, columns, "ARRAY(SELECT i::text FROM unnest(c{}) AS i)::text")
    items = {kind: read_by_server(database, kind, SAID.get(kind, values)) for kind, values in TEXTS.items()}
    expected = [as_array(database, [None, *items[kind]], []) for kind in TEXTS]
    assert found == [*expected, *(as_array(database, items[kind], items[kind]) for kind in of_lists)]


def as_array(connection: Connection, *rows: Sequence[str | None]) -> list[str]:
    return [(connection.execute("SELECT %s::text[]::text", (list(row),)).fetchone() or [""])[0] for row in rows]


def as_json(declared: str):
    """How an item of a type stands in a JSON array: numbers and documents as such."""
    kind = declared.partition("(")[0]
    return json.loads if kind in (*NUMBERS_ONLY, "numeric", "money", "json", "jsonb") else str


def test_numbers_and_times_become_what_they_mean(database: Connection) -> None:
    for declared, kind, values, written in NUMBERS:
        column = Column(kind, np.array(values, np.float64 if kind == "float" else np.int64))
        expected = read_by_server(database, declared, written or [repr(value) for value in values])
        assert loaded(database, [(declared, column)]) == [expected], (declared, values)


def test_texts_become_vectors(database: Connection) -> None:
    if "vector" not in read_available_extensions(database):
        pytest.skip("this server has no pgvector")
    database.execute("CREATE EXTENSION vector")
    assert loaded(database, [("vector(2)", Column("text", texts(["[1, -0.5]"])))]) == [["[1,-0.5]"]]


def test_domains_over_arrays_of_domains_are_arrays(database: Connection) -> None:
    assert loaded(database, [("emails", Column("text", texts(['["a@b", "c@d"]'])))]) == [["{a@b,c@d}"]]


def test_what_is_not_sent_says_what_to_do_instead(database: Connection) -> None:
    for declared, help_ in (
        ("tsvector", "leave the column out, and let it be GENERATED"),
        ("pair", "values of composite types are not sent"),
        ("pair[]", "values of composite types are not sent"),
    ):
        with pytest.raises(ConfigError, match=r"t.c0 has type _?(tsvector|pair), which takes no text values") as caught:
            loaded(database, [(declared, Column("text", texts(["a"])))])
        assert help_ in caught.value.help
