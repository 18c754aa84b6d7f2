"""Which columns a scan looks up and which it only checks, out of the texts that EXPLAIN VERBOSE gives: pure.

Columns are taken from tokens, not from a parsed expression: EXPLAIN prints things that are no SQL (``SubPlan 1``,
``InitPlan 1``, ``PARTIAL count(*)``). What makes that sound: with VERBOSE every column of a condition is qualified by
an alias, PostgreSQL makes the aliases of a plan unique, and an index's condition never has the scanned table's own
columns on its other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from platformdb.sqltext.lexer import tokens
from platformdb.workload.model import Catalog, IndexFacts
from platformdb.workload.plan_tree import PlanNode

METHODS = {
    "Seq Scan": "seq",
    "Index Scan": "index",
    "Index Only Scan": "index-only",
    "Bitmap Heap Scan": "bitmap",
    "Sample Scan": "other",
    "Tid Scan": "other",
    "Tid Range Scan": "other",
    "Foreign Scan": "other",
    "Custom Scan": "other",
}
# Elsewhere a condition on any column narrows the search; in a btree only one on the first does so at every size.
ORDERED = "btree"
_KEYWORDS = frozenset("and or not is null true false unknown any all array in distinct from".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Lookup:
    """One use of one index.

    ``sought`` are its columns in the condition, in its order, and those that its predicate settles; ``narrows``: the
    condition bounds what is read of it.
    """

    index: str
    sought: tuple[str, ...]
    narrows: bool
    partial: bool = False


def lookups(scan: PlanNode, indexes: Mapping[str, IndexFacts]) -> tuple[Lookup, ...]:
    """What a scan looks up in indexes: none for a sequential one, several for a bitmap of several."""
    nodes = [node for node in scan.walk() if node.index] if scan.kind == "Bitmap Heap Scan" else [scan]
    schema = scan.relation.rpartition(".")[0]
    return tuple(_lookup(node, scan.alias, schema, indexes) for node in nodes if node.index)


def by_name(catalog: Catalog) -> Mapping[str, IndexFacts]:
    """A catalog's indexes by their names."""
    return {facts.name: facts for facts in catalog.indexes}


def filtered(scan: PlanNode, sought: Iterable[str]) -> tuple[str, ...]:
    """The columns of the scanned table that are only checked row by row."""
    return tuple(sorted(set(_columns(tuple(tokens(scan.filter)), scan.alias)) - set(sought)))


def _lookup(node: PlanNode, alias: str, schema: str, indexes: Mapping[str, IndexFacts]) -> Lookup:
    name = f"{schema}.{node.index}" if schema else node.index
    condition = tuple(tokens(f"{node.condition} {node.order}"))
    facts = indexes.get(name)
    if facts is None:  # made after the catalog was read, such as one that is tried out
        sought = tuple(dict.fromkeys(_columns(condition, alias)))
        return Lookup(name, sought, bool(sought))
    bare = _unqualified(condition, alias)
    found = tuple(column for column in facts.columns if _occurs(_inside(tuple(tokens(column))), bare))
    narrows = bool(found) and (facts.method != ORDERED or found[0] == facts.columns[0])
    settled = dict.fromkeys((*map(_plain, found), *_settled(facts.predicate)))
    return Lookup(facts.parent or facts.name, tuple(settled), narrows, bool(facts.predicate))


def _settled(predicate: str) -> Iterator[str]:
    """The columns that a partial index settles, for all of its rows are so: names that are no type, call or keyword."""
    found = ("", *tokens(predicate), "")
    for before, each, after in zip(found, found[1:], found[2:], strict=False):
        if before != "::" and after != "(" and _is_name(each) and each not in _KEYWORDS:
            yield _plain(each)


def _columns(found: Sequence[str], alias: str) -> Iterable[str]:
    """The columns behind ``alias.``, without their quotes."""
    for at in range(len(found) - 2):
        if found[at + 1] == "." and _plain(found[at]) == alias and _is_name(found[at + 2]):
            yield _plain(found[at + 2])


def _unqualified(found: Sequence[str], alias: str) -> tuple[str, ...]:
    """The tokens with the alias's columns bare, those of others marked, so that they are never taken for them."""
    bare: list[str] = []
    at = 0
    while at < len(found):
        qualified = at + 2 < len(found) and found[at + 1] == "." and _is_name(found[at])
        if qualified:
            bare.append(_plain(found[at + 2]) if _plain(found[at]) == alias else ".".join(found[at : at + 3]))
        else:
            bare.append(found[at])
        at += 3 if qualified else 1
    return tuple(bare)


def _inside(found: tuple[str, ...]) -> tuple[str, ...]:
    """Without the brackets that enclose all of it: a condition may have the expression without them."""
    while len(found) > 2 and found[0] == "(" and found[-1] == ")" and _closes_last(found):
        found = found[1:-1]
    return tuple(map(_plain, found))


def _closes_last(found: Sequence[str]) -> bool:
    depth = 0
    for at, each in enumerate(found):
        depth += (each == "(") - (each == ")")
        if depth == 0:
            return at == len(found) - 1
    return False


def _occurs(wanted: Sequence[str], found: Sequence[str]) -> bool:
    size = len(wanted)
    return any(tuple(found[at : at + size]) == tuple(wanted) for at in range(len(found) - size + 1))


def _is_name(token: str) -> bool:
    return token[0] == '"' or token[0] == "_" or token[0].isalpha() or not token.isascii()


def _plain(token: str) -> str:
    """A quoted name as it is stored; anything else as it is."""
    return token[1:-1].replace('""', '"') if token[:1] == '"' and token[-1:] == '"' and len(token) > 1 else token
