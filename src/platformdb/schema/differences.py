"""What two schemas do not have in common, in words: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from platformdb.schema.snapshot import Fact, Snapshot, Thing

GONE, LEFT = "is gone", "is left behind"
ORDER = "order of "
ORDER_OF_COLUMNS = f"{ORDER}columns"
HIDDEN = "secret options"
# Longer texts are not quoted whole: the first line that differs tells more.
QUOTED = 72


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not the same of one object: ``words`` is a sentence, ``fact`` is "" where it is the object itself."""

    identity: str
    fact: str
    words: str

    def __str__(self) -> str:
        return self.words


def differences(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """What is in one schema and not in the other, or not the same, by object; empty exactly if they are equal.

    ``after`` should be as ``before`` was: what it has too much "is left behind". What came or went with something else
    (a table's columns, a column's index) is not said again.
    """
    found: list[Difference] = []
    for identity in sorted({*before.things, *after.things}):
        old, new = before.things.get(identity), after.things.get(identity)
        if old and new:
            found += _changes(old, new)
        elif not _goes_with_another(identity, before.things, after.things):
            found.append(Difference(identity, "", f"{identity} {GONE if old else LEFT}"))
    return tuple(found)


def _goes_with_another(identity: str, before: Mapping[str, Thing], after: Mapping[str, Thing]) -> bool:
    """Whether it is on one side only because what it stands within is."""
    here, there = (before, after) if identity in before else (after, before)
    within = here[identity].within
    if within in here and within not in there:
        return True
    # Since PostgreSQL 18 NOT NULL is a constraint; its column says the same.
    one, other = here.get(within), there.get(within)
    is_not_null = str(here[identity].facts.get("definition", "")).startswith("NOT NULL")
    return bool(is_not_null and one and other and one.facts.get("nullable") != other.facts.get("nullable"))


def _changes(old: Thing, new: Thing) -> Iterator[Difference]:
    for fact in sorted({*old.facts, *new.facts}):
        one, other = old.facts.get(fact), new.facts.get(fact)
        if one != other:
            yield from (Difference(old.identity, fact, words) for words in _words(old.identity, fact, one, other))


def _words(identity: str, fact: str, old: Fact | None, new: Fact | None) -> Iterator[str]:
    if isinstance(old, tuple) or isinstance(new, tuple):
        yield from _of_lists(identity, fact, _as_list(old), _as_list(new))
    elif isinstance(old, bool) or isinstance(new, bool):
        yield f"{identity} was {'' if old else 'not '}{fact} and is{' not' if old else ''}"
    else:
        yield _of_texts(identity, fact, old, new)


def _as_list(fact: Fact | None) -> Sequence[str]:
    return fact if isinstance(fact, tuple) else ()


def _of_texts(identity: str, fact: str, old: Fact | None, new: Fact | None) -> str:
    if old is None or new is None:
        return f"{fact} {_quoted(str(old if new is None else new))} of {identity} {GONE if new is None else LEFT}"
    if max(len(str(old)), len(str(new))) <= QUOTED and "\n" not in f"{old}{new}":
        return f"{fact} of {identity} was {_quoted(str(old))} and is {_quoted(str(new))}"
    return f"{fact} of {identity} differs{_first_other_line(str(old), str(new))}"


def _first_other_line(old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    for number in range(max(len(before), len(after))):
        one, other = before[number : number + 1], after[number : number + 1]
        if one and other and one != other and one[0].split() == other[0].split():
            return f", first in the white space of line {number + 1}"
        if one != other:
            was, now = _apart(one[0].strip() if one else "missing", other[0].strip() if other else "missing")
            return f", first in line {number + 1}: it was {was} and is {now}"
    return ""


def _apart(one: str, other: str) -> tuple[str, str]:
    """Both in short, so that one sees what is not the same of them."""
    was, now = _quoted(one), _quoted(other)
    if was != now:
        return was, now
    pairs = enumerate(zip(one, other, strict=False))
    same = next((number for number, (each, its) in pairs if each != its), min(len(one), len(other)))
    before = one.rfind(" ", 0, max(one.rfind(" ", 0, same), 0)) + 1  # the word, and the one before it
    start = max(before, same - QUOTED // 2)
    return f"…{_quoted(one[start:])}", f"…{_quoted(other[start:])}"


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1]}…"


def _of_lists(identity: str, fact: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if fact == HIDDEN:
        yield from _of_secrets(identity, _by_key(old), _by_key(new))
        return
    if fact != ORDER_OF_COLUMNS:  # a column that came or went says so itself
        yield from (f"{_member(identity, fact, each)} {GONE}" for each in old if each not in new)
        yield from (f"{_member(identity, fact, each)} {LEFT}" for each in new if each not in old)
    common, now = [each for each in old if each in new], [each for each in new if each in old]
    if common != now:
        yield f"{fact.removeprefix(ORDER)} of {identity} are in another order: {', '.join(now)}"


def _member(identity: str, fact: str, member: str) -> str:
    if fact in {"grants", "revoked"}:
        privilege, _, grantee = member.partition(" to ")
        grant = f"grant {privilege} on {identity} to {grantee}"
        return grant if fact == "grants" else f"the revocation of {grant}"
    return f"{fact.removeprefix(ORDER).removesuffix('s')} {member} of {identity}"


def _of_secrets(identity: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Options of foreign servers may hold passwords: their names only."""
    for key in sorted({*old, *new}):
        if key not in new or key not in old:
            yield f"option {key} of {identity} {GONE if key in old else LEFT}"
        elif old[key] != new[key]:
            yield f"option {key} of {identity} has another value"


def _by_key(options: Sequence[str]) -> Mapping[str, str]:
    return dict(option.split("=", 1) for option in options)
