from __future__ import annotations

import re

import pytest

from platformdb.schema.diagram import READABLE_TABLES, draw, short_type
from platformdb.schema.model import Column, Constraint, ForeignKey, Index, Table


def column(name: str, kind: str = "integer", *, nullable: bool = False) -> Column:
    return Column(name, kind, nullable, "", "")


def primary(*columns: str) -> Constraint:
    return Constraint("pk", "primary key", columns, "")


def refers(table: str, *columns: str, schema: str = "public") -> ForeignKey:
    return ForeignKey("fk", "foreign key", columns, "", schema, table)


def table(name: str, *parts: Column | Constraint | Index, schema: str = "public", kind: str = "table") -> Table:
    def of(kind: type) -> tuple:
        return tuple(part for part in parts if type(part) is kind)

    return Table(schema, name, kind, "", "", of(Column), of(Constraint), of(ForeignKey), of(Index), ())


USERS = table("users", column("id"), primary("id"))


def relation(*parts: Column | Constraint | Index) -> str:
    """The line between users and a table of these parts."""
    return draw([USERS, table("child", *parts)], columns=False).splitlines()[1].strip()


def test_a_table_is_a_box_with_its_columns_their_types_and_keys() -> None:
    posts = table(
        "posts",
        column("id", "uuid"),
        column("user_id", "uuid"),
        column("slug", "character varying(80)"),
        column("published_at", "timestamp with time zone", nullable=True),
        primary("id"),
        refers("users", "user_id"),
        Constraint("posts_slug_key", "unique", ("slug",), ""),
    )
    assert draw([posts]) == (
        "erDiagram\n"
        "    posts {\n"
        "        uuid id PK\n"
        "        uuid user_id FK\n"
        "        varchar(80) slug UK\n"
        '        timestamptz published_at "nullable"\n'
        "    }\n"
        '    users ||--o{ posts : "user_id"\n'
    )


def test_a_column_may_belong_to_several_keys() -> None:
    profile = table("profiles", column("user_id"), primary("user_id"), refers("users", "user_id"))
    assert "integer user_id PK, FK\n" in draw([profile])


def test_a_column_of_a_unique_key_of_several_columns_is_not_unique() -> None:
    drawn = draw([table("t", column("a"), column("b"), Constraint("t_key", "unique", ("a", "b"), ""))])
    assert "UK" not in drawn


def test_many_children_may_refer_to_one_parent() -> None:
    assert relation(column("id"), column("user_id"), primary("id"), refers("users", "user_id")) == (
        'users ||--o{ child : "user_id"'
    )


def test_a_child_that_may_refer_to_nobody_has_an_optional_parent() -> None:
    assert relation(column("user_id", nullable=True), refers("users", "user_id")).startswith("users |o--o{ child")


def test_a_key_of_several_columns_is_optional_where_one_of_them_is() -> None:
    found = relation(column("a"), column("b", nullable=True), refers("users", "a", "b"))
    assert found == 'users |o--o{ child : "a, b"'


@pytest.mark.parametrize(
    "unique",
    [
        primary("user_id"),
        Constraint("key", "unique", ("user_id",), ""),
        Index("index", "", ("user_id",), ""),
    ],
    ids=["primary key", "unique constraint", "unique index"],
)
def test_a_child_whose_key_is_unique_is_alone(unique: Constraint | Index) -> None:
    assert relation(column("user_id"), unique, refers("users", "user_id")).startswith("users ||--o| child")


def test_a_child_of_which_a_part_of_the_key_is_unique_is_alone() -> None:
    found = relation(column("a"), column("b"), primary("a"), refers("users", "a", "b"))
    assert found.startswith("users ||--o| child")


def test_a_key_that_is_a_part_of_a_unique_one_is_not_unique() -> None:
    found = relation(column("a"), column("b"), primary("a", "b"), refers("users", "a"))
    assert found.startswith("users ||--o{ child")


def test_an_index_that_is_unique_in_some_rows_only_says_nothing() -> None:
    assert relation(column("a"), Index("i", "", (), ""), refers("users", "a")).startswith("users ||--o{ child")


def test_without_columns_a_related_table_is_drawn_by_its_relation_and_another_by_its_name() -> None:
    child = table("child", column("a"), refers("users", "a"))
    drawn = draw([USERS, child, table("alone")], columns=False)
    assert drawn == 'erDiagram\n    alone\n    users ||--o{ child : "a"\n'


def test_a_large_diagram_has_no_columns_unless_somebody_asks() -> None:
    many = [table(f"t{number}", column("a")) for number in range(READABLE_TABLES + 1)]
    assert "integer a" not in draw(many)
    assert "integer a" in draw(many[1:])
    assert "integer a" in draw(many, columns=True)
    assert "integer a" not in draw(many[1:], columns=False)


def test_views_are_not_drawn() -> None:
    view = table("v", column("a"), kind="materialized view")
    assert draw([view, USERS]) == draw([USERS])


def test_a_table_in_another_schema_is_called_by_both_names() -> None:
    drawn = draw([table("old", column("a"), refers("users", "a"), schema="archive")], columns=False)
    assert drawn == 'erDiagram\n    users ||--o{ "archive.old" : "a"\n'


@pytest.mark.parametrize(
    "name", ["end", "class", "erDiagram", "to", "One", "style", "a b", "a-b", "müller", "1a", 'a"b', "50%"]
)
def test_a_name_that_mermaid_would_misread_is_quoted(name: str) -> None:
    (line,) = draw([table(name)], columns=False).splitlines()[1:]
    assert re.fullmatch(r'    "[^"%\\]+"', line)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("pk", '_pk "pk"'),
        ("FK", '_FK "FK"'),
        ("1st", '_1st "1st"'),
        ("a b", 'a_b "a b"'),
        ('a"b', 'a_b "a\'b"'),
        ("größe", 'gr__e "größe"'),
        ("_id", "_id"),
    ],
)
def test_a_column_that_mermaid_would_misread_is_replaced_and_named_behind(name: str, drawn: str) -> None:
    assert draw([table("t", column(name))]).splitlines()[2].strip() == f"integer {drawn}"


def test_what_would_end_a_type_is_replaced() -> None:
    drawn = draw([table("t", column("a", "numeric(10,2)"), column("b", "double precision"), column("c", "text[]"))])
    assert [line.split()[0] for line in drawn.splitlines()[2:5]] == ["numeric(10_2)", "double_precision", "text[]"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("timestamp with time zone", "timestamptz"),
        ("timestamp(3) without time zone[]", "timestamp(3)[]"),
        ("time with time zone", "timetz"),
        ("character varying(20)", "varchar(20)"),
        ("vector(384)", "vector(384)"),
    ],
)
def test_types_are_written_as_people_write_them(name: str, short: str) -> None:
    assert short_type(name) == short


def test_the_order_of_the_tables_is_kept_and_that_of_the_relations_is_by_name() -> None:
    child = table("child", column("b"), column("a"), refers("users", "b"), refers("users", "a"))
    drawn = draw([child, USERS], columns=False).splitlines()
    assert drawn[1:] == ['    users ||--o{ child : "a"', '    users ||--o{ child : "b"']
