"""Reads files that may be larger than memory: rows of COPY are checked, counted and hashed, and stay where they are."""

from __future__ import annotations

import hashlib
import re
from io import SEEK_CUR, BufferedReader
from pathlib import Path

from platformdb.sqltext.lexer import awaits_rows
from platformdb.sqltext.rows import CHUNK, FileRows, unix
from platformdb.sqltext.source import BYTE_ORDER_MARK, Source, is_windows, text_of

# A line that may have rows below it. The lexer has the last word: the line may stand in a comment.
_BEFORE_ROWS = re.compile(rb"[fF][rR][oO][mM][ \t]+[sS][tT][dD][iI][nN]\b[^\n]*;[^;\n]*\n")
# With the line end before it, for which a search leaps.
_ROWS_END = re.compile(rb"\n(\\\.\r?(?:\n|\Z))")


def read_large(path: Path, name: str) -> Source:
    """See :func:`platformdb.sqltext.source.read_source`.

    Raises:
        Refused: not UTF-8, or with a NUL byte, also in the rows.
        OSError: not readable.
    """
    with path.open("rb") as file:
        first = file.readline()
        file.seek(len(BYTE_ORDER_MARK) if first.startswith(BYTE_ORDER_MARK) else 0)
        return _Reading(file, path, name, windows=is_windows(first)).read()


class _Reading:
    """One file on its way to a Source: ``parts`` and ``left_out`` are what has become of it so far."""

    def __init__(self, file: BufferedReader, path: Path, name: str, *, windows: bool) -> None:
        self.file, self.path, self.name, self.windows = file, path, name, windows
        self.exact = not file.tell() and not windows
        self.parts: list[bytes] = []
        self.left_out: list[FileRows] = []

    def read(self) -> Source:
        sql_from = 0
        while chunk := self.lines():
            before_rows = _BEFORE_ROWS.search(chunk)
            if before_rows:
                self.file.seek(before_rows.end() - len(chunk), SEEK_CUR)
                chunk = chunk[: before_rows.end()]
            if not _is_text(chunk):
                text_of(chunk, self.so_far())
            self.parts.append(unix(chunk) if self.windows else chunk)
            if before_rows and awaits_rows(b"".join(self.parts[sql_from:]).decode()):
                self.leave_out()
                sql_from = len(self.parts)
        return self.so_far()

    def so_far(self) -> Source:
        return Source(self.name, b"".join(self.parts).decode(), left_out=tuple(self.left_out), exact=self.exact)

    def lines(self) -> bytes:
        """The next whole lines, some 256 KiB of them; nothing at the end of the file."""
        return self.file.read(CHUNK) + self.file.readline()

    def leave_out(self) -> None:
        """Passes over a block of rows and the line that ends it."""
        start = at = self.file.tell()
        seen, lines, last = hashlib.sha256(), 0, b""

        def add(line_end: bytes) -> None:
            self.parts.append(b"\0%d%b" % (len(self.left_out), line_end))
            self.left_out.append(FileRows(self.path, self.name, start, at, lines, seen.hexdigest(), self.windows))

        while not last and (chunk := self.lines()):
            end = _ROWS_END.search(b"\n" + chunk)
            rows, last = (chunk[: end.start()], end[1]) if end else (chunk, b"")
            if not _is_text(rows):
                add(b"\n")
                text_of(rows, self.so_far())
            seen.update(unix(rows) if self.windows else rows)
            lines += rows.count(b"\n")
            at += len(rows)
        self.file.seek(at + len(last))
        self.exact = self.exact and last == b"\\.\n"
        lines += 1
        add(b"\n" if last else b"")  # a marker without a line end is one of rows that never end


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data
