"""How processes come to the same world."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platformdb.seeding.model import Definition
from platformdb.seeding.world import World


@dataclass(frozen=True, slots=True)
class WorldRecipe:
    """Each process makes what it needs."""

    definition: Definition
    seed: int
    folder: Path

    def open(self) -> World:
        """The world."""
        return World(self.definition, self.seed)
