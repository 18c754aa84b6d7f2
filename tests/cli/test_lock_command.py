"""``lock status`` and ``lock break`` as users start them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import envelope_of, environment, platformdb_run
from platformdb.postgres.target import Target
from runners import runner
from terminal import on_a_terminal

pytestmark = pytest.mark.newest_server


def test_status_of_a_free_lock_exits_0_wherever_it_is_asked(db: Target, tmp_path: Path) -> None:
    result = platformdb_run("lock", "status", cwd=tmp_path, env=environment(db))
    assert (result.returncode, result.stdout, result.stderr) == (0, "✓ free\n", "")


def test_status_of_a_held_lock_exits_0_and_names_the_holder(db: Target, tmp_path: Path) -> None:
    with runner(db) as holder:
        assert holder.hear() == "ready"
        result = platformdb_run("lock", "status", cwd=tmp_path, env=environment(db))
        as_json = platformdb_run("lock", "status", "--format", "json", cwd=tmp_path, env=environment(db))
    assert result.returncode == 0
    assert f":{holder.process.pid}, user postgres, from this machine" in result.stdout
    assert "platformdb lock break" in result.stdout
    envelope = envelope_of(as_json.stdout)
    assert (envelope["command"], envelope["ok"], envelope["data"]["mode"]) == ("lock status", True, "advisory")
    assert {session["process"] for session in envelope["data"]["sessions"]} == {holder.process.pid}


def test_break_without_a_terminal_needs_yes(db: Target, tmp_path: Path) -> None:
    with runner(db) as holder:
        assert holder.hear() == "ready"
        refused = platformdb_run("lock", "break", cwd=tmp_path, env=environment(db))
        assert refused.returncode == 2
        assert "platformdb lock break --yes" in refused.stderr
        assert holder.ask("check") == "well"
        broken = platformdb_run("lock", "break", "--yes", cwd=tmp_path, env=environment(db))
        assert broken.returncode == 0
        assert "ended the lock session (pid " in broken.stdout
        assert holder.ask("check").startswith("NotNow: the runner lock was lost")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 3), ("\x03", 130)], ids=["yes", "no", "ctrl-c"])
def test_on_a_terminal_break_asks_first(db: Target, tmp_path: Path, answer: str, code: int) -> None:
    with runner(db) as holder:
        assert holder.hear() == "ready"
        said, exit_code = on_a_terminal("lock", "break", answer=answer, cwd=tmp_path, env=environment(db))
        assert f":{holder.process.pid}, user postgres" in said.replace("\r\n", "")
        assert exit_code == code, said
        assert "Traceback" not in said
        assert (holder.ask("check") == "well") == (code != 0)
