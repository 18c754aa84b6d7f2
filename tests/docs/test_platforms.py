"""The page of every bundled platform agrees with its files and with the database that they make.

What stands below a mark ``<!-- made: … -->`` is made here: ``pytest tests/docs/test_platforms.py --update-golden``
writes it anew. The prose around it is written by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from databases import template
from manual import DOCS, name
from platformdb.config import Config
from platformdb.contracts.read import read_contracts
from platformdb.counters.read import read_counters
from platformdb.indexes.read import read_tiers
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import connect
from platformdb.project import Platform, bundled_root, find_platform, platform_names
from platformdb.report.progress import Silent
from platformdb.schema.diagram import draw
from platformdb.schema.docs import code, fenced, table_of
from platformdb.schema.model import Schema, Table
from platformdb.schema.read import read_schemas
from platformdb.sqltext.includes import included_file
from platformdb.sqltext.script import inlined
from platformdb.sqltext.source import read_source
from platformdb.workload.read import read_queries
from servers import Server

NAMES = platform_names(bundled_root())
PAGES = sorted((DOCS / "platforms").glob("*.md"))
REQUIRED = ("tables", "indexes", "counters", "contracts", "targets", "profiles")
MARK = re.compile(
    r"^<!-- made: (?P<mark>.+?) -->\n(?:```mermaid\n(?:(?!```).*\n)*```\n|(?:\|.*\n)*)",
    re.MULTILINE,
)
# In a phase at the beginning of a line; partitions are parts of their tables.
CREATED = re.compile(r"^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?([\w.]+)(?!\s+PARTITION OF|[\w.])", re.MULTILINE)

pytestmark = pytest.mark.newest_server


@dataclass(frozen=True, slots=True)
class Subject:
    """A platform, and what its migrations make."""

    platform: Platform
    schemas: tuple[Schema, ...]

    @property
    def page(self) -> Path:
        return DOCS / f"platforms/{self.platform.name}.md"

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for schema in self.schemas for table in schema.tables)


@pytest.fixture(scope="module", params=NAMES)
def subject(server: Server, request: pytest.FixtureRequest) -> Subject:
    platform = find_platform(Config(project=bundled_root(), platform=request.param))

    def fill(target):
        assert migrate(nullcontext(target), platform, Silent()).ok

    with connect(server.database(template(server, f"page_of_{platform.name}", fill))) as connection:
        return Subject(platform, read_schemas(connection))


# What is made


def tables(subject: Subject) -> str:
    return fenced(draw(subject.tables, columns=False))


def tables_of(subject: Subject, phase: str) -> str:
    return fenced(draw([table for table in subject.tables if table.shown in phases(subject)[phase]], columns=True))


def phase_table(subject: Subject) -> str:
    rows = ((code(phase), ", ".join(map(code, made))) for phase, made in phases(subject).items())
    return table_of(("phase", "tables"), rows)


def enums(subject: Subject) -> str:
    found = (enum for schema in subject.schemas for enum in schema.enums)
    return table_of(("enum", "labels"), ((code(enum.name), ", ".join(map(code, enum.labels))) for enum in found))


def indexes(subject: Subject) -> str:
    return table_of(
        ("tier", "index", "table", "reason"),
        ((str(d.tier), code(d.name), code(d.table), d.reason) for d in read_tiers(subject.platform)[0]),
    )


def counters(subject: Subject) -> str:
    return table_of(("counter", "holds"), ((code(c.name), c.reason) for c in read_counters(subject.platform)))


def contracts(subject: Subject) -> str:
    return table_of(
        ("column", "model", "what it is"),
        (
            (code(c.name), code(c.model.__name__), (c.model.__doc__ or "").split("\n")[0].split(";")[0].strip("."))
            for c in read_contracts(subject.platform)
        ),
    )


def targets(subject: Subject) -> str:
    def first_comment(file: str) -> str:
        text = (subject.platform.root / file).read_text(encoding="utf-8")
        comment = re.match(r"(?:-- (?!platformdb:).*\n)+", text)
        assert comment, f"{file} does not begin with what it answers"
        sentence = " ".join(line.removeprefix("-- ") for line in comment[0].splitlines()).split(". ")[0]
        return sentence.partition(": ")[2].removesuffix(".") + "."

    return table_of(
        ("query", "target", "for"),
        ((code(q.name), f"{q.target_ms:g} ms", first_comment(q.place.name)) for q in read_queries(subject.platform)[0]),
    )


def profiles(subject: Subject) -> str:
    found = tomllib.loads((subject.platform.seeds / "seed.toml").read_text(encoding="utf-8"))["profiles"]
    numbers = dict.fromkeys(key for profile in found.values() for key in profile)

    def shown(value: object) -> str:
        return f"{value:.0%}" if isinstance(value, float) else f"{value:,}"

    rows = ((number.replace("_", " "), *(shown(each.get(number, "")) for each in found.values())) for number in numbers)
    return table_of(("how many", *(code(each) for each in found)), rows)


def partitions(subject: Subject) -> str:
    found = tomllib.loads((subject.platform.sql / "partitions.toml").read_text(encoding="utf-8"))["partition"]
    return table_of(
        ("table", "one for each", "made ahead", "kept", "then"),
        (
            (
                code(each["table"]),
                each["interval"],
                str(each.get("premake", "")),
                each.get("retention", "for ever"),
                each.get("retire", ""),
            )
            for each in found
        ),
    )


MAKERS: Mapping[str, Callable[[Subject], str]] = {
    "tables": tables,
    "phases": phase_table,
    "enums": enums,
    "indexes": indexes,
    "counters": counters,
    "contracts": contracts,
    "targets": targets,
    "profiles": profiles,
    "partitions": partitions,
}


def make(subject: Subject, mark: str) -> str:
    kind, _, phase = mark.partition(" of ")
    assert kind in MAKERS, f"{name(subject.page)}: nothing makes '{mark}'; there are {', '.join(MAKERS)}"
    return tables_of(subject, phase) if phase else MAKERS[kind](subject)


def phases(subject: Subject) -> Mapping[str, tuple[str, ...]]:
    """Every phase with its tables in the order of the file, those of the files that it includes among them."""
    root = subject.platform.root
    files = (path for path in sorted(subject.platform.phases.glob("*.sql")) if not path.name.endswith(".undo.sql"))
    return {
        path.stem: tuple(CREATED.findall(inlined(read_source(path, subject.platform.shown(path)), include=include)))
        for path in files
        for include in [lambda said, relative, by: included_file(said, by, root, relative=relative)]
    }


# The tests


def test_every_platform_has_a_page_and_every_page_a_platform():
    assert [page.stem for page in PAGES] == list(NAMES)


def test_what_is_made_is_current(subject, request):
    text = subject.page.read_text(encoding="utf-8")
    made = MARK.sub(lambda m: f"<!-- made: {m['mark']} -->\n{make(subject, m['mark'])}\n", text)
    if request.config.getoption("--update-golden"):
        subject.page.write_text(made, encoding="utf-8")
    else:
        assert text == made


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_shows_what_is_made_of_its_platform(page):
    missing = set(REQUIRED) - {match["mark"] for match in MARK.finditer(page.read_text(encoding="utf-8"))}
    assert not missing, f"{name(page)} lacks <!-- made: {min(missing)} -->"


def test_the_diagrams_show_every_table_and_every_foreign_key(subject):
    text = tables(subject)
    stored = [table for table in subject.tables if not table.is_view]
    assert all(re.search(rf"\b{table.name}\b", text) for table in stored)
    assert len(re.findall(r" : ", text)) == sum(len(table.foreign_keys) for table in stored)


def test_the_phases_make_the_tables_that_are_there(subject):
    listed = [table for made in phases(subject).values() for table in made]
    assert sorted(listed) == sorted(table.shown for table in subject.tables if not table.is_view)


def test_every_function_that_a_trigger_calls_is_named(subject):
    text = subject.page.read_text(encoding="utf-8")
    called = {trigger.function for table in subject.tables for trigger in table.triggers}
    assert called, "no triggers"
    assert {function for function in called if f"`{function}`" not in text} == set()


def test_numbers_in_the_prose(subject):
    """Whoever writes '34 triggers' is held to it."""
    text = MARK.sub("", subject.page.read_text(encoding="utf-8"))
    counts = {"triggers": sum(len(table.triggers) for table in subject.tables)}
    for number, what in re.findall(rf"\b(\d+) ({'|'.join(counts)}) in all\b", text):
        assert int(number) == counts[what], f"{number} {what}"
