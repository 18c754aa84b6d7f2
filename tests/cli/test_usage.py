"""Every command line a user can get wrong, and every help text."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from commandline import envelope_of, environment
from platformdb import __version__
from platformdb.cli.app import app, run


def walk(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every group and command of the program, with the words that lead to it."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


EVERYTHING = list(walk(typer.main.get_command(app)))
# A group that does something itself, without a subcommand, is a command as well.
COMMANDS = [
    (path, command) for path, command in EVERYTHING if path and getattr(command, "invoke_without_command", True)
]
GROUPS = [path for path, command in EVERYTHING if (path, command) not in COMMANDS]
EXPECTED = {
    "up", "init", "new", "migrate", "status", "validate", "seed", "seed infer", "bench",
    "indexes apply", "indexes status",
    "counters check", "counters fix", "contracts check", "server start", "server stop", "server status", "server url",
    "server psql", "server binaries",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a project, and no database in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "PLATFORMDB_URL", "PGHOST", "PGSERVICE", "PGDATABASE", "PGPORT", "PGHOSTADDR"):
        monkeypatch.delenv(name, raising=False)


def each_command(test: object) -> object:
    return pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=" ".join)(test)  # type: ignore[arg-type]


def test_the_commands_of_the_manual_are_there() -> None:
    assert {" ".join(path) for path, _ in COMMANDS} >= EXPECTED


@pytest.mark.parametrize(
    ("path", "command"), EVERYTHING, ids=[" ".join(path) or "platformdb" for path, _ in EVERYTHING]
)
def test_every_command_and_every_option_says_what_it_does(
    path: tuple[str, ...], command: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*path, "--help"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert f"Usage: {' '.join(('platformdb', *path))}" in shown.out
    assert len(str(command.help).split()) >= 3  # type: ignore[attr-defined]
    for parameter in command.params:  # type: ignore[attr-defined]
        assert getattr(parameter, "help", None), parameter.name


@each_command
def test_the_short_help_is_the_long_one(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*path, "-h"]) == 0
    assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_has_the_common_options(path: tuple[str, ...], command: object) -> None:
    options = {name for parameter in command.params for name in parameter.opts}  # type: ignore[attr-defined]
    assert {"--project", "--format", "--quiet", "--no-color"} <= options


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"platformdb {__version__}\n"


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: " ".join(path) or "platformdb")
def test_a_group_without_a_command_shows_its_commands(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(list(path)) == 0
    shown = capsys.readouterr()
    assert "Commands:" in shown.out
    assert shown.err == ""


WRONG = [
    (["frobnicate"], "frobnicate"),
    (["migrate", "--frobnicate"], "--frobnicate"),
    (["indexes", "frobnicate"], "frobnicate"),
    (["migrate", "extra"], "extra"),
    (["indexes", "apply"], "--tier"),
    (["indexes", "apply", "--tier", "4"], "--tier"),
    (["indexes", "apply", "--tier", "many"], "--tier"),
    (["bench", "--samples", "1"], "20"),
    (["migrate", "--format", "xml"], "xml"),
    (["migrate", "--provider", "cloud"], "cloud"),
    (["migrate", "--wait-for-lock"], "--wait-for-lock"),
    (["new"], "NAME"),
    (["migrate", "--url"], "--url"),
]


@pytest.mark.parametrize(("arguments", "word"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_a_wrong_command_line_exits_2_and_says_what_is_wrong(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert word in shown.err
    assert re.search(r"→ see: platformdb.* --help", shown.err)
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("style", [["--format", "json"], ["--format=json"]], ids=" ".join)
@pytest.mark.parametrize(("arguments", "word"), WRONG[:8], ids=[" ".join(arguments) for arguments, _ in WRONG[:8]])
def test_a_wrong_command_line_that_asks_for_json_gets_json(
    arguments: list[str], word: str, style: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, *style]) == 2
    envelope = envelope_of(capsys.readouterr().out)
    assert (envelope["exit_code"], envelope["findings"][0]["rule"]) == (2, "usage")
    assert word in envelope["findings"][0]["message"]


NEEDS_DATABASE = [
    ["migrate"], ["status"], ["validate"], ["seed"], ["bench"], ["indexes", "apply", "--tier", "1"],
    ["indexes", "status"], ["counters", "check"], ["counters", "fix"], ["contracts", "check"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", NEEDS_DATABASE, ids=" ".join)
def test_without_a_database_a_command_exits_2_and_says_how_to_name_one(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--platform", "vrss"]) == 2
    shown = capsys.readouterr()
    assert "no database given" in shown.err
    assert "--url" in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == [], "nothing is made by the way"


@pytest.mark.parametrize(
    ("arguments", "toml", "word"),
    [
        (["migrate"], "", "no migrations found"),
        (["migrate", "--platform", "nothing"], "", "there is no platform 'nothing'"),
        (["migrate", "--project", "/nonexistent"], "", "does not exist"),
        (["migrate", "--wait-for-lock", "-1"], "", "wait_for_lock"),
        (["migrate", "--wait-for-lock", "soon"], "", "wait_for_lock: 'soon' is not a duration"),
        (["migrate", "--lock-timeout", "0.4ms"], "", "lock_timeout: must be from 1ms"),
        (["migrate", "--lock-retries", "many"], "", "lock_retries: must be a whole number"),
        (["migrate", "--var", "hunter2"], "", "--var: write NAME=VALUE"),
        (["migrate", "--var", "pw=hunter2"], 'variables.pw = { value = "x", secret = true }', "--var pw"),
        (["migrate"], 'variables.pw = { env = "NOT_SET_HERE", secret = true }', "NOT_SET_HERE is not set"),
        (["migrate", "--platform", "vrss", "--url", "me:hunter2@host"], "", "URL is not valid"),
        (["status"], "colour = true", "colour"),
        (["status"], "port = ", "not valid TOML"),
        (["up", "nothing"], "", "there is no platform 'nothing'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_wrong_settings_exit_2_with_the_reason(
    arguments: list[str], toml: str, word: str, as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if toml:
        (tmp_path / "platformdb.toml").write_text(toml)
    assert run([*arguments, *["--format", "json"] * as_json]) == 2
    shown = capsys.readouterr()
    if as_json:
        assert word in envelope_of(shown.out)["findings"][0]["message"]
    else:
        assert word in shown.err
    assert "hunter2" not in shown.out + shown.err


def test_a_misspelt_environment_variable_exits_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLATFORMDB_URLL", "postgresql://h/d")
    assert run(["status"]) == 2
    assert "unknown environment variable PLATFORMDB_URLL" in capsys.readouterr().err


LOCKS = {"--wait-for-lock", "--lock-timeout", "--lock-retries", "--role"}


@pytest.mark.parametrize(
    "path",
    [
        ("counters", "check"), ("contracts", "check"), ("bench",), ("indexes", "status"), ("status",), ("validate",),
        ("init",), ("new",), ("server", "start"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_that_changes_no_schema_has_no_options_about_locks(path: tuple[str, ...]) -> None:
    options = {name for parameter in dict(COMMANDS)[path].params for name in parameter.opts}  # type: ignore[attr-defined]
    assert options & LOCKS == set()


def test_migrate_has_them_all() -> None:
    options = {name for parameter in dict(COMMANDS)[("migrate",)].params for name in parameter.opts}  # type: ignore[attr-defined]
    assert options >= {*LOCKS, "--var", "--url", "--platform"}


@pytest.mark.parametrize(
    "code",
    [
        "run(['--version'])",
        "run(['status'])",
        "run(['server', 'stop', '--project', '.', '--quiet'])",
        "present(Report('demo: nothing to do'), 'migrate', elapsed_ms=0, form='text', color=True)",
        "present(Report('demo: nothing to do'), 'migrate', elapsed_ms=0, form='json', color=True)",
    ],
)
def test_what_says_one_line_imports_nothing_heavy(code: str, tmp_path: Path) -> None:
    """Typer's own validators are pydantic: an option that was not given must not ask for one."""
    (tmp_path / "phases").mkdir()
    (tmp_path / "phases" / "001_a.sql").touch()
    heavy = {"pydantic", "postgast", "jinja2", "numpy"} | ({"rich"} if "status" not in code else set())
    source = (
        "import sys\nfrom platformdb.cli.app import run\nfrom platformdb.cli.present import present\n"
        f"from platformdb.report.model import Report\n{code}\nprint('loaded:', *sorted({heavy!r} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded:", done.stdout


def test_no_two_options_of_a_command_share_a_name() -> None:
    for path, command in COMMANDS:
        names = list(itertools.chain.from_iterable(p.opts for p in command.params))  # type: ignore[attr-defined]
        assert len(names) == len(set(names)), path


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "words",
    [("status",), ("up",), ("status", "--platform"), ("status", "--provider"), ("status", "--project"), ()],
    ids=" ".join,
)
def test_a_url_in_the_wrong_place_keeps_its_password(
    capfd: pytest.CaptureFixture[str], words: tuple[str, ...], style: str
) -> None:
    assert run([*words, "postgresql://deploy:hun/ter@2@db.example.com/shop", "--format", style]) == 2
    shown = "".join(capfd.readouterr())
    assert "hun" not in shown
    assert "deploy:***@db.example.com" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mutate", "--save-reference", "bench.json"], "--save-reference would have no effect with --mutate"),
        (["--compare", "main", "--samples", "20", "--strict-time"], "--samples and --strict-time would have no effect"),
        (["--history", "bench.json"], "--history would have no effect without --html"),
    ],
    ids=["mutate", "compare", "history"],
)
def test_an_option_of_bench_that_would_have_no_effect_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", *arguments]) == 2
    assert words in capsys.readouterr().err
