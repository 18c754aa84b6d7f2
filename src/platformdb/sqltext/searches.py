"""Conditions that no B-tree answers, and the kind of index that does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from platformdb.sqltext.usages import Search, Term

_NOTHING = Term("")
_GIN = Search("gin", _NOTHING)
_TRIGRAMS = Search("gin", _NOTHING, "gin_trgm_ops", "pg_trgm")
# LIKE 'abc%' needs the order of characters, which an index in the database's collation does not have.
_BEGINNINGS = Search("btree", _NOTHING, "text_pattern_ops")


def search_of(conjunct: Any) -> Iterator[tuple[Any, Search]]:
    """The side of a condition that is searched, with the search; its term is still to be filled in.

    A parameter of LIKE may be a beginning or a part: both are tried.
    """
    from sqlglot import exp

    if isinstance(conjunct, exp.MatchAgainst):
        for side in (*conjunct.expressions, conjunct.this):
            yield side, _GIN
    elif isinstance(conjunct, exp.ArrayOverlaps):
        yield conjunct.this, _GIN
        yield conjunct.expression, _GIN
    elif isinstance(conjunct, exp.ArrayContainsAll | exp.JSONBContainsTopKey):
        yield conjunct.this, _GIN
    elif conjunct.key == "arraycontainedall":
        yield conjunct.expression, _GIN
    elif isinstance(conjunct, exp.Like | exp.ILike | exp.RegexpLike):
        yield conjunct.this, _TRIGRAMS
        if isinstance(conjunct, exp.Like) and not _begins_anyhow(conjunct.expression):
            yield conjunct.this, _BEGINNINGS


def _begins_anyhow(pattern: Any) -> bool:
    return bool(pattern.is_string and pattern.name[:1] in {"%", "_"})


def is_document_type(kind: str) -> bool:
    """Whether GIN knows a type without more ado: words, documents and arrays; or an expression that makes one."""
    return kind.startswith(("tsvector", "jsonb")) or kind.endswith("[]") or "tsvector" in kind.lower()
