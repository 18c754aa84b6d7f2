"""What a query does beside reading, and how many parameters it takes; the relations that it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from platformdb.sqltext.lexer import tokens
from platformdb.sqltext.names import names_of
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement, split
from platformdb.sqltext.tree import children

_CHANGING = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})


def changes_rows(statement: SqlStatement) -> bool:
    """Whether it changes or locks rows by what is written in it; what the functions do that it calls stays unknown."""
    return any(
        node.DESCRIPTOR.name in _CHANGING or (node.DESCRIPTOR.name == "SelectStmt" and len(node.locking_clause) > 0)
        for node in _nodes(statement.node)
    )


def makes_table(statement: SqlStatement) -> bool:
    """Whether it is a SELECT … INTO."""
    return any(node.DESCRIPTOR.name == "SelectStmt" and node.HasField("into_clause") for node in _nodes(statement.node))


def parameter_count(statement: SqlStatement) -> int:
    """The highest n of its $n; 0 where it takes none."""
    numbers = (token[1:] for token in tokens(statement.sql) if token.startswith("$"))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def relations_of(sql: str) -> frozenset[str]:
    """The tables and views that a query names, as it writes them; those of its own WITH are left out."""
    names = (name for statement in split(Source("query", sql)) for name in names_of(statement)[1])
    return frozenset(name.removeprefix("relation ") for name in names if name.startswith("relation "))


def _nodes(root: Any) -> Iterator[Any]:
    """Without recursion, for the terms of one expression may be nested by the thousand."""
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)
