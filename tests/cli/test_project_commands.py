"""init and new, as users call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import envelope_of, environment, finish, start
from platformdb.cli.app import run


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no database in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "PGHOST", "PGSERVICE", "PGDATABASE", "PGPORT", "PGHOSTADDR"):
        monkeypatch.delenv(name, raising=False)


def test_init_here_makes_a_project_and_says_what_is_next(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    shown = capfd.readouterr()
    assert shown.out.startswith("✓ made an empty project: 7 files\n")
    assert "platformdb.toml" in shown.out
    assert "platformdb new create_users" in shown.out
    assert "cd " not in shown.out
    assert shown.err == ""
    assert (tmp_path / "sql/views").is_dir()


def test_init_elsewhere_says_how_to_get_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "my shop"]) == 0
    assert "cd 'my shop'" in capfd.readouterr().out


def test_init_twice_is_refused_and_changes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["init"])
    (tmp_path / "platformdb.toml").write_text("# mine\n")
    capfd.readouterr()
    assert run(["init"]) == 3
    shown = capfd.readouterr()
    assert "platformdb.toml is there already" in shown.err
    assert shown.out == ""
    assert (tmp_path / "platformdb.toml").read_text() == "# mine\n"


def test_new_numbers_the_files_and_overwrites_none(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["init"])
    capfd.readouterr()
    assert run(["new", "create users"]) == 0
    assert "phases/001_create_users.sql\nphases/001_create_users.undo.sql\n" in capfd.readouterr().out
    assert run(["new", "create users", "--no-undo"]) == 0
    assert {path.name for path in (tmp_path / "phases").glob("*.sql")} == {
        "001_create_users.sql", "001_create_users.undo.sql", "002_create_users.sql",
    }  # fmt: skip


def test_new_in_a_subfolder_of_the_project_finds_its_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(["init"])
    monkeypatch.chdir(tmp_path / "sql")
    assert run(["new", "a"]) == 0
    assert (tmp_path / "phases/001_a.sql").is_file()


def test_new_among_several_platforms_wants_a_choice(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (tmp_path / "phases" / name).mkdir(parents=True)
    assert run(["new", "a"]) == 2
    assert "one, two" in capfd.readouterr().err
    assert run(["new", "a", "--platform", "two"]) == 0
    assert [path.name for path in (tmp_path / "phases/two").iterdir() if "undo" not in path.name] == ["001_a.sql"]
    assert list((tmp_path / "phases/one").iterdir()) == []


def test_new_outside_a_project_exits_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "a"]) == 2
    assert "platformdb init" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["init", "shop"], "platformdb.toml"),
        (["init", "shop", "--from", "vrss"], "phases/001_foundation.sql"),
        (["new", "a"], "phases/001_a.sql"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_json_lists_the_files(
    arguments: list[str], files: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "phases").mkdir()
    assert run([*arguments, "--format", "json"]) == 0
    envelope = envelope_of(capfd.readouterr().out)
    assert (envelope["command"], envelope["steps"]) == (arguments[0], [])
    assert files in envelope["data"]["files"]
    assert all((Path(envelope["data"]["project"]) / name).is_file() for name in envelope["data"]["files"])


@pytest.mark.parametrize(("name", "code"), [("a/b", 2), ("", 2), ("--", 2)])
def test_a_bad_name_exits_2(name: str, code: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "phases").mkdir()
    assert run(["new", name]) == code
    assert "Traceback" not in capfd.readouterr().err
    assert list((tmp_path / "phases").iterdir()) == []


def test_whoever_comes_second_never_writes_over_the_first(tmp_path: Path) -> None:
    (tmp_path / "phases").mkdir()
    runs = [
        finish(each) for each in [start("new", "a", "--no-undo", cwd=tmp_path, env=environment()) for _ in range(4)]
    ]
    made = [each for each in runs if each.returncode == 0]
    assert {each.returncode for each in runs} <= {0, 3}
    assert len(list((tmp_path / "phases").iterdir())) == len(made) >= 1
