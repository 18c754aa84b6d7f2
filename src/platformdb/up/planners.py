"""What runs after the migrations, under their lock: partitions that are missing, then the indexes of tier 1."""

from __future__ import annotations

from collections.abc import Iterator

from platformdb.migrations.model import Planner
from platformdb.project import Platform


def planners(platform: Platform) -> tuple[Planner, ...]:
    """The other capabilities' part of a migration; none is imported where the platform has no files for it."""
    return tuple(_planners(platform))


def _planners(platform: Platform) -> Iterator[Planner]:
    if (platform.sql / "partitions.toml").is_file():
        from platformdb.partitions.run import partition_planner

        yield partition_planner(platform)
    if (platform.sql / "indexes").is_dir():
        from platformdb.indexes.run import tier_planner

        yield tier_planner(platform, tier=1)
