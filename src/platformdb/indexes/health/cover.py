"""Which index can do the work of which other, and of which foreign key: pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from platformdb.indexes.health.model import Facts, ForeignKey, Index
from platformdb.sqltext.quote import quote_identifier

# What pg_get_expr makes of WHERE a IS NOT NULL AND b IS NOT NULL.
_NOT_NULL = re.compile(r"\(*(?P<column>\"(?:[^\"]|\"\")+\"|\w+) IS NOT NULL\)*")


def covers(wide: Index, narrow: Index) -> bool:
    """Whether whatever the narrow index serves the wide one serves, too, so that the narrow one is not needed.

    A unique index and one that a constraint stands on keep a rule, and are needed, unless there is another unique one
    of the very same definition. A partial index is smaller than one over all rows and knows a condition, so only one
    that holds the condition's columns can take its place.
    """
    if wide.oid == narrow.oid or wide.table_oid != narrow.table_oid or wide.method != narrow.method:
        return False
    if narrow.serves_constraint or (narrow.unique and not (wide.unique and same(narrow, wide))):
        return False
    if wide.predicate and wide.predicate != narrow.predicate:
        return False
    if narrow.method != "btree":
        return same(narrow, wide)
    begin = wide.keys[: len(narrow.keys)]
    if begin not in (narrow.keys, tuple(key.reversed for key in narrow.keys)):
        return False
    held = {key.text for key in wide.keys} | set(wide.included)
    quoted = {quote_identifier(column) for column in narrow.columns} | narrow.columns
    wanted = set(narrow.included) if wide.predicate == narrow.predicate else quoted - _unwritten(held, narrow.columns)
    return wanted <= held


def _unwritten(held: Collection[str], columns: Collection[str]) -> set[str]:
    """Of each column the writing, bare or quoted, that the catalog does not use."""
    return {name if quote_identifier(name) in held else quote_identifier(name) for name in columns}


def same(one: Index, other: Index) -> bool:
    """Whether two indexes of a table are of one definition."""
    return (one.method, one.keys, sorted(one.included), one.predicate, one.unique) == (
        other.method,
        other.keys,
        sorted(other.included),
        other.predicate,
        other.unique,
    )


def unserved(facts: Facts, indexes: Sequence[Index]) -> tuple[ForeignKey, ...]:
    """The foreign keys that none of these indexes serves: of the table or, where it is partitioned, of each part."""
    parts: dict[int, list[int]] = {}
    for parent, part in facts.parts:
        parts.setdefault(parent, []).append(part)

    def served(key: ForeignKey, table: int, telling: Sequence[tuple[str, ...]]) -> bool:
        mine = [index for index in indexes if index.table_oid == table]
        if any(serves(index, columns, key.columns) for index in mine for columns in telling):
            return True
        below = parts.get(table, ())
        return bool(below) and all(served(key, part, telling) for part in below)

    return tuple(key for key in facts.foreign_keys if not served(key, key.table_oid, telling(key, facts.indexes)))


def without(indexes: Iterable[Index], dropped: Index) -> tuple[Index, ...]:
    """The indexes that are left when one is dropped, and its parts with it."""
    return tuple(index for index in indexes if dropped.oid not in (index.oid, index.parent))


def telling(key: ForeignKey, indexes: Iterable[Index]) -> tuple[tuple[str, ...], ...]:
    """The key's columns, and those of them alone that name a row of the parent: the others then say no more.

    A unique key of a partitioned table has to hold the columns that divide it; they are no part of the name.
    """
    child = dict(zip(key.referenced, key.columns, strict=True))
    uniques = (
        {plain(each.text) for each in index.keys} - set(key.divided_by)
        for index in indexes
        if index.table_oid == key.parent_oid and index.unique and index.valid and not index.predicate
    )
    names = (unique for unique in uniques if unique and unique < set(child))
    return (key.columns, *(tuple(child[name] for name in unique) for unique in names))


def columns_of(index: Index) -> frozenset[str]:
    """Every column of key, INCLUDE and predicate; for a constraint's index the catalog names only the constraint."""
    return index.columns | {plain(key.text) for key in index.keys} | {plain(name) for name in index.included}


def serves(index: Index, columns: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Whether a lookup of these columns, all by equality, can use the index; ``known`` are not NULL in it."""
    if index.method not in {"btree", "hash"}:
        return False
    begin = {plain(key.text) for key in index.keys[: len(columns)]}
    conditions = [_NOT_NULL.fullmatch(part) for part in index.predicate.split(" AND ")] if index.predicate else []
    harmless = all(found and plain(found["column"]) in known for found in conditions)
    return begin == set(columns) and harmless


def plain(written: str) -> str:
    """The name of a column that the catalog may have quoted."""
    return written[1:-1].replace('""', '"') if written.startswith('"') else written
