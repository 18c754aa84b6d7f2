"""Geometric values in PostgreSQL's binary formats, from texts such as ``(1,2)``."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from functools import partial

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def _numbers(value: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(value)]


def fixed(value: str, count: int) -> bytes:
    """So many numbers."""
    numbers = _numbers(value)
    if len(numbers) != count:
        raise ValueError(f"'{value}' has {len(numbers)} numbers, not {count}")
    return struct.pack(f">{count}d", *numbers)


def points(value: str, *, path: bool) -> bytes:
    """Of a path first whether it is closed; how many points, and each."""
    numbers = _numbers(value)
    if not numbers or len(numbers) % 2:
        raise ValueError(f"'{value}' has {len(numbers)} numbers, not two for each point")
    closed = struct.pack(">b", not value.startswith("[")) if path else b""
    return closed + struct.pack(f">i{len(numbers)}d", len(numbers) // 2, *numbers)


FIGURES: Mapping[str, Callable[[str], bytes]] = {
    **{
        name: partial(fixed, count=count)
        for name, count in (("point", 2), ("circle", 3), ("line", 3), ("lseg", 4), ("box", 4))
    },
    "path": partial(points, path=True),
    "polygon": partial(points, path=False),
}
