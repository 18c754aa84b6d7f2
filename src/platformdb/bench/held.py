"""Which seed the measured database says that it holds, and which it should."""

from __future__ import annotations

import tomllib

from platformdb.bench.model import HeldSeed
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.project import Platform

PACKAGE = "platformdb.bench"
# What targets are judged over: small enough for every run, large enough for plans that need their indexes.
GATE_PROFILE = "ci"


def gate_profile(platform: Platform) -> str:
    """The profile that the platform is to be measured with; none where it has no such profile."""
    path = platform.seeds / "seed.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return GATE_PROFILE if GATE_PROFILE in found.get("profiles", {}) else ""


def held_seed(connection: Connection, platform: str) -> HeldSeed | None:
    """None where no seed of the platform was loaded, or this role may not know."""
    recorded = connection.execute(query("seed_recorded", PACKAGE)).fetchone()
    if not (recorded and recorded[0]):
        return None
    row = connection.execute(query("seed_held", PACKAGE), (platform,)).fetchone()
    return HeldSeed(*row) if row else None
