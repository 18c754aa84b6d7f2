"""What is to be loaded, and whether it may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platformdb.errors import ApplyFailed, ConfigError, Refused
from platformdb.postgres.connect import Connection
from platformdb.report.model import Statement, Step, StepResult, StepState
from platformdb.seeding.fit.facts import count_filled
from platformdb.seeding.load.catalog import unveiled
from platformdb.seeding.load.copying import copy_statement
from platformdb.seeding.load.model import Filled
from platformdb.seeding.marker import read_marker
from platformdb.seeding.model import Definition, SeedPlan, TableFact, TablePlan
from platformdb.seeding.problems import Misfit
from platformdb.seeding.request import Existing
from platformdb.seeding.state import Marker, judge_state

# Classes of SQLSTATE: values that are none, and constraints that are violated.
WRONG_ROWS = ("22", "23")


@dataclass(frozen=True, slots=True)
class Job:
    """A planned seed on its way into a database."""

    platform: str
    definition: Definition
    plan: SeedPlan
    wanted: Marker
    existing: Existing = Existing.REFUSE

    @property
    def step(self) -> Step:
        """The whole load, for errors about no table in particular."""
        return Step("seed", f"seeding {self.platform}", self.wanted.shown)

    @property
    def facts(self) -> list[TableFact]:
        """The tables that are loaded."""
        return [table.fact for table in self.plan.tables]

    @property
    def appends(self) -> bool:
        """Whether rows that are there stay."""
        return self.existing is Existing.APPEND

    @property
    def emptied(self) -> list[TableFact]:
        """The tables that are emptied, in one order for everybody: two who lock them do not deadlock."""
        others = () if self.appends else self.plan.bystanders
        return sorted((*self.facts, *others), key=lambda fact: (fact.schema, fact.relation))

    def marked(self, filled: Iterable[Filled]) -> Marker:
        """What the database holds when all is loaded."""
        done = {each.relation: each for each in filled}
        return dataclasses.replace(
            self.wanted,
            rows=sum(each.rows for each in done.values()),
            tables=tuple(fact.quoted for fact in self.facts),
            checksums={fact.name: done[fact.quoted].checksum for fact in self.facts},
        )


def may_load(connection: Connection, job: Job) -> Mapping[str, int] | None:
    """The rows that are there, by table, or None where nothing is to be done.

    Raises:
        Refused: the tables hold other rows, or others do that refer to them.
    """
    with unveiled(connection, [fact.quoted for fact in job.emptied]):
        filled = count_filled(connection, job.facts)
        if not judge_state(job.wanted, read_marker(connection, job.platform), filled, job.existing):
            return None
        _refuse_bystanders(connection, job)
    return filled


def _refuse_bystanders(connection: Connection, job: Job) -> None:
    """Who replaces means the seed's own tables, also those that are not loaded this time; never others."""
    own = job.definition.tables if job.existing is Existing.REPLACE else ()
    strangers = () if job.appends else [fact for fact in job.plan.bystanders if fact.name not in own]
    if outside := count_filled(connection, strangers):
        holds = ", ".join(f"{table} ({rows:,})" for table, rows in outside.items())
        raise Refused(
            f"other tables refer to those to be filled, and hold rows: {holds}",
            help="empty them; or describe them in seed.toml, and --replace empties them",
        )


def copy_step(table: TablePlan, rows: int, *, freezes: bool, checksum: str = "") -> Step:
    """The loading of one table; its checksum is known in the end."""
    reason = f"{rows:,} rows" + (f", checksum {checksum[:16]}" if checksum else "")
    return Step("copy", table.fact.name, reason, (Statement(copy_statement(table, freezes=freezes)),))


def copied(table: TablePlan, filled: Filled, *, freezes: bool) -> StepResult:
    """A table that was loaded."""
    step = copy_step(table, filled.rows, freezes=freezes, checksum=filled.checksum)
    return StepResult(step, StepState.APPLIED, filled.elapsed_ms, filled.rows)


def listed(facts: Sequence[TableFact]) -> str:
    """The names of tables for SQL."""
    return ", ".join(fact.quoted for fact in facts)


def is_about_rows(error: BaseException) -> bool:
    """Whether it would come again, for it is the rows that are wrong: no server's or machine's trouble."""
    if isinstance(error, ApplyFailed):
        return str(getattr(error.__cause__, "sqlstate", ""))[:2] in WRONG_ROWS
    return isinstance(error, ConfigError | Misfit)
