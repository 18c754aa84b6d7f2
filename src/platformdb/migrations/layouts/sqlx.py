"""sqlx: ``NUMBER_name.sql``, or pairs of ``NUMBER_name.up.sql`` and ``NUMBER_name.down.sql``.

Source: sqlx's sqlx-core/src/migrate/source.rs (names, marks), migration.rs (checksums) and config/migrate.rs.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence

from platformdb.errors import ConfigError, Place
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.variables import filled_where_declared
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.project import Foreign
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source

NAME = re.compile(r"(?P<version>\d+)_(?P<name>[^/]*?)(?P<side>\.up|\.down)?\.sql")
NO_TRANSACTION = "-- no-transaction"
# What sqlx writes into a new file.
SIGN = re.compile(r"^-- no-transaction|^-- Add (?:up |down )?migration script here", re.MULTILINE)
CONFIG = "sqlx.toml"


def cut(source: Source) -> tuple[Section, ...]:
    """A file is one part; what it begins with may take it out of transactions."""
    return (Section(Side.EITHER, 0, len(source.text), source.text.startswith(NO_TRANSACTION)),)


def checksum(data: bytes) -> bytes:
    """What ``_sqlx_migrations.checksum`` holds of a file: SHA-384 of its bytes."""
    return hashlib.sha384(data).digest()


READING = Reading("sqlx", cut, filled_where_declared)


def _recognise(folder: Folder) -> Sign | None:
    """What sqlx writes into a file, or files of its names beside the manifest of a Rust crate."""
    found = next(filter(NAME.fullmatch, folder.names), None)
    if found is None:
        return None
    if written := folder.with_sign(SIGN):
        return Sign(Strength.SHAPED, f"what sqlx writes, in {written}")
    if any((folder.path.parent / name).is_file() for name in ("Cargo.toml", CONFIG)):
        return Sign(Strength.SHAPED, f"files such as {found} beside a Cargo.toml")
    return None


def _find(folders: Sequence[Folder], _: Settings, __: list[Finding]) -> Iterator[Candidate]:
    for folder in folders:
        for match in filter(None, map(NAME.fullmatch, folder.names)):
            kind = Kind.UNDO if match["side"] == ".down" else Kind.VERSIONED
            yield folder.candidate(match[0], kind, match["version"], match["name"] or match[0], READING)


def _settings(foreign: Foreign) -> Settings:
    """Folder and table of ``[migrate]`` in sqlx.toml; ``migrations`` and ``_sqlx_migrations`` where it says nothing.

    Raises:
        ConfigError: it cannot be read.
    """
    path = foreign.project / CONFIG
    said = {}
    if path.is_file():
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8")).get("migrate", {})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read {CONFIG}: {error}", place=Place(str(path))) from None
    table = str(said.get("table-name", "_sqlx_migrations"))
    return Settings(locations=(foreign.project / str(said.get("migrations-dir", "migrations")),), table=table)


SQLX = Layout("sqlx", "sqlx", _recognise, _find, _settings)
