from __future__ import annotations

import pytest

from platformdb.schema.docs import code, prose, table_of, write_page
from platformdb.schema.model import Column, Enum, ForeignKey, Schema, Table


def table(name: str, *keys: ForeignKey, schema: str = "public", comment: str = "") -> Table:
    return Table(schema, name, "table", comment, "", (Column("a", "integer", True, "", ""),), (), keys, (), ())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a > 5", "`a > 5`"),
        ("a || b", r"`a \|\| b`"),
        ("a\n   AND b", "`a AND b`"),
        ("a = '`'", "`` a = '`' ``"),
        ("```", "```` ``` ````"),
        ("", ""),
    ],
)
def test_code_stays_in_its_cell(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("one\ntwo", "one two"), ("a | b", r"a \| b"), ("a <tag>", r"a \<tag>"), ("2 * 3 * 4", r"2 \* 3 \* 4")],
)
def test_a_comment_stays_in_its_cell_and_keeps_every_character(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_a_column_without_values_is_not_shown() -> None:
    assert table_of(("a", "b", "c"), [("1", "", "2"), ("", "", "3")]) == "| a | c |\n|---|---|\n| 1 | 2 |\n|  | 3 |"


def test_links_lead_to_the_headings_of_their_tables() -> None:
    key = ForeignKey("fk", "foreign key", ("a",), "", "old.parts", "User logs")
    parent = table("User logs", schema="old.parts")
    page = write_page([Schema("old.parts", "", (parent,), ()), Schema("public", "", (table("child", key),), ())])
    assert "### old.parts.User logs" in page
    assert page.count("[old.parts.User logs](#oldpartsuser-logs)") == 2


def test_a_schema_of_enums_has_no_diagram() -> None:
    page = write_page([Schema("kinds", "What there is.", (), (Enum("kinds", "e", ("a",), ""),))])
    assert page == (
        "# Database schema\n\n## kinds\n\nWhat there is.\n\n### Enums of kinds\n\n"
        "| enum | labels |\n|---|---|\n| `e` | `a` |\n"
    )
