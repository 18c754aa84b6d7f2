"""Proof of undo: each migration up, down and up again, on a copy, with a look at the whole schema after each.

The steps are those of ``migrate`` and ``down``: their plans, their executor, their history. The target is only read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from platformdb.config import Config
from platformdb.migrations.judge import below_baseline, contradictions
from platformdb.migrations.model import Kind, MigrationFile, Plan, Planner, State, version_key
from platformdb.migrations.outlook import Options, Outlook, file_problems, look, resolve_target, with_secrets
from platformdb.migrations.past import fold
from platformdb.migrations.plan import DUE
from platformdb.migrations.read import list_files
from platformdb.migrations.reports import refused
from platformdb.migrations.run import migrate
from platformdb.postgres.clone import Wish, cloned, reading
from platformdb.postgres.connect import connect
from platformdb.postgres.scratch import scratch_database
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.prove.judge import judged, lost_on_the_way, not_tried, reported, without_rows
from platformdb.prove.lanes import Lanes, Scope, back, forward, open_lanes, runner
from platformdb.prove.model import Proof, Verdict
from platformdb.prove.reach import acting_on_server, stays_on_server
from platformdb.report.model import Finding, Report, Step, StepResult, StepState
from platformdb.report.progress import Observer, Silent
from platformdb.schema.differences import Difference, differences
from platformdb.schema.fingerprint import fingerprint
from platformdb.schema.snapshot import read_snapshot


def prove_undo(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    *,
    options: Options,
    since: str | None = None,
    require_undo: bool = False,
) -> Report:
    """Proves every undo file of a platform, from an empty database on, that is made for this on the target's server.

    ``since`` is the version above which it proves; what is below is only migrated. ``require_undo``: a migration
    without an undo file is an error, too. ``options.mark_applied`` are steps in other languages to go past.

    Raises:
        ConfigError: ``since`` names nothing.
        NotNow: no server.
        Refused: this role may make no database there.
    """
    files = list_files(platform)
    if Plan(findings=files.findings).forbidden:
        return refused(file_problems(platform, options.variables))
    options = with_secrets(replace(options, target=None, dry_run=False), files)
    scope = Scope(platform, replace(files, baselines=()), options)
    with opening as target, scratch_database(target) as ground:
        below, above = _parted(scope, since)
        if below:
            with runner(ground, options) as session:
                if problem := forward(session, scope, below[-1]):
                    proofs = [Proof(below[-1], Verdict.UNPROVEN, problem=problem)]
                    return reported(platform.name, proofs, require_undo=require_undo)
        with open_lanes(ground, scope) as lanes:
            proofs = list(_proofs(lanes, above, scope, observer))
    names = tuple(acting_on_server(scope, above)) if target.provider == "url" else ()
    return reported(platform.name, proofs, require_undo=require_undo, more=tuple(stays_on_server(names)))


def _parted(scope: Scope, since: str | None) -> tuple[Sequence[MigrationFile], Sequence[MigrationFile]]:
    """The files up to a version, and those above it."""
    versioned = scope.versioned
    if since is None:
        return (), versioned
    least = resolve_target(scope.files, fold(()), since)
    below = tuple(file for file in versioned if version_key(file.version) <= least)
    return below, versioned[len(below) :]


def _proofs(lanes: Lanes, files: Sequence[MigrationFile], scope: Scope, observer: Observer) -> Iterator[Proof]:
    """A proof for each file, in order; the first that does not run ends them."""
    observer.stage("prove undo", len(files))
    last: MigrationFile | None = None
    for file in files:
        step, began = Step("proof", file.shown, "up, down, up again"), time.perf_counter()
        observer.started(step)
        proof = _prove_fairly(lanes, file, last, scope)
        problem = lanes.renew(file) if proof.astray else None
        elapsed_ms = (time.perf_counter() - began) * 1000
        observer.finished(StepResult(step, StepState.APPLIED, elapsed_ms))
        yield replace(proof, elapsed_ms=elapsed_ms)
        if problem:
            yield Proof(file, Verdict.UNPROVEN, problem=problem)
        if problem or proof.verdict is Verdict.UNPROVEN:
            return
        last = file


def _prove_fairly(lanes: Lanes, file: MigrationFile, last: MigrationFile | None, scope: Scope) -> Proof:
    """One migration, in a new trial where it does not run in one in which others were taken back.

    Something that no schema shows may be missing there then, or may have been left: rows.
    """
    proof = _prove(lanes, file, scope)
    if proof.verdict is not Verdict.UNPROVEN or lanes.fresh or lanes.renew(last):
        return proof
    return _prove(lanes, file, scope)


def _prove(lanes: Lanes, file: MigrationFile, scope: Scope) -> Proof:
    """One migration, up; and where it has an undo file down and up again."""
    undo = scope.files.undo.get(version_key(file.version))
    before = lanes.snapshot()
    if problem := lanes.forward(file):
        return Proof(file, Verdict.UNPROVEN, undo, problem=problem)
    if undo is None:
        return Proof(file, Verdict.MISSING)
    after = lanes.snapshot()
    if problem := lanes.back(file):
        if problem.rule == "undo-empty":
            return Proof(file, Verdict.EMPTY, undo, differences(before, after))
        return Proof(file, Verdict.FAILS, undo, problem=problem)
    returned = differences(before, lanes.snapshot())
    if problem := lanes.forward(file):
        return Proof(file, judged(returned, (), Verdict.AGAIN_FAILS), undo, returned, problem=problem)
    again = differences(after, lanes.snapshot())
    return Proof(file, judged(returned, again), undo, returned, again, fingerprint=fingerprint(after))


def prove_down(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    *,
    options: Options,
    config: Config,
    also: Sequence[Planner] = (),
) -> Report:
    """Proves on a copy of the target what ``down`` to ``options.target`` would do there, and the way up again.

    First the way back, from the real schema and rows; then a proof of each migration that was taken back; then, where
    nothing is pending, all that ``migrate`` does, ``also`` included, against the schema that was there at the start.

    Raises:
        ConfigError: the target version names nothing.
        NotNow: no server.
        Refused: the database cannot be copied.
    """
    files = list_files(platform)
    if Plan(findings=files.findings).forbidden:
        return refused(file_problems(platform, options.variables))
    options = with_secrets(replace(options, dry_run=False), files)
    with opening as target:
        with connect(reading(target)) as connection:
            outlook = look(connection, files, platform, options.variables)
        leaving, wrong = _leaving(outlook, options.target or "")
        if wrong or not leaving:
            return reported(platform.name, (), require_undo=True, more=wrong)
        plain = Scope(platform, files, options)
        elsewhere = any(acting_on_server(plain, leaving))  # a copy beside it shares its roles and settings
        with cloned(target, Wish(elsewhere=elsewhere, still=False), config, observer) as clone:
            proofs, lost = _there_and_back(clone.target, outlook, leaving, options, also, observer)
    untried = len(leaving) - len(proofs)
    more = (*lost_on_the_way(lost), *not_tried(untried), *(() if clone.whole else (without_rows(clone.why),)))
    return reported(platform.name, proofs, require_undo=True, more=more)


def _leaving(outlook: Outlook, wanted: str) -> tuple[tuple[MigrationFile, ...], tuple[Finding, ...]]:
    """The files that are in and above the version, in order, and what forbids going there."""
    goal = resolve_target(outlook.files, outlook.book, wanted)
    above = [s for s in outlook.found if s.kind is Kind.VERSIONED and version_key(s.version) > goal]
    files = tuple(s.file for s in above if s.past and s.past.done and s.file)
    gone = [s for s in above if s.state is State.MISSING]
    return files, (*below_baseline(outlook.book, goal), *contradictions(gone))


def _there_and_back(
    ground: Target,
    outlook: Outlook,
    leaving: Sequence[MigrationFile],
    options: Options,
    also: Sequence[Planner],
    observer: Observer,
) -> tuple[list[Proof], tuple[Difference, ...]]:
    """The proofs of what is taken back, and what the whole way there and back loses."""
    newest = version_key(leaving[-1].version)
    kept = tuple(f for f in outlook.files.migrations if f.kind is Kind.VERSIONED and version_key(f.version) <= newest)
    scope = Scope(
        outlook.platform, replace(outlook.files, migrations=kept, baselines=()), replace(options, target=None)
    )
    with runner(ground, scope.options) as session:
        start = read_snapshot(session.work)
        stuck = _way_back(session, scope, leaving)
    freed = leaving[leaving.index(stuck.file) + 1 :] if stuck else leaving
    proofs = [stuck] if stuck else []
    with open_lanes(ground, scope) as lanes:
        proofs += _proofs(lanes, freed, scope, observer)
        pending = any(s.state in DUE for s in outlook.found if s.kind is Kind.VERSIONED)
        if pending or any(proof is stuck or proof.verdict is Verdict.UNPROVEN for proof in proofs):
            return proofs, ()
        with lanes.left() as trial:
            migrate(nullcontext(trial), outlook.platform, Silent(), options=scope.options, also=also)
            with connect(trial) as connection:
                return proofs, differences(start, read_snapshot(connection))


def _way_back(session: Session, scope: Scope, leaving: Sequence[MigrationFile]) -> Proof | None:
    """Takes all of it back, newest first; the file that cannot be, if there is one."""
    for file in reversed(leaving):
        undo = scope.files.undo.get(version_key(file.version))
        if problem := back(session, scope, file):
            verdict = {"undo-missing": Verdict.MISSING, "undo-empty": Verdict.EMPTY}.get(problem.rule, Verdict.BLOCKED)
            return Proof(file, verdict, undo, problem=problem)
    return None
