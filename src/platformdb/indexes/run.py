"""Building and showing the index tiers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Unpack

from platformdb.indexes.health.judge import health_data, judge_health
from platformdb.indexes.health.model import Facts, Limits, Past
from platformdb.indexes.health.read import read_facts
from platformdb.indexes.model import BuiltIndex, IndexDefinition, Standing, State
from platformdb.indexes.partitioned import grow
from platformdb.indexes.plan import awaiting, judge, obstacles, plan_builds, standings, waiting
from platformdb.indexes.read import TIERS, read_tiers
from platformdb.migrations.model import Plan, Planner
from platformdb.postgres.catalog import read_available_extensions, read_indexes, read_partition_trees
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.history import creation, read_history
from platformdb.postgres.lock import Manners, one_runner
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.history import Event, History
from platformdb.report.model import Finding, Outcome, Report, Table
from platformdb.report.progress import Observer
from platformdb.report.words import counted


def tier_planner(platform: Platform, *, tier: int) -> Planner:
    """A planner for the indexes of the tiers up to ``tier``, to run beside migrations under one lock."""
    definitions, findings = read_tiers(platform)

    def plan(connection: Connection, history: History) -> Plan:
        built = _read_built(connection)
        wanted = [definition for definition in definitions if definition.tier <= tier]
        found = _standings(connection, wanted, built, history)
        trees = grow(read_partition_trees(connection))
        steps = plan_builds(platform.name, found, built=built, trees=trees)
        return Plan(steps, (*obstacles(found), *awaiting(found)))

    return Planner(plan, findings)


def apply_indexes(
    target: Target,
    platform: Platform,
    observer: Observer,
    *,
    tier: int,
    wait_seconds: float = 60.0,
    **manners: Unpack[Manners],
) -> Report:
    """Builds what is missing, invalid or changed in the tiers up to ``tier``, concurrently.

    Raises:
        NotNow: another runner is at work.
        ApplyFailed: a build failed; the ones before it stand.
    """
    planner = tier_planner(platform, tier=tier)
    if planner.findings:
        return _refused(planner.findings)
    from platformdb.postgres.execute import execute

    with one_runner(target, wait_seconds=wait_seconds, observer=observer, **manners) as session:
        history = read_history(session.work, platform.name)
        plan = planner.plan(session.work, history)
        if plan.forbidden:
            return _refused(plan.findings)
        steps = [*creation(session, history), *plan.steps] if plan.steps else []
        observer.stage(f"indexes up to tier {tier}", len(steps))
        results = execute(session, steps, observer)
    built = sum(result.step.record is not None for result in results)
    summary = f"built {counted(built, 'index')}" if results else f"nothing to do, tiers up to {tier} are built"
    return Report(
        f"{platform.name}: {summary}",
        steps=results,
        findings=plan.findings,
        data={"platform": platform.name, "tier": tier, "built": built},
    )


def _refused(findings: tuple[Finding, ...]) -> Report:
    return Report("refused, nothing was changed", Outcome.REFUSED, findings=findings)


def index_status(
    target: Target, platform: Platform, *, limits: Limits | None = None, replicas: Sequence[Target] = ()
) -> Report:
    """Where every index of the three tiers stands. Changes nothing.

    With ``limits``, also what is to be said of every index and foreign key of the database; ``replicas`` are asked
    whether they use an index.

    Raises:
        ConfigError: a replica is none of this database.
    """
    definitions, findings = read_tiers(platform)
    with connect(target) as connection:
        history = read_history(connection, platform.name)
        found = _standings(connection, definitions, _read_built(connection), history)
        facts = read_facts(connection, replicas) if limits else None
    counts = tier_counts(found)
    said = ", ".join(f"tier {tier}: {built} of {total}" for tier, (built, total) in counts.items())
    tiers = judge(found, expected_tier=highest_begun_tier(found), building=_building(facts))
    health = judge_health(facts, limits, definitions, _past(history)) if facts and limits else ()
    return Report(
        f"{platform.name}: {said or 'no index tiers defined'}",
        findings=(*findings, *awaiting(found), *tiers, *health),
        tables=(_table(found),),
        data={
            "platform": platform.name,
            "indexes": [_as_data(standing) for standing in found],
            **({"health": health_data(facts)} if facts else {}),
        },
    )


def _building(facts: Facts | None) -> frozenset[str]:
    return frozenset(index.relation.name for index in facts.indexes if index.building) if facts else frozenset()


def _past(history: History) -> Past:
    built = {
        entry.record.name: entry.applied_at for entry in history.of("index") if entry.record.event is Event.APPLIED
    }
    return Past(min((entry.applied_at for entry in history.entries), default=None), built)


def tier_counts(found: Sequence[Standing]) -> dict[int, tuple[int, int]]:
    """For each tier with definitions: how many are built, of how many."""
    by_tier = {tier: [s for s in found if s.definition.tier == tier] for tier in TIERS}
    return {
        tier: (sum(s.state is State.BUILT for s in members), len(members))
        for tier, members in by_tier.items()
        if members
    }


def highest_begun_tier(found: Sequence[Standing]) -> int:
    """Tier 1 belongs to every migrated database; a higher one is expected whole once any index of it is there."""
    return max(chain((1,), (s.definition.tier for s in found if s.state not in {State.MISSING, State.WAITING})))


def _standings(
    connection: Connection, definitions: Sequence[IndexDefinition], built: Sequence[BuiltIndex], history: History
) -> tuple[Standing, ...]:
    found = standings(definitions, built, history.of("index"))
    if not any(definition.extension for definition in definitions):
        return found
    return waiting(found, read_available_extensions(connection))


def _read_built(connection: Connection) -> tuple[BuiltIndex, ...]:
    return tuple(BuiltIndex(*row) for row in read_indexes(connection))


def _table(found: Sequence[Standing]) -> Table:
    rows = tuple(
        (
            s.definition.tier,
            s.definition.name,
            s.definition.table,
            s.state.value,
            f"{s.built.bytes / 1024:,.0f} kB" if s.built else "",
            s.definition.reason,
        )
        for s in found
    )
    return Table("indexes", ("tier", "index", "table", "state", "size", "reason"), rows)


def _as_data(standing: Standing) -> dict[str, object]:
    definition: IndexDefinition = standing.definition
    return {
        "name": definition.name,
        "table": definition.table,
        "tier": definition.tier,
        "state": standing.state.value,
        "bytes": standing.built.bytes if standing.built else None,
        "reason": definition.reason,
    }
