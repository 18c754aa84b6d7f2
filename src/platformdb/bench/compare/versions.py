"""``bench --compare``: two versions in two databases, measured in one run; the older is the newer one's reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from platformdb.bench.compare.turns import Key, Turns, compare_turns
from platformdb.bench.entry import entry_of, times_of
from platformdb.bench.gates.judge import judge, missing
from platformdb.bench.gates.statistics import Comparison, slower
from platformdb.bench.model import Entry, Gate, Judged, Verdict
from platformdb.bench.request import Request
from platformdb.bench.setup import Bench, set_up
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Severity
from platformdb.report.progress import Observer
from platformdb.workload.model import Catalog, Measurement, Query
from platformdb.workload.run import observe, stopwatch

_MEANT = "if it went on purpose there is nothing to do; else bring it back"


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is compared: its database, seeded, its platform's files and its queries."""

    target: Target
    platform: Platform
    queries: Sequence[Query]


def compare_versions(before: Version, now: Version, observer: Observer, request: Request) -> Judged:
    """Judges ``now`` with ``before`` as its reference, time included: both are timed in turns.

    Both databases are this command's own, so writes run in them too, each in a transaction that is rolled back.

    Raises:
        Refused: the server rejects a query.
    """
    with connect(before.target) as here, connect(now.target) as there:
        old = set_up(here, before.platform, before.queries, request)
        new = set_up(there, now.platform, now.queries, request)
        refused = (*_refused(old), *_refused(new), *_other_rows(old, new))
        if refused:
            return Judged(new.run, (), refused)
        observer.stage("bench")
        first, second = _observed(here, old), _observed(there, new)
    turns, compared = _timed(before.target, now.target, first, second, observer)
    return _judged(old, new, first, second, turns, compared, request)


def _observed(connection: Connection, bench: Bench) -> Mapping[Key, Measurement]:
    return {
        (query.name, persona.name): observe(connection, query, persona)
        # Reads first: what a write rolls back stays in the pages, and may turn a plan.
        for query in sorted(bench.queries, key=lambda query: query.writes)
        for persona in bench.personas[query.name]
    }


def _timed(
    before: Target, now: Target, first: Mapping[Key, Measurement], second: Mapping[Key, Measurement], observer: Observer
) -> tuple[Mapping[Key, Turns], Mapping[Key, Comparison]]:
    """The times of whatever both versions have, and the comparisons of what looked slower."""

    @contextmanager
    def opening(keys: Collection[Key]) -> Iterator[Mapping[Key, Turns]]:
        with connect(before) as here, connect(now) as there, ExitStack() as stack:
            pin(here)
            pin(there)

            def watched(connection: Connection, found: Measurement) -> Callable[[], float]:
                return stack.enter_context(stopwatch(connection, found.query, found.persona))

            yield {key: Turns((watched(here, first[key]), watched(there, second[key]))) for key in keys}

    return compare_turns(opening, [key for key in first if key in second], observer.progress)


def _refused(bench: Bench) -> tuple[Finding, ...]:
    return bench.findings if bench.refused else ()


def _other_rows(old: Bench, new: Bench) -> tuple[Finding, ...]:
    seeds = (old.run.seed, new.run.seed)
    if seeds[0] == seeds[1]:
        return ()
    rows = " and ".join(f"{seed.rows:,}" if seed else "no" for seed in seeds)
    return (
        Finding(
            "other-seed",
            f"the two versions seed other rows ({rows}), so their work cannot be compared",
            new.run.platform,
            help="change seeds/ and what is measured in separate pull requests, or judge by --reference FILE",
        ),
    )


def _judged(
    old: Bench,
    new: Bench,
    first: Mapping[Key, Measurement],
    second: Mapping[Key, Measurement],
    turns: Mapping[Key, Turns],
    compared: Mapping[Key, Comparison],
    request: Request,
) -> Judged:
    held = {key: _entry(found, old.catalog, turns.get(key), 0) for key, found in first.items()}
    entries = {key: _entry(found, new.catalog, turns.get(key), 1) for key, found in second.items()}
    verdicts = {
        key: judge(second[key], entry, new.catalog, held.get(key), request.tolerance) for key, entry in entries.items()
    }
    reference = replace(old.run, entries=tuple(held.values()))
    run = replace(new.run, entries=tuple(entries.values()))
    timed = _with_times(verdicts, compared, second)
    # Whoever takes a query away shows that in the same change: there is no file that could hold it fast.
    unmatched = (
        replace(each, severity=Severity.WARNING, help=_MEANT) if each.severity is Severity.ERROR else each
        for each in missing(run, reference, new.left)
    )
    return Judged(run, timed, (*new.findings, *unmatched), reference, tuple(Gate))


def _entry(found: Measurement, catalog: Catalog, turns: Turns | None, side: int) -> Entry:
    entry = entry_of(found, catalog)
    return replace(entry, times=times_of(turns.times[side])) if turns else entry


def _with_times(
    verdicts: Mapping[Key, Verdict], compared: Mapping[Key, Comparison], found: Mapping[Key, Measurement]
) -> tuple[Verdict, ...]:
    """The verdicts with gate 4: all comparisons of the run are corrected together."""
    alarms = dict(zip(compared, slower(tuple(compared.values())), strict=True))
    return tuple(
        _slower(verdict, compared[key], found[key]) if alarms.get(key) else verdict for key, verdict in verdicts.items()
    )


def _slower(verdict: Verdict, compared: Comparison, found: Measurement) -> Verdict:
    name, persona = found.query.name, found.persona.name
    finding = Finding(
        "slower",
        f"{name} for {persona}: {compared.ratio:.2f} times as slow, best times {compared.before_ms:.3f} → "
        f"{compared.now_ms:.3f} ms (p = {compared.p:.1g}, effect {compared.effect:.2f})",
        f"{name}/{persona}",
        place=found.query.place,
        help="both versions ran in turns on this machine, so it is no noise: look at what changed in its plan and work",
    )
    return replace(verdict, findings=(*verdict.findings, finding), failed=verdict.failed or Gate.TIME)
