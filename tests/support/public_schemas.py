"""Schemas of real projects, fetched from where the projects are published; nothing of them is kept here.

Each comes from a package of Debian, PyPI or npm, by the client of that registry, into a temporary folder that later
runs find again.
"""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(tempfile.gettempdir()) / "platformdb-public-schemas"
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PublicSchema:
    """Where a schema is: the package with its version, and the files in it (patterns), in their order."""

    name: str
    registry: str
    package: str
    version: str
    files: tuple[str, ...]
    prepare: Callable[[str], str] = str


class Unavailable(Exception):
    """A schema cannot be fetched; the text says why."""


def _from_shell(script: str) -> str:
    """The SQL that a shell script hands to psql."""
    return "\n".join(re.findall(r"<<END-OF-DATA\n(.*?)\nEND-OF-DATA", script, re.DOTALL))


def _migrations(script: str) -> str:
    """The migrations which a JavaScript module holds as strings."""
    found = re.findall(r'^\s*"\d+\.sql": String\.raw `(.*?)`', script, re.DOTALL | re.MULTILINE)
    sql = "\n".join(found).replace(":GRAPHILE_WORKER_SCHEMA", "graphile_worker")
    return f"CREATE SCHEMA graphile_worker;\nBEGIN;\n{sql}\nCOMMIT;"


# ruff: noqa: E501 - one schema a line
PUBLIC_SCHEMAS = (
    PublicSchema("roundcube", "debian", "roundcube-core", "1.6.5+dfsg-1+deb12u13", ("usr/share/roundcube/SQL/postgres.initial.sql",)),
    PublicSchema("powerdns", "debian", "pdns-backend-pgsql", "4.7.3-2", ("usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql",)),
    PublicSchema("bacula", "debian", "bacula-director-pgsql", "9.6.7-7", ("usr/share/bacula-director/make_postgresql_tables",), _from_shell),
    PublicSchema("tt-rss", "debian", "tt-rss", "21~git20210204.b4cbc79+dfsg-1.2", ("usr/share/tt-rss/schema/ttrss_schema_pgsql.sql",)),
    PublicSchema("freeradius", "debian", "freeradius-config", "3.2.1+dfsg-4+deb12u1", ("etc/freeradius/3.0/mods-config/sql/main/postgresql/schema.sql",)),
    PublicSchema("icinga2-ido", "debian", "icinga2-ido-pgsql", "2.13.6-2+deb12u2", ("usr/share/icinga2-ido-pgsql/schema/pgsql.sql",)),
    PublicSchema("kea", "debian", "kea-admin", "2.2.0-6", ("usr/share/kea/scripts/pgsql/dhcpdb_create.pgsql",)),
    PublicSchema("ejabberd", "debian", "ejabberd", "23.01-1", ("usr/share/ejabberd/sql/pg.new.sql",)),
    PublicSchema("procrastinate", "pypi", "procrastinate", "3.10.0", ("procrastinate/sql/schema.sql",)),
    PublicSchema("synapse", "pypi", "matrix-synapse", "1.163.2", ("synapse/storage/schema/state/full_schemas/72/full.sql.postgres", "synapse/storage/schema/common/full_schemas/72/full.sql.postgres")),
    PublicSchema("graphile-worker", "npm", "graphile-worker", "0.16.6", ("package/dist/generated/sql.js",), _migrations),
)  # fmt: skip


def sql_of(schema: PublicSchema) -> str:
    """The schema's SQL.

    Raises:
        Unavailable: the package cannot be had here, or has other files.
    """
    kept = CACHE / f"{schema.name}-{re.sub(r'[^A-Za-z0-9.]+', '_', schema.version)}.sql"
    if not kept.is_file():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            text = _extracted(schema, Path(folder))
        whole = kept.with_suffix(".new")
        whole.write_text(text, encoding="utf-8")
        whole.rename(kept)
    return kept.read_text(encoding="utf-8")


def _extracted(schema: PublicSchema, folder: Path) -> str:
    FETCH[schema.registry](schema, folder)
    found = [path for pattern in schema.files for path in sorted(folder.glob(pattern))]
    if not found:
        raise Unavailable(f"{schema.package} {schema.version} has no file {schema.files[0]}")
    texts = dict.fromkeys(schema.prepare(_read(path)) for path in found)
    return "\n".join(texts)


def _read(path: Path) -> str:
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8")


def _debian(schema: PublicSchema, folder: Path) -> None:
    _run("apt-get", "download", f"{schema.package}={schema.version}", folder=folder)
    (package,) = folder.glob("*.deb")
    _run("dpkg-deb", "-x", str(package), str(folder), folder=folder)


def _pypi(schema: PublicSchema, folder: Path) -> None:
    _run(
        "python3", "-m", "pip", "download", "--quiet", "--no-deps", f"{schema.package}=={schema.version}", folder=folder
    )
    (package,) = folder.glob("*.whl")
    shutil.unpack_archive(package, folder, "zip")


def _npm(schema: PublicSchema, folder: Path) -> None:
    _run("npm", "pack", "--silent", f"{schema.package}@{schema.version}", folder=folder)
    (package,) = folder.glob("*.tgz")
    shutil.unpack_archive(package, folder, filter="data")


FETCH: dict[str, Callable[[PublicSchema, Path], None]] = {"debian": _debian, "pypi": _pypi, "npm": _npm}


def _run(*command: str, folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Unavailable(f"{command[0]}: {said[-1] if said else f'exit {done.returncode}'}")
