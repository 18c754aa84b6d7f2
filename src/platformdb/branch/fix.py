"""New numbers for a branch's new files, above the newest of its base: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from platformdb.branch.model import Comparison, Mention, Move, Renumbered, Requirement
from platformdb.errors import Place
from platformdb.migrations.model import Kind, MigrationFile, is_version, version_key
from platformdb.report.model import Finding

# How time stamps are written, by their number of digits, and how far it is to the next.
CALENDARS: Mapping[int, tuple[str, timedelta]] = {
    14: ("%Y%m%d%H%M%S", timedelta(seconds=1)),
    12: ("%Y%m%d%H%M", timedelta(minutes=1)),
    8: ("%Y%m%d", timedelta(days=1)),
}
YEARS = range(1990, 2100)
# Layouts in which not a file's name says when it runs, and what to do there.
BY_HAND: Mapping[str, str] = {
    "drizzle": "meta/_journal.json says the order: remove the new migration, its snapshot and its entry there, take "
    "the base in, and run: drizzle-kit generate",
    "alembic": "each revision names the one before it: let the first new one follow the newest of the base",
    "sqitch": "sqitch.plan says the order: take the base in, and move the new lines below those of the base",
    "graphile-migrate": "each file names the one before it by its hash: run graphile-migrate uncommit, take the base "
    "in, and run: graphile-migrate commit",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A version as the layout has it, and as it is ``written`` in a name: the same digits."""

    version: str
    written: str

    @property
    def key(self) -> tuple[int, ...]:
        """What versions are compared by."""
        return version_key(self.version)

    def following(self) -> Number:
        """The next one: of a time stamp the next second, minute or day; else one more in the last group."""
        digits = _digits(self.written)
        form, step = CALENDARS.get(len(digits), ("", timedelta()))
        moment = _moment(digits, form)
        if moment is not None:
            later = (moment + step).strftime(form)
        else:
            last = re.findall(r"\d+", self.written)[-1]
            later = digits.removesuffix(last) + str(int(last) + 1).zfill(len(last))
        return Number(_with_digits(self.version, later), _with_digits(self.written, later))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _moment(digits: str, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(digits, form)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def _with_digits(shape: str, digits: str) -> str:
    """The shape with other digits in its groups; those that are too many go into the last."""
    parts = re.split(r"(\d+)", shape)
    *groups, last = range(1, len(parts), 2)
    for index in groups:
        parts[index], digits = digits[: len(parts[index])], digits[len(parts[index]) :]
    parts[last] = digits
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a version stands in a path: in the name of the file or of a folder, between two texts."""

    number: Number
    before: str
    after: str
    below: str

    @property
    def named(self) -> str:
        """The file or folder that has it in its name."""
        return f"{self.before}{self.number.written}{self.after}"


def find_number(file: MigrationFile) -> Written | None:
    """Where a file's path says its version, the nearest to its end; None where nothing does."""
    pattern = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<number>{})(?!\d)".format("[._-]?".join(_digits(file.version))))
    parts = file.shown.split("/")
    for index in reversed(range(len(parts))):
        if match := pattern.match(parts[index]):
            above = "".join(f"{part}/" for part in parts[:index])
            below = "".join(f"/{part}" for part in parts[index + 1 :])
            number = Number(file.version, match["number"])
            return Written(number, above + match["prefix"], parts[index][match.end() :], below)
    return None


def plan_fix(found: Comparison, layout: str) -> tuple[tuple[Renumbered, ...], tuple[Finding, ...]]:
    """Which of the new files get which name, so that all come after the base's, in the order that they have now.

    A file that comes late enough keeps its number. The others are numbered as the base's newest file is: as wide, or
    with a time stamp. They come last first, for that makes room for the one before it, and whoever is stopped on the
    way and does it again ends with the same names. What cannot be is said in findings, and then nothing is to be done.
    """
    numbers = tuple(_numbers(found))
    if numbers and layout in BY_HAND:
        return (), tuple(_refused(file, BY_HAND[layout]) for file, _ in numbers)
    plan: list[Renumbered] = []
    findings: list[Finding] = []
    for file, number in reversed(numbers):
        moves = dict.fromkeys(_move(member, number, found) for member in _members(file, found))
        findings += [each for each in moves if isinstance(each, Finding)]
        if number is not None:
            plan.append(Renumbered(file, number.version, tuple(each for each in moves if isinstance(each, Move))))
    return (() if findings else tuple(plan)), tuple(findings)


def _numbers(found: Comparison) -> Iterator[tuple[MigrationFile, Number | None]]:
    """The files that need another number, and which; None where the directory does not say how one is written."""
    newest = max(found.there, key=lambda file: version_key(file.version), default=None)
    last = version_key(newest.version) if newest else ()
    style = find_number(newest) if newest else None
    number = style.number if style else None
    for file in found.arrivals:
        if version_key(file.version) > last:
            own = find_number(file)
            number, last = own.number if own else number, version_key(file.version)
        else:
            number = number.following() if number else None
            last = number.key if number else last
            yield file, number


def _members(file: MigrationFile, found: Comparison) -> Iterator[MigrationFile]:
    """The new file that takes it back, and last the file itself: while it is misplaced, all of it is done again."""
    key = version_key(file.version)
    alone = sum(version_key(each.version) == key for each in found.arrivals) == 1
    undo = (each for each in found.new if each.kind is Kind.UNDO and version_key(each.version) == key)
    yield from (each for each in undo if alone or each.name == file.name)
    yield file


def _move(file: MigrationFile, number: Number | None, found: Comparison) -> Move | Finding:
    old = find_number(file)
    if number is None or old is None:
        return _refused(file, "no name says its number here: renumber it by hand")
    if file.language:
        return _refused(file, f"a step in {file.language} may say its number inside, too: renumber it by hand")
    if old.below and any(each.shown.startswith(f"{old.named}/") for each in found.there):
        return _refused(file, f"files of {found.base} lie in its folder, too: renumber it by hand")
    return Move(old.named, f"{old.before}{number.written}{old.after}")


def _refused(file: MigrationFile, help_text: str) -> Finding:
    message = f"{file.shown} needs another number, and check --fix cannot give it one"
    return Finding("branch-not-fixed", message, file.shown, place=Place(file.shown, 1, 1), help=help_text)


def with_mentions(plan: tuple[Renumbered, ...], requirements: Iterable[Requirement]) -> tuple[Renumbered, ...]:
    """The same, and what refers to the files, by version or by name, refers to them afterwards, too."""
    found: dict[MigrationFile, list[Mention]] = {each.file: [] for each in plan}
    for requirement in requirements:
        for each in reversed(plan):
            if (new := _renamed(requirement.name, each)) is not None:
                found[each.file].append(Mention(requirement, new))
                break
    return tuple(replace(each, mentions=tuple(found[each.file])) for each in plan)


def _renamed(name: str, renumbered: Renumbered) -> str | None:
    """What the file that a requirement names is called afterwards; None where it names another."""
    if is_version(name):
        return renumbered.version if version_key(name) == version_key(renumbered.file.version) else None
    folder, slash, last = name.rpartition("/")
    suffix = ".sql" if last.endswith(".sql") else ""
    stems = {_stem(move.old): _stem(move.new) for move in renumbered.moves}
    new = stems.get(last.removesuffix(".sql"))
    return None if new is None else f"{folder}{slash}{new}{suffix}"


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".sql")
