"""The page about other tools names every tool and every refusal that there is."""

from __future__ import annotations

import re
from pathlib import Path

import platformdb.adopt
from manual import DOCS, text_of
from platformdb.adopt.known import KNOWN

PAGE = DOCS / "coming-from" / "index.md"
ROOM = Path(platformdb.adopt.__file__).parent


def test_every_tool_is_in_the_table_with_its_layout_and_its_history() -> None:
    rows = re.findall(r"^\| \[.*?\]\(([\w-]+)\.md\) \| `([\w-]+)` \| `([\w.]+)`", text_of(PAGE), re.MULTILINE)
    assert {(page, layout, table) for page, layout, table in rows} == {(t.name, t.name, t.table) for t in KNOWN}


def test_every_refusal_is_in_the_table() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    listed = re.findall(r"^\| `(adopt-[a-z]+)` \|", text_of(PAGE), re.MULTILINE)
    assert set(listed) == set(re.findall(r'"(adopt-[a-z]+)"', code))
