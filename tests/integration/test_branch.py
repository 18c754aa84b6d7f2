"""check --base on real repositories, and what check --fix leaves."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from branches import Branch, git, new_branch
from commandline import environment
from platformdb.branch import rename
from platformdb.branch.run import check, fix
from platformdb.errors import ConfigError, Refused
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import migrate
from platformdb.postgres.target import Target
from platformdb.report.model import Outcome, Report, Severity
from platformdb.report.progress import Silent
from platformdb.variables import Variable

OPTIONS = Options()
BASE = {
    "phases/001_a.sql": "CREATE TABLE a (i int);\n",
    "phases/002_b.sql": "CREATE TABLE b (i int);\n",
    "phases/002_b.undo.sql": "DROP TABLE b;\n",
    "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n",
}


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    return new_branch(tmp_path / "shop", BASE)


def checked(branch: Branch, base: str = "main", **config: object) -> Report:
    return check(branch.platform(**config), base=base, options=OPTIONS)


def rules(report: Report) -> list[str]:
    return sorted(finding.rule for finding in report.findings if finding.severity is not Severity.NOTE)


def ahead(branch: Branch, files: dict[str, str]) -> None:
    """The base goes on while the branch is worked at."""
    branch.switch("main").commit(files).switch("feature")


def test_a_branch_that_only_adds_is_right(branch: Branch) -> None:
    branch.commit(
        {"phases/003_c.sql": "SELECT 1;\n", "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 2 AS one;"}
    )
    report = checked(branch)
    assert (report.exit_code, report.summary) == (0, "shop: 1 new migration, and the 2 of main are as they were")


def test_the_working_copy_counts_as_the_branch_and_stays_as_it_is(branch: Branch) -> None:
    branch.write({"phases/000_z.sql": "SELECT 1;\n"})
    before = git(branch.top, "status", "--porcelain=v2", "--branch")
    assert rules(checked(branch)) == ["branch-order"]
    assert git(branch.top, "status", "--porcelain=v2", "--branch") == before
    assert git(branch.top, "worktree", "list").count("\n") == 1


def test_two_branches_that_took_one_number(branch: Branch) -> None:
    branch.commit({"phases/003_mine.sql": "SELECT 1;\n"})
    ahead(branch, {"phases/003_theirs.sql": "SELECT 2;\n"})
    assert rules(checked(branch)) == ["branch-number-taken"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("-- why\ncreate  table a (i INT);\n", ["branch-edited-cosmetic"]),
        ("CREATE TABLE a (i bigint);\n", ["branch-edited"]),
        ("CREATE TABLE a (i int);\r\n", []),
        ("CREATE TABLE a (i int\n", ["branch-edited", "refused"]),
    ],
)
def test_edits_are_told_apart(branch: Branch, text: str, rule: list[str]) -> None:
    report = checked(branch.commit({"phases/001_a.sql": text}))
    assert rules(report) == rule
    (detail,) = {f.detail for f in report.findings if f.rule == "branch-edited"} or {""}
    assert ("+CREATE TABLE a (i bigint)" in detail) == ("bigint" in text)


def test_an_edit_of_what_a_file_includes_is_one_of_the_file(tmp_path: Path) -> None:
    files = {"phases/001_a.sql": "\\i shared/a.sql\n", "shared/a.sql": "SELECT 1;\n"}
    branch = new_branch(tmp_path, files).commit({"shared/a.sql": "SELECT 2;\n"})
    assert rules(checked(branch)) == ["branch-edited"]
    assert rules(checked(branch.commit({"shared/a.sql": "SELECT 1;\n"}))) == []


def test_removed_and_renamed_files(branch: Branch) -> None:
    git(branch.top, "mv", "phases/001_a.sql", "phases/001_better.sql")
    git(branch.top, "rm", "--quiet", "phases/002_b.sql", "phases/002_b.undo.sql")
    assert rules(checked(branch)) == ["branch-removed", "branch-renamed", "branch-undo-removed"]


def test_names_with_spaces_and_letters_of_any_language(tmp_path: Path) -> None:
    name = "größe und maß"
    branch = new_branch(tmp_path / "ein ordner", {"m/001 größe.sql": "SELECT 1;\n"}, folder=f"{name}/x")
    branch.commit({"m/001 größe.sql": "SELECT 2;\n", "m/000 früh.sql": "SELECT 3;\n"})
    report = checked(branch, migrations=(branch.project / "m",))
    assert rules(report) == ["branch-edited", "branch-order"]
    assert "git checkout main -- 'm/001 größe.sql'" in report.findings[-2].help


def test_a_repository_with_sha256(tmp_path: Path) -> None:
    branch = new_branch(tmp_path, BASE, options=("--object-format=sha256",))
    assert rules(checked(branch.commit({"phases/000_z.sql": "SELECT 1;\n"}))) == ["branch-order"]


def test_a_hooks_environment_does_not_lead_astray(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert checked(branch.write({"phases/003_c.sql": "SELECT 1;\n"})).ok


def test_a_submodule_has_branches_of_its_own(tmp_path: Path) -> None:
    new_branch(tmp_path / "schema", {"001_a.sql": "SELECT 1;\n"})
    outer = new_branch(tmp_path / "app", {"platformdb.toml": ""})
    git(outer.top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "schema"), "db")
    with pytest.raises(ConfigError, match="the migrations are in the submodule db, which has branches of its own"):
        checked(outer, migrations=(outer.top / "db",))


def test_a_folder_that_the_base_has_not_is_new(branch: Branch) -> None:
    branch.write({"other/001_a.sql": "SELECT 1;\n"})
    report = checked(branch, migrations=(branch.top / "other",))
    assert (rules(report), report.exit_code) == ([], 0)
    assert "branch-base-empty" in {finding.rule for finding in report.findings}


def test_the_marks_of_another_tool_count(tmp_path: Path) -> None:
    """A file that holds both ways: its other half may be corrected, and a mark changes what it does."""
    text = "-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\nDROP TABLE a;\n"
    branch = new_branch(tmp_path, {"db/20240101000000_a.sql": text})
    platform = {"migrations": (branch.top / "db",), "layout": "dbmate"}
    branch.write({"db/20240101000000_a.sql": text.replace("DROP TABLE", "DROP TABLE IF EXISTS")})
    assert rules(checked(branch, **platform)) == ["branch-undo-edited"]
    branch.write({"db/20240101000000_a.sql": text.replace("migrate:up", "migrate:up transaction:false")})
    assert rules(checked(branch, **platform)) == ["branch-edited"]


# Clones that lack something


def clone(branch: Branch, to: Path, *options: str) -> Branch:
    git(branch.top.parent, "clone", "--quiet", *options, f"file://{branch.top}", str(to))
    return Branch(to, branch.folder)


def test_a_shallow_clone_without_the_base_says_how_to_get_it(branch: Branch, tmp_path: Path) -> None:
    branch.commit({"phases/001_a.sql": "SELECT 2;\n", "phases/003_mine.sql": "SELECT 1;\n"})
    ahead(branch, {"phases/003_theirs.sql": "SELECT 1;\n", "phases/004_later.sql": "SELECT 1;\n"})
    ci = clone(branch, tmp_path / "ci", "--depth=1", "--branch=feature")
    with pytest.raises(ConfigError, match="git knows no commit 'origin/main' here") as caught:
        checked(ci, "origin/main")
    assert "fetch-depth: 0" in caught.value.help
    advice = re.search(r"git fetch [^,]+", caught.value.help)
    assert advice
    subprocess.run(shlex.split(advice[0]), cwd=ci.top, check=True, capture_output=True)
    report = checked(ci, "origin/main")
    assert rules(report) == ["branch-edited", "branch-number-taken", "branch-unsure"]
    assert "004_later.sql" in next(f for f in report.findings if f.rule == "branch-unsure").message
    git(ci.top, "fetch", "--quiet", "--unshallow", "origin")
    assert rules(checked(ci, "origin/main")) == ["branch-edited", "branch-number-taken"]


def test_the_merge_that_a_service_tries_knows_its_parents(branch: Branch, tmp_path: Path) -> None:
    """What actions/checkout leaves: one commit, the merge of base and branch, and no history."""
    branch.commit({"phases/003_c.sql": "SELECT 1;\n"})
    git(branch.top, "rm", "--quiet", "phases/002_b.sql")
    branch.commit()
    ahead(branch, {"phases/004_later.sql": "SELECT 1;\n"})
    branch.switch("main")
    git(branch.top, "checkout", "--quiet", "-b", "pull")
    git(branch.top, "merge", "--quiet", "--no-edit", "feature")
    ci = clone(branch, tmp_path / "ci", "--depth=1", "--branch=pull")
    git(ci.top, "fetch", "--quiet", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main")
    report = checked(ci, "origin/main")
    assert report.data["forked"]
    assert "branch-removed" in rules(report)
    assert "branch-unsure" not in rules(report)


def test_a_branch_that_only_the_remote_has_is_named(branch: Branch, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(clone(branch, tmp_path / "ci", "--branch=feature"), "main")
    assert caught.value.help == "there is origin/main: --base origin/main"


def test_a_commit_that_a_shallow_clone_cut_off_is_asked_for(branch: Branch, tmp_path: Path) -> None:
    ci = clone(branch.commit(), tmp_path / "ci", "--depth=1", "--branch=feature")
    for ref in (git(branch.top, "rev-parse", "main").strip(), "HEAD~1"):
        with pytest.raises(ConfigError) as caught:
            checked(ci, ref)
        assert "git fetch --unshallow" in caught.value.help
    git(ci.top, "fetch", "--quiet", "--unshallow", "origin")
    assert checked(ci, "HEAD~1").ok


def test_a_sparse_checkout_is_not_taken_for_removed_files(branch: Branch) -> None:
    branch.commit({"docs/a.md": "a"})
    git(branch.top, "sparse-checkout", "set", "docs", "sql")
    branch.write({"phases/003_c.sql": "SELECT 1;\n"})
    with pytest.raises(ConfigError, match=r"this checkout is sparse: it leaves out phases/001_a.sql"):
        checked(branch)
    git(branch.top, "sparse-checkout", "add", "phases")
    assert checked(branch).ok


def test_a_linked_working_tree_is_one_like_any_other(branch: Branch, tmp_path: Path) -> None:
    git(branch.top, "worktree", "add", "--quiet", "--detach", str(tmp_path / "shop2"))
    linked = Branch(tmp_path / "shop2").write({"phases/000_z.sql": "SELECT 1;\n"})
    assert rules(checked(linked)) == ["branch-order"]
    assert rules(checked(branch)) == []


def test_no_repository_is_said(project) -> None:
    with pytest.raises(ConfigError, match="is in no git repository"):
        check(project.write({"phases/001_a.sql": "SELECT 1;"}).platform, base="main", options=OPTIONS)


# Fixing


def fixed(branch: Branch, base: str = "main", **config: object) -> Report:
    return fix(branch.platform(**config), base=base, options=OPTIONS)


def test_after_a_fix_the_check_is_clean(branch: Branch) -> None:
    view = "-- platformdb: requires=003_mine\nCREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n"
    branch.commit(
        {
            "phases/003_mine.sql": "CREATE TABLE c (i int);\n",
            "phases/003_mine.undo.sql": "DROP TABLE c;\n",
            "phases/004_more.sql": "-- platformdb: requires=001,003\nCREATE TABLE d (i int);\n",
            "sql/views/v.sql": view,
        }
    )
    ahead(branch, {"phases/003_theirs.sql": "SELECT 1;\n", "phases/004_theirs.sql": "SELECT 1;\n"})
    report = fixed(branch)
    assert report.ok, report
    assert report.summary == ("shop: renumbered 2 migrations; 2 new migrations, and the 4 of main are as they were")
    assert branch.names("phases") == [
        "001_a.sql",
        "002_b.sql",
        "002_b.undo.sql",
        "005_mine.sql",
        "005_mine.undo.sql",
        "006_more.sql",
    ]
    assert (branch.project / "phases/006_more.sql").read_text().startswith("-- platformdb: requires=001,005\n")
    assert (branch.project / "sql/views/v.sql").read_text() == view.replace("003", "005")
    assert checked(branch).ok
    git(branch.top, "merge", "--quiet", "--no-edit", "main")
    assert checked(branch).ok


def test_a_new_file_that_requires_an_old_number_means_the_old_file(branch: Branch) -> None:
    branch.commit({"phases/001_x.sql": "SELECT 1;\n", "phases/003_y.sql": "-- platformdb: requires=001\nSELECT 2;\n"})
    assert fixed(branch).ok
    assert (branch.project / "phases/004_y.sql").read_text() == "-- platformdb: requires=001\nSELECT 2;\n"


def test_a_file_with_variables_is_read_for_what_it_requires_or_nothing_is_renumbered(branch: Branch) -> None:
    """Left as it is, its number would name a file of the base."""
    template = "-- platformdb: requires=003 template=on\nCREATE TABLE {{ name }} (i int);\n"
    branch.commit({"phases/003_mine.sql": "SELECT 1;\n", "phases/004_more.sql": template})
    ahead(branch, {"phases/003_theirs.sql": "SELECT 1;\n"})
    with pytest.raises(Refused, match=r"nothing was renumbered, for what phases/004_more\.sql requires"):
        fixed(branch)
    assert git(branch.top, "status", "--porcelain") == ""
    given = Options(variables={"name": Variable("d")})
    assert fix(branch.platform(), base="main", options=given).ok
    assert (branch.project / "phases/005_more.sql").read_text() == template.replace("003", "004")


def test_both_files_of_one_number_side_by_side_can_be_fixed(branch: Branch) -> None:
    """The base is merged in already, so the folder holds the number twice."""
    branch.commit({"phases/003_mine.sql": "SELECT 1;\n", "phases/003_mine.undo.sql": "SELECT 2;\n"})
    ahead(branch, {"phases/003_theirs.sql": "SELECT 3;\n", "phases/003_theirs.undo.sql": "SELECT 4;\n"})
    git(branch.top, "merge", "--quiet", "--no-edit", "main")
    assert "branch-number-taken" in rules(checked(branch))
    assert fixed(branch).ok
    assert "004_mine.undo.sql" in branch.names("phases")
    assert "003_theirs.undo.sql" in branch.names("phases")


def test_a_file_of_the_base_is_never_touched(branch: Branch) -> None:
    """It may well name the number that is given away: it means the base's own file."""
    branch.commit({"phases/003_mine.sql": "SELECT 1;\n"})
    view = {"sql/views/w.sql": "-- platformdb: requires=003\nCREATE OR REPLACE VIEW w AS SELECT 1 AS one;\n"}
    ahead(branch, {"phases/003_theirs.sql": "SELECT 1;\n", **view})
    git(branch.top, "merge", "--quiet", "--no-edit", "main")
    assert fixed(branch).ok
    assert git(branch.top, "status", "--porcelain") == " D phases/003_mine.sql\n?? phases/004_mine.sql\n"


def test_nothing_is_done_where_nothing_is_wrong(branch: Branch) -> None:
    branch.commit({"phases/003_c.sql": "SELECT 1;\n"})
    report = fixed(branch)
    assert (report.steps, report.summary) == ((), "shop: 1 new migration, and the 2 of main are as they were")
    assert git(branch.top, "status", "--porcelain") == ""


def test_a_files_own_settings_go_with_it(tmp_path: Path) -> None:
    branch = new_branch(tmp_path, {"db/V2__a.sql": "SELECT 1;\n"})
    branch.write({"db/V1__b.sql": "SELECT 1;\n", "db/V1__b.sql.conf": "executeInTransaction=false\n"})
    assert fixed(branch, migrations=(branch.top / "db",), layout="flyway").ok
    assert sorted(path.name for path in (branch.top / "db").iterdir()) == [
        "V2__a.sql",
        "V3__b.sql",
        "V3__b.sql.conf",
    ]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "x"), KeyboardInterrupt()])
def test_interrupted_in_the_middle_everything_is_put_back(
    branch: Branch, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    mine = {
        "phases/000_x.sql": "SELECT 1;\n",
        "phases/000_x.undo.sql": "SELECT 1;\n",
        "phases/003_y.sql": "-- platformdb: requires=000\nSELECT 2;\n",
        "sql/views/v.sql": "-- platformdb: requires=000_x\nCREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n",
    }
    branch.commit(mine)
    renamed = Path.rename
    calls = iter((None, None, error))

    def failing(old: Path, new: Path) -> Path:
        if (wrong := next(calls, None)) is not None:
            raise wrong
        return renamed(old, new)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises((Refused, KeyboardInterrupt)):
        fixed(branch)
    assert git(branch.top, "status", "--porcelain") == ""


DYING = """
import os, signal, sys
from pathlib import Path
from platformdb.cli.app import run

left, renamed = int(sys.argv[1]), Path.rename

def rename(old, new):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return renamed(old, new)

Path.rename = rename
run(["check", "--base", "main", "--fix", "--quiet"])
"""


@pytest.mark.parametrize("renames", range(4))
def test_killed_in_the_middle_running_it_again_ends_the_same(branch: Branch, renames: int) -> None:
    branch.commit(
        {
            "phases/000_x.sql": "SELECT 1;\n",
            "phases/000_x.undo.sql": "SELECT 1;\n",
            "phases/003_y.sql": "-- platformdb: requires=000\nSELECT 2;\n",
            "phases/004_z.sql": "-- platformdb: requires=000,003\nSELECT 2;\n",
        }
    )
    command = [sys.executable, "-c", DYING, str(renames)]
    killed = subprocess.run(command, cwd=branch.project, env=environment(), capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert fixed(branch).ok
    names = ("001_a.sql", "002_b.sql", "002_b.undo.sql", "003_x.sql", "003_x.undo.sql", "004_y.sql", "005_z.sql")
    assert branch.names("phases") == list(names)
    assert "requires=003\n" in (branch.project / "phases/004_y.sql").read_text()
    assert "requires=003,004\n" in (branch.project / "phases/005_z.sql").read_text()


def test_a_name_that_is_taken_stops_it(branch: Branch) -> None:
    branch.commit({"phases/001_x.sql": "SELECT 1;\n", "phases/001_x.undo.sql": "SELECT 1;\n"})
    (branch.project / "phases/003_x.undo.sql").mkdir()
    with pytest.raises(Refused, match=r"001_x.undo.sql cannot become 003_x.undo.sql, which is there already"):
        fixed(branch)
    assert git(branch.top, "status", "--porcelain") == ""


# With a database


def opened(db: Target) -> partial[nullcontext[Target]]:
    return partial(nullcontext, db)


def test_the_history_of_a_database_is_asked_where_one_is_given(branch: Branch, db: Target) -> None:
    branch.commit({"phases/003_c.sql": "SELECT 1;\n"})
    platform = branch.platform()
    assert migrate(nullcontext(db), platform, Silent()).ok
    report = check(platform, base="main", opening=opened(db), options=OPTIONS)
    assert report.ok
    assert "history-not-asked" not in {finding.rule for finding in report.findings}
    branch.write({"phases/003_c.sql": "SELECT 2;\n"})
    assert rules(check(platform, base="main", opening=opened(db), options=OPTIONS)) == ["migration-modified"]


def test_what_the_database_has_had_is_not_renumbered(branch: Branch, db: Target) -> None:
    branch.commit({"phases/003_mine.sql": "SELECT 1;\n"})
    platform = branch.platform()
    assert migrate(nullcontext(db), platform, Silent()).ok
    ahead(branch, {"phases/003_theirs.sql": "SELECT 2;\n"})
    report = fix(platform, base="main", opening=opened(db), options=OPTIONS)
    assert report.outcome is Outcome.REFUSED
    assert [finding.rule for finding in report.findings] == ["branch-not-fixed"]
    assert git(branch.top, "status", "--porcelain") == ""


def test_a_number_that_the_database_had_for_the_bases_file_is_free_to_leave(branch: Branch, db: Target) -> None:
    ahead(branch, {"phases/003_theirs.sql": "SELECT 2;\n"})
    branch.switch("main")
    assert migrate(nullcontext(db), branch.platform(), Silent()).ok
    branch.switch("feature").commit({"phases/003_mine.sql": "SELECT 1;\n"})
    git(branch.top, "merge", "--quiet", "--no-edit", "main")
    report = fix(branch.platform(), base="main", opening=opened(db), options=OPTIONS)
    assert report.ok, report
    assert "004_mine.sql" in branch.names("phases")


def test_the_module_that_renames_is_the_only_one_that_writes() -> None:
    folder = Path(rename.__file__).parent
    writing = {
        path.name for path in folder.glob("*.py") if re.search(r"\.(write_\w+|rename|unlink)\(", path.read_text())
    }
    assert writing == {"rename.py"}
