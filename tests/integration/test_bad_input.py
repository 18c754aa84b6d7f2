"""Input that cannot be right, from the command line to the server: one clear message, and nothing changed."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from catalog import history, picture, relations, rows, run
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from projects import Project

GOOD = {"phases/001_a.sql": "CREATE TABLE a (x int);\n"}
MEGABYTE = 1 << 20

# What stands in phases/002_b.sql, and what must be said of it: the message's words, and line and column.
UNREADABLE: dict[str, tuple[str | bytes, str, tuple[int, int]]] = {
    "another encoding": ("SELECT 1;\nSELECT 'größer';\n".encode("latin-1"), "not UTF-8: byte 0xf6", (2, 11)),
    "a NUL byte": (b"SELECT 1;\nSELECT '\0';\n", "NUL byte", (2, 9)),
    "UTF-16, little end first": (b"\xff\xfe" + "SELECT 1;\n".encode("utf-16-le"), "UTF-16", (1, 1)),
    "UTF-16, big end first": (b"\xfe\xff" + "SELECT 1;\n".encode("utf-16-be"), "UTF-16", (1, 1)),
    "a string": ("SELECT '漢', 'it\n", "this string never ends", (1, 13)),
    "a dollar quote": ("SELECT 1;\nDO $x$ BEGIN END $X$;\n", "dollar-quoted string never ends", (2, 4)),
    "a comment": ("SELECT 1; /* a /* b */\n", "this comment never ends", (1, 11)),
    "a directive": ("-- platformdb: lock_timout=2s\nSELECT 1;\n", "lock_timout", (1, 16)),
    "a variable": ("-- platformdb: template=on\nSELECT {{ nobody }};\n", "undefined variable 'nobody'", (2, 11)),
    "a psql command": ("SELECT 1;\n\\gexec\n", r"psql's command \gexec does not run here", (2, 1)),
    "a syntax error": ("SELECT 1;\n\n  SELEC 2;\n", 'syntax error at or near "SELEC"', (3, 3)),
}


def refused(db: Target, project: Project, *arguments: str) -> Said:
    """Runs migrate, which must refuse: nothing may have happened to the database, not even a schema."""
    before = picture(db)
    said = as_json(db, project, "migrate", *arguments)
    assert said.code in {2, 3}, said.everything
    assert picture(db) == before
    return said


def said_of_a_failure(db: Target, project: Project) -> str:
    said = call(db, project, "migrate")
    assert said.code == 4, said.everything
    assert "Traceback" not in said.err
    return said.err


def caret(text: str) -> tuple[str, str]:
    """The line of the file that a message shows, and what stands above the caret."""
    lines = text.splitlines()
    (number,) = (n for n, line in enumerate(lines) if line.strip().startswith("|") and line.endswith("^"))
    shown = lines[number - 1].partition("| ")[2]
    wide = lines[number].partition("| ")[2].index("^")
    column = next(n for n in range(len(shown) + 1) if cells(shown[:n]) == wide)
    return shown, shown[column : column + 4]


def cells(text: str) -> int:
    """How wide a text is on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) == "W" else 1 for character in text)


class TestFiles:
    @pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
    def test_what_cannot_be_read_is_refused_with_its_place(
        self, db: Target, project: Project, content: tuple[str | bytes, str, tuple[int, int]]
    ) -> None:
        text, words, (line, column) = content
        project.write({**GOOD, "phases/002_b.sql": text})
        (finding,) = refused(db, project).envelope["findings"]
        assert words in finding["message"]
        assert finding["place"] == {"name": "phases/002_b.sql", "line": line, "column": column}
        assert finding["help"]

    @pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
    def test_the_text_shows_the_line_and_a_caret(
        self, db: Target, project: Project, content: tuple[str | bytes, str, tuple[int, int]]
    ) -> None:
        text, words, (line, column) = content
        project.write({**GOOD, "phases/002_b.sql": text})
        said = call(db, project, "migrate")
        assert (said.code, said.out) == (3, "")
        assert words in said.err
        assert f"at phases/002_b.sql:{line}:{column}" in said.err
        assert caret(said.err)

    def test_two_files_of_one_version_are_refused(self, db: Target, project: Project) -> None:
        project.write({**GOOD, "phases/1_b.sql": "SELECT 1;"})
        assert refused(db, project).rules == ["version-duplicated"]

    def test_a_folder_in_the_place_of_a_file_is_refused(self, db: Target, project: Project) -> None:
        project.write({**GOOD, "phases/002_x.sql/003_y.sql": "SELECT 1;"})
        (finding,) = refused(db, project).envelope["findings"]
        assert finding["message"] == "cannot read phases/002_x.sql: Is a directory"

    def test_links_that_lead_round_are_refused(self, db: Target, project: Project) -> None:
        project.write({**GOOD, "sql/views/v.sql": "CREATE VIEW v AS SELECT 1;"})
        (project.root / "phases" / "002_loop.sql").symlink_to("002_loop.sql")
        (project.root / "sql" / "views" / "again").symlink_to(".")
        findings = refused(db, project).envelope["findings"]
        assert [finding["place"]["name"] for finding in findings] == ["phases/002_loop.sql", "sql/views/again"]
        assert "leads back to itself" in findings[0]["help"]

    def test_everything_that_is_wrong_is_said_at_once(self, db: Target, project: Project) -> None:
        files = {f"phases/{number:03}_x.sql": text for number, (text, *_) in enumerate(UNREADABLE.values(), 2)}
        project.write({**GOOD, **files})
        findings = refused(db, project).envelope["findings"]
        assert [words for _, words, _ in UNREADABLE.values()] == [
            words for (_, words, _), finding in zip(UNREADABLE.values(), findings, strict=True)
            if words in finding["message"]
        ]  # fmt: skip

    def test_a_bad_file_stops_the_good_one_before_it(self, db: Target, project: Project) -> None:
        run(db, "CREATE TABLE here ()")
        project.write({**GOOD, "phases/002_b.sql": "SELEC"})
        refused(db, project)
        assert relations(db) == {"here"}

    @pytest.mark.parametrize("text", ["", "\n\n", "-- later\n", "/* later */", "\ufeff", ";;\n"])
    def test_a_file_without_statements_is_recorded_and_remarked_upon(
        self, db: Target, project: Project, text: str
    ) -> None:
        project.write({"phases/001_a.sql": text})
        said = as_json(db, project, "migrate")
        assert (said.code, said.rules) == (0, ["empty"])
        assert [row[2:5] for row in history(db)] == [("001", "a", "applied")]
        assert as_json(db, project, "status", "--check").code == 0

    @pytest.mark.newest_server
    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read_is_refused(self, db: Target, project: Project) -> None:
        project.write(GOOD)
        (project.root / "phases" / "001_a.sql").chmod(0)
        (finding,) = refused(db, project).envelope["findings"]
        assert "Permission denied" in finding["message"]


class TestSize:
    @pytest.mark.newest_server
    def test_a_statement_of_fifty_megabytes_is_a_statement(self, db: Target, project: Project) -> None:
        self.write_rows(project.root / "phases", 50 * MEGABYTE)
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT count(*) > 400000, max(length(y)) FROM t") == [(True, 105)]

    @pytest.mark.newest_server
    def test_a_mistake_in_the_middle_of_it_has_its_line(self, db: Target, project: Project) -> None:
        line = self.write_rows(project.root / "phases", 8 * MEGABYTE, mistake="(0, ,'x'),")
        said = said_of_a_failure(db, project)
        assert f"at phases/001_rows.sql:{line}:5" in said
        assert caret(said) == ("(0, ,'x'),", ",'x'")
        assert relations(db) == set()

    @pytest.mark.newest_server
    def test_so_has_a_string_in_it_that_never_ends(self, db: Target, project: Project) -> None:
        line = self.write_rows(project.root / "phases", 8 * MEGABYTE, mistake="(0, 'it''s),")
        (finding,) = refused(db, project).envelope["findings"]
        assert finding["message"] == "this string never ends"
        assert finding["place"]["line"] > line
        assert "the statement begins in line 2" in finding["help"]

    @pytest.mark.newest_server
    def test_one_bad_file_among_thousands_is_the_one_that_is_named(self, db: Target, project: Project) -> None:
        files = {f"phases/{number}_t.sql": f"CREATE TABLE t{number} ();" for number in range(1, 3001)}
        project.write({**files, "phases/2500_t.sql": "CREATE TABEL t ();"})
        (finding,) = refused(db, project).envelope["findings"]
        assert finding["place"] == {"name": "phases/2500_t.sql", "line": 1, "column": 8}
        said = as_json(db, project, "status")
        assert said.envelope["data"]["counts"]["pending"] == 2999

    @staticmethod
    def write_rows(folder: Path, size: int, *, mistake: str = "") -> int:
        """One INSERT of about so many bytes; returns the line on which its mistake stands."""
        folder.mkdir()
        row = f"(1, '{'x' * 100} it''s'),\n"
        many = size // len(row) // 2
        text = (
            f"CREATE TABLE t (x int, y text);\nINSERT INTO t VALUES\n{row * many}{mistake}\n{row * many}(2, 'end');\n"
        )
        (folder / "001_rows.sql").write_text(text)
        return many + 3


EXTENSIONS = "CREATE TABLE a ();\nCREATE EXTENSION IF NOT EXISTS postgis;\nCREATE EXTENSION nosuch CASCADE;\n"


def test_extensions_the_server_lacks_are_named_before_anything_runs(db: Target, project: Project) -> None:
    project.write({**GOOD, "phases/002_b.sql": EXTENSIONS})
    findings = refused(db, project).envelope["findings"]
    assert [(finding["rule"], finding["place"]["line"]) for finding in findings] == [
        ("extension-unavailable", 2),
        ("extension-unavailable", 3),
    ]
    assert "postgis-3" in findings[0]["help"]


ROWS = "".join(f"({number}, 'é{number}'),\n" for number in range(3000))
LONG = "x" * 9 * MEGABYTE
ONE_VARIABLE = '[variables]\nschema = "a_name_longer_than_what_it_stands_for"\n'

# The file, what the server says, the place, and what the caret points at.
FAILING: dict[str, tuple[dict[str, str], str, str, str]] = {
    "a plain file": ({"phases/001_a.sql": "SELECT 1;\nSELECT nope;\n"}, "42703", "phases/001_a.sql:2:8", "nope"),
    "wide characters": (
        {"phases/001_a.sql": "SELECT 1;\nSELECT '漢字', '😀', nope;\n"}, "42703", "phases/001_a.sql:2:19", "nope"
    ),
    "a statement of several lines": (
        {"phases/001_a.sql": "-- why\nSELECT 1,\n\n  'ö',\n  nope -- here\nFROM pg_class;\n"},
        "42703", "phases/001_a.sql:5:3", "nope",
    ),
    "a template": (
        {
            "platformdb.toml": ONE_VARIABLE,
            "phases/001_a.sql": "CREATE SCHEMA {{ schema }};\nSELECT '{{ schema }}', nope;\n",
        },
        "42703", "phases/001_a.sql:2:24", "nope",
    ),
    "a loop of a template": (
        {"phases/001_a.sql": "-- platformdb: template=on\n{% for x in [1] %}\nSELECT {{ x }}, nope;\n{% endfor %}\n"},
        "42703", "phases/001_a.sql:3:17", "nope",
    ),
    "an included file": (
        {"phases/001_a.sql": "SELECT 1;\n\\ir ../parts/b.sql\n", "parts/b.sql": "SELECT 2;\nSELECT 3,\n nope;\n"},
        "42703", "parts/b.sql:3:2", "nope",
    ),
    "an INSERT of many rows": (
        {"phases/001_a.sql": f"CREATE TABLE a (x int, y text);\nINSERT INTO a VALUES\n{ROWS}('z', 1);\n"},
        "22P02", "phases/001_a.sql:3003:2", "'z',",
    ),
    "the body of a function": (
        {"phases/001_a.sql": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 'ö',\n    nope $$;\n"},
        "42703", "phases/001_a.sql:3:5", "nope",
    ),
    "Windows line ends": (
        {"phases/001_a.sql": "\ufeffSELECT 1;\r\nSELECT\r\n  nope;\r\n"}, "42703", "phases/001_a.sql:3:3", "nope"
    ),
    "rows of COPY": (
        {"phases/001_a.sql": "CREATE TABLE a (x int);\nCOPY a FROM stdin;\n1\n2\nthree\n\\.\nSELECT 1;\n"},
        "22P02", "phases/001_a.sql:5:1", "thre",
    ),
    "rows of COPY that come twice": (
        {"phases/001_a.sql": "CREATE TABLE a (x int PRIMARY KEY);\nCOPY a FROM stdin;\n1\n2\n1\n\\.\n"},
        "23505", "phases/001_a.sql:5:1", "1",
    ),
    "rows of COPY in a large file": (
        {
            "phases/001_a.sql": "CREATE TABLE a (x int, y text);\nCOPY a (y) FROM stdin;\n"
            f"{LONG}\n\\.\nCOPY a FROM stdin;\n1\tone\ntwo\ttwo\n\\.\n"
        },
        "22P02", "phases/001_a.sql:7", "",
    ),
    "a statement outside transactions": (
        {"phases/001_a.sql": "CREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY\n  a_y ON a (nope);\n"},
        "42703", "phases/001_a.sql:2:1", "CREA",
    ),
}  # fmt: skip


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING)
def test_the_servers_error_is_shown_in_the_file(
    db: Target, project: Project, failing: tuple[dict[str, str], str, str, str]
) -> None:
    files, code, place, under = failing
    said = said_of_a_failure(db, project.write(files))
    assert f"SQLSTATE: {code}" in said
    assert f"at {place}\n" in said
    assert not under or caret(said)[1] == under


@pytest.mark.newest_server
@pytest.mark.parametrize("before", [0, 50, 900])
@pytest.mark.parametrize("after", [0, 50, 900])
def test_of_a_very_long_line_only_what_is_around_the_caret_is_shown(
    db: Target, project: Project, before: int, after: int
) -> None:
    project.write({"phases/001_a.sql": f"SELECT {'1, ' * before}'漢', nope{', 2' * after};"})
    said = said_of_a_failure(db, project)
    assert f"at phases/001_a.sql:1:{13 + 3 * before}" in said
    shown, under = caret(said)
    assert under == "nope"
    assert len(shown) <= 210


# What is not SQL and stands in SQL files all the same, and the word that the advice must have.
MISTAKES = {
    "a blank that is none": ("SELECT\u00a01;", "U+00A0"),
    "a mark between files that were put together": ("SELECT 1;\n\ufeffSELECT 2;", "U+FEFF"),
    "a conflict": ("SELECT 1;\n<<<<<<< HEAD\nSELECT 2;\n=======\nSELECT 3;\n>>>>>>> x\n", "merge conflict"),
    "another database's quotes": ("CREATE TABLE `x` (id int);", 'names with "'),
    "psql's variables": ("SELECT :name;", "[variables]"),
    "a plain mistake": ("SELEC 1;", "correct the SQL"),
}


@pytest.mark.newest_server
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_that_are_known_have_advice_of_their_own(
    db: Target, project: Project, mistake: tuple[str, str]
) -> None:
    text, advice = mistake
    (finding,) = refused(db, project.write({"phases/001_a.sql": text})).envelope["findings"]
    assert advice in finding["help"]


def test_the_servers_detail_and_hint_are_shown(db: Target, project: Project) -> None:
    body = "RAISE EXCEPTION 'no room' USING DETAIL = 'two are there', HINT = 'take one away', ERRCODE = 'P0099';"
    project.write({"phases/001_a.sql": f"SELECT 1;\nDO $$ BEGIN {body} END $$;\n"})
    said = said_of_a_failure(db, project)
    for part in ("no room", "SQLSTATE: P0099", "detail: two are there", "hint: take one away", "001_a.sql:2:1"):
        assert part in said
