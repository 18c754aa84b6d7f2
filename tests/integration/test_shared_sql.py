"""SQL that several platforms of a project include, and copies of bundled platforms, which must do without it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from catalog import rows
from platformdb.config import Config
from platformdb.migrations.run import migrate
from platformdb.migrations.status import status
from platformdb.postgres.target import Target
from platformdb.project import Platform, bundled_root, find_platform, platform_names
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from platformdb.scaffold.run import init
from projects import Project

FUNCTION = "CREATE OR REPLACE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT {}';\n"
INCLUDE = "-- What shops and clubs share.\n\\ir ../../shared/functions/answer.sql\n"
SHARED = "sql/shared/functions/answer.sql"


@pytest.fixture
def several(project: Project) -> Project:
    """Two platforms that include one function."""
    return project.write(
        {
            SHARED: FUNCTION.format(1),
            **{f"phases/{name}/001_{name}.sql": f"CREATE TABLE {name} ();\n" for name in ("shop", "club")},
            **{f"sql/{name}/functions/answer.sql": INCLUDE for name in ("shop", "club")},
        }
    )


def run(target: Target, project: Project, name: str) -> Report:
    return migrate(nullcontext(target), platform(project, name), Silent())


def platform(project: Project, name: str) -> Platform:
    return find_platform(Config(project=project.root, platform=name))


def applied(report: Report) -> list[str]:
    assert report.ok, report.findings
    return [result.step.subject for result in report.steps if result.step.kind != "history"]


def test_what_is_shared_is_no_platform(several: Project) -> None:
    assert platform_names(several.root) == ("club", "shop")
    assert "shared" not in platform_names(bundled_root())


def test_a_change_of_a_shared_file_is_applied_in_every_platform_that_includes_it(db: Target, several: Project) -> None:
    for name in ("shop", "club"):
        assert f"sql/{name}/functions/answer.sql" in applied(run(db, several, name))
    several.write({SHARED: FUNCTION.format(2)})
    for name in ("shop", "club"):
        assert applied(run(db, several, name)) == [f"sql/{name}/functions/answer.sql"]
        assert rows(db, "SELECT answer()") == [(2,)]
        assert applied(run(db, several, name)) == []


def test_a_function_that_moves_into_a_shared_file_stays_what_it_is(db: Target, several: Project) -> None:
    several.write({"sql/shop/functions/answer.sql": "-- Alone for now.\n" + FUNCTION.format(1)})
    run(db, several, "shop")
    several.write({"sql/shop/functions/answer.sql": INCLUDE})
    run(db, several, "shop")
    assert rows(db, "SELECT count(DISTINCT checksum_tokens) FROM platformdb.history WHERE name LIKE '%answer.sql'") == [
        (1,)
    ]
    assert status(db, platform(several, "shop")).exit_code == 0


def test_a_phase_whose_shared_file_changed_is_refused(db: Target, several: Project) -> None:
    several.write(
        {
            "phases/shop/001_shop.sql": "\\ir ../../sql/shared/tables.sql\n",
            "sql/shared/tables.sql": "CREATE TABLE t ();\n",
        }
    )
    run(db, several, "shop")
    several.write({"sql/shared/tables.sql": "CREATE TABLE t (id int);\n"})
    report = run(db, several, "shop")
    assert report.exit_code == 3
    assert [finding.rule for finding in report.findings] == ["migration-modified"]


@pytest.mark.parametrize("name", platform_names(bundled_root()))
def test_a_copy_of_a_bundled_platform_migrates_in_a_bare_folder(db: Target, tmp_path: Path, name: str) -> None:
    init(tmp_path / "mine", source=name)
    copy = find_platform(Config(project=tmp_path / "mine"))
    report = migrate(nullcontext(db), copy, Silent())
    assert report.ok, report.findings
    assert migrate(nullcontext(db), copy, Silent()).steps == ()
