from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from platformdb.config import Config, find_root, load
from platformdb.errors import ConfigError

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
    assert config.url.get_secret_value() == SECRET


def test_platformdb_url_wins_over_database_url(tmp_path: Path) -> None:
    config = loaded(tmp_path, environment={"DATABASE_URL": SECRET, "PLATFORMDB_URL": "postgresql://other/db"})
    assert config.url is not None
    assert config.url.get_secret_value() == "postgresql://other/db"


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


@pytest.mark.parametrize("show", [str, repr, lambda config: config.model_dump_json()])
def test_no_text_of_a_config_holds_the_password(tmp_path: Path, show: Any) -> None:
    assert "hunter2" not in show(loaded(tmp_path, environment={"DATABASE_URL": SECRET}))


def test_no_error_of_the_config_holds_the_password(tmp_path: Path) -> None:
    error = refused(tmp_path, f'url = ["{SECRET}"]\nport = -1')
    assert "url" in error.message
    assert "hunter2" not in f"{error.message}{error.help}{error.detail}{error!r}{error.__cause__}"


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    with pytest.raises(ValidationError):
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
