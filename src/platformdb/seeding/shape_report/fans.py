"""A foreign key's fan-out beside its declaration. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platformdb.seeding.shape.distributions import Distribution, Fixed, Lognormal, Skew, Uniform, Weighted
from platformdb.seeding.shape_report.degrees import Degrees, exponent_influence, sigma, sigma_influence
from platformdb.seeding.shape_report.laws import Law
from platformdb.seeding.shape_report.measured import FanMeasured
from platformdb.seeding.shape_report.model import Fan, FanShape, Line, Spread, Unit
from platformdb.seeding.shape_report.predicted import predict
from platformdb.seeding.shape_report.tolerances import (
    DEVIATIONS,
    Bounds,
    Range,
    bounds,
    exponent_bias,
    figure_margin,
)

QUANTILES = (("median", 0.5), ("p90", 0.9), ("p99", 0.99))
# The sum of what chance does to all of it may not reach 1: then nothing would be said any more.
MOST_NOISE = 0.9
# How far the prediction of a graph, whose edges all differ, is from the way it is made.
GRAPH_SLACK = 0.01
# Where the most popular is among the childless, the others do not only have more: their inequality is another one.
NOISE_SLACK = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What is predicted for so many ``parents``; ``low`` and ``high``: what chance may make of it as a whole."""

    law: Law
    low: Law
    high: Law
    parents: int
    slack: float = 0.0

    @property
    def degrees(self) -> Degrees:
        """How many parents have how many children."""
        return self.law.degrees(self.parents)


def judge_fan(measured: FanMeasured, rows: Mapping[str, int]) -> FanShape:
    """The lines of a foreign key; ``rows`` are those of each table."""
    fan = measured.fan
    expected = _expected(measured, rows)
    lines = _shown(fan, measured.degrees) if expected is None else _judged(measured, expected)
    said = "" if fan.spread is None else describe(fan.spread)
    if expected is None:
        return FanShape(fan, said, tuple(lines), measured.degrees)
    return FanShape(fan, said, tuple(lines), measured.degrees, expected.law, expected.parents)


def _expected(measured: FanMeasured, rows: Mapping[str, int]) -> Expected | None:
    spread, pool, has = measured.fan.spread, measured.pool, measured.degrees
    if spread is None or pool is None or not pool or measured.fan.pool is None:
        return None
    # Links that are drawn row by row: rows that were dropped took the popular ones along.
    if spread.total is None and spread.skew is not None and measured.fan.dropped:
        return None
    children = round(has.rows) if spread.total is None else spread.total
    share, partners = measured.fan.pool.share, rows.get(spread.partners, 0)
    middle, noise = predict(spread, pool, children, share, partners)
    around = min(DEVIATIONS * noise, MOST_NOISE)
    slack = noise * NOISE_SLACK + (GRAPH_SLACK if spread.other is not None else 0.0)
    if not around:
        return Expected(middle, middle, middle, pool, slack)
    low, high = (predict(spread, pool, round(children * by), share, partners)[0] for by in (1 - around, 1 + around))
    return Expected(middle, low, high, pool, slack)


def _shown(fan: Fan, has: Degrees) -> Iterator[Line]:
    yield Line(fan.name, "gini", has.gini)
    yield Line(fan.name, "p99", has.quantile(0.99), unit=Unit.COUNT)
    yield Line(fan.name, "max", has.largest, unit=Unit.COUNT)


def _judged(measured: FanMeasured, expected: Expected) -> Iterator[Line]:
    fan, has, degrees = measured.fan, measured.degrees, expected.degrees
    low, high = _bounds(expected)
    yield _line(fan, "childless", has.childless, degrees.childless, (high.childless[0], low.childless[1]), Unit.SHARE)
    for place, (name, share) in enumerate(QUANTILES):
        allowed = low.quantiles[place][0], high.quantiles[place][1]
        yield _line(fan, name, has.quantile(share), degrees.quantile(share), allowed, Unit.COUNT)
    likely = expected.law.likely_largest(expected.parents)
    yield _line(fan, "max", has.largest, likely, (low.largest[0], high.largest[1]), Unit.COUNT)
    for name, found, declared, margin in _figures(fan, has, expected):
        yield _line(fan, name, found, declared, (declared - margin, declared + margin), Unit.NUMBER)


def _bounds(expected: Expected) -> tuple[Bounds, Bounds]:
    """Those of what chance makes least of it, and most."""
    shares = [share for _, share in QUANTILES]
    low = bounds(expected.low, shares, expected.parents, expected.slack)
    same = expected.high is expected.low
    return low, low if same else bounds(expected.high, shares, expected.parents, expected.slack)


def _line(fan: Fan, name: str, found: float, declared: float, allowed: Range, unit: Unit) -> Line:
    """A line; where rows are dropped what is declared is the most that can be, and nothing of their inequality."""
    low, high = allowed
    if not fan.dropped:
        return Line(fan.name, name, found, declared, low, high, unit)
    if name == "childless":
        return Line(fan.name, name, found, declared, low, None, unit)
    return Line(fan.name, name, found, declared, None, None if unit is Unit.NUMBER else high, unit)


def _figures(fan: Fan, has: Degrees, expected: Expected) -> Iterator[tuple[str, float, float, float]]:
    """Gini, and the exponent or the sigma: what was found, what was declared, and how far it may be off."""
    degrees, parents, law = expected.degrees, expected.parents, expected.law
    ends = [each.degrees(parents).gini - degrees.gini for each in (expected.low, expected.high)]
    apart = max(map(abs, ends)) + expected.slack
    yield "gini", has.gini, degrees.gini, figure_margin(law, degrees.gini_influence, parents) + apart
    skew, graph = (fan.spread.skew, fan.spread.other is not None) if fan.spread else (None, False)
    if skew is None or bool(skew.zipf) == bool(skew.lognormal):
        return
    if skew.lognormal and not graph:
        influence = sigma_influence(degrees, skew.silent)
        yield "sigma", sigma(has, skew.silent), skew.lognormal, figure_margin(law, influence, parents)
    found, declared = has.exponent, degrees.exponent if graph else skew.zipf
    if skew.zipf and found is not None and declared is not None:
        margin = figure_margin(law, exponent_influence(degrees, declared), parents)
        yield "exponent", found, declared, margin + exponent_bias(declared, has.tail[1]) + expected.slack


def describe(spread: Spread) -> str:
    """The declaration in a few words."""
    if spread.skew is None:
        return _count(spread.count)
    parts = [f"{spread.total:,} in all"] if spread.total is not None else []
    return ", ".join((*parts, *_skew(spread.skew))) or "all alike"


def _skew(skew: Skew) -> Iterator[str]:
    if skew.zipf:
        yield f"zipf {skew.zipf:g}"
    if skew.lognormal:
        yield f"lognormal {skew.lognormal:g}"
    if skew.histogram:
        yield f"histogram of {len(skew.histogram)}"
    if skew.childless:
        yield f"childless {skew.childless:.0%}"


def _count(count: Distribution | None) -> str:
    match count:
        case None:
            return "1 each"
        case Fixed():
            return f"{count.value} each"
        case Uniform():
            return f"{count.min} to {count.max} each"
        case Lognormal():
            return f"lognormal, median {count.median}, sigma {count.sigma:g}"
        case Weighted():
            return f"{', '.join(str(value) for value in count.values)} by weight"
