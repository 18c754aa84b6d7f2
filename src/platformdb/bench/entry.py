"""A measurement as an entry of a run: pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from platformdb.bench.gates.contract import contract_of
from platformdb.bench.gates.statistics import percentile
from platformdb.bench.model import Entry, Times
from platformdb.workload.model import Catalog, Measurement

_DIGITS = 16


def entry_of(measurement: Measurement, catalog: Catalog) -> Entry:
    """What a run keeps of a measurement."""
    query, persona = measurement.query, measurement.persona
    return Entry(
        query=query.name,
        persona=persona.name,
        checksum=hashlib.sha256(query.sql.encode()).hexdigest()[:_DIGITS],
        purpose=query.purpose,
        target_ms=query.target_ms,
        rule=persona.rule,
        weight=persona.weight,
        contract=contract_of(measurement.plan, catalog),
        work=measurement.work,
        plan=measurement.plan,
        times=times_of(measurement.samples_ms),
        writes=query.writes,
    )


def times_of(samples_ms: Sequence[float]) -> Times | None:
    """The percentiles of samples; None where nothing was timed."""
    if not samples_ms:
        return None
    p50, p95, p99 = (percentile(samples_ms, share) for share in (0.50, 0.95, 0.99))
    return Times(p50, p95, p99, len(samples_ms))
