"""Flyway's folders, read as Flyway reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layouts import errors, laid_out, refusals, remarks, statements, versions
from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.migrations.layouts.flyway import version_of
from platformdb.migrations.layouts.flyway_settings import read_settings
from platformdb.migrations.layouts.listing import recognised
from platformdb.migrations.load import load_all
from platformdb.migrations.model import Files, Kind, version_key
from platformdb.migrations.past import Book
from platformdb.migrations.read import list_files
from platformdb.migrations.standing import from_baseline
from platformdb.project import Foreign, Platform, find_platform
from platformdb.variables import Variable


def with_settings(folder: Path, *files: str) -> Platform:
    """A project of Flyway's where only its configuration says where the files are."""
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("SELECT 1")
    return find_platform(Config(project=folder, layout="flyway"))


def rendered(platform: Platform, **given: str) -> list[str]:
    """The statements of all migrations, with values given by flags."""
    files = list_files(platform)
    loaded = load_all(files.migrations, platform, {name: Variable(value) for name, value in given.items()})
    assert not loaded.findings, loaded.findings
    return [
        s.sql for file in files.migrations for part in loaded.migrations[file.path].segments for s in part.statements
    ]


class TestNames:
    def test_versions_are_compared_part_by_part_whatever_separates_them(self, tmp_path: Path) -> None:
        names = ("V10__d.sql", "V1_10_0__c.sql", "sub/V1.5.2__b.sql", "V1__a.sql", "V20190614.1__e.sql")
        found = versions(list_files(laid_out(tmp_path, dict.fromkeys(names, ""))))
        assert found == {"1": "a", "1.5.2": "b", "1.10": "c", "10": "d", "20190614.1": "e"}

    def test_zeros_at_the_end_of_a_version_do_not_count(self, tmp_path: Path) -> None:
        assert [version_of(text) for text in ("1", "1.0", "1_0_0", "1.0.1", "10", "0", "0.0", "001")] == [
            "1", "1", "1", "1.0.1", "10", "0", "0", "001",
        ]  # fmt: skip
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", "V1.0__b.sql": ""}))
        assert errors(files) == ["V1.0__b.sql has the version of V1__a.sql"]

    def test_repeatable_files_come_last_by_their_description(self, tmp_path: Path) -> None:
        names = ("R__b.sql", "a/R__z.sql", "b/R__a_b.sql", "R__a.sql", "V2__x.sql")
        files = list_files(laid_out(tmp_path, dict.fromkeys(names, "")))
        assert [file.name for file in files.migrations] == ["x", "a", "a b", "b", "z"]

    def test_repeatable_files_keep_that_order_whatever_they_refer_to(self, tmp_path: Path) -> None:
        first, second = "CREATE VIEW a AS SELECT * FROM b", "CREATE VIEW b AS SELECT 1 AS x"
        platform = laid_out(tmp_path, {"R__1_a.sql": first, "R__2_b.sql": second})
        files = list_files(platform)
        migrations = load_all(files.migrations, platform, {}).migrations
        assert {bool(each.names.defined or each.names.referenced) for each in migrations.values()} == {False}

    def test_undo_files_take_their_version_back(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"V1.0__a.sql": "", "U1__a_again.sql": ""}))
        assert {key: file.shown for key, file in files.undo.items()} == {(1,): "U1__a_again.sql"}
        assert not files.findings

    def test_two_repeatable_files_of_one_description_are_refused(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"a/R__v.sql": "", "b/R__v.sql": ""}))
        assert errors(files) == ["b/R__v.sql has the name of a/R__v.sql"]

    @pytest.mark.parametrize("stray", ["V__a.sql", "R1__a.sql", "R__.sql", "V1-a.sql", "Vx__a.sql", "notes.sql"])
    def test_a_name_that_is_not_whole_is_said(self, tmp_path: Path, stray: str) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", stray: ""}))
        assert versions(files) == {"1": "a"}
        assert remarks(files) == [f"{stray} belongs to no migration of Flyway: it is not run"]

    def test_several_locations_are_one_sequence(self, tmp_path: Path) -> None:
        laid_out(tmp_path, {"a/V2__b.sql": "", "b/V1__a.sql": "", "b/V3__c.sql": ""})
        folders = (tmp_path / "a", tmp_path / "b")
        files = list_files(find_platform(Config(project=tmp_path, migrations=folders)))
        assert versions(files) == {"1": "a", "2": "b", "3": "c"}


class TestOtherLanguages:
    def test_a_step_in_java_has_its_place_in_the_order(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", "V2__B.java": "", "V3__c.kt": "", "Tool.java": ""}))
        assert [(file.version, file.language) for file in files.migrations] == [
            ("1", ""),
            ("2", "Java"),
            ("3", "Kotlin"),
        ]
        assert remarks(files) == ["no migrations, and not read: Tool.java"]

    def test_what_has_no_version_is_left_to_flyway_and_said(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", "R__b.java": "", "afterMigrate.java": ""}))
        assert versions(files) == {"1": "a"}
        assert remarks(files)[:2] == [
            f"{name} is in Java: only Flyway runs it" for name in ("afterMigrate.java", "R__b.java")
        ]

    def test_steps_under_the_same_path_of_the_sources_are_said(self, tmp_path: Path) -> None:
        sql, java = "src/main/resources/db/migration", "src/main/java/db/migration"
        platform = laid_out(
            tmp_path, {f"{sql}/V1__a.sql": "", f"{java}/V2__B.java": "", f"{java}/Tool.java": ""}, below=sql
        )
        (remark,) = remarks(list_files(platform))
        assert remark == f"{java} holds steps of the same place, which are not in this plan: V2__B.java"
        both = find_platform(Config(project=tmp_path, migrations=(tmp_path / sql, tmp_path / java)))
        assert versions(list_files(both)) == {"1": "a", "2": "B"}


class TestCallbacks:
    def test_events_that_platformdb_has_are_its_own(self, tmp_path: Path) -> None:
        names = ("beforeMigrate.sql", "afterMigrate__b.sql", "afterMigrateApplied__a.sql", "afterEachUndo__x.sql")
        files = list_files(laid_out(tmp_path, dict.fromkeys(("V1__a.sql", *names), "")))
        assert {event: [file.shown for file in members] for event, members in files.callbacks.items()} == {
            "beforeMigrate": ["beforeMigrate.sql"],
            "afterMigrate": ["afterMigrateApplied__a.sql", "afterMigrate__b.sql"],
            "afterEachDown": ["afterEachUndo__x.sql"],
        }
        assert not files.findings

    @pytest.mark.parametrize(
        "event", ["beforeEachMigrateStatement", "afterVersioned", "beforeValidate", "createSchema"]
    )
    def test_one_that_platformdb_has_not_is_refused(self, tmp_path: Path, event: str) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", f"{event}__x.sql": ""}))
        assert errors(files) == [f"{event}__x.sql is a callback, and platformdb has no {event}"]

    def test_one_of_another_command_is_only_said(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", "afterClean.sql": ""}))
        assert (errors(files), len(remarks(files))) == ([], 2)
        assert "afterClean.sql is a callback of another command than migrate" in remarks(files)[0]


ASKING = {"V1__a.sql": "CREATE TABLE ${Schema}.t (x text DEFAULT '${flyway:filename}');\nGRANT SELECT ON t TO ${role}"}


class TestPlaceholders:
    def test_values_come_from_the_configuration_and_flags_go_before_it(self, tmp_path: Path) -> None:
        conf = "# ours\nflyway.placeholders.schema = app\nflyway.placeholders.role=one,\\\n  two\nflyway.password=x\n"
        platform = laid_out(tmp_path, {**ASKING, "flyway.conf": conf})
        assert rendered(platform) == ["CREATE TABLE app.t (x text DEFAULT 'V1__a.sql')", "GRANT SELECT ON t TO one,two"]
        assert rendered(platform, ROLE="me")[1] == "GRANT SELECT ON t TO me"

    def test_one_that_nobody_declared_is_refused_with_its_place(self, tmp_path: Path) -> None:
        platform = laid_out(tmp_path, {**ASKING, "flyway.conf": "flyway.placeholders.schema=app"})
        assert refusals(platform) == ["V1__a.sql:2:22: nothing says what ${role} stands for"]

    def test_a_value_that_is_an_environment_variable_is_asked_for(self, tmp_path: Path) -> None:
        platform = laid_out(tmp_path, {"V1__a.sql": "SELECT ${a}", "flyway.conf": "flyway.placeholders.a=${HOME}"})
        assert refusals(platform) == ["V1__a.sql:1:8: nothing says what ${a} stands for"]

    def test_prefix_and_suffix_may_be_others(self, tmp_path: Path) -> None:
        toml = '[flyway]\nplaceholderPrefix = "@"\nplaceholderSuffix = "@"\n[flyway.placeholders]\na = "1"\n'
        platform = laid_out(tmp_path, {"V1__a.sql": "SELECT @a@, '${b}'", "flyway.toml": toml})
        assert rendered(platform) == ["SELECT 1, '${b}'"]

    @pytest.mark.parametrize("where", ["flyway.toml", "V1__a.sql.conf"])
    def test_they_can_be_switched_off(self, tmp_path: Path, where: str) -> None:
        said = {
            "flyway.toml": "[flyway]\nplaceholderReplacement = false",
            "V1__a.sql.conf": "placeholderReplacement=false",
        }
        platform = laid_out(tmp_path, {"V1__a.sql": "SELECT '${a}'", where: said[where]})
        assert rendered(platform) == ["SELECT '${a}'"]


class TestConfigurationOfAFile:
    def test_it_takes_a_file_out_of_transactions(self, tmp_path: Path) -> None:
        conf = {"V1__a.sql.conf": "executeInTransaction=false\n"}
        platform = laid_out(tmp_path, {"V1__a.sql": "SELECT 1; SELECT 2", "V2__b.sql": "SELECT 1; SELECT 2", **conf})
        files = list_files(platform)
        parts = [load_all([file], platform, {}).migrations[file.path].segments for file in files.migrations]
        assert [[part.solo for part in each] for each in parts] == [[True, True], [False]]
        assert not files.findings

    @pytest.mark.parametrize("said", ["shouldExecute=${flyway:user}==me", "encoding=ISO-8859-1", "nonsense=1"])
    def test_what_platformdb_cannot_honour_is_refused(self, tmp_path: Path, said: str) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", "V1__a.sql.conf": said}))
        assert errors(files) == [f"V1__a.sql has {said} in its .conf"]


class TestSettings:
    def test_names_may_be_other_ones(self, tmp_path: Path) -> None:
        conf = "flyway.sqlMigrationPrefix=M\nflyway.sqlMigrationSeparator=-\nflyway.sqlMigrationSuffixes=.ddl,.sql\n"
        written = {"M1-a.ddl": "", "M2-b.SQL": "", "V3__c.sql": "", "flyway.conf": conf}
        assert versions(list_files(laid_out(tmp_path, written, layout="flyway"))) == {"1": "a", "2": "b"}

    def test_toml_hides_the_older_file_and_says_where_files_are(self, tmp_path: Path) -> None:
        (tmp_path / "flyway.conf").write_text("flyway.locations=filesystem:old")
        (tmp_path / "flyway.toml").write_text('[flyway]\nlocations = ["filesystem:sql", "classpath:db/*"]\n')
        java = "src/main/java/db/migration/V3__C.java"
        platform = with_settings(
            tmp_path, "sql/V1__a.sql", "src/main/resources/db/migration/V2__b.sql", java, "old/V9__x.sql"
        )
        assert versions(list_files(platform)) == {"1": "a", "2": "b", "3": "C"}

    def test_a_location_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "conf").mkdir()
        (tmp_path / "conf/flyway.conf").write_text("flyway.locations=classpath:db/migration")
        with pytest.raises(ConfigError, match="names the location classpath:db/migration, and there is no such folder"):
            list_files(with_settings(tmp_path))

    def test_no_password_is_taken_over(self, tmp_path: Path) -> None:
        (tmp_path / "flyway.toml").write_text(
            '[environments.dev]\nurl = "jdbc:x"\npassword = "hunter2"\n[flyway]\nx = "hunter2"\n'
        )
        assert "hunter2" not in repr(read_settings(Foreign(tmp_path, (tmp_path,))))

    def test_what_platformdb_does_otherwise_is_said(self, tmp_path: Path) -> None:
        conf = "flyway.encoding=ISO-8859-1\nflyway.schemas=app,other\n"
        assert remarks(list_files(laid_out(tmp_path, {"V1__a.sql": "", "flyway.conf": conf}))) == [
            "flyway.conf says that the files are ISO-8859-1; platformdb reads UTF-8",
        ]

    def test_a_configuration_that_is_none_is_refused(self, tmp_path: Path) -> None:
        platform = laid_out(tmp_path, {"V1__a.sql": "", "flyway.toml": "[flyway"})
        with pytest.raises(ConfigError, match=r"flyway\.toml is not valid TOML"):
            list_files(platform)


class TestBaselineFiles:
    def chosen(self, files: Files, target: str | None = None) -> list[tuple[str, str]]:
        limit = version_key(target) if target else None
        return [(file.version, file.kind.value) for file in from_baseline(files, Book(), limit)[0].migrations]

    def test_the_highest_stands_for_all_versions_up_to_its_own(self, tmp_path: Path) -> None:
        names = ("V1__a.sql", "V3__c.sql", "B2__b.sql", "B3__c.sql", "V4__d.sql", "R__r.sql")
        files = list_files(laid_out(tmp_path, dict.fromkeys(names, "")))
        assert self.chosen(files) == [("1", "versioned"), ("3", "baseline"), ("4", "versioned"), ("", "repeatable")]
        assert from_baseline(files, Book(), None)[1].baseline == (3,)
        assert self.chosen(files, "2")[:2] == [("1", "versioned"), ("2", "baseline")]
        assert self.chosen(files, "1")[0] == ("1", "versioned")

    def test_none_is_taken_where_something_ran(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"V1__a.sql": "", "B2__b.sql": ""}))
        seen, book = from_baseline(files, Book(baseline=(1,)), None)
        assert (seen, book.baseline) == (files, (1,))

    def test_two_of_one_version_are_refused(self, tmp_path: Path) -> None:
        files = list_files(laid_out(tmp_path, {"B1__a.sql": "", "B1.0__b.sql": ""}))
        assert errors(files) == ["B1.0__b.sql has the version of B1__a.sql"]

    def test_it_is_read_like_any_other(self, tmp_path: Path) -> None:
        platform = laid_out(tmp_path, {"B1__a.sql": "SELECT 1"})
        files, _ = from_baseline(list_files(platform), Book(), None)
        (file,) = files.migrations
        assert replace(file, kind=Kind.VERSIONED).identity == file.identity
        assert statements(platform) == {}


def test_it_is_recognised_by_its_names_and_by_its_configuration(tmp_path: Path) -> None:
    written = [{"V1__a.sql": ""}, {"db/R__v.sql": ""}, {"1-a.sql": "", "flyway.toml": ""}]
    for number, files in enumerate(written):
        platform = laid_out(tmp_path / str(number), files)
        assert platform.foreign is not None
        assert recognised(platform, platform.foreign)[0].name == "flyway"
