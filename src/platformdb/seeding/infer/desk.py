"""Where one table's columns are put together: what is known of it, and the helpers that its columns share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platformdb.seeding.infer.limits import TableLimits
from platformdb.seeding.infer.model import Options, Shape, Wiring
from platformdb.seeding.infer.names import BUILT_IN, fresh, plain, words
from platformdb.seeding.infer.uniques import Roles
from platformdb.seeding.model import ColumnFact, TableFact
from platformdb.sqltext.checks.allowed import Allowed


@dataclass(slots=True)
class Desk:
    """One table under way. ``period`` are the first and the last instant of the story, in microseconds since 1970."""

    fact: TableFact
    wiring: Wiring
    limits: TableLimits
    roles: Roles
    period: tuple[int, int]
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    apart: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    helpers: dict[str, Options] = field(default_factory=dict)
    columns: dict[str, Options] = field(default_factory=dict)

    def helper(self, wanted: str, options: Options) -> str:
        """The name of a helper that makes this: one that does already, or a new one."""
        for name, known in self.helpers.items():
            if known == options:
                return name
        taken = {*BUILT_IN, *self.helpers, *(column.name for column in self.fact.columns)}
        taken |= {link.name for link in self.wiring.links}
        name = fresh(plain(wanted), taken)
        self.helpers[name] = options
        return name

    def number(self) -> str:
        """The helper that numbers the rows from 1."""
        return self.helper("number", {"make": "ordinal", "start": 1})

    def limit(self, column: ColumnFact) -> Allowed:
        """What its constraints leave to a column."""
        return self.limits.of(column.name)

    def single(self, column: ColumnFact) -> bool:
        """Whether it must never repeat."""
        return column.name in self.roles.single

    def shape(self, column: ColumnFact) -> Shape | None:
        """What its values in the database look like, where that is known."""
        return self.shapes.get(column.name)

    def may_be_null(self, column: ColumnFact) -> bool:
        """Whether nothing speaks against NULL."""
        return not column.not_null and column.name not in self.roles.filled and self.limit(column).null

    def path(self, name: str) -> str:
        """How a path calls a column of this table: by an own helper where its name has another meaning in paths."""
        return alias(self.fact, name) or name


def alias(fact: TableFact, name: str) -> str:
    """The helper that stands for a column whose name paths read in another way; empty for all others."""
    if "." not in name and name not in BUILT_IN:
        return ""
    return fresh(f"own_{plain(name)}", {column.name for column in fact.columns})


def about(column: ColumnFact) -> frozenset[str]:
    """The words of a column's name."""
    return frozenset(words(column.name))


def scalar(value: Any) -> bool | int | float | str:
    """A value as TOML has it."""
    if isinstance(value, bool | int | float | str):
        return value
    return int(value) if value == int(value) else float(value)
