"""A project's files as a commit has them, in a folder of their own; the working copy and its index stay as they are."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from platformdb.errors import ConfigError

GIT_SECONDS = 120


@contextmanager
def export_ref(project: Path, ref: str) -> Iterator[Path]:
    """The project's folder at ``ref`` (a branch, tag or commit), which is gone at the end.

    Not by ``git archive``, which leaves out what .gitattributes marks as export-ignore.

    Raises:
        ConfigError: no git, no repository, no such commit, or the project is not in it.
    """
    inside, git_dir = _look(project, "--show-prefix"), _look(project, "--absolute-git-dir")
    commit = _commit(project, ref)
    tree = f"{commit}:{inside}"
    if _git(project, "cat-file", "-e", tree).returncode:
        raise _not_in(project, ref, inside)
    with tempfile.TemporaryDirectory(prefix="platformdb-") as place:
        folder = Path(place, "files")
        folder.mkdir()
        apart = {"GIT_DIR": git_dir, "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(Path(place, "index"))}
        for arguments in (("read-tree", tree), ("checkout-index", "--all", "--quiet")):
            _expect(_git(folder, *arguments, settings=apart), f"the files of {ref} cannot be read")
        if not any((folder / name).exists() for name in ("platformdb.toml", "phases")):
            raise _not_in(project, ref, inside)
        yield folder


def _look(project: Path, what: str) -> str:
    found = _git(project, "rev-parse", what)
    if found.returncode:
        raise ConfigError(
            f"{project} is in no git repository, so there is nothing to compare with",
            help="compare with a file instead: platformdb bench --reference FILE",
            detail=found.stderr.strip(),
        )
    return found.stdout.strip()


def _commit(project: Path, ref: str) -> str:
    found = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode:
        raise ConfigError(
            f"git knows no commit '{ref}' here",
            help="fetch it first (in a shallow clone: git fetch --depth=1 origin REF), or name another",
            detail=found.stderr.strip(),
        )
    return found.stdout.strip()


def _not_in(project: Path, ref: str, inside: str) -> ConfigError:
    return ConfigError(
        f"{ref} has no project in {inside or 'its first folder'}",
        help=f"name a commit in which {project.name} is there already",
    )


def _expect(ran: subprocess.CompletedProcess[str], what: str) -> None:
    if ran.returncode:
        raise ConfigError(what, help="look at what git says", detail=ran.stderr.strip())


def _git(folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments],  # noqa: S607 - the git of the user's path, as everybody calls it
            cwd=folder,
            env={**os.environ, **(settings or {})},
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(
            f"git cannot be run: {error}", help="install git, or compare with a file: --reference"
        ) from None
