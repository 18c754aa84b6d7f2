"""What the value of one setting may be: each check takes what was given and returns what is meant.

Every check raises ValueError with the rule that was broken, and takes its own result again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d)?")
UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|kB|MB|GB|TB)?")
UNIT_BYTES = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
# PostgreSQL keeps lock_timeout as an int of milliseconds.
LONGEST_LOCK_TIMEOUT_MS = 2**31 - 1

Check = Callable[[Any], Any]


class Secret:
    """A text that no text shows. Not a dataclass: ``asdict`` would take it apart."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def seconds(given: str | float) -> float:
    """A duration in seconds: a bare number, or one with PostgreSQL's units (``500ms``, ``60s``, ``2min``).

    Raises:
        ValueError: not a duration, or not a finite one that is 0 or more.
    """
    match = DURATION.fullmatch(str(given).strip())
    if match is None or isinstance(given, bool):
        raise ValueError(f"{given!r} is not a duration: write seconds, or a number with us, ms, s, min, h or d")
    duration = float(match[1]) * UNIT_SECONDS[match[2] or "s"]
    if math.isinf(duration):
        raise ValueError("must be shorter than for ever")
    return duration


def size(given: str | int) -> int:
    """A number of bytes: a bare number, or one with PostgreSQL's units (``512MB``, ``1.5 GB``), of 1024 each.

    Raises:
        ValueError: not a size.
    """
    match = SIZE.fullmatch(str(given).strip())
    if match is None or isinstance(given, bool):
        raise ValueError(f"{given!r} is not a size: write bytes, or a number with kB, MB, GB or TB")
    return round(float(match[1]) * UNIT_BYTES[match[2] or "B"])


def table(given: Any) -> Mapping[str, Any]:
    """A table of settings, which are looked at by whom they are for."""
    if not isinstance(given, Mapping):
        raise ValueError(f"must be a table, not {given!r}")  # noqa: TRY004 - as every check here
    return given


def lock_timeout(given: str | float) -> str:
    """The same as PostgreSQL takes it, for which a bare number would be milliseconds; "0" waits for ever."""
    milliseconds = seconds(given) * 1000
    if not milliseconds:
        return "0"
    if not 1 <= milliseconds <= LONGEST_LOCK_TIMEOUT_MS:  # PostgreSQL would round 0.4 ms to 0, which is for ever
        raise ValueError("must be from 1ms to 24d, or 0 for ever")
    text = "".join(str(given).split())
    return text if text[-1].isalpha() else f"{text}s"


def text(given: Any) -> str:
    """Any text but an empty one."""
    if not isinstance(given, str) or not given:
        raise ValueError(f"must be text, not {given!r}")
    return given


def secret(given: Any) -> Secret:
    """A text that is not repeated when it is wrong."""
    if isinstance(given, Secret):
        return given
    if not isinstance(given, str) or not given:
        raise ValueError("must be text")
    return Secret(given)


def folders(given: Any) -> tuple[Path, ...]:
    """Folders, one or a list of them."""
    listed = [given] if isinstance(given, str | Path) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str | Path) and str(each) for each in listed):
        raise ValueError(f"must be a folder or a list of them, not {given!r}")
    return tuple(map(Path, listed))


def folder(given: Any) -> Path:
    """A path."""
    return given if isinstance(given, Path) else Path(text(given))


def yes_or_no(given: Any) -> bool:
    """A bool."""
    if given is True or given is False:
        return bool(given)
    raise ValueError(f"must be true or false, not {given!r}")


def whole(least: int, most: int) -> Check:
    """A whole number between two others; as text, too, for the environment knows nothing else."""

    def check(given: Any) -> int:
        number = int(given) if isinstance(given, str) and re.fullmatch("[0-9]{1,18}", given) else given
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {given!r}")
        return number

    return check


def one_of(*known: str) -> Check:
    """One of these words."""

    def check(given: Any) -> str:
        if given not in known:
            raise ValueError(f"must be one of {', '.join(known)}, not {given!r}")
        return str(given)

    return check


def optional(check: Check) -> Check:
    """The same, or None."""
    return lambda given: None if given is None else check(given)
