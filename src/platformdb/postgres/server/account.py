"""Who the server runs as. PostgreSQL refuses to run as root, so root lends it an unprivileged user."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from platformdb.errors import Refused
from platformdb.postgres.server.model import Account, Places

UNPRIVILEGED = ("postgres", "nobody")
ROOT = 0


def choose_account(places: Places) -> Account:
    """The user who owns the data; for a new server of root the first unprivileged user there is.

    Raises:
        Refused: root, and nobody to run as.
    """
    uid = os.geteuid()
    if uid != ROOT:
        return Account(_name(uid), uid, os.getegid(), switched=False)
    for folder in (places.data, places.state):
        owner = _owner(folder)
        if owner not in (None, ROOT):
            return _lent(owner)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=True)
    raise Refused(
        f"PostgreSQL does not run as root, and there is no user named {' or '.join(UNPRIVILEGED)} to run it as",
        help="make one (useradd --system --no-create-home postgres), or run platformdb as an ordinary user",
    )


def _lent(uid: int | None) -> Account:
    try:
        entry = pwd.getpwuid(-1 if uid is None else uid)
    except (KeyError, OverflowError):
        raise Refused(
            f"the data folder belongs to user id {uid}, who has no name on this machine",
            help=f"add such a user (useradd --uid {uid} …), or run platformdb as that user",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=True)


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def options(account: Account) -> dict[str, Any]:
    """How subprocess starts a program as this user, in a place and an environment that say nothing of the caller."""
    chosen: dict[str, Any] = {"cwd": "/", "env": _environment()}
    if account.switched:
        chosen |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return chosen


def _environment() -> dict[str, str]:
    kept = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    fixed = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    if sys.platform == "darwin":  # any other locale makes the postmaster multithreaded there, which it refuses
        fixed["LC_ALL"] = "en_US.UTF-8"
    return fixed | {name: os.environ[name] for name in kept if name in os.environ}


def can_run(account: Account, command: Sequence[str | Path]) -> bool:
    """Whether a program really runs as this user: only trying tells what permissions, mounts and libraries allow."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False, **options(account)
        )
    except PermissionError:
        return False
    return done.returncode == 0


def can_enter(account: Account, folder: Path) -> bool:
    """Whether this user can get into a folder."""
    return not account.switched or can_run(account, ["/bin/sh", "-c", 'cd "$1"', "sh", folder])


def assert_can_switch(account: Account) -> None:
    """Says clearly when root has been left without the right to become somebody else (some containers).

    Raises:
        Refused: that is so here.
    """
    if account.switched and not can_run(account, ["/bin/sh", "-c", ":"]):
        raise Refused(
            f"PostgreSQL does not run as root, and root may not become '{account.name}' here",
            help="run platformdb as an ordinary user, or give the container the capabilities SETUID and SETGID",
        )
