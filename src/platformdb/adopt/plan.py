"""What is recorded of another tool's history, and what of it is forgotten: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platformdb.adopt.doubts import Doubt, doubts, said_of
from platformdb.adopt.model import Account, Deed, Proof, Takeover
from platformdb.migrations.model import Identity, Kind, Past, Plan, Standing, identify, version_key
from platformdb.migrations.past import KINDS, Book
from platformdb.report.history import Checksums, Entry, Event, Record
from platformdb.report.model import Finding, Step

# No file that platformdb runs can begin with it: there is no such directive.
MARK = "-- platformdb: taken over from "
FORGOTTEN = "-- platformdb: forgotten, as if never taken over"
NO_FILE = Checksums("", "", "")
NAMED = 5


@dataclass(frozen=True, slots=True)
class Scene:
    """What is decided from: a tool's account, where the files stand here, and when it is now.

    ``standings`` are by the tool's keys, those of all files that it may know.
    """

    platform: str
    account: Account
    standings: Mapping[str, Standing]
    book: Book
    now: datetime


def plan_adoption(scene: Scene, accepted: Sequence[str]) -> Takeover:
    """One step, with a row for everything that the tool did and the history here does not have; what forbids it.

    ``accepted`` are versions of which somebody says that they are right, whatever doubt there is; ``all`` is all.
    """
    deeds = tuple(deed for deed in scene.account.told.deeds if not deed.baseline)
    baseline = next((deed for deed in reversed(scene.account.told.deeds) if deed.baseline), None)
    if baseline and version_key(baseline.key) <= scene.book.baseline:
        baseline = None
    above = version_key(baseline.key) if baseline else scene.book.baseline
    doubtful = tuple(doubts(scene.account, deeds, scene.standings, above))
    findings = (*scene.account.told.findings, *said_of(doubtful, accepted, scene.account.tool.title))
    new = tuple(deed for deed in deeds if _is_new(scene, deed))
    entries = (*_baseline(scene, baseline), *_entries(scene, new, above, doubtful))
    reason = f"what {scene.account.tool.title} did, as its table says"
    steps = (Step("adopt", scene.account.table, reason, taken=entries),) if entries else ()
    taken = (*((baseline,) if baseline else ()), *new)
    return Takeover(Plan(steps, findings), scene.account, taken, _pending(scene, new, above))


def _is_new(scene: Scene, deed: Deed) -> bool:
    """Whether there is a file for it that is not recorded; a repeatable one that was edited since runs again."""
    standing = scene.standings.get(deed.key)
    if standing is None or (standing.past and standing.past.done):
        return False
    return not deed.repeatable or scene.account.proofs.get(deed.key) in {Proof.VERIFIED, Proof.NONE}


def _pending(scene: Scene, new: Sequence[Deed], above: tuple[int, ...]) -> int:
    taken = {deed.key for deed in new}
    return sum(
        key not in taken
        and not (standing.past and standing.past.done)
        and not (standing.kind is Kind.VERSIONED and version_key(standing.version) <= above)
        for key, standing in scene.standings.items()
    )


def _baseline(scene: Scene, baseline: Deed | None) -> Iterator[Entry]:
    if baseline is not None:
        text = _comment(scene.account, baseline, "")
        record = Record(
            scene.platform, Kind.VERSIONED, baseline.key, "baseline", NO_FILE, text=text, event=Event.BASELINE
        )
        yield Entry(record, baseline.at or scene.now, baseline.elapsed_ms)


def _entries(scene: Scene, new: Sequence[Deed], above: tuple[int, ...], doubtful: Sequence[Doubt]) -> Iterator[Entry]:
    """The rows, in the order in which the tool applied: that tells what was out of order."""
    newest = max(scene.book.newest, above)
    in_doubt = {doubt.key for doubt in doubtful}
    for deed in new:
        standing = scene.standings[deed.key]
        key = version_key(standing.version) if standing.kind is Kind.VERSIONED else newest
        comment = _comment(scene.account, deed, " and accepted" if deed.key in in_doubt else "")
        for record in _records(scene.platform, standing, comment, out_of_order=key < newest):
            yield Entry(record, deed.at or scene.now, deed.elapsed_ms if record.segment == 1 else 0.0)
        newest = max(newest, key)


def _records(platform: str, standing: Standing, comment: str, *, out_of_order: bool) -> Iterator[Record]:
    """A row for each segment of the file, as if platformdb had run it; one where the file cannot be read."""
    file, migration = standing.file, standing.migration
    assert file is not None  # noqa: S101 - only what has a file is taken over
    place = (platform, file.kind, file.version, file.name)
    if migration is None:
        yield Record(*place, Checksums(file.raw, "", ""), text=comment, out_of_order=out_of_order)
        return
    count = len(migration.segments)
    for number, segment in enumerate(migration.segments, 1):
        text, late = f"{comment}\n{segment.text}", out_of_order
        yield Record(*place, migration.checksums, number, count, segment.digest, text, out_of_order=late)


def _comment(account: Account, deed: Deed, accepted: str) -> str:
    """One line that says who did what and when, as the tool tells, and what its checksum was worth."""
    when = f" at {deed.at:%Y-%m-%d %H:%M:%S%z}" if deed.at else ""
    who = f" by {deed.who}" if deed.who else ""
    proof = account.proofs.get(deed.key, Proof.NONE)
    checksum = f"; its checksum {deed.checksum}: {proof}{accepted}" if deed.checksum else ""
    return " ".join(f"{MARK}{account.shown}: {deed.shown}, applied{when}{who}{checksum}".split())


def count_unseen(account: Account, book: Book, entries: Iterable[Entry]) -> int:
    """How many of these files the tool ran of which the history, where it says anything, knows nothing.

    Repeatable ones count only where it says nothing at all: else adopt may have left them to run again.
    """
    deeds = account.told.deeds
    if not (book.pasts or book.baseline):
        failed = {finding.subject for finding in account.told.findings}
        ran = {deed.key for deed in deeds}
        return len((ran | failed) & account.filed.keys() | {deed.key for deed in deeds if deed.baseline})
    records = [entry.record for entry in entries if entry.record.kind in KINDS]
    seen = {identify(Kind(each.kind), each.version, each.name) for each in records}
    files = [account.filed[deed.key].file for deed in deeds if deed.key in account.filed and not deed.repeatable]
    known = [
        version_key(each.version) <= book.baseline or identify(each.kind, each.version, each.name) in seen
        for each in files
    ]
    return known.count(False)


def plan_forgetting(
    platform: str, book: Book, entries: Sequence[Entry], texts: Mapping[int, str], now: datetime
) -> Plan:
    """One step that takes back every row that was taken over; refused where platformdb itself ran something.

    ``texts`` are the texts of the rows in ``entries`` by their ids.
    """
    own = tuple(_own(entries, {number for number, text in texts.items() if text.startswith(MARK)}))
    if own:
        return Plan(findings=(_too_late(own),))
    records = [_forgotten(past) for past in book.pasts.values() if past.done]
    if book.baseline:
        records.append(Record(platform, Kind.VERSIONED, "", "baseline", NO_FILE, text=FORGOTTEN, event=Event.BASELINE))
    taken = tuple(Entry(record, now, 0.0) for record in records)
    steps = (Step("adopt", "platformdb.history", "as if never taken over", taken=taken),) if taken else ()
    return Plan(steps)


def _own(entries: Sequence[Entry], taken: Collection[int]) -> Iterable[str]:
    """What is in the database by platformdb's own doing, or by the word of somebody who set a baseline."""
    own: dict[Identity | None, str] = {}  # a baseline stands by itself, whatever a file of its version does
    for entry in entries:
        record = entry.record
        if record.kind not in {Kind.VERSIONED, Kind.REPEATABLE}:
            continue
        baseline = record.event is Event.BASELINE and not record.digest
        identity = None if baseline else identify(Kind(record.kind), record.version, record.name)
        forgotten = not record.version if baseline else record.event is Event.REVERTED or entry.id in taken
        if forgotten:
            own.pop(identity, None)
        elif entry.id not in taken and record.event in {Event.STARTED, Event.APPLIED, Event.BASELINE}:
            own[identity] = f"{record.version} {record.name}".strip()
    return own.values()


def _forgotten(past: Past) -> Record:
    record = past.last.record
    return replace(record, segment=past.segments, segments=past.segments, text=FORGOTTEN, event=Event.REVERTED)


def _too_late(own: Sequence[str]) -> Finding:
    said = ", ".join(own[:NAMED]) + (f" and {len(own) - NAMED} more" if len(own) > NAMED else "")
    message = f"platformdb itself ran {said} since, so what was taken over cannot be forgotten"
    return Finding("adopt-late", message, help="take that back first: platformdb down --to VERSION")
