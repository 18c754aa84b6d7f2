"""A tool applies the first part of a directory, platformdb the rest: the schema is the one that the tool alone makes.

The tools are looked for on PATH, and in the folder that PLATFORMDB_TEST_TOOLS names (npm's ``node_modules/.bin``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from databases import fresh
from dump import dumped
from foreign_histories import chained, marked
from inprocess import as_json
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

pytestmark = pytest.mark.newest_server

TOOLS = os.environ.get("PLATFORMDB_TEST_TOOLS", "")
PATH = os.pathsep.join(filter(None, (TOOLS, os.environ.get("PATH", ""))))

FIRST = "CREATE TABLE books (id int PRIMARY KEY, title text NOT NULL);\n"
SECOND = "CREATE INDEX books_title ON books (title);\nINSERT INTO books VALUES (1, 'SQL');\n"
THIRD = "ALTER TABLE books ADD COLUMN pages int;\nCOMMENT ON TABLE books IS 'what we sell';\n"
BACK = "SELECT 1;\n"


def libpq(target: Target) -> dict[str, str]:
    """Where the database is, as libpq and those who follow its ways are told."""
    with connect(target) as connection:
        info = connection.info
        values = (info.host, str(info.port), info.user, info.password, info.dbname)
    return dict(zip(("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"), values, strict=True))


def url(target: Target) -> str:
    """The same as a URL: with the folder of the server's socket as a parameter."""
    host, port, user, password, name = libpq(target).values()
    return f"postgres://{user}:{password}@/{name}?host={host}&port={port}&sslmode=disable"


@dataclass(frozen=True)
class Tool:
    """A tool: its program, what it is given of a directory (the first ``count`` migrations), and how it is run.

    ``says`` is in what its status says once platformdb ran the third; ``proof`` is what its checksums are worth.
    """

    layout: str
    program: str
    files: Callable[[int], Mapping[str, str]]
    up: Callable[[Target], list[str]]
    status: Callable[[Target], list[str]] | None
    says: str = ""
    environment: Callable[[Target], dict[str, str]] = libpq
    proof: str = "none"


def numbered(pattern: str, up: str, down: str) -> Callable[[int], Mapping[str, str]]:
    def files(count: int) -> Mapping[str, str]:
        texts = {f"migrations/{pattern.format(n)}": text for n, text in enumerate((FIRST, SECOND, THIRD), 1)}
        return dict(list(marked(up, down, texts).items())[:count])

    return files


def sql_migrate_files(count: int) -> Mapping[str, str]:
    found = numbered("{}-books.sql", "-- +migrate Up", "-- +migrate Down")(count)
    keys = "host=${PGHOST} port=${PGPORT} user=${PGUSER} password=${PGPASSWORD} dbname=${PGDATABASE} sslmode=disable"
    return {
        **found,
        "dbconfig.yml": f"development:\n  dialect: postgres\n  datasource: {keys}\n  dir: migrations\n",
    }


def graphile_files(count: int) -> Mapping[str, str]:
    chain = chained(FIRST, SECOND, THIRD)[:count]
    return {
        ".gmrc": json.dumps({"pgSettings": {}, "placeholders": {}}),
        **{f"migrations/committed/00000{n}.sql": text for n, (text, _) in enumerate(chain, 1)},
    }


MIGRATOR = """
const { Client } = require("pg");
const { drizzle } = require("drizzle-orm/node-postgres");
const { migrate } = require("drizzle-orm/node-postgres/migrator");
(async () => {
  const client = new Client();
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder: "migrations" });
  await client.end();
})();
"""


def drizzle_files(count: int) -> Mapping[str, str]:
    entries = [
        {"idx": n, "version": "7", "when": 1700000000000 + n, "tag": f"000{n}_books", "breakpoints": True}
        for n in range(count)
    ]
    texts = [text.replace(";\n", ";\n--> statement-breakpoint\n", 1) for text in (FIRST, SECOND, THIRD)]
    return {
        "migrate.cjs": MIGRATOR,
        "migrations/meta/_journal.json": json.dumps({"version": "7", "dialect": "postgresql", "entries": entries}),
        **{f"migrations/{entry['tag']}.sql": texts[entry["idx"]] for entry in entries},
    }


def sqitch_files(count: int) -> Mapping[str, str]:
    lines = ["%syntax-version=1.0.0", "%project=shop", "%uri=https://example.org/shop", ""]
    lines += [
        f"change{n} {'[change1] ' if n > 1 else ''}2024-01-0{n}T10:00:00Z Ada <ada@example.org> # number {n}"
        for n in range(1, count + 1)
    ]
    texts = (FIRST, SECOND, THIRD)[:count]
    return {
        "migrations/sqitch.plan": "\n".join(lines) + "\n",
        "migrations/sqitch.conf": "[core]\n\tengine = pg\n[user]\n\tname = Ada\n\temail = ada@example.org\n",
        **{f"migrations/deploy/change{n}.sql": f"BEGIN;\n{text}COMMIT;\n" for n, text in enumerate(texts, 1)},
        **{f"migrations/revert/change{n}.sql": BACK for n in range(1, count + 1)},
    }


REAL_TOOLS = (
    Tool(
        "dbmate",
        "dbmate",
        numbered("2024010{}_books.sql", "-- migrate:up", "-- migrate:down"),
        lambda target: ["--url", url(target), "--no-dump-schema", "-d", "migrations", "up"],
        lambda target: ["--url", url(target), "-d", "migrations", "status"],
        "Pending: 1",
    ),
    Tool(
        "node-pg-migrate",
        "node-pg-migrate",
        numbered("170000000000{}_books.sql", "-- Up Migration", "-- Down Migration"),
        lambda _: ["up", "-m", "migrations"],
        lambda _: ["up", "-m", "migrations", "--dry-run"],
        "1700000000003_books",
        environment=lambda target: {"DATABASE_URL": url(target)},
    ),
    Tool(
        "graphile-migrate",
        "graphile-migrate",
        graphile_files,
        lambda _: ["migrate"],
        lambda _: ["status"],
        "1 committed",
        environment=lambda target: {
            "DATABASE_URL": url(target),
            "SHADOW_DATABASE_URL": url(target).replace(str(target.parameters["dbname"]), "shadow"),
            "ROOT_DATABASE_URL": url(target).replace(str(target.parameters["dbname"]), "postgres"),
        },
        proof="verified",
    ),
    Tool(
        "drizzle",
        "node",
        drizzle_files,
        lambda _: ["migrate.cjs"],
        None,
        environment=lambda target: {**libpq(target), "NODE_PATH": str(Path(TOOLS).parent)},
        proof="verified",
    ),
    Tool("sql-migrate", "sql-migrate", sql_migrate_files, lambda _: ["up"], lambda _: ["status"], "| 3-books.sql | no"),
    Tool(
        "sqitch",
        "sqitch",
        sqitch_files,
        lambda target: ["-C", "migrations", "deploy", f"db:pg:{target.parameters['dbname']}"],
        lambda target: ["-C", "migrations", "status", f"db:pg:{target.parameters['dbname']}"],
        "change3",
        proof="verified",
    ),
)
each_real_tool = pytest.mark.parametrize("tool", REAL_TOOLS, ids=lambda tool: tool.layout)


@pytest.fixture
def other(server: Server, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A second empty database, for the tool alone."""
    yield from fresh(server, request, "template0")


def program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"there is no {name} on PATH, nor in PLATFORMDB_TEST_TOOLS")
    return found


def runs(tool: Tool, arguments: list[str], target: Target, folder: Path) -> str:
    environment = {**os.environ, "PATH": PATH, **tool.environment(target)}
    ran = subprocess.run(
        [program(tool.program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def fill(project: Project, tool: Tool, count: int) -> Project:
    return project.write(tool.files(count))


@each_real_tool
def test_the_rest_by_platformdb_gives_what_the_tool_alone_gives(
    server: Server, db: Target, other: Target, project: Project, tool: Tool
) -> None:
    if tool.layout == "drizzle" and not (Path(TOOLS).parent / "drizzle-orm").is_dir():
        pytest.skip("there is no drizzle-orm beside the folder that PLATFORMDB_TEST_TOOLS names")
    said = runs(tool, tool.up(db), db, fill(project, tool, 2).root)
    fill(project, tool, 3)
    options = ("--migrations", "migrations", "--layout", tool.layout)
    adopted = as_json(db, project, "adopt", *options)
    assert adopted.code == 0, said + adopted.everything
    assert [each["proof"] for each in adopted.envelope["data"]["taken"]] == [tool.proof, tool.proof], said
    migrated = as_json(db, project, "migrate", *options)
    assert [step["kind"] for step in migrated.envelope["steps"]] == ["versioned"], migrated.everything
    runs(tool, tool.up(other), other, project.root)
    ours = dumped(server, db, "--schema-only", "--exclude-schema=platformdb")
    assert "pages integer" in ours
    assert without_random(ours) == without_random(dumped(server, other, "--schema-only"))
    # Its own table was left alone: the tool goes on, and what platformdb ran is pending to it.
    assert tool.status is None or tool.says in runs(tool, tool.status(db), db, project.root)


def without_random(dump: str) -> list[str]:
    """pg_dump names a restriction by chance, in every dump another."""
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


ENV = """
from alembic import context
from sqlalchemy import create_engine
import os

if context.is_offline_mode():
    context.configure(url="postgresql://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine("postgresql+psycopg://", connect_args=dict(dbname=os.environ["PGDATABASE"])).connect() as one:
        context.configure(connection=one)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = '''"""{slug}"""
from alembic import op

revision = "{id}"
down_revision = {after!r}


def upgrade():
    for statement in {text!r}.split(";\\n")[:-1]:
        op.execute(statement)


def downgrade():
    pass
'''
CHAIN = (("a1", None, "books", FIRST), ("b2", "a1", "title", SECOND), ("c3", "b2", "pages", THIRD))


class TestAlembic:
    """Its revisions are Python: platformdb goes on with the SQL that Alembic prints of them, one file for each."""

    @pytest.fixture
    def alembic(self, db: Target, project: Project) -> Callable[..., str]:
        program("alembic")
        project.write({"alembic.ini": "[alembic]\nscript_location = alembic\n", "alembic/env.py": ENV})
        for name, after, slug, text in CHAIN:
            revision = REVISION.format(slug=slug, id=name, after=after, text=text)
            project.write({f"alembic/versions/{name}_{slug}.py": revision})

        def call(*arguments: str, target: Target = db) -> str:
            tool = Tool("alembic", "alembic", lambda _: {}, lambda _: [], lambda _: [], "")
            return runs(tool, list(arguments), target, project.root)

        return call

    def test_what_it_printed_goes_on_where_it_stopped(
        self, server: Server, db: Target, other: Target, project: Project, alembic: Callable[..., str]
    ) -> None:
        alembic("upgrade", "b2")
        for number, (name, after, slug, _) in enumerate(CHAIN, 1):
            printed = alembic("upgrade", f"{after or 'base'}:{name}", "--sql")
            project.write({f"sql/migrations/{number:03}_{slug}.sql": printed})
        options = ("--migrations", "sql/migrations", "--from", "alembic")
        adopted = as_json(db, project, "adopt", *options)
        assert [each["key"] for each in adopted.envelope["data"]["taken"]] == ["a1", "b2"]
        assert as_json(db, project, "migrate", *options[:2]).code == 0
        alembic("upgrade", "head", target=other)
        ours = dumped(server, db, "--schema-only", "--exclude-schema=platformdb")
        assert without_random(ours) == without_random(dumped(server, other, "--schema-only"))
        # The SQL that it printed keeps its table, too.
        assert "c3 (head)" in alembic("current")

    def test_its_own_folder_shows_what_is_in_and_stops_at_the_next(
        self, db: Target, project: Project, alembic: Callable[..., str]
    ) -> None:
        alembic("upgrade", "b2")
        options = ("--migrations", "alembic/versions")
        assert as_json(db, project, "adopt", *options).code == 0
        found = as_json(db, project, "status", *options).envelope["data"]["migrations"]
        assert [each["state"] for each in found] == ["applied", "applied", "not SQL"]
        assert as_json(db, project, "migrate", *options).rules == ["migration-not-sql"]
        assert as_json(db, project, "migrate", *options, "--mark-applied", "3").code == 0
