from __future__ import annotations

from collections.abc import Mapping

import pytest

from platformdb.errors import Refused
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.source import Source

KNOWN = ("transaction", "lock_timeout", "reason")


def read(text: str) -> Mapping[str, str]:
    return read_directives(Source("a.sql", text), 0, len(text), known=KNOWN)


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("-- an ordinary comment about platformdb", {}),
        ("-- platformdb:", {}),
        ("-- platformdb: transaction=off", {"transaction": "off"}),
        ("--platformdb:transaction=off", {"transaction": "off"}),
        ("\t-- platformdb: transaction=off \t", {"transaction": "off"}),
        ("-- platformdb: transaction=off lock_timeout=2s", {"transaction": "off", "lock_timeout": "2s"}),
        (
            "-- platformdb: transaction=off\n-- why\n-- platformdb: lock_timeout=2s",
            {"transaction": "off", "lock_timeout": "2s"},
        ),
        ('-- platformdb: reason="two words, and = signs"', {"reason": "two words, and = signs"}),
        ('-- platformdb: reason=""', {"reason": ""}),
        ('-- platformdb: reason="größer"   transaction=off', {"reason": "größer", "transaction": "off"}),
        ("-- platformdb: reason=a=b", {"reason": "a=b"}),
    ],
)
def test_key_value_comments_are_read(text: str, expected: Mapping[str, str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("-- platformdb: transactoin=off", "unknown directive 'transactoin'", "a.sql:1:16"),
        ("-- x\n  -- platformdb: reason=a ö=b", "expected key=value", "a.sql:2:27"),
        ("-- platformdb: reason=a reason=b", "repeated directive 'reason'", "a.sql:1:25"),
        ("-- platformdb: reason=a\n-- platformdb: reason=b", "repeated directive 'reason'", "a.sql:2:16"),
        ("-- platformdb: transaction", "expected key=value", "a.sql:1:16"),
        ('-- platformdb: reason="open', "expected key=value", "a.sql:1:16"),
        ('-- platformdb: reason="a"b', "expected key=value", "a.sql:1:16"),
        ("-- platformdb: reason=", "expected key=value", "a.sql:1:16"),
        ("-- platformdb: transaction=off; ok", "expected key=value", "a.sql:1:33"),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, message: str, place: str) -> None:
    error = refused(text)
    assert message in error.message
    assert str(error.place) == place
    assert error.help == "known here: lock_timeout, reason, transaction"


def test_only_the_given_part_of_the_file_is_read() -> None:
    text = "-- platformdb: transaction=off\nSELECT 1;\n-- platformdb: lock_timeout=2s\nSELECT 2;"
    start = text.index("\n-- platformdb: lock") + 1
    found = read_directives(Source("a.sql", text), start, text.index("SELECT 2"), known=KNOWN)
    assert found == {"lock_timeout": "2s"}
