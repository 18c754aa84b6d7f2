"""Which databases look like somebody's production, so that seeding asks first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# As words of a name: "shop_prod", "prod-db.example.com"; "product_catalog" is none.
PRODUCTION = frozenset({"prod", "prd", "production", "live", "primary"})
# Says that it is something else: "live_test", "prod-staging", "nonprod".
HARMLESS = frozenset(
    {
        "dev",
        "devel",
        "development",
        "test",
        "testing",
        "tests",
        "ci",
        "stage",
        "staging",
        "demo",
        "sandbox",
        "qa",
        "nonprod",
        "preprod",
    }
)
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Signs:
    """What a look at the server says: how many standbys follow it, and whether it archives its log."""

    standbys: int = 0
    archives: bool = False


def signs_of_production(names: Mapping[str, str], signs: Signs) -> tuple[str, ...]:
    """Why a target may be a production database, none: it does not look like one.

    Args:
        names: what it is called: "database", "host", "user".
        signs: what its server says.
    """
    return (*_by_name(names), *_by_server(signs))


def _by_name(names: Mapping[str, str]) -> Iterator[str]:
    for what, name in names.items():
        words = set(_WORD.findall(name.lower()))
        if words & PRODUCTION and not words & HARMLESS:
            yield f"its {what} is called '{name}'"


def _by_server(signs: Signs) -> Iterator[str]:
    if signs.standbys:
        yield f"{signs.standbys} standby{'s follow' if signs.standbys > 1 else ' follows'} it"
    if signs.archives:
        yield "it archives its write-ahead log"
