"""A Sqitch project with a reworked change: deployed by Sqitch and migrated by platformdb it is one schema."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from catalog import relations, rows, run
from databases import clone
from dump import dumped
from platformdb.config import Config
from platformdb.migrations.layouts.listing import recognised
from platformdb.migrations.layouts.sqitch import plan_of
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import down, migrate
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from platformdb.project import find_platform
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

needs_sqitch = pytest.mark.skipif(not shutil.which("sqitch"), reason="not run: no sqitch (Debian: apt install sqitch)")
pytestmark = pytest.mark.newest_server


STAMP = "2026-11-21T09:30:00Z Ada Lovelace <ada@example.org>"
PLAN = f"""%syntax-version=1.0.0
%project=shop
%uri=https://Example.org/shop

app {STAMP} # the schema
items/list [app] {STAMP} # a list
@v1.0 {STAMP} # first
items/list [items/list@v1.0] {STAMP} # in order; with : and 'quotes'
"""
LIST = "CREATE OR REPLACE FUNCTION app.list() RETURNS SETOF text LANGUAGE sql AS $$ SELECT name FROM app.items {} $$;"
FILES = {
    "sqitch.conf": '[core]\n\tengine = pg\n[core "variables"]\n\tschema = app\n\twho = Ada\n',
    "sqitch.plan": PLAN,
    "deploy/app.sql": """BEGIN;
CREATE SCHEMA :"schema";
CREATE TABLE :schema.items (name text, owner text DEFAULT :'who', what text DEFAULT ':who');
COMMIT;
""",
    "revert/app.sql": "DROP SCHEMA app CASCADE;",
    "deploy/items/list@v1.0.sql": LIST.format(""),
    "revert/items/list@v1.0.sql": "DROP FUNCTION app.list();",
    "deploy/items/list.sql": LIST.format("ORDER BY 1"),
    "revert/items/list.sql": LIST.format(""),
    "verify/app.sql": "SELECT 1/0;",
}


def deploy(folder: Path, target: Target) -> None:
    """Sqitch itself, with a psql that knows the server."""
    known = target.parameters
    psql = next(find_candidates(None)).folder
    environment = {**os.environ, "PATH": f"{psql}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    environment |= {
        "SQITCH_FULLNAME": "Ada Lovelace",
        "SQITCH_EMAIL": "ada@example.org",
        "SQITCH_USER_CONFIG": "/nowhere",
    }
    environment |= {f"PG{key.upper()}": str(known[key]) for key in ("host", "user", "passfile") if key in known}
    command = ["sqitch", "deploy", f"db:pg:{known['dbname']}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr


def schema(server: Server, target: Target) -> str:
    text = dumped(server, target, "--schema-only", "--exclude-schema=platformdb", "--exclude-schema=sqitch")
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


@needs_sqitch
def test_it_gives_the_schema_that_sqitch_gives_and_goes_back(server: Server, db: Target, project: Project) -> None:
    theirs = clone(server, "template0", f"{db.parameters['dbname']}_sqitch")
    try:
        deploy(project.write(FILES).root, theirs)
        platform = find_platform(Config(project=project.root, migrations=(project.root,)))
        assert migrate(nullcontext(db), platform, Silent()).ok
        assert schema(server, db) == schema(server, theirs)
        assert "ORDER BY 1" in schema(server, db)

        assert platform.foreign is not None
        _, settings, (folder,) = recognised(platform, platform.foreign)
        ids = tuple(row[0] for row in rows(theirs, "SELECT change_id FROM sqitch.changes ORDER BY committed_at"))
        assert plan_of(folder, settings)[1] == ids
    finally:
        run(db, f'DROP DATABASE "{theirs.parameters["dbname"]}" WITH (FORCE)')

    back = Options(target="2", allow_destructive=True)
    assert down(nullcontext(db), platform, Silent(), options=back).ok
    assert "ORDER BY 1" not in schema(server, db)
    assert down(nullcontext(db), platform, Silent(), options=Options(target="0", allow_destructive=True)).ok
    assert relations(db) == set()
