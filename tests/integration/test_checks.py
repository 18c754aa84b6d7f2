"""What CHECK expressions mean to us is what they mean to PostgreSQL, which is asked for rows of all sorts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.sqltext.checks.evaluate import UNKNOWN, Outcome, evaluate
from platformdb.sqltext.checks.model import family, understood
from platformdb.sqltext.checks.read import read_check

COLUMNS = {
    "a": "int4", "b": "int8", "n": "numeric", "f": "float8", "r": "float4", "t": "text", "v": "varchar",
    "c": "bpchar", "ok": "bool", "d": "date", "s": "timestamp", "z": "timestamptz", "u": "uuid", "m": "mood",
    "j": "jsonb", "y": "bytea", "words": "_text", "codes": "_int4",
}  # fmt: skip
FAMILIES = {
    name: family(kind.removeprefix("_"), kind.removeprefix("_") if kind[0] == "_" else "", enum=kind == "mood")
    for name, kind in COLUMNS.items()
}
TEXTS = [
    "",
    " ",
    "a",
    "a\n",
    "A",
    "ab",
    "abc ",
    " abc",
    "a@b.c",
    "x_y%z",
    "ä",
    "Äb",
    "a\nb",
    "5",
    "2025-01",
    "AB-12",
    "]-^",
    "a.b",
]
VALUES: Mapping[str, list[Any]] = {
    "a": [-3, -1, 0, 1, 2, 5, 100, 2_000_000],
    "b": [-3, 0, 1, 2, 6, 1 << 40],
    "n": [Decimal(text) for text in ("-1.50", "0", "0.5", "0.50", "1", "2.25", "10", "99999999.01")],
    "f": [-1.5, 0.0, 0.1, 0.5, 2.0, 1e300],
    "r": [-1.5, 0.0, 0.5, 2.0, 1024.25],
    "t": TEXTS,
    "v": TEXTS,
    "c": ["", "a", "ab", "abc", "AB-12", "a  "],
    "ok": [True, False],
    "d": [date(2024, 12, 31), date(2025, 1, 1), date(1969, 7, 20), date(2030, 6, 1)],
    "s": [datetime(2024, 12, 31, 23, 59, 59, 999999), datetime(2025, 1, 1), datetime(2030, 1, 1, 12)],
    "z": [datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)],
    "u": ["00000000-0000-0000-0000-000000000001", "ffffffff-0000-4000-8000-000000000000"],
    "m": ["sad", "ok", "it's"],
    "j": ["{}", '{"a": 1}', "[]", '["a"]', '"a"', "1", "true", "null"],
    "y": [b"", b"a", b"abc"],
    "words": [[], ["a"], ["a", "b"], ["c"], ["a", None]],
    "codes": [[], [1], [1, 2, 3], [7]],
}
ATOMS = """
a > 0; a >= 1 AND a <= 5; a BETWEEN 0 AND 5; a NOT BETWEEN 0 AND 5; a IN (1, 2, 3); a NOT IN (1, 2); a <> 2; a = -1
a < b; a <> b; a + b > 3; a - 1 < b; a * 2 <= 10; a % 2 = 0; -a < 1; (a & 2) = 0; (a | 1) = a
abs(a) > 2; a IS DISTINCT FROM b; a > 0 IS TRUE
a IS NOT DISTINCT FROM 1; a = ANY (ARRAY[1, NULL, 2]); a <> ALL (ARRAY[1, NULL]); a IN (NULL); a = ANY ('{1,2}'::int[])
n > 0; n >= 0.5 AND n < 10; n = 0.50; n IN (0.5, 1); n < a; n * 2 > 1; n % 1 = 0; n BETWEEN -1 AND 1; abs(n) < 1
f > 0; f >= 0.1; f BETWEEN 0 AND 1; f = 0.5; f <> r; r > 0.5; r <= f; f IN (0.5, 2); f > n; f < a; r = 1.5::real
t <> ''; t = 'a'; t IN ('a', 'ab', ''); t NOT IN ('a', 'b'); length(t) > 1; char_length(t) BETWEEN 1 AND 3; t <> v
octet_length(t) <= 2; btrim(t) <> ''; length(trim(t)) > 0; trim(both 'a' from t) <> ''; rtrim(t) = t; ltrim(t, ' a') = t
lower(t) = t; upper(t) = t; lower(v) IN ('a', 'ab'); strpos(t, '@') > 0; position('@' in t) > 1; t IS NOT NULL
t LIKE 'a%'; t LIKE '%\\%%'; t NOT LIKE '_'; t ILIKE 'a%'; t LIKE 'a\\_%'; t NOT ILIKE '%B'; v LIKE '%'; t LIKE ''
t ~ '^[a-z]+$'; t ~* '^[a-z]+$'; t !~ '\\s'; t ~ '@'
t ~ '^\\d{1,4}(-\\d\\d)?$'; t ~ '^[^@]+@[^@]+\\.[a-z]+$'
t !~* 'AB'
t ~ '^[A-Z]{2}-[0-9]+$'; t ~ '[[:alpha:]]'; t ~ '^[]^-]+$'; t ~ '^(a|b)+$'; t ~ '^.$'; t ~ 'a.b'; t ~ '^$'
t ~ '(?i)^AB'; t ~ '\\ma'; t ~ '^[\\w.@-]+$'; t ~ '^(?:a|x)'; t ~ '^(?=a).*b'; t ~ 'a{2,}|b'
v ~ '[a-c]{1,2}?$'; t ~ '^[^[:space:]]*$'
t SIMILAR TO '(a|b)%'; t SIMILAR TO '_'; t SIMILAR TO '[a-z]+@%'; t NOT SIMILAR TO 'a.b'; v SIMILAR TO 'a{1,2}'
v::varchar(1) = 'a'; v <> ''; v IN ('a', 'ab'); v = t; length(v) < 3; v ~ '^a'; v = ANY (ARRAY['a', 'b'])
v::text <> 'a'; lower(v) = v
c = 'a'; c IN ('a', 'ab'); c <> 'abc'; length(c) = 2; c ~ '^[A-Z]'; c <> ''; c = t
ok; NOT ok; ok IS TRUE; ok IS NOT FALSE; ok IS UNKNOWN; ok = false; ok OR a > 1; ok <> (a > 1); ok >= (a > 1)
d >= '2025-01-01'; d < '2025-01-01'::timestamp; d <> '1969-07-20'; d < s; d < s::date; s >= '2025-01-01 00:00:00'
s > d; z >= '2025-01-01 00:00:00+00'; z BETWEEN '2024-01-01 00:00+00' AND '2025-06-01 00:00+02'; z > now(); s < z
u <> '00000000-0000-0000-0000-000000000001'; u > '10000000-0000-0000-0000-000000000000'; u IS NULL
m = 'sad'; m IN ('sad', 'it''s'); m <> 'ok'; m > 'sad'; m::text = 'ok'; m::text LIKE 's%'; m <> ALL (ARRAY['ok'::mood])
jsonb_typeof(j) = 'object'; jsonb_typeof(j) IN ('array', 'null'); j ? 'a'; j <> '{}'; j ->> 'a' = '1'; NOT j ? 'a'
length(y) > 0; octet_length(y) = 3; y <> '\\x61'; y IS NULL OR length(y) < 2
cardinality(words) > 0; array_length(words, 1) <= 1; array_length(words, 1) > 0; words <@ ARRAY['a', 'b']; words <> '{}'
ARRAY['a', 'c'] @> words; words @> ARRAY['a']; cardinality(codes) BETWEEN 1 AND 2; codes <@ '{1,2,3}'::int[]
'a' = ANY (words)
num_nonnulls(a, t, d) = 1; num_nulls(a, t) <= 1; num_nonnulls(a, b) IN (0, 2); (a IS NULL) = (b IS NULL)
(a IS NULL) <> (t IS NULL); a IS NOT NULL OR t IS NOT NULL; t IS NULL OR t <> ''; NOT (a IS NULL AND ok)
coalesce(a, 0) > 0; coalesce(t, v) <> ''; coalesce(a, b) = 1; coalesce(ok, false); coalesce(n, 1) > 0.5
CASE WHEN ok THEN a IS NOT NULL ELSE true END; CASE WHEN a > 0 THEN t <> '' WHEN a < 0 THEN v IS NULL END
CASE t WHEN 'a' THEN a > 0 ELSE true END; (m = 'sad' AND a IS NULL) OR (m <> 'sad' AND a IS NOT NULL); NULL::bool
t = 'a' OR (t = 'ab' AND a > 0) OR (t NOT IN ('a', 'ab') AND b IS NULL); length(t || v) < 5; nullif(a, 1) IS NULL; 1 = 1
extract(year from d) >= 2025; t < 'b'; (t COLLATE "C") < 'b'; left(t, 1) = 'a'; a / 2 > 0; n::int > 1; round(n) = n
"""
# Those of the atoms of which nothing can be said: locale, clock, labels' order, and what is not worth reading.
OPAQUE = {
    "r = 1.5::real", "v::varchar(1) = 'a'", "c ~ '^[A-Z]'", "z > now()", "s < z", "m > 'sad'", "j <> '{}'",
    "j ->> 'a' = '1'", "length(c) = 2",
    "'a' = ANY (words)", "length(t || v) < 5", "nullif(a, 1) IS NULL",
    "extract(year from d) >= 2025", "t < 'b'", """(t COLLATE "C") < 'b'""", "left(t, 1) = 'a'", "a / 2 > 0",
    "n::int > 1", "round(n) = n", "d < s::date", "words <> '{}'",
}  # fmt: skip


def atoms() -> list[str]:
    return [atom.strip() for line in ATOMS.strip().splitlines() for atom in line.split(";")]


def here(value: Any) -> Any:
    """A value as the expressions have it."""
    if isinstance(value, datetime):
        return round((value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    if isinstance(value, date):
        return here(datetime(value.year, value.month, value.day))
    return tuple(value) if isinstance(value, list) else value


@pytest.fixture
def database(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        connection.execute("SET TimeZone = 'UTC'; CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s')")
        columns = ", ".join(
            f"{name} {kind.removeprefix('_')}{'[]' * (kind[0] == '_')}" for name, kind in COLUMNS.items()
        )
        connection.execute(f"CREATE TABLE rows (number int, {columns})".encode())
        yield connection


def filled(connection: Connection, chance: random.Random) -> list[dict[str, Any]]:
    """The rows of the table, 250 by chance."""
    rows = [
        {name: None if chance.random() < 0.2 else chance.choice(VALUES[name]) for name in COLUMNS} for _ in range(250)
    ]
    marks = ", ".join(["%s", *(f"%s::{'numeric' if k == 'numeric' else k}" for k in COLUMNS.values())])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO rows VALUES ({marks})".encode(), [(n, *row.values()) for n, row in enumerate(rows)]
        )
    return [{name: here(value) for name, value in row.items()} for row in rows]


def as_written(connection: Connection, expressions: list[str]) -> list[str]:
    """Each as PostgreSQL writes a CHECK."""
    connection.execute(
        "; ".join(
            f"ALTER TABLE rows ADD CONSTRAINT c{n} CHECK ({e}) NOT VALID" for n, e in enumerate(expressions)
        ).encode()
    )
    found = connection.execute(
        "SELECT substr(conname, 2)::int, pg_get_expr(conbin, conrelid) FROM pg_constraint "
        "WHERE conrelid = 'rows'::regclass AND contype = 'c' ORDER BY 1"
    ).fetchall()
    return [text for _, text in found]


def verdicts(connection: Connection, expressions: list[str]) -> list[list[bool | None]]:
    """What the server says of each expression for each row."""
    chosen = ", ".join(f"array_agg({expression} ORDER BY number)" for expression in expressions)
    row = connection.execute(f"SELECT {chosen} FROM rows".encode()).fetchone()
    assert row is not None
    return list(row)


def disagreements(
    written: list[str], rows: list[dict[str, Any]], said: list[list[bool | None]]
) -> list[tuple[str, Mapping[str, Any], Outcome, bool | None]]:
    found = []
    for text, answers in zip(written, said, strict=True):
        expression = read_check(text, FAMILIES)
        for row, answer in zip(rows, answers, strict=True):
            own = evaluate(expression, row)
            if own is not UNKNOWN and own is not answer:
                found.append((text, row, own, answer))
    return found


def test_every_expression_means_what_it_means_to_the_server(database: Connection) -> None:
    rows = filled(database, random.Random(1))
    expressions = atoms()
    written = as_written(database, expressions)
    assert disagreements(written, rows, verdicts(database, expressions)) == []
    opaque = {
        atom for atom, text in zip(expressions, written, strict=True) if not understood(read_check(text, FAMILIES))
    }
    assert opaque == OPAQUE


def test_combinations_of_them_too_also_where_a_part_is_not_understood(database: Connection) -> None:
    chance = random.Random(2)
    rows = filled(database, chance)
    expressions = [combined(chance, depth=3) for _ in range(80)]
    written = as_written(database, expressions)
    assert disagreements(written, rows, verdicts(database, expressions)) == []


def combined(chance: random.Random, depth: int) -> str:
    if not depth or chance.random() < 0.2:
        return chance.choice(atoms())
    one, two, three = (combined(chance, depth - 1) for _ in range(3))
    return chance.choice(
        [
            f"({one}) AND ({two})", f"({one}) OR ({two})", f"NOT ({one})", f"({one}) OR ({two}) AND ({three})",
            f"({one}) IS NOT TRUE", f"coalesce({one}, {two})", f"CASE WHEN {one} THEN {two} ELSE {three} END",
            f"({one}) = ({two})", f"({one}) IS DISTINCT FROM ({two})",
        ]
    )  # fmt: skip
