"""adopt: what another tool did, recorded as if platformdb had done it; the line of work is that of ``migrate``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from platformdb.adopt.model import Account, Takeover
from platformdb.adopt.plan import MARK, Scene, count_unseen, plan_adoption, plan_forgetting
from platformdb.adopt.read import PACKAGE, read_account, read_accounts
from platformdb.adopt.shown import forgotten, taken_over
from platformdb.migrations.model import Files, Plan, Standing
from platformdb.migrations.outlook import Options, Outlook, read_whole
from platformdb.migrations.past import fold
from platformdb.migrations.read import list_files
from platformdb.migrations.run import Course, run
from platformdb.migrations.standing import standings, to_be_read
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.history import read_history, read_texts
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Report, Severity
from platformdb.report.progress import Observer
from platformdb.report.words import counted
from platformdb.variables import Variable


@dataclass(frozen=True, slots=True)
class Request:
    """Whose history to take over and where it is, where somebody said so; versions that are right whatever it says."""

    tool: str | None = None
    table: str | None = None
    accepted: tuple[str, ...] = ()


def adopt(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    *,
    request: Request,
    options: Options,
) -> Report:
    """Records what the tool's table says is in the database; the table itself is only read.

    Raises:
        ConfigError: nobody can tell which table is meant, or there is none.
        Refused: the table is none of a known version of the tool.
        NotNow: another runner is at work.
    """
    decided: list[Takeover] = []

    def decide(connection: Connection, outlook: Outlook, _: Options) -> Plan:
        files, found = _as_they_lie(outlook)
        account = read_account(connection, files, platform, outlook.variables, tool=request.tool, table=request.table)
        by_path = {standing.file.path: standing for standing in found if standing.file}
        known = {key: by_path[filed.file.path] for key, filed in account.filed.items()}
        scene = Scene(platform.name, account, known, outlook.book, _now(connection))
        takeover = plan_adoption(scene, request.accepted)
        decided.append(takeover)
        return replace(takeover.plan, findings=(*map(_as_warning, outlook.findings), *takeover.plan.findings))

    report = run(opening, platform, observer, options, Course("adopt", decide))
    return taken_over(report, platform.name, decided[0], dry_run=options.dry_run) if decided else report


def forget(
    opening: AbstractContextManager[Target], platform: Platform, observer: Observer, *, options: Options
) -> Report:
    """Takes back what :func:`adopt` recorded; no table but the history changes.

    Raises:
        NotNow: another runner is at work.
    """

    def decide(connection: Connection, outlook: Outlook, _: Options) -> Plan:
        entries = outlook.history.entries
        texts: Mapping[int, str] = read_texts(connection, [entry.id for entry in entries]) if entries else {}
        return plan_forgetting(platform.name, outlook.book, entries, texts, _now(connection))

    report = run(opening, platform, observer, options, Course("adopt", decide))
    return forgotten(report, platform.name, dry_run=options.dry_run)


def find_unadopted(target: Target, platform: Platform, variables: Mapping[str, Variable]) -> Finding | None:
    """What another tool ran of these files and nobody took over: it would be run again.

    Where platformdb ran some, too, only a tool counts whose history was taken over before: any other is of other files.

    Raises:
        ConfigError: nobody can tell whose files these are.
        NotNow: no server answers.
    """
    with connect(target) as connection:
        entries = read_history(connection, platform.name).entries
        book = fold(entries)
        fresh = not (book.pasts or book.baseline)
        if not fresh and not _was_taken(connection, platform, MARK):
            return None
        for account in read_accounts(connection, list_files(platform), platform, variables):
            ran = count_unseen(account, book, entries)
            if ran and (fresh or _was_taken(connection, platform, f"{MARK}{account.shown}:")):
                return _unadopted(account, ran, fresh=fresh)
    return None


def _was_taken(connection: Connection, platform: Platform, beginning: str) -> bool:
    row = connection.execute(query("taken", PACKAGE), (platform.name, beginning)).fetchone()
    return row is not None and row[0]


def _unadopted(account: Account, ran: int, *, fresh: bool) -> Finding:
    message = f"{account.shown} says that {counted(ran, 'migration')} of these ran here already"
    which = f"--from {account.tool.name} --table {shlex.quote(account.table)}"
    help_text = (
        f"take that over first: platformdb adopt {which}, with the same --migrations (look before with --dry-run)"
    )
    others = "; if that is the history of other files, nothing of these ran: platformdb baseline 0"
    return Finding("refused", message, account.table, help=f"{help_text}{others if fresh else ''}")


def _as_they_lie(outlook: Outlook) -> tuple[Files, tuple[Standing, ...]]:
    """All files; a baseline file, which stands for others where nothing ran, says nothing of what a tool applied."""
    if not outlook.files.baselines:
        return outlook.files, outlook.found
    files = list_files(outlook.platform)
    wanted = to_be_read(files, outlook.book, templated=bool(outlook.variables))
    migrations, _ = read_whole(wanted, outlook.platform, outlook.variables, outlook.committing)
    return files, standings(files, outlook.book, migrations)


def _as_warning(finding: Finding) -> Finding:
    """A file that cannot be read is taken over all the same, by its bytes alone: it is not to be run."""
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def _now(connection: Connection) -> datetime:
    row = connection.execute(query("now", PACKAGE)).fetchone()
    assert row is not None  # noqa: S101 - it has one row
    moment: datetime = row[0]
    return moment
