"""platformdb rehearse beside platformdb migrate: what it costs to see before one leaps.

    .venv/bin/python benchmarks/rehearse.py [--runs 5] [--migrations 100]

The same small migrations are pending in both cases, each a transaction of its own; the clone, and the planning on the
database before it, are part of what rehearsing costs. In turns, run by run; it prints medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import peers
from migrate import in_turns, report, run
from server import Server, running

KINDS = (
    "ALTER TABLE base ADD COLUMN c{n} int",
    "CREATE TABLE t{n} (id bigint PRIMARY KEY, base_id bigint REFERENCES base, name text NOT NULL)",
    "CREATE INDEX base_{n} ON base (n, id)",
    "ALTER TABLE base ADD CONSTRAINT c{n} CHECK (n >= 0)",
    "UPDATE base SET n = n + 1 WHERE id % 100 = 0",
)
BASE = (
    "CREATE TABLE base (id bigint PRIMARY KEY, n int NOT NULL);"
    "INSERT INTO base SELECT g, g FROM generate_series(1, 1000) AS g"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--migrations", type=int, default=100)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, medians of {arguments.runs} runs")
    with running() as server, tempfile.TemporaryDirectory(prefix="pdbbench") as name:
        print(server.sql("postgres", "SELECT split_part(version(), ' on ', 1)"))
        folder = Path(name)
        steps = tuple(
            peers.Migration(number, (KINDS[number % len(KINDS)].format(n=number),))
            for number in range(1, arguments.migrations + 1)
        )
        peers.write_platformdb(folder, steps)
        contenders = {verb: lambda verb=verb: timed(server, folder, verb) for verb in ("migrate", "rehearse")}
        title = f"{arguments.migrations} small migrations, each its own transaction, pending on a table of 1,000 rows"
        report(title, in_turns(contenders, arguments.runs), "migrate")


def timed(server: Server, folder: Path, verb: str) -> float:
    url = server.fresh("bench")
    server.sql("bench", BASE)
    command = [sys.executable, "-m", "platformdb", verb, "--quiet", "--project", str(folder), "--url", url]
    return run(command, url)


if __name__ == "__main__":
    main()
