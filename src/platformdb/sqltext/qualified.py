"""A query with every column traced to its table, through subqueries and views; sqlglot knows what a query means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from platformdb.errors import Refused
from platformdb.sqltext.usages import Relations, Term

# Written $1),f($1) a parameter would be read as the beginning of a dollar-quoted text; a space tells the two apart.
_PARAMETER = re.compile(r"\$(\d+)")
# A view of views of views: nobody goes deeper, and a view cannot contain itself.
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One reading of one table: the scope that reads it, by its number, and the name that it has there."""

    scope: int
    alias: str
    table: str


def parse(sql: str) -> Any:
    """A statement as sqlglot's tree.

    Raises:
        Refused: it cannot read it.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.parse_one(_PARAMETER.sub(r" $\1 ", sql), dialect="postgres")
    except SqlglotError as error:
        raise Refused(f"cannot be read: {str(error).splitlines()[0]}") from None


def selects(tree: Any) -> Iterator[Any]:
    """The statement as SELECTs: what an UPDATE or DELETE reads is as if it selected from the same tables."""
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        yield tree
    for node in tree.find_all(exp.Update, exp.Delete):
        sources = [node.this.copy(), *(part.copy() for part in _others(node))]
        found = exp.select("*").from_(sources[0])
        for source in sources[1:]:
            found = found.join(source, join_type="cross")
        yield found.where(node.args["where"].this.copy()) if node.args.get("where") else found
    for node in tree.find_all(exp.Insert):
        if isinstance(node.expression, exp.Query):
            yield node.expression.copy()


def _others(node: Any) -> list[Any]:
    """The tables behind FROM of an UPDATE or USING of a DELETE."""
    using = node.args.get("using") or ()
    source = node.args.get("from_") or node.args.get("from")
    return [*using, *([source.this] if source else ())]


def qualify(tree: Any, relations: Relations) -> Any:
    """The SELECT with its views opened, its stars written out and each column under its table's name.

    Raises:
        Refused: sqlglot cannot tell whose a column is.
    """
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
    from sqlglot.optimizer.qualify import qualify as qualified

    nested: dict[str, Any] = {}
    for name, columns in relations.tables.items():
        schema, _, table = name.rpartition(".")
        nested.setdefault(schema, {})[table] = dict(columns)
    opened = _opened(normalize_identifiers(tree, dialect="postgres"), relations, DEEPEST)
    try:
        return qualified(
            opened, dialect="postgres", schema=nested, validate_qualify_columns=False, quote_identifiers=False
        )
    except (SqlglotError, KeyError, AttributeError) as error:
        raise Refused(f"cannot be understood: {str(error).splitlines()[0]}") from None


def _opened(tree: Any, relations: Relations, depth: int) -> Any:
    """Tables under their schema's name, and views as the subqueries that they stand for."""
    from sqlglot import exp

    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.db or table.name not in inner:
            name = relation_name(table, relations)
            view = relations.views.get(name) if depth else None
            if view is not None:
                body = _opened(parse(view), relations, depth - 1)
                alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name))
                table.replace(exp.Subquery(this=body, alias=alias))
            elif name in relations.tables:
                table.set("db", exp.to_identifier(name.rpartition(".")[0]))
    return tree


def relation_name(table: Any, relations: Relations) -> str:
    """A table's name with its schema; as it is written where it is none of the database's."""
    written = f"{table.db}.{table.name}" if table.db else table.name
    return relations.visible.get(written, written)


def scopes(tree: Any) -> list[Any]:
    """The query's SELECTs, innermost first, each with what its names mean."""
    from sqlglot.optimizer.scope import traverse_scope

    return list(traverse_scope(tree))


def places(column: Any, scope: Any, depth: int = DEEPEST) -> Iterator[tuple[Place, str]]:
    """The tables, and their columns, that a column is taken from: several where it comes out of a UNION."""
    from sqlglot import exp

    holder = _holder(column.table, scope)
    if holder is None or not depth:
        return
    source = holder.sources[column.table]
    if isinstance(source, exp.Table):
        if source.db:
            yield Place(id(holder), column.table, f"{source.db}.{source.name}"), column.name
        return
    for branch in _branches(source):
        shown = next((part for part in branch.expression.selects if part.alias_or_name == column.name), None)
        inner = shown.unalias() if shown is not None else None
        if isinstance(inner, exp.Column):
            yield from places(inner, branch, depth - 1)


def _holder(name: str, scope: Any) -> Any:
    """The outermost scope with the name for the same source: LATERAL shows an outer table in the inner scope, too."""
    found, looked = None, scope
    while looked is not None:
        source = looked.sources.get(name)
        if source is not None and (found is None or source is found.sources[name]):
            found = looked
        looked = looked.parent
    return found


def _branches(scope: Any) -> Iterator[Any]:
    union = getattr(scope, "union_scopes", None)
    if union:
        for branch in union:
            yield from _branches(branch)
    elif hasattr(scope.expression, "selects"):
        yield scope


def terms(expression: Any, scope: Any) -> Iterator[tuple[Place, Term]]:
    """An expression as one over the columns of a single table; nothing where it needs two, or none."""
    from sqlglot import exp

    bare = expression.unnest()
    if isinstance(bare, exp.Column):
        for place, name in places(bare, scope):
            yield place, Term(_spelled(bare, name), name)
        return
    columns = list(bare.find_all(exp.Column))
    found = [list(places(column, scope)) for column in columns]
    if not found or bare.find(exp.Query) or any(len(each) != 1 or each[0][0] != found[0][0][0] for each in found):
        return
    text = without_tables(bare)
    yield found[0][0][0], Term(text if isinstance(bare, exp.Func) and text.endswith(")") else f"({text})")


def _spelled(column: Any, name: str) -> str:
    return str(column.this.sql(dialect="postgres")) if column.name == name else name


def without_tables(expression: Any) -> str:
    """Its SQL, with columns under their bare names."""
    from sqlglot import exp

    copy = expression.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
        column.set("db", None)
    # Left to itself it writes functions in capitals, and PostgreSQL shows them as they are called.
    return str(copy.sql(dialect="postgres", normalize_functions="lower"))


def touched(expression: Any, scope: Any) -> frozenset[Place]:
    """The readings whose columns an expression uses, subqueries included."""
    from sqlglot import exp

    return frozenset(place for column in expression.find_all(exp.Column) for place, _ in places(column, scope))
