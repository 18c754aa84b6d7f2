"""A project's files as a commit has them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from platformdb.bench.compare.export import export_ref
from platformdb.errors import ConfigError

CONFIG = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *CONFIG, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: one without the project, and one in which it lies in a folder; then a file that is not committed."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "README").write_text("nothing yet")
    git(tmp_path, "add", "README")
    git(tmp_path, "commit", "--quiet", "--message=first")
    phases = tmp_path / "shop" / "phases"
    phases.mkdir(parents=True)
    (phases / "001_foundation.sql").write_text("SELECT 1;\n")
    (tmp_path / ".gitattributes").write_text("phases export-ignore\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=second")
    (phases / "002_later.sql").write_text("SELECT 2;\n")
    git(tmp_path, "add", ".")
    return tmp_path


def test_the_files_are_the_commits_and_gone_at_the_end(repository: Path) -> None:
    with export_ref(repository / "shop", "main") as folder:
        assert [path.name for path in (folder / "phases").iterdir()] == ["001_foundation.sql"]
        assert (folder / "phases/001_foundation.sql").read_text() == "SELECT 1;\n"
    assert not folder.exists()


def test_the_working_copy_and_its_index_stay_as_they_are(repository: Path) -> None:
    before = git(repository, "status", "--porcelain")
    with export_ref(repository / "shop", "HEAD"):
        assert git(repository, "status", "--porcelain") == before == "A  shop/phases/002_later.sql\n"
    assert git(repository, "worktree", "list").count("\n") == 1


def test_a_folder_in_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is in no git repository") as caught:
        export_ref(tmp_path, "main").__enter__()
    assert "--reference FILE" in caught.value.help


@pytest.mark.parametrize("ref", ["nowhere", "--all", "main:README", ""])
def test_a_commit_that_is_not_there_is_refused(repository: Path, ref: str) -> None:
    with pytest.raises(ConfigError, match=f"git knows no commit '{ref}' here"):
        export_ref(repository / "shop", ref).__enter__()


def test_a_commit_without_the_project_is_refused(repository: Path) -> None:
    with pytest.raises(ConfigError, match=r"main~1 has no project in shop/"):
        export_ref(repository / "shop", "main~1").__enter__()


def test_a_folder_that_is_no_project_is_refused(repository: Path) -> None:
    with pytest.raises(ConfigError, match="has no project in its first folder"):
        export_ref(repository, "main").__enter__()


def test_without_git_it_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="git cannot be run"):
        export_ref(repository / "shop", "main").__enter__()
