"""Configuration in JSON5, as people write it: comments, names and strings as in JavaScript, commas at the end."""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)(?=\s*:)|(?P<comma>,)(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])""",
    re.DOTALL,
)


def read_json5(text: str) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is no JSON5, or has more of it than is read here (numbers in hexadecimal, for one).
    """
    return json.loads(_TOKEN.sub(_as_json, text))


def _as_json(token: re.Match[str]) -> str:
    if token["comment"] or token["comma"]:
        return ""
    if token["single"] is not None:
        return json.dumps(token["single"].replace("\\'", "'"))
    return json.dumps(token["name"]) if token["name"] else token[0]
