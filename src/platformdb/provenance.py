"""Who runs this, where, and from which commit: what the history says beside each row."""

from __future__ import annotations

import getpass
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from platformdb import __version__

GIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Provenance:
    """The operating system's user, the host, the tool's version, and the commit of the files where they are in git.

    ``git_dirty`` says that the files differed from the commit; both are None outside a repository.
    """

    os_user: str
    host: str
    tool_version: str = __version__
    git_commit: str | None = None
    git_dirty: bool | None = None


def read_provenance(folder: Path | None = None) -> Provenance:
    """Looks around; ``folder`` is where the files are, None where there are none."""
    commit = _git(folder, "rev-parse", "HEAD") if folder else None
    changes = _git(folder, "status", "--porcelain", "--", ".") if folder and commit else None
    dirty = None if changes is None else bool(changes)
    return Provenance(_user(), platform.node() or "unknown", __version__, commit, dirty)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return "unknown"


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says of a folder; None where there is no git, or no repository."""
    try:
        ran = subprocess.run(
            ["git", "-C", folder, *arguments],  # noqa: S607 - the git of the user's path, as everybody calls it
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None
