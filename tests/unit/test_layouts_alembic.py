"""Alembic's revisions, put in order by what they say of each other; none of them is ever run."""

from __future__ import annotations

from pathlib import Path

import pytest

from layouts import errors, laid_out, remarks, versions
from platformdb.config import Config
from platformdb.migrations.layouts.alembic import Revision, read_revision
from platformdb.migrations.read import list_files
from platformdb.project import find_platform


def revision(name: str, after: str = "None", *more: str) -> str:
    return "\n".join(('"""a revision"""', f'revision = "{name}"', f"down_revision = {after}", *more, ""))


def test_the_chain_decides_and_not_the_names(tmp_path: Path) -> None:
    written = {
        "z_first.py": revision("c1"),
        "m_second.py": revision("a2", "'c1'"),
        "a_third.py": revision("b3", "'a2'"),
    }
    files = list_files(laid_out(tmp_path, written))
    assert versions(files) == {"1": "z_first", "2": "m_second", "3": "a_third"}
    assert {file.language for file in files.migrations} == {"Python"}
    assert not files.findings


def test_it_finds_them_below_its_folder_and_passes_over_its_own_files(tmp_path: Path) -> None:
    written = {
        "env.py": "raise SystemExit",
        "script.py.mako": "",
        "README": "",
        "versions/a.py": revision("a"),
        "versions/__init__.py": "",
        "versions/__pycache__/a.cpython-311.pyc": "",
    }
    files = list_files(laid_out(tmp_path, written))
    assert versions(files) == {"1": "a"}
    assert not files.findings


def test_no_file_is_run(tmp_path: Path) -> None:
    written = {"a.py": revision("a", "None", "import pathlib", f"pathlib.Path({str(tmp_path / 'ran')!r}).touch()")}
    assert versions(list_files(laid_out(tmp_path, written))) == {"1": "a"}
    assert not (tmp_path / "ran").exists()


def test_a_merge_comes_after_both_of_its_branches(tmp_path: Path) -> None:
    written = {
        "base.py": revision("base"),
        "left.py": revision("left", "'base'"),
        "right.py": revision("right", "'base'", "depends_on = 'left'"),
        "both.py": revision("both", "('left', 'right')"),
    }
    assert list(versions(list_files(laid_out(tmp_path, written))).values()) == ["base", "left", "right", "both"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"a.py": revision("a"), "b.py": revision("b")}, "there are 2 heads"),
        ({"a.py": revision("a", "'gone'")}, "a.py follows revision gone, which no file is"),
        ({"a.py": revision("a", "'b'"), "b.py": revision("b", "'a'")}, "in a circle"),
        ({"a.py": revision("a"), "b.py": revision("a")}, "b.py and a.py are both revision a"),
    ],
)
def test_what_is_no_chain_is_refused(tmp_path: Path, written: dict[str, str], said: str) -> None:
    assert any(said in message for message in errors(list_files(laid_out(tmp_path, written))))


def test_python_that_is_no_revision_is_said(tmp_path: Path) -> None:
    files = list_files(laid_out(tmp_path, {"a.py": revision("a"), "notes.py": "x = 1", "broken.py": "def ("}))
    assert versions(files) == {"1": "a"}
    assert remarks(files) == ["no migrations, and not read: broken.py, notes.py"]


def test_its_configuration_says_where_they_are_and_its_url_is_not_read(tmp_path: Path) -> None:
    laid_out(tmp_path, {"db/versions/a.py": revision("a")})
    ini = "[alembic]\nscript_location = %(here)s/db\nsqlalchemy.url = postgresql://u:p%%40ss@host/db\n"
    (tmp_path / "alembic.ini").write_text(ini)
    platform = find_platform(Config(project=tmp_path, layout="alembic"))
    assert versions(list_files(platform)) == {"1": "a"}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", "revision: str = 'a1'\ndown_revision: Union[str, None] = None\n", Revision("a1")),
        ("a.py", "x = 1", None),
        ("1.sql", "BEGIN;\n-- Running upgrade  -> a1\nSELECT 1;\n", Revision("a1")),
        ("1.sql", "-- Running upgrade a1, b2 -> c3\n", Revision("c3", ("a1", "b2"))),
        ("1.sql", "-- Running upgrade a1 -> b2, a title\n-- Running upgrade b2 -> c3\n", Revision("c3", ("a1",))),
        ("002_1975ea83b712_users.sql", "SELECT 1;", Revision("1975ea83b712", None)),
        ("002_users.sql", "SELECT 1;", None),
    ],
)
def test_a_file_says_which_revision_it_is(name: str, text: str, found: Revision | None) -> None:
    assert read_revision(name, text) == found
