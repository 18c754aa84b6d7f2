"""What a set of indexes is worth: the real ones are there, and the workload is run on the real rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from platformdb.indexes.advise.choose import Names
from platformdb.indexes.advise.model import Demand, Index
from platformdb.postgres.connect import Connection
from platformdb.postgres.explain import explain_plan, explain_run, read_counts
from platformdb.postgres.prepared import Prepared, prepared
from platformdb.postgres.rows import refusing
from platformdb.postgres.statements_seen import generic_plan_cost
from platformdb.postgres.undone import undone
from platformdb.sqltext.quote import quote_identifier
from platformdb.workload.plan_tree import PlanNode, read_plan
from platformdb.workload.run import touched_between


@dataclass(frozen=True, slots=True)
class Trials:
    """The workload and the candidates, which are all built; ``touching`` has those that may matter to each demand.

    What was measured is remembered: of a demand under the candidates on its own tables, and of each plan, for the same
    plan does the same work. A statement that writes is not run: deleting one user of a database without indexes took
    minutes, by what hangs on him. Its work is what the planner expects; what its foreign keys look for is a demand of
    its own. ``settled`` plans each statement as often as PostgreSQL does before it keeps to one kind of plan.
    """

    connection: Connection
    demands: Sequence[Demand]
    built: Mapping[str, Index]
    touching: Sequence[Names]
    settled: bool = False
    remembered: dict[tuple[int, Names], float] = field(default_factory=dict)
    by_plan: dict[tuple[int, PlanNode], float] = field(default_factory=dict)

    def measure(self, names: Names) -> tuple[float, ...]:
        """The pages that each demand reads once where of the candidates there are just these."""
        keys = [(number, names & touching) for number, touching in enumerate(self.touching)]
        unknown = [key for key in keys if key not in self.remembered]
        if unknown:
            touching = frozenset().union(*(self.touching[number] for number, _ in unknown))
            with undone(self.connection, writes=True):
                drop(self.connection, {name: self.built[name] for name in touching - names})
                for number, present in unknown:
                    self.remembered[number, present] = self._pages(number)
        return tuple(self.remembered[key] for key in keys)

    def _pages(self, number: int) -> float:
        demand = self.demands[number]
        query, persona = demand.query, demand.persona
        if demand.generic:
            return generic_plan_cost(self.connection, query.sql, what=demand.name, place=query.place)
        with (
            refusing(self.connection, what=demand.name, place=query.place),
            prepared(self.connection, query.sql, persona.parameters, persona.types, settled=self.settled) as statement,
        ):
            plan = read_plan(explain_plan(self.connection, statement))
            if query.writes:
                return plan.cost
            if demand.hidden or (number, plan) not in self.by_plan:
                # A first run also reads pages of the catalog, for the functions that it calls.
                runs = 2 if demand.hidden or self.settled else 1
                self.by_plan[number, plan] = min(self._run(statement, demand) for _ in range(runs))
            return self.by_plan[number, plan]

    def _run(self, statement: Prepared, demand: Demand) -> float:
        with undone(self.connection):
            before = read_counts(self.connection) if demand.hidden else {}
            plan = read_plan(explain_run(self.connection, statement))
            after = read_counts(self.connection) if demand.hidden else {}
        # What triggers and functions do is in no node of a plan, or in that of the call.
        return float(max(plan.buffers, sum(table.blocks for table in touched_between(before, after))))


def touching(demand: Demand, built: Mapping[str, Index]) -> Names:
    """The candidates that may matter to a demand."""
    tables = demand.tables
    return frozenset(name for name, index in built.items() if index.table in tables)


def drop(connection: Connection, indexes: Mapping[str, Index]) -> None:
    """Drops indexes by name, in one statement."""
    if indexes:
        names = (
            f"{quote_identifier(index.table.rpartition('.')[0])}.{quote_identifier(name)}"
            for name, index in sorted(indexes.items())
        )
        connection.execute(f"DROP INDEX {', '.join(names)}".encode())
