"""Texts: what their names let expect, within their lengths and patterns."""

from __future__ import annotations

import re

from platformdb.seeding.infer.desk import Desk, about
from platformdb.seeding.infer.lexicon import CHOICES, FAMILY, GIVEN, LONG, PATTERNS, TITLES
from platformdb.seeding.infer.model import Options
from platformdb.seeding.infer.names import plain
from platformdb.seeding.model import ColumnFact
from platformdb.seeding.words.forms import room
from platformdb.seeding.words.patterns import read_pattern
from platformdb.sqltext.checks.allowed import Allowed
from platformdb.sqltext.checks.patterns import Foreign, translated

SLOT = re.compile(r"\{[a-z_0-9.]+\}")
# Digits that the numbers of rows may have.
DIGITS = 8
BRIEF, LONGEST_CODE, ROOMY = 12, 36, 60


def text(desk: Desk, column: ColumnFact) -> Options:
    """A text for each row."""
    low, high = lengths(desk, column)
    found = _by_name(desk, column, high) if low <= 1 else None
    if found is not None and _fits(desk, column, found):
        return found
    if wanted := _pattern(desk, column):
        return {"make": "pattern", "of": wanted}
    return _words(desk, column, low, high)


def single_text(desk: Desk, column: ColumnFact) -> Options:
    """A text that never repeats."""
    low, high = lengths(desk, column)
    limit = desk.limit(column)
    name = about(column)
    found = _single_by_name(desk, name, column, high)
    if high >= BRIEF and low <= DIGITS and _fits(desk, column, found):
        return found
    if wanted := _pattern(desk, column):
        return {"make": "pattern", "of": wanted, "unique": True}
    if high < BRIEF or limit.folded == "upper" or low > DIGITS:
        letters = "[A-Z0-9]" if limit.folded == "upper" else "[a-z0-9]"
        return {"make": "pattern", "of": f"{letters}{{{max(low, min(high, 10))}}}", "unique": True}
    return found


def _single_by_name(desk: Desk, name: frozenset[str], column: ColumnFact, high: int) -> Options:
    number = desk.number()
    if name & {"email", "mail"}:
        return _templates(f"user{{{number}}}@example.com", high)
    if name & {"username", "login", "nickname", "nick", "handle"} or name >= {"user", "name"}:
        return _templates(f"user{{{number}}}", high)
    if name & {"url", "uri", "link", "href", "website"}:
        return _templates(f"https://example.com/{{{number}}}", high)
    if name & {"domain", "host", "hostname", "fqdn"}:
        return _templates(f"host{{{number}}}.example.com", high)
    return _templates(f"{_label(column, high - DIGITS - 1)}-{{{number}}}", high)


def _fits(desk: Desk, column: ColumnFact, made: Options) -> bool:
    """Whether texts made so meet the column's patterns, and are in the case that it asks for."""
    limit = desk.limit(column)
    if not limit.patterns and not limit.folded:
        return True
    listed = made.get("templates") or made.get("values")
    samples = [SLOT.sub("1234567", str(text)) for text in listed] if isinstance(listed, list) else []
    return bool(samples) and all(_meets(limit, text) for text in samples)


def _meets(limit: Allowed, text: str) -> bool:
    if limit.folded and text != (text.lower() if limit.folded == "lower" else text.upper()):
        return False
    try:
        return all(
            translated(operator, pattern).verdict(text) is wanted for operator, pattern, wanted in limit.patterns
        )
    except Foreign:
        return False


def lengths(desk: Desk, column: ColumnFact) -> tuple[int, int]:
    """The least and the greatest number of characters."""
    limit = desk.limit(column)
    longest = [each for each in (column.length, limit.longest) if each is not None]
    high = min(longest, default=63 if column.type == "name" else 10_000)
    return min(max(limit.shortest, int(limit.filled)), high), high


def capacity(desk: Desk, column: ColumnFact) -> int:
    """About how many texts there are that never repeat."""
    made = single_text(desk, column)
    if made["make"] == "pattern":
        return room(read_pattern(str(made["of"])))
    low, high = lengths(desk, column)
    return int(36 ** min(max(low, min(high, 10)), 8))


def _pattern(desk: Desk, column: ColumnFact) -> str:
    """The regular expression that a CHECK asks for, as the generator takes it."""
    for operator, pattern, wanted in desk.limit(column).patterns:
        if wanted and operator in ("~", "~*"):
            return _readable(pattern if "|" in pattern else pattern.removeprefix("^").removesuffix("$"))
        if wanted:
            return re.escape(pattern).replace("%", "[a-z]{3}").replace("_", "[a-z]")
    return ""


def _readable(pattern: str) -> str:
    """The pattern, if the generator can turn it round."""
    try:
        read_pattern(pattern)
    except ValueError:
        return ""
    return pattern


def _by_name(desk: Desk, column: ColumnFact, high: int) -> Options | None:
    """What the column's name lets expect, the more special first."""
    name = about(column)
    return next((found for rule in NAMED if (found := rule(desk, column, name, high))), None)


def _person(desk: Desk, column: ColumnFact, name: frozenset[str], high: int) -> Options | None:
    given, family = {"make": "choice", "values": list(GIVEN)}, {"make": "choice", "values": list(FAMILY)}
    if high < BRIEF + DIGITS:
        return None
    if name & {"first", "given", "firstname", "forename"} and name & {"name", "firstname", "forename", "given"}:
        return given
    if name & {"surname", "lastname"} or name >= {"last", "name"} or name >= {"family", "name"}:
        return family
    if name >= {"full", "name"} or name >= {"display", "name"} or "fullname" in name:
        return _templates(f"{{{desk.helper('given', given)}}} {{{desk.helper('family', family)}}}", high)
    return None


def _account(desk: Desk, column: ColumnFact, name: frozenset[str], high: int) -> Options | None:
    if name & {"email", "mail"} and not name & {"template", "subject"} and high >= BRIEF + 3 * DIGITS:
        return _templates(f"user{{{desk.number()}}}@example.com", high)
    if (name & {"username", "login", "nickname", "nick"} or name >= {"user", "name"}) and high >= BRIEF:
        return _templates(f"user{{{desk.number()}}}", high)
    if name & {"url", "uri", "href", "website", "link"} and high >= ROOMY:
        return _templates(f"https://example.com/{plain(column.name)}/{{{desk.number()}}}", high)
    return {"make": "inet"} if "ip" in name and high >= 15 else None


def _listed(desk: Desk, column: ColumnFact, name: frozenset[str], high: int) -> Options | None:
    fitting = ([value for value in values if len(value) <= high] for word, values in CHOICES.items() if word in name)
    return next(({"make": "choice", "values": values} for values in fitting if len(values) > 1), None)


def _coded(desk: Desk, column: ColumnFact, name: frozenset[str], high: int) -> Options | None:
    if high < LONGEST_CODE:
        return None
    return next(({"make": "pattern", "of": pattern} for word, pattern in PATTERNS.items() if word in name), None)


def _written(desk: Desk, column: ColumnFact, name: frozenset[str], high: int) -> Options | None:
    if (shape := desk.shape(column)) and shape.width > ROOMY:
        return _prose(max(1, round(shape.width / 6)), high)
    if name & TITLES and high >= BRIEF + DIGITS:
        return _prose(4, high, title=True)
    return _prose(20 if high > 200 else 4, high) if name & LONG and high >= BRIEF + DIGITS else None


NAMED = (_person, _account, _listed, _coded, _written)


def _words(desk: Desk, column: ColumnFact, low: int, high: int) -> Options:
    """A text that says which column it is, or letters where there is little room."""
    folded = desk.limit(column).folded
    if high >= ROOMY and low <= 1 and not folded:
        return _prose(3, high, title=True)
    letters = "[A-Z]" if folded == "upper" else "[a-z]"
    least = max(low, 1 if high else 0)
    most = max(least, min(high, least + 7))
    if column.type == "bpchar":
        least = most = max(high, 1) if high <= BRIEF else most
    return {"make": "pattern", "of": f"{letters}{{{least},{most}}}" if least < most else f"{letters}{{{least}}}"}


def _prose(words: int, high: int, *, title: bool = False) -> Options:
    spread = {"dist": "lognormal", "median": words, "sigma": 0.5, "min": 1}
    made = {"make": "prose", "words": spread}
    return {**made, **({"title": True} if title else {}), **({"max": high} if high < 10_000 else {})}


def _templates(template: str, high: int) -> Options:
    fixed = len(re.sub(r"\{[^}]*\}", "", template))
    if fixed + DIGITS > high:
        slots = re.findall(r"\{[^}]*\}", template)
        template = slots[0] if slots else template[:high]
    return {"make": "text", "templates": [template]}


def _label(column: ColumnFact, room: int) -> str:
    return plain(column.name).replace("_", "-")[: max(room, 1)].strip("-") or "n"
