"""Private files and folders, and the lock that lets one command at a time change a server."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdb.errors import NotNow, Refused
from platformdb.postgres.server.model import Account
from platformdb.report.progress import Observer

POLL = 0.01
LOCK = "lock"
IN_USE = "data.lock"
IGNORE = ".gitignore"


def open_private(path: Path, flags: int) -> int:
    """Opens a file of mode 0600 that belongs to the owner of its folder, never through a symbolic link."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def write_private(path: Path, text: str, *, durable: bool = False) -> None:
    """Puts a file of mode 0600 in its place in one move: readers see the old text or the new one.

    It belongs to the owner of its folder. ``durable`` waits until the disk has it. The folder is held open and the
    new name is fresh, so that whoever owns the folder cannot make root write elsewhere.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fresh = f".{path.name}.{secrets.token_hex(6)}"
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                if os.geteuid() == 0:
                    owner = os.fstat(folder)
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
                file.write(text.encode("utf-8", "surrogateescape"))
                file.flush()
                if durable:
                    os.fsync(descriptor)
            os.rename(fresh, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=folder)
            raise
    finally:
        os.close(folder)


def make_folder(path: Path, mode: int, account: Account | None = None) -> None:
    """Makes a new folder with exactly this mode; it belongs to ``account`` where that is another user."""
    path.mkdir(mode=mode)
    path.chmod(mode)
    if account is not None and account.switched:
        os.chown(path, account.uid, account.gid)


def is_private(path: Path, account: Account) -> bool:
    """Whether this is a real folder of this user that nobody else can enter."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and stat.S_IMODE(found.st_mode) == 0o700


def remove_tree(path: Path) -> None:
    """Removes a folder and what is in it, also while a killed program is still writing its last file."""
    for _ in range(50):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(POLL)


def read_from(path: Path, offset: int) -> str:
    """The text of a file from an offset in bytes on; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


@contextmanager
def exclusive(state: Path, wait: float, observer: Observer) -> Iterator[None]:
    """Holds the lock of a project's ``.platformdb/``, made if need be; waits for another command ``wait`` seconds.

    The kernel frees the lock when its holder dies, however it dies. If the work fails in a folder that was made for
    it, the folder goes again.

    Raises:
        NotNow: the lock is still held.
        Refused: the folder cannot be made or belongs to somebody else.
    """
    made, descriptor = _locked(state, time.monotonic() + wait, observer)
    try:
        yield
    except BaseException:
        if made:
            _discard(state)
        raise
    finally:
        os.close(descriptor)


def _locked(state: Path, until: float, observer: Observer) -> tuple[bool, int]:
    made = waiting = False
    while True:
        made = make_state(state) or made
        descriptor = _open_lock(state / LOCK)
        if descriptor is not None:
            if try_lock(descriptor) and _still_there(state / LOCK, descriptor):
                return made, descriptor
            os.close(descriptor)
        if time.monotonic() > until:
            raise NotNow(
                "another platformdb is starting or stopping this server",
                help=f"try again when it has ended; `fuser {state / LOCK}` shows who holds the lock",
            )
        if not waiting:
            observer.note("waiting for another platformdb that is working on this server")
            waiting = True
        time.sleep(POLL)


def make_state(state: Path) -> bool:
    """Makes ``.platformdb/``, which Git ignores by itself. Of root's, others may reach what is in it but not look.

    The server's own user has to get to its data below it.
    """
    try:
        make_folder(state, 0o711 if os.geteuid() == 0 else 0o700)
        write_private(state / IGNORE, "*\n")
    except FileExistsError:
        if state.is_dir():
            return False
        raise Refused(f"{state} is in the way: it has to be a folder", help="move it away") from None
    except OSError as error:
        raise Refused(
            f"cannot make the folder {state}: {error.strerror}",
            help="the project folder has to be writable and to have space left; --project names another folder",
        ) from None
    return True


def _discard(state: Path) -> None:
    """Removes what a first start leaves behind when it fails; anything else in the folder stays."""
    for name in (IGNORE, LOCK, IN_USE, "server.log"):
        with suppress(OSError):
            (state / name).unlink()
    with suppress(OSError):
        state.rmdir()


def _open_lock(path: Path) -> int | None:
    try:
        return open_private(path, os.O_RDWR | os.O_CREAT)
    except FileNotFoundError:  # a failed first start of somebody else has just removed the folder
        return None
    except OSError as error:
        raise not_ours(path.parent, error) from None


def not_ours(state: Path, error: OSError) -> Refused:
    """The error of a command that may not use a project's ``.platformdb/``: mostly somebody else's."""
    return Refused(
        f"cannot use {state}: {error.strerror}",
        help=f"it belongs to '{state.owner()}': run platformdb as that user, or make the folder writable",
    )


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file if nobody has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_there(path: Path, descriptor: int) -> bool:
    """False where a failed first start has cleaned the folder up between our opening and our locking."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
