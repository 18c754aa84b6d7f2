"""Each query's p50 as `bench` times it beside pgbench running the same statement, and how long `bench` itself takes.

    .venv/bin/python benchmarks/bench.py [--platform NAME] [--rounds NUMBER] [--url URL]

Both have the same settings, the same values and types, prepare the statement (`pgbench -M prepared`) and run it on one
connection, in turns; the figures are those of each one's quietest round. A write runs in a transaction that is rolled
back, and pgbench tells a single statement's average only, so of writes averages stand side by side. Without a URL each
platform is brought up with profile `ci` on a server of its own. Wanted: within 10 % of pgbench, or 0.1 ms where that is
more; `bench` in less than 10 s.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from psycopg.conninfo import conninfo_to_dict

from platformdb.config import Config
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import PINS, pin
from platformdb.postgres.server.binaries import list_all
from platformdb.postgres.target import Target
from platformdb.project import Platform, bundled_root, find_platform, platform_names
from platformdb.workload.model import Persona, Query
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries
from platformdb.workload.run import stopwatch

ROUND_SECONDS = 0.15
FEWEST, MOST = 20, 1_000
SHARE, SLACK_MS = 0.10, 0.1
WANTED_SECONDS = 10.0
STATEMENT = re.compile(r"^\s+([\d.]+)\s+\d*\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pair:
    ours: float
    theirs: float

    @property
    def near(self) -> bool:
        return abs(self.ours - self.theirs) <= max(SHARE * self.theirs, SLACK_MS)


def main() -> int:
    given = arguments()
    names = [given.platform] if given.platform else platform_names(bundled_root())
    if given.url and not given.platform:
        sys.exit("--url needs --platform")
    far, slow = 0, 0
    for name in names:
        platform = find_platform(Config(project=bundled_root(), platform=name))
        with database(name, given.url) as url:
            seconds = whole_command(name, url)
            print(f"\n{name}: bench takes {seconds:.1f} s (wanted: {WANTED_SECONDS:g} s)")
            slow += seconds > WANTED_SECONDS
            far += beside_pgbench(platform, url, given.rounds)
    print(f"\n{far} queries further from pgbench than 10 % and {SLACK_MS:g} ms, {slow} platforms too slow")
    return 1 if far or slow else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=platform_names(bundled_root()), help="only this one")
    parser.add_argument("--url", help="a database with that platform, migrated and seeded")
    parser.add_argument("--rounds", type=int, default=5, help="how often the two take turns (5)")
    return parser.parse_args()


@contextmanager
def database(name: str, url: str | None) -> Iterator[str]:
    """The given one, or the platform with profile ci on a server of its own."""
    if url:
        yield url
        return
    project = Path(tempfile.mkdtemp(prefix="pdbbench"))
    project.chmod(0o755)
    try:
        platformdb(project, "up", name, "--quiet")
        platformdb(project, "seed", "--platform", name, "--profile", "ci", "--replace", "--quiet")
        told = platformdb(project, "server", "url", "--database", name, "--format", "json")
        yield json.loads(told)["data"]["url"]
    finally:
        platformdb(project, "server", "stop", "--quiet")
        shutil.rmtree(project)


def platformdb(project: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "platformdb", *words], cwd=project, stdout=subprocess.PIPE, text=True)
    if done.returncode > 1:
        sys.exit(f"platformdb {' '.join(words)}: exit {done.returncode}")
    return done.stdout


def whole_command(name: str, url: str) -> float:
    """Seconds of the whole command with the data present, the second time: the first one may take statistics."""
    for _ in range(2):
        began = time.perf_counter()
        platformdb(Path.cwd(), "bench", "--platform", name, "--url", url, "--quiet")
    return time.perf_counter() - began


def beside_pgbench(platform: Platform, url: str, rounds: int) -> int:
    """Prints the pairs; how many are far from each other."""
    far = 0
    with connect(Target("url", conninfo_to_dict(url))) as connection:
        pin(connection)
        installed = {name for (name,) in connection.execute("SELECT extname FROM pg_extension")}
        queries = [query for query in read_queries(platform)[0] if not query.extension or query.extension in installed]
        personas, _ = find_personas(connection, queries)
        print(f"  {'query':24} {'persona':12} {'ours':>9} {'pgbench':>9}   ms")
        for query in queries:
            for persona in personas[query.name]:
                pair = in_turns(connection, url, query, persona, rounds)
                far += not pair.near
                mark = "" if pair.near else "   FAR"
                print(f"  {query.name:24} {persona.name:12} {pair.ours:9.3f} {pair.theirs:9.3f}{mark}", flush=True)
    return far


def in_turns(connection: Connection, url: str, query: Query, persona: Persona, rounds: int) -> Pair:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder, stopwatch(connection, query, persona) as sample:
        runs = min(max(round(ROUND_SECONDS * 1000 / median(sample() for _ in range(5))), FEWEST), MOST)
        script = Path(folder) / "script.sql"
        values = write_script(connection, query, persona, script)
        for _ in range(rounds):
            samples = [sample() for _ in range(runs)]
            ours.append(fmean(samples) if query.writes else median(samples))
            theirs.append(pgbench(url, script, values, runs, writes=query.writes))
    return Pair(min(ours), min(theirs))


def write_script(connection: Connection, query: Query, persona: Persona, script: Path) -> dict[str, str]:
    """The statement with pgbench's variables for $n, each cast to the type that the server took it for."""
    types = connection.execute(
        "SELECT parameter_types::text[] FROM pg_prepared_statements ORDER BY prepare_time DESC, name DESC LIMIT 1"
    ).fetchone()
    values = {f"value_{number}": value for number, value in enumerate(persona.parameters, 1)}
    said = {
        number: f"CAST({'NULL' if value is None else f':value_{number}'} AS {kind})"
        for number, (value, kind) in enumerate(zip(persona.parameters, types[0] if types else (), strict=True), 1)
    }
    text = re.sub(r"\$(\d+)", lambda found: said[int(found[1])], without_comments(query.sql))
    script.write_text(f"BEGIN READ WRITE;\n{text};\nROLLBACK;\n" if query.writes else f"{text};\n", encoding="utf-8")
    return {name: value for name, value in values.items() if value is not None}


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


def pgbench(url: str, script: Path, values: dict[str, str], runs: int, *, writes: bool) -> float:
    """The median latency in milliseconds by pgbench's own log, or of a write the statement's average."""
    program = shutil.which("pgbench", path=os.pathsep.join(programs())) or sys.exit("pgbench is not installed")
    defined = [word for name, value in values.items() for word in ("-D", f"{name}={value}")]
    how = ["-r"] if writes else ["-l", f"--log-prefix={script.with_suffix('')}"]
    command = [program, "-n", "-M", "prepared", "-c", "1", "-t", str(runs), "-f", script, *defined, *how, url]
    done = subprocess.run(command, env=settings(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pgbench: {done.stderr.strip()}")
    if writes:
        return float(STATEMENT.findall(done.stdout.partition("statement latencies")[2])[1][0])
    log = next(script.parent.glob(f"{script.stem}.*[0-9]"))
    # Where the answer is there before pgbench looks, it has read the clock once for both ends, and writes 0.
    latencies = [latency / 1000 for line in log.read_text().splitlines() if (latency := int(line.split()[2]))]
    log.unlink()
    return median(latencies) if latencies else float("inf")


def programs() -> Sequence[str]:
    return [*(str(found.folder) for found in list_all(None)[0]), *os.environ["PATH"].split(os.pathsep)]


def settings() -> dict[str, str]:
    """What `bench` pins, for pgbench's session."""
    pinned = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in PINS.items())
    return {**os.environ, "PGOPTIONS": pinned}


if __name__ == "__main__":
    sys.exit(main())
