"""platformdb as users start it: a process of its own, or the same program called in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from psycopg.conninfo import make_conninfo

import platformdb
from platformdb.config import LIBPQ_TARGET
from platformdb.postgres.target import Target
from platformdb.report.json import envelope_schema

SOURCE = Path(platformdb.__file__).parent.parent
VALIDATOR = Draft202012Validator(envelope_schema())
MISLEADING = (
    *LIBPQ_TARGET,
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGOPTIONS",
    "DATABASE_URL",
    "COLUMNS",
    "FORCE_COLOR",
)


def environment(target: Target | None = None, **more: str) -> dict[str, str]:
    """The environment without anything that names a database, except ``target``."""
    kept = {k: v for k, v in os.environ.items() if k not in MISLEADING and not k.startswith("PLATFORMDB_")}
    named = {"PLATFORMDB_URL": url_of(target)} if target else {}
    return {**kept, "PYTHONPATH": str(SOURCE), **named, **more}


def url_of(target: Target) -> str:
    """A connection string with everything a target needs."""
    return make_conninfo(**target.parameters)


def start(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """Starts the program, with pipes for its output."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(
        [sys.executable, "-m", "platformdb", *arguments],
        cwd=cwd,
        env=dict(env or environment()),
        text=True,
        encoding="utf-8",
        **{**pipes, **options},
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Waits for a started program; a hang is a failure with what it said so far."""
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def platformdb_run(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    return finish(start(*arguments, cwd=cwd, env=env))


def envelope_of(output: str) -> dict[str, Any]:
    """The JSON envelope that is all of an output: one line, and valid."""
    assert output.endswith("\n")
    assert output.count("\n") == 1, output
    envelope: dict[str, Any] = json.loads(output)
    VALIDATOR.validate(envelope)
    return envelope
