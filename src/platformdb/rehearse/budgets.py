"""The [rehearse] table of platformdb.toml: what is too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from platformdb import settings
from platformdb.errors import ConfigError
from platformdb.rehearse.model import Budget, Lock

HELP = 'write for example: [[rehearse.budget]] lock = "access exclusive", tables_over = "1GB", held = "200ms"'


def read_budgets(table: Mapping[str, Any]) -> tuple[Budget, ...]:
    """The budgets of a table ``[rehearse]``, as TOML gives it.

    Raises:
        ConfigError: with every problem in one message.
    """
    listed = table.get("budget", [])
    problems = [f"[rehearse]: unknown key '{key}' (known: budget)" for key in table if key != "budget"]
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        problems.append("[rehearse]: budget must be a list of tables: [[rehearse.budget]]")
        listed = []
    for number, each in enumerate(listed, 1):
        problems += (f"[[rehearse.budget]] {number}: {problem}" for problem in _problems(each))
    if problems:
        raise ConfigError("; ".join(problems), help=HELP)
    return tuple(Budget(**{key: CHECKS[key](value) for key, value in each.items()}) for each in listed)


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    for key, value in given.items():
        if key not in CHECKS:
            yield f"unknown key '{key}' (known: {', '.join(CHECKS)})"
            continue
        try:
            CHECKS[key](value)
        except ValueError as error:
            yield f"{key}: {error}"
    if not {"lock", "takes", "rewrites", "wal"} & given.keys():
        yield "says nothing that could be too much: give lock, takes, rewrites or wal"
    elif "held" in given and "lock" not in given:
        yield "held is about a lock: say which with lock"


def _lock(given: Any) -> Lock:
    by_words = {lock.words: lock for lock in Lock}
    words = " ".join(str(given).upper().split())
    if words not in by_words:
        raise ValueError(f"{given!r} is no lock of PostgreSQL's: {', '.join(by_words).lower()}")
    return by_words[words]


def _milliseconds(given: Any) -> float:
    return settings.seconds(given) * 1000


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "lock": _lock,
    "tables_over": settings.size,
    "held": _milliseconds,
    "takes": _milliseconds,
    "rewrites": settings.whole(0, 1_000_000),
    "wal": settings.size,
}
