"""The one function that quotes identifiers, for SQL that is planned as text."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """A name as PostgreSQL takes it literally, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def quote_qualified(name: str) -> str:
    """``schema.table`` or ``table`` with every part quoted."""
    return ".".join(quote_identifier(part) for part in name.split("."))
