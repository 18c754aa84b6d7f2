from __future__ import annotations

from pathlib import Path

import pytest

from platformdb import project as module
from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.project import bundled_root, find_platform, own_platform, platform_names
from projects import Project


def test_files_directly_in_phases_are_one_platform_called_like_the_folder(project: Project) -> None:
    project.write({"phases/001_a.sql": ""})
    found = find_platform(Config(project=project.root))
    assert found == project.platform
    assert find_platform(Config(project=project.root, platform="demo")) == found


def test_subfolders_of_phases_are_a_platform_each(project: Project) -> None:
    project.write({"phases/one/001_a.sql": "", "phases/two/001_a.sql": "", "phases/.git/x": ""})
    assert platform_names(project.root) == ("one", "two")
    found = find_platform(Config(project=project.root, platform="two"))
    assert (found.phases, found.sql, found.seeds) == tuple(
        project.root / part / "two" for part in ("phases", "sql", "seeds")
    )


def test_a_single_subfolder_needs_no_choice(project: Project) -> None:
    project.write({"phases/only/001_a.sql": ""})
    assert find_platform(Config(project=project.root)).name == "only"


def test_several_platforms_want_a_choice_and_are_listed(project: Project) -> None:
    project.write({"phases/one/001_a.sql": "", "phases/two/001_a.sql": ""})
    with pytest.raises(ConfigError, match="several") as caught:
        find_platform(Config(project=project.root))
    assert "one, two" in caught.value.help


def test_a_bundled_platform_is_found_from_anywhere(tmp_path: Path) -> None:
    found = find_platform(Config(project=tmp_path, platform="vrss"))
    assert found.root == bundled_root()
    assert (found.phases / "001_foundation.sql").is_file()


def test_a_platform_of_the_project_goes_before_the_bundled_one(project: Project) -> None:
    project.write({"phases/vrss/001_a.sql": ""})
    assert find_platform(Config(project=project.root, platform="vrss")).root == project.root


def test_an_unknown_platform_lists_what_is_known_here(project: Project) -> None:
    project.write({"phases/mine/001_a.sql": ""})
    with pytest.raises(ConfigError, match="no platform 'other'") as caught:
        find_platform(Config(project=project.root, platform="other"))
    assert "mine" in caught.value.help
    assert "vrss" in caught.value.help


def test_a_folder_without_migrations_says_so_and_names_the_bundled_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no migrations found") as caught:
        find_platform(Config(project=tmp_path))
    assert str(tmp_path) in caught.value.message
    assert "vrss" in caught.value.help


def test_an_empty_phases_folder_holds_no_platform(project: Project) -> None:
    (project.root / "phases").mkdir()
    assert platform_names(project.root) == ()


def test_in_an_installed_package_the_platforms_lie_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "platformdb"
    (package / "platforms" / "phases" / "shop").mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "project.py"))
    assert bundled_root() == package / "platforms"
    found = find_platform(Config(project=tmp_path, platform="shop"))
    assert found.phases == package / "platforms" / "phases" / "shop"


def test_names_of_files_are_shown_relative_with_forward_slashes(project: Project) -> None:
    platform = project.platform
    assert platform.shown(platform.sql / "functions" / "f.sql") == "sql/functions/f.sql"


class TestOwnPlatform:
    def test_a_project_without_files_has_one_called_like_its_folder(self, project: Project) -> None:
        project.write({"platformdb.toml": ""})
        assert own_platform(Config(project=project.root)) == project.platform
        assert own_platform(Config(project=project.root, platform="demo")) == project.platform

    def test_a_folder_that_is_no_project_says_how_to_make_one(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="is no project") as caught:
            own_platform(Config(project=tmp_path))
        assert "platformdb init" in caught.value.help

    def test_a_bundled_platform_is_never_ones_own(self, project: Project) -> None:
        with pytest.raises(ConfigError, match="is no project"):
            own_platform(Config(project=project.root, platform="vrss"))
        project.write({"phases/mine/001_a.sql": ""})
        with pytest.raises(ConfigError, match="no platform 'vrss'") as caught:
            own_platform(Config(project=project.root, platform="vrss"))
        assert "mine" in caught.value.help

    def test_one_of_several_is_chosen_by_name(self, project: Project) -> None:
        project.write({"phases/one/001_a.sql": "", "phases/two/001_a.sql": ""})
        assert own_platform(Config(project=project.root, platform="two")).phases == project.root / "phases/two"
        with pytest.raises(ConfigError, match="several"):
            own_platform(Config(project=project.root))
