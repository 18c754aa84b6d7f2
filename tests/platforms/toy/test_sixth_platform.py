"""A platform that platformdb has never heard of: its files in a folder, and every command works."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import platformdb
from catalog import rows, run
from commandline import envelope_of, platformdb_run
from databases import fresh, template
from embedded_server import project_folder
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from platformdb.project import bundled_root, platform_names
from projects import Project
from servers import Server

FILES = Path(__file__).parent / "project"
PACKAGE = Path(platformdb.__file__).parent


def furnish(folder: Path) -> Path:
    """Puts the toy platform into a folder, with the SQL that the bundled ones share."""
    shutil.copytree(FILES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(bundled_root() / "sql/shared", folder / "sql/shared")
    return folder


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(furnish(tmp_path_factory.mktemp("library")))


@pytest.fixture(scope="module")
def toy_template(server: Server, toy: Project) -> str:
    def fill(target: Target) -> None:
        for words in (["migrate"], ["indexes", "apply", "--tier", "3"], ["seed"]):
            done(as_json(target, toy, *words))

    return template(server, "toy", fill)


@pytest.fixture
def filled(server: Server, toy_template: str, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A database of its own, migrated and seeded."""
    yield from fresh(server, request, toy_template)


def done(said: Said) -> dict:
    assert said.code == 0, said.everything
    return said.envelope["data"]


@pytest.mark.newest_server
def test_up_brings_it_up_from_nothing() -> None:
    with project_folder() as folder:
        furnish(folder)
        first = platformdb_run("up", "toy", "--format", "json", cwd=folder)
        again = platformdb_run("up", "toy", "--format", "json", cwd=folder)
    assert first.returncode == 0, first.stdout + first.stderr
    created = envelope_of(first.stdout)["data"]["created"]
    assert {key: created[key] for key in ("tables", "triggers", "rows")} == {"tables": 3, "triggers": 2, "rows": 222}
    assert created["tiers"] == {"1": 1, "2": 1, "3": 1}
    assert envelope_of(again.stdout)["data"]["changed"] is False


def test_every_phase_can_be_taken_back(db: Target, toy: Project) -> None:
    done(as_json(db, toy, "migrate"))
    done(as_json(db, toy, "down", "--to", "0", "--allow-destructive"))
    assert rows(db, "SELECT to_regclass('members'), to_regclass('loans'), to_regtype('condition')") == [
        (None, None, None)
    ]


def test_status_knows_its_files(filled: Target, toy: Project) -> None:
    counts = done(as_json(filled, toy, "status"))["counts"]
    assert {state: number for state, number in counts.items() if number} == {"applied": 7}
    assert call(filled, toy, "status", "--check").code == 0


def test_its_partitions_are_made_ahead_and_hold_the_seed(filled: Target, toy: Project) -> None:
    assert call(filled, toy, "partitions", "status").code == 0
    assert rows(filled, "SELECT count(*) FROM ONLY loans_default") == [(0,)]
    assert rows(filled, "SELECT count(*) > 0 FROM loans_2026_04") == [(True,)]


def test_its_counters_are_checked_and_repaired(filled: Target, toy: Project) -> None:
    assert call(filled, toy, "counters", "check").code == 0
    run(filled, "UPDATE tools SET loans_count = loans_count + 1 WHERE name = (SELECT min(name) FROM tools)")
    assert call(filled, toy, "counters", "check").code == 1
    assert done(as_json(filled, toy, "counters", "fix"))["repaired"] == 1
    assert call(filled, toy, "counters", "check").code == 0


def test_its_triggers_keep_the_counters(filled: Target, toy: Project) -> None:
    run(filled, "INSERT INTO loans (tool_id, member_id) SELECT tools.id, members.id FROM tools, members LIMIT 50")
    assert call(filled, toy, "counters", "check").code == 0


def test_its_contracts_are_checked(filled: Target, toy: Project) -> None:
    assert done(as_json(filled, toy, "contracts", "check"))["documents"] == {"tools.details": 12}
    run(filled, "UPDATE tools SET details = '{}' WHERE name = (SELECT min(name) FROM tools)")
    assert as_json(filled, toy, "contracts", "check").rules == ["contract-broken"]


def test_its_queries_are_measured(filled: Target, toy: Project) -> None:
    (query,) = done(as_json(filled, toy, "bench", "--samples", "20"))["queries"]
    assert query["name"] == "loans_of_member"


def test_its_indexes_stand(filled: Target, toy: Project) -> None:
    assert {index["state"] for index in done(as_json(filled, toy, "indexes", "status"))["indexes"]} == {"built"}


def test_its_schema_is_drawn(filled: Target, toy: Project) -> None:
    drawn = call(filled, toy, "schema", "docs", "--format", "mermaid", "--no-columns")
    assert drawn.out == (
        "erDiagram\n"
        '    members ||--o{ loans : "member_id"\n'
        '    tools ||--o{ loans : "tool_id"\n'
    )  # fmt: skip


@pytest.mark.parametrize("name", platform_names(bundled_root()))
def test_no_line_of_the_program_names_a_platform(name: str) -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".sql", ".json"} and path.is_file()]
    files = [path for path in files if "platforms" not in path.relative_to(PACKAGE).parts]
    assert len(files) > 100
    assert [path for path in files if re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"), re.I)] == []
