"""The verdict over one query for one persona: the four gates in their order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from platformdb.bench.gates.absolute import broken_plan, not_servable, over_budget
from platformdb.bench.gates.against import Change, changes, described, is_tie, lost
from platformdb.bench.gates.remark import Remark
from platformdb.bench.gates.words import changed_words, plan_words
from platformdb.bench.model import Contract, Entry, Gate, Run, Verdict
from platformdb.bench.request import TOLERANCE
from platformdb.report.model import Finding, Severity
from platformdb.workload.model import Catalog, Measurement

SAVE_ANEW = "platformdb bench --save-reference FILE"
_TOLD = 4


def judge(
    measurement: Measurement,
    entry: Entry,
    catalog: Catalog,
    reference: Entry | None,
    tolerance: float = TOLERANCE,
    *,
    strict_time: bool = False,
) -> Verdict:
    """What the gates say. ``tolerance`` is by how much work may grow, as a share; ``strict_time`` lets time gate."""
    tolerance = max(tolerance, measurement.query.gates.tolerance / 100)
    moved = changes(reference.work, entry.work) if reference else ()
    absolute = [*not_servable(measurement, catalog), *broken_plan(measurement, entry.contract, catalog)]
    remarks = [
        *_once(absolute, reference.contract if reference else Contract()),
        *(_relative(absolute, reference, entry, moved, tolerance) if reference else ()),
        *over_budget(entry.work, measurement.query.gates),
        *(_work(reference, entry, moved, tolerance) if reference else ()),
        *_unsteady(measurement),
        *_missed(entry, Severity.ERROR if strict_time else Severity.WARNING),
    ]
    if reference:
        remarks = _with_rows(remarks, reference.work.returned, entry.work.returned)
    return Verdict(
        entry=entry,
        reference=reference,
        findings=tuple(_finding(remark, measurement) for remark in remarks),
        failed=next((remark.gate for remark in remarks if remark.severity is Severity.ERROR), None),
        changed=changed_words(reference, entry, moved, tolerance) if reference else "",
        plan=plan_words(entry),
        tie=any(remark.rule == "plan-tie" for remark in remarks),
    )


def _once(remarks: Iterable[Remark], before: Contract) -> Iterator[Remark]:
    """Each place's first remark, with how the reference read it: what no index serves is read in sequence, too."""
    held = {access.place: access for access in before.accesses}
    seen: set[str] = set()
    for remark in remarks:
        if remark.place and remark.place in seen:
            continue
        seen.add(remark.place)
        former = held.get(remark.place)
        told = f"; the reference read it by {described(former)}" if former and former.method != "seq" else ""
        yield replace(remark, message=remark.message + told)


def _relative(
    absolute: Sequence[Remark], reference: Entry, entry: Entry, moved: Sequence[Change], tolerance: float
) -> Iterator[Remark]:
    """What the plan lost, as far as no absolute gate has told it; notes where the planner finds both plans alike."""
    told = {remark.place or remark.rule for remark in absolute}
    found = lost(reference.contract, entry.contract)
    remarks = [remark for remark in found if (remark.place or remark.rule) not in told]
    if not any(change.grew(tolerance) for change in moved):
        if is_tie(reference.contract, entry.contract):
            return (_as_tie(remark, reference, entry) for remark in remarks)
        if entry.contract.cost <= reference.contract.cost:
            # Less dear to the planner and no more work: it found a better way, of which the order of joins is a part.
            return iter(())
    return iter(remarks)


def _as_tie(remark: Remark, reference: Entry, entry: Entry) -> Remark:
    return replace(
        remark,
        rule="plan-tie",
        severity=Severity.NOTE,
        message=f"{remark.message}; a tie: the planner finds both alike"
        f" (cost {reference.contract.cost:,.2f} and {entry.contract.cost:,.2f}), and the work did not grow",
        help="nothing to do: either plan may come",
    )


def _work(reference: Entry, entry: Entry, moved: Sequence[Change], tolerance: float) -> Iterator[Remark]:
    """Gate 3, against the reference."""
    grown = [change for change in moved if change.grew(tolerance)]
    shrunk = [change for change in moved if change.shrank(tolerance)]
    if grown:
        more = f" and {len(grown) - _TOLD} more" if len(grown) > _TOLD else ""
        told = ", ".join(map(str, grown[:_TOLD])) + more
        yield Remark(
            Gate.WORK,
            "work-grown",
            f"more work than in the reference: {told}",
            f"look at what changed in its plan; if it is meant, save the reference anew: {SAVE_ANEW}",
        )
    elif shrunk:
        told = ", ".join(map(str, shrunk[:_TOLD]))
        yield Remark(
            Gate.WORK,
            "work-shrunk",
            f"less work than in the reference: {told}",
            f"save the reference anew, so that it stays so: {SAVE_ANEW}",
            severity=Severity.NOTE,
        )


def _with_rows(remarks: Sequence[Remark], before: int, now: int) -> list[Remark]:
    """The first failure says where the result has other rows: a LIMIT or a condition that is gone explains the rest."""
    failures = [at for at, remark in enumerate(remarks) if remark.severity is Severity.ERROR]
    told = list(remarks)
    if failures and before != now:
        first = told[failures[0]]
        rows = f"returns {now:,} rows, in the reference {before:,}; {first.message}"
        told[failures[0]] = replace(first, message=rows)
    return told


def _unsteady(measurement: Measurement) -> Iterator[Remark]:
    if (
        not measurement.steady and not measurement.query.writes
    ):  # what a write took back stays in its pages for the next
        yield Remark(
            Gate.WORK,
            "work-unsteady",
            "its work was not the same in every run; the least of them is judged",
            "does it depend on the clock, on chance, or on what other sessions do?",
            severity=Severity.NOTE,
        )


def _missed(entry: Entry, severity: Severity) -> Iterator[Remark]:
    if entry.times and entry.times.p99 > entry.target_ms:
        yield Remark(
            Gate.TIME,
            "target-missed",
            f"p99 is {entry.times.p99:.2f} ms, the target {entry.target_ms:g} ms",
            "look at its plan (platformdb bench --html FILE); on a busy machine, compare with --compare REF",
            severity=severity,
        )


def _finding(remark: Remark, measurement: Measurement) -> Finding:
    query, persona = measurement.query, measurement.persona
    return Finding(
        remark.rule,
        f"{query.name} for {persona.name}: {remark.message}",
        f"{query.name}/{persona.name}",
        remark.severity,
        query.place,
        remark.help,
    )


def missing(run: Run, reference: Run, left_out: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Entries that only one of both has; ``left_out`` names queries that this server cannot run."""
    held, found = ({(entry.query, entry.persona) for entry in each.entries} for each in (reference, run))
    gone = (
        Finding(
            "query-gone",
            f"{query} for {persona} is in the reference and was not measured",
            f"{query}/{persona}",
            help=f"bring it back; if it went on purpose, save the reference anew: {SAVE_ANEW}",
        )
        for query, persona in sorted(held - found)
        if query not in left_out
    )
    new = (
        Finding(
            "query-new",
            f"{query} for {persona} is not in the reference: only the gates that need none were applied",
            f"{query}/{persona}",
            Severity.NOTE,
            help=f"save the reference anew: {SAVE_ANEW}",
        )
        for query, persona in sorted(found - held)
    )
    return (*gone, *new)
