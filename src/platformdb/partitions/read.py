"""Reads partitions.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
)

from platformdb.errors import Place, Refused
from platformdb.partitions.model import Age, Interval, Policy, Retire
from platformdb.project import Platform
from platformdb.sqltext.source import Source, read_source
from platformdb.sqltext.statements import split

AGE = re.compile(r"(\d+) (hour|day|week|month|quarter|year)s?")
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Names of partitions have years of four digits.
FIRST_YEAR = 1000
# PostgreSQL's limit; the longest suffix is that of an hour.
MAX_NAME_BYTES = 63


def _table(text: str) -> str:
    if text.count(".") > 1 or not all(text.split(".")):
        raise ValueError("must be a table's name, or schema.table")
    return text


def _moment(value: object) -> object:
    """A date or a time as TOML or a string has it; without a zone it is UTC."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime) and value.year >= FIRST_YEAR:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    raise ValueError(f'must be a date from the year {FIRST_YEAR} on, such as "2025-01-01"')


def _age(value: object) -> object:
    found = AGE.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError('must be a number of hours, days, weeks, months, quarters or years, such as "24 months"')
    number, unit, text = int(found[1]), found[2], found[0]
    try:
        age = Age(number * MONTHS.get(unit, 0), number * SPANS.get(unit, timedelta()), text)
        age.before(datetime(2000, 1, 1, tzinfo=UTC))
    except (OverflowError, ValueError):
        raise ValueError("reaches back before the year 1; leave it out to keep rows for ever") from None
    return age


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    table: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), AfterValidator(_table)]
    interval: Interval
    premake: Annotated[int, Field(ge=0, le=1000)] = 3
    start: Annotated[datetime | None, BeforeValidator(_moment), Field(alias="from")] = None
    retention: Annotated[Age | None, BeforeValidator(_age)] = None
    retire: Retire | None = None
    before_retire: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)] | None = None
    default: StrictBool = True


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    partition: Annotated[list[_Entry], Field(min_length=1)]


def read_policies(platform: Platform) -> tuple[Policy, ...]:
    """The platform's policies in the file's order; none where it has no partitions.toml.

    Raises:
        Refused: the file is wrong; with every problem.
    """
    path = platform.sql / "partitions.toml"
    if not path.is_file():
        return ()
    source = read_source(path, platform.shown(path))
    try:
        entries = _File.model_validate(tomllib.loads(source.text)).partition
    except tomllib.TOMLDecodeError as error:
        raise _wrong(source, [str(error)]) from None
    except ValidationError as error:
        problems = [f"{_where(item['loc'])}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
        raise _wrong(source, problems) from None
    if problems := list(_contradictions(entries)):
        raise _wrong(source, problems)
    return tuple(_policy(entry) for entry in entries)


def _wrong(source: Source, problems: Sequence[str]) -> Refused:
    return Refused(
        f"{source.name} is not right",
        place=Place(source.name),
        detail="\n".join(problems),
        help="see the manual's page about partitions",
    )


def _where(location: tuple[int | str, ...]) -> str:
    """``partition 2, premake``: entries are counted from 1, as people do."""
    words = [f"{part} {index + 1}" for part, index in pairwise(location) if isinstance(index, int)]
    return ", ".join((*words, *(str(part) for part in location[2 * len(words) :])))


def _contradictions(entries: Sequence[_Entry]) -> Iterator[str]:
    """What each key alone does not show."""
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        where = f"partition {number} ({entry.table})"
        if entry.table in seen:
            yield f"{where}: the table has an entry already"
        seen.add(entry.table)
        if entry.retention is None and (entry.retire is not None or entry.before_retire is not None):
            yield f"{where}: retire and before_retire need a retention"
        if entry.retention is not None and entry.retire is None:
            yield f"{where}: a retention needs retire = archive, drop or detach"
        if entry.before_retire is not None:
            yield from _not_one_statement(where, entry.before_retire)
        name = f"{entry.table.rpartition('.')[2]}_{entry.interval.suffix(datetime(2000, 1, 1, tzinfo=UTC))}"
        if len(name.encode()) > MAX_NAME_BYTES:
            yield f"{where}: the name is too long, a partition would be called {name}"


def _not_one_statement(where: str, sql: str) -> Iterator[str]:
    try:
        count = len(split(Source(where, sql)))
    except Refused as error:
        yield f"{where}: before_retire: {error.message}"
        return
    if count != 1:
        yield f"{where}: before_retire must be one statement, for it takes values; put several into a function"


def _policy(entry: _Entry) -> Policy:
    return Policy(
        table=entry.table,
        interval=entry.interval,
        premake=entry.premake,
        start=entry.start,
        retention=entry.retention,
        retire=entry.retire or Retire.DETACH,
        before_retire=entry.before_retire.rstrip("; \n") if entry.before_retire else "",
        default=entry.default,
    )
