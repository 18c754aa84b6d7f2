"""The built wheel in an empty environment: everything it needs is inside."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server import project_folder

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """The bin folder of an environment that holds the wheel and its extra ``local``, and nothing of this checkout."""
    with project_folder(programs=True) as folder:
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
        (wheel,) = folder.glob("platformdb-*.whl")
        venv.create(folder / "env", with_pip=True)
        run(folder / "env/bin/pip", "install", "--quiet", f"{wheel}[local]", cwd=folder)
        yield folder / "env/bin"


def test_the_wheel_brings_a_platform_up_from_an_empty_folder(installed: Path) -> None:
    with project_folder() as empty:
        first = json.loads(run(installed / "platformdb", "up", "--format", "json", cwd=empty).stdout)
        again = json.loads(run(installed / "platformdb", "up", "--format", "json", cwd=empty).stdout)
        run(installed / "platformdb", "server", "stop", cwd=empty)
    assert first["ok"]
    assert first["data"]["changed"]
    assert first["data"]["created"]["tables"] == 22
    assert again["ok"]
    assert not again["data"]["changed"]
    assert again["data"]["created"] == first["data"]["created"]
