"""Writes proposals into the tier files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from platformdb.errors import ConfigError
from platformdb.indexes.advise.model import Advice, Table
from platformdb.indexes.advise.shown import lines
from platformdb.project import Platform

NAMES = {1: "tier1_critical.sql", 2: "tier2_optimization.sql"}
TITLES = {1: "-- Tier 1, critical: without these a target is missed.", 2: "-- Tier 2, optimization."}


def append(platform: Platform, advice: Advice, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """Appends each proposal to the file of its tier, made where there is none; the files' names as they are shown.

    Raises:
        ConfigError: a file cannot be written.
    """
    written: dict[Path, None] = {}
    for proposal in advice.proposals:
        folder = platform.sql / "indexes"
        path = next(iter(sorted(folder.glob(f"tier{proposal.tier}_*.sql"))), folder / NAMES[proposal.tier])
        before = path.read_text(encoding="utf-8") if path.is_file() else f"{TITLES[proposal.tier]}\n"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{before.rstrip()}\n\n{lines(proposal, tables)}", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"cannot write {platform.shown(path)}: {error.strerror}",
                help="run it where the project's files can be changed, or without --write and copy the lines",
            ) from None
        written[path] = None
    return tuple(platform.shown(path) for path in written)
