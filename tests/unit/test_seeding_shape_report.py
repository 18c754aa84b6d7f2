"""The shape report without a database: what declarations predict, what samples measure, and how both are judged."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from platformdb.report.model import Severity
from platformdb.report.text import render_text
from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.model import ColumnFact, SeedPlan, TableFact, TablePlan
from platformdb.seeding.shape.distributions import Distribution, Fixed, Lognormal, Skew, Uniform, Weighted
from platformdb.seeding.shape_report.declared import declare
from platformdb.seeding.shape_report.degrees import Degrees, sigma
from platformdb.seeding.shape_report.fans import judge_fan
from platformdb.seeding.shape_report.judge import judge
from platformdb.seeding.shape_report.measured import (
    ColumnMeasured,
    EndsMeasured,
    FanMeasured,
    Moments,
    Size,
    TableMeasured,
)
from platformdb.seeding.shape_report.model import Fan, FanShape, Limit, Line, Pool, Shape, Spread, Unit, Verdict
from platformdb.seeding.shape_report.page import as_page
from platformdb.seeding.shape_report.predicted import predict
from platformdb.seeding.shape_report.texts import as_data, as_markdown, as_report
from seeding_worlds import HEAD, NETWORK, definition

PARENTS, CHILDREN = 2_000, 12_000


def degrees_of(children: np.ndarray) -> Degrees:
    values, parents = np.unique(children, return_counts=True)
    return Degrees(values.astype(np.float64), parents.astype(np.float64))


def drawn(skew: Skew, seed: int = 1, parents: int = PARENTS, children: int = CHILDREN) -> Degrees:
    """Children spread over parents by numpy, not by what is tested."""
    numbers = np.random.default_rng(seed)
    weights = np.arange(1.0, parents + 1) ** -skew.zipf * np.exp(skew.lognormal * numbers.standard_normal(parents))
    weights[numbers.permutation(parents)[: int(skew.childless * parents)]] = 0
    return degrees_of(numbers.multinomial(children, weights / weights.sum()))


def judged(has: Degrees, spread: Spread, *, dropped: bool = False) -> FanShape:
    fan = Fan("likes", ("post_id",), "posts", "post", spread, Pool("posts"), dropped)
    return judge_fan(FanMeasured(fan, has, round(has.pool)), {"posts": round(has.pool)})


def misses(shape: FanShape) -> set[str]:
    return {line.measure for line in shape.lines if line.verdict is Verdict.FAILED}


SKEWS = [
    Skew(),
    Skew(zipf=0.7),
    Skew(zipf=1.0, childless=0.2),
    Skew(lognormal=0.6),
    Skew(lognormal=1.0, childless=0.1),
    Skew(zipf=0.6, lognormal=0.4),
]


@pytest.mark.parametrize("skew", SKEWS, ids=str)
def test_what_is_as_declared_is_found_to_be_so(skew: Skew) -> None:
    for seed in range(3):
        assert misses(judged(drawn(skew, seed), Spread(skew, CHILDREN))) == set()


@pytest.mark.parametrize(
    ("real", "declared", "found"),
    [
        (Skew(zipf=0.7), Skew(zipf=0.95), "exponent"),
        (Skew(zipf=0.7), Skew(zipf=0.5), "gini"),
        (Skew(zipf=0.7), Skew(), "p99"),
        (Skew(), Skew(zipf=0.3), "max"),
        (Skew(childless=0.3), Skew(childless=0.2), "childless"),
        (Skew(lognormal=0.6), Skew(lognormal=0.9), "gini"),
        (Skew(lognormal=0.6), Skew(zipf=0.6), "max"),
        (Skew(), Skew(histogram=((2, 0.5), (10, 0.5))), "p90"),
    ],
    ids=str,
)
def test_another_spread_than_the_declared_one_is_found(real: Skew, declared: Skew, found: str) -> None:
    assert found in misses(judged(drawn(real), Spread(declared, CHILDREN)))


@pytest.mark.parametrize("exponent", [0.5, 0.8, 1.2])
def test_the_exponent_found_is_that_of_the_ranks_also_where_many_have_no_child(exponent: float) -> None:
    has = drawn(Skew(zipf=exponent, childless=0.3), parents=20_000, children=100_000)
    assert has.exponent == pytest.approx(exponent, rel=0.05)


def test_a_short_tail_has_no_exponent() -> None:
    assert drawn(Skew(zipf=1.0), parents=20, children=60).exponent is None


@pytest.mark.parametrize(("real", "childless"), [(0.4, 0.0), (0.8, 0.25)])
def test_the_sigma_found_is_that_of_the_weights(real: float, childless: float) -> None:
    has = drawn(Skew(lognormal=real, childless=childless), parents=20_000, children=100_000)
    assert sigma(has, childless) == pytest.approx(real, rel=0.05)


def test_the_gini_coefficient_is_0_for_equals_and_near_1_where_one_has_all() -> None:
    assert Degrees(np.array([3.0]), np.array([10.0])).gini == pytest.approx(0.0)
    assert Degrees(np.array([0.0, 50.0]), np.array([99.0, 1.0])).gini == pytest.approx(0.99)
    assert Degrees(np.array([1.0, 3.0]), np.array([1.0, 1.0])).gini == pytest.approx(0.25)


@pytest.mark.parametrize("skew", SKEWS, ids=str)
def test_a_prediction_has_all_parents_and_all_children(skew: Skew) -> None:
    law, _ = predict(Spread(skew, CHILDREN), PARENTS, CHILDREN, 1.0, 0)
    assert law.degrees(PARENTS).pool == pytest.approx(PARENTS)
    assert law.degrees(PARENTS).rows == pytest.approx(CHILDREN, rel=0.01)


@pytest.mark.parametrize(
    ("count", "mean"),
    [
        (None, 1.0),
        (Fixed("fixed", 3), 3.0),
        (Uniform("uniform", 2, 6), 4.0),
        (Weighted("weighted", (1, 5), (1, 1)), 3.0),
        (Lognormal("lognormal", 4, 0.5, 1, 60), 4 * np.exp(0.125)),
    ],
    ids=str,
)
def test_each_parent_with_its_own_number_of_children(count: Distribution | None, mean: float) -> None:
    law, _ = predict(Spread(count=count), 100, 0, 0.5, 0)
    assert law.degrees(100).rows == pytest.approx(100 * 0.5 * mean, rel=0.01)
    assert law.degrees(100).childless >= 0.5


@pytest.mark.parametrize("asks", [True, False])
def test_a_graph_without_double_edges_gives_nobody_more_partners_than_there_are(asks: bool) -> None:
    spread = Spread(Skew(zipf=1.2), 4_000, other=Skew(), partners="people", asks=asks)
    law, _ = predict(spread, 100, 4_000, 1.0, 100)
    assert law.degrees(100).rows == pytest.approx(4_000, rel=0.01)
    # The most popular has everybody: as a rate, around which a number may lie.
    assert max(piece.start + int(piece.chances.argmax()) for piece in law.pieces) <= 100


def test_where_rows_are_dropped_less_is_no_miss_and_more_is() -> None:
    less = drawn(Skew(zipf=0.7), children=CHILDREN // 2)
    assert misses(judged(less, Spread(Skew(zipf=0.7), CHILDREN), dropped=True)) == set()
    assert misses(judged(less, Spread(Skew(zipf=0.7), CHILDREN))) != set()
    more = drawn(Skew(zipf=0.7), children=CHILDREN * 2)
    assert "median" in misses(judged(more, Spread(Skew(zipf=0.7), CHILDREN), dropped=True))


def test_a_share_of_few_rows_is_shown_and_not_judged() -> None:
    assert Line("t.c", "NULL", 0.5, 0.1, -0.2, 1.1, Unit.SHARE).verdict is Verdict.SHOWN
    assert Line("t.c", "NULL", 0.5, 0.1, 0.05, 0.2, Unit.SHARE).verdict is Verdict.FAILED
    assert Line("t.c", "NULL", 0.1, 0.1, 0.05, None, Unit.SHARE).verdict is Verdict.PASSED


# ---------------------------------------------------------------------------------------------------------------------
# What is read from a definition

SIZES = {"people": 30, "follows": 200, "posts": 100, "comments": 300, "likes": 400}


def table(name: str, columns: str, *keys: tuple[str, str]) -> TablePlan:
    kinds = {"at": "timestamptz", "status": "text", "gone_at": "timestamptz"}
    facts = tuple(ColumnFact(column, kinds.get(column, "uuid")) for column in columns.split())
    found = tuple(ForeignKey(column, (column,), parent, ("id",)) for column, parent in keys)
    return TablePlan(TableFact(name, "public", name, facts, foreign_keys=found), facts)


PLAN = SeedPlan(
    (
        table("people", "id number name"),
        table("follows", "who_id whom_id at", ("who_id", "people"), ("whom_id", "people")),
        table("posts", "id author_id at status gone_at", ("author_id", "people")),
        table("comments", "id post_id parent_id at", ("post_id", "posts"), ("parent_id", "comments")),
        table("likes", "post_id who_id at", ("post_id", "posts"), ("who_id", "people")),
    )
)
SPECS = {spec.name: spec for spec in declare(definition(NETWORK.format(**SIZES)), PLAN)}


def test_a_key_is_declared_by_the_source_whose_link_it_holds() -> None:
    posts, likes = SPECS["posts"].fans[0], SPECS["likes"].fans[0]
    assert posts.spread == Spread(Skew(zipf=1.0, childless=0.2), 100)
    assert posts.pool == Pool("people")
    assert likes.pool == Pool("posts", (Limit("status", ("live",)),))
    assert likes.dropped
    assert not posts.dropped


def test_a_key_whose_link_is_drawn_row_by_row_is_declared_by_its_skew() -> None:
    assert SPECS["likes"].fans[1].spread == Spread(Skew())


def test_both_ends_of_a_graph_know_of_each_other() -> None:
    who, whom = SPECS["follows"].fans
    assert (who.spread, whom.spread) == (
        Spread(Skew(lognormal=0.5), 200, other=Skew(zipf=0.8), reciprocity=0.5, partners="people", asks=True),
        Spread(Skew(zipf=0.8), 200, other=Skew(lognormal=0.5), reciprocity=0.5, partners="people"),
    )
    ends = SPECS["follows"].ends
    assert ends is not None
    assert (ends.left, ends.right, ends.key, ends.reciprocity) == (("who_id",), ("whom_id",), ("id",), 0.5)


def test_values_are_declared_by_what_makes_them() -> None:
    values = {value.name: value for value in SPECS["posts"].values}
    assert values["status"].weights == {"draft": 0.1, "live": 0.8, "gone": 0.1}
    assert not values["status"].at_least
    assert values["gone_at"].at_least
    assert {value.name: value.earlier for value in SPECS["comments"].values}["parent_id"] == ("post", 0.6)


def test_values_of_what_looks_secret_are_not_looked_at() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.t]
rows = {{ shape = "independent", count = 3 }}
[tables.t.columns]
password_hash = {{ make = "constant", value = "x" }}
is_private = {{ make = "flag", share = 0.5 }}
status = {{ make = "constant", value = "x" }}
"""
    facts = tuple(ColumnFact(name, "text") for name in ("password_hash", "is_private", "status"))
    plan = SeedPlan((TablePlan(TableFact("t", "public", "t", facts), facts),))
    values = {value.name: dict(value.weights) for value in declare(definition(text), plan)[0].values}
    assert values == {"password_hash": {}, "is_private": {"true": 0.5, "false": 0.5}, "status": {"x": 1.0}}


def test_times_are_free_where_there_is_nothing_to_come_after() -> None:
    people = declare(
        definition(f"""{HEAD}
[profiles.test]
[tables.t]
rows = {{ shape = "independent", count = 3 }}
time = {{ growth = 2.0, until = 0.5 }}
[tables.t.columns]
at = {{ make = "copy", of = "time" }}
"""),
        SeedPlan((table("t", "at"),)),
    )[0]
    assert people.time is not None
    assert (people.time.free, people.time.growth, people.time.until) == (True, 2.0, 0.5)
    posts, comments = SPECS["posts"].time, SPECS["comments"].time
    assert posts is not None
    assert comments is not None
    assert (posts.free, posts.roaming, comments.roaming) == (False, True, False)


# ---------------------------------------------------------------------------------------------------------------------
# The whole report

ONE = f"""{HEAD}
[profiles.test]
[tables.t]
rows = {{ shape = "independent", count = 6_000 }}
[tables.t.columns]
at = {{ make = "copy", of = "time" }}
status = {{ make = "choice", values = ["a", "<b>"], weights = [3, 1], nulls = 0.2 }}
"""
ONE_PLAN = SeedPlan((table("t", "at status"),))


# The story of 181 days has 45 periods of 4 days, and one of a day.
STORY = definition(ONE).calendar
PERIODS, HOURS = (100,) * 45 + (19,), (250,) * 24


def moments(first: int = STORY.start, periods: tuple[int, ...] = PERIODS, hours: tuple[int, ...] = HOURS) -> Moments:
    return Moments(first, STORY.end, periods, hours)


def one(rows: int = 6_000, filled: int = 4_800, a: int = 3_600, times: Moments | None = None, rate: float = 0) -> Shape:
    """The report of a table that is just as declared, but for what is given."""
    read = definition(ONE)
    columns = (
        ColumnMeasured("at", rows, correlation=1.0),
        ColumnMeasured("status", filled, {"a": a, "<b>": filled - a}),
    )
    size = Size(8_192, 16_384)
    measured = TableMeasured("t", rows, size, rows, rate or None, columns=columns, moments=times or moments())
    return judge(read, declare(read, ONE_PLAN), [measured])


def test_a_table_as_declared_has_no_misses() -> None:
    assert one().misses == ()


@pytest.mark.parametrize(
    ("shape", "miss"),
    [
        (one(rows=6_001), ("t", "rows")),
        (one(filled=6_000, a=4_500), ("t.status", "NULL")),
        (one(a=2_400), ("t.status", "'a'")),
        (one(times=moments(first=STORY.start - 1)), ("t.at", "first")),
        (one(times=moments(periods=(200,) * 23 + (0,) * 23)), ("t.at", "growth, off by")),
        (one(times=moments(hours=(500,) * 12 + (0,) * 12)), ("t.at", "rhythm, off by")),
    ],
    ids=["rows", "nulls", "weights", "before the start", "growth", "rhythm"],
)
def test_what_is_not_as_declared_is_a_miss(shape: Shape, miss: tuple[str, str]) -> None:
    assert [(line.subject, line.measure) for line in shape.misses if line.measure == miss[1]] == [miss]


def test_a_value_that_was_not_declared_is_a_miss() -> None:
    read = definition(ONE)
    columns = (ColumnMeasured("at", 6_000), ColumnMeasured("status", 4_800, {"a": 3_500, "<b>": 1_200, "c": 100}))
    shape = judge(read, declare(read, ONE_PLAN), [TableMeasured("t", 6_000, Size(), 6_000, columns=columns)])
    assert ("t.status", "'c'") in {(line.subject, line.measure) for line in shape.misses}


def test_edges_that_are_not_answered_and_not_alike_are_misses() -> None:
    text = NETWORK.format(**SIZES).replace("reciprocity = 0.5", 'reciprocity = 0.5\nalike = ["number", "name"]')
    read, plan = definition(text), SeedPlan(PLAN.tables[:2])
    tables = [TableMeasured("people", 30, Size(), 0)]
    ends = EndsMeasured(200_000, 40_000, (("number", 20_000, 50_000.0), ("name", 90_000, 50_000.0)))
    shape = judge(read, declare(read, plan), [*tables, TableMeasured("follows", 200, Size(), 0, ends=ends)])
    assert [line.measure for line in shape.misses if line.subject == "follows"] == ["reciprocity", "alike number"]


def test_alike_by_what_is_not_loaded_is_said_to_be_not_measured() -> None:
    text = NETWORK.format(**SIZES).replace("reciprocity = 0.5", 'reciprocity = 0.5\nalike = ["words"]')
    read, plan = definition(text), SeedPlan(PLAN.tables[:2])
    tables = [TableMeasured("people", 30, Size(), 0), TableMeasured("follows", 200, Size(), 0)]
    report = as_report(judge(read, declare(read, plan), tables))
    assert report.ok
    assert [(finding.severity, finding.message) for finding in report.findings] == [
        (Severity.NOTE, "not measured, for it is of values that no column holds: follows: alike words")
    ]


def test_each_miss_is_a_finding_and_the_exit_code_is_1() -> None:
    report = as_report(one(rows=6_001))
    assert report.exit_code == 1
    assert report.findings[0].message == "t: rows is 6,001, declared 6,000"
    assert report.findings[0].detail == "allowed: 6,000; seeds/demo/seed.toml"


def test_the_terminal_shows_it_in_80_columns() -> None:
    written = io.StringIO()
    render_text(as_report(one(rate=12_345.6)), Console(width=80, file=written))
    text = written.getvalue()
    assert "12,346" in text
    assert "t.status" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_page_needs_nothing_else_and_lets_no_value_become_a_tag() -> None:
    page = as_page(one())
    assert page.startswith("<!doctype html>")
    assert "<b>'" not in page
    assert "&lt;b&gt;" in page
    assert not any(word in page for word in ("<script", "http://", "https://", "<link", "url("))
    for plot in page.split("<svg")[1:]:
        picture = ElementTree.fromstring(f"<svg{plot.partition('</svg>')[0]}</svg>")
        assert picture.get("role") == "img"
        assert picture.findtext("title")


def test_the_page_has_a_picture_of_each_key() -> None:
    fan = judged(drawn(Skew(zipf=0.7)), Spread(Skew(zipf=0.7), CHILDREN))
    shape = one()
    table_shape = shape.tables[0]
    with_fan = type(table_shape)(table_shape.measured, (), (fan,), (), ())
    page = as_page(Shape(shape.source, shape.profile, shape.story, shape.rhythm, (with_fan,)))
    assert "<title>likes.post_id to posts: children by rank</title>" in page
    assert "declared: 12,000 in all, zipf 0.7" in page


def test_the_data_and_the_markdown_hold_every_line() -> None:
    shape = one()
    data = json.loads(json.dumps(as_data(shape)))
    assert len(data["lines"]) == len(shape.lines)
    assert data["tables"]["t"]["bytes"] == {"heap": 8_192, "indexes": 16_384, "toast": 0}
    assert data["tables"]["t"]["rows_per_second"] is None
    assert as_markdown(shape).count("| t.status | ") == 3
