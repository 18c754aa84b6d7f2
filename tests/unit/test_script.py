from __future__ import annotations

from collections.abc import Mapping

import pytest

from platformdb.errors import Refused
from platformdb.sqltext.script import read_script
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement

# One as pg_dump writes it (18.0, shortened).
DUMP = r"""--
-- PostgreSQL database dump
--

\restrict 3CzIcW6KcEnOd1

SET statement_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION public.f() RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN true THEN 1
             ELSE 2
         END AS "case";
END;

CREATE TABLE public.t (
    a integer,
    b text DEFAULT 'x;y'::text
);

COPY public.t (a, b) FROM stdin;
1	a\\b
2	\N
\.

SELECT pg_catalog.setval('public.s', 3, true);

\unrestrict 3CzIcW6KcEnOd1

"""


class Files:
    """Included files by name, and what was asked for."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.asked: list[tuple[str, bool, str]] = []
        self.echoed: list[str] = []

    def include(self, name: str, relative: bool, source: Source) -> Source:
        self.asked.append((name, relative, source.name))
        return Source(name, self.texts[name.removesuffix(".sql")])

    def read(self, text: str) -> tuple[SqlStatement, ...]:
        return read_script(Source("a.sql", text), include=self.include, echo=self.echoed.append)


def sql(text: str, **texts: str) -> list[str]:
    return [statement.sql for statement in Files(**texts).read(text)]


def refused(text: str, **texts: str) -> Refused:
    with pytest.raises(Refused) as caught:
        Files(**texts).read(text)
    return caught.value


def test_a_dump_is_a_script() -> None:
    statements = Files().read(DUMP)
    assert [statement.kind for statement in statements] == [
        "variable_set_stmt", "variable_set_stmt", "select_stmt", "create_function_stmt", "create_stmt", "copy_stmt",
        "select_stmt",
    ]  # fmt: skip
    data = statements[5].data
    assert data is not None
    assert b"".join(data.chunks()) == b"1\ta\\\\b\n2\t\\N\n"
    assert (
        str(statements[6].origin.place(0))
        == f"a.sql:{DUMP[: DUMP.index('SELECT pg_catalog.setval')].count(chr(10)) + 1}:1"
    )


def test_statements_of_an_included_file_stand_where_it_is_included() -> None:
    files = Files(b="SELECT 2;\n\\ir c.sql\nSELECT 4;", c="SELECT 3")
    found = files.read("SELECT 1; \\i b.sql\nSELECT 5;\n")
    assert [statement.sql[-1] for statement in found] == ["1", "2", "3", "4", "5"]
    assert files.asked == [("b.sql", False, "a.sql"), ("c.sql", True, "b.sql")]
    assert [str(statement.origin.place(7)) for statement in found] == [
        "a.sql:1:8", "b.sql:1:8", "c.sql:1:8", "b.sql:3:8", "a.sql:2:8",
    ]  # fmt: skip


def test_the_long_names_of_the_includes_work_too() -> None:
    files = Files(b="SELECT 1")
    assert len(files.read("\\include b.sql\n\\include_relative b.sql")) == 2
    assert [relative for _, relative, _ in files.asked] == [False, True]


def test_a_syntax_error_in_an_included_file_is_placed_there() -> None:
    assert str(refused("\\i b.sql", b="SELECT 1;\nSELEC 2").place) == "b.sql:2:1"


def test_a_file_may_be_included_twice_but_not_by_itself() -> None:
    assert sql("\\i b.sql\n\\i b.sql", b="SELECT 1") == ["SELECT 1"] * 2
    error = refused("\\i b.sql", b="SELECT 1;\n  \\i c.sql", c="\\i b.sql")
    assert error.message == "files include each other: b.sql → c.sql → b.sql"
    assert str(error.place) == "c.sql:1:1"


@pytest.mark.parametrize(
    ("line", "echoed"),
    [
        ("\\echo done", ["done"]),
        ("\\echo  a   'b  c' \t d", ["a b  c d"]),
        ("\\echo", [""]),
        ("\\echo -n x", ["x"]),
        (r"\echo 'it''s' 'a\nb\x41\101\q'", ["it's a\nbAAq"]),
        (r"\echo a'b c'd: :x", ["ab cd: :x"]),
        ("-- \\echo no", []),
    ],
)
def test_what_is_echoed_is_handed_on(line: str, echoed: list[str]) -> None:
    files = Files()
    assert files.read(f"{line}\nSELECT 1") != ()
    assert files.echoed == echoed


def test_a_quoted_file_name_may_have_blanks() -> None:
    files = Files(**{"b c": "SELECT 1"})
    files.read("\\i 'b c.sql' \r\n")
    assert files.asked[0][0] == "b c.sql"


@pytest.mark.parametrize(
    ("line", "message", "place"),
    [
        ("\\i", "takes one file, not 0", "a.sql:2:1"),
        ("\\ir a b", "takes one file, not 2", "a.sql:2:1"),
        ("\\i a\\b.sql", "\\ in the arguments", "a.sql:2:5"),
        ("\\echo `date`", "` in the arguments", "a.sql:2:7"),
        ("\\echo 'a", "' in the arguments", "a.sql:2:7"),
        ("\\echo a \\echo b", "\\ in the arguments", "a.sql:2:9"),
    ],
)
def test_arguments_that_are_not_understood_are_refused(line: str, message: str, place: str) -> None:
    error = refused(f"SELECT 1;\n{line}\n")
    assert message in error.message
    assert str(error.place) == place


ADVICE: Mapping[str, str] = {
    "set x 1": "[variables]",
    "if :x": "{% if",
    "connect other": "one database",
    "copy t from 'x'": "COPY … FROM stdin",
    "gexec": "EXECUTE",
    "! rm -rf /": "outside",
    "timing on": "remove it",
    ".": "no COPY",
    "": "remove it",
}


@pytest.mark.parametrize(("command", "advice"), ADVICE.items())
def test_every_other_command_is_refused_with_advice(command: str, advice: str) -> None:
    error = refused(f"SELECT 1;\n \\{command}\n")
    assert f"\\{command.split(' ')[0]} does not run here" in error.message
    assert advice in error.help
    assert all(f"\\{known}" in error.help for known in ("i", "ir", "echo", "restrict", "unrestrict"))
    assert str(error.place) == "a.sql:2:2"


def test_all_refused_commands_of_a_file_are_named_at_once() -> None:
    error = refused("\\set a 1\n\\echo x\nSELECT 1;\n\\timing\n\\pset x\n")
    assert str(error.place) == "a.sql:1:1"
    assert error.detail == "line 4: \\timing\nline 5: \\pset"


def test_nothing_is_included_or_echoed_by_a_file_that_is_refused() -> None:
    files = Files()
    with pytest.raises(Refused):
        files.read("\\echo x\n\\i b.sql\n\\quit\n")
    assert (files.asked, files.echoed) == ([], [])
