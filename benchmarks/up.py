"""How long `platformdb up` takes, beside the least that the same work can take.

The limit is what no tool can avoid on this machine: initdb, starting the server, and one psql that runs the same SQL
files and loads nothing. Run it with the interpreter of an environment that holds platformdb[local]:

    .venv/bin/python benchmarks/up.py [RUNS]

It prints medians and ratios; machines differ and are shared, so compare the ratios.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from platformdb.config import Config
from platformdb.postgres.server.binaries import list_all
from platformdb.project import bundled_root, find_platform

PLATFORM = "vrss"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    base = Path(tempfile.mkdtemp(prefix="pdbbench"))
    base.chmod(0o755)
    try:
        figures = {name: [] for name in ("limit", "cold", "warm")}
        for number in range(runs):
            figures["limit"].append(timed(lambda number=number: run_limit(base / f"limit{number}")))
            project = base / f"up{number}"
            project.mkdir()
            figures["cold"].append(timed(lambda project=project: up(project)))
            figures["warm"].append(timed(lambda project=project: up(project)))
            command(project, "server", "stop")
        report(figures, runs)
    finally:
        shutil.rmtree(base)


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def up(project: Path) -> None:
    command(project, "up", PLATFORM)


def command(project: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "platformdb", *arguments, "--quiet"], cwd=project, check=True, stdout=subprocess.DEVNULL
    )


def run_limit(folder: Path) -> None:
    """initdb, start, one psql with every SQL file of the platform, and an immediate stop."""
    programs = list_all(None)[0][0].folder
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder.mkdir()
    folder.chmod(0o777)
    data, log = folder / "data", folder / "log"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, **account}
    subprocess.run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    subprocess.run([programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start"], **quiet)
    try:
        files = [argument for path in sql_files() for argument in ("-f", str(path))]
        psql = [programs / "psql", "-h", folder, "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", *files]
        subprocess.run(psql, check=True, stdout=subprocess.DEVNULL)
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)


def sql_files() -> list[Path]:
    platform = find_platform(Config(project=bundled_root(), platform=PLATFORM))
    phases = [path for path in sorted(platform.phases.glob("*.sql")) if not path.name.endswith(".undo.sql")]
    parts = ("functions", "triggers", "indexes")
    present = [path for part in parts for path in sorted((platform.sql / part).glob("*.sql"))]
    return [*phases, *present]


def report(figures: dict[str, list[float]], runs: int) -> None:
    limit, cold, warm = (statistics.median(figures[name]) for name in ("limit", "cold", "warm"))
    print(f"medians of {runs} runs, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print(f"initdb, start, psql, stop (the limit) {limit:6.2f} s")
    print(f"platformdb up, cold                   {cold:6.2f} s   {cold / limit:.2f} x the limit")
    print(f"platformdb up, again                  {warm:6.2f} s   {warm / cold:.2f} x cold")


if __name__ == "__main__":
    main()
