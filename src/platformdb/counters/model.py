"""Denormalised counts as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counter:
    """A column that repeats what a query says.

    ``query`` returns ``key`` and ``value``; a row of ``table`` whose key is absent there should hold 0.
    """

    table: str
    key: str
    column: str
    query: str
    reason: str

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Drift:
    """A row whose stored count is not what the definition says."""

    counter: Counter
    key: object
    stored: object
    actual: object
