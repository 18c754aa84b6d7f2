"""A seed inferred from a schema loads without one violation, whatever the schema is; what cannot be is said."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from inferring import file_of, inferred, loads, run_sql
from nasty_schemas import NASTY, NEWER
from platformdb.config import Config
from platformdb.errors import ConfigError, Refused
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import bundled_root, find_platform
from platformdb.report.progress import Silent
from platformdb.seeding.infer.run import infer
from projects import Project
from servers import Server

# The tables that have to be left out, and why.
LEFT_OUT: dict[str, dict[str, str]] = {
    "no partition at all": {"parted": "no partition", "needs": "parted, which is left out"},
    "tables with hardly anything": {"nothing": "no columns", "only_generated": "no columns"},
    "CHECKs that nobody understands": {"never": "never_check"},
}


@pytest.mark.newest_server
@pytest.mark.parametrize("name", [name for name in NASTY if name != "types of which nothing is known"])
def test_a_nasty_schema_is_filled_at_every_scale(name: str, db: Target, project: Project) -> None:
    run_sql(db, NASTY[name])
    report = inferred(db, project)
    expected = LEFT_OUT.get(name, {})
    left_out = {finding.subject: finding.message for finding in report.findings}
    # A table without columns is no table to infer from.
    assert left_out.keys() == expected.keys() - {"nothing"}
    assert all(expected[table] in why for table, why in left_out.items())
    assert all(rows > 0 for rows in loads(db, project).values())


@pytest.mark.parametrize("name", ["keys that begin with a tenant", "partitions by list, range and hash", "every type"])
def test_every_server_takes_the_rows(name: str, db: Target, project: Project) -> None:
    run_sql(db, NASTY[name])
    assert not inferred(db, project).findings
    assert all(rows > 0 for rows in loads(db, project, scales=(1.0,)).values())


@pytest.mark.parametrize("since", NEWER)
def test_what_newer_servers_know_is_filled_there(since: int, server: Server, db: Target, project: Project) -> None:
    if int(server.version) < since:
        pytest.skip(f"needs PostgreSQL {since}")
    for sql in NEWER[since].values():
        run_sql(db, sql)
    assert not inferred(db, project).findings
    assert all(rows > 0 for rows in loads(db, project).values())


@pytest.mark.newest_server
def test_where_no_table_can_be_described_nothing_is_written(db: Target, tmp_path: Path) -> None:
    run_sql(db, NASTY["types of which nothing is known"])
    with pytest.raises(Refused, match="for no table") as refused:
        infer(db, output=tmp_path / "seed.toml")
    assert "strange.p is NOT NULL" in refused.value.detail
    assert not (tmp_path / "seed.toml").exists()


@pytest.mark.newest_server
@pytest.mark.parametrize("name", sorted(path.name for path in (bundled_root() / "phases").iterdir() if path.is_dir()))
def test_a_bundled_platform_is_filled_from_its_schema_alone(name: str, db: Target, project: Project) -> None:
    assert migrate(nullcontext(db), find_platform(Config(project=bundled_root(), platform=name)), Silent()).ok
    assert not inferred(db, project).findings
    assert all(rows > 0 for rows in loads(db, project).values())


@pytest.mark.newest_server
def test_inferring_changes_nothing_and_gives_the_same_file_twice(db: Target, project: Project) -> None:
    run_sql(db, NASTY["identity and generated columns"])
    first = inferred(db, project)
    assert infer(db, rows=20, data=False).data["text"] == first.data["text"]
    with connect(db) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (0,)
        used = connection.execute("SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL").fetchone()
    assert used == (0,)


@pytest.mark.newest_server
def test_a_file_that_is_there_is_never_written_over(db: Target, tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        infer(db, output=path)
    assert path.read_text() == "mine"


@pytest.mark.newest_server
def test_only_the_schemas_asked_for_are_described(db: Target) -> None:
    run_sql(db, NASTY["nothing but schemas outside the search path"])
    assert file_of(infer(db, schemas=("stock",)))["tables"].keys() == {"stock.item"}
    with pytest.raises(ConfigError, match="no table is in the schema shop"):
        infer(db, schemas=("shop",))
