"""Servers for the directories, and the table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from manual import DOCS
from servers import Server, available_versions, running_server

HEAD = (
    "| project | layout | files run | statements run | sections | PostgreSQL | schema |",
    "|---|---|---:|---:|---:|---|---|",
)
PAGE, MARK = DOCS / "coming-from/directories.md", "<!-- directories -->"
lines = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def started(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Server]]:
    """Gives the server of a version, which is started once."""
    with ExitStack() as stack:
        running: dict[str, Server] = {}

        def start(version: str) -> Server:
            if version not in available_versions():
                pytest.skip(f"no programs of PostgreSQL {version} here")
            if version not in running:
                running[version] = stack.enter_context(running_server(version, keep=False))
            return running[version]

        yield start


@pytest.fixture(scope="session")
def table(request: pytest.FixtureRequest) -> dict[str, str]:
    """The lines of the table, by project."""
    return request.config.stash.setdefault(lines, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(lines, {})
    if not found:
        return
    rows = "\n".join((*HEAD, *(found[name] for name in sorted(found, key=str.lower))))
    terminalreporter.write_line(rows)
    if config.getoption("--update-golden"):
        written(PAGE, rows)


def written(page: Path, rows: str) -> None:
    before, mark, after = page.read_text(encoding="utf-8").partition(MARK)
    rest = [line for line in after.splitlines(keepends=True) if not line.startswith("|")]
    page.write_text(f"{before}{mark}\n{rows}\n\n{''.join(rest).lstrip()}", encoding="utf-8")
