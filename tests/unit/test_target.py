from __future__ import annotations

from pathlib import Path

import pytest

from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.postgres.providers import open_target
from platformdb.postgres.providers.url import url_target
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from platformdb.settings import Secret


def target_of(url: str) -> Target:
    return url_target(Config(project=Path(), url=Secret(url)))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@db.example:5433/app", "postgresql://me@db.example:5433/app"),
        ("postgresql://me@db.example/app?password=hunter2", "postgresql://me@db.example/app"),
        ("host=db.example dbname=app password=hunter2", "postgresql://db.example/app"),
        (
            "postgresql://me:hunter2@db.example/app?sslmode=require&sslkey=/hunter2.key",
            "postgresql://me@db.example/app?sslmode=require",
        ),
        (
            "host=/run/pg dbname=app user=me port=5433 password=hunter2",
            "postgresql://me@/app?host=/run/pg&port=5433",
        ),
        ("postgresql://j%40ne:hunter2@h/a%20b", "postgresql://j%40ne@h/a%20b"),
        ("service=prod password=hunter2", "postgresql:///?service=prod"),
        ("postgresql://u:50%25-hunter2@h/d", "postgresql://u@h/d"),
        ("postgresql://u:hunter2@h1:1,h2:2/d", "postgresql://u@/d?host=h1%2Ch2&port=1%2C2"),
    ],
)
def test_the_url_of_a_target_can_be_pasted_and_holds_no_secret(url: str, shown: str) -> None:
    target = target_of(url)
    assert target.url == shown
    assert "hunter2" in "".join(target.parameters.values())
    assert "hunter2" not in f"{target.url} {target} {target!r}"


@pytest.mark.parametrize(
    "url",
    ["postgresql://j%40ne@h:5433/a%20b?sslmode=require", "postgresql://u@h1:1,h2:2/d", "postgresql://u@[::1]:5433/d"],
)
def test_what_is_shown_parses_to_the_same_database(url: str) -> None:
    target = target_of(url)
    assert target_of(target.url).parameters == target.parameters


def test_no_url_leaves_everything_to_libpq() -> None:
    assert url_target(Config(project=Path())) == Target("url", {})


@pytest.mark.parametrize(
    "url",
    [
        "me:hunter2@db/app",
        "postgresql://me:hunter2%zz@db/app",
        "host=db passwrod=hunter2",
        # An unescaped character in a password makes libpq read a part of it as something that is shown.
        "postgresql://me:hunt/hunter2@db/app",
        "postgresql://me:1/hunter2@db/app",
        "postgresql://me:hunt@hunter2@db/app",
        "postgresql://me:pw@db:hunter2/app",
    ],
)
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="not valid") as caught:
        target_of(url)
    assert "hunter2" not in f"{caught.value.message}{caught.value.help}{caught.value.detail}"
    assert "percent-encode" in caught.value.help


@pytest.mark.parametrize("url", ["postgresql://h1:5432,h2:5433/app", "postgresql:///app?user=a@b", "host=h port=5,6"])
def test_unusual_but_right_urls_are_taken(url: str) -> None:
    assert target_of(url).provider == "url"


def test_another_database_of_the_same_server_keeps_everything_else() -> None:
    target = target_of("postgresql://me:pw@h/one").with_database("two")
    assert target.parameters == {"user": "me", "password": "pw", "host": "h", "dbname": "two"}


def test_nothing_that_names_a_database_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="no database given") as caught,
        open_target(Config(project=tmp_path), Silent(), database="x"),
    ):
        pass
    assert "--url" in caught.value.help
    assert list(tmp_path.iterdir()) == []
