"""Prisma's folders, read as Prisma reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from layouts import errors, laid_out, refusals, remarks, statements, versions
from platformdb.migrations.layouts.prisma import checksums
from platformdb.migrations.model import Kind
from platformdb.migrations.read import list_files

LOCK = {"migration_lock.toml": '# Please do not edit\nprovider = "postgresql"\n'}


def test_folders_are_migrations_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = {f"{folder}/migration.sql": "" for folder in ("20240101120000_posts", "0_init", "20231231235959_users")}
    files = list_files(laid_out(tmp_path, {**names, **LOCK}))
    assert versions(files) == {"0": "init", "20231231235959": "users", "20240101120000": "posts"}
    assert not files.findings


def test_it_is_recognised_by_its_lock_and_by_its_shape(tmp_path: Path) -> None:
    with_lock = laid_out(tmp_path / "a", {"1_a/migration.sql": "", **LOCK})
    without = laid_out(tmp_path / "b", {"1_a/migration.sql": ""})
    above = laid_out(tmp_path / "c", {"migrations/1_a/migration.sql": "", "schema.prisma": ""})
    for platform in (with_lock, without, above):
        (file,) = list_files(platform).migrations
        assert file.reading is not None
        assert file.reading.layout == "prisma"


def test_the_last_statement_needs_no_semicolon_and_a_file_may_be_empty(tmp_path: Path) -> None:
    written = {"1_a/migration.sql": "SELECT 1;\nSELECT 2", "2_b/migration.sql": "-- nothing\n", **LOCK}
    assert statements(laid_out(tmp_path, written)) == {"1": ["SELECT 1", "SELECT 2"], "2": []}


def test_two_folders_of_one_number_run_by_name_as_in_prisma(tmp_path: Path) -> None:
    written = {f"20240101_{name}/migration.sql": "" for name in ("b", "a", "c")} | LOCK
    found = versions(list_files(laid_out(tmp_path, written)))
    assert found == {"20240101000000": "a", "20240101000000.1": "b", "20240101000000.2": "c"}


def test_a_date_without_hours_stands_among_those_with_them(tmp_path: Path) -> None:
    written = {f"{name}/migration.sql": "" for name in ("20240101_b", "20231201080000_a", "202402011200_c")} | LOCK
    assert list(versions(list_files(laid_out(tmp_path, written))).values()) == ["a", "b", "c"]


def test_numbers_that_prisma_runs_in_another_order_are_refused(tmp_path: Path) -> None:
    written = {f"{name}/migration.sql": "" for name in ("2_b", "10_c", "1_a")} | LOCK
    assert errors(list_files(laid_out(tmp_path, written))) == [
        "Prisma runs 1_a after 10_c, and by its number platformdb would run it before"
    ]


def test_a_folder_without_a_number_is_refused(tmp_path: Path) -> None:
    written = {"1_a/migration.sql": "", "later/migration.sql": "", **LOCK}
    assert errors(list_files(laid_out(tmp_path, written))) == ["the folder later has no number in front to order it by"]


def test_another_databases_migrations_are_refused(tmp_path: Path) -> None:
    written = {"1_a/migration.sql": "", "migration_lock.toml": 'provider = "sqlite"\n'}
    assert errors(list_files(laid_out(tmp_path, written))) == [
        "migration_lock.toml says that these migrations are for sqlite"
    ]


def test_a_lock_that_says_nothing_is_refused(tmp_path: Path) -> None:
    written = {"1_a/migration.sql": "", "migration_lock.toml": "provider = \n"}
    assert errors(list_files(laid_out(tmp_path, written))) == ["migration_lock.toml does not say provider = …"]


def test_a_way_back_that_lies_there_by_hand_is_an_undo(tmp_path: Path) -> None:
    written = {"1_a/migration.sql": "SELECT 1", "1_a/down.sql": "SELECT (2", **LOCK}
    platform = laid_out(tmp_path, written)
    assert [file.shown for file in list_files(platform).undo.values()] == ["1_a/down.sql"]
    assert refusals(platform) == []
    assert len(refusals(platform, Kind.UNDO)) == 1


def test_other_sql_is_said_and_not_run(tmp_path: Path) -> None:
    written = {"1_a/migration.sql": "", "1_a/seed.sql": "", "1_a/README.md": "", **LOCK}
    assert remarks(list_files(laid_out(tmp_path, written))) == [
        "1_a/seed.sql belongs to no migration of Prisma: it is not run"
    ]


def test_its_checksum_is_that_of_the_file_whatever_ends_its_lines() -> None:
    unix, windows = b"SELECT 1;\nSELECT 2;\n", b"SELECT 1;\r\nSELECT 2;\r\n"
    assert checksums(unix) == checksums(windows)
    assert hashlib.sha256(windows).hexdigest() in checksums(unix)
    assert checksums(unix) != checksums(unix + b"\n")
