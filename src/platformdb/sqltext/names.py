"""Which objects a statement makes, and which it wants to find: what an order of files can be inferred from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from platformdb.sqltext.bodies import routine_body, routine_language
from platformdb.sqltext.lexer import tokens
from platformdb.sqltext.statements import SqlStatement
from platformdb.sqltext.tree import children, parse, relation, strings, word, written

_NONE: frozenset[str] = frozenset()


def names_of(statement: SqlStatement) -> tuple[frozenset[str], frozenset[str]]:
    """What a statement defines, and what must be there for it: ``function s.f``, ``relation t``, ``type s.t``.

    Names are as written, so some have no schema; a trigger is ``trigger table.name``, a procedure or an aggregate a
    function. A type that is referred to may be the row of a relation, so it is named as both. What pg_catalog is
    written in front of is left out. Bodies in SQL count, for PostgreSQL checks them when it makes the function; of
    PL/pgSQL it checks the types that are declared. DROP wants nothing to be there, for it is often IF EXISTS.
    """
    if statement.node is None or statement.kind == "drop_stmt":
        return _NONE, _NONE
    defined = frozenset(_defined(statement.kind, statement.node))
    own_rows = {f"{kind} {name}" for made, _, name in (each.partition(" ") for each in defined) for kind in _ROWS[made]}
    return defined, frozenset(_references(statement.node)) - defined - own_rows


# What a name of each kind may be referred to as, besides.
_ROWS: Mapping[str, tuple[str, ...]] = {"relation": ("type",), "type": ("relation",), "function": (), "trigger": ()}

_RELATIONS: Mapping[str, Callable[[Any], Any]] = {
    "create_stmt": lambda node: node.relation,
    "create_foreign_table_stmt": lambda node: node.base_stmt.relation,
    "create_seq_stmt": lambda node: node.sequence,
    "create_table_as_stmt": lambda node: node.into.rel,
    "select_stmt": lambda node: node.into_clause.rel,
    "view_stmt": lambda node: node.view,
}
_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "create_enum_stmt": lambda node: node.type_name,
    "create_range_stmt": lambda node: node.type_name,
    "create_domain_stmt": lambda node: node.domainname,
}
_DEFINES: Mapping[str, str] = {"OBJECT_AGGREGATE": "function", "OBJECT_TYPE": "type"}


def _defined(kind: str, node: Any) -> Iterator[str]:
    if kind in _RELATIONS and (name := relation(_RELATIONS[kind](node))):
        yield f"relation {name}"
    elif kind in _TYPES:
        yield f"type {written(*strings(_TYPES[kind](node)))}"
    elif kind == "composite_type_stmt":
        yield f"type {relation(node.typevar)}"
    elif kind == "create_function_stmt":
        yield f"function {written(*strings(node.funcname))}"
    elif kind == "create_trig_stmt":
        yield f"trigger {relation(node.relation)}.{written(node.trigname)}"
    elif kind == "define_stmt" and (made := _DEFINES.get(word(node, "kind"))):
        yield f"{made} {written(*strings(node.defnames))}"


def _references(root: Any) -> Iterator[str]:
    """Walks without recursion, for the terms of one expression may be nested by the thousand."""
    waiting: list[tuple[Any, frozenset[str]]] = [(root, _NONE)]
    while waiting:
        node, hidden = waiting.pop()
        kind = node.DESCRIPTOR.name
        if kind in _MENTIONS and not (kind == "RangeVar" and not node.schemaname and node.relname in hidden):
            yield from _MENTIONS[kind](node)
        if kind in _HAVE_WITH and node.with_clause.ctes:
            waiting += _below_with(node, hidden)
        else:
            waiting += ((child, hidden) for child in children(node))


_HAVE_WITH = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})


def _below_with(node: Any, hidden: frozenset[str]) -> Iterator[tuple[Any, frozenset[str]]]:
    """What is inside a node, each with the names that WITH hides from it."""
    queries = [each.common_table_expr for each in node.with_clause.ctes]
    names = [query.ctename for query in queries]
    for child in children(node):
        if child.DESCRIPTOR.name != "WithClause":
            yield child, hidden.union(names)
    for number, query in enumerate(queries):
        # Only WITH RECURSIVE lets a query see itself and those after it.
        yield query, hidden.union(names if node.with_clause.recursive else names[:number])


def _named(kind: str, parts: Iterable[str]) -> Iterator[str]:
    names = tuple(parts)
    if names and names[0] not in {"pg_catalog", "information_schema"}:
        yield f"{kind} {written(*names)}"


def _row_or_type(parts: Iterable[str]) -> Iterator[str]:
    names = tuple(parts)
    yield from _named("type", names)
    yield from _named("relation", names)


def _type(node: Any) -> Iterator[str]:
    names = strings(node.names)
    return _named("relation", names[:-1]) if node.pct_type else _row_or_type(names)


_COMMENTED = frozenset({"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE", "OBJECT_SEQUENCE"})
_PART_OF_TABLE = frozenset({"OBJECT_COLUMN", "OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY", "OBJECT_TABCONSTRAINT"})


def _comment(node: Any) -> Iterator[str]:
    names, kind = strings(node.object.list.items), word(node, "objtype")
    if kind in _COMMENTED:
        yield from _named("relation", names)
    elif kind in _PART_OF_TABLE:
        yield from _named("relation", names[:-1])


def _definition(node: Any) -> Iterator[str]:
    """Of CREATE AGGREGATE and CREATE OPERATOR: their functions are written like types."""
    for each in node.definition:
        yield from _named("function", strings(each.def_elem.arg.type_name.names))


def _body(node: Any) -> Iterator[str]:
    language, body = routine_language(node.options), routine_body(node.options)
    if language == "sql" and body:
        yield from _sql_body(body)
    elif language == "plpgsql":
        yield from _declared_types(body)


def _sql_body(body: str) -> Iterator[str]:
    import postgast

    try:
        yield from _references(parse(body))
    except postgast.PgQueryError:
        return  # the server will say what is wrong with it


_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_PATH = rf"{_NAME}(?: \. {_NAME})*"
_LIKE = re.compile(rf"({_PATH}) % (rowtype|type)\b", re.IGNORECASE)
_SECTION = re.compile(r"\bdeclare (.*?)\bbegin\b", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(rf"(?:^|; ){_NAME} (?:constant )?({_PATH})(?! [%.])(?= |$)", re.IGNORECASE)


def _declared_types(body: str) -> Iterator[str]:
    """The types in PL/pgSQL's declarations."""
    text = " ".join("''" if token[-1:] in {"'", "$"} else token for token in tokens(body))
    for like in _LIKE.finditer(text):
        names = _parts(like[1])
        yield from _named("relation", names if like[2].lower() == "rowtype" else names[:-1])
    for section in _SECTION.finditer(text):
        for declaration in _DECLARATION.finditer(section[1]):
            yield from _row_or_type(_parts(declaration[1]))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(
        name[1:-1].replace('""', '"') if name.startswith('"') else name.lower() for name in re.findall(_NAME, path)
    )


_MENTIONS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "RangeVar": lambda node: _named("relation", filter(None, (node.schemaname, node.relname))),
    "FuncCall": lambda node: _named("function", strings(node.funcname)),
    "ObjectWithArgs": lambda node: _named("function", strings(node.objname)),
    "TypeName": _type,
    "CreateTrigStmt": lambda node: _named("function", strings(node.funcname)),
    "CreateEventTrigStmt": lambda node: _named("function", strings(node.funcname)),
    "CreateFunctionStmt": _body,
    "CommentStmt": _comment,
    "DefineStmt": _definition,
}
