"""golang-migrate, sqlx, Diesel and plain numbered files: what names and the files beside them say."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from layouts import errors, laid_out, remarks, statements, versions
from platformdb.errors import ConfigError
from platformdb.migrations.layouts.diesel import DIESEL, version_of
from platformdb.migrations.layouts.sqlx import SQLX, checksum
from platformdb.migrations.load import load_all
from platformdb.migrations.model import Files, version_key
from platformdb.migrations.read import list_files
from platformdb.project import Platform
from platformdb.variables import Variable


def layout_of(platform: Platform) -> str:
    file = list_files(platform).migrations[0]
    assert file.reading is not None
    return file.reading.layout


def undone(files: Files) -> dict[str, str]:
    """The paths of undo files by the names of what they take back."""
    names = {version_key(file.version): file.name for file in files.migrations}
    return {names[key]: Path(file.path).name for key, file in files.undo.items()}


def solo(platform: Platform) -> list[list[bool]]:
    loaded = load_all(list_files(platform).migrations, platform, {})
    return [[segment.solo for segment in migration.segments] for migration in loaded.migrations.values()]


def test_a_pipe_in_a_folder_is_refused_and_nobody_waits_for_its_writer(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": ""})
    assert platform.foreign is not None
    os.mkfifo(platform.foreign.locations[0] / "2_b.sql")
    assert errors(list_files(platform)) == ["cannot read 2_b.sql: Not a regular file"]


def test_a_commit_without_begin_ends_a_transaction_as_it_does_for_the_tool(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"1_a.up.sql": "CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();\nCOMMIT;\n"})
    loaded = load_all(list_files(platform).migrations, platform, {})
    assert not loaded.findings
    (migration,) = loaded.migrations.values()
    found = [[statement.sql for statement in segment.statements] for segment in migration.segments]
    assert found == [["CREATE TABLE a ()"], ["CREATE TABLE b ()"]]


# golang-migrate


def test_golang_migrates_pairs_run_by_number_padded_or_not(tmp_path: Path) -> None:
    names = ("0009_i.up.sql", "00010_j.up.sql", "2_b.up.pgsql", "1_a.up.sql", "1_a.down.sql", "0_z.up.sql", "embed.go")
    platform = laid_out(tmp_path, dict.fromkeys(names, ""))
    files = list_files(platform)
    assert versions(files) == {"0": "z", "1": "a", "2": "b", "0009": "i", "00010": "j"}
    assert undone(files) == {"a": "1_a.down.sql"}
    assert layout_of(platform) == "golang-migrate"
    assert not files.findings


def test_a_file_that_is_no_half_of_a_pair_is_said(tmp_path: Path) -> None:
    names = {"1_a.up.sql": "", "2_b.sql": "", "below/3_c.up.sql": ""}
    files = list_files(laid_out(tmp_path, names, layout="golang-migrate"))
    assert remarks(files) == [
        "2_b.sql belongs to no migration of golang-migrate: it is not run",
        "below/3_c.up.sql belongs to no migration of golang-migrate: it is not run",
    ]


@pytest.mark.parametrize("other", ["2_b.sql", "1_a.down.sql"])
def test_numbered_files_that_golang_migrate_would_not_run_speak_against_it(tmp_path: Path, other: str) -> None:
    assert layout_of(laid_out(tmp_path, {"1_a.sql": "", "3_c.up.sql": "", other: ""})) == "plain"


@pytest.mark.parametrize("name", ["01_b.up.sql", "1_b.up.sql"])
def test_two_of_one_number_are_refused(tmp_path: Path, name: str) -> None:
    assert len(errors(list_files(laid_out(tmp_path, {"1_a.up.sql": "", name: ""})))) == 1


def test_an_undo_without_its_do_is_refused(tmp_path: Path) -> None:
    assert errors(list_files(laid_out(tmp_path, {"1_a.up.sql": "", "2_b.down.sql": ""}))) == [
        "2_b.down.sql undoes nothing"
    ]


def test_pairs_in_go_are_steps_that_platformdb_does_not_run(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"1_a.up.sql": "", "2_b.up.go": "package b", "2_b.down.go": "package b"})
    assert [file.language for file in list_files(platform).migrations] == ["", "Go"]


# sqlx


def test_sqlx_has_single_files_and_pairs(tmp_path: Path) -> None:
    names = ("m/1_a.sql", "m/2_b.up.sql", "m/2_b.down.sql", "Cargo.toml")
    platform = laid_out(tmp_path, dict.fromkeys(names, ""), below="m")
    files = list_files(platform)
    assert layout_of(platform) == "sqlx"
    assert versions(files) == {"1": "a", "2": "b"}
    assert undone(files) == {"b": "2_b.down.sql"}


def test_what_sqlx_writes_into_a_file_is_its_sign(tmp_path: Path) -> None:
    assert layout_of(laid_out(tmp_path, {"1_a.up.sql": "-- Add up migration script here\n"})) == "sqlx"


def test_sqlx_takes_a_file_out_of_transactions_that_begins_so(tmp_path: Path) -> None:
    text = "-- no-transaction\nSELECT 1;\nSELECT 2;"
    platform = laid_out(tmp_path, {"1_a.sql": text, "2_b.sql": f"\n{text}"}, layout="sqlx")
    assert solo(platform) == [[True, True], [False]]


def test_the_checksum_of_sqlx() -> None:
    assert checksum(b"SELECT 1;\r\n").hex() == hashlib.sha384(b"SELECT 1;\r\n").hexdigest()


def test_the_configuration_of_sqlx(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"sqlx.toml": '[migrate]\nmigrations-dir = "db"\ntable-name = "a.b"\n'})
    assert platform.foreign is not None
    said = SQLX.settings(platform.foreign)
    assert (said.locations, said.table) == ((tmp_path / "db",), "a.b")
    (tmp_path / "sqlx.toml").write_text("[migrate")
    with pytest.raises(ConfigError, match=r"cannot read sqlx\.toml"):
        SQLX.settings(platform.foreign)


# Diesel


def diesel(tmp_path: Path, *folders: str, **more: str) -> Platform:
    return laid_out(tmp_path, {**{f"{folder}/up.sql": "SELECT 1;" for folder in folders}, **more})


def test_diesels_folders_run_by_the_digits_before_their_first_underscore(tmp_path: Path) -> None:
    names = (
        "2019-02-26-002946_b",
        "20190225000000_a_1",
        "00000000000000_diesel_initial_setup",
        "2019-02-26-002946-0000_c",
    )
    platform = diesel(tmp_path, *names)
    assert list(versions(list_files(platform)).values()) == ["diesel_initial_setup", "a_1", "b", "c"]
    assert layout_of(platform) == "diesel"


def test_a_folder_of_diesel_may_have_no_underscore(tmp_path: Path) -> None:
    platform = diesel(tmp_path, "2019-02-27-1715-d-and-e", "2019-02-27-171501_c", "2019-02-26-000000_b", "3-a")
    files = list_files(platform)
    assert list(versions(files).values()) == ["3-a", "b", "c", "2019-02-27-1715-d-and-e"]
    assert errors(files) == [
        "Diesel runs 3-a after 2019-02-27-1715-d-and-e, and by its number platformdb would run it before"
    ]


def test_a_day_without_a_time_stands_where_diesel_has_it(tmp_path: Path) -> None:
    platform = diesel(tmp_path, "2019-02-27_c", "20190226120000_b", "2019-02-26_a")
    assert list(versions(list_files(platform)).values()) == ["a", "b", "c"]


def test_diesels_order_of_texts_is_that_of_our_versions_or_refused(tmp_path: Path) -> None:
    assert errors(list_files(diesel(tmp_path, "2_a", "10_b"))) == [
        "Diesel runs 2_a after 10_b, and by its number platformdb would run it before"
    ]


@pytest.mark.parametrize(
    ("number", "version"),
    [("001", "001"), ("20190226", "20190226000000"), ("2019-02-26-002946-0000", "20190226002946.1")],
)
def test_versions_of_diesel(number: str, version: str) -> None:
    assert version_of(number) == version


def test_a_folder_without_a_number_is_refused(tmp_path: Path) -> None:
    assert errors(list_files(diesel(tmp_path, "1_a", "later_b"))) == [
        "later_b has no number in front: Diesel runs it by its letters, and platformdb by number"
    ]


def test_metadata_takes_a_migration_out_of_transactions(tmp_path: Path) -> None:
    metadata = {
        "1_a/metadata.toml": "run_in_transaction = false\n",
        "2_b/metadata.toml": "run_in_transaction = true\n",
        "3_c/metadata.toml": "# Diesel takes nothing for false\n",
    }
    platform = diesel(tmp_path, "1_a", "2_b", "3_c", "4_d", **metadata)
    assert solo(platform) == [[True], [False], [True], [False]]
    assert not list_files(platform).findings


def test_metadata_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (message,) = errors(list_files(diesel(tmp_path, "1_a", **{"1_a/metadata.toml": "run_in_transaction"})))
    assert message.startswith("cannot read metadata.toml")


def test_folders_of_diesel_that_are_no_migrations_are_said(tmp_path: Path) -> None:
    platform = diesel(tmp_path, "1_a", **{"1_a/down.sql": "", "1_a/notes.sql": "", "seed.sql": ""})
    files = list_files(platform)
    assert undone(files) == {"a": "down.sql"}
    assert remarks(files) == [
        "1_a/notes.sql belongs to no migration of Diesel: it is not run",
        "seed.sql belongs to no migration of Diesel: it is not run",
    ]


def test_the_configuration_of_diesel_says_where_folders_are(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"diesel.toml": '[migrations_directory]\ndir = "db"\n'})
    assert platform.foreign is not None
    assert DIESEL.settings(platform.foreign).locations == (tmp_path / "db",)


# Plain files


@pytest.mark.parametrize(
    ("name", "version", "rest"),
    [
        ("1.sql", "1", "1.sql"),
        ("001_x.sql", "001", "x"),
        ("001 add users.sql", "001", "add users"),
        ("001-2fa_tokens.sql", "001", "2fa_tokens"),
        ("v1.2.3_x.sql", "1.2.3", "x"),
        ("2021-01-31-x.sql", "2021.01.31", "x"),
        ("2021_01_31_120000_create_x.sql", "2021.01.31.120000", "create_x"),
        ("20210101T120000Z_x.sql", "20210101.120000", "x"),
        ("2021-01-01T120000_x.sql", "2021.01.01.120000", "x"),
        ("00.10.00_02_add_x.sql", "00.10.00.02", "add_x"),
        ("003b_x.sql", "003.2", "x"),
        ("001_x.up.sql", "001", "x"),
        ("up/001_x.sql", "001", "x"),
        ("001.do.x.sql", "001", "x"),
        ("004_lookup.sql", "004", "lookup"),
    ],
)
def test_names_of_plain_files(tmp_path: Path, name: str, version: str, rest: str) -> None:
    platform = laid_out(tmp_path, {name: ""}, layout="plain")
    assert versions(list_files(platform)) == {version: rest}


@pytest.mark.parametrize(
    ("do", "undo"),
    [
        ("001_x.sql", "001_x.down.sql"),
        ("001_x.sql", "001_x_undo.sql"),
        ("001_up.sql", "001_down.sql"),
        ("001_x.sql", "001-x-rollback.sql"),
        ("001.do.x.sql", "001.undo.x.sql"),
        ("001.do.sql", "001.undo.sql"),
        ("up/001_x.sql", "down/001_x.sql"),
        ("001_x.sql", "rollbacks/001_x.sql"),
    ],
)
def test_the_ways_back_of_plain_files(tmp_path: Path, do: str, undo: str) -> None:
    platform = laid_out(tmp_path, {do: "SELECT 1", undo: "SELECT 2"}, layout="plain")
    files = list_files(platform)
    assert [Path(file.path).relative_to(tmp_path).as_posix() for file in files.undo.values()] == [undo]
    assert len(files.migrations) == 1
    assert not files.findings
    assert statements(platform) == {"001": ["SELECT 1"]}


def test_plain_files_of_one_number_run_by_name_and_that_is_said(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, {f"{name}.sql": "" for name in ("001_b", "1_a", "001_b.down", "002_c")}))
    assert versions(files) == {"001": "b", "1.1": "a", "002": "c"}
    assert undone(files) == {"b": "001_b.down.sql"}
    assert remarks(files) == ["2 files have the number 001, and run in the order of their names: 001_b.sql, 1_a.sql"]


def test_a_way_back_that_may_be_that_of_two_is_refused(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, {f"{name}.sql": "" for name in ("1_a", "1_b", "1_down")}))
    assert errors(files) == ["1_down.sql takes back 1_a.sql or 1_b.sql"]


def test_a_way_back_of_nothing_is_refused_and_in_a_folder_of_its_own_it_is_said(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, {f"{name}.sql": "" for name in ("1_a", "2_b.down", "rollback/3_c", "old/4")}))
    assert errors(files) == ["2_b.down.sql undoes nothing"]
    assert remarks(files) == [
        "old/4.sql belongs to no migration of numbered SQL files: it is not run",
        "rollback/3_c.sql belongs to no migration of numbered SQL files: it is not run",
    ]


def test_plain_files_have_variables_of_three_ways_where_they_are_declared(tmp_path: Path) -> None:
    text = "SELECT '${a}', '{{ .a }}', '{{ index .Options \"a\" }}', :'a', :\"a\", '${b}', 1::text;"
    platform = laid_out(tmp_path, {"1_a.sql": text})
    loaded = load_all(list_files(platform).migrations, platform, {"a": Variable("x")})
    ((segment,),) = (migration.segments for migration in loaded.migrations.values())
    assert segment.text.strip().rstrip(";") == "SELECT 'x', 'x', 'x', 'x', \"x\", '${b}', 1::text"
