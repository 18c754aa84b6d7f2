"""A CHECK's text as an expression: what libpg_query's tree says, as far as its meaning here is PostgreSQL's.

PostgreSQL writes every cast out, so the families of both sides tell which operator is meant. What would depend on the
locale, the time zone, the clock or the order of an enum's labels is opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from platformdb.sqltext.checks.constants import typed
from platformdb.sqltext.checks.model import FAMILIES, Call, Column, Expression, Literal, Opaque
from platformdb.sqltext.tree import children, inner, parse, strings, word

EXACT = ("int", "numeric")
INEXACT = ("real", "float")
NUMBERS = EXACT + INEXACT
MOMENTS = ("date", "timestamp")
TEXTS = ("text", "bpchar", "enum")
# Those whose order here is PostgreSQL's.
ORDERED = (*NUMBERS, *MOMENTS, "timestamptz", "bool", "uuid")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
ARITHMETIC = {**dict.fromkeys("+-*%", frozenset(EXACT)), **dict.fromkeys("&|", frozenset({"int"}))}
HOLDING = {("?", "jsonb", "text"), *((name, kind, kind) for name in ("<@", "@>") for kind in ("int[]", "text[]"))}
PATTERNS = {"~": "~", "~*": "~*", "~~": "~~", "~~*": "~~*", "!~": "~", "!~*": "~*", "!~~": "~~", "!~~*": "~~*"}
# A function's name → which families its operands may have, and the family of its result.
FUNCTIONS: Mapping[str, tuple[tuple[tuple[str, ...], ...], str]] = {
    **dict.fromkeys(("length", "char_length", "character_length"), ((("text", "bytea"),), "int")),
    "octet_length": ((("text", "bytea"),), "int"),
    **dict.fromkeys(("btrim", "ltrim", "rtrim"), ((("text",), ("text",)), "text")),
    **dict.fromkeys(("lower", "upper"), ((("text",),), "text")),
    **dict.fromkeys(("strpos", "position"), ((("text",), ("text",)), "int")),
    "similar_to_escape": ((("text",),), "text"),
    "jsonb_typeof": ((("jsonb",),), "text"),
    "abs": ((EXACT,), "numeric"),
}
SAME = {"char_length": "length", "character_length": "length", "position": "strpos"}


def read_check(text: str, families: Mapping[str, str]) -> Expression:
    """The expression of a CHECK; ``families`` are those of the columns (see ``model.family``), a domain's VALUE too.

    What is not understood is ``Opaque`` where it stands; the rest is not.
    """
    try:
        tree = parse(f"SELECT {text}")
    except Exception:  # noqa: BLE001 - whatever the parser cannot read is opaque, like anything else
        return Opaque()
    (target,) = tree.stmts[0].stmt.select_stmt.target_list
    return _Reader(families).read(target.res_target.val)


class _Reader:
    """Reads expressions over columns of known families."""

    def __init__(self, families: Mapping[str, str]) -> None:
        self.families = families

    def read(self, node: Any) -> Expression:
        kind, held = inner(node)
        rule = RULES.get(kind)
        found = rule(self, held) if rule is not None else None
        return found if found is not None else Opaque(tuple(dict.fromkeys(self._names(held))))

    def all(self, nodes: Sequence[Any]) -> tuple[Expression, ...]:
        return tuple(self.read(node) for node in nodes)

    def _names(self, held: Any) -> list[str]:
        """The columns named anywhere inside."""
        if held is None:
            return []
        if held.DESCRIPTOR.name == "ColumnRef":
            return [".".join(strings(held.fields))]
        return [name for child in children(held) for name in self._names(child)]


def _column(reader: _Reader, node: Any) -> Expression | None:
    names = strings(node.fields)
    return Column(names[0], reader.families.get(names[0], "other")) if len(names) == 1 else None


def _constant(_: _Reader, node: Any) -> Expression | None:
    if node.isnull:
        return Literal(None, "null")
    kind = node.WhichOneof("val")
    if kind == "ival":
        return Literal(node.ival.ival, "int")
    if kind == "fval":
        number = Decimal(node.fval.fval)
        return Literal(int(number), "int") if node.fval.fval.isdigit() else Literal(number, "numeric")
    if kind == "boolval":
        return Literal(node.boolval.boolval, "bool")
    return Literal(node.sval.sval, "untyped") if kind == "sval" else None


def _logic(reader: _Reader, node: Any) -> Expression | None:
    operands = reader.all(node.args)
    if any(operand.family != "bool" and not isinstance(operand, Opaque) for operand in operands):
        return None
    return Call({"AND_EXPR": "and", "OR_EXPR": "or"}.get(word(node, "boolop"), "not"), operands)


def _null_test(reader: _Reader, node: Any) -> Expression | None:
    found = Call("is null", (reader.read(node.arg),))
    return found if word(node, "nulltesttype") == "IS_NULL" else Call("not", (found,))


def _truth_test(reader: _Reader, node: Any) -> Expression | None:
    test = word(node, "booltesttype").removeprefix("IS_")
    name = {"TRUE": "is true", "FALSE": "is false", "UNKNOWN": "is null"}[test.removeprefix("NOT_")]
    found = Call(name, (reader.read(node.arg),))
    return Call("not", (found,)) if test.startswith("NOT_") else found


def _coalesce(reader: _Reader, node: Any) -> Expression | None:
    return _uniform("coalesce", reader.all(node.args))


def _case(reader: _Reader, node: Any) -> Expression | None:
    pairs = [each.case_when for each in node.args]
    conditions = [reader.read(pair.expr) for pair in pairs]
    if node.HasField("arg"):
        asked = reader.read(node.arg)
        compared = [_comparison("=", asked, value) for value in conditions]
        conditions = [each or Opaque() for each in compared]
    otherwise = reader.read(node.defresult) if node.HasField("defresult") else Literal(None, "null")
    values = _uniform("case", (*(reader.read(pair.result) for pair in pairs), otherwise))
    if values is None:
        return None
    *results, last = values.operands
    turns = [part for turn in zip(conditions, results, strict=True) for part in turn]
    return Call("case", (*turns, last), values.family)


def _uniform(name: str, operands: tuple[Expression, ...]) -> Call | None:
    """A call whose operands are of one family, which is the result's."""
    families = {operand.family for operand in operands} - {"null"}
    return Call(name, operands, families.pop()) if len(families) == 1 else None


def _call(reader: _Reader, node: Any) -> Expression | None:
    name, operands = strings(node.funcname)[-1], reader.all(node.args)
    if name in ("num_nulls", "num_nonnulls"):
        return None if node.func_variadic else Call(name, operands, "int")
    if name in ("cardinality", "array_length"):
        return Call(name, operands, "int") if operands[0].family.endswith("[]") else None
    if name not in FUNCTIONS:
        return None
    takes, family = FUNCTIONS[name]
    fits = len(operands) <= len(takes) and all(o.family in t for o, t in zip(operands, takes, strict=False))
    return Call(SAME.get(name, name), operands, family) if fits else None


def _cast(reader: _Reader, node: Any) -> Expression | None:
    kind = strings(node.type_name.names)[-1]
    family = FAMILIES.get(kind, "other") + ("[]" if node.type_name.array_bounds else "")
    found = reader.read(node.arg)
    if node.type_name.typmods:
        return None  # it may cut or round
    if isinstance(found, Literal):
        return typed(found, kind, family)
    return _converted(found, family)


def _converted(found: Expression, family: str) -> Expression | None:
    if found.family == family or (found.family, family) in FREE:
        return _as(found, family)
    if found.family == "bpchar" and family == "text":
        return Call("rtrim", (found,), "text")
    return Call("float", (found,), family) if found.family in EXACT and family == "float" else None


def _as(found: Expression, family: str) -> Expression:
    """The same value by another family's name."""
    match found:
        case Column(name):
            return Column(name, family)
        case Call(name, operands):
            return Call(name, operands, family)
    return found


def _array(reader: _Reader, node: Any) -> Expression | None:
    items = reader.all(node.elements)
    literals = [item for item in items if isinstance(item, Literal)]
    families = {item.family for item in literals} - {"null"}
    if len(literals) != len(items) or len(families) > 1:
        return None
    return Literal(tuple(item.value for item in literals), f"{families.pop() if families else 'null'}[]")


def _operator(reader: _Reader, node: Any) -> Expression | None:
    kind, name = word(node, "kind").removeprefix("AEXPR_"), strings(node.name)[-1]
    if kind in ("OP_ANY", "OP_ALL"):
        return _membership(reader, node, kind, name)
    if kind == "NULLIF":
        return None
    if kind in ("BETWEEN", "NOT_BETWEEN", "IN"):
        return _listed(reader, node, kind, name)
    if not node.HasField("lexpr"):
        operand = reader.read(node.rexpr)
        return Call("negative", (operand,), operand.family) if name == "-" and operand.family in NUMBERS else None
    left, right = reader.read(node.lexpr), reader.read(node.rexpr)
    if kind in ("DISTINCT", "NOT_DISTINCT"):
        found = _comparison("=", left, right) and Call("distinct", (left, right))
        return Call("not", (found,)) if found and kind == "NOT_DISTINCT" else found
    return _binary(name, left, right)


def _binary(name: str, left: Expression, right: Expression) -> Expression | None:
    if name in COMPARISONS:
        return _comparison(name, left, right)
    if name in PATTERNS:
        return _pattern(name, left, right)
    families = {left.family, right.family}
    if families <= ARITHMETIC.get(name, frozenset()):
        return Call(name, (left, right), "int" if families == {"int"} else "numeric")
    return Call(name, (left, right)) if (name, left.family, right.family) in HOLDING else None


def _comparison(name: str, left: Expression, right: Expression) -> Expression | None:
    families = left.family, right.family
    if "null" in families:
        return Call(name, (left, right))
    if not _comparable(*families) or (name not in ("=", "<>") and not set(families) <= set(ORDERED)):
        return None
    if "bpchar" in families:  # blanks at the end do not count
        left, right = (Call("rtrim", (side,), "text") for side in (left, right))
    return Call(name, (left, right))


def _comparable(left: str, right: str) -> bool:
    labels = {left, right} - {"enum"}
    if len(labels) == 1 and next(iter(labels)).startswith("label of "):
        return True
    groups = (EXACT, INEXACT, MOMENTS)
    known = left == right and left in (*ORDERED, *TEXTS, "bytea")
    return known or any(left in group and right in group for group in groups)


def _pattern(name: str, left: Expression, right: Expression) -> Expression | None:
    if left.family != "text" or right.family != "text":
        return None
    found = Call(PATTERNS[name], (left, right))
    return Call("not", (found,)) if name.startswith("!") else found


def _membership(reader: _Reader, node: Any, kind: str, name: str) -> Expression | None:
    """``x = ANY (ARRAY[…])``, which IN becomes, and ``x <> ALL (ARRAY[…])``."""
    listed = reader.read(node.rexpr)
    if (kind, name) not in (("OP_ANY", "="), ("OP_ALL", "<>")) or not isinstance(listed, Literal):
        return None
    held = listed.value if isinstance(listed.value, tuple) else ()
    items = tuple(Literal(item, listed.family.removesuffix("[]")) for item in held)
    return _one_of(reader.read(node.lexpr), items, negated=kind == "OP_ALL")


def _listed(reader: _Reader, node: Any, kind: str, name: str) -> Expression | None:
    """As people write them: BETWEEN and IN."""
    value, items = reader.read(node.lexpr), reader.all(node.rexpr.list.items)
    if kind == "IN":
        return _one_of(value, items, negated=name == "<>")
    bounds = _comparison(">=", value, items[0]), _comparison("<=", value, items[1])
    if bounds[0] is None or bounds[1] is None:
        return None
    found = Call("and", (bounds[0], bounds[1]))
    return found if kind == "BETWEEN" else Call("not", (found,))


def _one_of(value: Expression, items: Sequence[Expression], *, negated: bool) -> Expression | None:
    compared = [_comparison("=", value, item) for item in items]
    found: Expression = Call("among", (value, *items))
    if value.family == "bpchar" or any(each is None for each in compared):
        if not all(compared):
            return None
        found = Call("or", tuple(each for each in compared if each is not None))
    return Call("not", (found,)) if negated else found


# Casts that change no value.
FREE = frozenset(
    {("int", "numeric"), ("real", "float"), ("enum", "text"), ("date", "timestamp"), ("text", "text"), ("int", "int")}
)
RULES: Mapping[str, Callable[[_Reader, Any], Expression | None]] = {
    "column_ref": _column,
    "a_const": _constant,
    "bool_expr": _logic,
    "null_test": _null_test,
    "boolean_test": _truth_test,
    "coalesce_expr": _coalesce,
    "case_expr": _case,
    "func_call": _call,
    "type_cast": _cast,
    "a_array_expr": _array,
    "a_expr": _operator,
}
