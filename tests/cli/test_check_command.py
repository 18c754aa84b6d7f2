"""check as users and CI services start it: what it prints, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from branches import Branch, git, new_branch
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server
NOWHERE = Target("url", {"host": "/nonexistent", "dbname": "x"})
GOLDEN = Path(__file__).parents[1] / "golden" / "check"


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """One of everything that a branch may not do."""
    base = {
        f"phases/{number}_{name}.sql": f"CREATE TABLE {name} (i int);\n"
        for number, name in zip("1234", "abcd", strict=True)
    }
    base["phases/4_d.undo.sql"] = "DROP TABLE d;\n"
    made = new_branch(tmp_path / "shop", base)
    made.switch("main").commit({"phases/5_e.sql": "SELECT 1;\n"}).switch("feature")
    git(made.top, "mv", "phases/2_b.sql", "phases/2_better.sql")
    git(made.top, "rm", "--quiet", "phases/3_c.sql")
    files = {
        "phases/0_early.sql": "SELECT 1;\n",
        "phases/5_mine.sql": "SELECT 2;\n",
        "phases/1_a.sql": "CREATE TABLE a (i bigint);\n",
        "phases/4_d.sql": "create table d (i int); -- as it was\n",
        "phases/4_d.undo.sql": "DROP TABLE IF EXISTS d;\n",
    }
    return made.commit(files)


def said(branch: Branch, *arguments: str, **variables: str) -> Said:
    """Without a database."""
    return call(None, Project(branch.project), "check", *arguments, **variables)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["text", "github", "junit", "markdown"])
def test_what_a_branch_did_wrong_in_every_format(branch: Branch, form: str, request: pytest.FixtureRequest) -> None:
    found = said(branch, "--base", "main", "--format", form)
    assert found.code == 1
    text = re.sub(r"(?<=\()[\d.]+ m?s(?=\))|(?<= )[\d.]+ m?s\b|(?<=time=\")[\d.]+", "N", found.out)
    path = GOLDEN / f"expected.{form}"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_junit_has_a_case_for_each_thing_that_was_asked(branch: Branch) -> None:
    root = ElementTree.fromstring(said(branch, "--base", "main", "--format", "junit").out)
    failed = {case.get("name"): case.find("failure") is not None for case in root.iter("testcase")}
    assert failed == {
        "files can be read": False,
        "new files come after those of main": True,
        "files of main are as they were": True,
        "history": False,
    }


def test_json_has_what_is_new_and_what_the_base_got(branch: Branch) -> None:
    envelope = as_json(None, Project(branch.project), "check", "--base", "main").envelope  # type: ignore[arg-type]
    assert envelope["data"] == {
        "platform": "shop",
        "base": "main",
        "forked": True,
        "new": ["phases/0_early.sql", "phases/5_mine.sql"],
        "behind": ["phases/5_e.sql"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fix",), "--fix needs to know what the files are to come after"),
        (("--since", "1"), "--since and --require-undo are about --undo"),
        (("--base", "nowhere"), "git knows no commit 'nowhere' here"),
        (("--base", ""), "git knows no commit '' here"),
        (("--base", "--all"), "git knows no commit '--all' here"),
    ],
)
def test_what_cannot_be_asked_ends_with_2(branch: Branch, arguments: tuple[str, ...], message: str) -> None:
    found = said(branch, *arguments)
    assert found.code == 2
    assert message in found.everything


def test_files_alone_need_no_repository(tmp_path: Path) -> None:
    files = Branch(tmp_path).write({"phases/001_a.sql": "CREATE TABLE;\n"})
    found = said(files)
    assert found.code == 1
    assert "phases/001_a.sql:1" in found.out
    files.write({"phases/001_a.sql": "SELECT 1;\n"})
    assert said(files).code == 0


def test_a_database_that_is_named_and_not_there_is_not_passed_over(branch: Branch) -> None:
    assert call(NOWHERE, Project(branch.project), "check", "--base", "main").code == 5


def test_undo_is_proven_beside(branch: Branch, db: Target) -> None:
    branch.switch("main").write({"phases/1_a.undo.sql": "SELECT 'nothing';\n"})
    found = as_json(db, Project(branch.project), "check", "--base", "main", "--undo")
    assert found.code == 1
    assert found.rules == ["undo-differs", "undo-missing"]
    assert found.envelope["data"]["base"] == "main"
