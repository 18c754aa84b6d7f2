"""The tools that migrations are compared with, each installed in a folder of its own and never in the project's.

A peer gets a folder of migrations in its own layout, made from the same SQL, and a database URL.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

NPM = ("dbmate", "node-pg-migrate", "pg")
PYPI = ("alembic", "yoyo-migrations", "psycopg2-binary", "setuptools")


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration as every tool gets it: a number, and its statements."""

    number: int
    statements: tuple[str, ...]

    @property
    def sql(self) -> str:
        return "".join(f"{statement};\n" for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Peer:
    """``write`` lays the migrations out in a folder; ``command`` applies them to the database of a URL."""

    name: str
    write: Callable[[Path, tuple[Migration, ...]], None]
    command: Callable[[Path, str], list[str]]
    environment: Mapping[str, str] | None = None


def install(folder: Path) -> list[str]:
    """Installs the peers; returns the names of those that this machine cannot install."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    if shutil.which("npm") and not (folder / "node_modules").is_dir():
        (folder / "package.json").write_text("{}")
        if _quietly(["npm", "install", "--prefix", str(folder), *NPM]):
            missing.append("npm")
    if not (folder / "venv").is_dir():
        _quietly([sys.executable, "-m", "venv", str(folder / "venv")])
        if _quietly([str(folder / "venv/bin/pip"), "install", "-q", *PYPI]):
            missing.append("pip")
    return missing


def _quietly(command: list[str]) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


def peers(folder: Path, psql: Path) -> list[Peer]:
    """psql first: the yardstick; then those that are installed."""
    found = [Peer("psql", _write_psql, lambda path, url: [str(psql), "-qXf", str(path / "all.sql"), url])]
    npm, venv = folder / "node_modules/.bin", folder / "venv/bin"
    if shutil.which("sql-migrate"):
        found.append(Peer("sql-migrate", _write_sql_migrate, _run_sql_migrate))
    if (npm / "dbmate").exists():
        found.append(Peer("dbmate", _write_dbmate, lambda path, url: _run_dbmate(npm / "dbmate", path, url)))
    if (npm / "node-pg-migrate").exists():
        found.append(Peer("node-pg-migrate", _write_node, lambda path, _: _run_node(npm / "node-pg-migrate", path)))
    if (venv / "alembic").exists():
        found.append(Peer("alembic", _write_alembic, lambda path, _: _run_alembic(venv / "alembic", path)))
    if (venv / "yoyo").exists():
        found.append(Peer("yoyo", _write_yoyo, lambda path, url: _run_yoyo(venv / "yoyo", path, url)))
    return found


def write_platformdb(folder: Path, migrations: tuple[Migration, ...]) -> None:
    phases = folder / "phases"
    phases.mkdir(parents=True)
    for migration in migrations:
        (phases / f"{migration.number:04}_step.sql").write_text(migration.sql)


def run_platformdb(folder: Path, url: str) -> list[str]:
    return [sys.executable, "-m", "platformdb", "migrate", "--quiet", "--project", str(folder), "--url", url]


def _write_psql(folder: Path, migrations: tuple[Migration, ...]) -> None:
    """One session that runs the same files, each in BEGIN and COMMIT."""
    write_platformdb(folder, migrations)
    parts = [f"BEGIN;\n\\i {folder}/phases/{m.number:04}_step.sql\nCOMMIT;\n" for m in migrations]
    (folder / "all.sql").write_text("\\set ON_ERROR_STOP 1\n" + "".join(parts))


def _write_sql_migrate(folder: Path, migrations: tuple[Migration, ...]) -> None:
    (folder / "migrations").mkdir(parents=True)
    for migration in migrations:
        (folder / f"migrations/{migration.number:04}_step.sql").write_text(f"-- +migrate Up\n{migration.sql}")


def _run_sql_migrate(folder: Path, url: str) -> list[str]:
    config = f"development:\n  dialect: postgres\n  datasource: {url}\n  dir: {folder}/migrations\n"
    (folder / "dbconfig.yml").write_text(config)
    return ["sql-migrate", "up", f"-config={folder}/dbconfig.yml"]


def _write_dbmate(folder: Path, migrations: tuple[Migration, ...]) -> None:
    (folder / "migrations").mkdir(parents=True)
    for migration in migrations:
        text = f"-- migrate:up\n{migration.sql}\n-- migrate:down\n"
        (folder / f"migrations/{migration.number:04}_step.sql").write_text(text)


def _run_dbmate(program: Path, folder: Path, url: str) -> list[str]:
    return [str(program), "--url", url, "--migrations-dir", str(folder / "migrations"), "--no-dump-schema", "migrate"]


def _write_node(folder: Path, migrations: tuple[Migration, ...]) -> None:
    (folder / "migrations").mkdir(parents=True)
    for migration in migrations:
        name = f"{1_700_000_000_000 + migration.number}_step.sql"
        (folder / "migrations" / name).write_text(f"-- Up Migration\n{migration.sql}\n-- Down Migration\n")


def _run_node(program: Path, folder: Path) -> list[str]:
    # Without --single-transaction false it would run everything in one.
    options = ["--migrations-dir", str(folder / "migrations"), "--single-transaction", "false", "--no-check-order"]
    return [str(program), "up", *options, "--database-url-var", "BENCH_URL"]


ALEMBIC_ENV = """import os
from alembic import context
from sqlalchemy import create_engine, pool
url = os.environ["BENCH_URL"].replace("postgresql://", "postgresql+psycopg2://")
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""


def _write_alembic(folder: Path, migrations: tuple[Migration, ...]) -> None:
    (folder / "scripts/versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(f"[alembic]\nscript_location = {folder}/scripts\n")
    (folder / "scripts/env.py").write_text(ALEMBIC_ENV)
    (folder / "scripts/script.py.mako").write_text("")
    for migration in migrations:
        before = f"'r{migration.number - 1:04}'" if migration.number > 1 else None
        calls = "".join(f"    op.execute({statement!r})\n" for statement in migration.statements)
        head = f"from alembic import op\nrevision = 'r{migration.number:04}'\ndown_revision = {before}\n"
        (folder / f"scripts/versions/r{migration.number:04}.py").write_text(f"{head}def upgrade():\n{calls}")


def _run_alembic(program: Path, folder: Path) -> list[str]:
    return [str(program), "-c", str(folder / "alembic.ini"), "upgrade", "head"]


def _write_yoyo(folder: Path, migrations: tuple[Migration, ...]) -> None:
    (folder / "migrations").mkdir(parents=True)
    for migration in migrations:
        (folder / f"migrations/{migration.number:04}_step.sql").write_text(migration.sql)


def _run_yoyo(program: Path, folder: Path, url: str) -> list[str]:
    return [str(program), "apply", "--batch", "--no-config-file", "--database", url, str(folder / "migrations")]


def environment(url: str) -> dict[str, str]:
    # Compiled Python is kept, as an installation has it.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "BENCH_URL": url, "DATABASE_URL": url}
