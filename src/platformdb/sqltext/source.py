"""SQL files as text that knows where everything in it is."""

from __future__ import annotations

import errno
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from platformdb.errors import Place, Refused

BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name people know it by. Offsets are 0-based characters of ``text``."""

    name: str
    text: str

    def place(self, offset: int) -> Place:
        """The line and column of an offset, with the line's text for the caret."""
        before = self.text[:offset]
        line = before.count("\n")
        start = before.rfind("\n") + 1
        return Place(self.name, line + 1, offset - start + 1, self.text[start:].split("\n", 1)[0])

    @property
    def checksum(self) -> str:
        """SHA-256 of the text; line ends and a byte order mark were normalised when it was read."""
        return digest(self.text)


def digest(text: str) -> str:
    """The checksum of a text, with its algorithm in front."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def read_source(path: Path, name: str) -> Source:
    """Reads a UTF-8 file; line ends become newlines and a byte order mark is dropped.

    Raises:
        Refused: not readable, not UTF-8, or with a NUL byte, which PostgreSQL cannot take; names line and column.
    """
    if any("\udc80" <= character <= "\udcff" for character in name):  # how Python writes what it cannot decode
        shown = name.encode(errors="replace").decode()
        raise Refused(f"the name of {shown} is not UTF-8", place=Place(shown), help="rename the file")
    try:
        data = _read(path)
    except OSError as error:
        raise Refused(
            f"cannot read {name}: {error.strerror}", place=Place(name), help="make it a readable file"
        ) from None
    return Source(name, decode(data, name))


def _read(path: Path) -> bytes:
    """The bytes of a regular file; a pipe would never end, a device would never be full."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "Not a regular file")
    return path.read_bytes()


def decode(data: bytes, name: str) -> str:
    """Bytes of a file as text, with normalised line ends.

    Raises:
        Refused: see :func:`read_source`.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        good = _normalised(data[: error.start].decode("utf-8"))
        place = Source(name, good).place(len(good))
        raise Refused(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x}", place=place, help="save the file as UTF-8"
        ) from None
    text = _normalised(text)
    if (offset := text.find("\0")) >= 0:
        raise Refused(
            f"{name} holds a NUL byte", place=Source(name, text).place(offset), help="save the file as UTF-8 text"
        )
    return text


def _normalised(text: str) -> str:
    return text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n")
