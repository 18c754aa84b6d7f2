"""Migrations that platformdb does not run: steps in another language, and what somebody marks as applied: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from platformdb.errors import Place
from platformdb.migrations.model import Kind, Standing, State, is_version, version_key
from platformdb.report.history import Checksums, Event, Record
from platformdb.report.model import Finding, Step

# What was begun is settled by other commands.
MARKABLE = (State.PENDING, State.NOT_SQL, State.OUT_OF_ORDER, State.FAILED, State.UNREADABLE)
# A pipeline says the same every time.
IN_ALREADY = (State.APPLIED, State.BASELINE, State.COSMETIC)


def marked_standings(found: Sequence[Standing], versions: Collection[str]) -> tuple[Standing, ...]:
    """What somebody says is applied, of what can be said so."""
    keys = {version_key(version) for version in versions if is_version(version)}
    return tuple(s for s in found if _key(s) in keys and s.state in MARKABLE)


def marking_problems(found: Sequence[Standing], versions: Iterable[str]) -> Iterator[Finding]:
    """Versions that nobody can mark: there is no such file, or it was begun; of what is in already nothing is said."""
    by_key = {_key(s): s for s in found}
    for version in versions:
        standing = by_key.get(version_key(version)) if is_version(version) else None
        if standing is None or not standing.file:
            what = f"there is no version {version} to mark as applied"
        elif standing.state not in {*MARKABLE, *IN_ALREADY}:
            what = f"{standing.shown} is {standing.state.value}, and cannot be marked as applied"
        else:
            continue
        yield Finding("mark-applied", what, help="platformdb status shows where everything stands")


def _key(standing: Standing) -> tuple[int, ...] | None:
    return version_key(standing.version) if standing.kind is Kind.VERSIONED else None


def mark_step(platform: str, standing: Standing) -> Step:
    """A row that says it is applied, and nothing else."""
    file, migration = standing.file, standing.migration
    assert file is not None  # noqa: S101 - marking_problems asked for it
    sums = migration.checksums if migration else Checksums(file.raw, "", "")
    text = "-- marked as applied: platformdb ran nothing"
    event = Event.BASELINE if file.kind is Kind.BASELINE else Event.APPLIED
    record = Record(platform, standing.kind, file.version, file.name, sums, text=text, event=event)
    return Step("repair", file.shown, "marked as applied, nothing is run", record=record)


def first_not_sql(found: Iterable[Standing]) -> Standing | None:
    """The first step that only another tool can run."""
    return next((s for s in found if s.state is State.NOT_SQL), None)


def stopped_at(standing: Standing) -> Finding:
    """Why the plan ends there."""
    file = standing.file
    assert file is not None  # noqa: S101 - only a file is in another language
    return Finding(
        "migration-not-sql",
        f"{file.shown} is a step in {file.language}, which platformdb does not run: nothing from there on was run",
        file.shown,
        place=Place(file.shown),
        help=f"let its own tool run it, then go past it: platformdb migrate --mark-applied {file.version}",
    )
