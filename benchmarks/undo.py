"""What real undo files do: every one of public directories, up, down and up again, as ``platformdb check --undo`` does.

    .venv/bin/python benchmarks/undo.py CHECKOUTS --url URL [--url URL …] [--only NAME]

CHECKOUTS is a folder with the projects of the table below as owner+name; those that are not there are left out, and
named. Each directory is proven on the first server that has what it needs. It prints two tables in Markdown: what came
of the undo files of each directory, and what the most common lies are.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdb.config import Config
from platformdb.migrations.outlook import Options
from platformdb.postgres.catalog import read_available_extensions
from platformdb.postgres.connect import connect
from platformdb.postgres.providers.url import url_target
from platformdb.postgres.target import Target
from platformdb.project import find_platform
from platformdb.prove.run import prove_undo
from platformdb.report.progress import PlainLines


@dataclass(frozen=True, slots=True)
class Directory:
    """A project, where its migrations are, whose layout it is, and what the server must have."""

    project: str
    path: str
    layout: str
    extension: str = "plpgsql"


DIRECTORIES = (
    Directory("LemmyNet/lemmy", "migrations", "diesel", "pgcrypto"),
    Directory("target/goalert", "migrate/migrations", "sql-migrate", "pgcrypto"),
    Directory("rust-lang/crates.io", "migrations", "diesel"),
    Directory("hatchet-dev/hatchet", "cmd/hatchet-migrate/migrate/migrations", "goose"),
    Directory("google/exposure-notifications-server", "migrations", "golang-migrate"),
    Directory("blnkfinance/blnk", "sql", "sql-migrate"),
    Directory("svix/svix-webhooks", "server/svix-server/migrations", "sqlx"),
)
VERDICTS = ("exact", "reordered", "differs", "differs again", "empty", "fails", "fails again")
OF_A_KIND = re.compile(r"(?P<kind>[a-z]+(?: [a-z]+)?) \S+(?: on \S+)? (?P<what>is gone|is left behind)")


def main() -> None:
    arguments = parse()
    targets = [url_target(Config(project=Path(), url=url)) for url in arguments.url]
    total: Counter[str] = Counter()
    lies: Counter[str] = Counter()
    heads = ("directory", "layout", "undo files", *VERDICTS, "does not run here")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for directory in DIRECTORIES:
        if arguments.only not in directory.project:
            continue
        folder = arguments.checkouts / directory.project.replace("/", "+") / directory.path
        target = next((each for each in targets if fits(each, directory)), None)
        if not folder.is_dir() or target is None:
            print(f"left out: {directory.project}: no {folder if target else 'server for it'}", file=sys.stderr)
            continue
        proofs = proven(folder, directory.layout, target)
        counts = Counter(proof["verdict"] for proof in proofs if proof["undo"])
        total += counts
        lies.update(lie for proof in proofs for lie in {*lies_of(proof)})
        print(row(f"{directory.project} {directory.path}", directory.layout, counts), flush=True)
    print(row("all", "", total))
    bad = sum(total[verdict] for verdict in VERDICTS[2:])
    print(f"\n{bad} of {sum(total[v] for v in VERDICTS)} undo files do not lead back to where their migration began.\n")
    print("| what is wrong | undo files |\n|---|---:|")
    print("\n".join(f"| {lie} | {count} |" for lie, count in lies.most_common(16)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--url", action="append", required=True)
    parser.add_argument("--only", default="", metavar="NAME")
    return parser.parse_args()


def fits(target: Target, directory: Directory) -> bool:
    with connect(target) as connection:
        return directory.extension in read_available_extensions(connection)


def proven(folder: Path, layout: str, target: Target) -> Sequence[dict[str, Any]]:
    platform = find_platform(Config(project=folder, migrations=(folder,), layout=layout))
    report = prove_undo(nullcontext(target), platform, PlainLines(sys.stderr), options=Options())
    for finding in report.findings:
        print(f"{finding.rule} {finding.subject}: {finding.message}\n{finding.detail}\n", file=sys.stderr)
    return report.data.get("proofs", ())


def row(name: str, layout: str, counts: Counter[str]) -> str:
    cells = [counts[verdict] for verdict in (*VERDICTS, "not proven")]
    return f"| {name} | {layout} | {sum(cells)} | {' | '.join(map(str, cells))} |"


def lies_of(proof: dict[str, Any]) -> Iterator[str]:
    """What an undo file does not do, by kind."""
    if proof["verdict"] == "empty":
        yield "empty" + (": all of it stays" if proof["differences"] else "; only rows were changed, or nothing")
        return
    if proof["verdict"] == "fails":
        yield f"fails: {re.sub(r'.*?: ', '', proof['problem'], count=1)}"
        return
    for words in proof["differences"]:
        if match := OF_A_KIND.fullmatch(words):
            yield f"{match['kind']} {match['what']}"
        elif " are in another order" in words:
            yield f"{words.split(' ')[0]} come in another order"
        else:
            yield re.sub(r" (?:of|was|among) .*", "", words).split(" ")[0] + " is not what it was"


if __name__ == "__main__":
    main()
