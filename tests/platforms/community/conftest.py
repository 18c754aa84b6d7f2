"""In this folder the platform is community."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def platform_name() -> str:
    return "community"
