"""The tool's own SQL lives in .sql files, by name."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import LiteralString


@cache
def query(name: str, package: str = "platformdb.postgres") -> LiteralString:
    """The text of ``sql/<name>.sql`` beside the modules of ``package``.

    The one place that calls a file's text a literal: the files ship with the code and hold no user input.
    """
    return resources.files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
