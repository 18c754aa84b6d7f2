"""Which indexes could serve a query: pure. What they are worth is measured, not guessed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from platformdb.indexes.advise.model import Index, Key, Table
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.usages import Sorted, Term, Usage

# A fourth column hardly ever pays: what it would narrow is a handful of rows by then.
MOST_KEYS = 3
# A smaller table is a few pages: reading all of it costs what an index does.
SMALL_TABLE = 1_000
# What INCLUDE may add to each entry: beyond it the index is a second table.
MOST_INCLUDED, INCLUDED_BYTES = 3, 32
MAX_NAME_BYTES = 63


def propose(usages: Iterable[Usage], tables: Mapping[str, Table], extensions: Collection[str]) -> tuple[Index, ...]:
    """Every index that one of the usages could be served by, each once; of tables that are large enough."""
    found: dict[Index, None] = {}
    for usage in usages:
        table = tables.get(usage.table)
        if table is not None and table.rows >= SMALL_TABLE:
            for index in (*_ordinary(usage, table), *_searches(usage, extensions)):
                if _turned(index) not in found:
                    found.setdefault(index)
    return tuple(found)


def _turned(index: Index) -> Index:
    """The same index read backward, which serves the same."""
    return replace(index, keys=tuple(key.turned for key in index.keys))


def _ordinary(usage: Usage, table: Table) -> Iterator[Index]:
    """B-trees: what is equal comes first, for only behind that do a range or an order hold."""
    fixed = {_key(term, table).text for term in usage.fixed}
    for keys in dict.fromkeys(_key_lists(usage, table)):
        index = Index(usage.table, keys)
        yield index
        # What the condition fixes is the same in each row of the index: no key.
        if usage.conditions and fixed.isdisjoint(key.text for key in keys):
            yield replace(index, predicate=" AND ".join(usage.conditions))


def _key_lists(usage: Usage, table: Table) -> Iterator[tuple[Key, ...]]:
    order = tuple(_key(by.term, table, by) for by in usage.order)
    ranged = tuple(_key(term, table) for term in usage.ranged)
    for begin in _beginnings(usage, table):
        for end in (order, ranged[:1], ()):
            taken = {key.text for key in begin}
            keys = (*begin, *(key for key in end if key.text not in taken))[:MOST_KEYS]
            if keys:
                yield keys


def _beginnings(usage: Usage, table: Table) -> Iterator[tuple[Key, ...]]:
    """What can stand in front: all that is equal, each by itself, what is joined by; the most selective first."""

    def keys(terms: Iterable[Term]) -> tuple[Key, ...]:
        ranked = sorted(dict.fromkeys(terms), key=lambda term: -_distinct(term, table))
        return tuple(_key(term, table) for term in ranked)[:MOST_KEYS]

    yield keys(usage.equal)
    yield keys((*usage.equal, *usage.fixed))
    for term in (*usage.equal, *usage.joined, *usage.fixed):
        yield keys((term,))
    for pair in combinations((*usage.equal, *usage.joined), 2):
        yield tuple(_key(term, table) for term in pair)
        yield tuple(_key(term, table) for term in reversed(pair))
    yield ()


def _distinct(term: Term, table: Table) -> float:
    column = table.column(term.column)
    return column.distinct if column else float(table.rows)


def _key(term: Term, table: Table, by: Sorted | None = None) -> Key:
    column = table.column(term.column)
    text = column.spelled if column else term.text
    return Key(text, by.descending, by.nulls) if by else Key(text)


def _searches(usage: Usage, extensions: Collection[str]) -> Iterator[Index]:
    for search in usage.searches:
        if not search.extension or search.extension in extensions:
            index = Index(usage.table, (Key(search.term.text, opclass=search.opclass),), search.method)
            yield index
            if usage.conditions:
                yield replace(index, predicate=" AND ".join(usage.conditions))


def covering(index: Index, usages: Iterable[Usage], table: Table) -> Iterator[Index]:
    """The index with the few narrow columns besides that would let it answer without the table."""
    keys = {key.text for key in index.keys}
    for usage in usages:
        if usage.table != index.table or not _begins(index, usage):
            continue
        wanted = [column for name in usage.needed if (column := table.column(name)) and column.spelled not in keys]
        wanted = [column for column in wanted if not _only_condition(column.spelled, usage, index)]
        narrow = sum(column.width for column in wanted) <= INCLUDED_BYTES
        if index.method == "btree" and 0 < len(wanted) <= MOST_INCLUDED and narrow:
            yield replace(index, include=tuple(column.spelled for column in wanted))


def _begins(index: Index, usage: Usage) -> bool:
    """Whether the index begins with what the usage seeks or sorts by: else it would only be read from end to end."""
    terms = (*usage.equal, *usage.fixed, *usage.joined, *usage.ranged, *(by.term for by in usage.order))
    return index.keys[0].text in {term.text for term in terms}


def _only_condition(column: str, usage: Usage, index: Index) -> bool:
    """Whether a column is read for nothing but a condition that all rows of the index meet."""
    shown = {*(t.text for t in (*usage.equal, *usage.joined, *usage.ranged)), *(by.term.text for by in usage.order)}
    return (
        bool(index.predicate) and column not in shown and bool(re.search(rf"\b{re.escape(column)}\b", index.predicate))
    )


def definition(index: Index, on: str) -> str:
    """Its CREATE INDEX on a table, whose name is given as SQL takes it."""
    parts = [f"CREATE INDEX {_spelled(index.name)} ON {on}"]
    parts += [f"USING {index.method}"] if index.method != "btree" else []
    parts += [f"({', '.join(map(str, index.keys))})"]
    parts += [f"INCLUDE ({', '.join(index.include)})"] if index.include else []
    parts += [f"WHERE {index.predicate}"] if index.predicate else []
    return " ".join(parts)


def _spelled(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else quote_identifier(name)


def named(index: Index, taken: Collection[str]) -> Index:
    """The index under a name that tells its table and columns and is not taken."""
    words = [re.sub(r"\W+", "_", key.text).strip("_").lower() for key in index.keys]
    whole = "_".join(("idx", index.table.rpartition(".")[2], *words))
    tried = (_fitting(whole + end) for end in ("", *(f"_{number}" for number in range(2, 10_000))))
    return replace(index, name=next(name for name in tried if name not in taken))


def _fitting(name: str) -> str:
    """Longer names PostgreSQL cuts off, and two of them might become one."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    told = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return name.encode()[: MAX_NAME_BYTES - len(told) - 1].decode(errors="ignore") + f"_{told}"
