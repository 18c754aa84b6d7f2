"""The budgets of DESIGN.md section 8, and what only the whole package can show."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import platformdb
from platformdb.bench.gates.statistics import percentile

PACKAGE = Path(platformdb.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "platforms" not in path.parts)
LONGEST_FILE, LONGEST_FUNCTION, P90_FUNCTION, MEDIAN_FUNCTION, PUBLIC_NAMES = 300, 60, 35, 9, 15


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function with its lines: from ``def`` to its end, decorators and docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}", _lines(node) - _docstring_lines(node)


def _lines(node: ast.stmt | ast.expr) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    return _lines(first) if ast.get_docstring(node) is not None else 0


LENGTHS = {name: lines for path in MODULES for name, lines in functions(path)}


def test_there_is_something_to_measure() -> None:
    assert len(MODULES) > 50
    assert len(LENGTHS) > 200


def test_no_file_is_too_long() -> None:
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    assert {name: lines for name, lines in LENGTHS.items() if lines > LONGEST_FUNCTION} == {}


def test_most_functions_are_short() -> None:
    assert median(LENGTHS.values()) <= MEDIAN_FUNCTION
    assert percentile(list(LENGTHS.values()), 0.90) <= P90_FUNCTION


def test_the_package_offers_few_names() -> None:
    assert len(getattr(platformdb, "__all__", ())) <= PUBLIC_NAMES


SQL_FILES = sorted(PACKAGE.glob("**/sql/*.sql"))


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_every_sql_file_is_used_by_its_name(path: Path) -> None:
    modules = path.parent.parent.rglob("*.py")
    assert any(f'"{path.stem}"' in module.read_text(encoding="utf-8") for module in modules)


def test_there_are_sql_files() -> None:
    assert len(SQL_FILES) > 5


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_the_command_line_starts_without_heavy_modules() -> None:
    heavy = {"psycopg", "postgast", "numpy", "faker", "jinja2", "sqlglot", "testcontainers"}
    source = f"import sys, platformdb.cli; print(*sorted({heavy!r} & sys.modules.keys()))"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    loaded = subprocess.run(
        [sys.executable, "-c", source], env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert loaded.strip() == ""


def test_every_name_in_the_public_list_exists() -> None:
    module = importlib.import_module("platformdb")
    assert all(hasattr(module, name) for name in getattr(module, "__all__", ()))
