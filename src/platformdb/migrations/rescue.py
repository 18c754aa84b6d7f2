"""What a step of a repeatable file does when other objects stand in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from platformdb.report.model import Step


def rescuer(
    steps: Iterable[Step] = (), *, role: str | None = None, lock_timeout: str = "5s"
) -> Callable[[Any, Step, Any], Step | None]:
    """What the executor asks after a step has failed; see :func:`platformdb.postgres.dependants.recreate`.

    ``steps`` are all of this run's; ``role`` and ``lock_timeout`` are the session's.
    """
    from platformdb.postgres.dependants import recreate

    return partial(recreate, defines=defined_names, pending=tuple(steps), role=role, lock_timeout=lock_timeout)


def defined_names(sql: str) -> frozenset[str]:
    """What a statement that was read before makes: "relation s.v", "function f"."""
    from platformdb.sqltext.names import names_of
    from platformdb.sqltext.source import Source
    from platformdb.sqltext.statements import split

    return frozenset[str]().union(*(names_of(statement)[0] for statement in split(Source("", sql))))
