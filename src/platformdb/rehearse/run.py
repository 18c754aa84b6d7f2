"""rehearse: the pending migrations run on a clone, and each statement is measured; the target itself is only read.

plan on the target → clone it → run the same plan there, measured → make sense of it → hold it against the budgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace

from platformdb.config import Config
from platformdb.errors import ApplyFailed, Interrupted
from platformdb.migrations.model import Plan, Planner
from platformdb.migrations.outlook import Options, Outlook
from platformdb.migrations.run import Course, migrate, plan_forward
from platformdb.migrations.run import run as run_course
from platformdb.postgres.clone import Clone, Wish, cloned, reading
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.gauge import Gauge, read_relations, read_wal
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.rehearse import shown
from platformdb.rehearse.budgets import read_budgets
from platformdb.rehearse.judge import judge
from platformdb.rehearse.measure import Scene, measure
from platformdb.rehearse.model import Budget
from platformdb.report.history import History
from platformdb.report.model import Finding, Outcome, Report, Severity, StepResult
from platformdb.report.progress import Observer
from platformdb.report.words import counted

Fill = Callable[[Target], object]
FAILED = "rehearse-failed"
INTERRUPTED = "interrupted: the clone is dropped, and the database is as it was"
# So much WAL of others' between two looks is no accident, in bytes.
NOISE = 1 << 16


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a rehearsal takes place: what kind of clone, and what puts rows into it, if anything does."""

    config: Config
    wish: Wish
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class _Performance:
    """What came of the run on the clone; ``noise`` is the WAL that others wrote while we only looked, in bytes."""

    gauge: Gauge
    scene: Scene
    noise: int
    failure: ApplyFailed | None


def rehearse(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    stage: Stage,
    *,
    options: Options,
    also: Sequence[Planner] = (),
) -> Report:
    """Runs on a clone what ``migrate`` would run on the target, and reports what every statement did there.

    A migration that fails on the clone, and a budget that is passed, are findings: the outcome is then FOUND.

    Raises:
        ConfigError: the budgets, or ``options.target``, are wrong.
        Refused: no clone can be made.
        NotNow: the target cannot be reached.
        Interrupted: on Ctrl-C; the clone is dropped.
    """
    budgets = read_budgets(stage.config.rehearse)
    with opening as target:
        outlook = replace(options, dry_run=True)
        planned = migrate(nullcontext(reading(target)), platform, observer, options=outlook, also=also)
        if not planned.steps:
            return planned if planned.exit_code else planned.but(raw=None, summary=_nothing(platform))
        far = tuple(_acting_on_server(planned.steps))  # a copy beside the database shares its roles and settings
        wish = replace(stage.wish, elsewhere=stage.wish.elsewhere or bool(far))
        with cloned(target, wish, stage.config, observer) as made:
            clone = replace(made, why=f"{', '.join(far)} acts on the whole server") if far else made
            if stage.fill is not None:
                stage.fill(clone.target)
            try:
                performance = _perform(clone, platform, observer, options, also)
            except Interrupted:
                # Its steps are of the clone, and would read as if something were applied.
                raise Interrupted(INTERRUPTED, help="run the same command again") from None
    report = _report(performance, clone, budgets)
    return report.but(findings=(*planned.findings, *report.findings))


def _acting_on_server(planned: Sequence[StepResult]) -> Iterator[str]:
    """The migrations that change roles, databases or settings of the whole server."""
    from platformdb.sqltext.serverwide import acts_on_server
    from platformdb.sqltext.source import Source
    from platformdb.sqltext.statements import split

    for step in (result.step for result in planned):
        own = (each.sql for each in step.statements if each.origin is not None and each.data is None)
        if any(acts_on_server(found) for sql in own for found in split(Source("", sql))):
            yield step.subject


def _perform(
    clone: Clone, platform: Platform, observer: Observer, options: Options, also: Sequence[Planner]
) -> _Performance:
    with connect(clone.target) as connection:
        scene = Scene(read_relations(connection), clone.sizes)
        wal = read_wal(connection)
    noise = 0
    gauge = Gauge(clone.target, observer, newest=max(scene.relations, default=0), tells=clone.tells)

    def decide(connection: Connection, outlook: Outlook, options: Options) -> Plan:
        nonlocal noise
        gauge.attend(connection)
        noise = read_wal(connection) - wal
        return _measured(plan_forward(connection, outlook, options), gauge)

    course = Course("rehearse", decide, tuple(_measured_planner(each, gauge) for each in also))
    try:
        with closing(gauge):
            run_course(nullcontext(clone.target), platform, gauge, options, course)
    except ApplyFailed as error:
        return _Performance(gauge, scene, noise, error)
    return _Performance(gauge, scene, noise, None)


def _measured(plan: Plan, gauge: Gauge) -> Plan:
    return replace(plan, steps=tuple(map(gauge.measured, plan.steps)))


def _measured_planner(planner: Planner, gauge: Gauge) -> Planner:
    def plan(connection: Connection, history: History) -> Plan:
        return _measured(planner.plan(connection, history), gauge)

    return replace(planner, plan=plan)


def _report(performance: _Performance, clone: Clone, budgets: Sequence[Budget]) -> Report:
    measured = measure(performance.gauge.heard, performance.scene)
    sizes = {
        relation.shown: clone.sizes.get((relation.schema, relation.name), 0)
        for relation in performance.scene.relations.values()
    }
    failure = _failure(performance.failure) if performance.failure else ()
    findings = (*failure, *judge(measured, budgets, sizes))
    said = shown.summary(measured, where(clone))
    return Report(
        f"{failure[0].message} (on the clone; the database itself is untouched)" if failure else said,
        outcome=Outcome.FOUND if failure else Outcome.DONE,
        findings=(*findings, *_notes(clone, budgets, shown.quiet(measured), performance.noise)),
        tables=shown.tables(measured),
        cases=shown.cases(measured, findings, "rehearsal"),
        data={"clone": _clone_data(clone), "statements": shown.data(measured)},
    )


def _nothing(platform: Platform) -> str:
    return f"{platform.name}: nothing to rehearse, the database is up to date"


def where(clone: Clone) -> str:
    """What was rehearsed on: words."""
    if clone.whole:
        return "a copy of the database"
    return f"a copy of its schema (PostgreSQL {clone.version})"


def _failure(error: ApplyFailed) -> tuple[Finding, ...]:
    step = error.results[-1].step if error.results else None
    subject = step.subject if step else ""
    return (Finding(FAILED, error.message, subject, place=error.place, help=error.help, detail=error.detail),)


def _notes(clone: Clone, budgets: Sequence[Budget], quiet: int, noise: int) -> tuple[Finding, ...]:
    notes = []
    if quiet:
        said = f"{counted(quiet, 'migration')} without a table: nobody waits for what is done there"
        notes.append(("rehearse-quiet", said, ""))
    if not clone.whole and clone.why:
        notes.append(("rehearse-elsewhere", f"no copy beside the database: {clone.why}", ""))
    if not clone.whole and clone.version != clone.version_there:
        said = f"rehearsed on PostgreSQL {clone.version}; the database runs on {clone.version_there}"
        notes.append(("rehearse-version", said, "name programs of its version with --binaries"))
    if noise > NOISE:
        said = "other sessions of the server write WAL meanwhile: what is said of it here is the most that it can be"
        notes.append(("rehearse-noise", said, ""))
    if not budgets:
        notes.append(("rehearse-no-budget", "no budget says what is too much", "see [[rehearse.budget]] in the manual"))
    return tuple(Finding(rule, said, severity=Severity.NOTE, help=help_text) for rule, said, help_text in notes)


def _clone_data(clone: Clone) -> dict[str, object]:
    return {
        "whole": clone.whole,
        "version": clone.version,
        "target_version": clone.version_there,
        "why_not_beside": clone.why,
        "tells_of_temporary_files": clone.tells,
    }
