"""Indexes of partitioned tables, which PostgreSQL cannot build concurrently as a whole: pure.

The parent's index is made ON ONLY it, and is invalid; each partition's is built concurrently and attached; with the
last one the parent's becomes valid. The name of a partition's index holds a digest of the definition, so that a run
that was stopped anywhere is gone on with by what is there.

Source: PostgreSQL's documentation of CREATE INDEX and of partitioning, "Partition Maintenance".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from platformdb.errors import Place
from platformdb.indexes.model import Branch, BuiltIndex, IndexDefinition, State
from platformdb.report.history import Record
from platformdb.report.model import Probe, Statement, Step
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.source import digest

MAX_NAME_BYTES = 63
DIGITS = 8
# Each of these steps locks a table for a moment; while it waits for that, everybody else would queue behind it.
PATIENCE = "500ms"

# How an index is found: by its schema and name.
Key = tuple[str, str]


def grow(rows: Iterable[tuple[str, str, bool, int, bool, str | None, str | None]]) -> Mapping[Key, Branch]:
    """The partitioned tables, whole, by schema and name; the visible ones by the name alone, too."""
    known = list(rows)
    below: dict[object, list[Branch]] = {}
    trees: dict[Key, Branch] = {}
    for schema, name, partitioned, size, visible, *parent in reversed(known):
        branch = Branch(schema, name, partitioned, size, tuple(reversed(below.get((schema, name), ()))))
        below.setdefault(tuple(parent), []).append(branch)
        if parent == [None, None]:
            trees[schema, name] = branch
            trees |= {("", name): branch} if visible else {}
    return trees


@dataclass(frozen=True, slots=True)
class Growth:
    """One definition on one partitioned table, to be built under ``name``: what there should be, and what is."""

    definition: IndexDefinition
    name: str
    tree: Branch
    built: Mapping[Key, BuiltIndex]

    @property
    def key(self) -> Key:
        """The index of the partitioned table itself."""
        return self.tree.schema, self.name

    def key_on(self, part: Branch) -> Key:
        """The index that a partition gets."""
        return part.schema, part_name(self.definition, part)

    def attached(self, part: Branch, above: Key) -> Key | None:
        """The index that a partition has in the one above, under whatever name: the server may have made it."""
        place = part.schema, part.name
        found = (key for key, i in self.built.items() if i.parent == above and (i.schema, i.table) == place)
        return next(found, None)

    def without(self, dropped: Key) -> Growth:
        """The same when an index and its parts are gone."""
        parts = [key for key, index in self.built.items() if index.parent == dropped]
        left = replace(self, built={key: index for key, index in self.built.items() if key != dropped})
        for part in parts:
            left = left.without(part)
        return left


def part_name(definition: IndexDefinition, branch: Branch) -> str:
    """What a partition's index is called: no other definition's has that name, on no other partition."""
    return _stem(definition, branch) + digest(f"{definition.checksum} {branch.schema} {branch.name}")[:DIGITS]


def _stem(definition: IndexDefinition, branch: Branch) -> str:
    whole = f"{branch.name}_{definition.name}".encode()
    return whole[: MAX_NAME_BYTES - DIGITS - 1].decode(errors="ignore") + "_"


def plan_growth(growth: Growth, state: State, reason: str, record: Record) -> tuple[Step, ...]:
    """Builds the index under its name, or beside the old one which it then replaces; the last step has the record."""
    steps = [*swept(growth), *_grown(growth, reason)]
    if state is State.CHANGED:
        return (*steps, _swap(growth, record))
    return (*steps[:-1], replace(steps[-1], record=record)) if steps else ()


def _grown(growth: Growth, reason: str) -> Iterator[Step]:
    definition, tree = growth.definition, growth.tree
    begun = growth.built.get(growth.key)
    if begun is None and not any(leaf.bytes for leaf in tree.leaves):
        # No rows, no waiting: the server makes all of it at once.
        yield _step(definition, growth.name, reason, _create(growth, tree, growth.name))
        return
    if begun is not None and not _usable(growth, begun):
        yield drop_whole(definition, growth.key, "an interrupted build left it behind")
        growth = growth.without(growth.key)
    yield from _framed(growth, reason)
    yield from _parts(growth, tree, growth.key)


def _usable(growth: Growth, begun: BuiltIndex) -> bool:
    """A partition's index by its right name shows that the parent's is of this definition: others would not attach."""
    ours = any(growth.attached(part, growth.key) == growth.key_on(part) for part in growth.tree.parts)
    return ours and (begun.valid or any(_parts(growth, growth.tree, growth.key)))


def _framed(growth: Growth, reason: str) -> Iterator[Step]:
    """The indexes of all partitioned tables in one transaction: the server refuses at once what can never be."""
    wanted = ((growth.key, growth.tree), *_inner(growth, growth.tree, growth.key))
    statements = tuple(_create(growth, branch, key[1], only=True) for key, branch in wanted if key not in growth.built)
    if statements:
        yield _step(growth.definition, growth.name, reason, *statements)


def _inner(growth: Growth, tree: Branch, above: Key) -> Iterator[tuple[Key, Branch]]:
    """Partitions that are partitioned themselves, and the index that each has or gets."""
    for part in tree.parts:
        if part.partitioned:
            key = growth.attached(part, above) or growth.key_on(part)
            yield key, part
            yield from _inner(growth, part, key)


def _parts(growth: Growth, tree: Branch, above: Key) -> Iterator[Step]:
    """From the leaves up: where an inner index became valid within an outer one, its whole table would be locked."""
    for part in tree.parts:
        there = growth.attached(part, above)
        key = there or growth.key_on(part)
        if part.partitioned:
            yield from _parts(growth, part, key)
        elif there is None:
            yield from _built(growth, part, key)
        if there is None:
            attach = Statement(f"ALTER INDEX {_written(above)} ATTACH PARTITION {_written(key)}")
            yield _step(growth.definition, key[1], f"becomes a part of {above[1]}", attach)


def _built(growth: Growth, leaf: Branch, key: Key) -> Iterator[Step]:
    there = growth.built.get(key)
    if there is not None and there.valid:
        return
    # What is invalid is dropped on the way, as the probe finds it.
    probe = Probe("index_built", quote_identifier(key[1]), _table(leaf))
    statement = replace(_create(growth, leaf, key[1], concurrently=True), probe=probe)
    why = f"{growth.name} on {leaf.name}"
    yield Step("index", key[1], why, (statement,), transactional=False, source=_source(growth.definition))


def drop_whole(definition: IndexDefinition, key: Key, reason: str) -> Step:
    """Drops the index of a partitioned table, which PostgreSQL cannot do concurrently."""
    return _step(definition, key[1], reason, Statement(f"DROP INDEX {_written(key)}"))


def swept(growth: Growth) -> tuple[Step, ...]:
    """Drops what builds of other definitions left on the partitions: it serves nobody, and slows writes."""
    return tuple(_swept(growth))


def _swept(growth: Growth) -> Iterator[Step]:
    for part in _all_parts(growth.tree):
        named = re.compile(re.escape(_stem(growth.definition, part)) + f"[0-9a-f]{{{DIGITS}}}")
        for key, index in growth.built.items():
            ours = (index.schema, index.table) == (part.schema, part.name) and named.fullmatch(index.name)
            if not ours or index.parent_name is not None or key == growth.key_on(part):
                continue
            if part.partitioned:
                yield drop_whole(growth.definition, key, "an interrupted build left it behind")
            else:
                yield _dropped(key)


def _dropped(key: Key) -> Step:
    drop = Statement(f"DROP INDEX CONCURRENTLY {_written(key)}")
    return Step("index", key[1], "an interrupted build left it behind", (drop,), transactional=False)


def _all_parts(tree: Branch) -> Iterator[Branch]:
    for part in tree.parts:
        yield part
        yield from _all_parts(part)


def _swap(growth: Growth, record: Record) -> Step:
    old = growth.tree.schema, growth.definition.name
    rename = f"ALTER INDEX {_written(growth.key)} RENAME TO {quote_identifier(growth.definition.name)}"
    statements = (Statement(f"DROP INDEX {_written(old)}"), Statement(rename))
    swap = _step(growth.definition, growth.definition.name, "the replacement takes the name", *statements)
    return replace(swap, record=record)


def _create(growth: Growth, branch: Branch, name: str, *, only: bool = False, concurrently: bool = False) -> Statement:
    definition = growth.definition
    how = "INDEX CONCURRENTLY" if concurrently else "INDEX"
    on = "ON ONLY" if only else "ON"
    made = f"{definition.before_name}{how} {quote_identifier(name)}"
    return Statement(f"{made} {on} {_table(branch)}{definition.after_table}")


def _step(definition: IndexDefinition, subject: str, reason: str, *statements: Statement) -> Step:
    return Step("index", subject, reason, statements, source=_source(definition), lock_timeout=PATIENCE)


def _source(definition: IndexDefinition) -> Place:
    """The line only: the text is made from the file's, so the server's columns are not the file's."""
    return Place(definition.place.name, definition.place.line)


def _table(branch: Branch) -> str:
    return _written((branch.schema, branch.name))


def _written(key: Key) -> str:
    return ".".join(map(quote_identifier, key))
