"""Sqitch projects, read as Sqitch reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layouts import errors, laid_out, refusals, remarks, statements, versions
from platformdb.errors import ConfigError, Refused
from platformdb.migrations.layouts.sqitch_plan import SqitchPlan, change_ids, dependency_problems, read_plan
from platformdb.migrations.model import Kind
from platformdb.migrations.read import list_files
from platformdb.project import Platform
from platformdb.sqltext.source import Source

PRAGMAS = "%syntax-version=1.0.0\n%project=shop\n%uri=https://example.org/shop/\n\n"
STAMP = "2026-11-21T09:30:00Z Ada Lovelace <ada@example.org>"


def planned(*lines: str) -> str:
    """A plan; each line is given without date and planner."""
    stamped = (f"{line.partition('#')[0].strip()} {STAMP} # {line.partition('#')[2]}" for line in lines)
    return PRAGMAS + "".join(f"{line}\n" for line in stamped)


def project(folder: Path, plan: str, *names: str, **others: str) -> Platform:
    """A project with files that hold one statement."""
    files = {name: f"SELECT '{name}'" for name in names}
    return laid_out(folder, {"sqitch.plan": plan, **files, **others})


def parsed(text: str) -> SqitchPlan:
    return read_plan(Source("sqitch.plan", text))


class TestPlan:
    def test_a_change_is_its_place_in_the_plan(self, tmp_path: Path) -> None:
        plan = planned("zoo", "@v1", "app/users [zoo] # people", "a")
        platform = project(tmp_path, plan, "deploy/zoo.sql", "deploy/app/users.sql", "deploy/a.sql", "revert/a.sql")
        files = list_files(platform)
        assert versions(files) == {"1": "zoo", "2": "app/users", "3": "a"}
        assert {key: file.shown for key, file in files.undo.items()} == {(3,): "revert/a.sql"}
        assert not files.findings

    def test_a_reworked_change_has_its_earlier_text_under_a_tag(self, tmp_path: Path) -> None:
        plan = planned("f", "@v1", "@v2", "f [f@v1]", "@v3", "f [f@v3]")
        names = ("deploy/f@v2.sql", "deploy/f@v3.sql", "deploy/f.sql", "revert/f@v2.sql")
        assert statements(project(tmp_path, plan, *names)) == {
            "1": ["SELECT 'deploy/f@v2.sql'"],
            "2": ["SELECT 'deploy/f@v3.sql'"],
            "3": ["SELECT 'deploy/f.sql'"],
        }

    def test_of_several_tags_since_the_last_one_that_has_a_file_counts(self, tmp_path: Path) -> None:
        plan = planned("f", "@v1", "g", "@v2", "h", "@v3", "f")
        names = (
            "deploy/f@v1.sql",
            "deploy/f@v2.sql",
            "deploy/f@v3.sql",
            "deploy/f.sql",
            "deploy/g.sql",
            "deploy/h.sql",
        )
        assert statements(project(tmp_path, plan, *names))["1"] == ["SELECT 'deploy/f@v3.sql'"]

    def test_notes_blank_lines_and_line_ends_of_windows_are_no_matter(self) -> None:
        text = planned("a # one\\ntwo").replace("\n\n", "\n\n# a remark\n\n").replace("\n", "\r\n")
        (change,) = parsed(text).changes
        assert (change.name, change.note, change.place.line) == ("a", "one\ntwo", 7)

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (f"a b c {STAMP}", "neither a change nor a tag"),
            ("a", "neither a change nor a tag"),
            (f"-a {STAMP}", "neither a change nor a tag"),
            (f"@v1 {STAMP}", "the tag @v1 stands before any change"),
            (f"a {STAMP}\na {STAMP}", "the change a is there twice, with no tag between"),
            (f"a [b:c:d] {STAMP}", "'b:c:d' is nothing that a change can depend on"),
        ],
    )
    def test_a_line_that_is_none_is_refused_with_its_place(self, tmp_path: Path, line: str, message: str) -> None:
        (finding,) = list_files(project(tmp_path, PRAGMAS + line, "deploy/a.sql")).findings
        assert message in finding.message
        assert str(finding.place).startswith("sqitch.plan:")

    def test_a_plan_without_a_project_is_refused(self) -> None:
        with pytest.raises(Refused, match="does not name its project"):
            parsed("%syntax-version=1.0.0\n\n")

    def test_ids_are_those_that_sqitch_computes(self) -> None:
        """As sqitch 1.3.1 writes them into sqitch.changes for this plan."""
        ids = change_ids(parsed(planned("a # first", "@v1", "b [a other:x !c] # two\\nlines", "a [a@v1]")))
        assert ids == EXPECTED_IDS

    def test_a_uri_is_written_as_perl_writes_it(self) -> None:
        ids = {change_ids(parsed(planned("a").replace("https://example.org/shop/", uri))) for uri in SAME_URI}
        assert len(ids) == 1


SAME_URI = ("https://example.org/", "HTTPS://Example.ORG", "https://example.org:443/")
EXPECTED_IDS = (
    "40279ce5c62a275ac351ae6a907ed8391b8d2834",
    "d8c3e1b7b52b8af42341d0e3d7fc845c8b06ccd9",
    "cae5cd182e90506a4729957b8fdf9e00ff2086b2",
)


class TestDependencies:
    def said(self, *lines: str) -> list[str]:
        return [finding.message for finding in dependency_problems(parsed(planned(*lines)))]

    def test_what_comes_before_may_be_required(self) -> None:
        assert self.said("a", "@v1", "b [a a@v1 @v1]", "a [a@v1 b !later]", "c [a@HEAD]") == []

    @pytest.mark.parametrize("wanted", ["later", "a", "@v2", "a@v2", "b@v1"])
    def test_what_does_not_is_said(self, wanted: str) -> None:
        lines = ("x", "@v1", f"a [{wanted}]", "b", "later", "@v2")
        assert self.said(*lines) == [f"the change a requires {wanted}, which does not come before it"]

    def test_a_conflict_with_what_comes_before_is_said(self) -> None:
        assert self.said("a", "b [!a]") == ["the change b conflicts with a, which comes before it"]

    def test_another_project_is_said(self) -> None:
        assert self.said("a [shop:x other:y]")[1] == "the change a depends on other:y, of another project"


class TestFiles:
    def test_a_plan_that_names_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        files = list_files(project(tmp_path, planned("a", "b"), "deploy/a.sql"))
        assert errors(files) == ["the plan names the change b, and deploy/b.sql is not there"]
        assert str(files.findings[0].place).startswith("sqitch.plan:6")

    def test_what_no_plan_names_is_said_and_checks_are_none_of_it(self, tmp_path: Path) -> None:
        names = ("deploy/a.sql", "deploy/b.sql", "revert/b.sql", "verify/a.sql", "test/x.sql", "README.md")
        assert remarks(list_files(project(tmp_path, planned("a"), *names))) == [
            "deploy/b.sql is in no plan: it is not run",
            "revert/b.sql is in no plan: it is not run",
            "verify/ holds 1 check of what was deployed",
        ]

    def test_two_projects_have_no_common_order(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            project(tmp_path / name, planned("x"), "deploy/x.sql")
        (message,) = errors(list_files(laid_out(tmp_path, {}, layout="sqitch")))
        assert message == "there is no sqitch.plan in ."

    def test_folders_are_those_of_the_configuration(self, tmp_path: Path) -> None:
        conf = '[core]\n\ttop_dir = db ; here\n\textension = "ddl"\n[engine "pg"]\n\tdeploy_dir = up\n'
        files = {
            "sqitch.conf": conf,
            "db/sqitch.plan": planned("a"),
            "up/a.ddl": "SELECT 1",
            "db/revert/a.ddl": "SELECT 2",
        }
        for below in (".",):
            platform = laid_out(tmp_path, files, below=below)
            assert statements(platform) == {"1": ["SELECT 1"]}
            assert refusals(platform, Kind.UNDO) == []


class TestVariables:
    CONF = '[core "variables"]\n\tme = ada\n\tother = x\n[deploy "variables"]\n\tother = y z\n[target "p"]\n\turi = db:pg://u:pw@h/d\n'

    def test_they_are_filled_in_as_psql_does_it(self, tmp_path: Path) -> None:
        sql = "SELECT :'other', x::me, ':me', '{\"k\":\"me\"}', $$ :me $$ FROM :\"other\".t, :registry.u -- :nobody\n"
        files = {"sqitch.plan": planned("a"), "sqitch.conf": self.CONF, "deploy/a.sql": f"GRANT x TO :me;\n{sql}"}
        assert statements(laid_out(tmp_path, files)) == {
            "1": [
                "GRANT x TO ada",
                "SELECT 'y z', x::me, ':me', '{\"k\":\"me\"}', $$ :me $$ FROM \"y z\".t, sqitch.u -- :nobody",
            ]
        }

    def test_one_that_nobody_declared_is_refused_with_its_place(self, tmp_path: Path) -> None:
        files = {"sqitch.plan": planned("a"), "deploy/a.sql": 'GRANT CONNECT ON DATABASE :"DBNAME" TO me'}
        assert refusals(laid_out(tmp_path, files)) == ['deploy/a.sql:1:27: nothing says what :"DBNAME" stands for']

    def test_a_configuration_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        platform = project(tmp_path, planned("a"), "deploy/a.sql")
        (tmp_path / "sqitch.conf").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match=r"cannot read sqitch.conf: it is not UTF-8"):
            list_files(platform)
