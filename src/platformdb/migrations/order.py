"""In which order repeatable files are applied: pure.

The order they were given in (functions, views, triggers, each by name) holds wherever nothing speaks against it. Two
things do: what a file says that it ``requires``, which binds, and what its SQL refers to, which was read from it and
only guides.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from platformdb.errors import Place
from platformdb.migrations.model import Kind, Migration, MigrationFile, is_version, version_key
from platformdb.report.model import Finding

# For each file, by its number in the given order, the numbers of those that come before it.
Before = dict[int, set[int]]

# "function s.f", "relation "S"."T"": the kind, the schema where there is one, the name.
_NAME = re.compile(r'(?P<kind>\w+) (?:(?P<schema>.+)\.)?(?P<name>"(?:[^"]|"")*"|[^."]+)')


def ordered(
    pending: Sequence[Migration], known: Iterable[MigrationFile] = ()
) -> tuple[tuple[Migration, ...], tuple[Finding, ...]]:
    """Repeatable files in the order to run them, and what is wrong with what they require.

    ``known`` are the platform's files, versioned ones too: what a file requires may have been applied long ago, and
    versions come before any repeatable file. A requirement is a path or the end of one, with or without ``.sql``, or a
    version. Files that require each other in a circle are a finding each circle; files that only refer to each other
    in a circle keep the order they were given in.
    """
    required, findings = _required(pending, known)
    inferred = _inferred(pending)
    while True:
        try:
            order = tuple(pending[number] for number in _sorted(required, inferred))
        except CycleError as error:
            circle: list[int] = error.args[1]
            if not _drop(circle, inferred):
                findings.append(_circle(circle, pending))
                _drop(circle, required)
        else:
            return order, tuple(findings)


def _sorted(required: Before, inferred: Before) -> Iterator[int]:
    """Of all orders that respect the edges, the one closest to the numbers.

    Raises:
        CycleError: there is none; its second argument is a circle, each the predecessor of the next.
    """
    sorter = TopologicalSorter({number: required[number] | inferred[number] for number in required})
    sorter.prepare()
    ready: list[int] = []
    while sorter.is_active():
        for number in sorter.get_ready():
            heapq.heappush(ready, number)
        number = heapq.heappop(ready)
        sorter.done(number)
        yield number


def _drop(circle: Sequence[int], edges: Before) -> bool:
    """Takes these edges out of a circle; whether there were any."""
    found = [(before, after) for before, after in pairwise(circle) if before in edges[after]]
    for before, after in found:
        edges[after].discard(before)
    return bool(found)


def _circle(circle: Sequence[int], pending: Sequence[Migration]) -> Finding:
    chain = [pending[number].file.shown for number in reversed(circle)]
    first, second = pending[circle[-1]], pending[circle[-2]]
    return Finding(
        "requires-circle",
        f"files require each other in a circle: {' requires '.join(chain)}",
        first.file.shown,
        place=next((place for name, place in first.needs.files if _is_called(second.file, name)), None),
        help="take one requires= out of the circle, or put what they share in a file of its own",
    )


def _required(pending: Sequence[Migration], known: Iterable[MigrationFile]) -> tuple[Before, list[Finding]]:
    """The edges that files ask for themselves."""
    numbers = {migration.file.shown: number for number, migration in enumerate(pending)}
    others = {file.shown: file for file in known if file.kind is not Kind.UNDO}
    files = tuple({**others, **{migration.file.shown: migration.file for migration in pending}}.values())
    edges: Before = {number: set() for number in range(len(pending))}
    findings = []
    for number, migration in enumerate(pending):
        for name, place in migration.needs.files:
            found = _find(name, migration.file, files)
            if len(found) != 1:
                findings.append(_problem(name, place, migration.file, found, files))
            elif found[0].shown in numbers:
                edges[number].add(numbers[found[0].shown])
    return edges, findings


def _find(name: str, asking: MigrationFile, files: Sequence[MigrationFile]) -> tuple[MigrationFile, ...]:
    """The files called so; the one that asks only if it can mean no other."""
    found = tuple(file for file in files if _is_called(file, name))
    return tuple(file for file in found if file.shown != asking.shown) or found


def _is_called(file: MigrationFile, name: str) -> bool:
    if is_version(name):
        return file.kind is Kind.VERSIONED and version_key(file.version) == version_key(name)
    return f"/{file.shown}".removesuffix(".sql").endswith(f"/{name}".removesuffix(".sql"))


def _problem(
    name: str, place: Place, asking: MigrationFile, found: Sequence[MigrationFile], files: Sequence[MigrationFile]
) -> Finding:
    """A requirement that no file meets, or several do."""
    if found:
        message = f"{asking.shown} requires {name}, and several files are called so"
        advice = "write the path of the one that is meant: " + ", ".join(file.shown for file in found)
        return Finding("requires-unclear", message, asking.shown, place=place, help=advice)
    by_stem = {_stem(file.shown): file.shown for file in files}
    close = get_close_matches(_stem(name), by_stem, n=1)
    advice = f"did you mean {by_stem[close[0]]}?" if close else "write a file's path, its name, or a version"
    message = f"{asking.shown} requires {name}, and there is no such file"
    return Finding("requires-unknown", message, asking.shown, place=place, help=advice)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".sql")


def _inferred(pending: Sequence[Migration]) -> Before:
    """The edges that follow from what the files make and refer to; a name without schema fits any schema."""
    makers: dict[tuple[str, str], list[tuple[str | None, int]]] = defaultdict(list)
    for number, migration in enumerate(pending):
        for kind, schema, name in _split(migration.names.defined):
            makers[kind, name].append((schema, number))
    edges: Before = {number: set() for number in range(len(pending))}
    for number, migration in enumerate(pending):
        for kind, schema, name in _split(migration.names.referenced):
            for other, maker in makers[kind, name]:
                if maker != number and (not schema or not other or schema == other):
                    edges[number].add(maker)
    return edges


def _split(names: Iterable[str]) -> Iterator[tuple[str, str | None, str]]:
    for match in filter(None, map(_NAME.fullmatch, names)):
        yield match["kind"], match["schema"], match["name"]
