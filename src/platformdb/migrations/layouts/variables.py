"""Variables in the files of tools that have none of their own, whose users fill them in by other means."""

from __future__ import annotations

from collections.abc import Mapping

from platformdb.sqltext.placeholders import DOLLAR, GO, fill
from platformdb.sqltext.source import Source
from platformdb.variables import Variable


def filled_where_declared(source: Source, variables: Mapping[str, Variable]) -> Source:
    """``${name}`` and ``{{ .name }}`` of names that somebody declared; all else stays as it stands."""
    return fill(source, (DOLLAR, GO), variables, all_of_them=False) if variables else source
