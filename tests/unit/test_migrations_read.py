from __future__ import annotations

import pytest

from platformdb.migrations.model import Kind, Sources
from platformdb.migrations.read import read_sources, segment
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source
from projects import Project


def found_in(project: Project) -> Sources:
    return read_sources(project.platform)


def only_finding(project: Project) -> Finding:
    (finding,) = found_in(project).findings
    return finding


def segments_of(text: str) -> list[tuple[str, bool]]:
    return [(part.sql, part.solo) for part in segment(Source("a.sql", text))]


class TestFiles:
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
            }
        )
        sources = found_in(project)
        assert sources.findings == ()
        assert [(m.kind.value[:3], m.version or m.name) for m in sources.migrations] == [
            ("ver", "001"),
            ("ver", "2"),
            ("ver", "10"),
            ("rep", "sql/functions/deep/b.sql"),
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
        assert (migration.version, migration.name, migration.source.name) == (version, name, f"phases/{file}")

    def test_minor_versions_sort_as_numbers(self, project: Project) -> None:
        project.write({f"phases/{v}_x.sql": "" for v in ("1.10", "1.9", "1", "1.2")})
        assert [m.version for m in found_in(project).migrations] == ["1", "1.2", "1.9", "1.10"]

    @pytest.mark.parametrize("file", ["notes.md", "a.sql", "001.sql", "001-a.sql", "001_.sql", "v1_a.sql", "001_a.SQL"])
    def test_a_file_that_fits_no_pattern_is_said_and_not_skipped(self, project: Project, file: str) -> None:
        project.write({"phases/001_a.sql": "SELECT 1", f"phases/{file}": "SELECT 1"})
        finding = only_finding(project)
        assert f"phases/{file} is not named like a migration" in finding.message
        assert finding.place is not None
        assert "NNN_name.sql" in finding.help

    def test_a_folder_named_like_a_migration_is_refused(self, project: Project) -> None:
        project.write({"phases/001_a.sql/x.sql": "SELECT 1"})
        assert "cannot read phases/001_a.sql" in only_finding(project).message

    def test_undo_files_and_hidden_files_are_no_migrations(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "", "phases/001_a.undo.sql": "DROP", "phases/.DS_Store": b"\0"})
        sources = found_in(project)
        assert ([m.version for m in sources.migrations], sources.findings) == (["001"], ())

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

    def test_every_problem_of_every_file_is_reported_at_once(self, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "SELEC 1",
                "phases/002_b.sql": b"\xff",
                "phases/003_c.sql": "SELECT 1",
                "phases/3_d.sql": "SELECT 1",
                "phases/readme": "x",
                "sql/views/v.sql": "BEGIN",
            }
        )
        assert [f.subject for f in found_in(project).findings] == [
            "phases/001_a.sql",
            "phases/002_b.sql",
            "phases/readme",
            "sql/views/v.sql",
            "phases/3_d.sql",
        ]

    def test_a_project_without_any_migration_says_so(self, project: Project) -> None:
        assert only_finding(project).rule == "no-migrations"

    def test_a_project_with_repeatable_files_only_is_fine(self, project: Project) -> None:
        project.write({"sql/views/v.sql": "CREATE VIEW v AS SELECT 1"})
        sources = found_in(project)
        assert ([m.kind for m in sources.migrations], sources.findings) == ([Kind.REPEATABLE], ())


class TestSegments:
    def test_a_plain_file_is_one_transaction(self) -> None:
        assert segments_of("-- a\nCREATE TABLE t (x int);\n\n-- b\nCREATE INDEX i ON t (x);\n") == [
            ("CREATE TABLE t (x int);\n\n-- b\nCREATE INDEX i ON t (x)", False)
        ]

    def test_a_statement_that_refuses_a_transaction_cuts_the_file(self) -> None:
        assert segments_of("SELECT 1; SELECT 2; VACUUM; VACUUM a; SELECT 3;") == [
            ("SELECT 1; SELECT 2", False),
            ("VACUUM", True),
            ("VACUUM a", True),
            ("SELECT 3", False),
        ]

    def test_a_directive_makes_a_statement_run_alone(self) -> None:
        assert segments_of("SELECT 1;\n-- platformdb: transaction=off\nCALL p();\nSELECT 2;") == [
            ("SELECT 1", False),
            ("CALL p()", True),
            ("SELECT 2", False),
        ]

    @pytest.mark.parametrize("text", ["", "-- nothing yet\n", ";"])
    def test_a_file_without_statements_has_one_empty_segment(self, text: str) -> None:
        assert segments_of(text) == [(text, False)]

    def test_a_segment_knows_its_place(self) -> None:
        places = [str(part.place) for part in segment(Source("a.sql", "-- ä\nSELECT 'ß'; VACUUM;\n\n SELECT 3"))]
        assert places == ["a.sql:2:1", "a.sql:2:13", "a.sql:4:2"]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("CREATE TABLE t ();\nCOMMIT;", "controls its transaction itself", "phases/001_a.sql:2:1"),
        ("SELECT 1; BEGIN", "controls its transaction itself", "phases/001_a.sql:1:11"),
        ("-- platformdb: transaction=on\nSELECT 1", "knows only 'off'", "phases/001_a.sql:2:1"),
        ("-- platformdb: transactoin=off\nSELECT 1", "unknown directive", "phases/001_a.sql:1:16"),
        ("SELECT 'ü' FORM x", "syntax error", "phases/001_a.sql:1:17"),
        ("SELECT 1;\n-- platformdb: transactoin=off\n", "unknown directive", "phases/001_a.sql:2:16"),
        ("SELECT 1;\n-- platformdb: transaction=off\n", "no statement below it", "phases/001_a.sql:2:4"),
        ("-- platformdb: transaction=off\n", "no statement below it", "phases/001_a.sql:1:4"),
    ],
)
def test_what_a_file_may_not_hold_is_a_finding_with_its_place(
    project: Project, text: str, message: str, place: str
) -> None:
    project.write({"phases/001_a.sql": text})
    finding = only_finding(project)
    assert message in finding.message
    assert str(finding.place) == place
    assert finding.help


def test_a_file_in_a_folder_that_no_command_reads_is_a_finding(project: Project) -> None:
    project.write({"phases/001_a.sql": "SELECT 1", "sql/procedures/p.sql": "SELECT 1", "sql/queries/q.sql": "SELECT 1"})
    finding = only_finding(project)
    assert (finding.rule, finding.subject) == ("file-unmatched", "sql/procedures/p.sql")
    assert "functions, views, triggers" in finding.help
