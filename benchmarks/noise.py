"""Many runs of `bench` against one reference while other processes burn the cores and write to the disk.

    .venv/bin/python benchmarks/noise.py --platform vrss --runs 200 [--url URL] [--seconds NUMBER]

Nothing in the code changes, so each finding of the gates 1 to 3 is a false alarm, printed with its run. Meanwhile
two processes compute, one writes a file and flushes it again and again, pgbench writes to another database of the same
server, and autovacuum is on. Without a URL the platform is brought up with profile `ci` on a server of its own. The
exit code is 1 where there was a false alarm, or a run refused to judge.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import bench
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from platformdb.bench.model import Judged
from platformdb.bench.reference import dump_run, load_run
from platformdb.bench.request import Request
from platformdb.bench.run import measure_queries
from platformdb.config import Config
from platformdb.errors import PlatformdbError
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import bundled_root, find_platform, platform_names
from platformdb.report.model import Severity
from platformdb.report.progress import Silent

NEIGHBOUR = "platformdb_noise"


def main() -> int:
    given = arguments()
    alarms, refused, done = 0, 0, 0
    with bench.database(given.platform, given.url) as url, noise(url, given.burners):
        reference = load_run(dump_run(run(given.platform, url, Request(samples=1)).run), "reference")
        until = time.monotonic() + given.seconds
        while done < given.runs and time.monotonic() < until:
            done += 1
            try:
                judged = run(given.platform, url, Request(samples=1, reference=reference, reference_name="reference"))
            except PlatformdbError as error:
                refused += 1
                print(f"  run {done}: {error.message} ({error.detail})", flush=True)
                continue
            found = false_alarms(judged)
            alarms += bool(found) and bool(judged.verdicts)
            refused += not judged.verdicts
            for line in found:
                print(f"  run {done}: {line}", flush=True)
            if done % 10 == 0:
                print(f"  {done} runs, {alarms} with false alarms, {refused} refused", flush=True)
    entries = len(reference.entries)
    print(f"{given.platform}: {done} runs of {entries} queries and personas: {alarms} false alarms, {refused} refused")
    return 1 if alarms or refused else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=platform_names(bundled_root()), required=True)
    parser.add_argument("--runs", type=int, default=200, help="how many (200)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no new run begins after so many seconds")
    parser.add_argument("--url", help="a database with that platform, migrated and seeded")
    parser.add_argument("--burners", type=int, default=2, help="processes that compute (2)")
    return parser.parse_args()


def run(name: str, url: str, request: Request) -> Judged:
    platform = find_platform(Config(project=bundled_root(), platform=name))
    return measure_queries(Target("url", conninfo_to_dict(url)), platform, Silent(), request)


def false_alarms(judged: Judged) -> list[str]:
    """Errors of any kind but time, which is not gated here."""
    findings = [*judged.findings, *(finding for verdict in judged.verdicts for finding in verdict.findings)]
    return [f"{each.rule}: {each.message}" for each in findings if each.severity is Severity.ERROR]


@contextmanager
def noise(url: str, burners: int) -> Iterator[None]:
    """Other processes at work, and a database beside the one that is measured."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        workers = [multiprocessing.Process(target=burn, daemon=True) for _ in range(burners)]
        workers.append(multiprocessing.Process(target=flush, args=(Path(folder) / "file",), daemon=True))
        for worker in workers:
            worker.start()
            stack.callback(worker.terminate)
        stack.enter_context(neighbour(url))
        yield


@contextmanager
def neighbour(url: str) -> Iterator[None]:
    """pgbench's own transactions, fifty a second, in a database of their own."""
    program = shutil.which("pgbench", path=os.pathsep.join(bench.programs())) or sys.exit("pgbench is not installed")
    other = make_conninfo(url, dbname=NEIGHBOUR)
    with connect(Target("url", conninfo_to_dict(make_conninfo(url, dbname="postgres")))) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NEIGHBOUR} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NEIGHBOUR}")
        subprocess.run([program, "-i", "-q", "-s", "2", other], check=True, capture_output=True)
        busy = subprocess.Popen(
            [program, "-n", "-R", "50", "-T", "100000", other], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            busy.terminate()
            busy.wait()
            connection.execute(f"DROP DATABASE {NEIGHBOUR} WITH (FORCE)")


def burn() -> None:
    number = 1
    while True:
        number = number * 48271 % 2147483647


def flush(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.seek(0)
            file.write(os.urandom(1 << 20))
            os.fsync(file.fileno())


if __name__ == "__main__":
    sys.exit(main())
