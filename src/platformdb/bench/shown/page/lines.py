"""What became of a query over several runs, as small pictures: inline SVG. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 330, 120
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 20
# So many runs have a point of their own; with more the line is enough.
DOTTED = 40

Series = Mapping[str, Sequence[float | None]]


def line_plot(title: str, series: Series, ends: tuple[str, str], unit: str) -> str:
    """One line for each series, from the oldest run to the newest; None is a run that has no such figure.

    ``ends`` are written below, left and right.
    """
    every = [value for values in series.values() for value in values if value is not None]
    if not every:
        return ""
    top = max(every) or 1.0
    parts = [
        _rule(0.0, "0"),
        _rule(1.0, f"{top:,.3g} {unit}".strip() if top < 1000 else f"{top:,.0f} {unit}".strip()),
        *(_line(place, values, top) for place, values in enumerate(series.values())),
        _end(LEFT, "start", ends[0]),
        _end(WIDTH - RIGHT, "end", ends[1]),
    ]
    said = "; ".join(f"{name} {_told(values, unit)}" for name, values in series.items())
    body = f"<title>{escape(f'{title}: {said}')}</title>{''.join(parts)}"
    return f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{body}</svg>'


def _told(values: Sequence[float | None], unit: str) -> str:
    known = [value for value in values if value is not None]
    return f"from {known[0]:,.4g} to {known[-1]:,.4g} {unit}".strip() if known else "unknown"


def _line(place: int, values: Sequence[float | None], top: float) -> str:
    step = (WIDTH - LEFT - RIGHT) / max(len(values) - 1, 1)
    points = [(LEFT + number * step, _y(value / top)) for number, value in enumerate(values) if value is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = points if len(points) <= DOTTED else points[-1:]
    return f'<g class="s{place}"><polyline points="{path}"/>{"".join(_dots(dots))}</g>'


def _dots(points: Iterable[tuple[float, float]]) -> Iterable[str]:
    return (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>' for x, y in points)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _rule(share: float, text: str) -> str:
    y = _y(share)
    line = f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{escape(text)}</text>'


def _end(x: float, anchor: str, text: str) -> str:
    return f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}">{escape(text)}</text>'
