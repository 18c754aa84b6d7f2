"""Analytics by month: the policy fits the seed's story, loses no event, and queries read only the months they need."""

from __future__ import annotations

from plans import plan_of
from platformdb.partitions.read import read_policies
from platformdb.partitions.run import ensure_partitions, partition_status
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platforms.community.build import make
from rows import count, values


def test_the_story_gets_its_months_and_no_event_is_lost(own_seed: Target, platform: Platform) -> None:
    with connect(own_seed) as conn:
        before = count(conn, "analytics_events")
        assert ensure_partitions(own_seed, platform, Silent()).ok
        assert count(conn, "analytics_events") == before > 0
        assert count(conn, "analytics_events_default") == 0
        months = "SELECT count(DISTINCT tableoid), count(DISTINCT date_trunc('month', timestamp)) FROM analytics_events"
        assert values(conn, months) == [(19, 19)]
    assert partition_status(own_seed, platform).findings == ()


def test_an_event_of_a_month_that_nobody_made_is_kept_and_told_of(own_seed: Target, platform: Platform) -> None:
    assert ensure_partitions(own_seed, platform, Silent()).ok
    with connect(own_seed) as conn:
        make(conn, "analytics_events", timestamp="2099-01-01T00:00:00Z")
        assert count(conn, "analytics_events_default") == 1
    assert "public.analytics_events" in {finding.subject for finding in partition_status(own_seed, platform).findings}


def test_thirty_days_read_two_months_and_no_more(own_seed: Target, platform: Platform) -> None:
    assert ensure_partitions(own_seed, platform, Silent()).ok
    query = """
        SELECT count(*) FROM analytics_events
        WHERE event_name = 'page_view'
          AND "timestamp" >= '2026-08-15T00:00:00Z' AND "timestamp" < '2026-09-14T00:00:00Z'
    """
    with connect(own_seed) as conn:
        read = {node.relation for node in plan_of(conn, query) if node.relation}
    assert read == {"public.analytics_events_2026_08", "public.analytics_events_2026_09"}


def test_the_policy_keeps_what_the_seed_needs_and_archives_the_rest(platform: Platform) -> None:
    (policy,) = read_policies(platform)
    assert (policy.table, policy.interval, policy.retire) == ("analytics_events", "month", "archive")
