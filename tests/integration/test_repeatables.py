"""Functions, views and triggers: present state, edited in place, applied again when it changed."""

from __future__ import annotations

import pytest

from catalog import DEFINITIONS, picture, relations, rows, run
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from projects import Project


def subjects(said: Said) -> list[str]:
    return [step["subject"] for step in said.envelope["steps"] if step["kind"] == "repeatable"]


@pytest.fixture
def base(project: Project) -> Project:
    return project.write({"phases/001_base.sql": "CREATE TABLE base (id int PRIMARY KEY, x int);"})


class TestOrder:
    def test_what_a_file_refers_to_comes_before_it_whatever_the_names(self, db: Target, base: Project) -> None:
        base.write(
            {
                "sql/views/a.sql": "CREATE OR REPLACE VIEW a AS SELECT x FROM b;",
                "sql/views/b.sql": "CREATE OR REPLACE VIEW b AS SELECT f(x) AS x FROM z;",
                "sql/views/z.sql": "CREATE OR REPLACE VIEW z AS SELECT x FROM base;",
                "sql/functions/f.sql": "CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN $1 + g();",
                "sql/functions/g.sql": "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql RETURN 1;",
            }
        )
        said = as_json(db, base, "migrate")
        assert said.code == 0, said.err
        assert subjects(said) == [
            "sql/functions/g.sql",
            "sql/functions/f.sql",
            "sql/views/z.sql",
            "sql/views/b.sql",
            "sql/views/a.sql",
        ]

    def test_requires_says_what_no_reference_does(self, db: Target, base: Project) -> None:
        base.write(
            {
                "sql/views/a.sql": "-- platformdb: requires=sql/views/b.sql\nDO $$ BEGIN PERFORM * FROM b; END $$;\n"
                "CREATE OR REPLACE VIEW a AS SELECT 1 AS x;",
                "sql/views/b.sql": "CREATE OR REPLACE VIEW b AS SELECT 1 AS x;",
            }
        )
        said = as_json(db, base, "migrate")
        assert said.code == 0, said.err
        assert subjects(said) == ["sql/views/b.sql", "sql/views/a.sql"]

    def test_what_is_required_may_have_been_applied_long_ago(self, db: Target, base: Project) -> None:
        text = "-- platformdb: requires=001,b\nCREATE OR REPLACE VIEW a AS SELECT 1 AS x;"
        base.write({"sql/views/a.sql": text, "sql/views/b.sql": "CREATE OR REPLACE VIEW b AS SELECT 1 AS x;"})
        assert call(db, base, "migrate").code == 0
        base.write({"sql/views/a.sql": text.replace("1 AS x", "2 AS x")})
        said = as_json(db, base, "migrate")
        assert (said.code, said.rules, subjects(said)) == (0, [], ["sql/views/a.sql"])

    @pytest.mark.parametrize(
        ("requires", "rule"),
        [("nothing.sql", "requires-unknown"), ("009", "requires-unknown"), ("b", "requires-circle")],
    )
    def test_what_cannot_be_met_is_refused_before_anything_runs(
        self, db: Target, base: Project, requires: str, rule: str
    ) -> None:
        before = picture(db)
        base.write(
            {
                "sql/views/a.sql": f"-- platformdb: requires={requires}\nCREATE OR REPLACE VIEW a AS SELECT 1 AS x;",
                "sql/views/b.sql": "-- platformdb: requires=a\nCREATE OR REPLACE VIEW b AS SELECT 1 AS x;",
            }
        )
        said = as_json(db, base, "migrate")
        assert (said.code, said.rules) == (3, [rule])
        assert said.envelope["findings"][0]["place"]["line"] == 1
        assert picture(db) == before

    @pytest.mark.parametrize(
        ("version", "problem"),
        [("009", "there is no such version"), ("003", "comes after it"), ("002", "comes after it")],
    )
    def test_a_versioned_file_requires_only_what_is_below_it(
        self, db: Target, base: Project, version: str, problem: str
    ) -> None:
        base.write({"phases/002_b.sql": f"-- platformdb: requires={version}\nSELECT 1;", "phases/003_c.sql": ""})
        said = as_json(db, base, "migrate")
        assert (said.code, said.rules[:1]) == (3, ["requires-unmet"])
        assert problem in said.envelope["findings"][0]["message"]
        base.write({"phases/002_b.sql": "-- platformdb: requires=001\nSELECT 1;"})
        assert call(db, base, "migrate").code == 0


class TestChanges:
    @pytest.fixture
    def views(self, server: object, db: Target, base: Project) -> Project:
        """A view with a view upon it, and on that another of somebody's own, each with rights of others."""
        base.write(
            {
                "sql/views/low.sql": "CREATE OR REPLACE VIEW low AS SELECT id, x FROM base;",
                "sql/views/high.sql": "CREATE OR REPLACE VIEW high AS SELECT x FROM low;",
            }
        )
        assert call(db, base, "migrate").code == 0
        run(
            db,
            """
            CREATE VIEW others AS SELECT x FROM high;
            GRANT SELECT ON low, high, others TO PUBLIC;
            GRANT UPDATE (x) ON high TO PUBLIC;
            COMMENT ON VIEW high IS 'looked at';
            INSERT INTO base VALUES (1, 7);
            """,
        )
        return base

    def test_what_can_be_replaced_in_place_leaves_its_dependants_alone(self, db: Target, views: Project) -> None:
        views.write({"sql/views/low.sql": "CREATE OR REPLACE VIEW low AS SELECT id, x + 1 AS x FROM base;"})
        before = [row[:2] for row in rows(db, DEFINITIONS)]
        assert subjects(as_json(db, views, "migrate")) == ["sql/views/low.sql"]
        assert rows(db, "SELECT x FROM others") == [(8,)]
        assert [row[:2] for row in rows(db, DEFINITIONS)] == before

    def test_a_changed_column_type_re_creates_the_dependants_with_rights_and_comments(
        self, db: Target, views: Project
    ) -> None:
        # Of a relation: its owner, its rights, its comment; of a column: its rights.
        asked = """
        SELECT relname, relowner, relacl::text, obj_description(oid),
               (SELECT array_agg(attacl::text ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
        FROM pg_class AS c WHERE relname IN ('low', 'high', 'others') ORDER BY relname
        """
        before = rows(db, asked)
        views.write({"sql/views/low.sql": "CREATE OR REPLACE VIEW low AS SELECT x::text AS x FROM base;"})
        said = as_json(db, views, "migrate")
        assert said.code == 0, said.err
        assert rows(db, "SELECT x, pg_typeof(x)::text FROM others") == [("7", "text")]
        found = rows(db, asked)
        assert [row[:4] for row in found] == [row[:4] for row in before]
        assert found[0][4] == before[0][4], "UPDATE of one column of high"
        assert call(db, views, "migrate").out == "✓ demo: nothing to do, the database is up to date\n"

    def test_a_change_under_which_a_dependant_cannot_live_fails_and_leaves_everything(
        self, db: Target, views: Project
    ) -> None:
        before = picture(db)[0]
        views.write({"sql/views/low.sql": "CREATE OR REPLACE VIEW low AS SELECT id FROM base;"})
        said = as_json(db, views, "migrate")
        assert (said.code, said.rules) == (4, ["apply-failed"])
        assert picture(db)[0] == before
        assert rows(db, "SELECT x FROM others") == [(7,)]
        states = {s["name"]: s["state"] for s in as_json(db, views, "status").envelope["data"]["migrations"]}
        assert states["sql/views/low.sql"] == "failed"
        assert call(db, views, "migrate").code == 4, "it is tried again"
        views.write({"sql/views/low.sql": "CREATE OR REPLACE VIEW low AS SELECT id, x FROM base;"})
        assert call(db, views, "migrate").code == 0
        assert call(db, views, "validate").code == 0

    def test_a_function_with_another_result_takes_its_dependants_along(self, db: Target, base: Project) -> None:
        base.write(
            {
                "sql/functions/f.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1;",
                "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT f() AS x;",
            }
        )
        assert call(db, base, "migrate").code == 0
        run(db, "GRANT SELECT ON v TO PUBLIC; REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC")
        rights = """
        SELECT relacl::text, proacl::text FROM pg_class, pg_proc WHERE relname = 'v' AND proname = 'f'
        """
        before = rows(db, rights)
        base.write({"sql/functions/f.sql": "CREATE OR REPLACE FUNCTION f() RETURNS text LANGUAGE sql RETURN 'one';"})
        said = call(db, base, "migrate")
        assert said.code == 0, said.err
        assert rows(db, "SELECT x FROM v") == [("one",)]
        assert rows(db, rights) == before

    def test_a_trigger_is_replaced(self, db: Target, base: Project) -> None:
        base.write(
            {
                "sql/functions/t.sql": "CREATE OR REPLACE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN NEW.x := NEW.x + 1; RETURN NEW; END $$;",
                "sql/triggers/t.sql": "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON base "
                "FOR EACH ROW EXECUTE FUNCTION t();",
            }
        )
        assert call(db, base, "migrate").code == 0
        text = "CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION t();"
        base.write({"sql/triggers/t.sql": text})
        assert call(db, base, "migrate").code == 0
        run(db, "INSERT INTO base VALUES (1, 1)")
        assert rows(db, "SELECT x FROM base") == [(1,)]

    def test_a_cosmetic_edit_is_applied_like_any_other(self, db: Target, views: Project) -> None:
        """Running it again costs nothing, and a comment inside a function's body is a part of it."""
        views.write({"sql/views/low.sql": "-- why\nCREATE OR REPLACE VIEW low AS SELECT id, x FROM base;"})
        assert subjects(as_json(db, views, "migrate")) == ["sql/views/low.sql"]

    def test_a_file_that_is_gone_is_a_warning_and_stops_nothing(self, db: Target, views: Project) -> None:
        views.remove("sql/views/high.sql")
        views.write({"phases/002_b.sql": "CREATE TABLE b ();"})
        said = as_json(db, views, "migrate")
        assert (said.code, said.rules) == (0, ["repeatable-missing"])
        assert {"b", "high"} <= relations(db)

    def test_they_run_behind_the_versioned_files_of_the_same_run(self, db: Target, views: Project) -> None:
        views.write(
            {
                "phases/002_y.sql": "ALTER TABLE base ADD COLUMN y int DEFAULT 3;",
                "sql/views/low.sql": "CREATE OR REPLACE VIEW low AS SELECT id, y AS x FROM base;",
            }
        )
        assert call(db, views, "migrate").code == 0
        assert rows(db, "SELECT x FROM others") == [(3,)]
