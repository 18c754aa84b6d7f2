"""The manual agrees with the program: its commands, settings, states and formats.

After a wanted change: ``pytest tests/docs --update-golden`` writes the tables that are made from files and catalog.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import json
import re
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

import pytest
from postgast import parse

from manual import DOCS, PAGES, ROOT, blocks, name, script, text_of
from platformdb import config
from platformdb.counters import read as counters_file
from platformdb.indexes.model import State as IndexState
from platformdb.indexes.read import read_tiers
from platformdb.migrations import header
from platformdb.migrations.layouts.native import EVENTS
from platformdb.migrations.model import State
from platformdb.postgres.pins import PINS
from platformdb.postgres.queries import query
from platformdb.project import bundled_root, platform_names
from platformdb.report.json import envelope_schema
from platformdb.report.model import Outcome
from platformdb.seeding.files import definition
from platformdb.seeding.generators import AnyGenerator
from platformdb.seeding.shape import graphs, shapes
from platformdb.seeding.shape.bursts import Bursts
from platformdb.seeding.shape.distributions import Distribution, Skew
from platformdb.seeding.shape.times import Time
from platformdb.workload import header as query_header

each_page = pytest.mark.parametrize("page", PAGES, ids=name)


def load_script(path: str) -> ModuleType:
    loader = SourceFileLoader(Path(path).name, str(ROOT / path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make_commands() -> ModuleType:
    return load_script("docs/make_commands")


@pytest.fixture(scope="module")
def commands(make_commands) -> dict[str, object]:
    return dict(make_commands.walk(make_commands.app, "platformdb"))


def table_after(page: str, mark: str) -> list[list[str]]:
    """The cells of the table's rows after ``<!-- mark -->``, without code marks."""
    text = text_of(ROOT / page)
    start = text.index(f"<!-- {mark} -->")
    lines = re.search(r"(?:^\|.*\n)+", text[start:], re.MULTILINE)
    assert lines, f"{page}: no table after {mark}"
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[0].splitlines()[2:]]
    return [[cell.strip().replace("`", "") for cell in row] for row in rows]


def names_after(page: str, mark: str) -> list[str]:
    """All names in the first column."""
    return [word for row in table_after(page, mark) for word in row[0].split(", ")]


# Commands


def test_the_readme_lists_the_commands_that_exist(commands):
    listed = re.findall(r"^\| `(platformdb [a-z ]+)` \|", text_of(ROOT / "README.md"), re.MULTILINE)
    assert sorted(listed) == sorted(commands)


def test_every_command_and_option_has_help(make_commands, commands):
    for full_name, command in commands.items():
        assert command.help.endswith("."), full_name
        for option in make_commands.signature(command).values():
            assert option.meaning.strip().endswith("."), f"{full_name} {option.shown}"


def test_the_command_reference_is_current(make_commands, request):
    if request.config.getoption("--update-golden"):
        make_commands.main()
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == make_commands.page(), "run docs/make_commands"


@each_page
def test_commands_in_the_text_exist(page, commands):
    words = {full_name.removeprefix("platformdb ") for full_name in commands}
    groups = {each.split()[0] for each in words if " " in each}
    for said in re.findall(r"\bplatformdb ([a-z]+(?: [a-z]+)?)", "".join(re.findall(r"`[^`\n]+`", text_of(page)))):
        first, _, second = said.partition(" ")
        assert first in words or first in groups, said
        assert first not in groups or not second or said in words, said


def test_options_in_the_text_exist(make_commands, commands):
    known = {word for c in commands.values() for o in make_commands.signature(c).values() for word in o.shown.split()}
    known = {word.strip("`,") for word in known} | {"--help", "--version", "--install-completion"}
    for page in PAGES:
        for line in re.findall(r"\bplatformdb [^`\n]+", text_of(page)):
            own = line.partition(" -- ")[0].partition(" | ")[0]
            assert set(re.findall(r"(?<=\s)--[a-z][a-z-]*", own)) <= known, f"{name(page)}: {line}"


def test_the_json_facts_are_described_for_every_command(commands):
    described = {f"platformdb {row[0]}" for row in table_after("docs/output.md", "data")}
    assert described == set(commands) - {"platformdb server psql"}


# Links and words


@each_page
def test_links_lead_somewhere(page):
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"https?://", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", text_of(target), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings], link


@each_page
def test_files_of_the_repository_that_are_named_exist(page):
    bundled = f"(?:phases|sql|seeds)/(?:{'|'.join(platform_names(bundled_root()))}|shared)"
    for path in re.findall(rf"`((?:src|tests|docs|{bundled})/[\w./]+|\.ci/run)`", text_of(page)):
        assert (ROOT / path).exists(), path


def test_every_page_is_in_the_contents():
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)", text_of(DOCS / "index.md"))}
    assert set(DOCS.rglob("*.md")) - linked == {DOCS / "index.md"}


@each_page
def test_a_page_speaks_of_no_machine_of_ours(page):
    assert not re.findall(r"/(?:tmp|root)/\w|/dev/shm|\bTODO\b|\bFIXME\b", text_of(page))


def test_ci_runs_three_commands_in_this_order():
    marked = [block.text for block in blocks(ROOT / "README.md") if block.mark == "ci"]
    assert [text.count("\n") for text in marked] == [1, 1, 1]
    assert ["platformdb up" in marked[0], "prepare" in marked[1], "nox" in marked[2]] == [True] * 3


# Tables that repeat what the code says


def test_the_settings():
    assert names_after("docs/databases.md", "keys: config") == [
        field.name for field in dataclasses.fields(config.Config)
    ]
    for row in table_after("docs/databases.md", "keys: config"):
        assert tuple(filter(None, row[2].split(", "))) == config.ENVIRONMENT.get(row[0], ())


def test_libpqs_variables_that_name_a_database():
    said = next(row[2] for row in table_after("docs/databases.md", "providers") if row[0] == "url")
    assert set(re.findall(r"PG[A-Z]+", said)) == set(config.LIBPQ_TARGET)


def test_the_exit_codes():
    assert [int(code) for code in names_after("docs/output.md", "exit codes")] == [int(each) for each in Outcome]


def test_the_envelope():
    assert names_after("docs/output.md", "keys: envelope") == list(envelope_schema()["properties"])


def test_the_states():
    assert names_after("docs/migrations.md", "states") == [str(state) for state in State]
    assert names_after("docs/indexes.md", "states") == [str(state) for state in IndexState]


def test_the_directives_and_the_events():
    keys = {name.partition("=")[0] for name in names_after("docs/migrations.md", "directives")}
    assert keys == set(header.KEYS)
    assert sorted(names_after("docs/migrations.md", "events")) == sorted(EVENTS)


def test_the_columns_of_the_history():
    columns = re.findall(r"^    (\w+) +\w", query("history_create"), re.MULTILINE)
    assert sorted(names_after("docs/production.md", "columns")) == sorted(columns)


def test_the_keys_of_a_query():
    named = {key.partition("=")[0] for key in names_after("docs/bench.md", "keys")}
    assert named | set(query_header.PERSONA_KEYS) == set(query_header.KNOWN)


def test_the_settings_of_a_measuring_session():
    assert {row[0]: row[1] for row in table_after("docs/bench.md", "pins")} == dict(PINS)


def test_the_keys_of_a_counter():
    fields = list(counters_file._Entry.model_fields)
    assert names_after("docs/counters-and-contracts.md", "counter keys") == fields


def options_of(kind: type, tag: str = "") -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.name != tag]


def kinds_in(union: object) -> list[type]:
    """The dataclasses of a union, however it is annotated."""
    if isinstance(union, type) and dataclasses.is_dataclass(union):
        return [union]
    return [kind for part in get_args(union) for kind in kinds_in(part)]


def tag_of(kind: type, tag: str) -> str:
    return str(get_args(get_type_hints(kind, include_extras=False)[tag])[0])


@pytest.mark.parametrize(
    ("mark", "tag", "union"),
    [
        ("keys: shapes", "shape", shapes.AnyShape),
        ("keys: generators", "make", AnyGenerator),
        ("keys: distributions", "dist", Distribution),
    ],
    ids=["shapes", "generators", "distributions"],
)
def test_the_kinds_of_things_in_a_seed(mark, tag, union):
    described = {row[0]: [o for o in row[1].split(", ") if o] for row in table_after("docs/seed-file.md", mark)}
    assert {each: sorted(options) for each, options in described.items()} == {
        tag_of(kind, tag): sorted(options_of(kind, tag)) for kind in kinds_in(union)
    }


def test_the_keys_of_a_seed():
    expected = {
        "top": list(definition.TOP),
        "table": list(definition.TABLE),
        "source": options_of(shapes.Source),
        "side": options_of(graphs.Side),
        "skew": options_of(Skew),
        "time": options_of(Time),
        "bursts": options_of(Bursts),
        "common": list(definition.COMMON),
    }
    for part, keys in expected.items():
        assert sorted(names_after("docs/seed-file.md", f"keys: {part}")) == sorted(keys), part


# Examples that are read, not run


@each_page
def test_code_in_the_text_can_be_read(page):
    readers = {"toml": tomllib.loads, "python": ast.parse, "sql": parse, "json": json.loads}
    for block in blocks(page):
        if block.language in readers:
            readers[block.language](block.text)


def test_an_example_file_says_its_own_name():
    for page in PAGES:
        for block in script(page):
            # A query's first comment says what it is for; other tools' files stand as those tools write them.
            if block.file and block.language != "csv" and "/queries/" not in block.file:
                above = f"`{block.file}`:\n\n<!-- file: {block.file} -->"
                inside = block.text.splitlines()[0].endswith(f" {block.file}")
                assert inside or above in page.read_text(), f"{name(page)}: {block.file}"


def test_messages_that_are_shown_and_not_run_are_in_the_code():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    code = re.sub(r'"\s+f?"', "", code)
    for page in PAGES:
        for block in blocks(page):
            if block.language == "console" and not block.is_run:
                for line in re.findall(r"^(?:✗|  →) (.*?)(?:  \[.*)?$", block.text, re.MULTILINE):
                    said = max(re.split(r"[\d(:;`{}]|\S*/\S*", line), key=len).strip(" ,")
                    assert said in code, f"{name(page)}: {said}"


# The bundled platforms


def test_numbers_in_the_readme(vrss):
    text = text_of(ROOT / "README.md")
    assert f"{len(read_tiers(vrss)[0])} indexes in three tiers" in text
    tables = [
        t
        for p in vrss.phases.glob("*[a-z].sql")
        if "undo" not in p.name
        for t in re.findall(r"^CREATE TABLE", p.read_text(), re.MULTILINE)
    ]
    assert f"{len(tables)} tables" in text
