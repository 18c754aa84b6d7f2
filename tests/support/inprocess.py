"""The program called in this process: as fast as a function, and all that a user would see of it."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest

from commandline import envelope_of, environment
from platformdb.cli.app import run
from platformdb.postgres.target import Target
from projects import Project


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err

    @property
    def envelope(self) -> dict[str, Any]:
        """The JSON envelope that is all of the output; the exit code in it is the one of the process."""
        envelope = envelope_of(self.out)
        assert envelope["exit_code"] == self.code
        return envelope

    @property
    def rules(self) -> list[str]:
        return [finding["rule"] for finding in self.envelope["findings"]]


def call(target: Target, project: Project, *arguments: str, **variables: str) -> Said:
    """One command line, run in the project's folder on the target; ``variables`` are added to the environment."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(project.root)
        wanted = environment(target, **variables)
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        code = run(list(arguments))
    return Said(code, out.getvalue(), err.getvalue())


def as_json(target: Target, project: Project, *arguments: str, **variables: str) -> Said:
    """The same, with its result in JSON."""
    return call(target, project, *arguments, "--format", "json", **variables)
