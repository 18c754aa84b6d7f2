"""What graphile-migrate committed: the chain of its hashes, its placeholders, its marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from layouts import errors, laid_out, refusals, remarks, statements, versions
from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.migrations.layouts.graphile import body_hash, read_header
from platformdb.migrations.layouts.json5 import read_json5
from platformdb.migrations.load import load_all
from platformdb.migrations.read import list_files
from platformdb.project import find_platform
from platformdb.variables import Variable


def committed(*bodies: str, folder: str = "committed/") -> dict[str, str]:
    """Files as graphile-migrate commits them, each with the hash of the one before it."""
    files, before = {}, None
    for number, body in enumerate(bodies, 1):
        found = body_hash(body, before)
        files[f"{folder}{number:06}.sql"] = f"--! Previous: {before or '-'}\n--! Hash: {found}\n\n{body.strip()}\n"
        before = found
    return files


def test_committed_migrations_run_in_the_order_of_their_chain(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, committed("SELECT 1", "SELECT 2;"))
    assert statements(platform) == {"000001": ["SELECT 1"], "000002": ["SELECT 2"]}
    assert not list_files(platform).findings


def test_the_hash_is_the_tools_own() -> None:
    # Made with graphile-migrate 1.4.1: commit of "create table a (id int);" and then of "create table b (id int);".
    first = body_hash("create table a (id int);\n", None)
    assert first == "sha1:42d573d5e881e52c4db4b8d53c7b1fe60d48fef0"
    assert body_hash("\n\ncreate table b (id int);", first) == "sha1:6b5f0e224836f1505a76f7abeba571e1ba13005e"


def test_the_folder_may_be_the_committed_one_itself_and_names_have_messages(tmp_path: Path) -> None:
    (text,) = committed("SELECT 1;").values()
    platform = laid_out(tmp_path, {"m/committed/000001-add-users.sql": text}, below="m/committed")
    assert versions(list_files(platform)) == {"000001": "add-users"}


def test_a_chain_that_lacks_a_link_is_refused(tmp_path: Path) -> None:
    files = committed("SELECT 1;", "SELECT 2;", "SELECT 3;")
    del files["committed/000002.sql"]
    (said,) = errors(list_files(laid_out(tmp_path, files)))
    assert said.startswith("committed/000003.sql follows sha1:")
    assert "and before it stands committed/000001.sql with sha1:" in said


def test_two_files_of_one_number_break_the_chain(tmp_path: Path) -> None:
    files = committed("SELECT 1;", "SELECT 2;")
    files["committed/000002-other.sql"] = files["committed/000002.sql"].replace("SELECT 2", "SELECT 3")
    (said,) = errors(list_files(laid_out(tmp_path, files)))
    assert said.startswith("committed/000002.sql follows sha1:")


def test_a_file_without_its_header_is_not_committed(tmp_path: Path) -> None:
    files = committed("SELECT 1;") | {"committed/000002.sql": "SELECT 2;"}
    assert errors(list_files(laid_out(tmp_path, files))) == [
        "committed/000002.sql is not committed: it lacks '--! Previous:' or '--! Hash:'"
    ]


def test_a_body_that_was_edited_after_its_commit_is_refused_unless_it_says_so(tmp_path: Path) -> None:
    files = {name: text.replace("1;", "10;") for name, text in committed("SELECT 1;").items()}
    (said,) = refusals(laid_out(tmp_path / "a", files))
    assert said.startswith("committed/000001.sql:1:1: its header says sha1:")
    allowed = {name: text.replace("\n\n", "\n--! AllowInvalidHash\n\n", 1) for name, text in files.items()}
    assert statements(laid_out(tmp_path / "b", allowed)) == {"000001": ["SELECT 10"]}


def test_a_migration_may_run_outside_transactions(tmp_path: Path) -> None:
    platform = laid_out(tmp_path, committed("--! no-transaction\nSELECT 1;\nSELECT 2;", "SELECT 3;\nSELECT 4;"))
    files = list_files(platform)
    loaded = load_all(files.migrations, platform, {}).migrations
    assert [[segment.solo for segment in loaded[file.path].segments] for file in files.migrations] == [
        [True, True],
        [False],
    ]


@pytest.mark.parametrize("mark", ["--! no-transaction", "--! include f.sql", "--! nonsense"])
def test_a_mark_that_means_nothing_where_it_stands_is_refused(tmp_path: Path, mark: str) -> None:
    (said,) = refusals(laid_out(tmp_path, committed(f"SELECT 1;\n{mark}\nSELECT 2;")))
    assert said == f"committed/000001.sql:5:1: '{mark}' means nothing here"


def test_what_it_writes_when_it_commits_and_what_stands_in_strings_is_left_alone(tmp_path: Path) -> None:
    body = "--! split: 1.sql\n--! Included f.sql\nSELECT '\n--! nonsense\n';\n--! EndIncluded f.sql"
    assert statements(laid_out(tmp_path, committed(body))) == {"000001": ["SELECT '\n--! nonsense\n'"]}


def test_work_that_is_not_committed_is_said_and_not_run(tmp_path: Path) -> None:
    files = committed("SELECT 1;")
    begun = {"current.sql": "-- Enter migration here\nSELECT 2;", "fixtures/f.sql": "SELECT 3;"}
    found = list_files(laid_out(tmp_path / "a", files | begun))
    assert remarks(found) == ["current.sql is not committed yet: it is not run"]
    assert len(found.migrations) == 1
    blank = {"current.sql": "-- Enter migration here\n"}
    assert not list_files(laid_out(tmp_path / "b", files | blank)).findings


GMRC = """
{
  // placeholders
  placeholders: {':SCHEMA': "app", ":OTHER": "!ENV", ":UNSET": '!ENV',},
  /* what the tool does besides */
  "afterAllMigrations": [{"_": "command", "command": "psql $SECRET"}, "grants.sql"],
  pgSettings: {search_path: "app,public"},
  connectionString: "postgres://app:hush@host/db",
}
"""


def read_with(platform: Path, body: str, **given: str) -> list[str]:
    made = laid_out(platform, committed(body, folder="migrations/committed/") | {".gmrc": GMRC}, below="migrations")
    files = list_files(made)
    loaded = load_all(files.migrations, made, {name: Variable(value) for name, value in given.items()})
    said = [finding.message for finding in loaded.findings]
    return said or [
        s.sql for each in loaded.migrations.values() for segment in each.segments for s in segment.statements
    ]


def test_placeholders_have_the_values_of_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "from_environment")
    body = "CREATE TABLE :SCHEMA.t (a text DEFAULT ':OTHER', b int DEFAULT 1::int, c text DEFAULT ':SCHEMATIC');"
    assert read_with(tmp_path / "a", body) == [
        "CREATE TABLE app.t (a text DEFAULT 'from_environment', b int DEFAULT 1::int, c text DEFAULT ':SCHEMATIC')"
    ]
    assert read_with(tmp_path / "b", "SELECT :SCHEMA;", SCHEMA="given") == ["SELECT given"]


@pytest.mark.parametrize("name", ["DATABASE_NAME", "DATABASE_OWNER", "UNSET"])
def test_a_placeholder_that_the_tool_would_know_is_asked_for(tmp_path: Path, name: str) -> None:
    assert read_with(tmp_path / "a", f"GRANT :{name} TO me;") == [f"nothing says what :{name} stands for"]
    assert read_with(tmp_path / "b", f"GRANT :{name} TO me;", **{name: "db"}) == ["GRANT db TO me"]


def test_what_the_tool_would_do_besides_is_said_without_its_secrets(tmp_path: Path) -> None:
    files = committed("SELECT 1;", folder="migrations/committed/") | {".gmrc": GMRC}
    said = remarks(list_files(laid_out(tmp_path, files, below="migrations")))
    assert said == [
        "afterAllMigrations of .gmrc is not run: a command, grants.sql",
        "pgSettings of .gmrc are not set: search_path",
    ]


def test_a_configuration_that_is_a_program_is_said_and_not_run(tmp_path: Path) -> None:
    files = committed("SELECT 1;", folder="migrations/committed/") | {".gmrc.js": "module.exports = {}"}
    assert remarks(list_files(laid_out(tmp_path, files, below="migrations"))) == [
        ".gmrc.js is a program, which is not run: nothing is known of what it says"
    ]


def test_a_configuration_that_cannot_be_read_ends_it(tmp_path: Path) -> None:
    laid_out(tmp_path, committed("SELECT 1;", folder="migrations/committed/") | {".gmrc": "{ placeholders: "})
    with pytest.raises(ConfigError, match=r"cannot read \.gmrc"):
        list_files(find_platform(Config(project=tmp_path, migrations=(tmp_path / "migrations",))))


def test_json5_is_read_as_people_write_it() -> None:
    text = """{ // a: 1\n a: 'it\\'s "b"', "c": "// no /* comment", $d_1: [1, 2,], /* , */ e: {}, }"""
    assert read_json5(text) == {"a": 'it\'s "b"', "c": "// no /* comment", "$d_1": [1, 2], "e": {}}


def test_a_header_ends_where_the_body_begins() -> None:
    header, begin = read_header("--! Previous: -\n--! Hash: sha1:x\n--! AllowInvalidHash\n\n--! no-transaction\n")
    assert header == {"Previous": "-", "Hash": "sha1:x", "AllowInvalidHash": ""}
    assert begin == len("--! Previous: -\n--! Hash: sha1:x\n--! AllowInvalidHash\n")
