"""A seed inferred from a schema loads without one violation, whatever the schema is; what cannot be is said."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
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
# A server's owner is one of its members, and one of its roles has its own id: so nothing can be said of servers.
NOT_OF_PLATFORMS = {
    "enrichment": {
        "ai_analysis", "channel_permissions", "channel_reads", "channel_recipients", "channels", "community_health",
        "conversation_summaries", "documents", "friendships", "invites", "member_roles", "message_attachments",
        "message_mentions", "message_reactions", "message_threads", "messages", "project_members", "projects",
        "role_permissions", "roles", "server_members", "server_settings", "servers", "tasks", "voice_sessions",
    },
}  # fmt: skip


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
    report = inferred(db, project)
    assert {finding.subject for finding in report.findings} == NOT_OF_PLATFORMS.get(name, set()), report.findings
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
def test_a_check_that_writes_leaves_nothing_behind(db: Target) -> None:
    run_sql(db, """
        CREATE TABLE calls (site text);
        CREATE FUNCTION is_site(site text) RETURNS bool LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO calls VALUES (site); RETURN site ~ '^https'; END $$;
        CREATE TABLE links (id int PRIMARY KEY, site text NOT NULL CHECK (is_site(site)));
    """)  # fmt: skip
    infer(db)
    with connect(db) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (0,)


@pytest.mark.newest_server
def test_a_file_that_is_there_is_never_written_over(db: Target, tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        infer(db, output=path)
    assert path.read_text() == "mine"


@pytest.mark.newest_server
def test_the_file_is_written_or_else_printed_alone(db: Target, tmp_path: Path) -> None:
    run_sql(db, NASTY["one row for each, again and again"])
    printed = infer(db)
    written = infer(db, output=tmp_path / "seed.toml")
    assert (tmp_path / "seed.toml").read_text() == printed.data["text"]
    assert f"{printed.raw}\n" == printed.data["text"]
    assert written.raw is None


@pytest.mark.newest_server
def test_only_the_schemas_asked_for_are_described(db: Target) -> None:
    run_sql(db, NASTY["nothing but schemas outside the search path"])
    assert file_of(infer(db, schemas=("stock",)))["tables"].keys() == {"stock.item"}
    with pytest.raises(ConfigError, match="no table is in the schema shop"):
        infer(db, schemas=("shop",))


SHOP = """
CREATE TABLE customer (id int PRIMARY KEY, email text NOT NULL UNIQUE, country text NOT NULL, token text NOT NULL,
    created_at timestamptz NOT NULL);
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, amount int NOT NULL, note text,
    status text NOT NULL);
INSERT INTO customer SELECT n, 'secret' || n || '@firm.test', (ARRAY['pt', 'ke'])[1 + n % 2], 'hush',
    '2021-05-01Z'::timestamptz + n * interval '1 day' FROM generate_series(1, 60) AS n;
INSERT INTO purchase SELECT n, 1 + n % 40, 1000 + n, CASE WHEN n % 4 = 0 THEN 'x' END, 'rare'
    FROM generate_series(1, 400) AS n;
UPDATE purchase SET status = 'usual' WHERE id > 40;
UPDATE purchase SET status = 'only once' WHERE id = 7;
"""


@pytest.mark.newest_server
@pytest.mark.parametrize("analyzed", [True, False], ids=["with statistics", "from a sample"])
def test_the_shape_of_what_is_there_is_taken_over(db: Target, project: Project, *, analyzed: bool) -> None:
    run_sql(db, SHOP + ("ANALYZE;" if analyzed else ""))
    report = inferred(db, project, data=True)
    found = file_of(report)
    assert found["profiles"]["full"] == {"customer": 60, "purchase": 400}
    assert str(found["start"])[:10] == "2021-05-02"
    columns = found["tables"]["purchase"]["columns"]
    assert columns["note"]["nulls"] == 0.75
    assert sorted(columns["status"]["values"]) == ["rare", "usual"]
    assert 990 <= columns["amount"]["spread"]["min"] <= 1100
    assert found["tables"]["purchase"]["rows"]["of"][0]["skew"]["histogram"] == [[0, 0.3333], [10, 0.6667]]
    assert sorted(found["tables"]["customer"]["columns"]["country"]["values"]) == ["ke", "pt"]
    assert loads(db, project, scales=(1.0,))["purchase"] > 0


@pytest.mark.newest_server
def test_values_of_people_secrets_and_single_rows_are_not_copied_out(db: Target, project: Project) -> None:
    run_sql(db, SHOP + "ANALYZE;")
    text = str(inferred(db, project, data=True).data["text"])
    assert all(value not in text for value in ("secret", "firm.test", "hush", "only once"))
    bare = str(inferred(db, project, data=False).data["text"])
    assert "usual" not in bare
    assert "full" not in bare


@pytest.mark.newest_server
def test_a_table_that_may_not_be_read_is_left_out_and_said(db: Target) -> None:
    run_sql(db, SHOP + "CREATE ROLE looker LOGIN; GRANT SELECT ON customer TO looker;")
    try:
        report = infer(replace(db, parameters={**db.parameters, "options": "-c role=looker"}), rows=20)
        assert file_of(report)["tables"].keys() == {"customer"}
        assert "permission denied for table purchase" in report.findings[0].message
    finally:
        run_sql(db, "DROP OWNED BY looker; DROP ROLE looker")
