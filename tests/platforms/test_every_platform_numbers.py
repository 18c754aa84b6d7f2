"""Every platform in numbers, and what holds of all its tables and indexes."""

from __future__ import annotations

import pytest

from phases import tables
from platform_facts import Facts
from platformdb.indexes.model import IndexDefinition
from platformdb.indexes.read import read_tiers
from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from rows import value, values

FOREIGN_KEYS = """
    SELECT count(*) FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace
"""
ENUMS = "SELECT count(*) FROM pg_type WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace"
JSONB = """
    SELECT c.relname || '.' || a.attname
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.atttypid = 'jsonb'::regtype AND NOT a.attisdropped
"""
UNDESCRIBED = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm') AND NOT relispartition
      AND coalesce(obj_description(oid, 'pg_class'), '') !~ '^.{15,}\\.$'
"""
NAMED_BY_THE_SERVER = """
    SELECT conname FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype = 'c' AND conname ~ '_check\\d+$' AND coninhcount = 0
"""
# Within a part of a list there is only one value of the column that the list is by.
UNSERVED = """
    WITH keys AS (
        SELECT k.oid, k.conname, k.conrelid,
               array(SELECT number FROM unnest(k.conkey) AS number
                     WHERE number <> ALL (coalesce(
                         (SELECT partattrs::smallint[] FROM pg_partitioned_table
                          WHERE partrelid = k.conrelid AND partstrat = 'l'), '{}'))) AS columns
        FROM pg_constraint AS k
        WHERE k.contype = 'f' AND k.conparentid = 0 AND k.connamespace = 'public'::regnamespace
    )
    SELECT k.conname
    FROM keys AS k
    WHERE NOT EXISTS (
        SELECT
        FROM pg_index AS i
        WHERE i.indrelid = k.conrelid
          AND (string_to_array(i.indkey::text, ' ')::smallint[])[1:cardinality(k.columns)] @> k.columns
          AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = ANY (ARRAY(
              SELECT format('(%I IS NOT NULL)', attname)
              FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = ANY (k.columns)
          )))
    )
    ORDER BY 1
"""
SHORTER_AND_LONGER = """
    WITH found AS (
        SELECT
            i.indexrelid::regclass::text AS name, i.indrelid, c.relam,
            coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
            (SELECT array_agg(
                        pg_get_indexdef(i.indexrelid, place, TRUE) || ' ' || i.indclass[place - 1]::text
                        || ' ' || i.indcollation[place - 1]::text ORDER BY place)
             FROM generate_series(1, i.indnkeyatts) AS place) AS columns
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace
    )
    SELECT shorter.name, longer.name
    FROM found AS shorter
    JOIN found AS longer
      ON longer.indrelid = shorter.indrelid AND longer.relam = shorter.relam AND longer.name <> shorter.name
     AND longer.predicate = shorter.predicate
     AND longer.columns[1:cardinality(shorter.columns)] = shorter.columns
    WHERE shorter.name = ANY (%s)
"""


@pytest.fixture
def definitions(platform: Platform) -> tuple[IndexDefinition, ...]:
    found, findings = read_tiers(platform)
    assert findings == ()
    return found


def test_the_numbers_are_those_of_the_facts(
    conn: Connection, facts: Facts, definitions: tuple[IndexDefinition, ...]
) -> None:
    assert tables(conn) == set(facts.all_tables)
    assert len(facts.all_tables) == facts.numbers.tables
    assert value(conn, FOREIGN_KEYS) == facts.numbers.foreign_keys
    assert value(conn, ENUMS) == facts.numbers.enums
    assert len(values(conn, JSONB)) == facts.numbers.jsonb_columns
    by_tier = {tier: sum(each.tier == tier for each in definitions) for tier in (1, 2, 3)}
    assert by_tier == dict(facts.numbers.indexes)


def test_every_table_says_in_a_comment_what_it_holds(conn: Connection) -> None:
    assert values(conn, UNDESCRIBED) == []


def test_no_check_has_a_name_that_the_server_made_up(conn: Connection) -> None:
    assert values(conn, NAMED_BY_THE_SERVER) == []


def test_every_index_is_valid_and_gives_its_reason(conn: Connection, definitions: tuple[IndexDefinition, ...]) -> None:
    broken = "SELECT indexrelid::regclass FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive)"
    assert values(conn, broken) == []
    for definition in definitions:
        assert len(definition.reason) > 15, definition
        assert definition.reason.endswith("."), definition
    assert len({definition.reason for definition in definitions}) == len(definitions)


def test_every_foreign_key_is_served_by_an_index_or_has_its_reason(conn: Connection, facts: Facts) -> None:
    assert [name for (name,) in values(conn, UNSERVED)] == sorted(facts.served_otherwise)
    assert all(len(reason) > 15 for reason in facts.served_otherwise.values())


def test_no_index_repeats_a_constraint_or_the_beginning_of_another_index(
    conn: Connection, definitions: tuple[IndexDefinition, ...]
) -> None:
    assert values(conn, SHORTER_AND_LONGER, [definition.name for definition in definitions]) == []
