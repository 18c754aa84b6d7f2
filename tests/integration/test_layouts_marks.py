"""Other tools' directories there and back again, as their tools would: nothing is left, and nothing is in the way."""

from __future__ import annotations

import pytest

from dump import dumped
from inprocess import as_json
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

pytestmark = pytest.mark.newest_server

FUNCTION = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$"
UP = (f"CREATE TABLE t (a int);\n{FUNCTION}", "CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t")
DOWN = ("DROP FUNCTION f();\nDROP TABLE t", "DROP INDEX CONCURRENTLY i")


def pairs(up: str, down: str, *, outside: str = "") -> dict[str, str]:
    files = {f"m/{up.format(n)}": text for n, text in enumerate(UP, 1)}
    files |= {f"m/{down.format(n)}": text for n, text in enumerate(DOWN, 1)}
    return {name: f"{outside}{text}" if "2" in name else text for name, text in files.items()}


def marked(up: str, down: str, *, outside: tuple[str, str] = ("", ""), end: str = ";\n") -> dict[str, str]:
    texts = zip(UP, DOWN, (("", ""), outside), strict=True)
    return {
        f"m/{n}_x.sql": f"{up}{out[0]}\n{forth}{end}{down}{out[1]}\n{back}{end}"
        for n, (forth, back, out) in enumerate(texts, 1)
    }


DIRECTORIES = {
    "dbmate": marked("-- migrate:up", "-- migrate:down", outside=(" transaction:false", " transaction:false")),
    "goose": marked(
        "-- +goose Up\n-- +goose StatementBegin",
        "-- +goose Down\n-- +goose StatementBegin",
        outside=("\n-- +goose NO TRANSACTION", ""),
        end="\n-- +goose StatementEnd\n",
    ),
    "diesel": {**pairs("{}_x/up.sql", "{}_x/down.sql"), "m/2_x/metadata.toml": "run_in_transaction = false"},
    "plain": pairs("{}_x.sql", "{}_x.undo.sql"),
}


@pytest.mark.parametrize("layout", DIRECTORIES)
def test_there_and_back_and_there_again(project: Project, server: Server, db: Target, layout: str) -> None:
    project.write(DIRECTORIES[layout])

    def run(*words: str) -> str:
        said = as_json(db, project, *words, "--migrations", "m")
        assert said.code == 0, said.everything
        return dumped(server, db, "--schema-only", "--exclude-schema=platformdb", "--restrict-key=x")

    before = dumped(server, db, "--schema-only", "--restrict-key=x")
    there = run("migrate")
    assert "CREATE TABLE public.t" in there
    assert "CREATE INDEX i" in there
    assert run("down", "--to", "0", "--allow-destructive") == before
    assert run("migrate") == there


def test_a_bad_mark_in_one_file_stops_all_before_anything_runs(project: Project, server: Server, db: Target) -> None:
    project.write(
        {"m/1_a.sql": "-- migrate:up\nCREATE TABLE t (a int);\n", "m/2_b.sql": "-- migrate:up\n-- migrate:dn\n"}
    )
    before = dumped(server, db, "--restrict-key=x")
    said = as_json(db, project, "migrate", "--migrations", "m")
    assert said.code == 3
    (finding,) = said.envelope["findings"]
    assert finding["message"] == "'-- migrate:dn' is no mark that dbmate knows"
    assert finding["place"]["line"] == 2
    assert dumped(server, db, "--restrict-key=x") == before
