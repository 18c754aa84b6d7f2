"""Short texts that say what a member of a document is about: by its format, or by its name."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.words.vocabulary import words

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


class Dice:
    """Random numbers one by one."""

    def __init__(self, stream: Stream) -> None:
        self._numbers = self._drawn(stream)

    def share(self) -> float:
        """From 0 to less than 1."""
        return next(self._numbers)

    def below(self, limit: int) -> int:
        """From 0 to ``limit`` - 1."""
        return min(int(self.share() * limit), limit - 1)

    def one_of(self, values: Sequence[Any]) -> Any:
        """Any of them."""
        return values[self.below(len(values))]

    @staticmethod
    def _drawn(stream: Stream) -> Iterator[float]:
        for number in range(1 << 30):
            yield from stream.aspect(str(number)).uniform(Span(0, 1024)).tolist()


def _phrase(dice: Dice, many: int) -> str:
    known = words()
    chosen = [dice.one_of(known["adjective"][:120]) for _ in range(many - 1)]
    return " ".join((*chosen, dice.one_of(known["noun"][:300])))


def _slug(dice: Dice) -> str:
    return _phrase(dice, 2).replace(" ", "-")


def _url(dice: Dice) -> str:
    return f"https://example.com/{_slug(dice)}"


def _color(dice: Dice) -> str:
    return f"#{dice.below(1 << 24):06x}"


def _email(dice: Dice) -> str:
    return f"{_slug(dice)}@example.com"


def _moment(dice: Dice) -> datetime:
    return EPOCH + timedelta(minutes=dice.below(525_600))


def _title(dice: Dice) -> str:
    return _phrase(dice, 1 + dice.below(3)).capitalize()


def _sentence(dice: Dice) -> str:
    known = words()
    verb = dice.one_of(known["past"])
    return f"The {_phrase(dice, 2)} {verb} the {_phrase(dice, 1 + dice.below(2))}."


FORMATS: dict[str, Callable[[Dice], str]] = {
    "date-time": lambda dice: _moment(dice).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "date": lambda dice: f"{_moment(dice):%Y-%m-%d}",
    "time": lambda dice: f"{_moment(dice):%H:%M:%S}Z",
    "duration": lambda dice: f"PT{1 + dice.below(120)}M",
    "uuid": lambda dice: str(uuid.UUID(int=dice.below(1 << 52) << 76 | dice.below(1 << 52), version=4)),
    "uri": _url,
    "email": _email,
    "color": _color,
    "ipv4": lambda dice: f"10.{dice.below(256)}.{dice.below(256)}.{1 + dice.below(254)}",
    "ipv6": lambda dice: f"2001:db8::{dice.below(1 << 16):x}",
    "hostname": lambda dice: f"{_slug(dice)}.example.com",
    "json-string": lambda dice: json.dumps(_slug(dice)),
}
# What the last word of a member's name says about its text.
NAMES: tuple[tuple[str, Callable[[Dice], str]], ...] = (
    (r"url|uri|href|link|image|src|avatar|website|address", _url),
    (r"e?mail", _email),
    (r"colou?r|background|foreground|accent", _color),
    (r"description|text|body|content|message|note|summary|bio|comment|reason|caption", _sentence),
    (r"id|key|slug|code|tag|ref|token|path|field", _slug),
    (r"locale|lang|language", lambda dice: str(dice.one_of(("en", "de", "fr", "es", "it", "ja")))),
    (r"country", lambda dice: str(dice.one_of(("DE", "FR", "GB", "JP", "KE", "US")))),
    (r"currency", lambda dice: str(dice.one_of(("EUR", "GBP", "JPY", "USD")))),
    (r"timezone|zone|tz", lambda dice: str(dice.one_of(("UTC", "Europe/Paris", "Asia/Tokyo", "America/Lima")))),
)


def named(name: str, dice: Dice) -> str:
    """A text for what is called so."""
    return _maker(name)(dice)


@cache
def _maker(name: str) -> Callable[[Dice], str]:
    last = re.split(r"[^a-z0-9]|(?<=[a-z])(?=[A-Z])", name)[-1].lower()
    return next((make for pattern, make in NAMES if re.fullmatch(f"(?:{pattern})s?", last)), _title)


@cache
def usual(name: str, pattern: str) -> Callable[[Dice], str] | None:
    """What people would write there, where that is of the pattern."""
    dice = Dice(Stream(pattern))
    return next((make for make in (_maker(name), *FORMATS.values()) if re.search(pattern, make(dice))), None)


def of_length(made: str, low: float, high: float, dice: Dice) -> str:
    """The text, cut or with more words, so that it has from ``low`` to ``high`` characters."""
    while len(made) < low:
        made = f"{made} {_phrase(dice, 2)}"
    if len(made) > high:
        made = made[: int(high)].rstrip()
    return made + "x" * int(max(low - len(made), 0))
