"""Which tables a statement writes, and where its parameters go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from platformdb.sqltext.qualified import relation_name
from platformdb.sqltext.usages import Compared, Relations, Written


def written(tree: Any, relations: Relations) -> tuple[tuple[Written, ...], tuple[Compared, ...]]:
    """The tables written, in common table expressions too, and the columns that parameters are written to."""
    from sqlglot import exp

    found: list[Written] = []
    values: list[Compared] = []
    for node in tree.find_all(exp.Insert, exp.Update, exp.Delete):
        target = node.this.this if isinstance(node.this, exp.Schema) else node.this
        name = relation_name(target, relations)
        sets = _sets(node)
        found.append(
            Written(
                name,
                tuple(column for column, _ in sets),
                inserts=isinstance(node, exp.Insert),
                deletes=isinstance(node, exp.Delete),
            )
        )
        given = sets if isinstance(node, exp.Update) else list(_inserted(node))
        values += [
            Compared(int(parameter.name), name, column, "=")
            for column, value in given
            for parameter in value.find_all(exp.Parameter)
        ]
    limits = tuple(
        Compared(int(parameter.name), "", "", limit.key)
        for limit in tree.find_all(exp.Limit, exp.Offset)
        for parameter in limit.find_all(exp.Parameter)
    )
    return tuple(found), (*values, *limits)


def _sets(node: Any) -> list[tuple[str, Any]]:
    """The columns that an UPDATE, or an INSERT … ON CONFLICT DO UPDATE, sets, with what to."""
    from sqlglot import exp

    conflict = node.args.get("conflict")
    parts = node.expressions if isinstance(node, exp.Update) else (conflict.expressions if conflict else ())
    return [(part.this.name, part.expression) for part in parts if isinstance(part, exp.EQ)]


def _inserted(node: Any) -> Iterator[tuple[str, Any]]:
    from sqlglot import exp

    if isinstance(node.this, exp.Schema) and isinstance(node.expression, exp.Values):
        for row in node.expression.expressions:
            yield from zip((part.name for part in node.this.expressions), row.expressions, strict=False)


_UPDATE = re.compile(
    r"\bupdate\s+(?:only\s+)?(?P<table>[\w.\"]+)(?:\s+(?:as\s+)?(?!set\b)\w+)?\s+set\s+(?P<sets>.*?)"
    r"(?=\bwhere\b|\bfrom\b|\breturning\b|;|$)",
    re.IGNORECASE | re.DOTALL,
)
_SET = re.compile(r"(?:^|,)\s*\"?(\w+)\"?\s*=(?![=>])")
_CALL = re.compile(r"(\w+)\"?\s*\(")


def updated_in(body: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The tables, as they are written, and the columns that a routine's body updates, in whatever language it is."""
    for update in _UPDATE.finditer(body):
        yield update["table"].replace('"', ""), frozenset(_SET.findall(update["sets"]))


def called(sql: str) -> frozenset[str]:
    """Every name in front of a parenthesis: functions, and a few words more."""
    return frozenset(_CALL.findall(sql))
