"""Names: of links, helpers and numbers, as seed.toml takes them in paths, and the words that a name is made of."""

from __future__ import annotations

import re
from collections.abc import Collection

# Taken by every table.
BUILT_IN = ("time", "source", "row")
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_ENDS = ("_id", "_uuid", "_fk", "_key", "_code", "_oid", "id")


def plain(name: str) -> str:
    """The name in letters that a path and the name of a number may have."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    simple = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    return simple if simple[:1].isalpha() else f"n_{simple}".rstrip("_")


def fresh(wanted: str, taken: Collection[str]) -> str:
    """That name, or one like it that nothing else has."""
    if wanted not in taken:
        return wanted
    return next(name for number in range(2, len(taken) + 3) if (name := f"{wanted}_{number}") not in taken)


def link_name(column: str, taken: Collection[str]) -> str:
    """What a foreign key's column refers to: ``author`` for ``author_id``."""
    name = plain(column)
    for end in _ENDS:
        if name.endswith(end) and len(name) > len(end):
            name = name.removesuffix(end).rstrip("_")
            break
    name = name or "other"
    return name if name not in taken else fresh(f"of_{name}", taken)


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case."""
    return tuple(plain(name).split("_"))
