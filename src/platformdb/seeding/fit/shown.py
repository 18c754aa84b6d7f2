"""Single values for people: texts quoted, long ones cut, and secrets not at all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from platformdb.seeding.rows.columns import Column, Lists

SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|credential|hash|salt|nonce|(^|_)keys?($|_)", re.IGNORECASE)
HIDDEN = "(not shown)"
LONGEST = 60
START = datetime(1970, 1, 1, tzinfo=UTC)


def is_secret(name: str) -> bool:
    """Whether a column's name says that its values are nobody's business."""
    return SECRET.search(name) is not None


def shown(column: Column) -> str:
    """The only row of a column, for people: texts quoted, long ones cut."""
    if column.missing[0]:
        return "NULL"
    if isinstance(column.values, Lists):
        items = column.values.flat()
        return cut(f"[{', '.join(shown(items.take(np.array([place]))) for place in range(len(items)))}]")
    if column.kind in ("text", "bytes"):
        return cut(repr(column.texts.contents()[0].decode())) if column.kind == "text" else f"{_size(column)} bytes"
    return cut(_plain(column.kind, column.array[0]))


def _size(column: Column) -> int:
    return len(column.texts.contents()[0])


def _plain(kind: str, value: Any) -> str:
    if kind == "time":
        return (START + timedelta(microseconds=int(value))).isoformat()
    return str(UUID(bytes=value.tobytes())) if kind == "uuid" else str(value)


def cut(text: str) -> str:
    """A text, or its beginning and how long it is."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
