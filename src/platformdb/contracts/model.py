"""A contract: a JSONB column and the model of its documents."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Contract:
    """Every document in ``table.column`` must be one of ``model``; NULL is not a document."""

    table: str
    column: str
    model: type[BaseModel]

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.table}.{self.column}"
