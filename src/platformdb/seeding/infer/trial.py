"""Tries a seed.toml: generates its rows and offers them to copies of the tables, which are temporary and stay empty.

The copies have the tables' CHECKs, keys, exclusion constraints and generated columns. Foreign keys and partitions are
asked for afterwards. Nothing of the database is changed or locked, but that the tables cannot be altered meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platformdb.errors import ConfigError
from platformdb.postgres.attempt import Refusal, attempt
from platformdb.postgres.connect import Connection
from platformdb.postgres.copy import copy_in, stream
from platformdb.seeding.files.definition import read_definition
from platformdb.seeding.files.sources import FILE, FOLDER, Sources
from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.fit.wires import check_types, encode_table
from platformdb.seeding.infer.model import Trouble
from platformdb.seeding.model import Definition, SeedPlan, TableFact, TablePlan
from platformdb.seeding.plan import plan_seed
from platformdb.seeding.problems import Invalid, Misfit, Problem
from platformdb.seeding.rows.world import World
from platformdb.sqltext.quote import quote_identifier

Facts = Mapping[str, TableFact]


def try_out(connection: Connection, text: str, facts: Facts, profile: str, scale: float) -> tuple[Trouble, ...]:
    """What speaks against the file's rows; nothing: all are accepted."""
    try:
        definition = read_definition(Sources(FILE, text, FOLDER, {}), profile, scale)
        plan = plan_seed(definition, facts)
        if problems := check_types(definition, plan):
            raise Invalid(problems)  # noqa: TRY301 - all problems are told in one way
    except Invalid as invalid:
        return tuple(_told(problem, facts) for problem in invalid.problems)
    with connection.transaction(force_rollback=True):
        return tuple(_Trial(connection, definition, plan).troubles())


@dataclass(slots=True)
class _Trial:
    """One definition on the server."""

    connection: Connection
    definition: Definition
    plan: SeedPlan

    def troubles(self) -> Iterator[Trouble]:
        world = World(self.definition, 1)
        filled: dict[str, TablePlan] = {}
        for table in self.plan.tables:
            trouble = self._filled(world, table, _copy_of(len(filled)))
            if trouble is None:
                filled[table.fact.name] = table
            else:
                yield trouble
        for name, table in filled.items():
            yield from self._strays(table, list(filled))
            yield from (Trouble(name, (), why) for why in self._homeless(table, list(filled).index(name)))

    def _filled(self, world: World, table: TablePlan, name: str) -> Trouble | None:
        try:
            refusal = attempt(self.connection, lambda: self._fill(world, table, name))
        except Misfit as misfit:
            return _told(Problem(misfit.message, place=None, key=misfit.key), {table.fact.name: table.fact})  # type: ignore[arg-type]
        except ConfigError as error:
            return Trouble(table.fact.name, _columns_in(error.message, table.fact), error.message)
        return _refused(table.fact, refusal) if refusal else None

    def _fill(self, world: World, table: TablePlan, name: str) -> None:
        copied = [quote_identifier(column.name) for column in table.columns]
        like = "INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING GENERATED INCLUDING DEFAULTS"
        self.connection.execute(f"CREATE TEMP TABLE {name} (LIKE {table.fact.quoted} {like}) ON COMMIT DROP".encode())
        # A default of a column that is filled is not asked for; dropped, it cannot use up a sequence either.
        drops = ", ".join(f"ALTER {column} DROP DEFAULT" for column in copied)
        self.connection.execute(f"ALTER TABLE {name} {drops}".encode())
        if world.rows(table.fact.name):
            rows = stream(encode_table(world, table))
            copy_in(self.connection, f"COPY {name} ({', '.join(copied)}) FROM STDIN (FORMAT binary)", rows)

    def _strays(self, table: TablePlan, filled: list[str]) -> Iterator[Trouble]:
        """Foreign keys that a row breaks."""
        own = _copy_of(filled.index(table.fact.name))
        for key in table.fact.foreign_keys:
            there = _copy_of(filled.index(key.table)) if key.table in filled else ""
            if self.connection.execute(_broken(own, there, key).encode()).fetchone():
                yield Trouble(table.fact.name, key.columns, f"{', '.join(key.columns)} refers to no row of {key.table}")

    def _homeless(self, table: TablePlan, number: int) -> Iterator[str]:
        """Whether a row fits into no partition."""
        split = table.fact.partitioning
        if split is None or any(leaf.default for leaf in split.partitions):
            return
        homes = " OR ".join(f"({leaf.expression})" for leaf in split.partitions) or "false"
        query = f"SELECT FROM {_copy_of(number)} WHERE ({homes}) IS NOT TRUE LIMIT 1"
        found: list[object] = []
        refusal = attempt(self.connection, lambda: found.extend(self.connection.execute(query.encode()).fetchall()))
        if refusal or found:
            yield "no partition takes some of its rows"


def _copy_of(number: int) -> str:
    return f'pg_temp."platformdb trial {number}"'


def _broken(own: str, there: str, key: ForeignKey) -> str:
    """A query for a row whose key is complete and which refers to nothing."""
    columns = [quote_identifier(column) for column in key.columns]
    complete = " AND ".join(f"o.{column} IS NOT NULL" for column in columns)
    if not there:
        return f"SELECT FROM {own} AS o WHERE {complete} LIMIT 1"
    pairs = zip(columns, key.referenced, strict=True)
    same = " AND ".join(f"o.{column} = t.{quote_identifier(referenced)}" for column, referenced in pairs)
    return f"SELECT FROM {own} AS o WHERE {complete} AND NOT EXISTS (SELECT FROM {there} AS t WHERE {same}) LIMIT 1"  # noqa: S608


def _told(problem: Problem, facts: Facts) -> Trouble:
    """A problem of the definition, by the table and the column of its key."""
    rest = problem.key.removeprefix("tables.")
    table = max((name for name in facts if rest == name or rest.startswith(f"{name}.")), key=len, default="")
    part, _, column = rest.removeprefix(table).lstrip(".").partition(".")
    return Trouble(table, (column,) if part == "columns" else (), problem.message)


def _refused(fact: TableFact, refusal: Refusal) -> Trouble:
    checks = {check.name: check.columns for check in fact.checks}
    domains = tuple(c.name for c in fact.columns for check in c.checks if check.name == refusal.constraint)
    message = re.sub(r'"platformdb trial \d+(?=["_])', f'"{fact.relation}', refusal.message)
    return Trouble(fact.name, checks.get(refusal.constraint) or domains or refusal.columns, message, refusal.constraint,
        refusal.sqlstate == "23505",
    )  # fmt: skip


def _columns_in(message: str, fact: TableFact) -> tuple[str, ...]:
    return tuple(column.name for column in fact.columns if message.startswith(f"{fact.name}.{column.name} "))
