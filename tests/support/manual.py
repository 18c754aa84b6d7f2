"""The manual's pages as scripts: files to write and commands to run, in order, with the output they show.

A fenced block after ``<!-- file: NAME -->`` is a file of the page's project. A ``console`` block holds commands
(``$ …``) and what they print; after ``<!-- not run: REASON -->`` it is for reading only. ``<!-- follows: PAGE -->``
begins a page that goes on where another ends, ``<!-- files of: PAGE -->`` one that has the other's files.
``<!-- setup: COMMAND -->`` is run and not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
SETUP = re.compile(r"^<!-- setup: (?P<command>.*) -->$", re.MULTILINE)
FOLLOWS = re.compile(r"^<!-- (?P<how>follows|files of): (?P<page>\S+) -->$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the comment before it, its language, its text, and where that lies in the page."""

    page: Path
    mark: str
    language: str
    text: str
    start: int
    end: int

    @property
    def file(self) -> str | None:
        """The name of the file it is."""
        return self.mark.removeprefix("file: ") if self.mark.startswith("file: ") else None

    @property
    def is_run(self) -> bool:
        """Whether it holds commands to be run."""
        return self.language in ("console", "setup") and not self.mark.startswith("not run: ")

    @property
    def commands(self) -> tuple[tuple[str, str], ...]:
        """Its commands, each with the output shown under it."""
        parts = re.split(r"^\$ (.*)\n", self.text, flags=re.MULTILINE)
        assert not parts[0], f"{self.page.name}: a console block begins with '$ '"
        return tuple(zip(parts[1::2], parts[2::2], strict=True))


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> tuple[Block, ...]:
    return tuple(
        Block(page, m["mark"] or "", m["language"], m["text"], m.start("text"), m.end("text"))
        for m in BLOCK.finditer(text_of(page))
    )


def script(page: Path) -> Iterator[Block]:
    """The blocks to carry out for a page, those of the pages it builds on first."""
    for before in FOLLOWS.finditer(text_of(page)):
        earlier = tuple(script((page.parent / before["page"]).resolve()))
        yield from earlier if before["how"] == "follows" else (block for block in earlier if block.file)
    own = [block for block in blocks(page) if block.file or block.is_run]
    hidden = [
        Block(page, "", "setup", f"$ {m['command']}\n", m.start(), m.end()) for m in SETUP.finditer(text_of(page))
    ]
    yield from sorted((*own, *hidden), key=lambda block: block.start)


def runnable() -> list[Path]:
    """The pages with commands, without those which another page goes on from: they are run there."""
    pages = [page for page in PAGES if any(block.is_run for block in blocks(page))]
    continued = {
        (page.parent / m["page"]).resolve()
        for page in pages
        for m in FOLLOWS.finditer(text_of(page))
        if m["how"] == "follows"
    }
    return [page for page in pages if page not in continued]
