"""dbmate, goose and sql-migrate: files with marks, of which platformdb runs what the tool runs, in its order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layouts import errors, laid_out, refusals, remarks, statements, versions
from platformdb.config import Config
from platformdb.errors import ConfigError, Refused
from platformdb.migrations.layouts import dbmate, goose, sql_migrate
from platformdb.migrations.layouts.sections import part_of
from platformdb.migrations.load import load_all
from platformdb.migrations.model import Kind
from platformdb.migrations.read import list_files
from platformdb.migrations.reading import Side
from platformdb.project import Platform, find_platform
from platformdb.sqltext.source import Source
from platformdb.variables import Variable

CUTS = {"dbmate": dbmate.cut, "goose": goose.cut, "sql-migrate": sql_migrate.cut}
MARKS = {
    "dbmate": ("-- migrate:up", "-- migrate:down"),
    "goose": ("-- +goose Up", "-- +goose Down"),
    "sql-migrate": ("-- +migrate Up", "-- +migrate Down"),
}
each_tool = pytest.mark.parametrize("tool", CUTS)


def parts(tool: str, text: str) -> dict[str, list[str]]:
    """What a file holds for each way."""
    found = CUTS[tool](Source("f.sql", text))
    return {side: [text[s.start : s.end].strip() for s in found if s.side == side] for side in ("up", "down")}


def why(cut: Callable[[Source], object], text: str) -> str:
    with pytest.raises(Refused) as refused:
        cut(Source("f.sql", text))
    assert refused.value.help
    return f"{refused.value.place}: {refused.value.message}"


def one_file(tmp_path: Path, text: str) -> Platform:
    return laid_out(tmp_path, {"1_a.sql": text})


# What they share


@each_tool
def test_a_file_holds_both_ways(tmp_path: Path, tool: str) -> None:
    up, down = MARKS[tool]
    platform = one_file(tmp_path, f"-- A licence.\n\n{up}\nSELECT 1;\nSELECT ';';\n{down}\nSELECT 2;\n")
    files = list_files(platform)
    (file,) = files.migrations
    assert file.reading is not None
    assert file.reading.layout == tool
    assert statements(platform) == {"1": ["SELECT 1", "SELECT ';'"]}
    (undo,) = load_all(files.undo.values(), platform, {}).migrations.values()
    assert [s.sql for segment in undo.segments for s in segment.statements] == ["SELECT 2"]
    assert not files.findings


@each_tool
def test_line_ends_of_windows_and_a_missing_last_one(tool: str) -> None:
    up, down = MARKS[tool]
    assert parts(tool, f"{up}\r\nSELECT 1;\r\n{down}\r\nSELECT 2") == {"up": ["SELECT 1;"], "down": ["SELECT 2"]}


@each_tool
def test_a_file_without_a_way_back_and_an_empty_one_can_be_read(tool: str) -> None:
    up, _ = MARKS[tool]
    assert parts(tool, f"{up}\nSELECT 1;") == {"up": ["SELECT 1;"], "down": []}
    assert parts(tool, f"{up}\n") == {"up": [], "down": []}
    assert parts(tool, "") == {"up": [], "down": []}
    assert parts(tool, "-- only a comment\n") == {"up": [], "down": []}


@each_tool
def test_a_mark_in_a_string_parts_the_file_as_it_does_for_the_tool(tool: str) -> None:
    up, down = MARKS[tool]
    assert parts(tool, f"{up}\nSELECT $$\n{down}\n$$;") == {"up": ["SELECT $$"], "down": ["$$;"]}


@each_tool
def test_a_statement_above_the_first_mark_is_not_lost_in_silence(tool: str) -> None:
    up, _ = MARKS[tool]
    message = f"f.sql:2:3: a statement stands above '{up}', where nothing runs"
    assert why(CUTS[tool], f"/* SELECT 0; */\n  SELECT 1;\n{up}\nSELECT 2;") == message
    assert why(CUTS[tool], "-- no mark at all\n  SELECT 1;\n") == message


@each_tool
def test_a_directive_of_ours_above_the_first_mark_is_not_lost_either(tool: str) -> None:
    up, _ = MARKS[tool]
    text = f"-- a\n-- platformdb: lock_timeout=2s\n{up}\nSELECT 1;"
    assert why(CUTS[tool], text) == f"f.sql:2:1: a directive above '{up}', where nobody reads it"


@each_tool
def test_the_marks_of_two_tools_in_one_folder_are_refused(tmp_path: Path, tool: str) -> None:
    others = {f"{at}_x.sql": MARKS[each][0] for at, each in enumerate(MARKS, 1) if each != tool}
    with pytest.raises(ConfigError, match="holds files of two tools"):
        list_files(laid_out(tmp_path, others))


@each_tool
def test_places_are_those_of_the_file(tmp_path: Path, tool: str) -> None:
    up, _ = MARKS[tool]
    platform = one_file(tmp_path, f"-- a\n{up}\nSELECT 1;\n  SELEC 2;\n")
    assert refusals(platform) == ['1_a.sql:4:3: syntax error at or near "SELEC"']


# dbmate


@pytest.mark.parametrize(
    ("mark", "alone"),
    [
        ("-- migrate:up transaction:false", True),
        ("--migrate:up  transaction:false ", True),
        ("-- migrate:up transaction:true", False),
        ("-- migrate:up adds the table of users", False),
        ("-- migrate:up", False),
    ],
)
def test_dbmates_options(mark: str, alone: bool) -> None:
    found = dbmate.cut(Source("f.sql", f"{mark}\nSELECT 1;\n-- migrate:down\nSELECT 2;"))
    assert [(section.side, section.alone) for section in found if section.side is not Side.MARK] == [
        (Side.UP, alone),
        (Side.DOWN, False),
    ]


def test_outside_transactions_each_statement_runs_by_itself(tmp_path: Path) -> None:
    platform = one_file(tmp_path, "-- migrate:up transaction:false\nSELECT 1;\nSELECT 2;\n-- migrate:down\n")
    (migration,) = load_all(list_files(platform).migrations, platform, {}).migrations.values()
    assert [segment.solo for segment in migration.segments] == [True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- migrate:up transaction:no\n", "1:1: '-- migrate:up transaction:no' has an unknown option, transaction:no"),
        ("-- migrate:up\n-- migrate:dwon\n", "2:1: '-- migrate:dwon' is no mark that dbmate knows"),
        ("-- migrate:up\n  -- migrate:down\n", "2:1: '-- migrate:down' is no mark that dbmate knows"),
        ("-- migrate:up\n-- Migrate: Down\n", "2:1: '-- Migrate: Down' is no mark that dbmate knows"),
        ("-- migrate:down\n", "1:1: '-- migrate:down' has no part before it that it takes back"),
        (
            "-- migrate:up\n-- migrate:down\n-- migrate:down\n",
            "3:1: '-- migrate:down' has no part before it that it takes back",
        ),
    ],
)
def test_marks_that_dbmate_would_not_read_are_refused(text: str, message: str) -> None:
    assert why(dbmate.cut, text) == f"f.sql:{message}"


def test_a_remark_that_only_looks_like_a_mark_is_none() -> None:
    text = "-- migrate:up\n-- migrate: all of them\nSELECT 1; -- migrate:down"
    assert parts("dbmate", text)["up"] == ["-- migrate: all of them\nSELECT 1; -- migrate:down"]


def test_dbmate_takes_several_parts_of_each_side() -> None:
    text = "".join(f"-- migrate:up\nSELECT {at};\n-- migrate:down\nSELECT -{at};\n" for at in (1, 2))
    assert parts("dbmate", text) == {"up": ["SELECT 1;", "SELECT 2;"], "down": ["SELECT -1;", "SELECT -2;"]}


def test_dbmates_folders_are_one_sequence_and_names_without_digits_are_none(tmp_path: Path) -> None:
    up = "-- migrate:up\n"
    files = {"b/20240101_a.sql": up, "a/20240102_b.sql": up, "a/20240103.sql": up, "a/seed.sql": ""}
    laid_out(tmp_path, files)
    found = list_files(find_platform(Config(project=tmp_path, migrations=(tmp_path / "a", tmp_path / "b"))))
    assert list(versions(found).values()) == ["a", "b", "20240103.sql"]
    assert not errors(found)
    assert remarks(found) == ["a/seed.sql belongs to no migration of dbmate: it is not run"]


def test_an_order_by_name_that_is_not_that_of_numbers_is_refused(tmp_path: Path) -> None:
    found = list_files(laid_out(tmp_path, {f"{name}.sql": "-- migrate:up\n" for name in ("9_a", "10_b")}))
    assert errors(found) == ["dbmate runs 9_a.sql after 10_b.sql, and by its number platformdb would run it before"]


def test_two_of_one_number_are_refused_where_the_tool_refuses_them(tmp_path: Path) -> None:
    found = list_files(laid_out(tmp_path, {f"1_{name}.sql": "-- migrate:up\n" for name in "ab"}))
    assert "1_b.sql has the version of 1_a.sql" in errors(found)


def test_dbmates_environment_says_where_folders_and_table_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": ""})
    assert platform.foreign is not None
    assert dbmate.DBMATE.settings(platform.foreign).locations == (tmp_path / "db/migrations",)
    monkeypatch.setenv("DBMATE_MIGRATIONS_DIR", "a,b")
    monkeypatch.setenv("DBMATE_MIGRATIONS_TABLE", "c.d")
    said = dbmate.DBMATE.settings(platform.foreign)
    assert (said.locations, said.table) == ((tmp_path / "a", tmp_path / "b"), "c.d")


# goose


def test_gooses_environment_says_where_folder_and_table_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": ""})
    assert platform.foreign is not None
    assert goose.GOOSE.settings(platform.foreign).locations == ()
    monkeypatch.setenv("GOOSE_MIGRATION_DIR", "a")
    monkeypatch.setenv("GOOSE_TABLE", "c.d")
    said = goose.GOOSE.settings(platform.foreign)
    assert (said.locations, said.table) == ((tmp_path / "a",), "c.d")


def test_a_statement_of_goose_ends_at_its_mark(tmp_path: Path) -> None:
    body = "-- +goose statementbegin\nSELECT 1\n-- +goose StatementEnd\nSELECT 2;\n"
    platform = one_file(tmp_path, f"-- +goose UP\n{body}-- +goose Down\n{body}")
    assert statements(platform) == {"1": ["SELECT 1", "SELECT 2"]}


def test_goose_takes_a_whole_file_out_of_transactions() -> None:
    found = goose.cut(Source("f.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;"))
    assert [section.alone for section in found if section.side is not Side.MARK] == [True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- +goose Up\n-- +goose Nonsense\n", "2:1: '-- +goose Nonsense' is no mark that goose knows"),
        ("-- +goose Up\n  -- +goose Down\n", "2:1: '-- +goose Down' is no mark that goose knows"),
        ("-- +goose Up\n-- +gooseDwn\n", "2:1: '-- +gooseDwn' is no mark that goose knows"),
        ("-- +goose Up -- now\n", "1:1: '-- +goose Up -- now' is no mark that goose knows"),
        ("-- +goose Down\n", "1:1: '-- +goose Down' does not fit to the marks above it"),
        ("-- +goose Up\n-- +goose Up\n", "2:1: '-- +goose Up' does not fit to the marks above it"),
        ("-- +goose Up\n-- +goose StatementEnd\n", "2:1: '-- +goose StatementEnd' does not fit to the marks above it"),
        (
            "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n",
            "3:1: '-- +goose Down' does not fit to the marks above it",
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;",
            "2:1: '-- +goose StatementBegin' begins a statement that nothing ends",
        ),
    ],
)
def test_marks_that_goose_would_not_read_are_refused(text: str, message: str) -> None:
    assert why(goose.cut, text) == f"f.sql:{message}"


def test_steps_in_go_stand_in_the_sequence_and_their_tests_do_not(tmp_path: Path) -> None:
    files = {"1_a.sql": "-- +goose Up\n", "00002_b.go": "", "00002_b_test.go": "", "embed.go": "", "3_c.sql": ""}
    found = list_files(laid_out(tmp_path, files))
    assert [(file.version, file.language) for file in found.migrations] == [("1", ""), ("00002", "Go"), ("3", "")]
    assert not found.findings


def goose_fills(text: str, environment: dict[str, str], **given: str) -> str:
    """A file's parts after its variables are filled in."""
    source = Source("f.sql", text)
    read = goose.READING.fill
    values = {name: Variable(value) for name, value in given.items()}
    sections = [section for section in goose.cut(source) if section.side is Side.UP]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return "".join(read(part_of(source, section), values).text for section in sections)


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("${REGION}_t $REGION.", "eu_t eu."),
        ("${NONE:-a b} ${EMPTY:-c} ${NONE-d} [${EMPTY-e}]", "a b c d []"),
        ("${REGION?must be set} ${REGION:-x}", "eu eu"),
        (r"$$ \$ \\ $(x)", r"$ $ \\ $(x)"),
        ("-- ${NONE} in a comment\nSELECT 1", "-- ${NONE} in a comment\nSELECT 1"),
        ("ends with $\n", "ends with $\n"),
    ],
)
def test_gooses_variables(written: str, filled: str) -> None:
    text = f"-- +goose ENVSUB ON\n-- +goose Up\n{written}"
    assert goose_fills(text, {"REGION": "eu", "EMPTY": ""}) == filled


def test_variables_are_filled_in_only_where_the_file_says_so() -> None:
    text = "-- +goose Up\n${A};\n-- +goose ENVSUB ON\n${A};\n-- +goose ENVSUB OFF\n${A};\n"
    assert [line for line in goose_fills(text, {"A": "x"}).splitlines() if line[0] != "-"] == ["${A};", "x;", "${A};"]


def test_goose_takes_a_mark_without_a_blank_in_it() -> None:
    assert parts("goose", "--+gooseUp\nSELECT 1;\n-- +gooseDown\nSELECT 2;") == {
        "up": ["SELECT 1;"],
        "down": ["SELECT 2;"],
    }


def test_a_mark_in_one_part_counts_for_the_next() -> None:
    text = (
        "-- +goose Up\n-- +goose ENVSUB ON\n-- +goose StatementBegin\n$A\n-- +goose StatementEnd\n$A;\n"
        "-- +goose ENVSUB OFF\n-- +goose StatementBegin\n$A\n-- +goose StatementEnd\n"
    )
    assert [line for line in goose_fills(text, {"A": "x"}).splitlines() if line[0] != "-"] == ["x", "x;", "$A"]


def test_what_was_given_goes_before_the_environment() -> None:
    assert goose_fills("-- +goose ENVSUB ON\n-- +goose Up\n$A", {"A": "x"}, A="y") == "y"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("SELECT ${NONE};", "3:8: nothing says what ${NONE} stands for"),
        ("SELECT ${NONE?say who}", "3:8: nothing says what ${NONE?say who} stands for"),
        ("SELECT $1;", "3:8: a '$' that begins no variable"),
        ("SELECT ${A:1:2};", "3:8: a '$' that begins no variable"),
    ],
)
def test_what_goose_would_leave_empty_or_not_understand_is_refused(written: str, message: str) -> None:
    text = f"-- +goose ENVSUB ON\n-- +goose Up\n{written}"
    assert why(lambda source: goose_fills(source.text, {"A": "abc"}), text) == f"f.sql:{message}"


# sql-migrate


def test_parts_of_sql_migrate_may_be_repeated() -> None:
    text = "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nSELECT 2;\n-- +migrate Up\nSELECT 3;\n"
    assert parts("sql-migrate", text) == {"up": ["SELECT 1;", "SELECT 3;"], "down": ["SELECT 2;"]}


def test_a_statement_of_sql_migrate_ends_at_its_mark() -> None:
    text = "-- +migrate Up\n-- +migrate StatementBegin\nSELECT 1\n-- +migrate StatementEnd\nSELECT 2;"
    assert [part.split("\n")[-1] for part in parts("sql-migrate", text)["up"]] == ["SELECT 1", "SELECT 2;"]


def test_sql_migrate_takes_one_way_out_of_transactions() -> None:
    found = sql_migrate.cut(Source("f.sql", "-- +migrate Up notransaction\nSELECT 1;\n-- +migrate Down\nSELECT 2;"))
    assert [section.alone for section in found if section.side is not Side.MARK] == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- +migrate Up\n-- +migrate Down;\n", "2:1: '-- +migrate Down;' is no mark that sql-migrate knows"),
        ("-- +migrate up\n", "1:1: '-- +migrate up' is no mark that sql-migrate knows"),
        ("-- +migrate Up\n-- +migrateDown\n", "2:1: '-- +migrateDown' is no mark that sql-migrate knows"),
        ("-- +migrate\n", "1:1: '-- +migrate' is no mark that sql-migrate knows"),
        (" -- +migrate Up\n", "1:1: '-- +migrate Up' is no mark that sql-migrate knows"),
        (
            "-- +migrate Up noTransaction\n",
            "1:1: '-- +migrate Up noTransaction' has an unknown option, noTransaction",
        ),
        (
            "-- +migrate Up\n-- +migrate StatementBegin\nSELECT 1\n-- +migrate Down\n-- +migrate StatementEnd\n",
            "2:1: '-- +migrate StatementBegin' begins a statement that nothing ends",
        ),
    ],
)
def test_marks_that_sql_migrate_would_not_read_are_refused(text: str, message: str) -> None:
    assert why(sql_migrate.cut, text) == f"f.sql:{message}"


def test_files_of_one_number_run_by_name_as_in_sql_migrate(tmp_path: Path) -> None:
    files = {f"{name}.sql": "-- +migrate Up\n" for name in ("2-b", "02-a", "10-c", "1")}
    found = list_files(laid_out(tmp_path, files))
    assert versions(found) == {"1": "1.sql", "02": "a", "2.1": "b", "10": "c"}
    assert [file.version for file in found.undo.values()] == ["1", "02", "2.1", "10"]
    assert not found.findings


def test_names_without_a_number_in_front_run_by_name_as_in_sql_migrate(tmp_path: Path) -> None:
    files = {f"{name}.sql": "-- +migrate Up\n" for name in ("step_1_a", "step_2_b")}
    assert list(versions(list_files(laid_out(tmp_path, files))).values()) == ["step_1_a", "step_2_b"]
    later = list_files(laid_out(tmp_path, {"step_10_c.sql": "-- +migrate Up\n", "init.sql": "-- +migrate Up\n"}))
    assert errors(later) == [
        "sql-migrate runs step_1_a.sql after step_10_c.sql, and by its number platformdb would run it before",
        "init.sql has no number: sql-migrate runs it by its name, and platformdb by number",
    ]


CONFIGURATION = """\
# how we migrate
production:
  dir: elsewhere
development:
  dialect: postgres

  datasource: host=db password=hunter2 dbname=app
  dir: "db/sql"   # here
# more
  table: gone
  schema: audit
test:
  dir: nowhere
"""


def test_sql_migrates_configuration_says_where_files_and_table_are(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"dbconfig.yml": CONFIGURATION, "db/sql/1_a.sql": "-- +migrate Up\n"})
    assert platform.foreign is not None
    said = sql_migrate.SQL_MIGRATE.settings(platform.foreign)
    assert (said.locations, said.table) == ((tmp_path / "db" / "sql",), "audit.gone")
    assert "hunter2" not in repr(said)


@pytest.mark.parametrize("tool", ["dbmate", "sql-migrate"])  # goose has a way of its own
def test_declared_variables_are_filled_in_and_other_things_like_them_are_not(tmp_path: Path, tool: str) -> None:
    up, _ = MARKS[tool]
    platform = one_file(tmp_path, f"{up}\nSELECT '${{a}}', '{{{{ .a }}}}', '${{b}}';")
    loaded = load_all(list_files(platform).migrations, platform, {"a": Variable("x")})
    ((segment,),) = (migration.segments for migration in loaded.migrations.values())
    assert segment.text.strip().rstrip(";") == "SELECT 'x', 'x', '${b}'"


def test_the_way_back_is_an_undo_of_the_same_version(tmp_path: Path) -> None:
    found = list_files(one_file(tmp_path, "-- migrate:up\n-- migrate:down\n"))
    assert [(file.kind, file.version) for file in found.undo.values()] == [(Kind.UNDO, "1")]
