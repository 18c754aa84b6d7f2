"""A database copied to another server by pg_dump and psql: its schema, and the rows of chosen tables.

Source: PostgreSQL's documentation of pg_dump.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from psycopg.conninfo import make_conninfo

from platformdb.errors import Interrupted, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.report.masking import masked_words

# What would reach beyond the copy: a subscription connects to its publisher.
SCHEMA = ("--schema-only", "--no-tablespaces", "--no-subscriptions", "--no-publications")
DATA = ("--data-only",)
# From this version on pg_dump takes the parts of a partitioned table with it.
KNOWS_CHILDREN = 16
HISTORY = "platformdb.*"
# The rows of some tables may refer to rows of others, which do not come along.
UNCHECKED = {"PGOPTIONS": "-c session_replication_role=replica"}
LACKING = (
    "name programs of a server that has what is missing with --binaries; or rehearse where a copy can be made beside "
    "the database itself"
)
UNREADABLE = "let the role read all of it: GRANT pg_read_all_data TO it; or run this as one that may"


@dataclass(frozen=True, slots=True)
class Programs:
    """pg_dump and psql: in which folder, of which major version."""

    folder: Path
    major: int


def copy_schema(source: Connection, target: Target, there: Target, programs: Programs, data: Sequence[str]) -> None:
    """Copies the schema, the history, and the rows of the tables ``data`` (pg_dump's patterns) into an empty database.

    ``source`` is a session in ``target``. Roles that the schema names are made on the other server, without a right to
    log in.

    Raises:
        Refused: pg_dump may not read something, or the other server lacks something, an extension for example.
        Interrupted: on Ctrl-C.
    """
    _make_roles(source, there)
    _pipe(target, there, programs, SCHEMA, {})
    option = "--table-and-children" if programs.major >= KNOWS_CHILDREN else "--table"
    wanted = [f"{option}={pattern}" for pattern in (*((HISTORY,) if _has_history(source) else ()), *data)]
    if wanted:
        _pipe(target, there, programs, (*DATA, "--strict-names", *wanted), UNCHECKED)
    with connect(there) as connection:
        connection.execute("ANALYZE")


def _has_history(source: Connection) -> bool:
    return bool(source.execute("SELECT FROM pg_namespace WHERE nspname = 'platformdb'").rowcount)


def _make_roles(source: Connection, there: Target) -> None:
    """Only their names: who owns what and may what is told by the schema."""
    names = [name for (name,) in source.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").fetchall()]
    with connect(there) as connection:
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for name in names:
            if name not in known:
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))


def _pipe(target: Target, there: Target, programs: Programs, options: Sequence[str], extra: dict[str, str]) -> None:
    dump = [str(programs.folder / "pg_dump"), *options, f"--dbname={_conninfo(target)}"]
    load = [str(programs.folder / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", f"--dbname={_conninfo(there)}"]
    try:
        with (
            subprocess.Popen(dump, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(target)) as reading,
            subprocess.Popen(
                load,
                stdin=reading.stdout,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**_environment(there), **extra},
            ) as writing,
        ):
            assert reading.stdout is not None  # noqa: S101 - it is a pipe
            reading.stdout.close()  # so that pg_dump hears when psql ends
            said = writing.communicate()[1]
            complaint = reading.communicate()[1]
    except KeyboardInterrupt:
        raise Interrupted("interrupted while the database was copied", help="nothing was changed") from None
    if writing.returncode:
        raise _refused("the schema does not fit into the server at hand", said, LACKING)
    if reading.returncode:
        raise _refused("the database could not be read whole", complaint, UNREADABLE)


def _refused(what: str, said: bytes, help_text: str) -> Refused:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return Refused(
        f"{what}: {masked_words(lines[0]) if lines else 'no reason was given'}",
        detail=masked_words("\n".join(lines[1:10])),
        help=help_text,
    )


def _conninfo(target: Target) -> str:
    """As a connection string without the password, for the command line of a program is open to all."""
    return make_conninfo(**{key: value for key, value in target.parameters.items() if key != "password"})


def _environment(target: Target) -> dict[str, str]:
    password = target.parameters.get("password")
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}
