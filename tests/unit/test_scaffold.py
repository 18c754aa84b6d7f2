from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platformdb import project as project_module
from platformdb.config import Config, load
from platformdb.errors import ConfigError, Refused
from platformdb.project import bundled_root, platform_names
from platformdb.scaffold.plan import EMPTY_PROJECT, SETTINGS, new_files
from platformdb.scaffold.run import init

NOW = datetime(2026, 11, 21, 10, 30, 59, tzinfo=UTC)


def named(name: str, *existing: str, undo: bool = False) -> list[str]:
    return list(new_files(name, existing, NOW, undo=undo))


@pytest.mark.parametrize(
    ("existing", "version"),
    [
        ((), "001"),
        ((".gitkeep",), "001"),
        (("001_a.sql",), "002"),
        (("009_a.sql", "002_b.sql"), "010"),
        (("9_a.sql", "10_b.sql"), "11"),
        (("999_a.sql",), "1000"),
        (("0001_a.sql", "0002_a.undo.sql"), "0003"),
        (("1.2_a.sql", "1.10_b.sql"), "2"),
        (("20250101120000_a.sql",), "20261121103059"),
        (("20991231235959_a.sql",), "20991231235960"),
    ],
)
def test_the_next_version_follows_the_highest_in_its_style(existing: tuple[str, ...], version: str) -> None:
    assert named("b", *existing) == [f"{version}_b.sql"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("add users", "add_users"), ("Add Users' E-Mail!", "add_users_e_mail"), ("Größe", "grosse"), ("v2", "v2")],
)
def test_a_name_becomes_one_that_a_file_can_have(name: str, slug: str) -> None:
    assert named(name) == [f"001_{slug}.sql"]


@pytest.mark.parametrize("name", ["", "!!!", "日本", "../escape", "a/b", "a\\b", "users.sql", "005_users", "x" * 101])
def test_a_name_that_makes_no_file_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        named(name)
    assert "platformdb new add_users" in caught.value.help


def test_the_undo_file_stands_beside_the_file() -> None:
    assert named("a", undo=True) == ["001_a.sql", "001_a.undo.sql"]


def test_a_new_file_holds_comments_only_and_no_template() -> None:
    for text in new_files("a", (), NOW, undo=True).values():
        assert all(line.startswith("--") or not line for line in text.splitlines())
        assert "platformdb:" not in text
        assert "{" not in text


def test_the_settings_of_a_new_project_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").write_text(SETTINGS)
    assert load({}, {}, tmp_path) == Config(project=tmp_path)


def test_the_settings_of_a_new_project_name_every_setting_with_a_value_that_is_allowed(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in SETTINGS.splitlines() if line.startswith("# ")]
    text = "\n".join(line for line in lines if " = " in line or line.startswith("["))
    assert set(tomllib.loads(text)) == {each.name for each in fields(Config)} - {"project"}
    (tmp_path / "platformdb.toml").write_text(text)
    config = load({}, {"APP_PASSWORD": "x"}, tmp_path)
    default = Config(project=tmp_path)
    for name in ("wait_for_lock", "lock_timeout", "lock_retries", "image", "keep"):
        assert getattr(config, name) == getattr(default, name), f"the comment shows another default of {name}"


def test_an_empty_project_is_written_whole(tmp_path: Path) -> None:
    report = init(tmp_path / "new" / "shop")
    assert {
        p.relative_to(tmp_path / "new/shop").as_posix() for p in (tmp_path / "new").rglob("*") if p.is_file()
    } == set(EMPTY_PROJECT)
    assert report.data["files"] == list(EMPTY_PROJECT)
    assert report.next[0].startswith("cd ")


def below(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", platform_names(bundled_root()))
def test_a_copy_has_every_file_of_the_platform(tmp_path: Path, name: str) -> None:
    init(tmp_path, source=name)
    for part in ("phases", "sql", "seeds"):
        theirs, ours = below(bundled_root() / part / name), below(tmp_path / part)
        assert set(ours) == set(theirs)
        alone = {file for file, content in theirs.items() if b"\\i" not in content}
        assert {file: ours[file] for file in alone} == {file: theirs[file] for file in alone}


def test_a_copy_has_the_text_of_shared_files_in_the_place_of_the_includes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "platformdb"
    monkeypatch.setattr(project_module, "__file__", str(package / "project.py"))
    for name, text in {
        "phases/shop/001_a.sql": "-- First.\n\\ir ../../sql/shared/jobs/tables.sql\n\nCREATE TABLE a ();\n",
        "sql/shared/jobs/tables.sql": "\\ir 'more of it.sql'\nCREATE TABLE jobs ();\n",
        "sql/shared/jobs/more of it.sql": "-- What it needs.\nSELECT '\n\\ir no command';\n",
        "sql/shop/functions/f.sql": "\\i sql/shared/f.sql\n",
        "sql/shared/f.sql": "SELECT 'ä';",
    }.items():
        path = package / "platforms" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    init(tmp_path / "mine", source="shop")
    assert (tmp_path / "mine/phases/001_a.sql").read_text() == (
        "-- First.\n-- What it needs.\nSELECT '\n\\ir no command';\nCREATE TABLE jobs ();\n\nCREATE TABLE a ();\n"
    )
    assert (tmp_path / "mine/sql/functions/f.sql").read_text(encoding="utf-8") == "SELECT 'ä';\n"


def test_what_python_left_in_a_platform_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "platformdb"
    monkeypatch.setattr(project_module, "__file__", str(package / "project.py"))
    for name in ("phases/shop/001_a.sql", "sql/shop/contracts.py", "sql/shop/__pycache__/contracts.cpython-311.pyc"):
        path = package / "platforms" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    report = init(tmp_path / "mine", source="shop")
    assert report.data["files"] == ["platformdb.toml", "phases/001_a.sql", "sql/contracts.py"]


@pytest.mark.parametrize("taken", ["platformdb.toml", "sql/queries/.gitkeep"])
def test_a_file_that_is_there_stays_and_nothing_is_made(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        init(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / taken]
    assert (tmp_path / taken).read_text() == "mine"


def test_a_broken_link_is_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refused, match="is there already"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["platformdb.toml"]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "sql").write_text("a file where a folder must be")
    with pytest.raises(Refused):
        init(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["sql"]


def test_a_platform_that_is_not_bundled_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no bundled platform 'shop'") as caught:
        init(tmp_path / "x", source="shop")
    assert "vrss" in caught.value.help
    assert not (tmp_path / "x").exists()
