"""The four phases: each applies alone on top of the ones before it, and its undo returns exactly the schema before."""

from __future__ import annotations

import os
import subprocess
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest

from platformdb.indexes.read import read_tiers
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platforms.vrss.build import TABLES, make, value, values
from servers import BINARIES, Server

PHASES = tuple(TABLES)


def phase_file(vrss: Platform, phase: str, *, undo: bool = False) -> Path:
    found = [path for path in vrss.phases.glob(f"{phase}_*.sql") if path.name.endswith(".undo.sql") is undo]
    assert len(found) == 1, f"phase {phase} has {len(found)} files"
    return found[0]


def apply(conn: Connection, path: Path) -> None:
    """The whole file in one transaction, as migrate does."""
    with conn.transaction():
        conn.execute(path.read_bytes())


def furnish(conn: Connection, vrss: Platform) -> None:
    """The triggers and indexes of the tables that are there and have none yet."""
    there = {name for (name,) in values(conn, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    for path in sorted((vrss.sql / "triggers").glob("*.sql")):
        if path.stem in there:
            apply(conn, path)
    for index in read_tiers(vrss)[0]:
        if index.table in there and value(conn, "SELECT to_regclass(%s)", index.name) is None:
            conn.execute(index.sql.encode())


def schema(server: Server, target: Target) -> str:
    """What pg_dump of the server's own version says of the schema, the tool's history aside."""
    own = next(find_candidates(BINARIES[server.version])).folder / "pg_dump"
    # A newer pg_dump knows older servers; not every set of server programs brings its own.
    program = own if own.exists() else next(find_candidates(None)).folder / "pg_dump"
    libpq = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE", "passfile": "PGPASSFILE"}
    settings = {name: target.parameters[key] for key, name in libpq.items() if key in target.parameters}
    dumped = subprocess.run(
        [program, "--schema-only", "--exclude-schema=platformdb"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return "\n".join(line for line in dumped.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def tables(conn: Connection) -> set[str]:
    return {name for (name,) in values(conn, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


@pytest.mark.parametrize("phase", PHASES)
def test_phase_applies_on_top_of_the_ones_before_and_its_undo_returns_exactly_the_schema_before(
    db: Target, server: Server, vrss: Platform, phase: str
) -> None:
    with connect(db) as conn:
        for earlier in PHASES[: PHASES.index(phase)]:
            apply(conn, phase_file(vrss, earlier))
        before, there = schema(server, db), tables(conn)
        apply(conn, phase_file(vrss, phase))
        assert tables(conn) - there == set(TABLES[phase])
        assert schema(server, db) != before
        apply(conn, phase_file(vrss, phase, undo=True))
        assert schema(server, db) == before
        # And once more: nothing that was left behind is in the way.
        apply(conn, phase_file(vrss, phase))


def test_undo_takes_the_triggers_and_indexes_of_its_phase_along(db: Target, server: Server, vrss: Platform) -> None:
    befores = []
    with connect(db) as conn:
        # Functions stay where they are: they are present state, and do nothing without a trigger.
        for path in sorted((vrss.sql / "functions").glob("*.sql")):
            apply(conn, path)
        for phase in PHASES:
            befores.append(schema(server, db))
            apply(conn, phase_file(vrss, phase))
            furnish(conn, vrss)
        assert value(conn, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") > 30
        for phase, before in reversed(list(zip(PHASES, befores, strict=True))):
            apply(conn, phase_file(vrss, phase, undo=True))
            assert schema(server, db) == before, f"the undo of phase {phase} left something behind"
        assert tables(conn) == set()


def test_undo_works_where_rows_are_and_takes_them_along(vrss_db: Target, vrss: Platform) -> None:
    with connect(vrss_db) as conn:
        for table in (table for phase in PHASES for table in TABLES[phase]):
            make(conn, table)
        for phase in reversed(PHASES):
            apply(conn, phase_file(vrss, phase, undo=True))
        assert tables(conn) == set()


@pytest.mark.parametrize("phase", ["001", "002"])
def test_undo_of_a_phase_that_others_build_on_is_refused_whole(vrss_db: Target, vrss: Platform, phase: str) -> None:
    with connect(vrss_db) as conn:
        there = tables(conn)
        with pytest.raises(psycopg.errors.DependentObjectsStillExist):
            apply(conn, phase_file(vrss, phase, undo=True))
        assert tables(conn) == there


def test_files_applied_by_hand_and_by_migrate_give_the_same_schema(
    db: Target, shared_vrss: Target, server: Server, vrss: Platform
) -> None:
    with connect(db) as conn:
        for phase in PHASES:
            apply(conn, phase_file(vrss, phase))
        for path in sorted((vrss.sql / "functions").glob("*.sql")):
            apply(conn, path)
        furnish(conn, vrss)
    assert schema(server, db) == schema(server, shared_vrss)


def test_migrating_again_changes_nothing(vrss_db: Target, server: Server, vrss: Platform) -> None:
    before = schema(server, vrss_db)
    again = migrate(nullcontext(vrss_db), vrss, Silent())
    assert (again.ok, again.steps) == (True, ())
    assert schema(server, vrss_db) == before


def test_uuidv7_is_the_servers_own_from_postgresql_18_on(conn: Connection, server: Server) -> None:
    found = values(
        conn, "SELECT pronamespace::regnamespace::text FROM pg_proc WHERE proname = 'uuidv7' AND pronargs = 0"
    )
    assert found == [("pg_catalog" if int(server.version) >= 18 else "public",)]
