"""platformdb migrate beside its peers and beside the least that the same work can take.

    .venv/bin/python benchmarks/migrate.py [--peers DIR] [--runs 5] [apply nothing far status copy]

Peers (sql-migrate, dbmate, node-pg-migrate, alembic, yoyo) are installed into DIR, an environment of their own, as far
as this machine can; sql-migrate comes from the system's packages. Every tool gets the same SQL and an empty database of
the same server, in turns, run by run. It prints medians and ratios; machines differ and are shared, so compare ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import peers
from server import Server, running

COUNT = 1000
DELAY_MS = 5


def main() -> None:
    arguments = parse()
    parts = {"apply": apply, "nothing": nothing, "far": far, "status": status, "copy": copy}
    missing = peers.install(arguments.peers)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, medians of {arguments.runs} runs")
    if missing:
        print(f"could not be installed here: {', '.join(missing)}")
    with running() as server, tempfile.TemporaryDirectory(prefix="pdbbench") as name:
        print(server.sql("postgres", "SELECT split_part(version(), ' on ', 1)"))
        for part in arguments.parts or parts:
            print()
            parts[part](server, Path(name), arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "platformdb-peers")
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def migrations(count: int) -> tuple[peers.Migration, ...]:
    return tuple(
        peers.Migration(
            number,
            (
                f"CREATE TABLE t{number} (id bigint, name text NOT NULL, created timestamptz DEFAULT now())",
                f"CREATE INDEX t{number}_name ON t{number} (name)",
            ),
        )
        for number in range(1, count + 1)
    )


Timed = Callable[[], float]


def in_turns(contenders: dict[str, Timed], runs: int) -> dict[str, float]:
    """Each contender's median over runs in which all take turns."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, timed in contenders.items():
            figures[name].append(timed())
    return {name: statistics.median(values) for name, values in figures.items()}


def report(title: str, medians: dict[str, float], yardstick: str) -> None:
    print(title)
    for name, seconds in medians.items():
        print(f"  {name:<42} {seconds:7.2f} s   {seconds / medians[yardstick]:5.2f} x {yardstick}")


def run(command: Sequence[str], url: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, env=peers.environment(url), capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return elapsed


def applied(server: Server, name: str, command: Sequence[str], url: str, count: int) -> float:
    """The time of a run that did what it should."""
    elapsed = run(command, url)
    tables = server.sql(name, "SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]+$'")
    if int(tables) != count:
        raise SystemExit(f"{name} made {tables} tables instead of {count}")
    return elapsed


def apply(server: Server, base: Path, arguments: argparse.Namespace) -> None:
    steps = migrations(COUNT)
    contenders: dict[str, Timed] = {}
    for peer in peers.peers(arguments.peers, server.programs / "psql"):
        folder = base / "apply" / peer.name
        peer.write(folder, steps)
        contenders[peer.name] = lambda peer=peer, folder=folder: fresh_run(server, peer.command, folder)
    ours = base / "apply" / "platformdb"
    peers.write_platformdb(ours, steps)
    contenders["platformdb"] = lambda: fresh_run(server, peers.run_platformdb, ours)
    title = f"{COUNT} migrations of CREATE TABLE and CREATE INDEX, each its own transaction"
    report(title, in_turns(contenders, arguments.runs), "psql")


def fresh_run(server: Server, command: Callable[[Path, str], list[str]], folder: Path) -> float:
    url = server.fresh("bench")
    return applied(server, "bench", command(folder, url), url, COUNT)


def nothing(server: Server, base: Path, arguments: argparse.Namespace) -> None:
    contenders: dict[str, Timed] = {}
    steps = migrations(COUNT)
    imports = "import typer, psycopg; psycopg.connect({url!r}).close()"
    url = server.fresh("bench_imports")
    contenders["imports"] = lambda url=url: run([sys.executable, "-c", imports.format(url=url)], url)
    for peer in peers.peers(arguments.peers, server.programs / "psql")[1:]:
        folder = base / "nothing" / peer.name
        peer.write(folder, steps)
        url = server.fresh(f"bench_{peer.name}")
        command = peer.command(folder, url)
        run(command, url)
        contenders[peer.name] = lambda command=command, url=url: run(command, url)
    folder, url = base / "nothing" / "platformdb", server.fresh("bench_platformdb")
    peers.write_platformdb(folder, steps)
    command = peers.run_platformdb(folder, url)
    run(command, url)
    contenders["platformdb"] = lambda: run(command, url)
    title = f"nothing to do with {COUNT} applied; imports = python -c 'import typer, psycopg' and a connection"
    report(title, in_turns(contenders, arguments.runs * 3), "imports")


def far(server: Server, base: Path, arguments: argparse.Namespace) -> None:
    steps = migrations(COUNT)
    psql = peers.peers(arguments.peers, server.programs / "psql")[0]
    psql.write(base / "far" / "psql", steps)
    peers.write_platformdb(base / "far" / "platformdb", steps)
    with far_away(server) as port:

        def timed(command: Callable[[Path, str], list[str]], name: str) -> float:
            server.fresh("bench")
            url = server.url("bench", port)
            return applied(server, "bench", command(base / "far" / name, url), url, COUNT)

        contenders: dict[str, Timed] = {
            "psql": lambda: timed(psql.command, "psql"),
            "platformdb": lambda: timed(peers.run_platformdb, "platformdb"),
        }
        title = f"{COUNT} migrations over a link of {DELAY_MS} ms each way"
        report(title, in_turns(contenders, max(arguments.runs // 2, 1)), "psql")


@contextmanager
def far_away(server: Server):
    command = [sys.executable, str(Path(__file__).with_name("proxy.py")), str(server.port), str(DELAY_MS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            yield int(proxy.stdout.readline())
        finally:
            proxy.terminate()


def status(server: Server, base: Path, arguments: argparse.Namespace) -> None:
    folder, url = base / "status", server.fresh("bench")
    small = tuple(peers.Migration(n, (f"SELECT {n}",)) for n in range(1, 10_001))
    peers.write_platformdb(folder, small)
    run(peers.run_platformdb(folder, url), url)
    command = [sys.executable, "-m", "platformdb", "status", "--project", str(folder), "--url", url]
    print("status with 10,000 files and 10,000 rows of history")
    measured([*command], url, arguments.runs)


def copy(server: Server, base: Path, arguments: argparse.Namespace) -> None:
    folder = base / "copy"
    (folder / "phases").mkdir(parents=True)
    gigabyte = 1 << 30
    with (folder / "phases/001_rows.sql").open("wb") as file:
        file.write(b"CREATE TABLE rows (id bigint, text text);\nCOPY rows (id, text) FROM stdin;\n")
        number = 0
        while file.tell() < gigabyte:
            block = b"".join(b"%d\t%s\n" % (number + i, b"x" * 120) for i in range(10_000))
            number += 10_000
            file.write(block)
        file.write(b"\\.\n")
    print(f"a migration of 1 GB of COPY data ({number:,} rows)")
    for _ in range(min(arguments.runs, 2)):
        url = server.fresh("bench")
        measured(peers.run_platformdb(folder, url), url, 1)
        psql = [str(server.programs / "psql"), "-qXf", str(folder / "phases/001_rows.sql"), server.fresh("bench")]
        print(f"  psql -f of the same file {run(psql, url):6.2f} s")


def measured(command: Sequence[str], url: str, runs: int) -> None:
    """Time and peak memory of a whole process, as the system counted them."""
    figures = []
    for _ in range(runs):
        child = subprocess.Popen(command, env=peers.environment(url), stdout=subprocess.DEVNULL)
        began = time.perf_counter()
        _, code, usage = os.wait4(child.pid, 0)
        if code:
            raise SystemExit(f"{' '.join(command)} failed")
        figures.append((time.perf_counter() - began, usage.ru_maxrss / 1024))
    seconds, megabytes = (statistics.median(column) for column in zip(*figures, strict=True))
    print(f"  platformdb {seconds:6.2f} s, at most {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
