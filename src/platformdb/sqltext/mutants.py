"""Queries made worse on purpose, in the ways in which people make them worse: what a gate has to notice.

The changes are made in libpg_query's tree and written out by it, so that PostgreSQL takes the text and every $n stays.
sqlglot was tried: it takes ``$1),f($`` for the mark of a dollar-quoted string, and writes 'DAY' for 'day'.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from platformdb.sqltext.tree import inner, parse, strings, word

# The fields from a tree's root to a message, with its number where a field has several.
Path = tuple[tuple[str, int | None], ...]

# Behind how many rows a page by OFFSET begins: page 51 of 20.
SKIPPED = 1000


class MutantKind(enum.StrEnum):
    """What was done to a query."""

    FUNCTION = "function on a column"
    PARAMETER = "parameter of another type"
    LIKE = "LIKE '%…%'"
    OR = "OR around a condition"
    MISSING = "condition missing"
    COUNT = "count for EXISTS"
    LIMIT = "no LIMIT"
    OFFSET = "OFFSET paging"
    ORDER = "another order"
    STAR = "SELECT *"
    UNION = "UNION for UNION ALL"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A query made worse: what was done, where (the changed piece as it reads now), and the whole text."""

    kind: MutantKind
    place: str
    sql: str


@dataclass(frozen=True, slots=True)
class _Change:
    """What is done to one message of the tree; it returns the changed piece."""

    kind: MutantKind
    make: Callable[[Any], str]


# The types of columns are not known here: what does not fit the server refuses. The first fits all.
_FUNCTIONS = ("COALESCE({0}, {0})", "lower({0})", "{0} + 0", "({0})::text", "date_trunc('milliseconds', {0})")
# PostgreSQL folds OR true away, so the condition is gone and yet the types of its parameters stay known.
_MISSING = "({0}) OR true"
# Like a policy that lets some see everything; nothing the planner could fold.
_UNLESS_SET = "({0}) OR current_setting('app.sees_all', true) = 'on'"


def mutants(sql: str, indexed_columns: Collection[str]) -> tuple[Mutant, ...]:
    """The query with one change each. ``indexed_columns`` are bare names of columns that indexes begin with or have.

    Every mutant parses, is another text than the query, and has the query's parameters. Whether it also runs only the
    server knows: it refuses what does not fit the types.
    """
    tree = parse(sql)
    seen, used = {_deparsed(tree)}, _parameters(tree)
    found = []
    for path, message in _walk(tree):
        for change in _changes(message, frozenset(indexed_columns)):
            twin = type(tree)()
            twin.CopyFrom(tree)
            place = change.make(_at(twin, path))
            text = _deparsed(twin)
            if text not in seen and _parameters(twin) == used:
                seen.add(text)
                found.append(Mutant(change.kind, place, text))
    return tuple(found)


def _walk(message: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every message of a tree with the way to it, parents first."""
    yield path, message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if hasattr(value, "DESCRIPTOR"):
            yield from _walk(value, (*path, (field.name, None)))
        else:
            for number, child in enumerate(value):
                yield from _walk(child, (*path, (field.name, number)))


def _at(message: Any, path: Path) -> Any:
    for field, number in path:
        message = getattr(message, field) if number is None else getattr(message, field)[number]
    return message


def _parameters(tree: Any) -> frozenset[int]:
    return frozenset(message.number for _, message in _walk(tree) if message.DESCRIPTOR.name == "ParamRef")


def _deparsed(tree: Any) -> str:
    import postgast

    return str(postgast.deparse(tree))


def _changes(message: Any, columns: frozenset[str]) -> Iterator[_Change]:
    match message.DESCRIPTOR.name:
        case "SelectStmt":
            yield from _of_select(message)
        case "Node" if message.HasField("a_expr"):
            yield from _of_comparison(message, columns)
        case "Node" if message.HasField("sub_link") and word(message.sub_link, "sub_link_type") == "EXISTS_SUBLINK":
            yield _Change(MutantKind.COUNT, _count)
        case "SubLink" if word(message, "sub_link_type") == "ANY_SUBLINK" and _is_column(message.testexpr, columns):
            yield _Change(MutantKind.FUNCTION, lambda link: _write(link.testexpr, _FUNCTIONS[0]))


def _of_select(select: Any) -> Iterator[_Change]:
    for at in range(len(_conjuncts(select.where_clause))):
        yield _Change(MutantKind.MISSING, partial(_rewrite_conjunct, at=at, template=_MISSING))
        yield _Change(MutantKind.OR, partial(_rewrite_conjunct, at=at, template=_UNLESS_SET))
    if select.HasField("limit_count"):
        yield _Change(MutantKind.LIMIT, _without_limit)
        if select.sort_clause and not select.HasField("limit_offset"):
            yield _Change(MutantKind.OFFSET, _by_offset)
    if select.sort_clause:
        yield from _of_order(select)
    if select.from_clause and select.target_list:
        yield _Change(MutantKind.STAR, _star)
    if word(select, "op") == "SETOP_UNION" and select.all:
        yield _Change(MutantKind.UNION, _union)


def _of_order(select: Any) -> Iterator[_Change]:
    yield _Change(MutantKind.ORDER, lambda s: _write(s.sort_clause[0].sort_by.node, _FUNCTIONS[0]))
    yield _Change(MutantKind.ORDER, lambda s: _turn(s.sort_clause[-1].sort_by))
    keys = _sort_keys(select)
    shown = (target.res_target.val for target in select.target_list)
    others = (_text(value) for value in shown if value.HasField("column_ref") and not _has_star(value.column_ref))
    if another := next((other for other in others if other not in keys), ""):
        yield _Change(MutantKind.ORDER, lambda s: _put(s.sort_clause[0].sort_by.node, another))


def _of_comparison(node: Any, columns: frozenset[str]) -> Iterator[_Change]:
    for side in ("lexpr", "rexpr"):
        for at, part in enumerate(_members(getattr(node.a_expr, side))):
            for template in _FUNCTIONS if _is_column(part, columns) else ():
                yield _Change(MutantKind.FUNCTION, partial(_rewrite_member, side=side, at=at, template=template))
    if word(node.a_expr, "kind") in {"AEXPR_LIKE", "AEXPR_ILIKE"}:
        yield _Change(MutantKind.LIKE, lambda n: _write(n.a_expr.rexpr, "'%' || {0}"))
    for column, other in (("lexpr", "rexpr"), ("rexpr", "lexpr")):
        if _is_column(getattr(node.a_expr, column), columns) and _parameters(getattr(node.a_expr, other)):
            yield from _of_parameter(node.a_expr, column, other)


def _of_parameter(comparison: Any, column: str, other: str) -> Iterator[_Change]:
    """A column beside what holds a parameter."""
    yield _Change(MutantKind.OR, partial(_or_unknown, other=other))
    if word(comparison, "kind") == "AEXPR_OP":
        yield _Change(MutantKind.PARAMETER, lambda n: _write(getattr(n.a_expr, other), "({0})::numeric"))
        if strings(comparison.name) == ("=",):
            yield _Change(MutantKind.LIKE, partial(_contains, column=column, other=other))


def _conjuncts(clause: Any) -> list[Any]:
    """The parts of a condition that must all hold."""
    kind, held = inner(clause)
    if kind == "bool_expr" and word(held, "boolop") == "AND_EXPR":
        return list(held.args)
    return [clause] if kind else []


def _members(node: Any) -> list[Any]:
    """What is compared: the parts of a row, or the one value."""
    return list(node.row_expr.args) if node.HasField("row_expr") else [node]


def _is_column(node: Any, columns: frozenset[str]) -> bool:
    return node.HasField("column_ref") and not columns.isdisjoint(strings(node.column_ref.fields)[-1:])


def _has_star(reference: Any) -> bool:
    return any(field.HasField("a_star") for field in reference.fields)


def _sort_keys(select: Any) -> frozenset[str]:
    return frozenset(_text(key.sort_by.node) for key in select.sort_clause)


def _rewrite_conjunct(select: Any, *, at: int, template: str) -> str:
    return _write(_conjuncts(select.where_clause)[at], template)


def _rewrite_member(node: Any, *, side: str, at: int, template: str) -> str:
    return _write(_members(getattr(node.a_expr, side))[at], template)


def _or_unknown(node: Any, *, other: str) -> str:
    """The filter that applies only where it is given."""
    return _put(node, f"({_text(node)}) OR {_text(getattr(node.a_expr, other))} IS NULL")


def _contains(node: Any, *, column: str, other: str) -> str:
    held, value = (_text(getattr(node.a_expr, side)) for side in (column, other))
    return _put(node, f"({held})::text LIKE '%' || ({value})::text || '%'")


def _count(node: Any) -> str:
    select = _text(node).removeprefix("EXISTS ")
    return _put(node, f"(SELECT count(*) FROM {select} AS counted) > 0")  # noqa: S608 - the query itself, to be parsed


def _without_limit(select: Any) -> str:
    if _parameters(select.limit_count):  # the parameter stays, and is outdone
        return f"LIMIT {_write(select.limit_count, 'greatest({0}, 9223372036854775807)')}"
    gone = _text(select.limit_count)
    select.ClearField("limit_count")
    select.limit_option = (
        select.DESCRIPTOR.fields_by_name["limit_option"].enum_type.values_by_name["LIMIT_OPTION_DEFAULT"].number
    )
    return f"without LIMIT {gone}"


def _by_offset(select: Any) -> str:
    """A page by number: the condition that says where the page begins is gone, the rows before it are read."""
    keys = _sort_keys(select)
    for conjunct in _conjuncts(select.where_clause):
        operator = strings(conjunct.a_expr.name) if conjunct.HasField("a_expr") else ()
        if operator in {("<",), (">",), ("<=",), (">=",)} and keys & set(map(_text, _members(conjunct.a_expr.lexpr))):
            _write(conjunct, _MISSING)
    return f"OFFSET {_put(select.limit_offset, str(SKIPPED))}"


def _turn(key: Any) -> str:
    falls = word(key, "sortby_dir") == "SORTBY_DESC"
    _set(key, "sortby_dir", "SORTBY_ASC" if falls else "SORTBY_DESC")
    return f"{_text(key.node)} {'ASC' if falls else 'DESC'}"


def _star(select: Any) -> str:
    star = parse("SELECT *").stmts[0].stmt.select_stmt.target_list
    del select.target_list[:]
    select.target_list.extend(star)
    return "SELECT *"


def _union(select: Any) -> str:
    select.all = False
    return "UNION"


def _set(message: Any, field: str, value: str) -> None:
    """An enumerated field by the name of its value."""
    setattr(message, field, message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_name[value].number)


def _text(node: Any) -> str:
    """An expression as SQL."""
    tree = parse("SELECT 1")
    tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(node)
    return _deparsed(tree).removeprefix("SELECT ")


def _write(node: Any, template: str) -> str:
    """Puts the node into the template's place of it."""
    return _put(node, template.format(_text(node)))


def _put(node: Any, text: str) -> str:
    node.CopyFrom(parse(f"SELECT {text}").stmts[0].stmt.select_stmt.target_list[0].res_target.val)
    return text
