"""Judged runs of bench, with plans that PostgreSQL 18 made of the vrss platform (golden/output/plans.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from platformdb.bench.model import Contract, Entry, Gate, HeldSeed, Judged, Run, Times, Verdict
from platformdb.errors import Place
from platformdb.report.model import Finding, Severity
from platformdb.workload.model import Work
from platformdb.workload.plan_tree import PlanNode

PLANS = json.loads((Path(__file__).parent.parent / "golden/output/plans.json").read_text(encoding="utf-8"))
FEED = Place("sql/vrss/queries/feed.sql", 12, 1, "SELECT * FROM posts")
BADGE = Place("sql/vrss/queries/notification_badge.sql", 7, 1, "SELECT count(*)")
WHEN = datetime(2026, 1, 9, 12, 0, tzinfo=UTC)


def plan(name: str) -> PlanNode:
    """One of the plans; its nodes have times of their own."""
    return _timed(from_data(PLANS[name]))


def _timed(node: PlanNode) -> PlanNode:
    return replace(node, self_ms=round(0.01 + node.own_buffers / 1_000, 3), parts=tuple(map(_timed, node.parts)))


def entry(
    query: str = "feed", persona: str = "median", tree: str = "feed", p99: float = 1.5, **changes: object
) -> Entry:
    """An entry that pages, tables and files are made of."""
    of = plan(tree)
    work = Work(buffers=of.buffers, touched=9_013, removed=864, returned=20)
    times = Times(p99 / 3, p99 / 2, p99, 200)
    weight = {"heaviest": 2036.0, "median": 13.0}.get(persona, 0.0)
    rule = {"heaviest": "the most accounts followed"}.get(persona, "no accounts followed")
    purpose = "The 20 newest posts of everybody a user follows."
    return replace(
        Entry(query, persona, "c0ffee", purpose, 50.0, rule, weight, Contract(), work, of, times),
        **changes,  # type: ignore[arg-type]
    )


def run(*entries: Entry, days: int = 0, commit: str = "2b879ca0d1") -> Run:
    """A run, some days after the first."""
    seed = HeldSeed("ci", 1, 306_059)
    return Run("vrss", "18.6", seed, {"jit": "off"}, {}, entries, 0.08, WHEN + timedelta(days=days), commit)


def index_lost() -> Judged:
    """The feed lost its index for one persona; another one is a tie, a third misses its target."""
    before = entry(tree="feed_reference")
    lost = Finding(
        "plan-index-lost",
        "feed for median: posts is no longer looked up by user_id",
        "feed/median",
        place=FEED,
        detail="before: index idx_posts_user_created (user_id, status)\nnow: Seq Scan",
        help="bring the index back, or save the reference anew",
    )
    grown = Finding("work-grown", "feed for median: pages 78 → 320", "feed/median", place=FEED, help="see its plan")
    tie = Finding("plan-tie", "friends for median: two plans cost the same", "friends/median", Severity.NOTE)
    late = Finding(
        "target-missed", "badge for nothing: p99 is 12.5 ms, the target 10 ms", "badge/nothing", Severity.WARNING, BADGE
    )
    seq, index = "seq posts, sorts 46, top 20", "index idx_posts_user_created, top 20"
    friends, badge = entry("friends", tree="friends"), entry("badge", "nothing", "friends", 12.5, target_ms=10.0)
    heaviest = entry("feed", "heaviest", "feed_reference", 14.2)
    verdicts = (
        Verdict(heaviest, heaviest, plan=index),
        Verdict(entry(), before, (lost, grown), Gate.PLAN, "posts: index → seq, pages 78 → 320", seq),
        Verdict(friends, friends, (tie,), None, "another index", "index-only friendships_pkey", tie=True),
        Verdict(badge, None, (late,), None, "", "index-only friendships_pkey"),
    )
    reference = run(heaviest, before, friends, days=-1, commit="f6bd9db")
    return Judged(run(*(verdict.entry for verdict in verdicts)), verdicts, (), reference)


def everybody() -> Judged:
    """The feed lost its index for everybody: two causes with the same words, one with other numbers for each."""
    personas = {"heaviest": (354, 715), "p99": (209, 491), "nothing": (3, 4)}
    before, verdicts = entry(tree="feed_reference"), []
    for persona, (was, now) in personas.items():
        who, subject = f"feed for {persona}: ", f"feed/{persona}"
        found = (
            Finding("plan-index-lost", f"{who}posts: idx_posts_feed → seq posts", subject, place=FEED, help="see"),
            Finding("work-grown", f"{who}more work: pages {was} → {now}", subject, place=FEED, help="look"),
            Finding("work-grown", f"{who}more work: pages {was} → {now}", subject, place=BADGE, detail="d"),
        )
        verdicts.append(Verdict(entry("feed", persona), before, found[: 2 + (was < 300)], Gate.PLAN, "lost it", "seq"))
    return Judged(run(*(verdict.entry for verdict in verdicts)), tuple(verdicts), (), run(before, days=-1))


def all_pass() -> Judged:
    """Nothing to compare with, nothing failed."""
    verdicts = (Verdict(entry("feed", "heaviest", "feed_reference"), plan="index idx_posts_user_created, top 20"),)
    return Judged(run(verdicts[0].entry), verdicts)


def refused() -> Judged:
    """The database is not in a state in which gates mean something."""
    stale = Finding(
        "statistics-stale", "posts: 40 rows changed since ANALYZE", "posts", help="platformdb bench prepares it"
    )
    return Judged(run(), (), (stale,))


def nasty() -> Judged:
    """Texts that mean something to HTML, XML, Markdown and GitHub."""
    text = '<script>alert("&")</script> | `x` 50% @ada\n::error::no\x00 ]]> _a_'
    finding = Finding("work-grown", text, text, place=Place("a,b:c.sql", 3, 1, text), help=text, detail=text)
    node = replace(plan("feed"), filter=text, kind=text)
    bad = entry(f"a {text}", f"b {text}", purpose=text, rule=text, plan=node)
    return Judged(run(bad), (Verdict(bad, entry(), (finding,), Gate.WORK, text, text),))


CASES = {"index_lost": index_lost, "everybody": everybody, "all_pass": all_pass, "refused": refused}


def from_data(data: Mapping[str, Any]) -> PlanNode:
    """The node that ``as_data`` wrote."""
    plain: dict[str, Any] = {
        key: tuple(value) if key == "keys" else value for key, value in data.items() if key != "parts"
    }
    return PlanNode(**plain, parts=tuple(from_data(part) for part in data.get("parts", ())))
