"""What git says of a repository, and its files as a commit has them; nothing in the working copy changes."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdb.errors import ConfigError

GIT_SECONDS = 120
# A hook's git says by these which repository and which index are meant, in ways that hold for its own folder only.
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
COMMIT_ID = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"


@dataclass(frozen=True, slots=True)
class Repository:
    """A working copy: its top folder, where git keeps its own files, and the working copy that it is a submodule of."""

    top: Path
    git_folder: str
    above: str = ""

    def inside(self, path: Path) -> str:
        """A path as git knows it: relative to the top, with forward slashes; "." is the top.

        Raises:
            ValueError: it lies elsewhere.
        """
        return path.relative_to(self.top).as_posix()


def find_repository(folder: Path) -> Repository:
    """The working copy that a folder is in.

    Raises:
        ConfigError: no git, or no repository that git would read; the help is for the caller to complete.
    """
    asked = ("--show-toplevel", "--absolute-git-dir", "--show-superproject-working-tree")
    found = run_git(folder, "rev-parse", *asked)
    if found.returncode:
        known = "not a git repository" not in found.stderr and "work tree" not in found.stderr
        what = "cannot be read by git" if known else "is in no git repository"
        raise ConfigError(f"{folder} {what}, so there is nothing to compare with", detail=found.stderr.strip())
    top, git_folder, above = (*found.stdout.splitlines(), "")[:3]
    return Repository(Path(top).resolve(), git_folder, above)


def find_commit(repository: Repository, ref: str) -> str | None:
    """The commit that a branch, a tag or a commit's number names; None where there is none here."""
    found = run_git(repository.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return None if found.returncode else found.stdout.strip()


def fork_point(repository: Repository, base: str) -> str | None:
    """The commit at which the checked out branch left ``base``; None where this clone does not know.

    A shallow clone cuts the history, but a commit still names its parents: those of a merge that a CI service made to
    try a branch are the base itself and the branch.
    """
    found = run_git(repository.top, "merge-base", base, "HEAD")
    if not found.returncode:
        return found.stdout.strip()
    head = run_git(repository.top, "cat-file", "commit", "HEAD").stdout.partition("\n\n")[0]
    return base if base in re.findall(rf"^parent ({COMMIT_ID})$", head, re.MULTILINE) else None


def remote_names(repository: Repository, ref: str) -> tuple[str, ...]:
    """Under which names remotes have a branch: ``origin/main`` for ``main``."""
    found = run_git(repository.top, "for-each-ref", "--format=%(refname:short)", f"refs/remotes/*/{ref}")
    return tuple(found.stdout.split())


def left_out(repository: Repository, paths: Iterable[str]) -> tuple[str, ...]:
    """What a sparse checkout leaves out of the working copy at these paths (git's pathspecs)."""
    listed = run_git(repository.top, "ls-files", "-t", "-z", "--", *paths).stdout.split("\0")
    return tuple(line.removeprefix("S ") for line in listed if line.startswith("S "))


@contextmanager
def exported(repository: Repository, commit: str, paths: Iterable[str] = (".",)) -> Iterator[Path]:
    """A folder, gone at the end, that holds what a commit has at these paths (git's pathspecs), from the top on.

    Not by ``git archive``, which leaves out what .gitattributes marks as export-ignore.

    Raises:
        ConfigError: git cannot read the commit's files.
    """
    with tempfile.TemporaryDirectory(prefix="platformdb-") as place:
        folder = Path(place, "files").resolve()
        folder.mkdir()
        apart = {
            "GIT_DIR": repository.git_folder,
            "GIT_WORK_TREE": str(folder),
            "GIT_INDEX_FILE": str(Path(place, "index")),
        }
        listing = ("ls-files", "-z", "--", *paths)
        _expect(run_git(folder, "read-tree", commit, settings=apart), commit)
        names = _expect(run_git(folder, *listing, settings=apart), commit)
        _expect(run_git(folder, "checkout-index", "-z", "--stdin", "--quiet", settings=apart, given=names), commit)
        yield folder


def _expect(ran: subprocess.CompletedProcess[str], commit: str) -> str:
    if ran.returncode:
        raise ConfigError(
            f"the files of {commit} cannot be read", help="look at what git says", detail=ran.stderr.strip()
        )
    return ran.stdout


def run_git(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """What git says, in English, to ``arguments`` in a folder; ``given`` is what it reads.

    Raises:
        ConfigError: git cannot be run.
    """
    around = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    try:
        return subprocess.run(
            ["git", *arguments],  # noqa: S607 - the git of the user's path, as everybody calls it
            cwd=folder,
            env={**around, "LC_ALL": "C", **(settings or {})},
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"git cannot be run: {error}", help="install git") from None
