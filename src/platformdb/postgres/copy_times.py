"""Dates, times and intervals in PostgreSQL's binary formats, from texts."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime, time, timedelta
from datetime import date as calendar_date

# PostgreSQL counts from here.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNITS = {"y": 12, "mon": 1, "w": 7, "d": 1, "h": 3600, "m": 60, "s": 1}
MONTHS, DAYS = ("y", "mon"), ("w", "d")
PART = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([a-z]+)\s*")
CLOCK = re.compile(r"([+-]?)(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?$")
ISO = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?"
)
NAMES = ("years", "mons", "weeks", "days", "hours", "minutes", "seconds")


def date(value: str) -> bytes:
    """Days since 2000."""
    return struct.pack(">i", (calendar_date.fromisoformat(value[:10]) - EPOCH.date()).days)


def timestamp(value: str) -> bytes:
    """Microseconds since 2000, of the hands of the clock."""
    return struct.pack(">q", (datetime.fromisoformat(value).replace(tzinfo=UTC) - EPOCH) // MICROSECOND)


def timestamp_with_zone(value: str) -> bytes:
    """The same of an instant; without offset in UTC."""
    moment = datetime.fromisoformat(value)
    return struct.pack(">q", (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) // MICROSECOND)


def time_of_day(value: str) -> bytes:
    """Microseconds since midnight."""
    return struct.pack(">q", _clock(time.fromisoformat(value)))


def time_with_zone(value: str) -> bytes:
    """The same, and the seconds that the zone is west of Greenwich."""
    said = time.fromisoformat(value)
    return struct.pack(">qi", _clock(said), -int((said.utcoffset() or timedelta()).total_seconds()))


def _clock(said: time) -> int:
    return ((said.hour * 60 + said.minute) * 60 + said.second) * 1_000_000 + said.microsecond


def interval(value: str) -> bytes:
    """Microseconds, days and months, of a text such as ``1 mon 2 days 03:04:05`` or ``P1M2DT3H4M5S``."""
    written = _from_iso(value) if value.startswith("P") else value.lower().strip()
    clock = CLOCK.search(written)
    seconds = _seconds(clock) if clock else 0.0
    months = days = 0
    rest = written[: clock.start()] if clock else written
    if PART.sub("", rest).strip() or not written:
        raise ValueError(f"'{value}' is no interval such as 1 mon 2 days 03:04:05")
    for number, word in PART.findall(rest):
        unit = _unit(word)
        if unit in MONTHS:
            months += int(number) * UNITS[unit]
        elif unit in DAYS:
            days += int(number) * UNITS[unit]
        else:
            seconds += float(number) * UNITS[unit]
    return struct.pack(">qii", round(seconds * 1_000_000), days, months)


def _unit(word: str) -> str:
    for unit in ("mon", "y", "w", "d", "h", "m", "s"):
        if word.startswith(unit):
            return unit
    raise ValueError(f"'{word}' is no unit of time")


def _seconds(clock: re.Match[str]) -> float:
    sign, hours, minutes, seconds = clock.groups()
    return (-1 if sign == "-" else 1) * (int(hours) * 3600 + int(minutes) * 60 + float(seconds or 0))


def _from_iso(value: str) -> str:
    found = ISO.fullmatch(value)
    parts = found.groups() if found else ()
    return " ".join(f"{number} {name}" for number, name in zip(parts, NAMES, strict=False) if number)
