"""Which statements can lose data, and what they lose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from platformdb.sqltext.statements import SqlStatement
from platformdb.sqltext.tree import inner, is_off, kinds, options, relation, strings, word, written

_CODE = "runs code that cannot be looked into"


def destroys(statement: SqlStatement) -> str | None:
    """Why this can lose data, such as ``drops column users.email``; None where it only adds or drops definitions.

    What can be computed again (an index, a materialized view) is no loss. A function that a query calls is taken to
    be harmless; DO and CALL are not.
    """
    if statement.node is None:
        return _UNREAD.get(statement.kind, _CODE)
    return ", ".join(dict.fromkeys(_losses(statement.kind, statement.node))) or None


# Of statements too large for a tree.
_UNREAD: Mapping[str, str | None] = {
    "insert_stmt": None,
    "select_stmt": None,
    "copy_stmt": None,
    "update_stmt": "overwrites rows",
    "delete_stmt": "deletes rows",
    "merge_stmt": "overwrites or deletes rows",
}


def _losses(kind: str, node: Any) -> Iterator[str]:
    losses = _LOSSES.get(kind)
    return losses(node) if losses is not None else iter(())


# What DROP takes away with its data, whether anything depends on it or not.
_HOLDS_DATA: Mapping[str, str] = {
    "OBJECT_TABLE": "table",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_EXTENSION": "extension",
}


def _drop(node: Any) -> Iterator[str]:
    kind = word(node, "remove_type")
    cascade = word(node, "behavior") == "DROP_CASCADE"
    if kind in _HOLDS_DATA or cascade:
        what = _HOLDS_DATA.get(kind) or kind.removeprefix("OBJECT_").lower().replace("_", " ")
        names = ", ".join(map(_object_name, node.objects))
        yield f"drops {what} {names}" + (" and all that depends on it" if cascade else "")


def _object_name(node: Any) -> str:
    kind, held = inner(node)
    if kind == "string":
        return written(held.sval)
    parts: Iterable[Any] = {"list": "items", "type_name": "names", "object_with_args": "objname"}.get(kind, "")
    return written(*strings(getattr(held, str(parts)))) if parts else ""


def _alter_table(node: Any) -> Iterator[str]:
    table = relation(node.relation)
    for each in node.cmds:
        command = each.alter_table_cmd
        kind = word(command, "subtype")
        if kind == "AT_DropColumn":
            yield f"drops column {table}.{written(command.name)}"
        elif kind == "AT_AlterColumnType":
            yield f"changes the type of {table}.{written(command.name)}"


def _truncate(node: Any) -> Iterator[str]:
    tables = ", ".join(relation(each.range_var) for each in node.relations)
    cascade = word(node, "behavior") == "DROP_CASCADE"
    yield f"truncates {tables}" + (" and all that refers to it" if cascade else "")


def _query(node: Any) -> Iterator[str]:
    """Of a query: what its WITH changes, which PostgreSQL allows at the top only."""
    for each in node.with_clause.ctes:
        yield from _losses(*inner(each.common_table_expr.ctequery))


def _insert(node: Any) -> Iterator[str]:
    yield from _query(node)
    if word(node.on_conflict_clause, "action") == "ONCONFLICT_UPDATE":
        yield f"overwrites rows of {relation(node.relation)}"


def _merge(node: Any) -> Iterator[str]:
    yield from _query(node)
    commands = {word(each.merge_when_clause, "command_type") for each in node.merge_when_clauses}
    if "CMD_UPDATE" in commands:
        yield f"overwrites rows of {relation(node.relation)}"
    if "CMD_DELETE" in commands:
        yield f"deletes rows of {relation(node.relation)}"


def _change(what: str) -> Callable[[Any], Iterator[str]]:
    def losses(node: Any) -> Iterator[str]:
        yield from _query(node)
        yield f"{what} rows of {relation(node.relation)}"

    return losses


def _explain(node: Any) -> Iterator[str]:
    given = options(node.options)
    if "analyze" in given and not is_off(given["analyze"]):
        yield from _losses(*inner(node.query))


def _says(text: str) -> Callable[[Any], Iterator[str]]:
    return lambda _: iter((text,))


_LOSSES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "drop_stmt": _drop,
    "dropdb_stmt": lambda node: iter((f"drops database {written(node.dbname)}",)),
    "drop_owned_stmt": _says("drops all that a role owns"),
    "alter_table_stmt": _alter_table,
    "truncate_stmt": _truncate,
    "select_stmt": _query,
    "insert_stmt": _insert,
    "update_stmt": _change("overwrites"),
    "delete_stmt": _change("deletes"),
    "merge_stmt": _merge,
    "create_table_as_stmt": lambda node: _losses(*inner(node.query)),
    "copy_stmt": lambda node: _losses(*inner(node.query)),
    "explain_stmt": _explain,
    "do_stmt": _says(_CODE),
    "call_stmt": _says(_CODE),
    "execute_stmt": _says(_CODE),
}


def tampers_with(statement: SqlStatement, schema: str) -> bool:
    """Whether this drops or renames a schema, or drops, renames, empties or writes a table that it names as one of it.

    What it only mentions, reads, grants or gives to another owner is left alone.
    """
    kind, node = statement.kind, statement.node
    if node is None or schema not in statement.sql.lower():
        return False
    if kind == "drop_stmt":
        names = [_object_name(each) for each in node.objects]
        return any(name.startswith(f"{schema}.") for name in names) or (
            schema in names and word(node, "remove_type") == "OBJECT_SCHEMA"
        )
    if kind == "truncate_stmt":
        return any(each.range_var.schemaname == schema for each in node.relations)
    if kind == "rename_stmt" and word(node, "rename_type") == "OBJECT_SCHEMA":
        return bool(node.subname == schema)
    reads = kind == "copy_stmt" and not node.is_from
    return kind in _WRITES and not reads and bool(node.relation.schemaname == schema)


_WRITES = kinds("insert update delete merge copy rename alter_object_schema")
