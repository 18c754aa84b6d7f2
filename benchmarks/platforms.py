"""How long `platformdb up` takes for every bundled platform, and how its queries and checks do with a larger profile.

Run it with the interpreter of an environment that holds platformdb[local]:

    .venv/bin/python benchmarks/platforms.py [--platform NAME] [--profile NAME] [--samples NUMBER]

A query's figure is the 95th percentile for the persona that is slowest, and stands beside the query's target. The
profile is `ci` unless another one is named; `load` has tens of millions of rows. The exit code is 1 where a target is
missed, or a check finds something.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platformdb.project import bundled_root, platform_names

UP_TARGET_SECONDS = 8.0


def main() -> int:
    given = arguments()
    names = [given.platform] if given.platform else platform_names(bundled_root())
    missed = [name for name in names if not measure(name, given.profile, given.samples)]
    print(f"\nmissed: {', '.join(missed)}" if missed else "\nall targets are met")
    return 1 if missed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=platform_names(bundled_root()), help="only this one")
    parser.add_argument("--profile", default="ci", help="which profile of the seeds (ci)")
    parser.add_argument("--samples", type=int, default=200, help="how often each query is timed (200)")
    return parser.parse_args()


def measure(name: str, profile: str, samples: int) -> bool:
    """Prints one platform's figures; whether it met all of its targets."""
    with empty_project() as project:
        began = time.perf_counter()
        platformdb(project, "up", name)
        seconds = time.perf_counter() - began
        verdict = "" if seconds <= UP_TARGET_SECONDS else "   too slow"
        print(f"\n{name}: up {seconds:.1f} s (target {UP_TARGET_SECONDS:g} s){verdict}")
        began = time.perf_counter()
        seeded = platformdb(project, "seed", "--platform", name, "--profile", profile, "--replace")
        print(f"  profile {profile}: {seeded['rows']:,} rows in {time.perf_counter() - began:.1f} s")
        clean = all([check(project, name, "counters", "drifted"), check(project, name, "contracts", "faults")])
        queries = platformdb(project, "bench", "--platform", name, "--samples", str(samples))["queries"]
    for query in queries:
        shown = f"  {query['name']:32} target {query['target_ms']:6g} ms   p95 {query['p95_ms']:8.2f} ms"
        print(f"{shown}   {query['persona']}{'' if query['passed'] else '   MISSED'}")
    return not verdict and clean and all(query["passed"] for query in queries)


def check(project: Path, name: str, what: str, found: str) -> bool:
    """Runs `counters check` or `contracts check`; whether it found nothing."""
    began = time.perf_counter()
    number = platformdb(project, what, "check", "--platform", name)[found]
    print(f"  {what} check: {number} {found} in {time.perf_counter() - began:.1f} s")
    return number == 0


@contextmanager
def empty_project() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="pdbbench"))
    base.chmod(0o755)
    try:
        yield base
    finally:
        platformdb(base, "server", "stop")
        shutil.rmtree(base)


def platformdb(project: Path, *words: str) -> Any:
    """Runs a command; its facts. A missed target (exit code 1) is a result, too."""
    command = [sys.executable, "-m", "platformdb", *words, "--format", "json", "--quiet"]
    done = subprocess.run(command, cwd=project, stdout=subprocess.PIPE, text=True, check=False)
    envelope = json.loads(done.stdout)
    if envelope["exit_code"] > 1:
        sys.exit(f"{' '.join(words)}: {envelope['findings'][0]['message']}")
    return envelope["data"]


if __name__ == "__main__":
    sys.exit(main())
