"""Makes a data folder: complete under its name, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdb.errors import ApplyFailed, Refused
from platformdb.postgres.server.account import options
from platformdb.postgres.server.files import make_folder, not_ours, remove_tree, write_private
from platformdb.postgres.server.model import Account, Places, Version
from platformdb.postgres.server.plan import explain, initdb_arguments, passfile_text

FRESH = "fresh-"
SETTINGS_FILE = "platformdb.conf"
INCLUDE = f"\n# platformdb's own settings; ALTER SYSTEM wins over them.\ninclude_if_exists '{SETTINGS_FILE}'\n"

# A new data folder takes 39 MB, its first write-ahead log another 16.
NEEDED_BYTES = 64 * 1024 * 1024


def data_version(places: Places) -> Version | None:
    """The major version that made the data folder; None where there is none yet.

    Raises:
        Refused: something else is in its place.
    """
    if not places.data.is_dir():
        return None
    try:
        text = (places.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except PermissionError as error:
        raise not_ours(places.data, error) from None
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.isdigit():
        raise Refused(
            f"{places.data} is no PostgreSQL data folder (it has no PG_VERSION)",
            help=f"look what it is; without {places.state} the next start makes a new one",
        )
    if not places.passfile.exists():
        raise Refused(
            f"the password file {places.passfile} of this project's server is missing",
            help=f"restore it, or move {places.state} away to begin with an empty server",
        )
    return Version(int(text), text)


def create(places: Places, programs: Path, version: Version, account: Account) -> None:
    """Makes the data folder and, before it, the file with the superuser's random password.

    initdb works under another name, and the last step is a rename: whoever kills it leaves a folder that the next
    start removes.

    Raises:
        Refused: there is not enough space for it.
        ApplyFailed: initdb failed.
    """
    _assert_space(places.home)
    password = secrets.token_urlsafe(24)
    write_private(places.passfile, passfile_text(password), durable=True)
    fresh = places.home / f"{FRESH}{secrets.token_hex(4)}"
    try:
        make_folder(fresh, 0o700, account)
        with _password_file(fresh.with_name(f"{fresh.name}.pw"), password, account) as passwords:
            _initdb(programs, initdb_arguments(version.major, fresh, passwords), account)
        _include_settings(fresh)
        fresh.rename(places.data)
    except BaseException:
        remove_tree(fresh)
        places.passfile.unlink(missing_ok=True)
        raise


def remove_leftovers(places: Places) -> None:
    """Removes what killed starts left behind. Only under the lock: it may be somebody's work otherwise."""
    for left in (*places.home.glob(f"{FRESH}*"), *places.state.glob(".pgpass.*"), *places.state.glob(".server.json.*")):
        if left.is_dir() and not left.is_symlink():
            remove_tree(left)
        else:
            left.unlink(missing_ok=True)


def _assert_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise Refused(
            f"no disk space: a new server needs {NEEDED_BYTES >> 20} MB in {folder}, {free >> 20} MB are free",
            help="free some space, or choose a folder on another disk with --project",
        )


@contextmanager
def _password_file(path: Path, password: str, account: Account) -> Iterator[Path]:
    """For initdb, which wants a file with the password: one that only the server's user can read, for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            if account.switched:
                os.fchown(descriptor, account.uid, account.gid)
            file.write(f"{password}\n")
        yield path
    finally:
        path.unlink(missing_ok=True)


def _initdb(programs: Path, arguments: tuple[str, ...], account: Account) -> None:
    # Its own session: Ctrl-C reaches platformdb, which then ends it.
    done = subprocess.run(
        [programs / "initdb", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
        check=False,
        **options(account),
    )
    if done.returncode:
        raise explain("cannot make the data folder", done.stdout, ApplyFailed)


def _include_settings(data: Path) -> None:
    """Nobody else has seen the folder's name yet, and initdb has made the file: appending is safe."""
    descriptor = os.open(data / "postgresql.conf", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "wb") as file:
        file.write(INCLUDE.encode("ascii"))
