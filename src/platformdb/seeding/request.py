"""What is asked of a seed."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


class Existing(enum.StrEnum):
    """What to do about rows that seed did not make, or that another seed made."""

    REFUSE = "refuse"
    REPLACE = "replace"
    APPEND = "append"


@dataclass(frozen=True, slots=True)
class Request:
    """Which rows, and how they get into the database.

    The first five decide the rows: ``profile`` and ``seed``; ``scale`` multiplies the profile's numbers; ``as_of`` is
    the end of the story instead of the file's; ``tables`` (none: all) are loaded with those that they come from or
    refer to. ``jobs`` is the number of connections that load at the same time, 1: everything in one transaction.
    """

    profile: str = "dev"
    seed: int = 1
    scale: float = 1.0
    as_of: datetime | None = None
    tables: tuple[str, ...] = ()
    existing: Existing = Existing.REFUSE
    jobs: int = 1

    @property
    def shown(self) -> str:
        """What tells it from other seeds, for people."""
        parts = [f"profile {self.profile}"]
        parts += [f"scale {self.scale:g}"] if self.scale != 1 else []
        parts += [f"as of {self.as_of:%Y-%m-%d %H:%M}"] if self.as_of else []
        parts += [f"tables {', '.join(self.tables)}"] if self.tables else []
        return ", ".join((*parts, f"seed {self.seed}"))


# Asks a question and gives the answer; where nobody can be asked it raises.
Confirm = Callable[[str], bool]
