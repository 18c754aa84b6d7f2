"""baseline and repair: what somebody decided, written into the history; files and database stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from platformdb.migrations.model import Kind, Migration, Plan, Standing, State, is_version, version_key
from platformdb.migrations.outlook import Options, Outlook
from platformdb.migrations.plan import completes_baseline
from platformdb.migrations.run import Course, run
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.history import Checksums, Event, Record
from platformdb.report.model import Finding, Report, Step
from platformdb.report.progress import Observer

NO_FILE = Checksums("", "", "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says: versions of edited files that are right, of cut-short ones that ran or did not.

    ``cosmetic`` accepts every edit that changed comments or white space only.
    """

    cosmetic: bool = False
    accepted: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()


def baseline(
    opening: AbstractContextManager[Target], platform: Platform, observer: Observer, *, version: str, options: Options
) -> Report:
    """Records that everything up to ``version`` is in the database already, made by other means.

    Raises:
        NotNow: another runner is at work.
    """

    def decide(_: Connection, outlook: Outlook, __: Options) -> Plan:
        return plan_baseline(outlook, version)

    return run(opening, platform, observer, options, Course("baseline", decide))


def repair(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    *,
    verdict: Verdict,
    options: Options,
) -> Report:
    """Writes a verdict into the history.

    Raises:
        NotNow: another runner is at work.
    """

    def decide(_: Connection, outlook: Outlook, __: Options) -> Plan:
        return plan_repair(outlook, verdict)

    return run(opening, platform, observer, options, Course("repair", decide))


def plan_baseline(outlook: Outlook, version: str) -> Plan:
    """One row; refused where platformdb applied something already, or where the version is none."""
    if not is_version(version):
        return Plan(findings=(_problem("baseline-version", f"'{version}' is no version", "write it like 004 or 1.2"),))
    if (
        any(past.done for (kind, _), past in outlook.book.pasts.items() if kind is Kind.VERSIONED)
        or outlook.book.baseline
    ):
        what = f"{outlook.platform.name} has a history in this database already"
        return Plan(
            findings=(_problem("baseline-late", what, "a baseline is for a database that platformdb has not touched"),)
        )
    newest = max((version_key(f.version) for f in outlook.files.migrations if f.kind is Kind.VERSIONED), default=())
    if newest and version_key(version) > newest:
        what = f"no file is of version {version} or above it: files that come later would be passed over"
        return Plan(
            findings=(_problem("baseline-above", what, "name the version of the last file that is in already"),)
        )
    record = Record(outlook.platform.name, Kind.VERSIONED, version, "baseline", NO_FILE, event=Event.BASELINE)
    return Plan((Step("baseline", f"version {version}", "everything up to it was here before", record=record),))


def plan_repair(outlook: Outlook, verdict: Verdict) -> Plan:
    """A row for each migration that the verdict is about; a verdict about anything else is a finding."""
    groups: tuple[tuple[tuple[str, ...], State, Callable[[str, Standing], Step]], ...] = (
        (verdict.accepted, State.MODIFIED, _accept),
        (verdict.ran, State.INTERRUPTED, _ran),
        (verdict.not_run, State.INTERRUPTED, _not_run),
    )
    name = outlook.platform.name
    steps = [_accept(name, s) for s in outlook.found if verdict.cosmetic and s.state is State.COSMETIC]
    findings: list[Finding] = list(outlook.findings)
    for versions, state, step in groups:
        for version in versions:
            standing = _find(outlook.found, version)
            if standing is None or standing.state is not state or standing.migration is None:
                findings.append(_mismatch(version, standing, state))
            elif state is State.MODIFIED and not (standing.past and standing.past.whole):
                findings.append(_halfway(standing))
            elif state is State.INTERRUPTED and not _can_be_settled(standing, by_having_run=step is _ran):
                findings.append(_gone(standing))
            else:
                steps.append(step(name, standing))
    return Plan(tuple(steps), tuple(findings))


def _find(found: Iterable[Standing], version: str) -> Standing | None:
    if not is_version(version):
        return None
    return next((s for s in found if s.kind is Kind.VERSIONED and version_key(s.version) == version_key(version)), None)


def _mismatch(version: str, standing: Standing | None, state: State) -> Finding:
    what = (
        f"{standing.shown} is {standing.state.value}, not {state.value}"
        if standing
        else f"there is no version {version}"
    )
    return _problem("repair-mismatch", what, "platformdb status shows where everything stands")


def _halfway(standing: Standing) -> Finding:
    what = f"{standing.shown} was edited in a part that ran, and did not run whole: that cannot be accepted"
    return _problem("repair-halfway", what, "restore the part that ran; what had not run yet may change")


def _can_be_settled(standing: Standing, *, by_having_run: bool) -> bool:
    """Whether the statement that was cut short is there; that it ran is only to be said of what was begun."""
    number, segments = _stopped_in(standing), _read(standing).segments
    if number > len(segments) or not by_having_run:
        return number <= len(segments)
    started = standing.past.started if standing.past else None
    return started is not None and started.record.digest == segments[number - 1].digest


def _gone(standing: Standing) -> Finding:
    what = f"{standing.shown} has part {_stopped_in(standing)} no more as it was when it was cut short"
    return _problem("repair-mismatch", what, "restore the file as it was (git log shows it), and say it again")


def _problem(rule: str, message: str, help_text: str) -> Finding:
    return Finding(rule, message, help=help_text)


def _accept(platform: str, standing: Standing) -> Step:
    migration = _read(standing)
    text = "\n".join(segment.text for segment in migration.segments)
    count = len(migration.segments)
    record = _record(platform, standing, Event.ACCEPTED, segment=count, text=text)
    return Step("repair", standing.shown, "the file is right as it is", record=record)


def _ran(platform: str, standing: Standing) -> Step:
    number = _stopped_in(standing)
    segment = _read(standing).segments[number - 1]
    event = Event.BASELINE if completes_baseline(_read(standing), number) else Event.APPLIED
    record = _record(platform, standing, event, segment=number, text=segment.text, digest=segment.digest)
    return Step("repair", standing.shown, f"part {number} ran, somebody looked", record=record)


def _not_run(platform: str, standing: Standing) -> Step:
    number = _stopped_in(standing)
    record = _record(platform, standing, Event.FAILED, segment=number)
    return Step("repair", standing.shown, f"part {number} did not run, somebody looked", record=record)


def _read(standing: Standing) -> Migration:
    assert standing.migration is not None  # noqa: S101 - plan_repair asked for it
    return standing.migration


def _stopped_in(standing: Standing) -> int:
    return (standing.past.done if standing.past else 0) + 1


def _record(
    platform: str, standing: Standing, event: Event, *, segment: int, text: str = "", digest: str = ""
) -> Record:
    migration = _read(standing)
    return Record(
        platform,
        standing.kind,
        standing.version,
        standing.name,
        migration.checksums,
        segment,
        len(migration.segments),
        digest,
        text,
        event,
    )
