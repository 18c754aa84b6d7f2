"""What drizzle's journal lists, and its folders since 1.0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layouts import errors, laid_out, remarks, statements, versions
from platformdb.errors import Refused
from platformdb.migrations.layouts.drizzle import JOURNAL, read_entries, read_journal, versions_of
from platformdb.migrations.read import list_files

BREAK = "--> statement-breakpoint"


def journal(*tags: str, dialect: str = "postgresql", idx: tuple[int, ...] = (), when: tuple[int, ...] = ()) -> str:
    entries = [
        {
            "idx": idx[at] if idx else at,
            "version": "7",
            "when": when[at] if when else at,
            "tag": tag,
            "breakpoints": True,
        }
        for at, tag in enumerate(tags)
    ]
    return json.dumps({"version": "7", "dialect": dialect, "entries": entries})


def drizzle(*tags: str, **said: object) -> dict[str, str]:
    """A folder that holds what its journal lists."""
    return {JOURNAL: journal(*tags, **said), **{f"{tag}.sql": "SELECT 1;" for tag in tags}}  # type: ignore[arg-type]


def test_the_journal_says_what_runs_and_in_which_order(tmp_path: Path) -> None:
    written = {**drizzle("0000_users", "0001_posts"), "meta/0000_snapshot.json": "{}"}
    files = list_files(laid_out(tmp_path, written))
    assert versions(files) == {"0000": "users", "0001": "posts"}
    assert not files.findings


def test_names_with_dates_keep_the_journals_numbers(tmp_path: Path) -> None:
    written = drizzle("20240101120000_users", "20240102120000_posts")
    assert versions(list_files(laid_out(tmp_path, written))) == {"0000": "users", "0001": "posts"}


def test_breakpoints_part_statements_that_have_no_semicolon(tmp_path: Path) -> None:
    written = drizzle("0000_a") | {"0000_a.sql": f"SELECT 1{BREAK}\nSELECT ';';{BREAK}SELECT 3{BREAK}\n-- nothing"}
    assert statements(laid_out(tmp_path, written)) == {"0000": ["SELECT 1", "SELECT ';'", "SELECT 3"]}


def test_a_journal_that_names_a_missing_file_is_refused(tmp_path: Path) -> None:
    written = drizzle("0000_a", "0001_b")
    del written["0001_b.sql"]
    assert errors(list_files(laid_out(tmp_path, written))) == [
        "meta/_journal.json lists 0001_b, and there is no file 0001_b.sql"
    ]


def test_a_journal_that_omits_a_file_is_refused(tmp_path: Path) -> None:
    written = drizzle("0000_a", "0002_c") | {"0001_b.sql": ""}
    assert errors(list_files(laid_out(tmp_path, written))) == [
        "0001_b.sql is not in meta/_journal.json, and no other file has its number: drizzle would not run it"
    ]


def test_a_file_that_another_one_replaced_is_only_said(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, drizzle("0000_a") | {"0000_old.sql": "", "seed.sql": ""}))
    assert not errors(files)
    assert remarks(files) == [
        "0000_old.sql belongs to no migration of drizzle-kit: it is not run",
        "seed.sql belongs to no migration of drizzle-kit: it is not run",
    ]


def test_two_entries_of_one_number_run_in_the_order_of_the_list(tmp_path: Path) -> None:
    written = drizzle("0000_a", "0001_b", "0001_a", idx=(0, 1, 1))
    assert versions(list_files(laid_out(tmp_path, written))) == {"0000": "a", "0001": "b", "0001.1": "a"}


def test_a_list_whose_numbers_go_back_is_refused(tmp_path: Path) -> None:
    written = drizzle("0001_b", "0000_a", idx=(1, 0))
    assert errors(list_files(laid_out(tmp_path, written))) == [
        "drizzle runs 0000_a.sql after 0001_b.sql, and by its number platformdb would run it before"
    ]


def test_what_drizzle_itself_would_skip_is_said(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, drizzle("0000_a", "0001_b", when=(5, 4))))
    assert remarks(files) == ["0001_b is dated before 0000_a: drizzle itself skips it where that is applied"]
    assert len(files.migrations) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< HEAD\n{}", "meta/_journal.json is not JSON: Expecting value"),
        ("[]", "meta/_journal.json is no journal: dialect is missing, or entries with idx, when and tag"),
        ('{"dialect": "postgresql", "entries": [{"idx": 1}]}', "meta/_journal.json is no journal"),
        (journal("0000_a", dialect="mysql"), "meta/_journal.json says that these migrations are for mysql"),
    ],
)
def test_a_journal_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (said,) = errors(list_files(laid_out(tmp_path, {JOURNAL: text, "0000_a.sql": ""})))
    assert said.startswith(message)


def test_the_place_of_a_bad_journal_is_a_line() -> None:
    with pytest.raises(Refused) as caught:
        read_journal('{"dialect": "postgresql",\n<<<<<<< HEAD\n', JOURNAL)
    assert str(caught.value.place) == "meta/_journal.json:2:1"


def test_folders_without_a_journal_run_by_their_dates(tmp_path: Path) -> None:
    written = {f"{date}_{name}/{file}": "" for date, name in (("20240102000000", "b"), ("20240101000000", "a"))
               for file in ("migration.sql", "snapshot.json")}  # fmt: skip
    platform = laid_out(tmp_path, written)
    files = list_files(platform)
    assert versions(files) == {"20240101000000": "a", "20240102000000": "b"}
    assert not files.findings
    first, second = read_entries(tmp_path, written, "")
    assert (first.tag, first.when, second.when) == ("20240101000000_a", 1704067200000, 1704153600000)


def test_its_table_is_found_by_version() -> None:
    entries = read_journal(journal("0000_a", "0001_b", when=(1700000000000, 1700000000001)), JOURNAL)
    found = versions_of(entries, [])
    assert [(found[entry.file], entry.when) for entry in entries] == [
        ("0000", 1700000000000),
        ("0001", 1700000000001),
    ]


def test_a_folder_in_which_the_tool_would_find_nothing_is_no_success(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, {"1_a/migration.sql": ""}, layout="drizzle"))
    assert [message for message in errors(files) if message.startswith("no migration files in ")]
