"""The numbers of the platform's document, and what becomes of a row when the one it refers to is deleted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from manual import DOCS
from platformdb.indexes.read import read_tiers
from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from rows import value, values

MODELS = {
    "users", "organizations", "founders", "ai_strategies", "content_pieces", "social_accounts", "scheduled_posts",
    "analytics", "brand_rules", "assets", "content_pillars", "series", "weekly_summaries", "subscriptions", "usage",
}  # fmt: skip
INFRASTRUCTURE = {
    "encryption_keys", "encryption_nonces", "audit_log", "job_queues", "jobs", "job_keys", "dead_jobs", "done_jobs",
}  # fmt: skip

CASCADE, NO_ACTION, SET_NULL = "c", "a", "n"

# Table and columns, the table referred to, what happens when its row is deleted.
REFERENCES = {
    ("organizations", "user_id", "users", CASCADE),
    ("founders", "organization_id", "organizations", CASCADE),
    ("subscriptions", "user_id", "users", CASCADE),
    ("usage", "user_id", "users", CASCADE),
    ("usage", "organization_id", "organizations", SET_NULL),
    ("brand_rules", "organization_id", "organizations", CASCADE),
    ("ai_strategies", "organization_id", "organizations", CASCADE),
    ("ai_strategies", "organization_id, based_on_id", "ai_strategies", SET_NULL),
    ("content_pillars", "organization_id", "organizations", CASCADE),
    ("content_pillars", "organization_id, strategy_id", "ai_strategies", SET_NULL),
    ("series", "organization_id", "organizations", CASCADE),
    ("series", "organization_id, pillar_id", "content_pillars", SET_NULL),
    ("assets", "organization_id", "organizations", CASCADE),
    ("assets", "uploaded_by", "users", SET_NULL),
    ("content_pieces", "organization_id", "organizations", CASCADE),
    ("content_pieces", "organization_id, strategy_id", "ai_strategies", SET_NULL),
    ("content_pieces", "organization_id, pillar_id", "content_pillars", SET_NULL),
    ("content_pieces", "organization_id, series_id", "series", SET_NULL),
    ("content_pieces", "organization_id, asset_id", "assets", SET_NULL),
    ("content_pieces", "organization_id, repurposed_from_id", "content_pieces", SET_NULL),
    ("content_pieces", "created_by", "users", SET_NULL),
    ("content_pieces", "approved_by", "users", SET_NULL),
    ("social_accounts", "organization_id", "organizations", CASCADE),
    ("social_accounts", "organization_id, founder_id", "founders", SET_NULL),
    ("social_accounts", "key_id", "encryption_keys", NO_ACTION),
    ("scheduled_posts", "organization_id, content_piece_id", "content_pieces", CASCADE),
    ("scheduled_posts", "organization_id, social_account_id, platform", "social_accounts", NO_ACTION),
    ("scheduled_posts", "created_by", "users", SET_NULL),
    ("analytics", "organization_id, scheduled_post_id, platform", "scheduled_posts", CASCADE),
    ("weekly_summaries", "organization_id", "organizations", CASCADE),
    ("weekly_summaries", "organization_id, top_post_id, top_platform", "scheduled_posts", SET_NULL),
    ("encryption_nonces", "key_id", "encryption_keys", CASCADE),
    ("dead_jobs", "queue_id", "job_queues", NO_ACTION),
}

FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text,
           (SELECT string_agg(attname, ', ' ORDER BY place)
            FROM unnest(k.conkey) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = k.conrelid AND attnum = number),
           k.confrelid::regclass::text, k.confdeltype::text
    FROM pg_constraint AS k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
"""
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
OF_TYPE = "SELECT c.table_name FROM information_schema.columns AS c WHERE table_schema = 'public' AND udt_name = %s"


def test_the_fifteen_models_are_there_and_beside_them_only_infrastructure(conn: Connection) -> None:
    assert len(MODELS) == 15
    assert {name for (name,) in values(conn, TABLES)} == MODELS | INFRASTRUCTURE


def test_there_are_the_ten_enums_and_a_column_of_each(conn: Connection) -> None:
    names = [name for (name,) in values(conn, "SELECT typname FROM pg_type WHERE typtype = 'e'")]
    assert len(names) == 10
    for name in names:
        assert {table for (table,) in values(conn, OF_TYPE, name)} & MODELS, name


def test_the_models_have_the_eight_jsonb_columns(conn: Connection) -> None:
    assert len([table for (table,) in values(conn, OF_TYPE, "jsonb") if table in MODELS]) == 8


def test_each_of_the_foreign_keys_does_what_was_decided_when_a_row_is_deleted(conn: Connection) -> None:
    assert set(values(conn, FOREIGN_KEYS)) == REFERENCES
    assert len([table for table, *_ in REFERENCES if table in MODELS]) >= 25


def test_there_are_more_than_thirty_indexes_in_three_tiers(platform: Platform) -> None:
    definitions, _ = read_tiers(platform)
    assert len(definitions) >= 30
    assert {definition.tier for definition in definitions} == {1, 2, 3}


@pytest.mark.parametrize("table", sorted(MODELS - {"users", "organizations", "subscriptions", "usage"}))
def test_nothing_of_an_organization_can_refer_to_another_ones(conn: Connection, table: str) -> None:
    """Every foreign key between two tables of organizations has the organization in it."""
    owned = MODELS - {"users", "organizations", "subscriptions", "usage"}
    for referring, columns, referred, _ in values(conn, FOREIGN_KEYS):
        if referring == table and referred in owned:
            assert columns.startswith("organization_id, ")


def test_a_deleted_account_takes_everything_of_its_user_along(seeded: Connection) -> None:
    before = value(seeded, "SELECT count(*) FROM organizations")
    seeded.execute("DELETE FROM users")
    assert before > 0
    for table in MODELS:
        assert value(seeded, f"SELECT count(*) FROM {table}") == 0, table
    assert value(seeded, "SELECT count(*) FROM audit_log WHERE action = 'delete' AND table_name = 'users'") > 0


def test_the_page_gives_the_limits_and_the_rules_of_the_queues_as_they_are(conn: Connection) -> None:
    page = (DOCS / "platforms/aipromote.md").read_text(encoding="utf-8")
    limits = dict(re.findall(r"^\| `(\w+)` ((?:\| (?:[\d,]+|no limit) ){4})\|$", page, re.MULTILINE))
    assert len(limits) == 4
    for metric, cells in limits.items():
        shown = [None if cell == "no limit" else int(cell.replace(",", "")) for cell in cells.strip("| ").split(" | ")]
        plans = values(conn, "SELECT plan_limit(plan::text, %s) FROM unnest(enum_range(NULL::plan)) AS plan", metric)
        assert shown == [allowed for (allowed,) in plans]

    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    rules = re.findall(
        r"^\| `(\w+)` \| .* \| (\d+) min \| (\d+) \| (\d+) (s|min), (\d+) (min|h) \|$", page, re.MULTILINE
    )
    asked = "SELECT lease, max_attempts, backoff, backoff_cap FROM job_queues WHERE name = %s"
    assert len(rules) == 5
    for name, lease, attempts, wait, unit, longest, longest_unit in rules:
        waits = (timedelta(**{units[unit]: int(wait)}), timedelta(**{units[longest_unit]: int(longest)}))
        assert values(conn, asked, name) == [(timedelta(minutes=int(lease)), int(attempts), *waits)]
