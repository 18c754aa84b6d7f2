from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from platformdb.migrations.layouts.native import EVENTS
from platformdb.migrations.model import Files, Kind
from platformdb.migrations.read import list_files
from platformdb.project import Platform
from platformdb.report.model import Finding
from projects import Project


def found_in(project: Project) -> Files:
    return list_files(project.platform)


def only_finding(project: Project) -> Finding:
    (finding,) = found_in(project).findings
    return finding


class TestNames:
    def test_versioned_files_come_by_number_then_repeatable_ones_by_folder(self, project: Project) -> None:
        project.write(
            {
                "phases/10_ten.sql": "SELECT 1",
                "phases/2_two.sql": "SELECT 1",
                "phases/001_one.sql": "SELECT 1",
                "sql/triggers/a.sql": "SELECT 1",
                "sql/views/v.sql": "SELECT 1",
                "sql/functions/z.sql": "SELECT 1",
                "sql/functions/deep/b.sql": "SELECT 1",
                "sql/functions/deep-er/a.sql": "SELECT 1",
            }
        )
        files = found_in(project)
        assert files.findings == ()
        assert [(m.kind.value[:3], m.version or m.name) for m in files.migrations] == [
            ("ver", "001"),
            ("ver", "2"),
            ("ver", "10"),
            ("rep", "sql/functions/deep/b.sql"),
            ("rep", "sql/functions/deep-er/a.sql"),
            ("rep", "sql/functions/z.sql"),
            ("rep", "sql/views/v.sql"),
            ("rep", "sql/triggers/a.sql"),
        ]

    @pytest.mark.parametrize(
        ("file", "version", "name"),
        [
            ("001_a.sql", "001", "a"),
            ("1.2_with-dash_and_9.sql", "1.2", "with-dash_and_9"),
            ("20240131120000_x.sql", "20240131120000", "x"),
        ],
    )
    def test_a_name_is_a_version_and_a_title(self, project: Project, file: str, version: str, name: str) -> None:
        project.write({f"phases/{file}": "SELECT 1"})
        (migration,) = found_in(project).migrations
        assert (migration.version, migration.name, migration.shown) == (version, name, f"phases/{file}")

    def test_minor_versions_sort_as_numbers(self, project: Project) -> None:
        project.write({f"phases/{v}_x.sql": "" for v in ("1.10", "1.9", "1", "1.2")})
        assert [m.version for m in found_in(project).migrations] == ["1", "1.2", "1.9", "1.10"]

    @pytest.mark.parametrize(
        "file", ["notes.md", "a.sql", "001.sql", "001-a.sql", "001_.sql", "v1_a.sql", "001_a.SQL", "a.undo.sql"]
    )
    def test_a_file_that_fits_no_pattern_is_said_and_not_skipped(self, project: Project, file: str) -> None:
        project.write({"phases/001_a.sql": "SELECT 1", f"phases/{file}": "SELECT 1"})
        finding = only_finding(project)
        assert f"phases/{file} is not named like a migration" in finding.message
        assert finding.place is not None
        assert "NNN_name.sql" in finding.help

    def test_a_name_that_no_terminal_can_print_is_said_in_printable_text(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELECT 1"})
        for name in (b"\xff.sql", b"002_x\xff.sql"):
            (project.root / "phases" / os.fsdecode(name)).write_bytes(b"")
        (project.root / "sql" / "views").mkdir(parents=True)
        (project.root / "sql" / "views" / os.fsdecode(b"\xff.sql")).write_bytes(b"")
        findings = found_in(project).findings
        assert [finding.message.encode() for finding in findings] == [
            b"phases/002_x?.sql is not named like a migration",
            b"phases/?.sql is not named like a migration",
            b"the name of sql/views/?.sql is not UTF-8",
        ]

    def test_hidden_files_are_passed_over(self, project: Project) -> None:
        project.write(
            {"phases/001_a.sql": "", "phases/.DS_Store": b"\0", "sql/views/.#v.sql": "", "sql/.git/a.sql": ""}
        )
        files = found_in(project)
        assert ([m.version for m in files.migrations], files.findings) == (["001"], ())

    def test_other_files_beside_repeatable_ones_are_not_run(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "", "sql/functions/README.md": "no SQL", "sql/queries/q.sql": "SELECT $1"})
        assert len(found_in(project).migrations) == 1

    @pytest.mark.parametrize("other", ["1_b.sql", "001_b.sql", "0001_b.sql"])
    def test_two_files_of_one_version_are_refused_however_it_is_written(self, project: Project, other: str) -> None:
        project.write({"phases/001_a.sql": "SELECT 1", f"phases/{other}": "SELECT 1"})
        finding = only_finding(project)
        assert finding.rule == "version-duplicated"
        assert "phases/001_a.sql" in finding.message
        assert f"phases/{other}" in finding.message

    def test_three_files_of_one_version_are_two_findings(self, project: Project) -> None:
        project.write({f"phases/1_{name}.sql": "" for name in "abc"})
        assert [f.subject for f in found_in(project).findings] == ["phases/1_b.sql", "phases/1_c.sql"]

    def test_a_project_without_any_migration_says_so(self, project: Project) -> None:
        assert only_finding(project).rule == "no-migrations"

    def test_a_project_with_repeatable_files_only_is_fine(self, project: Project) -> None:
        project.write({"sql/views/v.sql": "CREATE VIEW v AS SELECT 1"})
        files = found_in(project)
        assert ([m.kind for m in files.migrations], files.findings) == ([Kind.REPEATABLE], ())

    def test_a_file_in_a_folder_that_no_command_reads_is_a_finding(self, project: Project) -> None:
        project.write(
            {"phases/001_a.sql": "", "sql/procedures/p.sql": "", "sql/queries/q.sql": "", "sql/loose.sql": ""}
        )
        findings = found_in(project).findings
        assert [(f.rule, f.subject) for f in findings] == [
            ("file-unmatched", "sql/loose.sql"),
            ("file-unmatched", "sql/procedures/p.sql"),
        ]
        assert "functions, views, triggers" in findings[0].help

    def test_a_folder_beside_flat_phases_is_a_finding(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELECT 1", "phases/shop/001_b.sql": "SELECT 1"})
        finding = only_finding(project)
        assert finding.message == "phases/shop/ belongs to no command"
        assert "phases/" in finding.help

    def test_names_are_relative_where_the_files_lie_in_the_root_itself(self, project: Project) -> None:
        project.write({"001_a.sql": "SELECT 1"})
        platform = Platform("demo", project.root, project.root, project.root / "sql", project.root / "seeds")
        assert [file.shown for file in list_files(platform).migrations] == ["001_a.sql"]


class TestUndo:
    def test_undo_files_are_found_by_the_version_they_take_back(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "", "phases/1_a.undo.sql": "DROP", "phases/1.2_b.sql": ""})
        files = found_in(project)
        assert files.findings == ()
        assert [m.version for m in files.migrations] == ["001", "1.2"]
        assert {key: (file.kind, file.shown) for key, file in files.undo.items()} == {
            (1,): (Kind.UNDO, "phases/1_a.undo.sql")
        }

    def test_an_undo_file_without_its_migration_is_a_finding(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "", "phases/002_b.undo.sql": "DROP"})
        finding = only_finding(project)
        assert finding.message == "phases/002_b.undo.sql undoes nothing"
        assert "no version 002" in finding.help

    def test_an_undo_file_named_for_another_migration_is_a_finding(self, project: Project) -> None:
        project.write({"phases/001_new.sql": "", "phases/001_old.undo.sql": "DROP"})
        finding = only_finding(project)
        assert finding.message == "phases/001_old.undo.sql is not named like phases/001_new.sql"
        assert "001_new.undo.sql" in finding.help

    def test_two_undo_files_of_one_version_are_refused(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "", "phases/001_a.undo.sql": "", "phases/1_a.undo.sql": ""})
        assert only_finding(project).rule == "version-duplicated"

    def test_a_migration_that_cannot_be_read_is_one_finding_with_or_without_undo(self, project: Project) -> None:
        project.write({"phases/001_a.sql/x": "", "phases/001_a.undo.sql": ""})
        assert only_finding(project).subject == "phases/001_a.sql"


class TestCallbacks:
    def test_callbacks_are_found_by_event_and_come_by_name(self, project: Project) -> None:
        names = ["afterMigrate__grants.sql", "afterMigrate.sql", "afterMigrate__analyze.sql", "beforeDown.sql"]
        project.write({"phases/001_a.sql": "", **{f"sql/callbacks/{name}": "SELECT 1" for name in names}})
        files = found_in(project)
        assert files.findings == ()
        assert {event: [Path(file.path).name for file in found] for event, found in files.callbacks.items()} == {
            "afterMigrate": ["afterMigrate.sql", "afterMigrate__analyze.sql", "afterMigrate__grants.sql"],
            "beforeDown": ["beforeDown.sql"],
        }
        (callback,) = files.callbacks["beforeDown"]
        assert (callback.kind, callback.identity) == (Kind.CALLBACK, (Kind.CALLBACK, "sql/callbacks/beforeDown.sql"))

    @pytest.mark.parametrize("event", EVENTS)
    def test_every_event_has_its_file(self, project: Project, event: str) -> None:
        project.write({"phases/001_a.sql": "", f"sql/callbacks/{event}.sql": ""})
        assert list(found_in(project).callbacks) == [event]

    @pytest.mark.parametrize(
        "name",
        ["aftermigrate.sql", "afterMigrate_grants.sql", "afterMigrate__.sql", "grants.sql", "x/afterMigrate.sql"],
    )
    def test_another_name_there_is_a_finding_that_lists_the_events(self, project: Project, name: str) -> None:
        project.write({"phases/001_a.sql": "", f"sql/callbacks/{name}": ""})
        finding = only_finding(project)
        assert finding.message == f"sql/callbacks/{name} is not named like a callback"
        assert all(event in finding.help for event in EVENTS)

    def test_callbacks_alone_are_no_migrations(self, project: Project) -> None:
        project.write({"sql/callbacks/afterMigrate.sql": ""})
        assert only_finding(project).rule == "no-migrations"


class TestBytes:
    @pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbfSELECT 1;\r\n", b"\xff\x00", b"x" * 3_000_000])
    def test_the_checksum_is_that_of_the_bytes_as_they_are(self, project: Project, data: bytes) -> None:
        project.write({"phases/001_a.sql": data})
        (file,) = found_in(project).migrations
        assert file.raw == hashlib.sha256(data).hexdigest()

    def test_what_a_file_says_is_not_looked_at(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELEC 'x", "sql/views/v.sql": "-- platformdb: nonsense"})
        assert found_in(project).findings == ()

    def test_a_folder_named_like_a_migration_is_refused(self, project: Project) -> None:
        project.write({"phases/001_a.sql/x.sql": "SELECT 1"})
        files = found_in(project)
        assert "cannot read phases/001_a.sql" in files.findings[0].message
        assert files.unread == {(Kind.VERSIONED, (1,))}

    def test_links_that_lead_round_or_nowhere_are_findings(self, project: Project) -> None:
        project.write({"phases/002_b.sql": "", "sql/functions/f.sql": ""})
        (project.root / "phases/001_a.sql").symlink_to("001_a.sql")
        (project.root / "phases/003_c.sql").symlink_to("gone.sql")
        (project.root / "sql/functions/up").symlink_to(".")
        (project.root / "sql/views").symlink_to("views")
        files = found_in(project)
        assert [f.subject for f in files.findings] == [
            "phases/001_a.sql",
            "phases/003_c.sql",
            "sql/functions/up",
            "sql/views",
        ]
        assert [file.shown for file in files.migrations] == ["phases/002_b.sql", "sql/functions/f.sql"]

    def test_a_link_to_a_file_or_a_folder_is_as_good_as_the_thing(self, project: Project) -> None:
        project.write({"shared/f.sql": "SELECT 1", "phases/001_a.sql": "SELECT 1"})
        (project.root / "sql").mkdir()
        (project.root / "sql/functions").symlink_to("../shared")
        (project.root / "phases/002_b.sql").symlink_to("001_a.sql")
        files = found_in(project)
        assert ([file.shown for file in files.migrations], files.findings) == (
            ["phases/001_a.sql", "phases/002_b.sql", "sql/functions/f.sql"],
            (),
        )

    def test_a_pipe_is_refused_and_not_waited_for(self, project: Project) -> None:
        project.write({"phases/001_a.sql": ""})
        os.mkfifo(project.root / "phases/002_b.sql")
        assert "cannot read phases/002_b.sql" in only_finding(project).message

    def test_a_file_in_the_place_of_a_folder_is_a_finding(self, project: Project) -> None:
        project.write({"phases": "", "sql/views": ""})
        assert [f.subject for f in found_in(project).findings] == ["phases", "sql/views"]

    def test_every_problem_of_every_file_is_reported_at_once(self, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "",
                "phases/002_b.sql/x": "",
                "phases/3_d.sql": "",
                "phases/003_c.sql": "",
                "phases/readme": "x",
                "sql/view/v.sql": "",
                "sql/callbacks/x.sql": "",
            }
        )
        assert [f.subject for f in found_in(project).findings] == [
            "phases/002_b.sql",
            "phases/readme",
            "sql/callbacks/x.sql",
            "sql/view/v.sql",
            "phases/3_d.sql",
        ]


def test_listing_loads_no_parser_and_no_driver() -> None:
    heavy = {"postgast", "jinja2", "pydantic", "psycopg"}
    code = f"import sys, platformdb.migrations.read; print(*{heavy} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == ""
