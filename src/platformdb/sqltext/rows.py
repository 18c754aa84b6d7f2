"""The rows below COPY … FROM stdin: in memory, or left in their file until they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from platformdb.errors import Place, Refused

CHUNK = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class TextRows:
    """Rows that were read with their file."""

    text: str = field(repr=False)
    digest: str

    @classmethod
    def of(cls, text: str) -> TextRows:
        """These rows, with their checksum."""
        return cls(text, hashlib.sha256(text.encode()).hexdigest())

    def chunks(self) -> Iterator[bytes]:
        """The rows in pieces of about 256 KiB."""
        for start in range(0, len(self.text), CHUNK):
            yield self.text[start : start + CHUNK].encode()


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows that stay in their file, between two offsets in bytes.

    ``lines`` counts them, with the line that ends them. ``windows`` says that CR LF ends their lines, of which LF is
    sent: the same file has the same digest on every system.
    """

    path: Path
    name: str
    start: int
    end: int
    lines: int
    digest: str
    windows: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The rows in pieces of about 256 KiB, each of whole lines.

        Raises:
            Refused: the file is no longer what was read. The pieces have been given by then: end the COPY in error.
        """
        seen, left = hashlib.sha256(), self.end - self.start
        try:
            with self.path.open("rb") as file:
                file.seek(self.start)
                while left > 0 and (chunk := file.read(min(CHUNK, left))):
                    chunk += file.readline(left - len(chunk))
                    left -= len(chunk)
                    chunk = unix(chunk) if self.windows else chunk
                    seen.update(chunk)
                    yield chunk
        except OSError as error:
            raise self._changed(str(error.strerror)) from None
        if seen.hexdigest() != self.digest:
            raise self._changed("other rows")

    def _changed(self, how: str) -> Refused:
        return Refused(
            f"{self.name} changed after it was read: {how}",
            place=Place(self.name),
            help="run the same command again, and leave the file alone meanwhile",
        )


def unix(lines: bytes) -> bytes:
    """Lines that end with LF alone."""
    return lines.replace(b"\r\n", b"\n")
