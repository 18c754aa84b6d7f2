from __future__ import annotations

from pathlib import Path

import pytest

from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.postgres.providers import container as module
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent


class Running:
    """A container as far as this needs one."""

    stopped = False

    def stop(self) -> None:
        self.stopped = True


def test_a_container_that_cannot_be_handed_over_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would know its password, or even that it is there."""
    running = Running()
    target = Target("container", {"password": "x"})

    def no_room(*_: object) -> Target:
        raise ConfigError("cannot write the password file")

    for name, value in {"_start": running, "_target": target, "_wait": None}.items():
        monkeypatch.setattr(module, name, lambda *_, value=value: value)
    monkeypatch.setattr(module, "_keep", no_room)
    config = Config(project=tmp_path, provider="container", keep=True)
    with pytest.raises(ConfigError, match="password file"), module.container(config, Silent(), database="x"):
        pass
    assert running.stopped
