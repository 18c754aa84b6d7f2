"""How fast `platformdb seed` is, beside its peers and the physical limit, with the embedded server's settings.

    .venv/bin/python benchmarks/seeding.py [--runs NUMBER] [PART …]

    restore   a platform's profile (vrss load), beside pg_restore -j2 of a dump of the same database
    shape     50,000 parents and 2 million children with a Zipf fan-out, beside django-data-shape
    narrow    uuid, uuid, timestamptz on one connection, beside a COPY of the same bytes from a file
    pgbench   two million rows of pgbench_accounts with its primary key, beside pgbench -i
    jobs      one and two jobs
    memory    10 and 100 million rows: the peak memory of all processes together
    dev       profile dev, the whole command, of every platform; ci: profile ci

Prints medians and ratios; machines differ and are shared, so compare the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from server import Server, running

from platformdb.postgres.server.plan import SETTINGS
from platformdb.project import bundled_root, platform_names

PEERS = Path(__file__).parent / "seeding_peers"
NARROW_ROWS = 5_000_000
ACCOUNTS_SCALE = 20


def main() -> None:
    given = arguments()
    settings = {name: SETTINGS[name] for name in ("wal_level", "max_wal_senders", "max_wal_size", "checkpoint_timeout")}
    with running(given.folder, settings) as server, scratch(given.folder) as folder:
        for part in given.part or PARTS:
            print(f"\n{part}", flush=True)
            PARTS[part](server, folder, given)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="all without it")
    parser.add_argument("--runs", type=int, default=3, help="how often each is timed (3)")
    parser.add_argument("--folder", type=Path, help="where server and files lie")
    parser.add_argument("--profile", default="load", help="of restore, jobs (load)")
    parser.add_argument("--rows", type=int, default=100_000_000, help="of memory (100 million; and a tenth of them)")
    return parser.parse_args()


# Parts ---------------------------------------------------------------------------------------------------------------


def restore(server: Server, folder: Path, given: argparse.Namespace) -> None:
    dump = folder / "vrss.dump"
    seconds: dict[str, list[float]] = {"platformdb seed": [], "pg_restore -j2": []}
    for number in range(given.runs):
        url = migrated(server, "vrss", "seeded")
        took, peak, report = seeded(url, "--platform", "vrss", "--profile", given.profile, "--jobs", "2")
        seconds["platformdb seed"].append(took)
        if not number:
            size = server.sql("seeded", "SELECT pg_size_pretty(pg_database_size(current_database()))")
            print(f"  {report['rows']:,} rows, {size}, peak memory {peak / 2**20:,.0f} MB", flush=True)
            run(server.programs / "pg_dump", "-Fc", "-f", dump, url)
        server.sql("postgres", 'DROP DATABASE "seeded" WITH (FORCE)')
        url = server.fresh("restored")
        seconds["pg_restore -j2"].append(
            timed(lambda url=url: run(server.programs / "pg_restore", "-j2", "-d", url, dump))
        )
        server.sql("postgres", 'DROP DATABASE "restored" WITH (FORCE)')
    compare(seconds, limit="at most 1.0; stretch 0.7")


def shape(server: Server, folder: Path, given: argparse.Namespace) -> None:
    python = folder / "peers/bin/python"
    if not python.exists():
        run(sys.executable, "-m", "venv", folder / "peers")
        run(python, "-m", "pip", "install", "-q", "django-data-shape==0.23.0", "django", "psycopg[binary]")
    seconds: dict[str, list[float]] = {"platformdb seed": [], "django-data-shape": []}
    for _ in range(given.runs):
        url = with_project(server, folder / "shape", COMPANIES_SCHEMA, COMPANIES_SEED)
        seconds["platformdb seed"].append(seeded(url, "--project", folder / "shape")[0])
        url = server.fresh("peer")
        out = output(python, PEERS / "django_peer.py", url.partition("?")[0], 50_000, 2_000_000)
        seconds["django-data-shape"].append(float(out))
    compare(seconds, limit="at most 0.1; the peer's time is that of building alone")


def narrow(server: Server, folder: Path, given: argparse.Namespace) -> None:
    rows = folder / "rows.bin"
    seconds: dict[str, list[float]] = {"platformdb seed --jobs 1": [], "COPY from a file": []}
    for _ in range(given.runs):
        url = with_project(server, folder / "narrow", NARROW_SCHEMA, NARROW_SEED)
        seconds["platformdb seed --jobs 1"].append(seeded(url, "--project", folder / "narrow", "--jobs", "1")[0])
        if not rows.exists():
            server.sql("narrow", f"COPY event TO '{rows}' (FORMAT binary)")
        copy = f"BEGIN; TRUNCATE event; COPY event FROM '{rows}' (FORMAT binary, FREEZE); COMMIT; ANALYZE event"
        seconds["COPY from a file"].append(timed(lambda copy=copy: server.sql("narrow", copy)))
    compare(seconds, limit="at most 1.67 (0.6 of its speed)")
    print(f"  {NARROW_ROWS / statistics.median(seconds['platformdb seed --jobs 1']):,.0f} rows/s (at least 1,000,000)")


def pgbench(server: Server, folder: Path, given: argparse.Namespace) -> None:
    seconds: dict[str, list[float]] = {"platformdb seed": [], "pgbench -i": []}
    for _ in range(given.runs):
        url = with_project(server, folder / "pgbench", ACCOUNTS_SCHEMA, ACCOUNTS_SEED)
        seconds["platformdb seed"].append(seeded(url, "--project", folder / "pgbench")[0])
        url = server.fresh("peer")
        work = (server.programs / "pgbench", "-q", "-i", "-s", ACCOUNTS_SCALE, url)
        seconds["pgbench -i"].append(timed(lambda work=work: run(*work)))
    compare(seconds, limit="at most 1.2")


def jobs(server: Server, folder: Path, given: argparse.Namespace) -> None:
    seconds: dict[str, list[float]] = {"--jobs 2": [], "--jobs 1": []}
    for _ in range(given.runs):
        for name, taken in seconds.items():
            url = migrated(server, "vrss", "seeded")
            options = ("--platform", "vrss", "--profile", given.profile, *name.split())
            taken.append(seeded(url, *options)[0])
    compare(seconds, limit="at most 0.67")


def memory(server: Server, folder: Path, given: argparse.Namespace) -> None:
    for rows in (given.rows // 10, given.rows):
        seed = NARROW_SEED.replace(str(NARROW_ROWS), str(rows))
        url = with_project(server, folder / "narrow", NARROW_SCHEMA, seed)
        took, peak, _ = seeded(url, "--project", folder / "narrow")
        print(
            f"  {rows:>13,} rows  {took:7.1f} s  {rows / took:12,.0f} rows/s  peak {peak / 2**20:6,.0f} MB", flush=True
        )


def profile(server: Server, given: argparse.Namespace, name: str, target: float) -> None:
    for platform in platform_names(bundled_root()):
        taken, rows = [], 0
        for _ in range(given.runs):
            url = migrated(server, platform, "seeded")
            took, _, report = seeded(url, "--platform", platform, "--profile", name)
            taken.append(took)
            rows = report["rows"]
        median = statistics.median(taken)
        verdict = "" if median <= target else "   MISSED"
        print(f"  {platform:14} {rows:>9,} rows  {median:6.2f} s  (target {target:g} s){verdict}", flush=True)


PARTS: dict[str, Callable[[Server, Path, argparse.Namespace], None]] = {
    "dev": lambda server, _folder, given: profile(server, given, "dev", 1.5),
    "ci": lambda server, _folder, given: profile(server, given, "ci", 10.0),
    "narrow": narrow,
    "pgbench": pgbench,
    "shape": shape,
    "restore": restore,
    "jobs": jobs,
    "memory": memory,
}

# What is seeded ------------------------------------------------------------------------------------------------------

STORY = "start = 2025-01-01T00:00:00Z\nend = 2026-01-01T00:00:00Z\n"

COMPANIES_SCHEMA = """
CREATE TABLE company (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE project (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    company_id bigint NOT NULL REFERENCES company (id) DEFERRABLE INITIALLY DEFERRED,
    name text NOT NULL, created_at timestamptz NOT NULL, status text NOT NULL
);
CREATE INDEX project_company_id_idx ON project (company_id);
CREATE UNIQUE INDEX one_active_project_per_company ON project (company_id) WHERE status = 'ACTIVE';
"""
COMPANIES_SEED = f"""{STORY}
[profiles.dev]
companies = 50_000
projects = 2_000_000
[tables.company]
rows = {{ shape = "independent", count = "$companies" }}
time = {{ until = 0.01 }}
helpers.newest = {{ make = "aggregate", function = "last", of = "project", by = "company" }}
[tables.company.columns]
id = {{ make = "ordinal", start = 1 }}
name = {{ make = "constant", value = "acme" }}
[tables.project]
rows = {{ shape = "per", of = [{{ table = "company", total = "$projects", skew = {{ zipf = 1.2 }} }}] }}
[tables.project.helpers]
is_newest = {{ make = "compare", left = "company.newest.id", op = "=", right = "id" }}
active = {{ make = "constant", value = "ACTIVE", where = {{ is_newest = true }} }}
complete = {{ make = "constant", value = "COMPLETE" }}
[tables.project.columns]
id = {{ make = "ordinal", start = 1 }}
company_id = {{ make = "copy", of = "company.id" }}
name = {{ make = "constant", value = "project" }}
created_at = {{ make = "copy", of = "time" }}
status = {{ make = "first", of = ["active", "complete"] }}
"""

NARROW_SCHEMA = """
CREATE TABLE thing (id uuid NOT NULL);
CREATE TABLE event (id uuid NOT NULL, thing_id uuid NOT NULL, at timestamptz NOT NULL);
"""
NARROW_SEED = f"""{STORY}
[profiles.dev]
things = 100_000
events = {NARROW_ROWS}
[tables.thing]
rows = {{ shape = "independent", count = "$things" }}
columns.id = {{ make = "uuid7" }}
[tables.event]
rows = {{ shape = "per", of = [{{ table = "thing", total = "$events", skew = {{ zipf = 0.8 }} }}] }}
[tables.event.columns]
id = {{ make = "uuid7" }}
thing_id = {{ make = "copy", of = "thing.id" }}
at = {{ make = "copy", of = "time" }}
"""

ACCOUNTS_SCHEMA = """
CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
"""
ACCOUNTS_SEED = f"""{STORY}
[profiles.dev]
accounts = {ACCOUNTS_SCALE * 100_000}
[tables.pgbench_accounts]
rows = {{ shape = "independent", count = "$accounts" }}
[tables.pgbench_accounts.helpers]
number = {{ make = "ordinal" }}
within = {{ make = "compute", function = "modulo", of = ["number", 100_000] }}
first = {{ make = "compute", function = "subtract", of = ["number", "within"] }}
branch = {{ make = "compute", function = "divide", of = ["first", 100_000], decimals = 0 }}
[tables.pgbench_accounts.columns]
aid = {{ make = "ordinal", start = 1 }}
bid = {{ make = "compute", function = "add", of = ["branch", 1] }}
abalance = {{ make = "constant", value = 0 }}
filler = {{ make = "constant", value = "" }}
"""

# Tools ---------------------------------------------------------------------------------------------------------------


def with_project(server: Server, project: Path, schema: str, seed: str) -> str:
    """An empty database with this schema, and the project that fills it; the database is called after its folder."""
    (project / "phases").mkdir(parents=True, exist_ok=True)
    (project / "seeds").mkdir(exist_ok=True)
    (project / "phases/001_tables.sql").write_text(schema)
    (project / "seeds/seed.toml").write_text(seed)
    url = server.fresh(project.name)
    platformdb("migrate", "--url", url, "--project", project)
    return url


def migrated(server: Server, platform: str, database: str) -> str:
    """An empty database with a bundled platform's tables and all tiers of indexes."""
    url = server.fresh(database)
    platformdb("migrate", "--url", url, "--platform", platform)
    platformdb("indexes", "apply", "--tier", 3, "--url", url, "--platform", platform)
    server.sql("postgres", "CHECKPOINT")
    return url


def seeded(url: str, *options: object) -> tuple[float, int, dict]:
    """Runs the whole command; the seconds it took, the peak bytes of its processes, and what it said of itself."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "platformdb", "seed", "--url", url, "--quiet", "--format", "json"]
    process = subprocess.Popen(
        [*command, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peaks: dict[int, int] = {}
    watcher = threading.Thread(target=watch, args=(process, peaks))
    watcher.start()
    out, err = process.communicate()
    took = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        raise SystemExit(f"platformdb seed failed: {out}{err}")
    return took, sum(peaks.values()), json.loads(out)["data"]


def watch(process: subprocess.Popen, peaks: dict[int, int]) -> None:
    """The largest resident set of each process of the tree so far, as the kernel counts it (VmHWM)."""
    while process.poll() is None:
        for pid in tree(process.pid):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:  # it has just ended
                continue
            peaks[pid] = max(
                peaks.get(pid, 0),
                *(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM")),
                0,
            )
        time.sleep(0.02)


def tree(root: int) -> list[int]:
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return [root]
    return [root, *(pid for child in children for pid in tree(int(child)))]


def platformdb(*arguments: object) -> None:
    run(sys.executable, "-m", "platformdb", *arguments, "--quiet")


def run(*command: object) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")


def output(*command: object) -> str:
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True).stdout


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(seconds: dict[str, list[float]], *, limit: str) -> None:
    """Prints the medians; the first one's ratio to the second."""
    first, second = (statistics.median(taken) for taken in seconds.values())
    for name, taken in seconds.items():
        print(f"  {name:26} {statistics.median(taken):8.2f} s   ({', '.join(f'{each:.2f}' for each in taken)})")
    print(f"  ratio {first / second:.3f} ({limit})", flush=True)


@contextmanager
def scratch(base: Path | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pdbbench", dir=base))
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=bool(os.environ.get("KEEP")))


if __name__ == "__main__":
    main()
