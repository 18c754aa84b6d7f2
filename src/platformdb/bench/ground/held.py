"""Which seed the measured database says that it holds, and which it should."""

from __future__ import annotations

import tomllib
from datetime import datetime

from platformdb.bench.model import HeldSeed
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.project import Platform
from platformdb.report.model import Finding, Severity

PACKAGE = "platformdb.bench.ground"
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
    if row is None:
        return None
    found = row[0]  # as JSON: a row that an older platformdb wrote lacks some of its columns
    as_of = found.get("as_of")
    return HeldSeed(
        found["profile"],
        found["seed"],
        found["rows"],
        scale=found.get("scale", 1.0),
        as_of=datetime.fromisoformat(as_of) if as_of else None,
    )


def other_profile(held: HeldSeed | None, profile: str) -> tuple[Finding, ...]:
    """A note where the figures are of another seed than profile ``profile``: few rows make every query look fast."""
    if held is None or not profile or held.profile == profile:
        return ()
    return (
        Finding(
            "other-profile",
            f"these figures are of profile {held.profile}, seed {held.number}, {held.rows:,} rows, not of {profile}",
            held.profile,
            Severity.NOTE,
            help=f"platformdb seed --profile {profile} --replace, or platformdb bench --profile {held.profile}",
        ),
    )
