"""The job queue (sql/shared/jobs) beside a bare prototype, its peers, and what the same writes cost without a queue.

    .venv/bin/python benchmarks/queues.py [--runs 3] [--seconds 5] [--peers DIR] [batches sustained wake python]

A turn enqueues, claims and completes a batch, each a transaction of its own, driven by pgbench on this machine. Each
run is on fresh tables and all contenders take turns; figures are medians, and a machine that does other work shows
less: compare ratios. Peers are installed from PyPI into DIR.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from server import Server, running

HERE = Path(__file__).parent / "queues"
SHARED = Path(__file__).resolve().parents[1] / "sql/shared/jobs"
PYPI = ("procrastinate", "pgqueuer", "psycopg[binary]", "asyncpg")
BATCHES = (1, 10, 50, 200)
CLIENTS = (1, 8)
SUSTAINED_SECONDS = 24
# procrastinate fetches jobs one by one: fewer of them, or nobody would wait for its end.
PYTHON_JOBS = {"platformdb": 50_000, "pgqueuer": 10_000, "procrastinate": 1_000}


def main() -> None:
    arguments = parse()
    parts = {"batches": batches, "sustained": sustained, "wake": wake, "python": python}
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, medians of {arguments.runs} runs")
    with running() as server:
        print(server.sql("postgres", "SELECT split_part(version(), ' on ', 1)"), "with default settings: fsync, and")
        print("synchronous_commit = off where it says so")
        for part in arguments.parts or parts:
            print()
            parts[part](server, arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "platformdb-queue-peers")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    return parser.parse_args()


def fresh(server: Server, *settings: str) -> str:
    """The URL of a database with the queue and the other contenders' tables, all empty."""
    url = server.fresh("bench")
    for setting in settings:
        server.sql("postgres", f"ALTER DATABASE bench SET {setting}")
    files = (SHARED / "tables.sql", SHARED / "functions.sql", HERE / "tables.sql")
    psql = [server.programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", *(f"--file={file}" for file in files), url]
    subprocess.run(psql, check=True)
    return url


def jobs_per_second(server: Server, url: str, script: str, clients: int, batch: int, seconds: int) -> float:
    """What pgbench gets through, without the time to connect."""
    options = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-D", f"batch={batch}"]
    command = [server.programs / "pgbench", *options, "-f", HERE / f"{script}.sql", url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise SystemExit(f"pgbench {script} failed: {done.stderr[-2000:]}")
    return float(found[1]) * batch


def in_turns(contenders: dict[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """Each contender's median over runs in which all take turns."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, rate in contenders.items():
            figures[name].append(rate())
    return {name: statistics.median(rates) for name, rates in figures.items()}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for row in (head, *rows):
        print("  " + "".join(f"{cell:>16,.0f}" if isinstance(cell, float) else f"{cell:>16}" for cell in row))


def batches(server: Server, arguments: argparse.Namespace) -> None:
    scripts = ("platformdb", "bare", "limit")
    for commit in ("on", "off"):
        rows = []
        for clients in CLIENTS:
            for batch in BATCHES:

                def rate(script: str, clients: int = clients, batch: int = batch, commit: str = commit) -> float:
                    url = fresh(server, f"synchronous_commit = {commit}")
                    return jobs_per_second(server, url, script, clients, batch, arguments.seconds)

                medians = in_turns({name: lambda name=name: rate(name) for name in scripts}, arguments.runs)
                share = f"{medians['platformdb'] / medians['limit']:.0%}"
                rows.append((clients, batch, *medians.values(), share))
        print(f"jobs/s enqueued, claimed and completed, synchronous_commit = {commit}")
        table(("clients", "batch", *scripts, "of the limit"), rows)


def sustained(server: Server, arguments: argparse.Namespace) -> None:
    """A minute each: what dead rows do to it, and an old transaction that keeps VACUUM from taking them away."""
    step = SUSTAINED_SECONDS // 4
    rows = []
    for script in ("platformdb", "bare"):
        for what, sessions in (("steady", nobody), ("old transaction", old_transaction)):
            url = fresh(server, "synchronous_commit = off")
            with sessions(server, url):
                rates = [jobs_per_second(server, url, script, 8, 50, step) for _ in range(4)]
            size = server.sql("bench", f"SELECT pg_total_relation_size('{TABLES[script]}') / 1048576")
            rows.append((script, what, *rates, f"{size} MB"))
    print(f"jobs/s in the quarters of {SUSTAINED_SECONDS} s, 8 clients, batches of 50, and the table's size at the end")
    table(("", "", "1st", "2nd", "3rd", "4th", "size"), rows)


TABLES = {"platformdb": "jobs", "bare": "bare"}


@contextmanager
def nobody(server: Server, url: str) -> Iterator[None]:
    yield


@contextmanager
def old_transaction(server: Server, url: str) -> Iterator[None]:
    command = [server.programs / "psql", "-qXAt", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
        psql.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 1;\n")
        psql.stdin.flush()
        psql.stdout.readline()
        yield
        psql.stdin.close()


def wake(server: Server, arguments: argparse.Namespace) -> None:
    rows = []
    for batch in (1, 50):

        def rate(script: str, batch: int = batch) -> float:
            return jobs_per_second(server, fresh(server), script, 8, batch, arguments.seconds)

        scripts = {"silent": lambda: rate("platformdb"), "waking": lambda: rate("woken")}
        medians = in_turns(scripts, arguments.runs)
        rows.append((8, batch, *medians.values(), f"{medians['waking'] / medians['silent']:.0%}"))
    print("jobs/s with and without waking listeners (job_queues.wake), synchronous_commit = on")
    table(("clients", "batch", "silent", "waking", "left"), rows)


def python(server: Server, arguments: argparse.Namespace) -> None:
    venv = arguments.peers
    if not (venv / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    done = subprocess.run([venv / "bin/pip", "install", "-q", *PYPI], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"peers could not be installed here: {done.stderr[-300:]}")
        return

    def rate(name: str) -> float:
        url, jobs = fresh(server), PYTHON_JOBS[name]
        command = [venv / "bin/python", HERE / f"with_{name}.py", url, str(jobs), "50"]
        return jobs / float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    medians = in_turns({name: lambda name=name: rate(name) for name in PYTHON_JOBS}, arguments.runs)
    print("jobs/s from one Python process that enqueues and then does them, in batches of 50, tasks that do nothing")
    table(("", "jobs/s", "platformdb is"), [(n, r, f"{medians['platformdb'] / r:.1f} x") for n, r in medians.items()])


if __name__ == "__main__":
    main()
