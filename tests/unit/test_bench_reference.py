"""References as files: what is in them, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from platformdb.bench.model import Access, Contract, Entry, HeldSeed, Run, Times
from platformdb.bench.reference import dump_run, load_run, unfit
from platformdb.errors import ConfigError
from platformdb.workload.model import Touched, Work
from platformdb.workload.plan_tree import PlanNode

PLAN = PlanNode(
    "Limit",
    actual=20.0,
    buffers=12,
    cost=8.25,
    parts=(PlanNode("Index Scan", relation="public.posts", alias="p", index="by_user", condition="(p.user_id = 1)"),),
)
ENTRY = Entry(
    query="feed",
    persona="heaviest",
    checksum="0123456789abcdef",
    purpose="The newest posts.",
    target_ms=50.0,
    rule="the most accounts followed",
    weight=2036.0,
    contract=Contract((Access("p", "public.posts", "index", "public.by_user", ("user_id",)),), 20, cost=8.25),
    work=Work(buffers=12, touched=20, returned=20, tables=(Touched("public.posts", indexed=20, blocks=12),)),
    plan=PLAN,
    times=Times(1.25, 1.5, 2.75, 200),
)
RUN = Run(
    platform="vrss",
    server="18.6",
    seed=HeldSeed("ci", 42, 300_000, as_of=datetime(2026, 1, 1, tzinfo=UTC)),
    settings={"work_mem": "4MB", "jit": "off"},
    tables={"public.posts": 9_000},
    entries=(ENTRY, replace(ENTRY, persona="nothing", weight=0.0, times=None)),
    noise=0.1,
    taken=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    commit="abc",
)
TEXT = dump_run(RUN)


def gating(text: str) -> str:
    return text[: text.index('"informing"')]


def test_a_run_comes_back_but_for_what_is_abridged() -> None:
    abridged = tuple(replace(entry, plan=replace(PLAN, cost=0.0)) for entry in RUN.entries)
    assert load_run(TEXT, "ref.json") == replace(RUN, entries=abridged)


def test_times_and_when_they_were_taken_stand_apart_at_the_end() -> None:
    later = replace(
        RUN, taken=None, commit="def", noise=0.5, entries=(replace(ENTRY, times=Times(9, 9, 9, 9)), RUN.entries[1])
    )
    assert gating(dump_run(later)) == gating(TEXT)
    assert list(json.loads(TEXT))[-1] == "informing"


def test_settings_and_tables_are_in_the_order_of_their_names() -> None:
    turned = replace(RUN, settings=dict(reversed(RUN.settings.items())))
    assert dump_run(turned) == TEXT


def test_an_entry_is_a_few_lines_that_a_person_can_review() -> None:
    lines = TEXT.splitlines()
    assert max(map(len, lines)) <= 120
    assert any('"place": "p", "relation": "public.posts", "method": "index"' in line for line in lines)
    assert len(lines) < 70


def test_what_a_plan_cost_in_one_run_does_not_change_the_file() -> None:
    other = replace(PLAN, wal_records=7, cost=9.0, startup_cost=3.0, self_ms=0.5)
    assert dump_run(replace(RUN, entries=(replace(ENTRY, plan=other), RUN.entries[1]))) == TEXT


def test_a_vector_in_a_condition_is_cut() -> None:
    vector = replace(PLAN, order=f"(p.embedding <-> '[{','.join(['0.123'] * 1536)}]')")
    assert len(dump_run(replace(RUN, entries=(replace(ENTRY, plan=vector),)))) < 4_000


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "it is not JSON"),
        ("SELECT 1", "it is not JSON"),
        (TEXT[: len(TEXT) // 2], "it is cut off"),
        ("[]", "is JSON, but no reference"),
        ('{"a": 1}', "is JSON, but no reference"),
        (TEXT.replace('"schema": 1', '"schema": 2'), "has schema 2, and this platformdb knows 1"),
        (TEXT.replace('"buffers": 12', '"buffers": "many"'), "is damaged: entries"),
        (TEXT.replace('"platform": "vrss",', ""), "is damaged: platform"),
        (TEXT.replace('"informing"', '"informed"'), "is damaged"),
        (TEXT.replace('"query": "feed",', ""), "is damaged"),
    ],
)
def test_what_is_no_reference_is_refused_with_the_way_to_make_one(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=r"ref\.json") as caught:
        load_run(text, "ref.json")
    assert what in caught.value.message
    assert "--save-reference" in caught.value.help


@pytest.mark.parametrize(
    ("other", "rule", "message"),
    [
        (replace(RUN, platform="creator"), "other-platform", "of platform creator, the database of platform vrss"),
        (replace(RUN, server="17.2"), "other-major", "of PostgreSQL 17, the database of PostgreSQL 18"),
        (replace(RUN, seed=HeldSeed("ci", 7, 300_000)), "other-seed", "profile ci, seed 7, 300,000 rows"),
        (replace(RUN, seed=None), "other-seed", "of no known seed, the database of profile ci, seed 42"),
    ],
)
def test_a_reference_of_something_else_does_not_judge(other: Run, rule: str, message: str) -> None:
    (finding,) = unfit(RUN, other, "ref.json")
    assert finding.rule == rule
    assert message in finding.message


def test_another_minor_version_judges() -> None:
    assert unfit(RUN, replace(RUN, server="18.1"), "ref.json") == ()


def test_a_reference_without_entries_is_refused_for_it_would_judge_nothing() -> None:
    with pytest.raises(ConfigError, match="holds no query"):
        load_run(dump_run(replace(RUN, entries=())), "bench.json")
