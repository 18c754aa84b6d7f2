"""What each tool would run, in its order, read as simply as possible and without platformdb: a script for psql."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

Scripts = Iterator[tuple[str, str]]
# psql commits each statement by itself: what makes sense in a transaction only is given one.
WANTS_TRANSACTION = re.compile(r"^\s*lock\s|\b(?:set\s+local|on\s+commit\s+(?:drop|delete)|savepoint)\b", re.I | re.M)
OWN_TRANSACTION = re.compile(r"^\s*(?:begin|start\s+transaction|commit)\s*(?:work|transaction)?\s*;", re.I | re.M)
OUTSIDE = re.compile(r"\b(?:concurrently|vacuum)\b", re.I)


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", text))


def below(folders: Sequence[Path], pattern: str) -> list[Path]:
    return [path for folder in folders for path in folder.rglob(pattern)]


def between(text: str, mark: str, words: Mapping[str, str]) -> str:
    """The lines below marks of ``words`` for up, to those for down; ``mark`` is the expression of a mark."""
    kept, wanted = [], False
    for line in text.splitlines(keepends=True):
        found = re.match(mark, line, re.I)
        if found is None:
            kept.append(line if wanted else "")
        elif (word := found[1].lower()) in words.values():
            wanted = word == words["up"]
        else:
            kept.append("\n;\n" if word == "statementend" and wanted else "")
    return "".join(kept)


def flyway(folders: Sequence[Path]) -> Scripts:
    named = [(re.fullmatch(r"([VRB])([\d._]*?)__(.*)\.sql", path.name), path) for path in below(folders, "*.sql")]
    found = [(match, path) for match, path in named if match]
    start = max(((numbers(match[2]), path) for match, path in found if match[1] == "B"), default=((), Path()))
    if start[0]:
        yield start[1].name, start[1].read_text()
    for version, path in sorted((numbers(match[2]), path) for match, path in found if match[1] == "V"):
        if version > start[0]:
            yield path.name, path.read_text()
    for _, path in sorted((match[3].replace("_", " "), path) for match, path in found if match[1] == "R"):
        yield path.name, path.read_text()
    for path in sorted(below(folders, "afterMigrate*.sql")):
        yield path.name, path.read_text()


def prisma(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "migration.sql"), key=lambda path: path.parent.name):
        yield path.parent.name, path.read_text()


def golang_migrate(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "*.up.sql"), key=lambda path: numbers(path.name)[0]):
        yield path.name, path.read_text()


def sqlx(folders: Sequence[Path]) -> Scripts:
    ups = [path for path in below(folders, "*.sql") if not path.name.endswith(".down.sql")]
    for path in sorted(ups, key=lambda path: numbers(path.name)[0]):
        yield path.name, path.read_text()


def plain(folders: Sequence[Path]) -> Scripts:
    ups = [path for path in below(folders, "[0-9]*.sql") if not re.search(r"[._](?:down|undo|revert)\.sql$", path.name)]
    for path in sorted(ups, key=lambda path: (numbers(re.match(r"[\d._-]+", path.name)[0]), path.name)):  # type: ignore[index]
        yield path.name, path.read_text()


def diesel(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "up.sql"), key=lambda path: path.parent.name.partition("_")[0].replace("-", "")):
        yield path.parent.name, path.read_text()


def dbmate(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "[0-9]*.sql"), key=lambda path: path.name):
        yield path.name, between(path.read_text(), r"--\s*migrate:(\w+)", {"up": "up", "down": "down"})


def goose(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "[0-9]*.sql"), key=lambda path: numbers(path.name)[0]):
        yield path.name, between(path.read_text(), r"--\s*\+goose\s+(\w+)", {"up": "up", "down": "down"})


def sql_migrate(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "[0-9]*.sql"), key=lambda path: (numbers(path.name)[0], path.name)):
        yield path.name, between(path.read_text(), r"--\s*\+migrate\s+(\w+)", {"up": "up", "down": "down"})


def drizzle(folders: Sequence[Path]) -> Scripts:
    for folder in folders:
        for entry in json.loads((folder / "meta/_journal.json").read_text())["entries"]:
            text = (folder / f"{entry['tag']}.sql").read_text()
            yield entry["tag"], text.replace("--> statement-breakpoint", "\n;\n")


def graphile_migrate(folders: Sequence[Path]) -> Scripts:
    for path in sorted(path for folder in folders for path in (folder / "committed").glob("[0-9]*.sql")):
        yield path.name, path.read_text()


def node_pg_migrate(folders: Sequence[Path]) -> Scripts:
    for path in sorted(below(folders, "[0-9]*.sql"), key=lambda path: (numbers(path.name)[0], path.name)):
        yield path.name, re.split(r"^\s*--[\s-]*down\s+migration", path.read_text(), flags=re.I | re.M)[0]


def sqitch(folders: Sequence[Path]) -> Scripts:
    """A plan's lines are its changes and tags; the file of a reworked change is called after a tag that follows it."""
    for folder in folders:
        top = re.search(r"^\s*top_dir\s*=\s*(\S+)", (folder / "sqitch.conf").read_text(), re.M)
        deploy = folder / (top[1] if top else ".") / "deploy"
        lines = [match[0] for match in re.finditer(r"^[^\s%#]\S*", (folder / "sqitch.plan").read_text(), re.M)]
        for index, name in enumerate(lines):
            until = lines.index(name, index + 1) if name in lines[index + 1 :] else index
            files = [deploy / f"{name}{tag}.sql" for tag in lines[index:until] if tag.startswith("@")]
            if not name.startswith("@"):
                yield name, next((path for path in files if path.exists()), deploy / f"{name}.sql").read_text()


TOOLS: Mapping[str, Callable[[Sequence[Path]], Scripts]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        flyway,
        prisma,
        golang_migrate,
        sqlx,
        plain,
        diesel,
        dbmate,
        goose,
        sql_migrate,
        drizzle,
        graphile_migrate,
        node_pg_migrate,
        sqitch,
    )
}
# How a variable is written, by layout: {} stands for its name.
VARIABLES: Mapping[str, str] = {
    "flyway": r"\$\{{{}\}}",
    "golang-migrate": r"\{{\{{\s*(?:index\s+\.Options\s+\"{0}\"|\.?{0})\s*\}}\}}",
    "graphile-migrate": r":{}\b",
}


def script(layout: str, folders: Sequence[Path], variables: Mapping[str, str]) -> tuple[list[str], str]:
    """What runs, in order, and all of it for one psql, each file in a session of its own."""
    names, parts = [], []
    for name, text in TOOLS[layout](folders):
        for variable, value in variables.items():
            text = re.sub(VARIABLES[layout].format(variable), lambda _, value=value: value, text)
        needs = WANTS_TRANSACTION.search(text) and not OWN_TRANSACTION.search(text) and not OUTSIDE.search(text)
        begin, end = ("BEGIN;\n", "COMMIT;\n") if needs else ("", "")
        names.append(name)
        parts.append(f"\\connect\n\\echo {name!r}\n{begin}{text.removeprefix(chr(0xFEFF))}\n;\n{end}")
    return names, "".join(parts)
