"""Tools whose rows say how it went, or what the file was like.

Sources: goose's ``internal/dialects/postgres.go`` (v3), Prisma's ``checksum.rs`` and
``apply_migrations.rs`` of its schema engine (3 to 7), sqlx's ``sqlx-postgres/src/migrate.rs`` (0.6 to 0.8),
graphile-migrate's ``src/hash.ts`` and ``src/migration.ts`` (1.4), drizzle-orm's ``migrator.ts`` (0.28 to 0.45).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePath

from platformdb.adopt.histories.simple import version_of
from platformdb.adopt.model import Deed, Filed, Row, Sums, Told, Tool, Whereabouts, keyed_by, plain_key
from platformdb.migrations.layouts import drizzle, graphile, prisma, sqlx
from platformdb.migrations.model import MigrationFile
from platformdb.report.model import Finding, Severity

NANOSECONDS = 1_000_000


def _fold_goose(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    """Of each version the newest row counts; version 0 is the empty database."""
    newest = {row.text("version_id"): row for row in rows}
    last = sorted(newest.items(), key=lambda each: int(each[1].text("id")))
    deeds = (Deed(key, key, row.at) for key, row in last if key != "0" and row.values["is_applied"])
    return Told(tuple(deeds))


def _fold_prisma(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    """What was rolled back does not count; what neither ended nor was rolled back failed."""
    deeds: dict[str, Deed] = {}
    findings: list[Finding] = []
    for row in (row for row in rows if not row.text("rolled_back_at")):
        name = row.text("migration_name")
        if not row.text("finished_at"):
            help_text = f"mend the database, then: prisma migrate resolve --rolled-back {name} (or --applied)"
            findings.append(Finding("adopt-failed", f"Prisma says that {name} failed", name, help=help_text))
        else:
            deeds[name] = Deed(name, name, row.at, elapsed_ms=_spent(row), checksum=row.text("checksum"))
    return Told(tuple(deeds.values()), tuple(findings))


def _spent(row: Row) -> float:
    began, ended = (datetime.fromisoformat(row.text(column)) for column in ("started_at", "finished_at"))
    return max((ended - began).total_seconds() * 1000, 0.0)


def _prisma_sums(data: bytes) -> Collection[str]:
    """With the older form of its checksums, which left out the first digit of a byte where that is 0."""
    sums = prisma.checksums(data)
    return {*sums, *("".join(f"{byte:x}" for byte in bytes.fromhex(each)) for each in sums)}


def _fold_sqlx(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    findings: list[Finding] = []
    deeds: list[Deed] = []
    for row in rows:
        version = version_of(row)
        if not row.values["success"]:
            help_text = "mend the database, delete that row of _sqlx_migrations or set its success, then adopt again"
            findings.append(
                Finding("adopt-failed", f"sqlx says that version {version} failed", version, help=help_text)
            )
        spent = max(float(row.values["execution_time"]) / NANOSECONDS, 0.0)
        deeds.append(
            Deed(version, version, row.at, elapsed_ms=spent, checksum=row.text("checksum").removeprefix("\\x"))
        )
    return Told(tuple(deeds), tuple(findings))


def _fold_graphile(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    """Each row's hash is made of the one before it and of the text, so the rows are a chain."""
    deeds: list[Deed] = []
    findings: list[Finding] = []
    before = ""
    for row in rows:
        name = row.text("filename")
        if "content" in row.values:
            findings += [_uncommitted(name)] if row.text("content").strip() else []
            continue
        if row.text("previous_hash") != before:
            message = f"graphile_migrate.migrations is no chain: {name} does not follow the row before it"
            help_text = (
                "restore the table as graphile-migrate left it, or record where you are with platformdb baseline"
            )
            findings.append(Finding("adopt-chain", message, name, help=help_text))
        before = row.text("hash")
        deeds.append(Deed(_number(name), name, row.at, checksum=before))
    return Told(tuple(deeds), tuple(findings))


def _uncommitted(name: str) -> Finding:
    message = (
        f"graphile-migrate ran {name} here, which is not committed: its work is in the database, and in no migration"
    )
    help_text = (
        "commit it (graphile-migrate commit), or take it back (an empty current.sql, and graphile-migrate watch)"
    )
    return Finding("adopt-uncommitted", message, name, Severity.WARNING, help=help_text)


def _number(name: str) -> str:
    digits = re.match(r"\d+", name)
    return plain_key(digits[0]) if digits else name


def _graphile_sums(data: bytes) -> Collection[str]:
    """The hash that the text has, below the one before it; where the header allows another, that, too."""
    text = data.decode(errors="replace")
    header, begin = graphile.read_header(text)
    previous = header.get("Previous", "-")
    computed = graphile.body_hash(text[begin:], None if previous == "-" else previous)
    return {computed, *([header["Hash"]] if "AllowInvalidHash" in header else ())}


def _fold_drizzle(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    """``created_at`` is when the file was made, in milliseconds: by it drizzle knows what is in."""
    created = ((row.text("created_at"), row.text("hash")) for row in rows)
    return Told(tuple(Deed(when, f"created_at {when}", checksum=digest) for when, digest in created))


def _filed_drizzle(files: Sequence[MigrationFile], place: Whereabouts) -> Iterator[Filed]:
    times: dict[Path, int] = {}
    for folder in place.folders:
        for entry in drizzle.read_entries(folder.path, folder.names, folder.shown):
            times[folder.path / entry.file] = entry.when
    for file in files:
        yield Filed(file, str(times.get(Path(file.path), file.shown)))


def _folder_name(file: MigrationFile) -> str:
    return PurePath(file.path).parent.name


GOOSE = Tool(
    "goose",
    "goose",
    "goose_db_version",
    frozenset({"id", "version_id", "is_applied", "tstamp"}),
    _fold_goose,
    order="id",
    when="tstamp",
)
PRISMA = Tool(
    "prisma",
    "Prisma",
    "_prisma_migrations",
    frozenset({"checksum", "finished_at", "migration_name", "rolled_back_at", "started_at"}),
    _fold_prisma,
    when="finished_at",
    filed=keyed_by(_folder_name),
    sums=Sums(re.compile(r"[0-9a-f]{32,64}"), _prisma_sums),
)
SQLX = Tool(
    "sqlx",
    "sqlx",
    "_sqlx_migrations",
    frozenset({"version", "installed_on", "success", "checksum", "execution_time"}),
    _fold_sqlx,
    when="installed_on",
    sums=Sums(re.compile(r"[0-9a-f]{96}"), lambda data: (sqlx.checksum(data).hex(),)),
)
GRAPHILE_MIGRATE = Tool(
    "graphile-migrate",
    "graphile-migrate",
    "graphile_migrate.migrations",
    frozenset({"hash", "previous_hash", "filename", "date"}),
    _fold_graphile,
    order="filename",
    when="date",
    beside="current",
    sums=Sums(re.compile(r"sha1:[0-9a-f]{40}"), _graphile_sums),
)
DRIZZLE = Tool(
    "drizzle",
    "drizzle",
    "drizzle.__drizzle_migrations",
    frozenset({"id", "hash", "created_at"}),
    _fold_drizzle,
    order="id",
    filed=_filed_drizzle,
    sums=Sums(re.compile(r"[0-9a-f]{64}"), lambda data: (hashlib.sha256(data).hexdigest(),)),
)
