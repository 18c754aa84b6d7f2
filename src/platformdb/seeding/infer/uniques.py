"""Decides how a table's unique keys hold: by a column that never repeats, by its links, or by dropping what repeats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from platformdb.seeding.fit.constraints import Unique
from platformdb.seeding.infer.model import Wiring
from platformdb.seeding.infer.names import words
from platformdb.seeding.model import ColumnFact, TableFact

COUNTED = ("int2", "int4", "int8", "numeric", "float4", "float8")
TEXTS = ("text", "varchar", "bpchar", "citext", "name")
MOMENTS = ("timestamptz", "timestamp", "date")
# What can be made so that it never repeats, what is most like a key first.
CAPABLE = ("uuid", *TEXTS, *COUNTED, *MOMENTS, "bytea", "inet", "cidr", "macaddr", "macaddr8", "oid", "bit", "varbit")
_NUMBERING = {
    "position", "number", "no", "num", "seq", "sequence", "ordinal", "idx", "index", "rank", "sort", "order", "line",
    "version", "revision", "step", "level", "priority", "part", "page", "round", "attempt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Roles:
    """``single`` columns never repeat, ``numbered`` ones count by a link; of rows equal in ``distinct`` one stays."""

    single: frozenset[str] = frozenset()
    numbered: Mapping[str, str] = field(default_factory=dict)
    distinct: tuple[str, ...] = ()
    silent: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    trouble: str = ""


def key_columns(fact: TableFact, unique: Unique) -> set[str]:
    """The columns which a key depends on; those of expressions and of generated columns are those they mention."""
    found: set[str] = set()
    for part in unique.columns:
        column = fact.column(part)
        if column is None:
            found |= mentioned(fact, part)
        elif column.generated:
            found |= mentioned(fact, column.default) or {part}
        else:
            found.add(part)
    return found


def mentioned(fact: TableFact, expression: str) -> set[str]:
    """The columns whose names stand in an expression, its texts aside."""
    bare = re.sub(r"'(?:[^']|'')*'", " ", expression)
    names = {name.replace('""', '"') for name in re.findall(r'"((?:[^"]|"")+)"', bare)}
    names |= set(re.findall(r"[^\W\d][\w$]*", re.sub(r'"(?:[^"]|"")+"', " ", bare)))
    return {column.name for column in fact.columns if column.name in names}


@dataclass(slots=True)
class _Keys:
    """A table's keys under way."""

    fact: TableFact
    wiring: Wiring
    narrow: Callable[[ColumnFact], bool]
    single: set[str] = field(default_factory=set)
    numbered: dict[str, str] = field(default_factory=dict)
    distinct: tuple[str, ...] = ()
    silent: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    ensured: list[set[str]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def ensure(self, unique: Unique) -> None:
        """Finds a way in which the key holds."""
        columns = key_columns(self.fact, unique)
        if not unique.nulls_distinct or not unique.plain:
            self.filled |= columns
        if self._holds(columns) or (unique.nulls_distinct and columns & self.wiring.silent):
            return
        free = self._free(columns)
        if free:
            self._fill(free, columns)
        elif not self.distinct and self._may_drop(columns):
            self.distinct = tuple(sorted(columns))
        elif (quiet := self._quiet(columns)) and unique.nulls_distinct:
            self.silent.add(quiet)
        else:
            self.troubles.append(f"no way is known to make {', '.join(sorted(columns))} unique ({unique.name})")
        self.ensured.append(columns)

    def _holds(self, columns: set[str]) -> bool:
        links = self.wiring.links
        if columns & self.single or any(each <= columns for each in self.ensured):
            return True
        if any(link.single and set(link.key.columns) <= columns for link in links):
            return True
        heads = {name for link in links if link.options is None for name in link.key.columns}
        return self.wiring.shape == "pairs" and heads <= columns

    def _free(self, columns: set[str]) -> list[ColumnFact]:
        """Columns that may take any value, what is most like a key first."""
        found = [column for column in self.fact.columns if column.name in columns and self._able(column)]
        return sorted(found, key=lambda column: (column.type in MOMENTS, CAPABLE.index(column.type)))

    def _able(self, column: ColumnFact) -> bool:
        known = column.name in self.wiring.sources or column.name in self.wiring.silent
        return not known and column.type in CAPABLE and not column.enum and not self.narrow(column)

    def _fill(self, free: list[ColumnFact], columns: set[str]) -> None:
        links = [link for link in self.wiring.links if not link.late and set(link.key.columns) <= columns]
        counted = [column for column in free if column.type in COUNTED and _NUMBERING & set(words(column.name))]
        if links and (counted or free[0].type in COUNTED):
            self.numbered[(counted or free)[0].name] = links[0].name
        elif links and free[0].type == "date":
            self.numbered[free[0].name] = links[0].name
        else:
            self.single.add(free[0].name)

    def _may_drop(self, columns: set[str]) -> bool:
        late = {link.name for link in self.wiring.links if link.late}
        sources = self.wiring.sources
        return not any(name in sources and sources[name][0] in late for name in columns)

    def _quiet(self, columns: set[str]) -> str:
        """A column of the key that may be NULL in every row."""
        facts = [self.fact.column(name) for name in sorted(columns)]
        return next((column.name for column in facts if column and not column.not_null and not column.generated), "")


def assign(fact: TableFact, wiring: Wiring, narrow: Callable[[ColumnFact], bool], more: Iterable[Unique] = ()) -> Roles:
    """The roles of a table's columns; ``narrow`` says which can take a few values only, ``more`` are further keys."""
    keys = _Keys(fact, wiring, narrow)
    held = [unique for unique in (*fact.uniques, *more) if not unique.overlaps]
    # What holds for few columns holds for more.
    for unique in sorted(held, key=lambda unique: (not unique.primary, len(unique.columns))):
        keys.ensure(unique)
    return Roles(
        frozenset(keys.single), keys.numbered, keys.distinct, frozenset(keys.silent), frozenset(keys.filled),
        "; ".join(keys.troubles),
    )  # fmt: skip
