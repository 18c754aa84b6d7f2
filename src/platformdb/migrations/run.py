"""migrate and down: one line of work.

list files → open target → lock → read history and the files that are not provably applied → plan (pure) → execute →
report. ``status``, ``validate``, ``baseline`` and ``repair`` beside this module are the same line, stopped earlier or
with another plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace

from platformdb.errors import ApplyFailed, NotNow, PlatformdbError
from platformdb.migrations.judge import (
    awaiting,
    below_baseline,
    contradictions,
    missing_extensions,
    undo_problems,
    versions_required,
)
from platformdb.migrations.model import Kind, Migration, Plan, Planner, Standing, State, version_key
from platformdb.migrations.order import ordered
from platformdb.migrations.outlook import (
    Options,
    Outlook,
    executed_texts,
    file_problems,
    look,
    read_callbacks,
    read_undo,
    resolve_target,
    with_secrets,
)
from platformdb.migrations.passed import first_not_sql, marked_standings, marking_problems, stopped_at
from platformdb.migrations.plan import DUE, failure_steps, plan_down, plan_migrate
from platformdb.migrations.read import list_files
from platformdb.migrations.reports import done, preview, refused, stopped
from platformdb.migrations.rescue import rescuer
from platformdb.migrations.standing import up_to
from platformdb.postgres.catalog import read_available_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.history import creation
from platformdb.postgres.lock import one_runner
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.provenance import read_provenance
from platformdb.report.history import History
from platformdb.report.leftout import merged
from platformdb.report.masking import masked_words
from platformdb.report.model import Finding, Outcome, Report, Severity, Step, StepResult
from platformdb.report.progress import Observer
from platformdb.report.words import counted
from platformdb.sqltext.templates import masking
from platformdb.variables import Variable


@dataclass(frozen=True, slots=True)
class Course:
    """What makes one command differ from another: how it decides, and who else has steps under the same lock."""

    verb: str
    decide: Callable[[Connection, Outlook, Options], Plan]
    also: Sequence[Planner] = ()


def migrate(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    *,
    options: Options | None = None,
    also: Sequence[Planner] = (),
) -> Report:
    """Applies what is pending: versioned files, then changed repeatable ones, then what ``also`` plans.

    ``opening`` is entered when the names of the files have been looked at. Every problem is reported at once, and
    nothing runs if there is one. What only shows when the migrations are in (the name of an index is taken by one of
    theirs) ends as a report of exit code 4.

    Raises:
        ConfigError: ``options.target`` names nothing.
        NotNow: no server, another runner is at work for longer than ``wait_seconds``, or a table stayed busy.
        ApplyFailed: a step failed; it was rolled back, the ones before it stand.
    """
    return run(opening, platform, observer, options or Options(), Course("migrate", plan_forward, also))


def down(
    opening: AbstractContextManager[Target], platform: Platform, observer: Observer, *, options: Options
) -> Report:
    """Takes back what was applied above ``options.target``, newest first, by the undo files.

    Raises:
        ConfigError: the target names nothing.
        NotNow: as :func:`migrate`.
        ApplyFailed: an undo file failed; it was rolled back, the ones before it stand.
    """
    return run(opening, platform, observer, options, Course("down", plan_back))


def run(
    opening: AbstractContextManager[Target], platform: Platform, observer: Observer, options: Options, course: Course
) -> Report:
    """The line of work itself; see :func:`migrate`."""
    files = list_files(platform)
    problems = tuple(finding for other in course.also for finding in other.findings)
    if Plan(findings=(*files.findings, *problems)).forbidden:
        return refused((*file_problems(platform, options.variables), *problems))
    options = with_secrets(options, files)
    with ExitStack() as stack:
        try:
            session = _enter(stack, opening, observer, options)
        except PlatformdbError:
            # No database to be had: what is wrong with the files can be said all the same, and comes first.
            if problems := file_problems(platform, options.variables):
                return refused(problems)
            raise
        connection = session.work if isinstance(session, Session) else session
        outlook = look(connection, files, platform, options.variables, options.target)
        plan = _decide(connection, outlook, options, course)
        if plan.forbidden or (plan.stop and not plan.steps):
            return refused((*plan.findings, *((plan.stop,) if plan.stop else ())))
        if not isinstance(session, Session):
            return stopped(plan, preview(plan, platform.name, lock_timeout=options.lock_timeout, role=options.role))
        report = _carry_out(session, outlook, plan, observer, course)
        return stopped(plan, report.but(findings=merged((*plan.findings, *report.findings))))


def _enter(
    stack: ExitStack, opening: AbstractContextManager[Target], observer: Observer, options: Options
) -> Session | Connection:
    """A locked session, or for a dry run a connection that only reads."""
    target = stack.enter_context(opening)
    if options.dry_run:
        return stack.enter_context(connect(target))
    return stack.enter_context(
        one_runner(
            target,
            wait_seconds=options.wait_seconds,
            observer=observer,
            role=options.role,
            lock_timeout=options.lock_timeout,
            lock_retries=options.lock_retries,
            mask=words_masked(options.variables),
        )
    )


def words_masked(variables: Mapping[str, Variable]) -> Callable[[str], str]:
    """What takes the secrets out of a server's words: those of variables, and passwords that a file holds itself."""
    mask = masking(variables)
    return lambda text: masked_words(mask(text))


def _decide(connection: Connection, outlook: Outlook, options: Options, course: Course) -> Plan:
    """The course's own plan, with the findings of the others: their steps come later, when they see the tables."""
    own = course.decide(connection, outlook, options)
    others = tuple(other.plan(connection, outlook.history) for other in course.also if not own.stop)
    findings = (*own.findings, *(finding for plan in others for finding in plan.findings))
    return replace(own, findings=findings, later=tuple(step for plan in others for step in plan.steps))


def plan_forward(connection: Connection, outlook: Outlook, options: Options) -> Plan:
    """What ``migrate`` does: everything that is due, up to the target, or to what only another tool can run."""
    target = resolve_target(outlook.files, outlook.book, options.target) if options.target is not None else None
    marked = marked_standings(up_to(outlook.found, target), options.mark_applied)
    found = tuple(s for s in outlook.found if s not in marked)
    due, stop = _due(up_to(found, target), marked, options)
    migrations = [s.migration for s in due if s.migration and s not in marked]
    repeatable, disorder = ordered([m for m in migrations if m.file.kind is Kind.REPEATABLE], outlook.files.migrations)
    by_file = {s.file: s for s in due}
    due = [*(s for s in due if s.kind is Kind.VERSIONED), *(by_file[migration.file] for migration in repeatable)]
    callbacks, trouble = read_callbacks(outlook) if due else ({}, ())
    texts = executed_texts(connection, found)
    findings = (
        *(finding for finding in outlook.findings if finding.subject not in {s.shown for s in marked}),
        *marking_problems(up_to(outlook.found, target), options.mark_applied),
        *trouble,
        *contradictions(found, out_of_order=options.out_of_order, texts=texts),
        *versions_required(migrations, outlook.files),
        *disorder,
        *missing_extensions(migrations, read_available_extensions(connection) if _want_extensions(migrations) else ()),
        *awaiting(found),
        *(remark for migration in migrations for remark in migration.remarks),
    )
    steps = plan_migrate(outlook.platform.name, due, callbacks, marked=marked)
    return Plan(steps, findings, on_failure=failure_steps("Migrate", callbacks), stop=stop)


def _due(
    found: Sequence[Standing], marked: Sequence[Standing], options: Options
) -> tuple[list[Standing], Finding | None]:
    """What is to be run or recorded, by version and then by name, and why it ends early where it does."""
    allowed = (*DUE, State.OUT_OF_ORDER) if options.out_of_order else DUE
    due = [s for s in found if s.state in allowed]
    last = first_not_sql(found)
    versioned = sorted((*(s for s in due if s.kind is Kind.VERSIONED), *marked), key=lambda s: version_key(s.version))
    if last is None:
        return [*versioned, *(s for s in due if s.kind is Kind.REPEATABLE)], None
    return [s for s in versioned if version_key(s.version) < version_key(last.version)], stopped_at(last)


def plan_back(_: Connection, outlook: Outlook, options: Options) -> Plan:
    """What ``down`` does: everything above the target, newest first."""
    target = resolve_target(outlook.files, outlook.book, options.target or "")
    above = [s for s in outlook.found if s.kind is Kind.VERSIONED and version_key(s.version) > target]
    leaving = tuple(s for s in reversed(above) if s.past and s.past.done)
    undo, trouble = read_undo(outlook, leaving)
    callbacks, more = read_callbacks(outlook) if leaving else ({}, ())
    # Of an undo file that is there and could not be read it is said already what is wrong.
    readable = tuple(s for s in leaving if s.version in undo or version_key(s.version) not in outlook.files.undo)
    problems = tuple(undo_problems(readable, undo, allow_destructive=options.allow_destructive))
    findings = (*trouble, *more, *below_baseline(outlook.book, target), *problems)
    steps = () if problems or trouble else plan_down(outlook.platform.name, leaving, undo, callbacks)
    return Plan(steps, findings, on_failure=failure_steps("Down", callbacks))


def _want_extensions(migrations: Sequence[Migration]) -> bool:
    return any(migration.needs.extensions for migration in migrations)


def _carry_out(session: Session, outlook: Outlook, plan: Plan, observer: Observer, course: Course) -> Report:
    expected = len(plan.steps) + len(plan.later)
    if not expected:
        return done((), outlook.platform.name)
    session = replace(session, provenance=read_provenance(outlook.platform.phases))
    from platformdb.postgres.execute import execute  # a run with nothing to do needs none of it
    from platformdb.postgres.solo import refuse_pooler

    for step in (*plan.steps, *plan.later):
        refuse_pooler(session, step)
    obstacles: list[Finding] = []
    first = creation(session, outlook.history)
    later = _planned_again(session.work, outlook.history, () if plan.stop else course.also, obstacles)
    observer.stage(course.verb, len(first) + expected)
    results: tuple[StepResult, ...] = ()
    try:
        rescue = rescuer(plan.steps, role=session.role, lock_timeout=session.lock_timeout)
        results = execute(session, (*first, *plan.steps), observer, rescue=rescue)
        results += execute(session, later, observer)
    except PlatformdbError as error:
        error.results = (*results, *error.results)
        if isinstance(error, ApplyFailed | NotNow):
            error.results += _after_failure(session, plan, observer)
        raise
    report = done(results, outlook.platform.name)
    if not any(finding.severity is Severity.ERROR for finding in obstacles):
        return report
    summary = f"{report.summary}; then {counted(len(obstacles), 'problem')} found"
    return report.but(summary=summary, outcome=Outcome.FAILED, findings=tuple(obstacles))


def _after_failure(session: Session, plan: Plan, observer: Observer) -> tuple[StepResult, ...]:
    """The callbacks of a failed run. Their own failure must not hide the first one: it is only noted."""
    from platformdb.postgres.execute import execute

    try:
        return execute(session, plan.on_failure, observer)
    except PlatformdbError as error:
        observer.note(f"a callback of the failed run failed, too: {error.message}")
        return error.results


def _planned_again(
    connection: Connection, history: History, also: Sequence[Planner], obstacles: list[Finding]
) -> Iterator[Step]:
    """The others plan again when the migrations are in, for only then do they see the tables."""
    for other in also:
        plan = other.plan(connection, history)
        obstacles += plan.findings
        yield from plan.steps
