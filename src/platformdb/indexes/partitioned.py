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

    def key_on(self, branch: Branch) -> Key:
        """The index of a partition."""
        return (branch.schema, part_name(self.definition, branch)) if branch is not self.tree else self.key

    def attached(self, branch: Branch, parent: Branch) -> bool:
        """Whether a partition has its part of the index, under whatever name."""
        above = self.key_on(parent)
        place = (branch.schema, branch.name)
        return any(index.parent == above and (index.schema, index.table) == place for index in self.built.values())


def part_name(definition: IndexDefinition, branch: Branch) -> str:
    """What a partition's index is called: no other definition's has that name, on no other partition."""
    return _stem(definition, branch) + digest(f"{definition.checksum} {branch.schema} {branch.name}")[:DIGITS]


def _stem(definition: IndexDefinition, branch: Branch) -> str:
    whole = f"{branch.name}_{definition.name}".encode()
    return whole[: MAX_NAME_BYTES - DIGITS - 1].decode(errors="ignore") + "_"


def plan_growth(growth: Growth, state: State, reason: str, record: Record) -> tuple[Step, ...]:
    """Builds the index under its name, or beside the old one which it then replaces; the last step has the record."""
    steps = [*_swept(growth), *_grown(growth, reason)]
    if state is State.CHANGED:
        return (*steps, _swap(growth, record))
    return (*steps[:-1], replace(steps[-1], record=record)) if steps else ()


def _grown(growth: Growth, reason: str) -> Iterator[Step]:
    definition, tree = growth.definition, growth.tree
    begun = growth.built.get(growth.key)
    if begun is None and not any(leaf.bytes for leaf in tree.leaves):
        # No rows, no waiting: the server makes all of it at once.
        yield _step(definition, growth.name, reason, _create(growth, tree, growth.name, only=False))
        return
    if begun is not None and not _usable(growth, begun):
        yield drop_whole(definition, growth.key, "an interrupted build left it behind")
        kept = {key: index for key, index in growth.built.items() if key != growth.key and index.parent != growth.key}
        growth = replace(growth, built=kept)
    yield from _framed(growth, reason)
    for parent, leaf in _bare(growth):
        yield from _leaf(growth, parent, leaf)


def _bare(growth: Growth) -> Iterator[tuple[Branch, Branch]]:
    """The partitions with rows that have no part in the index yet."""
    return (
        (parent, leaf)
        for parent, leaf in _pairs(growth.tree)
        if not leaf.partitioned and not growth.attached(leaf, parent)
    )


def _usable(growth: Growth, begun: BuiltIndex) -> bool:
    """A partition's index by its right name shows that the parent's is of this definition: others would not attach."""
    known = {growth.key_on(part) for part in growth.tree.parts}
    ours = any(index.parent == growth.key and key in known for key, index in growth.built.items())
    return ours and (begun.valid or any(_bare(growth)))


def drop_whole(definition: IndexDefinition, key: Key, reason: str) -> Step:
    """Drops the index of a partitioned table, which PostgreSQL cannot do concurrently."""
    return _step(definition, key[1], reason, Statement(f"DROP INDEX {_written(key)}"))


def _framed(growth: Growth, reason: str) -> Iterator[Step]:
    """The indexes of all partitioned tables in one transaction: the server refuses at once what can never be."""
    made = () if growth.key in growth.built else (_create(growth, growth.tree, growth.name, only=True),)
    inner = (
        statement
        for parent, branch in _pairs(growth.tree)
        if branch.partitioned and not growth.attached(branch, parent)
        for statement in (
            _create(growth, branch, growth.key_on(branch)[1], only=True),
            _attach(growth, parent, branch),
        )
    )
    if statements := (*made, *inner):
        yield _step(growth.definition, growth.name, reason, *statements)


def _leaf(growth: Growth, parent: Branch, leaf: Branch) -> Iterator[Step]:
    schema, name = growth.key_on(leaf)
    there = growth.built.get((schema, name))
    if there is None or not there.valid:  # what is invalid is dropped on the way
        probe = Probe("index_built", quote_identifier(name), _table(leaf))
        statement = replace(_create(growth, leaf, name, only=False, concurrently=True), probe=probe)
        why = f"{growth.name} on {leaf.name}"
        yield Step("index", name, why, (statement,), transactional=False, source=_source(growth.definition))
    yield _step(growth.definition, name, f"becomes a part of {growth.name}", _attach(growth, parent, leaf))


def _swept(growth: Growth) -> Iterator[Step]:
    """Drops what builds of other definitions left on the partitions: it serves nobody, and slows writes."""
    for leaf in growth.tree.leaves:
        named = re.compile(re.escape(_stem(growth.definition, leaf)) + f"[0-9a-f]{{{DIGITS}}}")
        for key, index in growth.built.items():
            ours = (index.schema, index.table) == (leaf.schema, leaf.name) and named.fullmatch(index.name)
            if ours and index.parent_name is None and key != growth.key_on(leaf):
                drop = Statement(f"DROP INDEX CONCURRENTLY {_written(key)}")
                yield Step("index", index.name, "an interrupted build left it behind", (drop,), transactional=False)


def _swap(growth: Growth, record: Record) -> Step:
    old = growth.tree.schema, growth.definition.name
    rename = f"ALTER INDEX {_written(growth.key)} RENAME TO {quote_identifier(growth.definition.name)}"
    statements = (Statement(f"DROP INDEX {_written(old)}"), Statement(rename))
    swap = _step(growth.definition, growth.definition.name, "the replacement takes the name", *statements)
    return replace(swap, record=record)


def _pairs(tree: Branch) -> Iterator[tuple[Branch, Branch]]:
    """Every part with what it is a part of, from the root down."""
    for part in tree.parts:
        yield tree, part
        yield from _pairs(part)


def _create(growth: Growth, branch: Branch, name: str, *, only: bool, concurrently: bool = False) -> Statement:
    definition = growth.definition
    how = "INDEX CONCURRENTLY" if concurrently else "INDEX"
    on = "ON ONLY" if only else "ON"
    made = f"{definition.before_name}{how} {quote_identifier(name)}"
    return Statement(f"{made} {on} {_table(branch)}{definition.after_table}")


def _attach(growth: Growth, parent: Branch, branch: Branch) -> Statement:
    return Statement(
        f"ALTER INDEX {_written(growth.key_on(parent))} ATTACH PARTITION {_written(growth.key_on(branch))}"
    )


def _step(definition: IndexDefinition, subject: str, reason: str, *statements: Statement) -> Step:
    return Step("index", subject, reason, statements, source=_source(definition), lock_timeout=PATIENCE)


def _source(definition: IndexDefinition) -> Place:
    """The line only: the text is made from the file's, so the server's columns are not the file's."""
    return Place(definition.place.name, definition.place.line)


def _table(branch: Branch) -> str:
    return _written((branch.schema, branch.name))


def _written(key: Key) -> str:
    return ".".join(map(quote_identifier, key))
