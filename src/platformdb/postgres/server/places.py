"""Where a server's data and socket are: in the project, or outside where that cannot be."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from platformdb.errors import Refused
from platformdb.postgres.server.account import ROOT, can_enter
from platformdb.postgres.server.files import is_private, make_folder, remove_tree, write_private
from platformdb.postgres.server.model import Account, Places
from platformdb.postgres.server.plan import can_hold_socket

# For servers of root in folders their unprivileged user cannot reach, such as /root.
HOMES = Path("/var/lib/platformdb")
SHORT = Path("/tmp")  # noqa: S108 - a folder in it is made with mode 0700 and checked to be ours before use


def locate(state: Path) -> Places:
    """Where the server of this ``.platformdb/`` is or would be.

    The link ``data`` leads to one outside, if it is root's and leads where ``settle`` makes such: it says what may be
    removed again, and must not be somebody's trap.
    """
    link = state / "data"
    try:
        home = link.readlink().parent
        trusted = home.parent == HOMES and link.lstat().st_uid == ROOT
    except OSError:
        return Places(state, state)
    return Places(state, home if trusted else state)


def settle(places: Places, account: Account) -> Places:
    """Decides where a new server's data goes, and makes that folder.

    It goes below ``HOMES`` if the server's user cannot enter the project. The link is there before the folder: what a
    killed command leaves behind is found and used by the next one.
    """
    if places.elsewhere:
        _make_home(places)
        return places
    if can_enter(account, places.state):
        return places
    chosen = Places(places.state, HOMES / f"{_digest(places.state)}-{secrets.token_hex(4)}")
    (places.state / "data").symlink_to(chosen.data)
    _make_home(chosen)
    return chosen


def abandon(places: Places) -> None:
    """Undoes ``settle`` and all that was put there; keeps what is in the project."""
    if places.elsewhere:
        remove_tree(places.home)
        (places.state / "data").unlink(missing_ok=True)
    else:
        remove_tree(places.data)
        remove_tree(places.home / "run")


def abandoned() -> tuple[Path, ...]:
    """Homes whose project is not where it was: deleted, or moved and not started since. Only its owner can know."""
    return tuple(sorted(note.parent for note in HOMES.glob("*/project") if not _owner_of(note).exists()))


def claim(places: Places) -> None:
    """Writes into a home whose it is."""
    write_private(places.home / "project", f"{places.state}\n")


def _owner_of(note: Path) -> Path:
    try:
        return Path(note.read_text(encoding="utf-8", errors="surrogateescape").rstrip("\n"))
    except FileNotFoundError:  # another command has just removed it: nothing is left to be said
        return HOMES


def make_homes() -> Path:
    """The folder of all servers outside their projects, and of copied programs."""
    HOMES.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        make_folder(HOMES, 0o755)
    return HOMES


def _make_home(places: Places) -> None:
    make_homes()
    if not places.home.exists():
        make_folder(places.home, 0o711)
    claim(places)


def prepare_socket_folder(places: Places, account: Account, port: int) -> Path:
    """A folder of mode 0700 for the socket, short enough for the operating system, without leftovers.

    Raises:
        Refused: somebody else's folder is in its place.
    """
    inside = places.home / "run"
    folder = inside if can_hold_socket(os.fsencode(inside), port) else _short_folder(places, account)
    try:
        make_folder(folder, 0o700, account)
    except FileExistsError:
        if not is_private(folder, account):
            raise Refused(
                f"{folder} is not a private folder of user '{account.name}'",
                help="look whose it is (`ls -ld`) and remove it; the server's socket will not go there as it is",
            ) from None
    for leftover in folder.glob(".s.PGSQL.*"):
        leftover.unlink()
    return folder


def _short_folder(places: Places, account: Account) -> Path:
    # Not XDG_RUNTIME_DIR: it goes when its user logs out, and the server stays.
    return SHORT / f"platformdb-{account.uid}-{_digest(places.home)}"


def remove_socket_folder(folder: Path, places: Places, account: Account) -> None:
    """Removes a socket folder that lies outside the server's home, if it is really the server's."""
    if folder != places.home / "run" and folder.exists() and is_private(folder, account):
        remove_tree(folder)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
