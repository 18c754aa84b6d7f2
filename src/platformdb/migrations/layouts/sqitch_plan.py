"""A Sqitch plan: its changes in order, and the ids that Sqitch knows them by. Pure.

Source: Sqitch's manual, "sqitchchanges", and App::Sqitch::Plan, Plan::Change and Plan::Depend of version 1.3.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from platformdb.errors import Place, Refused
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source

NAME = r"[^\s:@#\\!%+\[\]-][^\s:@#\\\[\]]*"
PRAGMA = re.compile(r"[ \t]*%[ \t]*(?P<name>[^\s=]+)(?:[ \t]*=[ \t]*(?P<value>.+))?")
NOTE = re.compile(r"[ \t]*(?:#[ \t]*(?P<note>.*))?$")
ENTRY = re.compile(
    rf"[ \t]*(?P<sign>@|[+][ \t]*)?(?P<name>{NAME})(?:[ \t]+\[(?P<depends>[^\]]+)\])?"
    r"[ \t]+(?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)[ \t]+(?P<planner>[^<]+)[ \t]+<(?P<email>[^>]+)>[ \t]*"
)
DEPENDENCY = re.compile(
    rf"(?P<conflicts>!?)(?:(?P<project>{NAME}):)?"
    rf"(?P<key>[0-9a-f]{{40}}|{NAME}(?:@(?P<tag>{NAME}))?|@(?P<only>{NAME}))"
)
ESCAPED = re.compile(r"\\([\\nr])")
PORTS = {"http": 80, "https": 443}
SYMBOLIC = ("HEAD", "ROOT")
# A line, taken apart; its note; where it stands.
Entry = tuple[re.Match[str], str, Place]


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a change requires, or what it conflicts with: ``key`` is a change, ``change@tag``, ``@tag`` or an id."""

    key: str
    project: str
    conflicts: bool

    def shown(self, project: str) -> str:
        """As Sqitch writes it in a plan of ``project``."""
        return self.key if self.project in {"", project} else f"{self.project}:{self.key}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a plan; ``planner`` is name and address, ``date`` as the plan writes it.

    ``later`` are the tags between it and the change that reworks it, of which one is in the names of its files.
    """

    name: str
    place: Place
    date: str
    planner: str
    note: str
    depends: tuple[Dependency, ...] = ()
    tags: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SqitchPlan:
    """A project's changes in the order in which Sqitch deploys them."""

    project: str
    uri: str
    changes: tuple[Change, ...]


def read_plan(source: Source) -> SqitchPlan:
    """The plan of a text.

    Raises:
        Refused: a line is none of a plan, with its place; or the project has no name.
    """
    pragmas: dict[str, str] = {}
    entries: list[Entry] = []
    for number, text in enumerate(source.text.splitlines(), 1):
        line, note = _without_note(text)
        if pragma := None if entries else PRAGMA.fullmatch(line):
            pragmas[pragma["name"]] = (pragma["value"] or "").strip()
        elif line.strip():
            entries.append(_entry(line, note, Place(source.name, number, 1, text)))
    if not pragmas.get("project"):
        help_text = "its first lines are %syntax-version=1.0.0 and %project=NAME"
        raise Refused(f"{source.name} does not name its project", place=Place(source.name), help=help_text)
    return SqitchPlan(pragmas["project"], pragmas.get("uri", ""), _changes(entries))


def _without_note(text: str) -> tuple[str, str]:
    found = NOTE.search(text)
    assert found is not None  # noqa: S101 - it matches the empty end of any line
    note = (found["note"] or "").strip()
    return text[: found.start()], ESCAPED.sub(lambda match: {"n": "\n", "r": "\r"}.get(match[1], match[1]), note)


def _entry(line: str, note: str, place: Place) -> Entry:
    match = ENTRY.fullmatch(line)
    if match is None:
        what = f"this line of the plan is neither a change nor a tag: {line.strip()}"
        help_text = "a change is: name [requires !conflicts] 2026-11-21T09:30:00Z Planner Name <address> # note"
        raise Refused(what, place=place, help=help_text)
    return match, note, place


def _changes(entries: Iterable[Entry]) -> tuple[Change, ...]:
    """The changes with their tags; one that is reworked gets the tags since it.

    Raises:
        Refused: a tag before all changes, or a change twice without a tag between.
    """
    changes: list[Change] = []
    last: dict[str, int] = {}
    tagged = -1
    for entry, note, place in entries:
        name, before = entry["name"], last.get(entry["name"], -1)
        if entry["sign"] == "@":
            if not changes:
                raise Refused(f"the tag @{name} stands before any change", place=place, help="move it below a change")
            changes[-1] = replace(changes[-1], tags=(*changes[-1].tags, name))
            tagged = len(changes) - 1
            continue
        if before > tagged:
            message = f"the change {name} is there twice, with no tag between"
            raise Refused(message, place=place, help="put a tag between them, as sqitch rework asks for")
        if before >= 0:
            between = tuple(tag for change in reversed(changes[before + 1 :]) for tag in change.tags)
            changes[before] = replace(changes[before], later=(*between, *changes[before].tags))
        last[name] = len(changes)
        planner = f"{entry['planner']} <{entry['email']}>"
        changes.append(Change(name, place, entry["date"], planner, note, _depends(entry["depends"] or "", place)))
    return tuple(changes)


def _depends(text: str, place: Place) -> tuple[Dependency, ...]:
    found = [DEPENDENCY.fullmatch(each) for each in text.split()]
    if not all(found):
        wrong = next(each for each, match in zip(text.split(), found, strict=True) if not match)
        help_text = "write the name of a change, change@tag or @tag; a conflict has ! in front"
        raise Refused(f"'{wrong}' is nothing that a change can depend on", place=place, help=help_text)
    return tuple(Dependency(m["key"], m["project"] or "", bool(m["conflicts"])) for m in found if m)


def change_ids(plan: SqitchPlan) -> tuple[str, ...]:
    """The ids of the changes, as ``sqitch.changes.change_id`` has them: SHA-1, each over the one before it, too."""
    ids: list[str] = []
    for change in plan.changes:
        content = _described(plan, change, ids[-1] if ids else "").encode()
        ids.append(hashlib.sha1(b"change %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest())
    return tuple(ids)


def _described(plan: SqitchPlan, change: Change, parent: str) -> str:
    shown = [(each.conflicts, each.shown(plan.project)) for each in change.depends]
    requires = [f"  + {key}" for conflicts, key in shown if not conflicts]
    conflicts = [f"  - {key}" for conflicts, key in shown if conflicts]
    lines = [
        f"project {plan.project}",
        *([f"uri {_canonical(plan.uri)}"] if plan.uri else []),
        f"change {change.name}",
        *([f"parent {parent}"] if parent else []),
        f"planner {change.planner}",
        f"date {change.date}",
        *(["requires", *requires] if requires else []),
        *(["conflicts", *conflicts] if conflicts else []),
        *(["", change.note] if change.note else []),
    ]
    return "\n".join(lines)


def _canonical(uri: str) -> str:
    """As Perl's URI writes it: scheme and host in lower case, no default port, a path."""
    parts = urlsplit(uri)
    if parts.scheme not in PORTS:
        return uri
    host = parts.netloc.lower().removesuffix(f":{PORTS[parts.scheme]}")
    return parts._replace(netloc=host, path=parts.path or "/").geturl()


def dependency_problems(plan: SqitchPlan) -> Iterator[Finding]:
    """What a change requires and what does not come before it, and conflicts with what does."""
    names: dict[str, int] = {}
    tags: dict[str, int] = {}
    for number, change in enumerate(plan.changes):
        for each in change.depends:
            there = _comes_before(each.key, names, tags)
            if each.project not in {"", plan.project}:
                message = f"the change {change.name} depends on {each.shown(plan.project)}, of another project"
                yield _problem(change, message, "platformdb does not look at other projects: deploy that one first")
            elif not each.conflicts and not there:
                message = f"the change {change.name} requires {each.key}, which does not come before it"
                yield _problem(change, message, "correct the plan: sqitch refuses it, too")
            elif each.conflicts and there:
                message = f"the change {change.name} conflicts with {each.key}, which comes before it"
                yield _problem(change, message, "take one of the two out of the plan: sqitch refuses it, too")
        names.setdefault(change.name, number)
        tags |= dict.fromkeys(change.tags, number)


def _comes_before(key: str, names: Mapping[str, int], tags: Mapping[str, int]) -> bool:
    """Whether a change, a tag or a change at a tag is among those so far; an id cannot be looked up here."""
    name, _, tag = key.partition("@")
    if re.fullmatch(r"[0-9a-f]{40}", key):
        return True
    if not tag or tag in SYMBOLIC:
        return name in names
    return tag in tags and (not name or names.get(name, len(names)) <= tags[tag])


def _problem(change: Change, message: str, help_text: str) -> Finding:
    return Finding("sqitch-depends", message, change.name, place=change.place, help=help_text)


def script_names(change: Change, extension: str) -> Sequence[str]:
    """What its files may be called below deploy/ and revert/; where none is there it is the first."""
    return tuple(f"{change.name}@{tag}.{extension}" for tag in change.later) or (f"{change.name}.{extension}",)
