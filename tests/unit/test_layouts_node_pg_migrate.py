"""node-pg-migrate's SQL files, and the steps in JavaScript between them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layouts import errors, laid_out, refusals, statements, versions
from platformdb.errors import ConfigError
from platformdb.migrations.layouts.node_pg_migrate import recorded_name
from platformdb.migrations.model import Kind
from platformdb.migrations.read import list_files

BOTH = "-- Up Migration\nSELECT 1\n-- Down Migration\nSELECT 2\n"
MILLISECONDS = "1700000000000_a.sql"


def test_a_file_with_both_marks_is_the_way_there_and_back(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {MILLISECONDS: BOTH, "1700000000001_b.sql": "-- Up Migration\nSELECT 3;\n"})
    files = list_files(platform)
    assert versions(files) == {"1700000000000": "a", "1700000000001": "b"}
    assert [file.shown for file in files.undo.values()] == [MILLISECONDS]
    assert statements(platform) == {"1700000000000": ["SELECT 1"], "1700000000001": ["SELECT 3"]}
    assert refusals(platform, Kind.UNDO) == []


@pytest.mark.parametrize("mark", ["--   UP   migration: users", "\n \t-- up migration", "---- Up Migration --"])
def test_its_marks_may_be_written_loosely(tmp_path: Path, mark: str) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": f"{mark}\nSELECT 1;"}, layout="node-pg-migrate")
    assert statements(platform) == {"1": ["SELECT 1"]}


def test_the_way_back_may_stand_first_and_far_below(tmp_path: Path) -> None:
    far = "-- x\n" * 2000
    written = {"1_a.sql": f"-- Down Migration\nSELECT 2;\n-- Up Migration\n{far}SELECT 1;", "2_b.sql": far + BOTH}
    platform = laid_out(tmp_path, written, layout="node-pg-migrate")
    assert statements(platform) == {"1": ["SELECT 1"], "2": ["SELECT 1"]}
    assert len(list_files(platform).undo) == 2


def test_without_marks_all_of_it_runs_and_nothing_takes_it_back(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": "SELECT 1; SELECT 2"}, layout="node-pg-migrate")
    assert statements(platform) == {"1": ["SELECT 1", "SELECT 2"]}
    assert not list_files(platform).undo


def test_sql_above_the_first_mark_is_not_lost_in_silence(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": f"SELECT 0;\n{BOTH}"})
    assert refusals(platform) == ["1_a.sql:1:1: a statement stands above '-- Up Migration', where nothing runs"]


def test_a_way_back_alone_is_refused_where_node_pg_migrate_would_run_it(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, {"1_a.sql": "SELECT 1;\n-- Down Migration\nSELECT 2;\n"})
    (said,) = refusals(platform)
    assert said.startswith("1_a.sql:2:")
    assert "a way back and no '-- Up Migration' above" in said


def test_a_pair_of_files_is_one_migration(tmp_path: Path) -> None:
    written = {"1_a.up.sql": "SELECT 1", "1_a.down.sql": "SELECT 2", "2_b.js": ""}
    platform = laid_out(tmp_path, written, layout="node-pg-migrate")
    files = list_files(platform)
    assert versions(files) == {"1": "a", "2": "b"}
    assert [file.shown for file in files.undo.values()] == ["1_a.down.sql"]


def test_steps_in_other_languages_are_told_by_their_endings(tmp_path: Path) -> None:
    names = ("1_a.js", "2_b.ts", "3_c.mjs", "4_d.cts", "5_e.d.ts", "README.md")
    files = list_files(laid_out(tmp_path, dict.fromkeys(names, ""), layout="node-pg-migrate"))
    assert [file.language for file in files.migrations] == ["JavaScript", "TypeScript", "JavaScript", "TypeScript"]


def test_the_order_is_that_of_numbers_and_then_of_names(tmp_path: Path) -> None:
    names = ("10_a.sql", "9_b.sql", "9_a.sql", "9_a10.sql", "9_a9.sql")
    files = list_files(laid_out(tmp_path, dict.fromkeys(names, "SELECT 1"), layout="node-pg-migrate"))
    assert versions(files) == {"9": "a", "9.1": "a9", "9.2": "a10", "9.3": "b", "10": "a"}


def test_a_date_is_worth_its_milliseconds_beside_others(tmp_path: Path) -> None:
    names = ("20231114221320000_later.sql", "1699999999999_sooner.sql")
    files = list_files(laid_out(tmp_path, dict.fromkeys(names, "SELECT 1"), layout="node-pg-migrate"))
    assert list(versions(files).values()) == ["sooner", "later"]
    mixed = dict.fromkeys(("20231114221320000_sooner.sql", "1700000000001_later.sql"), "SELECT 1")
    assert errors(list_files(laid_out(tmp_path / "mixed", mixed, layout="node-pg-migrate"))) == [
        "node-pg-migrate runs 1700000000001_later after 20231114221320000_sooner, "
        "and by its number platformdb would run it before"
    ]


def test_its_configuration_says_where_files_are_and_which_to_ignore(tmp_path: Path) -> None:
    db = {"migrations-dir": "sql", "ignore-pattern": r".*\.bak\.sql", "password": "hush"}
    written = {"config/default.json": json.dumps({"db": db}), "sql/1_a.sql": BOTH, "sql/2_b.bak.sql": BOTH}
    laid_out(tmp_path, written)
    from platformdb.config import Config
    from platformdb.project import find_platform

    files = list_files(find_platform(Config(project=tmp_path, layout="node-pg-migrate")))
    assert versions(files) == {"1": "a"}
    (tmp_path / "config/default.json").write_text("{")
    with pytest.raises(ConfigError, match=r"cannot read default\.json"):
        list_files(find_platform(Config(project=tmp_path, layout="node-pg-migrate")))


def test_its_table_holds_names_without_their_endings() -> None:
    assert [recorded_name(name) for name in ("1_a.sql", "m/1_a.up.sql", "1_a.down.sql", "1_a.js")] == ["1_a"] * 4
