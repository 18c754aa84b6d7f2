"""SQL files as text that knows where everything in it is."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdb.errors import Place, Refused
from platformdb.sqltext.rows import FileRows, unix

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Above it, rows of COPY stay in the file (bytes).
LARGE = 8 << 20
# Stands for the block of rows with that number; no other NUL can be in a text.
LEFT_OUT = re.compile(r"\x00(\d+)")

# Of longer lines (characters) only the place is said.
SHOWABLE = 20_000
# A line that may hold a password: the constant behind such a word, which may stand in the line above, or a URL's.
SUSPECT = re.compile(
    r"""(?:passw|passphrase|secret|token|_key)\w*"?\s*(?:=|to\b)?\s*(?:e|u&)?['$]|://[^\s/@']*:[^\s@']+@""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Source:
    r"""A text and the name people know it by. Offsets are 0-based characters of ``text``.

    A text that was rendered has the ``original`` and ``marks``, pairs of a rendered and an original offset, ascending
    in the first. Between two marks both texts advance together for as long as they are the same.

    ``left_out`` are blocks of rows, with the line that ends them, for which ``text`` has ``\0number\n`` instead.
    ``exact`` says that text and blocks are, byte for byte, what the file holds.
    """

    name: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    original: str | None = None
    left_out: tuple[FileRows, ...] = ()
    exact: bool = field(default=False, compare=False)

    def place(self, offset: int) -> Place:
        """The line and column in the file of an offset, with the line's text for the caret."""
        text = self.text
        if self.original is not None:
            text, offset = self.original, self._unrendered(self.original, offset)
        start = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        line = text.count("\n", 0, start) + 1
        if self.left_out:
            line += sum(self.left_out[int(number)].lines - 1 for number in LEFT_OUT.findall(text, 0, start))
        end = len(text) if end < 0 else end
        above = text.rfind("\n", 0, max(start - 1, 0)) + 1
        if end - above > SHOWABLE or SUSPECT.search(text, above, end):
            return Place(self.name, line, offset - start + 1)  # nobody reads it, or a password may stand there
        shown = LEFT_OUT.sub("…", text[start:end]).removesuffix("\r")
        return Place(self.name, line, offset - start + 1, shown)

    def _unrendered(self, original: str, offset: int) -> int:
        """The offset in the original: where a value was put in, that of its mark."""
        index = bisect_right(self.marks, offset, key=lambda mark: mark[0])
        rendered, at = self.marks[index - 1] if index else (0, 0)
        ahead = offset - rendered
        if self.text[rendered:offset] != original[at : at + ahead]:
            return at
        following = self.marks[index][1] if index < len(self.marks) else len(original)
        return min(at + ahead, following) if following > at else at + ahead  # a loop goes back


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


_ADVICE: Mapping[int | None, str] = {
    errno.ELOOP: "it is a symbolic link that leads back to itself: remove it, or point it at a file",
    errno.ENOENT: "put it there; if it is a symbolic link, it points at nothing",
    errno.EISDIR: "put a file in the folder's place",
    errno.EACCES: "give yourself the right to read it",
}


def read_source(path: str | Path, name: str) -> Source:
    """Reads a UTF-8 file, without its byte order mark; where its first line ends with CR LF, LF ends every line.

    Any other CR LF is left alone: it may stand in a string. Rows of COPY in files above 8 MiB stay in the file, as
    long as ``FROM stdin`` and the semicolon of their COPY end one line.

    Raises:
        Refused: not readable, not UTF-8, or with a NUL byte, which PostgreSQL cannot take; names line and column.
    """
    if any("\udc80" <= character <= "\udcff" for character in name):  # how Python writes what it cannot decode
        shown = name.encode(errors="replace").decode()
        raise Refused(f"the name of {shown} is not UTF-8", place=Place(shown), help="rename the file")
    try:
        if _size(path) > LARGE:
            from platformdb.sqltext.large import read_large  # it needs the lexer, and the lexer this module

            return read_large(Path(path), name)
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - there may be 100,000, and a Path is slow to make
            return decode(file.readall(), name)
    except OSError as error:
        advice = _ADVICE.get(error.errno, "make it a readable file")
        raise Refused(f"cannot read {name}: {error.strerror}", place=Place(name), help=advice) from None


def _size(path: str | Path) -> int:
    """The bytes of a regular file; a pipe would never end, a device would never be full."""
    status = os.stat(path)  # noqa: PTH116 - as above
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file")
    return status.st_size


def decode(data: bytes, name: str) -> Source:
    """A file's bytes as text.

    Raises:
        Refused: see :func:`read_source`.
    """
    good = data.removeprefix(BYTE_ORDER_MARK)
    if is_windows(good):
        good = unix(good)
    return Source(name, text_of(good, Source(name, "")), exact=good == data)


def is_windows(data: bytes) -> bool:
    """Whether the first line ends with CR LF."""
    return data.endswith(b"\r", 0, max(data.find(b"\n"), 0))


def text_of(data: bytes, before: Source) -> str:
    """Bytes as text; ``before`` is what precedes them in their file.

    Raises:
        Refused: see :func:`read_source`.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        good = data[: error.start].decode()
        wide = not before.text and data.startswith((b"\xff\xfe", b"\xfe\xff"))
        what = "UTF-16" if wide else f"not UTF-8: byte 0x{data[error.start]:02x}"
        raise _unfit(f"{before.name} is {what}", before, good) from None
    if "\0" in text:
        raise _unfit(f"{before.name} holds a NUL byte", before, text[: text.index("\0")])
    return text


def _unfit(message: str, before: Source, good: str) -> Refused:
    source = Source(before.name, before.text + good, left_out=before.left_out)
    return Refused(message, place=source.place(len(source.text)), help="save the file as UTF-8 text")
