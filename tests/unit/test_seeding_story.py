"""The scale and the date of a story: what grows, what stays, what moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from platformdb.errors import ConfigError
from platformdb.seeding.files.definition import read_definition
from platformdb.seeding.model import Definition
from platformdb.seeding.plan import rehearse
from platformdb.seeding.problems import Invalid
from platformdb.seeding.rows.world import World
from seeding_worlds import HEAD, rows_of, sources

STORY = f"""{HEAD}
[profiles.test]
rows = 40
few = 1
none = 0
share = 0.5
[tables.t]
rows = {{ shape = "independent", count = "$rows" }}
[tables.t.columns]
at = {{ make = "copy", of = "time" }}
late = {{ make = "compare", left = "time", op = ">", right = 2025-04-01T00:00:00Z }}
part = {{ make = "flag", share = "$share" }}
[tables.f]
rows = {{ shape = "independent", count = "$few" }}
[tables.n]
rows = {{ shape = "independent", count = "$none" }}
"""


def read(scale: float = 1.0, as_of: date | None = None, text: str = STORY) -> Definition:
    return read_definition(sources(text), "test", scale, as_of)


def sizes(scale: float) -> list[int]:
    made = World(read(scale), 1)
    return [made.rows(table) for table in "tfn"]


@pytest.mark.parametrize(
    ("scale", "expected"), [(1, [40, 1, 0]), (2.5, [100, 2, 0]), (0.1, [4, 1, 0]), (0.0001, [1, 1, 0])]
)
def test_a_scale_multiplies_whole_numbers_and_what_was_there_does_not_vanish(scale: float, expected: list[int]) -> None:
    assert sizes(scale) == expected


def test_a_share_of_the_profile_stays_what_it_is_at_any_scale() -> None:
    shares = [rows_of(World(read(scale), 1), "t", "part") for scale in (1, 100)]
    assert 0.4 < sum(shares[1]) / len(shares[1]) < 0.6
    assert len(shares[1]) == 100 * len(shares[0])


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_is_no_positive_number_is_refused_with_an_example(scale: float) -> None:
    with pytest.raises(ConfigError, match="the scale must be a number greater than 0") as refused:
        read(scale)
    assert "0.1 makes a tenth" in (refused.value.help or "")


@pytest.mark.parametrize("scale", [1e8, 1e300, 1e308])
def test_a_scale_that_asks_for_more_rows_than_can_be_is_told_with_the_table(scale: float) -> None:
    with pytest.raises(Invalid) as refused:
        read(scale)
    assert [problem.key for problem in refused.value.problems] == ["tables.t.rows.count"] + [
        f"tables.{name}.rows.count" for name in "f" if scale > 1e9
    ]
    assert "a table can have 2,147,483,647" in str(refused.value)


def test_sources_of_rows_are_limited_too() -> None:
    rows = 'rows = { shape = "per", of = [{ table = "t", total = 3_000_000_000 }] }'
    with pytest.raises(Invalid, match=r"tables\.n\.rows\.total: 3,000,000,000 rows"):
        read(text=STORY.replace('rows = { shape = "independent", count = "$none" }', rows))


@pytest.mark.parametrize(
    ("as_of", "end"),
    [
        (date(2031, 3, 5), datetime(2031, 3, 5, tzinfo=UTC)),
        (datetime(2031, 3, 5, 7, 30), datetime(2031, 3, 5, 7, 30, tzinfo=UTC)),
        (datetime(2031, 3, 5, 7, 30, tzinfo=timezone(timedelta(hours=2))), datetime(2031, 3, 5, 5, 30, tzinfo=UTC)),
    ],
)
def test_the_story_ends_at_the_date_that_is_asked_for(as_of: date, end: datetime) -> None:
    calendar, usual = read(as_of=as_of).calendar, read().calendar
    assert calendar.end == end.timestamp() * 1_000_000
    assert calendar.end - calendar.start == usual.end - usual.start


def test_times_that_the_file_compares_with_move_with_the_story() -> None:
    usual, later = (World(read(as_of=as_of), 1) for as_of in (None, datetime(2035, 6, 30, 18, tzinfo=UTC)))
    moved = later.definition.calendar.end - usual.definition.calendar.end
    assert rows_of(later, "t", "late") == rows_of(usual, "t", "late")
    assert rows_of(later, "t", "at") == [at + moved for at in rows_of(usual, "t", "at")]


@pytest.mark.parametrize("days", [1, 3, 4, 700, -20])
def test_a_date_moves_by_whole_weeks_to_stay_the_same_day_of_the_week(days: int) -> None:
    monday = 'since = { make = "compute", function = "subtract", of = [2025-03-03, 2025-03-01T00:00:00Z] }\n'
    end = datetime(2025, 6, 30, 18, tzinfo=UTC)
    moved = World(read(as_of=end + timedelta(days=days), text=STORY.replace("late = ", f"{monday}late = ")), 1)
    since = rows_of(moved, "t", "since")[0] / 86_400
    assert (since + days - 2) % 7 == 0
    assert -1.5 <= since <= 5.5


@pytest.mark.parametrize(
    ("as_of", "message"), [(date(1970, 2, 1), "cannot begin before 1970"), (date(1, 1, 2), "there is no time")]
)
def test_a_date_too_early_is_told(as_of: date, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read(as_of=as_of)


def test_the_definition_of_another_scale_and_date_can_be_made_as_a_whole() -> None:
    assert rehearse(read(3, date(2030, 1, 1)))[1] == ()
