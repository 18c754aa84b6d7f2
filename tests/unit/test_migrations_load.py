from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from platformdb.migrations.load import Loaded, load_all
from platformdb.migrations.model import Migration
from platformdb.migrations.read import list_files
from platformdb.report.model import Finding, Leaves, Severity
from platformdb.variables import Variable
from projects import Project

SECRET = {"pw": Variable("s3cret'x", secret=True), "owner": Variable("app")}

# As pg_dump 18 writes it, shortened.
DUMP = r"""--
-- PostgreSQL database dump
--

\restrict 5b2XgL0v9aWq

-- Dumped from database version 18.1

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET default_table_access_method = heap;

--
-- Name: notes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notes (
    id bigint NOT NULL,
    body text
);

COPY public.notes (id, body) FROM stdin;
1	it's -- platformdb: odd=yes
2	{{ not a variable }}; $$
3	\N
\.

SELECT pg_catalog.setval('public.notes_id_seq', 3, true);

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (id);

\unrestrict 5b2XgL0v9aWq

"""


def load(project: Project, variables: Mapping[str, Variable] | None = None, *committing: str) -> Loaded:
    files = list_files(project.platform)
    assert files.findings == ()
    return load_all(files.migrations, project.platform, variables or {}, committing=frozenset(committing))


def only(
    project: Project, text: str | bytes, variables: Mapping[str, Variable] | None = None, *committing: str
) -> Migration:
    loaded = load(project.write({"phases/001_a.sql": text}), variables, *committing)
    assert loaded.findings == ()
    return loaded.migrations[str(project.root / "phases/001_a.sql")]


def finding(project: Project, text: str | bytes, variables: Mapping[str, Variable] | None = None) -> Finding:
    loaded = load(project.write({"phases/001_a.sql": text}), variables)
    assert loaded.migrations == {}
    (found,) = loaded.findings
    assert found.help
    return found


def sent(migration: Migration) -> list[str]:
    return [statement.sql for segment in migration.segments for statement in segment.statements]


def solos(migration: Migration) -> list[bool]:
    return [segment.solo for segment in migration.segments]


class TestFiles:
    def test_a_plain_file_is_read_whole(self, project: Project) -> None:
        found = only(project, "-- a\nCREATE TABLE t (x int);\nDROP TABLE u;\n")
        assert sent(found) == ["CREATE TABLE t (x int)", "DROP TABLE u"]
        assert (found.lock_timeout, found.leaves, found.remarks) == (None, Leaves.NOTHING, ())
        assert [(str(place), why) for place, why in found.destructive] == [("phases/001_a.sql:3:1", "drops table u")]
        assert found.checksums.raw == hashlib.sha256(b"-- a\nCREATE TABLE t (x int);\nDROP TABLE u;\n").hexdigest()

    def test_a_bad_file_is_a_finding_and_the_others_are_read_all_the_same(self, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "SELEC 1",
                "phases/002_b.sql": b"SELECT '\xff'",
                "phases/003_c.sql": "SELECT 1",
                "phases/004_d.sql": "SELECT 1;\nCOMMIT",
                "sql/views/v.sql": "SELECT '",
            }
        )
        loaded = load(project)
        assert [Path(path).name for path in loaded.migrations] == ["003_c.sql"]
        assert [(f.subject, str(f.place)) for f in loaded.findings] == [
            ("phases/001_a.sql", "phases/001_a.sql:1:1"),
            ("phases/002_b.sql", "phases/002_b.sql:1:9"),
            ("phases/004_d.sql", "phases/004_d.sql:2:1"),
            ("sql/views/v.sql", "sql/views/v.sql:1:8"),
        ]

    @pytest.mark.parametrize("text", ["", "-- nothing yet\n", "BEGIN; COMMIT;\n"])
    def test_a_file_without_statements_is_legal_and_remarked_upon(self, project: Project, text: str) -> None:
        found = only(project, text)
        assert (len(found.segments), sent(found)) == (1, [])
        (remark,) = found.remarks
        assert (remark.rule, remark.severity) == ("empty", Severity.NOTE)

    def test_extensions_are_named_with_the_place_that_asks_for_them(self, project: Project) -> None:
        found = only(project, "SELECT 1;\nCREATE EXTENSION IF NOT EXISTS pgcrypto;")
        assert [(name, str(place)) for name, place in found.needs.extensions] == [("pgcrypto", "phases/001_a.sql:2:1")]

    def test_repeatable_files_know_the_names_they_make_and_use(self, project: Project) -> None:
        project.write({"sql/views/v.sql": "CREATE VIEW v AS SELECT * FROM t", "phases/001_a.sql": "CREATE TABLE t ()"})
        phase, view = load(project).migrations.values()
        assert (view.names.defined, view.names.referenced) == ({"relation v"}, {"relation t"})
        assert phase.names.defined == frozenset()

    def test_a_file_that_may_leave_something_in_the_session_asks_for_a_clean_one(self, project: Project) -> None:
        assert only(project, "CREATE TABLE t (); PREPARE p AS SELECT 1").leaves is Leaves.ANYTHING


class TestDumps:
    def test_what_pg_dump_writes_is_a_migration(self, project: Project) -> None:
        found = only(project, DUMP)
        assert solos(found) == [False]
        (segment,) = found.segments
        rows = [statement.data for statement in segment.statements if statement.data]
        assert b"".join(rows[0].chunks()) == b"1\tit's -- platformdb: odd=yes\n2\t{{ not a variable }}; $$\n3\t\\N\n"
        assert len(rows) == 1
        assert [setting.sql for setting in segment.settings] == [
            "SET statement_timeout = 0",
            "SET client_encoding = 'UTF8'",
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "SET default_table_access_method = heap",
        ]
        assert found.leaves is Leaves.ANYTHING

    def test_rows_of_a_large_file_stay_in_it_and_are_the_same(self, project: Project) -> None:
        rows = b"".join(b"%d\t%s\n" % (n, b"x" * 90) for n in range(100_000))
        text = b"CREATE TABLE t (i int, x text);\nCOPY t FROM stdin;\n" + rows + b"\\.\nSELECT 1;\nSELEC 2;\n"
        assert str(finding(project, text).place) == "phases/001_a.sql:100005:1"
        good = only(project, text.replace(b"SELEC 2", b"SELECT 2"))
        (data,) = [statement.data for statement in good.segments[0].statements if statement.data]
        assert data.digest == hashlib.sha256(rows).hexdigest()
        assert b"".join(data.chunks()) == rows


class TestTransactions:
    def test_the_header_takes_the_whole_file_out_of_transactions(self, project: Project) -> None:
        text = "-- platformdb: transaction=off\nUPDATE t SET x = 1;\nUPDATE t SET x = 2;\nCALL p();\n"
        assert solos(only(project, text)) == [True, True, True]
        assert solos(only(project, text.replace("off\n", "off\n\n-- first\n"))) == [True, True, True]

    def test_a_directive_further_down_takes_out_its_statement_only(self, project: Project) -> None:
        text = "UPDATE t SET x = 1;\n-- platformdb: transaction=off\nCALL p();\nUPDATE t SET x = 2;\n"
        assert solos(only(project, text)) == [False, True, False]

    def test_a_call_of_a_procedure_that_commits_is_alone(self, project: Project) -> None:
        create = "CREATE PROCEDURE app.fill() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$"
        project.write(
            {"phases/001_a.sql": f"SELECT 1; {create}; CALL app.fill()", "phases/002_b.sql": "CALL fill(); SELECT 1"}
        )
        first, second = load(project).migrations.values()
        assert (solos(first), solos(second)) == ([False, True], [True, False])

    def test_a_call_of_a_procedure_that_is_made_later_is_not(self, project: Project) -> None:
        create = "CREATE OR REPLACE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$"
        assert solos(only(project, f"CALL fill(); {create}")) == [False]

    def test_the_database_knows_of_procedures_that_commit(self, project: Project) -> None:
        assert solos(only(project, "SELECT 1; CALL fill()", None, "fill")) == [False, True]
        assert solos(only(project, "SELECT 1; CALL fill()")) == [False]


class TestDirectives:
    def test_a_header_says_how_long_to_wait_and_what_must_be_there(self, project: Project) -> None:
        found = only(project, "-- platformdb: lock_timeout=500ms requires=002,v\n/* */\n-- more\nSELECT 1")
        assert found.lock_timeout == "500ms"
        assert [(name, str(place)) for name, place in found.needs.files] == [
            ("002", "phases/001_a.sql:1:44"),
            ("v", "phases/001_a.sql:1:48"),
        ]

    @pytest.mark.parametrize("value", ["0", "2s", "500ms", "1min"])
    def test_times_have_a_unit(self, project: Project, value: str) -> None:
        assert only(project, f"-- platformdb: lock_timeout={value}\nSELECT 1").lock_timeout == value

    def test_text_in_quotes_is_no_directive(self, project: Project) -> None:
        line = "\n-- platformdb: odd=yes\n"
        assert len(sent(only(project, f"SELECT '{line}'; DO $${line}$$; SELECT 1 AS \"{line}\""))) == 3

    @pytest.mark.parametrize(
        ("text", "message", "place"),
        [
            ("-- platformdb: transactoin=off\nSELECT 1", "unknown directive 'transactoin'", "1:16"),
            ("-- platformdb: transaction=on\nSELECT 1", "transaction= cannot be 'on'", "1:28"),
            ("-- platformdb: lock_timeout=2\nSELECT 1", "lock_timeout= cannot be '2'", "1:29"),
            ("-- platformdb: requires=a,,b\nSELECT 1", "requires= cannot be 'a,,b'", "1:25"),
            ("-- platformdb: template=yes\nSELECT 1", "template= cannot be 'yes'", "1:25"),
            ("SELECT 1;\n-- platformdb: transactoin=off\nSELECT 2", "unknown directive", "2:16"),
            ("SELECT 1;\n-- platformdb: lock_timeout=2s\nSELECT 2", "lock_timeout= is about a whole file", "2:29"),
            ("SELECT 1;\n-- platformdb: transaction=off\n", "no statement below it", "2:1"),
            ("-- platformdb: transaction=off\n", "no statement below it", "1:4"),
            ("SELECT 1; -- platformdb: transaction=off\nSELECT 2", "behind something else", "1:11"),
            ("SELECT 1\n-- platformdb: transaction=off\n+ 1", "inside a statement", "2:1"),
            ("DO $$\n-- platformdb: a\n$$\n-- platformdb: a=b\nLANGUAGE plpgsql", "inside a statement", "2:1"),
        ],
    )
    def test_a_directive_that_nobody_understands_or_reads_is_refused(
        self, project: Project, text: str, message: str, place: str
    ) -> None:
        found = finding(project, text)
        assert message in found.message
        assert str(found.place) == f"phases/001_a.sql:{place}"


class TestTemplates:
    def test_variables_are_filled_in_where_a_project_has_some(self, project: Project) -> None:
        text = "CREATE TABLE {{ owner | identifier }}.t ();\nSELEC"
        assert str(finding(project, text, SECRET).place) == "phases/001_a.sql:2:1"
        found = only(project, text.replace("\nSELEC", "\nSELECT 1"), SECRET)
        assert sent(found) == ['CREATE TABLE "app".t ()', "SELECT 1"]

    def test_a_file_of_a_project_without_variables_is_plain_sql(self, project: Project) -> None:
        text = "SELECT '{{ x }} {% if %} {# #}'"
        found = only(project, text)
        assert sent(found) == [text]

    def test_a_file_can_be_a_template_without_variables(self, project: Project) -> None:
        text = "-- platformdb: template=on\n{% for n in range(2) %}SELECT {{ n }};\n{% endfor %}"
        assert sent(only(project, text)) == ["SELECT 0", "SELECT 1"]

    def test_a_file_can_stay_plain_in_a_project_with_variables(self, project: Project) -> None:
        text = "-- platformdb: template=off\nSELECT '{{ nobody }}'"
        assert sent(only(project, text, SECRET)) == ["SELECT '{{ nobody }}'"]

    def test_a_template_without_statements_is_legal(self, project: Project) -> None:
        assert sent(only(project, "-- platformdb: template=on\n{% if false %}SELECT 1{% endif %}")) == []

    def test_directives_are_read_after_rendering(self, project: Project) -> None:
        variables = {"patience": Variable("3s")}
        assert only(project, "-- platformdb: lock_timeout={{patience}}\nSELECT 1", variables).lock_timeout == "3s"

    def test_template_must_stand_where_it_is_read(self, project: Project) -> None:
        assert "too low" in finding(project, "{% set a = 1 %}\n-- platformdb: template=off\nSELECT 1", SECRET).message

    @pytest.mark.parametrize("text", ["SELECT {{ x }}", "SELECT 1 {% if y %}"])
    def test_an_error_at_what_looks_like_a_variable_says_how_to_declare_it(self, project: Project, text: str) -> None:
        found = finding(project, text)
        assert "[variables] of platformdb.toml" in found.help
        assert found.place is not None

    def test_another_error_beside_it_does_not(self, project: Project) -> None:
        assert "variable" not in finding(project, "SELEC '{{ x }}'").help

    def test_an_undefined_variable_is_a_finding_with_its_place(self, project: Project) -> None:
        found = finding(project, "SELECT 1;\nSELECT {{ nobody }}", SECRET)
        assert "nobody" in found.message
        assert str(found.place) == "phases/001_a.sql:2:11"

    def test_secrets_are_sent_and_never_shown(self, project: Project) -> None:
        text = "CREATE ROLE app PASSWORD {{ pw | literal }};\nSELECT {{ pw | literal }}, 'kept';\nSELECT 1;\n"
        found = only(project, text, SECRET)
        assert sent(found)[1] == "SELECT 's3cret''x', 'kept'"
        assert [statement.shown for statement in found.segments[0].statements] == [
            "CREATE ROLE app PASSWORD '***'",
            "SELECT '***', 'kept'",
            None,
        ]
        assert "s3cret" not in found.segments[0].text

    def test_no_checksum_tells_a_secret(self, project: Project) -> None:
        text = "SELECT {{ pw | literal }}"
        one, other = (only(project, text, {"pw": Variable(value, secret=True)}) for value in ("one", "other"))
        assert (one.checksums, one.segments[0].digest) == (other.checksums, other.segments[0].digest)

    @pytest.mark.parametrize("value", ["hunter2", "1 AS a hunter2", "'hunter2"])
    def test_an_error_at_a_secret_does_not_tell_it(self, project: Project, value: str) -> None:
        found = finding(project, "SELECT {{ pw }} FROM FROM", {"pw": Variable(value, secret=True)})
        assert "hunter2" not in repr(found)
        assert found.place is not None

    def test_passwords_written_into_a_file_are_never_shown(self, project: Project) -> None:
        assert "hunter2" not in only(project, "ALTER ROLE app PASSWORD 'hunter2'").segments[0].text


class TestIncludes:
    def test_files_are_included_from_the_root_and_from_beside(self, project: Project) -> None:
        project.write({"parts/one.sql": "SELECT 1;\n\\ir two.sql\n", "parts/two.sql": "SELECT 2;\nVACUUM;\n"})
        found = only(project, "SELECT 0;\n\\i parts/one.sql\nSELECT 3;\n")
        assert sent(found) == ["SELECT 0", "SELECT 1", "SELECT 2", "VACUUM", "SELECT 3"]
        assert [str(segment.place) for segment in found.segments] == [
            "phases/001_a.sql:1:1",
            "parts/two.sql:2:1",
            "phases/001_a.sql:3:1",
        ]

    def test_an_error_in_an_included_file_names_that_file(self, project: Project) -> None:
        project.write({"parts/one.sql": "SELECT 1;\nSELEC 2;"})
        assert str(finding(project, "\\i parts/one.sql\n").place) == "parts/one.sql:2:1"
        project.write({"parts/one.sql": b"SELECT 1;\n\xff"})
        assert str(finding(project, "\\i parts/one.sql\n").place) == "parts/one.sql:2:1"

    @pytest.mark.parametrize("name", ["../outside.sql", "/etc/passwd", "link.sql", "../alias/phases/001_a.sql"])
    def test_nothing_outside_the_project_is_included(self, project: Project, name: str) -> None:
        outside = project.root.parent / "outside.sql"
        outside.write_text("SELECT 1", encoding="utf-8")
        (project.root / "link.sql").symlink_to(outside)
        (project.root.parent / "alias").symlink_to(project.root)
        found = finding(project, f"SELECT 1;\n\\i {name}\n")
        assert "outside the project" in found.message
        assert str(found.place) == "phases/001_a.sql:2:4"

    def test_a_file_that_is_not_there_is_refused_where_it_is_included(self, project: Project) -> None:
        found = finding(project, "SELECT 1;\n\\i parts/gone.sql\n")
        assert "cannot read parts/gone.sql" in found.message
        assert str(found.place) == "phases/001_a.sql:2:4"

    def test_files_that_include_each_other_are_refused(self, project: Project) -> None:
        project.write({"a.sql": "\\ir b.sql\n", "b.sql": "\\ir a.sql\n"})
        assert "a.sql → b.sql → a.sql" in finding(project, "\\i a.sql\n").message

    def test_variables_are_filled_in_there_too(self, project: Project) -> None:
        project.write({"parts/one.sql": "SELECT {{ owner | literal }}"})
        assert sent(only(project, "\\i parts/one.sql\n", SECRET)) == ["SELECT 'app'"]

    def test_an_included_file_may_speak_for_its_statements_and_not_for_the_migration(self, project: Project) -> None:
        project.write({"parts/one.sql": "SELECT 1;\n-- platformdb: transaction=off\nSELECT 2;\n"})
        assert solos(only(project, "\\i parts/one.sql\n")) == [False, True]
        project.write({"parts/one.sql": "-- platformdb: transaction=off\nSELECT 1;\n"})
        found = finding(project, "\\i parts/one.sql\n")
        assert "only a part" in found.message
        assert str(found.place) == "parts/one.sql:1:4"

    def test_a_header_above_the_first_include_is_the_migrations(self, project: Project) -> None:
        project.write({"parts/one.sql": "SELECT 1;\n"})
        found = only(project, "-- platformdb: lock_timeout=3s transaction=off\n\\i parts/one.sql\nSELECT 2;\n")
        assert (found.lock_timeout, solos(found)) == ("3s", [True, True])

    def test_a_directive_above_a_later_include_is_refused(self, project: Project) -> None:
        project.write({"parts/one.sql": "SELECT 1;\n"})
        text = "SELECT 0;\n-- platformdb: transaction=off\n\\i parts/one.sql\nSELECT 2;\n"
        assert "no statement below it" in finding(project, text).message

    def test_what_a_file_echoes_is_a_remark(self, project: Project) -> None:
        (remark,) = only(project, "\\echo 'half way' there\nSELECT 1;").remarks
        assert (remark.rule, remark.message, remark.severity) == ("echo", "half way there", Severity.NOTE)
