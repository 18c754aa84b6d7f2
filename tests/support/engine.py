"""Whether a container engine with a PostgreSQL image is at hand, or why not; tests/containers/prepare makes both."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

IMAGE = "platformdb-test/postgres:latest"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "platformdb-tests"

# Without an image registry there is no reaper; and the engine is on this machine, whatever /.dockerenv may suggest.
ENVIRONMENT = {"TESTCONTAINERS_RYUK_DISABLED": "true", "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1"}


@cache
def why_not() -> str | None:
    """The reason for which container tests cannot run here, or None."""
    try:
        asked = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return _said() or "there is no docker on this machine (tests/containers/prepare installs it on Debian)"
    if asked.returncode:
        return _said() or asked.stderr.strip().splitlines()[-1]
    return None


def _said() -> str | None:
    """What tests/containers/prepare left as its reason."""
    path = CACHE / "why-not"
    return path.read_text().strip() if path.is_file() else None
