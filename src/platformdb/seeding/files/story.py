"""How large and when: the profile's numbers times the scale, and the time in which the story plays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from pydantic import FiniteFloat

from platformdb.errors import ConfigError
from platformdb.seeding.files.reading import Reader
from platformdb.seeding.shape.times import Calendar

NUMBER = re.compile(r"\$[a-z][a-z0-9_]*")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Rows are told apart by positions of 32 bits.
MOST_ROWS = (1 << 31) - 1
# Beyond all that can be: what a number times a scale is cut to, so that it stays a number.
FAR = 1e18
LARGEST = (1 << 63) - 1
STILL, WEEK = timedelta(), timedelta(weeks=1)
Moment = TypeVar("Moment", date, datetime)


@dataclass(frozen=True, slots=True)
class Story:
    """What is the same in the whole file; ``shift`` is how far its times are moved."""

    calendar: Calendar | None
    numbers: Mapping[str, float]
    shift: timedelta


def read_story(reader: Reader, raw: Mapping[str, Any], profile: str, scale: float, as_of: date | None) -> Story:
    """The numbers of a profile and the calendar, with what is wrong noted.

    Raises:
        ConfigError: the scale is no number greater than 0.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ConfigError(
            f"the scale must be a number greater than 0, not {scale:g}",
            help="0.1 makes a tenth of the profile's rows, 10 ten times as many",
        )
    numbers = {name: _scaled(value, scale) for name, value in _profile(reader, raw, profile).items()}
    instants = {name: _instant(reader, raw, name) for name in ("start", "end")}
    shift = STILL if as_of is None or instants["end"] is None else instant_of(as_of) - instants["end"]
    return Story(_calendar(reader, raw, instants, shift), numbers, shift)


def filled(reader: Reader, value: Any, story: Story, key: tuple[str, ...]) -> Any:
    """The same with every text "$name" replaced by the profile's number, and every time moved with the story."""
    if isinstance(value, dict):
        return {name: filled(reader, item, story, (*key, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(reader, item, story, key) for item in value]
    if isinstance(value, date):
        return _moved(reader, value, story.shift, key)
    if isinstance(value, (int, float)) and not abs(value) <= LARGEST:
        reader.problem(key, f"{value:g} is no number that can be: the largest is {LARGEST:g}")
        return 0
    if not isinstance(value, str) or not NUMBER.fullmatch(value):
        return value
    if value[1:] not in story.numbers:
        known = ", ".join(story.numbers) or "none"
        reader.problem(key, f"the profiles have no number '{value[1:]}', only {known}")
    return story.numbers.get(value[1:], 0)


def _profile(reader: Reader, raw: Mapping[str, Any], profile: str) -> Mapping[str, Any]:
    profiles = reader.mapping(raw, "profiles")
    names = {name for numbers in profiles.values() if isinstance(numbers, dict) for name in numbers}
    for key in profiles:
        numbers = reader.mapping(profiles, key, ("profiles",))
        for name in sorted(names - set(numbers)):
            reader.problem(("profiles", key), f"'{name}' is missing, which another profile has")
        for name, value in numbers.items():
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) <= LARGEST:
                reader.problem(("profiles", key, name), "must be a number")
    if profile not in profiles:
        reader.problem(("profiles",), f"there is no profile '{profile}', only {', '.join(profiles) or 'none'}")
    found = profiles.get(profile)
    return found if isinstance(found, dict) else dict.fromkeys(names, 0)


def _scaled(value: Any, scale: float) -> Any:
    """A whole number is an amount and grows; what was there once does not vanish. A fraction is a share and stays."""
    if isinstance(value, int) and value > 0 and scale != 1:
        return max(1, round(min(value * scale, FAR)))
    return value


def _instant(reader: Reader, raw: Mapping[str, Any], name: str) -> datetime | None:
    value = raw.get(name)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    reader.problem((name,), "must be a date and time with offset, for example 2025-01-01T00:00:00Z")
    return None


def _moved(reader: Reader, value: Moment, shift: timedelta, key: tuple[str, ...]) -> Moment:
    """A time so much later; a date by whole weeks, so that it stays the same day of the week."""
    try:
        return value + (shift if isinstance(value, datetime) else round(shift / WEEK) * WEEK)
    except OverflowError:
        reader.problem(key, f"there is no time {shift.days} days from {value.isoformat()}")
        return value


def _calendar(
    reader: Reader, raw: Mapping[str, Any], instants: Mapping[str, datetime | None], shift: timedelta
) -> Calendar | None:
    rhythm = reader.read(tuple[FiniteFloat, ...], raw.get("rhythm", ()), ("rhythm",))
    if rhythm is None or None in instants.values():
        return None
    start, end = (_moved(reader, moment, shift, (name,)) for name, moment in instants.items() if moment)
    if start < EPOCH:
        reader.problem(("start",), f"a story cannot begin before 1970, and this one begins at {start.isoformat()}")
        return None
    try:
        return Calendar(microseconds(start), microseconds(end), rhythm)
    except ValueError as error:
        reader.problem(("end" if "end" in str(error) else "rhythm",), str(error))
        return None


def instant_of(moment: date) -> datetime:
    """A date means its beginning, and what has no offset is UTC."""
    found = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)
