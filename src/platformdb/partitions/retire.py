"""How partitions leave: mending what an interrupted run began, retiring what is too old. Pure.

Three ways of detaching, for what PostgreSQL allows and what it locks:

- no default partition: DETACH CONCURRENTLY, which locks nobody out;
- a default, and no foreign key into the table: a plain DETACH. It locks the parent for a millisecond, and so would
  detaching the default, beside which nothing can be detached concurrently;
- a default, and foreign keys into the table: the server reads all that refers to the partition (0.7 s for a million
  rows, measured), which under a plain DETACH would lock the parent. So the empty default stands aside for a millisecond
  at either end, and the reading goes on beside everybody else's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from platformdb.partitions.model import ARCHIVE, Partition, Policed, Reference, Relation, Retire, World, mark_of
from platformdb.partitions.periods import latest_gone
from platformdb.partitions.plan import attach, default_of, literal, step, written
from platformdb.report.model import Probe, Statement, Step
from platformdb.report.words import counted
from platformdb.sqltext.quote import quote_identifier


@dataclass(frozen=True, slots=True)
class Retirement:
    """One partition that goes, unless after ``prepare`` a foreign key turns out to need its rows."""

    policed: Policed
    partition: Partition
    prepare: tuple[Step, ...]
    go: tuple[Step, ...]


def plan_mending(world: World, policed: Policed) -> tuple[Step, ...]:
    """Finishes what an interrupted run began: detachments under way, and what then was to become of the partition."""
    begun = [partition for partition in policed.parent.partitions if partition.pending]
    finished = (_detach(policed, p, "its detachment was begun and not finished", resumes=True) for p in begun)
    left = (*(p.relation for p in begun if p.marked), *policed.parent.stray)
    return (*finished, *(step for relation in left for step in _away(world, policed, relation)))


def _away(world: World, policed: Policed, relation: Relation) -> Iterator[Step]:
    if statements := _ending(world, policed, relation):
        yield step(relation, "retired by an interrupted run", *statements)


def overdue(world: World, policed: Policed) -> tuple[Partition, ...]:
    """The partitions that lie wholly before the table's retention, oldest first."""
    gone = latest_gone(policed.policy, world.now)
    return tuple(p for p in policed.parent.partitions if gone and p.high and p.high <= gone and not p.pending)


def plan_retiring(world: World, policed: Policed, rows: Mapping[Relation, int]) -> tuple[Retirement, ...]:
    """Every overdue partition with its way out; ``rows`` says how many each has."""
    return tuple(_retirement(world, policed, p, rows.get(p.relation, 0)) for p in overdue(world, policed))


def _retirement(world: World, policed: Policed, partition: Partition, rows: int) -> Retirement:
    relation, policy = partition.relation, policed.policy
    fate = {Retire.ARCHIVE: f"into schema {ARCHIVE}", Retire.DROP: "dropped", Retire.DETACH: "detached"}[policy.retire]
    why = f"older than {policy.retention.text if policy.retention else ''}: {counted(rows, 'row')} {fate}"
    before, ending = _before(policed, partition), _ending(world, policed, relation)
    stands = policed.parent.default is not None or policy.default
    if stands and not policed.parent.references:
        # PostgreSQL detaches nothing concurrently beside a default; detaching that first would lock just as much.
        at_once = Statement(_detaching(policed, relation))
        return Retirement(policed, partition, (), (step(relation, why, *before, at_once, *ending),))
    mark = Statement(f"COMMENT ON TABLE {written(relation)} IS {_text(mark_of(policed.parent.relation))}")
    prepare = (*before, *((mark,) if policy.retire is not Retire.DETACH else ()))
    go = (_detach(policed, partition, why), *((step(relation, why, *ending),) if ending else ()))
    around = _aside(policed, go) if stands else go
    return Retirement(policed, partition, (step(relation, why, *prepare),) if prepare else (), around)


def _aside(policed: Policed, go: Sequence[Step]) -> tuple[Step, ...]:
    """The empty default makes room for one moment, as the server reads all that refers to the partition meanwhile."""
    default = default_of(policed)
    out = step(default, "stands aside, empty, for a moment", Statement(_detaching(policed, default)))
    back = step(default, "comes back", attach(policed, default, "DEFAULT"))
    return (out, go[0], back, *go[1:])


def _before(policed: Policed, partition: Partition) -> tuple[Statement, ...]:
    if not policed.policy.before_retire:
        return ()
    ends = (partition.low.isoformat() if partition.low else "-infinity", partition.high and partition.high.isoformat())
    return (Statement(policed.policy.before_retire, ends),)


def _detaching(policed: Policed, relation: Relation) -> str:
    return f"ALTER TABLE {written(policed.parent.relation)} DETACH PARTITION {written(relation)}"


def _detach(policed: Policed, partition: Partition, reason: str, *, resumes: bool = False) -> Step:
    relation = partition.relation
    probe = Probe("partition_detached", written(relation), written(policed.parent.relation))
    statement = Statement(f"{_detaching(policed, relation)} CONCURRENTLY", probe=probe)
    return Step("partition", str(relation), reason, (statement,), transactional=False, resumes=resumes)


def _ending(world: World, policed: Policed, relation: Relation) -> tuple[Statement, ...]:
    if policed.policy.retire is Retire.DROP:
        return (Statement(f"DROP TABLE {written(relation)}"),)
    if policed.policy.retire is Retire.DETACH:
        return ()
    archive = quote_identifier(ARCHIVE)
    made = () if world.archive_exists else (Statement(f"CREATE SCHEMA IF NOT EXISTS {archive}"),)
    return (*made, Statement(f"ALTER TABLE {written(relation)} SET SCHEMA {archive}"))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def children_first(tables: Iterable[Policed]) -> tuple[Policed, ...]:
    """A table that refers to another before that one, else in the file's order: what refers to old rows goes first."""
    left, ordered = list(tables), []
    while left:
        wanted = {other.parent.relation: other.parent.refers_to for other in left}
        free = [p for p in left if not _referred_to(p.parent.relation, wanted)]
        ordered += free or left  # they refer to each other in a circle: the file's order is as good as any
        left = [policed for policed in left if free and policed not in free]
    return tuple(ordered)


def _referred_to(relation: Relation, wanted: Mapping[Relation, frozenset[Relation]]) -> bool:
    return any(relation in refers_to for other, refers_to in wanted.items() if other != relation)


def references_sql(policed: Policed, partition: Partition) -> tuple[tuple[Reference, str], ...]:
    """For each foreign key into the table a query for how many rows refer to the partition's time.

    A foreign key that holds has its rows where it points: what has the time and the other columns refers to a row here.
    """
    return tuple((each, _references_sql(policed, partition, each)) for each in policed.parent.references)


def _references_sql(policed: Policed, partition: Partition, reference: Reference) -> str:
    conditions = (
        *(f"{quote_identifier(column)} IS NOT NULL" for column in reference.columns),
        *_within(policed, partition, quote_identifier(reference.key)),
    )
    return f"SELECT count(*) FROM {written(reference.relation)} WHERE {' AND '.join(conditions)}"  # noqa: S608 - quoted


def _within(policed: Policed, partition: Partition, key: str) -> Iterator[str]:
    if partition.low:
        yield f"{key} >= {literal(policed, partition.low)}"
    if partition.high:
        yield f"{key} < {literal(policed, partition.high)}"
