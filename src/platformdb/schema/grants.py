"""Access privileges as PostgreSQL writes them, in words: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# The documentation's table "ACL Privilege Abbreviations".
PRIVILEGES = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "X": "EXECUTE",
    "U": "USAGE",
    "C": "CREATE",
    "c": "CONNECT",
    "T": "TEMPORARY",
    "s": "SET",
    "A": "ALTER SYSTEM",
    "m": "MAINTAIN",
}
# grantee=privileges/grantor; of no name it is PUBLIC.
ITEM = re.compile(r'(?P<grantee>"(?:[^"]|"")*"|[^="]*)=(?P<letters>[A-Za-z*]*)/.*', re.DOTALL)


def granted(items: Iterable[str] | None, usual: Iterable[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is granted beyond the usual, and what of the usual is not: ``SELECT to reader``.

    ``usual`` is what the owner and PUBLIC have where nobody granted or revoked anything, which PostgreSQL writes as no
    items at all: two databases are alike if only one of them has it written down. Who granted it makes no difference.
    """
    have = {grant for item in items or () for grant in _words(item)}
    expected = {grant for item in usual or () for grant in _words(item)}
    return tuple(sorted(have - expected)), tuple(sorted(expected - have)) if items is not None else ()


def _words(item: str) -> Iterator[str]:
    match = ITEM.fullmatch(item)
    if match is None:
        yield item
        return
    for letter, option in re.findall(r"([A-Za-z])(\*?)", match["letters"]):
        name = PRIVILEGES.get(letter, letter)
        yield f"{name} to {match['grantee'] or 'public'}" + (" with grant option" if option else "")
