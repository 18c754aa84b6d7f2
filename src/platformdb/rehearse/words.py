"""Sizes and times as people read them."""

from __future__ import annotations

UNITS = ("bytes", "kB", "MB", "GB", "TB")
STEP = 1024


def size(number: float) -> str:
    """``8 kB``, ``1.5 GB``: in PostgreSQL's units, of 1024 each."""
    place = 0
    while number >= STEP and place < len(UNITS) - 1:
        number, place = number / STEP, place + 1
    return f"{number:.1f} {UNITS[place]}" if place and number < 10 else f"{number:.0f} {UNITS[place]}"


def duration(ms: float | None) -> str:
    """``0.4 ms``, ``12 ms``, ``3.4 s``, ``5 min``, ``2.1 h``; ``?`` where nobody knows."""
    if ms is None:
        return "?"
    if ms < 1000:
        return f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms"
    seconds = ms / 1000
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
