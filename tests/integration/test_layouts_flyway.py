"""Flyway's baseline files, undo files and callbacks, on a real server."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from catalog import history, relations, rows, run
from platformdb.config import Config
from platformdb.errors import ApplyFailed
from platformdb.migrations.outlook import Options
from platformdb.migrations.repair import Verdict, repair
from platformdb.migrations.run import down, migrate
from platformdb.migrations.status import status
from platformdb.postgres.target import Target
from platformdb.project import Platform, find_platform
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from projects import Project

pytestmark = pytest.mark.newest_server
ALL = {
    "sql/V1__a.sql": "CREATE TABLE a ();",
    "sql/V2__b.sql": "CREATE TABLE b ();",
    "sql/V3__c.sql": "CREATE TABLE c ();",
    "sql/V4__d.sql": "CREATE TABLE d ();",
    "sql/B2__b.sql": "CREATE TABLE a (); CREATE TABLE b ();",
    "sql/B3__c.sql": "CREATE TABLE a (); CREATE TABLE b (); CREATE TABLE c ();",
}
# Nobody can tell how far it came.
COMMITTING = "DO $$ BEGIN COMMIT; PERFORM 1 / 0; END $$;"


def flyway(project: Project) -> Platform:
    return find_platform(Config(project=project.root, migrations=(project.root / "sql",), layout="flyway"))


def migrated(db: Target, project: Project, target: str | None = None) -> Report:
    return migrate(nullcontext(db), flyway(project), Silent(), options=Options(target=target))


def states(db: Target, project: Project) -> list[tuple[str, str]]:
    return [(row[0], row[2]) for row in status(db, flyway(project)).tables[0].rows]


def events(db: Target) -> list[tuple[object, ...]]:
    """Kind, version, name, event and part of each row of the history."""
    return [row[1:5] + row[6:8] for row in history(db)]


class TestBaselineFiles:
    def test_where_nothing_ran_the_highest_one_runs_and_what_comes_after(self, db: Target, project: Project) -> None:
        project.write(ALL)
        assert states(db, project) == [("1", "baseline"), ("2", "baseline"), ("3", "pending"), ("4", "pending")]
        assert migrated(db, project).summary == "migrations: applied 2 versioned migrations"
        assert relations(db) == {"a", "b", "c", "d"}
        assert events(db) == [
            ("versioned", "3", "B3__c.sql", "baseline", 1, 1),
            ("versioned", "4", "d", "applied", 1, 1),
        ]
        assert states(db, project) == [("1", "baseline"), ("2", "baseline"), ("3", "applied"), ("4", "applied")]
        assert migrated(db, project).steps == ()

    def test_where_something_ran_none_does(self, db: Target, project: Project) -> None:
        project.write({name: ALL[name] for name in ("sql/V1__a.sql", "sql/V2__b.sql")})
        migrated(db, project)
        project.write(ALL)
        assert [version for version, _ in states(db, project)] == ["1", "2", "3", "4"]
        assert [result.step.subject for result in migrated(db, project).steps] == ["sql/V3__c.sql", "sql/V4__d.sql"]

    def test_one_above_the_target_is_none_to_begin_with(self, db: Target, project: Project) -> None:
        project.write(ALL)
        assert migrated(db, project, target="2").ok
        assert relations(db) == {"a", "b"}
        assert migrated(db, project).ok
        assert [row[2] for row in events(db)] == ["B2__b.sql", "c", "d"]

    def test_the_versions_that_it_stands_for_may_go_and_so_may_the_file(self, db: Target, project: Project) -> None:
        project.write(ALL)
        migrated(db, project)
        for name in ("V1__a", "V2__b", "V3__c"):
            project.remove(f"sql/{name}.sql")
        assert states(db, project) == [("3", "applied"), ("4", "applied")]
        project.write(ALL).remove("sql/B3__c.sql")
        assert states(db, project)[2] == ("3", "baseline")
        assert migrated(db, project).steps == ()

    def test_one_that_stopped_in_the_middle_goes_on_there(self, db: Target, project: Project) -> None:
        cut = "CREATE TABLE a (x int); INSERT INTO a VALUES (1), ({});\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (x);"
        broken = f"{cut.format(2)}\nALTER TABLE nowhere ADD y int;"
        project.write({"sql/B2__b.sql": broken, "sql/V1__a.sql": "SELECT 1/0", "sql/V3__c.sql": "CREATE TABLE c ()"})
        with pytest.raises(ApplyFailed):
            migrated(db, project)
        assert states(db, project) == [("1", "baseline"), ("2", "partial: 2 of 3 parts"), ("3", "pending")]
        project.write({"sql/B2__b.sql": broken.replace("nowhere", "a")})
        assert migrated(db, project).ok
        assert [row[3:] for row in events(db)] == [
            ("applied", 1, 3),
            ("started", 2, 3),
            ("applied", 2, 3),
            ("failed", 3, 3),
            ("baseline", 3, 3),
            ("applied", 1, 1),
        ]

    def test_somebody_may_say_that_its_last_part_ran(self, db: Target, project: Project) -> None:
        project.write({"sql/B2__b.sql": f"CREATE TABLE a (); {COMMITTING}", "sql/V1__a.sql": ALL["sql/V1__a.sql"]})
        with pytest.raises(ApplyFailed):
            migrated(db, project)
        run(db, "DELETE FROM platformdb.history WHERE event = 'failed'")  # as if it had been cut short
        assert states(db, project) == [("1", "baseline"), ("2", "interrupted")]
        verdict = Verdict(ran=("2",))
        assert repair(nullcontext(db), flyway(project), Silent(), verdict=verdict, options=Options()).ok
        assert events(db)[-1] == ("versioned", "2", "B2__b.sql", "baseline", 2, 2)
        assert states(db, project) == [("1", "baseline"), ("2", "applied")]

    def test_one_in_java_stops_the_plan_and_can_be_marked(self, db: Target, project: Project) -> None:
        project.write(
            {"sql/B2__B.java": "", "sql/V1__a.sql": ALL["sql/V1__a.sql"], "sql/V3__c.sql": ALL["sql/V3__c.sql"]}
        )
        assert states(db, project) == [("1", "baseline"), ("2", "not SQL"), ("3", "pending")]
        assert not migrated(db, project).ok
        options = Options(mark_applied=("2",))
        assert migrate(nullcontext(db), flyway(project), Silent(), options=options).ok
        assert relations(db) == {"c"}
        project.remove("sql/B2__B.java")
        assert states(db, project) == [("1", "baseline"), ("3", "applied")]
        assert migrated(db, project).steps == ()

    def test_an_edit_of_it_is_found(self, db: Target, project: Project) -> None:
        project.write(ALL)
        migrated(db, project)
        project.write({"sql/B3__c.sql": "CREATE TABLE other ()"})
        assert states(db, project)[2] == ("3", "modified")

    def test_nobody_goes_below_it(self, db: Target, project: Project) -> None:
        project.write({**ALL, "sql/U4__d.sql": "DROP TABLE d", "sql/U2__b.sql": "DROP TABLE b"})
        migrated(db, project)
        options = Options(target="1", allow_destructive=True)
        refused = down(nullcontext(db), flyway(project), Silent(), options=options)
        assert refused.findings[0].rule == "down-below-baseline"
        options = Options(target="3", allow_destructive=True)
        assert down(nullcontext(db), flyway(project), Silent(), options=options).ok
        assert relations(db) == {"a", "b", "c"}


def test_callbacks_and_placeholders_are_those_of_flyway(db: Target, project: Project) -> None:
    project.write(
        {
            "flyway.toml": '[flyway.placeholders]\nwho = "ada"\n',
            "sql/V1__log.sql": "CREATE TABLE log (n serial, what text);",
            "sql/V2__two.sql": "INSERT INTO log (what) VALUES ('${flyway:filename} by ${WHO}');",
            "sql/R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT '${who}' AS who",
            "sql/afterMigrateApplied__z.sql": "INSERT INTO log (what) VALUES ('${flyway:table}')",
        }
    )
    assert migrated(db, project).ok
    assert rows(db, "SELECT what FROM log ORDER BY n") == [("V2__two.sql by ada",), ("flyway_schema_history",)]
    project.write({"flyway.toml": '[flyway.placeholders]\nwho = "bob"\n'})
    assert [result.step.subject for result in migrated(db, project).steps] == [
        "sql/R__view.sql",
        "sql/afterMigrateApplied__z.sql",
    ]
    assert rows(db, "SELECT who FROM v") == [("bob",)]
