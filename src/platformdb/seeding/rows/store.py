"""Arrays that may be larger than memory: small ones stay in it, the others lie in files of a private folder.

A file is mapped when it is read, and its pages are given back as soon as more than ``RESIDENT`` bytes of all files may
be in memory: they count as the process's own (ru_maxrss). What comes back from a file is read-only.

Several processes can share a folder. ``once`` has a thing made by whoever asks first, under a lock of its own, and
publishes it by a rename: nobody sees half of it, and who dies while making it leaves the lock to the next.
"""

from __future__ import annotations

import fcntl
import io
import mmap
import os
import pickle
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import DTypeLike

from platformdb.errors import NotNow
from platformdb.seeding.rows.stored import Array, Pages, Stored

PREFIX = "platformdb-seed-"
# The file whose lock says that the folder's process is alive.
OWNER = "owner"
# Smaller arrays are not worth a file.
SMALL = 1 << 18
# Files that may be open at once, where the system allows it.
FILES = 8192
# What may be in memory of all files together.
RESIDENT = 96 << 20

T = TypeVar("T")


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder under the system's temporary folder which only this user can read; removed in the end.

    Whoever is killed leaves his folder behind: the next one removes it.
    """
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}"):
        _remove_unless_alive(owner)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / "new").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Others see it only now that it is locked.
            (folder / "new").rename(folder / OWNER)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_unless_alive(owner: Path) -> None:
    with suppress(OSError):
        # Somebody else's is not even opened: it may be a pipe, and wait for ever.
        if owner.parent.lstat().st_uid != os.getuid():
            return
        with owner.open("rb") as file:
            # Fails where its process lives and holds the lock.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(owner.parent)


class Writer:
    """Takes an array piece by piece; ``rows`` is how many there are so far."""

    def __init__(self, store: Store, name: str, dtype: DTypeLike) -> None:
        self._store, self._name, self.dtype = store, name, np.dtype(dtype)
        self._pieces: list[Array] = []
        self._size = 0
        self._file: io.BufferedRandom | None = None
        self.rows = 0

    def append(self, array: Array) -> None:
        """The next rows; the array must not be changed afterwards."""
        piece = np.ascontiguousarray(array, self.dtype)
        self.rows += len(piece)
        self._size += piece.nbytes
        self._pieces.append(piece)
        if self._size > SMALL and self._store.folder is not None:
            self._spill()

    def finish(self) -> Stored:
        """The whole array."""
        if self._file is None:
            pieces = self._pieces
            array = pieces[0] if len(pieces) == 1 else np.concatenate([np.empty(0, self.dtype), *pieces])
            return Stored(array)
        return self._store.mapped(self._file, self.dtype, self.rows)

    def __del__(self) -> None:
        # Who gives up half-way (Ctrl-C, a full disk) leaves no file open.
        if self._file is not None:
            self._file.close()

    def _spill(self) -> None:
        if self._file is None:
            self._file = self._store.file(self._name)
        with _room_on_disk(self._store.folder):
            for piece in self._pieces:
                self._file.write(piece.view(np.uint8).data if piece.dtype.kind != "V" else piece.tobytes())
        self._pieces.clear()
        self._size = SMALL


class Places:
    """Takes an array of known length in any order; every row must be put once."""

    def __init__(self, store: Store, dtype: DTypeLike, rows: int) -> None:
        self._store, self._dtype, self._rows = store, np.dtype(dtype), rows
        small = store.folder is None or rows * self._dtype.itemsize <= SMALL
        self._array = np.empty(rows, self._dtype) if small else None
        self._file = None if small else store.file("")

    def put(self, first: int, array: Array) -> None:
        """The rows from ``first`` on."""
        if self._array is not None:
            self._array[first : first + len(array)] = array
        elif self._file is not None:
            with _room_on_disk(self._store.folder):
                os.pwrite(self._file.fileno(), array.tobytes(), first * self._dtype.itemsize)

    def finish(self) -> Stored:
        """The whole array."""
        if self._file is None:
            return Stored(np.empty(0, self._dtype) if self._array is None else self._array)
        return self._store.mapped(self._file, self._dtype, self._rows)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


class Store:
    """Where arrays are kept: in ``folder``, without one in memory. ``shared``: other processes use the folder, too."""

    def __init__(self, folder: Path | None = None, *, shared: bool = False, resident: int = RESIDENT) -> None:
        self.folder = folder
        self._shared = shared and folder is not None
        if folder is not None:
            _allow_many_files()
        self._pages = Pages(resident)
        self._made: dict[str, Any] = {}

    def writer(self, name: str, dtype: DTypeLike) -> Writer:
        """For an array that is to be kept. ``name`` need not be unique."""
        return Writer(self, name, dtype)

    def scratch(self, dtype: DTypeLike) -> Writer:
        """For an array which only this process needs; it is gone with the last reference to it."""
        return Writer(self, "", dtype)

    def places(self, dtype: DTypeLike, rows: int) -> Places:
        """For a scratch array that is not written from its beginning to its end."""
        return Places(self, dtype, rows)

    def keep(self, name: str, array: Array) -> Stored:
        """An array that is there already."""
        writer = self.writer(name, array.dtype)
        writer.append(array)
        return writer.finish()

    def known(self, name: str) -> bool:
        """Whether ``once`` has made this here or elsewhere."""
        return name in self._made or (self._shared and self._item(name).exists())

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` makes: by this process or another that shares the folder, once for all."""
        if name not in self._made:
            self._made[name] = self._made_by_one(name, make) if self._shared else make()
        found: T = self._made[name]
        return found

    def _made_by_one(self, name: str, make: Callable[[], T]) -> T:
        item = self._item(name)
        if not item.exists():
            with self._lock(item):
                if not item.exists():
                    made = make()
                    self._publish(item, made)
                    return made
        with item.open("rb") as file:
            found: T = _Unpickler(file, self).load()
            return found

    def _publish(self, item: Path, made: object) -> None:
        half = item.with_suffix(f".{os.getpid()}")
        with _room_on_disk(self.folder), half.open("wb") as file:
            _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(made)
        half.rename(item)

    @contextmanager
    def _lock(self, item: Path) -> Iterator[None]:
        with item.with_suffix(".lock").open("wb") as file:
            # Held by the open file: whoever dies lets go of it.
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _item(self, name: str) -> Path:
        return (self.folder or Path()) / f"{quote(name, safe='')}.item"

    def file(self, name: str) -> io.BufferedRandom:
        """A new file for an array; only what is shared has a name in the folder."""
        with _room_on_disk(self.folder):
            if not (self._shared and name):
                return tempfile.TemporaryFile(dir=self.folder)
            descriptor, path = tempfile.mkstemp(".array", dir=self.folder)
            os.close(descriptor)
            return Path(path).open("r+b")

    def mapped(self, file: io.BufferedRandom, dtype: np.dtype[Any], rows: int) -> Stored:
        """The rows of a file that is complete."""
        with _room_on_disk(self.folder), file:
            file.flush()
            mapping = mmap.mmap(file.fileno(), rows * dtype.itemsize, prot=mmap.PROT_READ)
        path = Path(file.name).name if isinstance(file.name, str) else ""
        return Stored(np.frombuffer(mapping, dtype, rows), self._pages, mapping, path)

    def opened(self, path: str, dtype: np.dtype[Any], rows: int) -> Stored:
        """An array of another process."""
        return self.mapped((self.folder or Path()).joinpath(path).open("r+b"), dtype, rows)


class _Pickler(pickle.Pickler):
    """Writes arrays that lie in files as their files' names."""

    def persistent_id(self, obj: object) -> tuple[str, np.dtype[Any], int] | None:
        return (obj.path, obj.dtype, len(obj)) if isinstance(obj, Stored) and obj.path else None


class _Unpickler(pickle.Unpickler):
    """Opens them again; reads nothing but what a process of the same user wrote into a folder of his own."""

    def __init__(self, file: io.BufferedReader, store: Store) -> None:
        super().__init__(file)
        self._store = store

    def persistent_load(self, pid: tuple[str, np.dtype[Any], int]) -> Stored:
        return self._store.opened(*pid)


def _allow_many_files() -> None:
    """A mapped file counts as an open one: 190 for a platform of 22 tables, and macOS allows 256 unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _room_on_disk(folder: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotNow(
            f"cannot keep what is generated in {folder}: {error.strerror}",
            help="make room there, or let TMPDIR name a folder on a larger disk",
        ) from None
