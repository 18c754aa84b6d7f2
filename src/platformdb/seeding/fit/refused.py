"""The row that the server refused: its number, the values that are wrong, the generator's line and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from platformdb.errors import ApplyFailed, Place
from platformdb.postgres.refusal import Refusal, explaining
from platformdb.seeding.files.places import find_line
from platformdb.seeding.files.sources import Sources
from platformdb.seeding.fit.constraints import Check, Exclusion, ForeignKey, Unique
from platformdb.seeding.fit.shown import HIDDEN, cut, is_secret, shown
from platformdb.seeding.model import TableFact, TablePlan
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World
from platformdb.sqltext.checks.model import columns_of
from platformdb.sqltext.checks.read import read_check

# What to change, by SQLSTATE.
ADVICE = {
    "23502": "give it a value in every row (nulls, where, given and absent leave some without)",
    "23503": "copy the value from a row that is loaded, through a link",
    "23505": "make the values differ: unique = true, an ordinal or an id, or distinct on the table",
    "23514": "let the generator make only what the constraint allows, or change the constraint",
    "23P01": "let the values not overlap, or change the constraint",
    "22001": "make the texts shorter, or the column longer",
    "22003": "make the numbers smaller, or the column's type larger",
}
ANY = "correct the generator"


class RowRefused(ApplyFailed):
    """The server refused a row; ``key`` is the dotted key of what made it."""

    key = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a refusal is about: the columns, and the constraint as people wrote it."""

    columns: tuple[str, ...]
    constraint: str = ""


def refusals_told(world: World, tables: Sequence[TablePlan]) -> AbstractContextManager[None]:
    """Whatever row of these tables the server refuses meanwhile becomes a ``RowRefused``."""
    return explaining(lambda refusal: explain_refusal(world, tables, refusal))


def explain_refusal(world: World, tables: Sequence[TablePlan], refusal: Refusal) -> RowRefused | None:
    """The refusal in our words; None where it is not about a row of these tables."""
    table = _table(tables, refusal)
    if table is None or refusal.sqlstate[:2] not in ("22", "23"):
        return None
    wrong = what_is_wrong(table.fact, refusal)
    # Of a value that is none of its type the server shows all.
    hidden = refusal.sqlstate.startswith("22") and any(map(is_secret, wrong.columns))
    error = RowRefused(
        f"{table.fact.name}: {'a value is none of its type' if hidden else refusal.message}",
        detail="\n".join(_details(world, table, wrong, refusal)),
        help=f"{ADVICE.get(refusal.sqlstate, ANY)}; then run it again, nothing was loaded",
    )
    made = [name for name in wrong.columns if name in world.definition.tables[table.fact.name].columns]
    error.key = ".".join(["tables", table.fact.name, *(["columns", made[0]] if made else [])])
    error.place = Place(world.definition.source)
    return error


def located(error: RowRefused, sources: Sources) -> RowRefused:
    """The same error, with the line of the generator."""
    error.place = Place(sources.file, find_line(sources.text, tuple(error.key.split("."))))
    return error


def what_is_wrong(fact: TableFact, refusal: Refusal) -> Wrong:
    """The columns that a refusal is about, as far as they can be known."""
    constraints: list[Unique | ForeignKey | Exclusion] = [*fact.uniques, *fact.foreign_keys, *fact.exclusions]
    keys = {key.name: key.columns for key in constraints}
    if refusal.constraint in keys:
        return Wrong(refusal.columns or tuple(filter(None, keys[refusal.constraint])))
    if refusal.sqlstate == "23514" and not refusal.constraint and fact.partitioning:
        return Wrong(tuple(filter(None, fact.partitioning.columns)))
    return next(_checked(fact, refusal), Wrong(refusal.columns))


def _checked(fact: TableFact, refusal: Refusal) -> Iterator[Wrong]:
    """The CHECK of that name, of the table or of a column's domain."""
    for check in fact.checks:
        if check.name == refusal.constraint:
            yield Wrong(_columns(check, fact), f"CHECK {_bracketed(check.expression)}")
    for column in fact.columns:
        for check in (*column.checks, *column.element_checks):
            if check.name == refusal.constraint and column.name in (refusal.columns or (column.name,)):
                yield Wrong((column.name,), f"CHECK {_bracketed(check.expression)} of the domain {check.holder}")


def _table(tables: Sequence[TablePlan], refusal: Refusal) -> TablePlan | None:
    """The table that is named, or that is loaded: an error about a value or a partition names another or none."""
    for table in tables:
        if (table.fact.schema, table.fact.relation) == (refusal.schema, refusal.table):
            return table
    return tables[0] if len(tables) == 1 else None


def _columns(check: Check, fact: TableFact) -> tuple[str, ...]:
    """In the order of the expression; the catalog knows of columns that are used as a whole, too."""
    own = [column.name for column in fact.columns]
    return tuple(name for name in columns_of_check(check) if name in own)


def columns_of_check(check: Check) -> tuple[str, ...]:
    """The columns that it looks at: those of the expression and those that the catalog knows."""
    return tuple(dict.fromkeys((*columns_of(read_check(check.expression, {})), *check.columns)))


def _bracketed(expression: str) -> str:
    return expression if expression.startswith("(") else f"({expression})"


def _details(world: World, table: TablePlan, wrong: Wrong, refusal: Refusal) -> Iterator[str]:
    if wrong.constraint:
        yield f"constraint {refusal.constraint}: {wrong.constraint}"
    elif refusal.constraint:
        yield f"constraint {refusal.constraint}"
    if refusal.row is not None:
        yield f"row {refusal.row:,} of {world.rows(table.fact.name):,}"
        for name in wrong.columns:
            yield f"  {name} = {value_in(world, table, name, refusal.row)}"
    elif refusal.key:
        hidden = any(map(is_secret, wrong.columns))
        yield f"  {', '.join(wrong.columns)} = {HIDDEN if hidden else cut(refusal.key)}"
    yield f"SQLSTATE: {refusal.sqlstate}"


def value_in(world: World, table: TablePlan, name: str, number: int) -> str:
    """The value of a column in a row, for people; rows are numbered from 1."""
    row = number - 1
    if name not in [column.name for column in table.columns]:
        return "(the database's own: it has no generator)"
    if is_secret(name):
        return HIDDEN
    first = row // BLOCK * BLOCK
    block = world.block(table.fact.name, Span(first, min(first + BLOCK, world.rows(table.fact.name))))
    return shown(block.loaded(name).take(np.array([row - block.span.first])))
