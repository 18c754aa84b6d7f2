"""Percentiles and verdicts: pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from platformdb.bench.model import HeldSeed, Measurement, Query, Verdict
from platformdb.report.model import Finding, Severity


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least ``share`` (0 to 1) of all samples do not exceed: the nearest-rank method."""
    ordered = sorted(samples)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def judge(query: Query, measurements: Iterable[Measurement]) -> Verdict:
    """The verdict over a query's slowest persona: the target is for everybody, not for the average user."""
    worst = max(measurements, key=lambda measurement: percentile(measurement.samples_ms, 0.95))
    p50, p95, p99 = (percentile(worst.samples_ms, share) for share in (0.50, 0.95, 0.99))
    nodes = tuple(walk_plan(worst.plan["Plan"]))
    return Verdict(
        query=query,
        persona=worst.persona,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        execution_ms=float(worst.plan["Execution Time"]),
        buffers=sum(int(worst.plan["Plan"].get(f"Shared {kind} Blocks", 0)) for kind in ("Hit", "Read")),
        indexes=tuple(dict.fromkeys(str(node["Index Name"]) for node in nodes if "Index Name" in node)),
        passed=p95 <= query.target_ms,
    )


def walk_plan(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A plan's nodes, parents first."""
    yield node
    for child in node.get("Plans", ()):
        yield from walk_plan(child)


def other_seed(held: HeldSeed | None, profile: str) -> tuple[Finding, ...]:
    """A note where the figures are of another seed than profile ``profile``: few rows make every query look fast."""
    if held is None or held.profile == profile:
        return ()
    return (
        Finding(
            "other-seed",
            f"these figures are of profile {held.profile}, seed {held.number}, {held.rows:,} rows, not of {profile}",
            held.profile,
            Severity.NOTE,
            help=f"platformdb seed --profile {profile} --replace, or platformdb bench --profile {held.profile}",
        ),
    )


def missed(verdicts: Iterable[Verdict]) -> tuple[Finding, ...]:
    """A finding per missed target."""
    return tuple(
        Finding(
            "target-missed",
            f"{v.query.name}: p95 is {v.p95_ms:.2f} ms for persona {v.persona}, the target {v.query.target_ms:g} ms",
            v.query.name,
            place=v.query.place,
            help="look at its plan with EXPLAIN (ANALYZE, BUFFERS); are its indexes built? platformdb indexes status",
        )
        for v in verdicts
        if not v.passed
    )
