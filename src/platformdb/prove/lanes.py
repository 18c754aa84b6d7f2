"""The two databases of a proof: the ground, on which migrations only go forward, and the trial, a copy of it.

A migration whose undo file does something else than it should leaves the trial in a state that would make the next one
look bad. Then the ground is brought to where the trial should be, in one go, and copied: so one lie costs one copy, a
proof without lies none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

from platformdb.errors import ApplyFailed, Refused
from platformdb.migrations.model import Files, Kind, MigrationFile, Plan, version_key
from platformdb.migrations.outlook import Options, Outlook, look
from platformdb.migrations.read import as_finding
from platformdb.migrations.run import plan_back, plan_forward, words_masked
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.history import creation
from platformdb.postgres.lock import one_runner
from platformdb.postgres.scratch import scratch_copy
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Severity
from platformdb.report.progress import Silent
from platformdb.schema.snapshot import Snapshot, read_snapshot

BEFORE_ALL = "0"
# A copy of what this run made itself, or was allowed to copy before.
ANY_SIZE = 1 << 62

Decide = Callable[[Connection, Outlook, Options], Plan]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is proven: a platform's versioned files, in their order, and how they run."""

    platform: Platform
    files: Files
    options: Options

    @property
    def versioned(self) -> tuple[MigrationFile, ...]:
        """The versioned files, by version."""
        return tuple(file for file in self.files.migrations if file.kind is Kind.VERSIONED)

    def up_to(self, file: MigrationFile) -> Files:
        """The files as they were when this one was the newest."""
        versioned = self.versioned
        return replace(self.files, migrations=versioned[: versioned.index(file) + 1])

    def version_before(self, file: MigrationFile) -> str:
        """The version that going back from this one leads to."""
        versioned = self.versioned
        number = versioned.index(file)
        return versioned[number - 1].version if number else BEFORE_ALL


def forward(session: Session, scope: Scope, file: MigrationFile) -> Finding | None:
    """Migrates to this file, by the engine's own plan; what went wrong, if anything did."""
    known = {version_key(each.version) for each in scope.up_to(file).migrations}
    marked = tuple(version for version in scope.options.mark_applied if version_key(version) in known)
    return _carry_out(session, scope, file, plan_forward, replace(scope.options, mark_applied=marked))


def back(session: Session, scope: Scope, file: MigrationFile) -> Finding | None:
    """Takes this file back, as ``down`` does; what went wrong, if anything did."""
    options = replace(scope.options, target=scope.version_before(file), allow_destructive=True)
    return _carry_out(session, scope, file, plan_back, options)


def _carry_out(session: Session, scope: Scope, file: MigrationFile, decide: Decide, options: Options) -> Finding | None:
    try:
        outlook = look(session.work, scope.up_to(file), scope.platform, options.variables)
        plan = decide(session.work, outlook, options)
        wrong = [finding for finding in plan.findings if finding.severity is Severity.ERROR]
        if wrong or plan.stop:
            return wrong[0] if wrong else plan.stop
        execute(session, (*creation(session, outlook.history), *plan.steps), Silent())
    except (ApplyFailed, Refused) as error:
        return as_finding(error, file.shown)
    return None


class Lanes:
    """The ground and, while a proof goes on, a session in the trial; ``fresh``: in which nothing was taken back yet."""

    def __init__(self, stack: ExitStack, ground: Target, scope: Scope) -> None:
        self._stack = stack
        self._ground = ground
        self._scope = scope
        self._seen: Snapshot | None = None
        self._copy()

    def snapshot(self) -> Snapshot:
        """The trial's schema now; asked for again where nothing happened since, it is not read again."""
        self._seen = self._seen or read_snapshot(self._eyes)
        return self._seen

    def forward(self, file: MigrationFile) -> Finding | None:
        """Migrates the trial to this file; what went wrong, if anything did."""
        self._seen = None
        return forward(self.trial, self._scope, file)

    def back(self, file: MigrationFile) -> Finding | None:
        """Takes this file back in the trial; what went wrong, if anything did."""
        self.fresh, self._seen = False, None
        return back(self.trial, self._scope, file)

    def renew(self, newest: MigrationFile | None) -> Finding | None:
        """A new trial, at the version of this file; None is where the ground began. Says what went wrong."""
        self._stack.close()
        if newest is not None:
            with runner(self._ground, self._scope.options) as session:
                if problem := forward(session, self._scope, newest):
                    return problem
        self._copy()
        return None

    @contextmanager
    def left(self) -> Iterator[Target]:
        """The trial without its session, for a whole run to open its own. Nothing else can be done with it after."""
        self._session.close()
        yield self._target

    def _copy(self) -> None:
        trial = self._stack.enter_context(scratch_copy(self._ground, largest=ANY_SIZE, still=False))
        if trial is None:
            raise Refused(
                "the database of the proof could not be copied", help="make room on the server's disk, and run it again"
            )
        self._target = trial
        self._session = self._stack.enter_context(ExitStack())
        self.trial = self._session.enter_context(runner(trial, self._scope.options))
        # A connection of its own, which no file's DISCARD reaches: the server plans each question to the catalog once,
        # unless a pooler stands before it, where what is prepared may be somebody else's.
        self._eyes = self._session.enter_context(connect(trial))
        self._eyes.prepare_threshold = None if self.trial.guard.pooled else 0
        self.fresh, self._seen = True, None


@contextmanager
def open_lanes(ground: Target, scope: Scope) -> Iterator[Lanes]:
    """Both lanes on a database that nobody else uses; the trial is dropped at the end.

    Raises:
        Refused: the ground cannot be copied.
    """
    with ExitStack() as stack:
        yield Lanes(stack, ground, scope)


def runner(target: Target, options: Options) -> AbstractContextManager[Session]:
    """A locked session in a database of the proof, as a run of migrations has it."""
    return one_runner(
        target,
        wait_seconds=options.wait_seconds,
        observer=Silent(),
        role=options.role,
        lock_timeout=options.lock_timeout,
        lock_retries=options.lock_retries,
        mask=words_masked(options.variables),
    )
