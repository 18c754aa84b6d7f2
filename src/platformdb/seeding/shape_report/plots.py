"""Small plots as inline SVG: what was measured as points or bars, what was declared as a line. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from platformdb.seeding.shape_report.degrees import Degrees

WIDTH, HEIGHT = 320, 170
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 8, 26
# A curve of more points looks the same.
MOST_POINTS = 140
UNITS = ("", "k", "M", "G", "T")

Point = tuple[float, float]


def rank_plot(title: str, measured: Degrees, expected: Degrees | None) -> str:
    """Children of a parent by its rank, both axes logarithmic: popularity by a power of the rank is a straight line."""
    points, line = _ranked(measured), _ranked(expected) if expected is not None else []
    together = [*points, *line]
    if not together:
        return ""
    wide = max(math.ceil(max(x for x, _ in together)), 1)
    high = max(math.ceil(max(y for _, y in together)), 1)
    parts = [
        *_powers(wide, high),
        *(f'<circle class="m" cx="{_x(x / wide):.1f}" cy="{_y(y / high):.1f}" r="2.2"/>' for x, y in points),
        _line((x / wide, y / high) for x, y in line),
        _caption("rank", "children"),
    ]
    return _svg(title, parts)


def _ranked(degrees: Degrees) -> list[Point]:
    """The logarithms of ranks and of children, from the largest down."""
    found: list[Point] = []
    rank = 0.0
    for children, parents in zip(degrees.children[::-1].tolist(), degrees.parents[::-1].tolist(), strict=True):
        rank += parents
        # Predicted are parts of parents, too: nobody is before the first.
        if children >= 1 and parents > 0 and rank >= 0.5:
            found.append((math.log10(max(rank, 1.0)), math.log10(children)))
    return _thinned(found)


def _thinned(points: list[Point]) -> list[Point]:
    """Of many points those that can be told apart."""
    if len(points) <= MOST_POINTS:
        return points
    reach = max(points[-1][0] - points[0][0], points[0][1] - points[-1][1]) / MOST_POINTS
    kept = [points[0]]
    for point in points:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= reach:
            kept.append(point)
    return kept


def bars(title: str, rows: Sequence[float], shares: Sequence[float], ends: tuple[str, str, str]) -> str:
    """Rows as bars, and the declared shares of them as a line; ``ends`` are written below: left, middle, right."""
    total = sum(rows) or 1
    top = max([*(row / total for row in rows), *shares], default=0.0) or 1.0
    step = 1 / max(len(rows), 1)
    parts = [_grid_line(1.0, f"{top * 100:.3g} %"), _grid_line(0.0, "0")]
    for place, row in enumerate(rows):
        x, y = _x(place * step), _y(row / total / top)
        wide, high = (_x(step) - _x(0)) * 0.84, _y(0) - y
        parts.append(f'<rect class="m" x="{x:.1f}" y="{y:.1f}" width="{wide:.2f}" height="{high:.1f}"/>')
    parts.append(_line(((place + 0.42) * step, share / top) for place, share in enumerate(shares)))
    for at, anchor, text in zip((0.0, 0.5, 1.0), ("start", "middle", "end"), ends, strict=True):
        parts.append(f'<text x="{_x(at):.0f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(text)}</text>')
    return _svg(title, parts)


def share_bar(title: str, measured: float, declared: float | None) -> str:
    """One share as a bar from 0 to 1, with a mark where it was declared."""
    mark = (
        ""
        if declared is None
        else f'<rect class="d" x="{min(declared, 1) * 100 - 0.5:.2f}" y="0" width="1" height="10"/>'
    )
    bar = f'<rect class="m" x="0" y="2" width="{min(measured, 1) * 100:.2f}" height="6"/>'
    body = f'<title>{escape(title)}</title><rect class="t" width="100" height="10" rx="1"/>{bar}{mark}'
    return f'<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" role="img">{body}</svg>'


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _powers(wide: int, high: int) -> Iterable[str]:
    for power in range(0, wide + 1, -(-wide // 6)):
        x = _x(power / wide)
        yield f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text x="{x:.0f}" y="{HEIGHT - 14}" text-anchor="middle">{_power(power)}</text>'
    for power in range(0, high + 1, -(-high // 4)):
        yield _grid_line(power / high, _power(power))


def _power(power: int) -> str:
    return f"{10 ** (power % 3)}{UNITS[power // 3]}"


def _grid_line(share: float, text: str) -> str:
    y = _y(share)
    line = f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{LEFT - 5}" y="{y + 3:.1f}" text-anchor="end">{escape(text)}</text>'


def _line(points: Iterable[Point]) -> str:
    found = list(points)
    if len(found) == 1:
        found.append((found[0][0] + 0.01, found[0][1]))
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in found)
    return f'<polyline class="d" points="{path}"/>' if any(True for _ in pairwise(found)) else ""


def _caption(below: str, beside: str) -> str:
    turned = f'y="{HEIGHT / 2:.0f}" transform="rotate(-90 9 {HEIGHT / 2:.0f})"'
    return (
        f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 2}" text-anchor="middle">{below}</text>'
        f'<text x="9" {turned} text-anchor="middle">{beside}</text>'
    )


def _svg(title: str, parts: Iterable[str]) -> str:
    body = f"<title>{escape(title)}</title>{''.join(parts)}"
    return f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{body}</svg>'
