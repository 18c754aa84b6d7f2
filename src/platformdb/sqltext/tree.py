"""Reading libpg_query's trees: enumerations by their names, lists of strings, names as SQL would write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

from platformdb.sqltext.quote import quote_identifier

PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def parse(text: str) -> Any:
    """libpg_query's tree of a text, however deep.

    protobuf reads 100 levels unless it is told otherwise, which a sum of 47 terms or 98 queries with UNION go beyond.

    Raises:
        postgast.PgQueryError: a syntax error.
    """
    return _parser()(text)


@cache
def _parser() -> Callable[[str], Any]:
    import postgast  # 80 ms: only commands that read SQL pay for it

    with suppress(ImportError):  # protobuf without its C part has no such switch
        import_module("google._upb._message").SetAllowOversizeProtos(True)  # noqa: FBT003 - its only parameter
    found: Callable[[str], Any] = postgast.parse
    return found


def word(node: Any, field: str) -> str:
    """The name of an enumerated field's value, such as ``OBJECT_TABLE``."""
    return str(node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(node, field)].name)


def kinds(names: str) -> frozenset[str]:
    """The kinds of the statements that libpg_query calls ``<name>_stmt``, by their names with blanks between."""
    return frozenset(f"{name}_stmt" for name in names.split())


def inner(node: Any) -> tuple[str, Any]:
    """What a ``Node`` holds: its kind and itself; ("", None) where it holds nothing."""
    kind = node.WhichOneof("node") or ""
    return kind, getattr(node, kind) if kind else None


def strings(nodes: Iterable[Any]) -> tuple[str, ...]:
    """The strings of a list, such as the parts of a name; what is no string is left out."""
    return tuple(node.string.sval for node in nodes if node.HasField("string"))


def options(nodes: Iterable[Any]) -> Mapping[str, Any]:
    """The values of an option list by the options' names, as ``Node``."""
    return {node.def_elem.defname: node.def_elem.arg for node in nodes}


def is_off(value: Any) -> bool:
    """Whether an option's value says no; an option without a value says yes."""
    kind, held = inner(value)
    if kind == "boolean":
        return not held.boolval
    if kind == "integer":
        return not held.ival
    # A bare word that is not reserved, such as off, is parsed as the name of a type.
    said = held.sval if kind == "string" else ".".join(strings(held.names)) if kind == "type_name" else ""
    return said.lower() in {"false", "off"}


def written(*parts: str) -> str:
    """A name as SQL writes it, quoted only where it must be; empty parts are left out."""
    return ".".join(part if PLAIN.fullmatch(part) else quote_identifier(part) for part in parts if part)


def relation(node: Any) -> str:
    """The name of a ``RangeVar``, with its schema where it has one."""
    return written(node.schemaname, node.relname)


# What most trees consist of, and what has nothing inside.
_LEAVES = frozenset({"a_const", "a_star", "boolean", "float", "integer", "param_ref", "role_spec", "string"})


def children(node: Any) -> Iterator[Any]:
    """The messages directly inside a message, leaves apart; what a ``Node`` holds instead of the ``Node``."""
    for field, value in node.ListFields():
        if field.message_type is None:
            continue
        for child in (value,) if hasattr(value, "DESCRIPTOR") else value:
            if field.message_type.name != "Node":
                yield child
            elif (kind := child.WhichOneof("node")) and kind not in _LEAVES:
                yield getattr(child, kind)
