"""How long it takes to read, order, cut and checksum 10,000 migrations of other tools.

    .venv/bin/python benchmarks/layouts.py [--files 10000] [--runs 5] [plain flyway goose dbmate prisma]

The files are those of benchmarks/migrate.py (a table and an index each), as each tool would lay them out. The yardstick
is the least that the same promises can take in this language: one loop that reads each file, hashes it and has
PostgreSQL's own grammar parse it. No database is involved.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import postgast
from migrate import migrations

from platformdb.migrations.load import load_all
from platformdb.migrations.read import list_files
from platformdb.project import Foreign, Platform

# The name of a file by its number, and what stands before and after its SQL.
SHAPES: dict[str, tuple[Callable[[int], str], str, str]] = {
    "plain": (lambda number: f"{number:05}_t.sql", "", ""),
    "flyway": (lambda number: f"V{number}__t.sql", "-- of ${owner}\n", ""),
    "goose": (lambda number: f"{number:05}_t.sql", "-- +goose Up\n", "-- +goose Down\nDROP TABLE t{};\n"),
    "dbmate": (lambda number: f"{number:05}_t.sql", "-- migrate:up\n", "-- migrate:down\nDROP TABLE t{};\n"),
    "prisma": (lambda number: f"{20200101000000 + number}_t/migration.sql", "-- CreateTable\n", ""),
}


def main() -> None:
    arguments = parse()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {arguments.files:,} files, "
          f"medians of {arguments.runs} runs")  # fmt: skip
    for layout in arguments.layouts or SHAPES:
        with tempfile.TemporaryDirectory(prefix="pdbbench") as name:
            measure(layout, Path(name), arguments.files, arguments.runs)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layouts", nargs="*", choices=[[], *SHAPES])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def measure(layout: str, folder: Path, files: int, runs: int) -> None:
    write(layout, folder, files)
    ours: list[float] = []
    least: list[float] = []
    for _ in range(runs):
        ours.append(timed(lambda: read(layout, folder, files)))
        least.append(timed(lambda: parse_each(folder)))
    mine, yardstick = statistics.median(ours), statistics.median(least)
    print(f"  {layout:<8} {mine:6.2f} s   {mine / yardstick:5.2f} x reading, hashing and parsing ({yardstick:.2f} s)")


def write(layout: str, folder: Path, files: int) -> None:
    name_of, before, after = SHAPES[layout]
    if layout == "prisma":
        (folder / "migration_lock.toml").write_text('provider = "postgresql"\n')
    for migration in migrations(files):
        path = folder / name_of(migration.number)
        path.parent.mkdir(exist_ok=True)
        path.write_text(before + ";\n".join((*migration.statements, "")) + after.format(migration.number))


def read(layout: str, folder: Path, files: int) -> None:
    from platformdb.variables import Variable

    foreign = Foreign(folder, (folder,), layout)
    platform = Platform("migrations", folder, folder, folder / "sql", folder / "seeds", foreign)
    variables = {"owner": Variable("app")}
    loaded = load_all(list_files(platform).migrations, platform, variables)
    assert len(loaded.migrations) == files, loaded.findings[:1]


def parse_each(folder: Path) -> None:
    for path in folder.rglob("*.sql"):
        data = path.read_bytes()
        hashlib.sha256(data)
        postgast.parse(data.decode())


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
