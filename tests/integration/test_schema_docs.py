from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import picture, run
from inprocess import as_json, call
from platformdb.errors import ConfigError, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.schema.model import Column, Constraint, Enum, ForeignKey, Index, Schema, Table, Trigger
from platformdb.schema.read import read_schemas
from platformdb.schema.run import Form, describe_schema
from projects import Project

SHOP = r"""
CREATE TYPE status AS ENUM ('new', 'paid', 'gone | lost');
COMMENT ON TYPE status IS 'How an order stands.';
CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE orders (
    id int, at timestamptz DEFAULT now(), user_id int NOT NULL REFERENCES users ON DELETE CASCADE,
    status status NOT NULL DEFAULT 'new', cents numeric(10, 2) CHECK (cents > 0),
    total numeric GENERATED ALWAYS AS (cents * 2) STORED,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE orders_default PARTITION OF orders DEFAULT;
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMENT ON TABLE orders IS E'What was bought,\nby <whom>.';
COMMENT ON COLUMN orders.cents IS 'Never | nothing.';
CREATE UNIQUE INDEX orders_of_user ON orders (user_id, at) INCLUDE (status);
COMMENT ON INDEX orders_of_user IS 'The page of orders.';
CREATE UNIQUE INDEX some_of_users ON users (email) WHERE id > 5;
CREATE UNIQUE INDEX low_of_users ON users (lower(email));
CREATE TABLE notes (order_id int, at timestamptz, FOREIGN KEY (order_id, at) REFERENCES orders);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "on ""it"" too" BEFORE UPDATE OF status ON orders FOR EACH ROW WHEN (OLD.id IS NULL)
    EXECUTE FUNCTION f('x');
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON users DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
CREATE VIEW cheap AS SELECT id FROM orders WHERE cents < 5;
CREATE SCHEMA archive;
COMMENT ON SCHEMA archive IS 'What is past.';
CREATE TABLE archive.orders (id int REFERENCES users);
CREATE SCHEMA platformdb;
CREATE TABLE platformdb.ours (id int);
CREATE EXTENSION pg_buffercache;
"""


@pytest.fixture
def shop(db: Target) -> Target:
    run(db, SHOP)
    return db


@pytest.fixture
def schemas(shop: Target) -> Iterator[dict[str, Schema]]:
    with connect(shop) as connection:
        yield {schema.name: schema for schema in read_schemas(connection)}


def table(schemas: dict[str, Schema], name: str, schema: str = "public") -> Table:
    (found,) = (each for each in schemas[schema].tables if each.name == name)
    return found


def test_schemas_hold_the_users_tables_and_views_without_partitions_and_what_extensions_brought(
    schemas: dict[str, Schema],
) -> None:
    assert {name: [each.name for each in schema.tables] for name, schema in schemas.items()} == {
        "archive": ["orders"],
        "public": ["cheap", "notes", "orders", "users"],
    }
    assert [schema.comment for schema in schemas.values()] == ["What is past.", ""]
    assert [table(schemas, name).kind for name in ("cheap", "orders", "users")] == [
        "view",
        "partitioned table",
        "table",
    ]


def test_a_table_is_read_with_all_that_belongs_to_it(schemas: dict[str, Schema]) -> None:
    orders = table(schemas, "orders")
    assert orders.comment == "What was bought,\nby <whom>."
    assert orders.partition_key == "RANGE (at)"
    assert orders.columns == (
        Column("id", "integer", False, "", ""),
        Column("at", "timestamp with time zone", False, "now()", ""),
        Column("user_id", "integer", False, "", ""),
        Column("status", "status", False, "'new'::status", ""),
        Column("cents", "numeric(10,2)", True, "", "Never | nothing."),
        Column("total", "numeric", True, "GENERATED ALWAYS AS (cents * 2::numeric) STORED", ""),
    )
    assert orders.constraints == (
        Constraint("orders_cents_check", "check", ("cents",), "CHECK (cents > 0::numeric)"),
        Constraint("orders_pkey", "primary key", ("id", "at"), "PRIMARY KEY (id, at)"),
    )
    definition = "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE"
    assert orders.foreign_keys == (
        ForeignKey("orders_user_id_fkey", "foreign key", ("user_id",), definition, "public", "users"),
    )
    (index,) = orders.indexes
    assert index.definition.endswith("USING btree (user_id, at) INCLUDE (status)")
    assert (index.key, index.comment) == (("user_id", "at"), "The page of orders.")
    timing = "BEFORE UPDATE OF status FOR EACH ROW WHEN (old.id IS NULL)"
    assert orders.triggers == (Trigger('on "it" too', timing, "f"),)


def test_an_identity_says_so_where_a_default_would_stand(schemas: dict[str, Schema]) -> None:
    assert table(schemas, "users").columns[0].default == "GENERATED ALWAYS AS IDENTITY"


def test_a_trigger_that_waits_says_so(schemas: dict[str, Schema]) -> None:
    (trigger,) = table(schemas, "users").triggers
    assert trigger.timing == "CONSTRAINT AFTER INSERT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW"


def test_only_what_makes_all_rows_unique_is_a_key(schemas: dict[str, Schema]) -> None:
    users = table(schemas, "users")
    assert {index.name: index.key for index in users.indexes} == {"some_of_users": (), "low_of_users": ()}
    assert set(users.unique_keys) == {("id",), ("email",)}
    assert isinstance(users.indexes[0], Index)


def test_a_key_to_a_partitioned_table_is_one_key(schemas: dict[str, Schema]) -> None:
    (key,) = table(schemas, "notes").foreign_keys
    assert (key.columns, key.shown) == (("order_id", "at"), "orders")


def test_enums_have_their_labels_in_order(schemas: dict[str, Schema]) -> None:
    assert schemas["public"].enums == (
        Enum("public", "status", ("new", "paid", "gone | lost"), "How an order stands."),
    )


def test_names_are_the_same_for_a_role_with_another_search_path(shop: Target, schemas: dict[str, Schema]) -> None:
    with connect(shop, options="-c search_path=archive") as connection:
        assert read_schemas(connection) == tuple(schemas.values())
        assert connection.execute("SHOW search_path").fetchone() == ("archive",)


def test_the_diagram_has_a_partitioned_table_once_and_no_view(shop: Target) -> None:
    report = describe_schema(shop, form=Form.MERMAID, columns=False)
    assert report.raw == (
        "erDiagram\n"
        '    orders |o--o{ notes : "order_id, at"\n'
        '    users |o--o{ "archive.orders" : "id"\n'
        '    users ||--o{ orders : "user_id"'
    )


def test_the_page_has_a_part_for_every_schema_and_nothing_that_markdown_would_swallow(shop: Target) -> None:
    page = describe_schema(shop, form=Form.MARKDOWN).raw or ""
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## archive", "## public"]
    for line in (
        "What is past.",
        "### archive.orders",
        "What was bought, by \\<whom>.",
        "Partitioned by `RANGE (at)`.",
        r"| `cents` | `numeric(10,2)` | yes |  |  | Never \| nothing. |",
        "| `user_id` | `integer` | no |  | [users](#users) |  |",
        "| [archive.orders](#archiveorders) | table |",
        "| `orders_of_user` | `UNIQUE btree (user_id, at) INCLUDE (status)` | The page of orders. |",
        '| `on "it" too` | `BEFORE UPDATE OF status FOR EACH ROW WHEN (old.id IS NULL)` | `f` |',
        r"| `status` | `new`, `paid`, `gone \| lost` | How an order stands. |",
    ):
        assert line in page.splitlines(), line
    assert page.count("```mermaid\n") == 2


def test_a_page_depends_on_the_schema_alone(shop: Target) -> None:
    first = describe_schema(shop, form=Form.MARKDOWN).raw
    run(shop, "INSERT INTO users (email) VALUES ('a'); ALTER TABLE notes OWNER TO CURRENT_USER; ANALYZE")
    assert describe_schema(shop, form=Form.MARKDOWN).raw == first


def test_describing_changes_nothing(shop: Target) -> None:
    before = picture(shop)
    describe_schema(shop, form=Form.MARKDOWN)
    assert picture(shop) == before


def test_patterns_choose_tables_and_what_these_refer_to_is_a_box(shop: Target) -> None:
    chosen = describe_schema(shop, form=Form.MERMAID, tables=("archive.*",)).raw or ""
    assert chosen.splitlines()[1:] == [
        '    "archive.orders" {',
        '        integer id FK "nullable"',
        "    }",
        '    users |o--o{ "archive.orders" : "id"',
    ]


def test_a_pattern_that_fits_no_table_is_refused(shop: Target) -> None:
    with pytest.raises(ConfigError, match="no table fits 'user'"):
        describe_schema(shop, tables=("users", "user"))


@pytest.mark.parametrize(("name", "begin"), [("a.md", "# "), ("a.mmd", "erDiagram\n"), ("a.markdown", "# ")])
def test_a_file_holds_what_its_name_says(shop: Target, tmp_path: Path, name: str, begin: str) -> None:
    (tmp_path / name).write_text("an older one")
    report = describe_schema(shop, output=tmp_path / name)
    assert (tmp_path / name).read_text().startswith(begin)
    assert report.summary == (f"4 tables, 1 view, 1 enum, written to {tmp_path / name}")
    assert (report.raw, report.tables) == (None, ())


def test_a_file_whose_name_says_nothing_is_refused_unless_a_format_is_given(shop: Target, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="what shall"):
        describe_schema(shop, output=tmp_path / "a.txt")
    describe_schema(shop, output=tmp_path / "a.txt", form=Form.MERMAID)
    assert (tmp_path / "a.txt").read_text().startswith("erDiagram\n")


def test_a_file_that_cannot_be_written_is_refused(shop: Target, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot write .*: No such file"):
        describe_schema(shop, output=tmp_path / "none" / "a.md")


@pytest.mark.newest_server
def test_an_empty_database_has_no_tables(db: Target) -> None:
    assert describe_schema(db).summary == "0 tables"
    assert describe_schema(db, form=Form.MERMAID).raw == "erDiagram"


# On the command line


@pytest.mark.newest_server
def test_the_command_lists_the_tables(shop: Target, project: Project) -> None:
    said = call(shop, project, "schema", "docs", "--tables", "*orders")
    assert said.code == 0
    assert [re.split("  +", line) for line in said.out.splitlines()[2:]] == [
        ["tables"],
        ["name", "kind", "columns", "refers to", "what it holds"],
        ["archive.orders", "table", "1", "users"],
        ["orders", "partitioned table", "6", "users", "What was bought, by <whom>."],
    ]


@pytest.mark.newest_server
def test_the_command_prints_a_diagram_and_nothing_else(shop: Target, project: Project) -> None:
    said = call(shop, project, "schema", "docs", "--format", "mermaid", "--no-columns", "--tables", "users")
    assert (said.code, said.out, said.err) == (0, "erDiagram\n    users\n", "")


@pytest.mark.newest_server
def test_the_command_gives_programs_the_whole_schema(shop: Target, project: Project) -> None:
    data = as_json(shop, project, "schema", "docs").envelope["data"]
    assert [schema["name"] for schema in data["schemas"]] == ["archive", "public"]
    users = data["schemas"][1]["tables"][-1]
    assert users["columns"][1] == {
        "name": "email",
        "type": "text",
        "nullable": False,
        "default": "",
        "comment": "",
    }


@pytest.mark.newest_server
def test_with_json_a_file_is_written_as_well(shop: Target, project: Project) -> None:
    said = as_json(shop, project, "schema", "docs", "--output", "schema.mmd")
    assert said.envelope["ok"]
    assert (project.root / "schema.mmd").read_text().startswith("erDiagram\n")


@pytest.mark.newest_server
def test_a_format_that_no_schema_has_is_a_mistake(shop: Target, project: Project) -> None:
    said = call(shop, project, "schema", "docs", "--format", "svg")
    assert said.code == 2
    assert "mermaid" in said.err
    assert call(shop, project, "status", "--format", "mermaid").code == 2
