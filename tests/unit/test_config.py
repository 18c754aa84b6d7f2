from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict
from pathlib import Path
from typing import Any

import pytest

from platformdb import settings
from platformdb.config import ENVIRONMENT, Config, find_root, load, seconds
from platformdb.errors import ConfigError
from platformdb.variables import Variable

SECRET = "postgresql://me:hunter2@db.example/app"


def loaded(
    folder: Path, toml: str = "", environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Config:
    if toml:
        (folder / "platformdb.toml").write_text(toml, encoding="utf-8")
    return load(flags or {}, environment or {}, folder)


def refused(folder: Path, toml: str = "", **given: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, toml, **given)
    return caught.value


def test_nothing_given_means_the_defaults_and_no_database(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config == Config(project=tmp_path)
    assert (config.image, config.wait_for_lock, config.provider, config.url) == ("postgres:17", 60.0, None, None)
    assert config.state_folder == tmp_path / ".platformdb"


def test_the_file_wins_over_the_default(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'image = "postgres:16"').image == "postgres:16"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = loaded(tmp_path, 'image = "postgres:16"', environment={"PLATFORMDB_IMAGE": "postgres:15"})
    assert config.image == "postgres:15"


def test_a_flag_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {"PLATFORMDB_IMAGE": "postgres:15"}
    config = loaded(
        tmp_path,
        'image = "postgres:16"',
        environment=environment,
        flags={"image": "postgres:14", "provider": "container"},
    )
    assert config.image == "postgres:14"


def test_a_flag_that_was_not_given_decides_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'platform = "vrss"', flags={"platform": None}).platform == "vrss"


def test_an_empty_environment_variable_counts_as_absent(tmp_path: Path) -> None:
    config = loaded(tmp_path, environment={"PLATFORMDB_URL": "", "DATABASE_URL": SECRET})
    assert config.url is not None
    assert config.url.reveal() == SECRET


def test_platformdb_url_wins_over_database_url(tmp_path: Path) -> None:
    config = loaded(tmp_path, environment={"DATABASE_URL": SECRET, "PLATFORMDB_URL": "postgresql://other/db"})
    assert config.url is not None
    assert config.url.reveal() == "postgresql://other/db"


@pytest.mark.parametrize(
    ("variable", "key", "value"),
    [
        ("PLATFORMDB_PROVIDER", "provider", "container"),
        ("PLATFORMDB_PLATFORM", "platform", "vrss"),
        ("PLATFORMDB_BINARIES", "binaries", Path("/opt/pg/bin")),
    ],
)
def test_each_setting_has_its_variable(tmp_path: Path, variable: str, key: str, value: object) -> None:
    assert getattr(loaded(tmp_path, environment={variable: str(value)}), key) == value


def test_an_unknown_key_of_the_file_is_refused_by_name(tmp_path: Path) -> None:
    error = refused(tmp_path, 'platfrom = "vrss"')
    assert "platfrom" in error.message
    assert "platformdb.toml" in error.help


def test_all_wrong_values_stand_in_one_message(tmp_path: Path) -> None:
    error = refused(tmp_path, 'port = 0\nwait_for_lock = -1\nprovider = "cloud"\nkep = true')
    assert all(key in error.message for key in ("port", "wait_for_lock", "provider", "kep"))
    assert error.exit_code == 2


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, 'platform = "vrss"\nport = = 1')
    assert "line 2" in error.message
    assert str(error.place) == str(tmp_path / "platformdb.toml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").write_bytes(b'platform = "\xff"')
    assert "not valid TOML" in refused(tmp_path).message


def test_the_file_cannot_move_the_project(tmp_path: Path) -> None:
    assert "project" in refused(tmp_path, 'project = "/elsewhere"').message


def test_a_project_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path, flags={"project": tmp_path / "nowhere"}).message


def test_the_project_flag_decides_which_file_is_read(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "platformdb.toml").write_text('platform = "theirs"', encoding="utf-8")
    config = loaded(tmp_path, 'platform = "ours"', flags={"project": other})
    assert (config.platform, config.project) == ("theirs", other)


def test_a_command_inside_a_project_finds_its_root(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep) == tmp_path
    assert load({}, {}, deep).project == tmp_path


def test_a_folder_without_a_file_above_is_its_own_root(tmp_path: Path) -> None:
    assert find_root(tmp_path) == tmp_path


@pytest.mark.parametrize(
    "show", [str, repr, lambda config: str(asdict(config)), lambda config: json.dumps(asdict(config), default=str)]
)
def test_no_text_of_a_config_holds_the_password(tmp_path: Path, show: Any) -> None:
    assert "hunter2" not in show(loaded(tmp_path, environment={"DATABASE_URL": SECRET}))


def test_no_error_of_the_config_holds_the_password(tmp_path: Path) -> None:
    error = refused(tmp_path, f'url = ["{SECRET}"]\nport = -1')
    assert "url" in error.message
    assert "hunter2" not in f"{error.message}{error.help}{error.detail}{error!r}{error.__cause__}"


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    with pytest.raises(FrozenInstanceError):
        config.platform = "other"  # type: ignore[misc]


def test_a_changed_copy_is_validated_again(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.but(port=5433).port == 5433
    with pytest.raises(ConfigError, match="port"):
        config.but(port=70000)


class TestProvider:
    def test_a_url_means_the_url_provider(self, tmp_path: Path) -> None:
        assert loaded(tmp_path, environment={"DATABASE_URL": SECRET}).provider == "url"

    @pytest.mark.parametrize("variable", ["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE", "PGPORT"])
    def test_libpqs_own_variables_mean_the_url_provider(self, tmp_path: Path, variable: str) -> None:
        assert loaded(tmp_path, environment={variable: "1"}).provider == "url"

    def test_an_embedded_server_that_exists_is_used(self, tmp_path: Path) -> None:
        (tmp_path / ".platformdb").mkdir()
        (tmp_path / ".platformdb" / "server.json").touch()
        assert loaded(tmp_path).provider == "embedded"

    def test_an_empty_state_folder_is_no_server(self, tmp_path: Path) -> None:
        (tmp_path / ".platformdb").mkdir()
        assert loaded(tmp_path).provider is None

    def test_a_named_database_wins_over_the_embedded_server(self, tmp_path: Path) -> None:
        (tmp_path / ".platformdb").mkdir()
        (tmp_path / ".platformdb" / "server.json").touch()
        assert loaded(tmp_path, environment={"PGHOST": "/tmp"}).provider == "url"

    def test_a_provider_that_was_chosen_stays(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, environment={"DATABASE_URL": SECRET}, flags={"provider": "container"})
        assert config.provider == "container"


class TestLocalWork:
    @pytest.mark.parametrize("environment", [{"DATABASE_URL": SECRET}, {"PGHOST": "prod"}, {}])
    def test_it_never_touches_a_database_that_somebody_named(
        self, tmp_path: Path, environment: Mapping[str, str]
    ) -> None:
        local = loaded(tmp_path, environment=environment).for_local_work()
        assert (local.provider, local.url) == ("embedded", None)

    def test_a_container_is_local_too(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, environment={"DATABASE_URL": SECRET}, flags={"provider": "container"})
        assert (config.for_local_work().provider, config.for_local_work().url) == ("container", None)

    def test_everything_else_stays(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, 'platform = "vrss"\nport = 5433\nwait_for_lock = 1.5')
        local = config.for_local_work()
        assert (local.platform, local.port, local.wait_for_lock) == ("vrss", 5433, 1.5)


def test_a_url_on_the_command_line_wins_over_a_provider_from_elsewhere(tmp_path: Path) -> None:
    config = load({"url": "postgresql://h/d", "project": tmp_path}, {"PLATFORMDB_PROVIDER": "container"}, tmp_path)
    assert config.provider == "url"


def test_a_url_beside_another_provider_is_refused_instead_of_ignored(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--url names a database, --provider embedded makes one"):
        load({"url": "postgresql://h/d", "provider": "embedded", "project": tmp_path}, {}, tmp_path)


def test_binaries_in_the_file_are_relative_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").write_text('binaries = "pg/bin"\n')
    assert load({"project": tmp_path}, {}, Path("/")).binaries == tmp_path / "pg/bin"


@pytest.mark.parametrize(("flag", "value"), [("keep", True), ("image", "postgres:16")])
def test_a_flag_about_containers_without_one_is_refused(tmp_path: Path, flag: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"--{flag} is about a container") as caught:
        loaded(tmp_path, flags={flag: value, "url": "postgresql:///x"})
    assert caught.value.help == "add --provider container"
    assert loaded(tmp_path, 'provider = "container"', flags={flag: value}).provider == "container"


def test_a_url_in_the_environment_wins_over_a_provider_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").write_text('provider = "embedded"\n')
    assert load({"project": tmp_path}, {"DATABASE_URL": "postgresql://h/d"}, tmp_path).provider == "url"
    assert load({"project": tmp_path}, {}, tmp_path).provider == "embedded"


def test_a_settings_file_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "platformdb.toml").mkdir()
    with pytest.raises(ConfigError, match=r"cannot read platformdb\.toml"):
        load({"project": tmp_path}, {}, tmp_path)


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (60, 60.0), (1.5, 1.5), ("0", 0.0), ("60", 60.0), ("60s", 60.0), ("2min", 120.0), (" 1 h ", 3600.0),
            ("1d", 86400.0), ("500ms", 0.5), ("250us", 0.00025), ("1.5min", 90.0),
        ],
    )  # fmt: skip
    def test_a_bare_number_is_seconds_and_units_are_those_of_postgresql(self, text: Any, expected: float) -> None:
        assert settings.seconds(text) == pytest.approx(expected)
        assert seconds(str(text)) == pytest.approx(expected)

    @pytest.mark.parametrize(
        "text", ["", "soon", "-1", -1, "1 week", "s", "1e3", "5 5", True, float("nan"), "٣", "9" * 400]
    )
    def test_anything_else_is_refused(self, text: Any) -> None:
        with pytest.raises(ValueError, match=r"duration|shorter"):
            settings.seconds(text)

    def test_a_wrong_duration_of_a_flag_is_a_mistake_of_the_user(self) -> None:
        with pytest.raises(ConfigError, match="'soon' is not a duration") as caught:
            seconds("soon")
        assert "60s" in caught.value.help

    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            ("5", "5s"),
            (5, "5s"),
            (1.5, "1.5s"),
            ("500ms", "500ms"),
            ("2 min", "2min"),
            ("0", "0"),
            ("0ms", "0"),
            (0, "0"),
        ],
    )
    def test_a_lock_timeout_has_a_unit_for_postgresql_would_take_milliseconds(self, given: Any, meant: str) -> None:
        assert settings.lock_timeout(given) == meant
        assert settings.lock_timeout(meant) == meant

    @pytest.mark.parametrize("given", ["0.4ms", "100us", "30d"])
    def test_a_lock_timeout_that_postgresql_would_round_to_for_ever_is_refused(self, given: str) -> None:
        with pytest.raises(ValueError, match="from 1ms to 24d, or 0 for ever"):
            settings.lock_timeout(given)


class TestLocks:
    def test_the_defaults(self, tmp_path: Path) -> None:
        config = loaded(tmp_path)
        assert (config.wait_for_lock, config.lock_timeout, config.lock_retries, config.role) == (60.0, "5s", 10, None)

    @pytest.mark.parametrize(
        ("key", "text", "value"),
        [
            ("wait_for_lock", "2min", 120.0), ("lock_timeout", "2", "2s"), ("lock_retries", "0", 0),
            ("role", "app_owner", "app_owner"),
        ],
    )  # fmt: skip
    def test_flag_environment_and_file_take_the_same_text(
        self, tmp_path: Path, key: str, text: str, value: object
    ) -> None:
        assert getattr(loaded(tmp_path, flags={key: text}), key) == value
        assert getattr(loaded(tmp_path, environment={f"PLATFORMDB_{key.upper()}": text}), key) == value
        assert getattr(loaded(tmp_path, f'{key} = "{text}"'), key) == value

    @pytest.mark.parametrize(
        "line",
        ['lock_timeout = "soon"', "lock_retries = -1", "lock_retries = 1.5", 'role = ""', "role = 5", "keep = 1"],
    )
    def test_wrong_values_are_refused_by_their_key(self, tmp_path: Path, line: str) -> None:
        assert refused(tmp_path, line).message.startswith(line.split()[0] + ": ")


class TestUnknownVariables:
    def test_a_misspelt_variable_is_not_ignored(self, tmp_path: Path) -> None:
        error = refused(tmp_path, environment={"PLATFORMDB_URLL": SECRET})
        assert "unknown environment variable PLATFORMDB_URLL" in error.message
        assert "PLATFORMDB_URL," in error.message
        assert "hunter2" not in error.message + error.help

    @pytest.mark.parametrize(
        "name",
        [
            "PLATFORMDB_DEBUG", "PLATFORMDB_TEST_BINARIES", "PLATFORMDB_VAR_X", "PLATFORMDB_SERVICE_HOST",
            "PLATFORMDB_SERVICE_PORT_POSTGRES", "PLATFORMDB_PORT", "PLATFORMDB_PORT_5432_TCP_ADDR", "MY_PLATFORMDB_X",
        ],
    )  # fmt: skip
    def test_what_others_set_is_left_alone(self, tmp_path: Path, name: str) -> None:
        assert loaded(tmp_path, environment={name: "1"}).url is None

    def test_every_setting_of_the_environment_is_known(self, tmp_path: Path) -> None:
        for names in ENVIRONMENT.values():
            for name in names:
                assert "unknown" not in str(_error_or_none(tmp_path, {name: "1"}))


def _error_or_none(folder: Path, environment: Mapping[str, str]) -> ConfigError | None:
    try:
        load({}, environment, folder)
    except ConfigError as error:
        return error
    return None


class TestVariables:
    def test_the_file_declares_text_numbers_and_truth(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, '[variables]\na = "x"\nb = 5\nc = 1.5\nd = true\ne = { value = 7 }\nf = ""')
        assert {name: each.value for name, each in config.variables.items()} == {
            "a": "x", "b": "5", "c": "1.5", "d": "true", "e": "7", "f": "",
        }  # fmt: skip
        assert not any(each.secret for each in config.variables.values())

    def test_a_secret_comes_from_the_environment_and_stays_hidden(self, tmp_path: Path) -> None:
        config = loaded(
            tmp_path,
            '[variables]\npw = { env = "APP_PASSWORD", secret = true }',
            environment={"APP_PASSWORD": "hunter2"},
        )
        assert config.variables["pw"] == Variable("hunter2", secret=True)
        assert "hunter2" not in repr(config)

    def test_a_flag_goes_before_the_environment_and_that_before_the_file(self, tmp_path: Path) -> None:
        toml, environment = (
            '[variables]\na = "file"\nb = "file"\nc = "file"',
            {
                "PLATFORMDB_VAR_A": "environment",
                "PLATFORMDB_VAR_B": "environment",
            },
        )
        config = loaded(tmp_path, toml, environment, {"var": ["a=first", "a=flag=1"]})
        assert {name: each.value for name, each in config.variables.items()} == {
            "a": "flag=1",
            "b": "environment",
            "c": "file",
        }

    def test_the_environment_knows_no_case(self, tmp_path: Path) -> None:
        config = loaded(
            tmp_path, '[variables]\nAppName = "a"', {"PLATFORMDB_VAR_APPNAME": "b", "PLATFORMDB_VAR_NEW": "c"}
        )
        assert {name: each.value for name, each in config.variables.items()} == {"AppName": "b", "new": "c"}

    def test_a_secret_that_the_environment_overrides_stays_one(self, tmp_path: Path) -> None:
        toml = '[variables]\npw = { env = "APP_PASSWORD", secret = true }'
        config = loaded(tmp_path, toml, {"PLATFORMDB_VAR_PW": "hunter2"})
        assert config.variables == {"pw": Variable("hunter2", secret=True)}

    def test_a_secret_on_the_command_line_is_refused(self, tmp_path: Path) -> None:
        error = refused(tmp_path, '[variables]\npw = { value = "x", secret = true }', flags={"var": ["pw=hunter2"]})
        assert "--var pw" in error.message
        assert "PLATFORMDB_VAR_PW" in error.message
        assert "hunter2" not in error.message + error.help

    def test_a_missing_environment_variable_is_named_with_its_variable(self, tmp_path: Path) -> None:
        error = refused(tmp_path, '[variables]\npw = { env = "APP_PASSWORD", secret = true }')
        assert "variables.pw: the environment variable APP_PASSWORD is not set" in error.message

    def test_a_command_that_renders_nothing_does_not_need_it(self, tmp_path: Path) -> None:
        (tmp_path / "platformdb.toml").write_text('[variables]\npw = { env = "APP_PASSWORD" }\na = 1')
        assert load({}, {}, tmp_path, renders=False).variables == {"a": Variable("1")}

    @pytest.mark.parametrize(
        "entry",
        [
            "1979-05-27", "[1]", "{}", '{ value = "hunter2", env = "X" }', '{ valu = "hunter2" }', "{ value = [1] }",
            '{ value = "hunter2", secret = "yes" }', "{ env = [1] }",
        ],
    )  # fmt: skip
    def test_a_wrong_entry_is_refused_without_its_value(self, tmp_path: Path, entry: str) -> None:
        error = refused(tmp_path, f"[variables]\nx = {entry}")
        assert error.message.startswith("variables.x: ")
        assert "hunter2" not in error.message

    @pytest.mark.parametrize("flag", ["hunter2", "=hunter2", "1a=hunter2", "ä=hunter2"])
    def test_a_flag_that_is_no_pair_is_refused_without_its_value(self, tmp_path: Path, flag: str) -> None:
        error = refused(tmp_path, flags={"var": [flag]})
        assert "--var: write NAME=VALUE" in error.message
        assert "hunter2" not in error.message + error.help

    @pytest.mark.parametrize("name", ['"1a"', '"ä"', '""'])
    def test_a_name_is_one(self, tmp_path: Path, name: str) -> None:
        assert "a name is made of letters" in refused(tmp_path, f"[variables]\n{name} = 1").message

    def test_variables_are_a_table(self, tmp_path: Path) -> None:
        assert "variables: must be a table" in refused(tmp_path, 'variables = "x"').message
