"""Flyway's history: a row for everything that it did, in the order of ``installed_rank``.

Sources: ``CoreMigrationType.java``, ``JdbcTableSchemaHistory.java`` and ``ChecksumCalculator.java`` of flyway-core; its
table is the same since version 4. That of version 3 has a column ``version_rank`` more, and checksums of another kind.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Collection, Sequence
from pathlib import PurePath

from platformdb.adopt.model import Deed, Filed, Row, Sums, Told, Tool, keyed_by, plain_key
from platformdb.migrations.layouts.flyway import version_of
from platformdb.migrations.model import Kind, MigrationFile, is_version
from platformdb.report.model import Finding

RAN = frozenset({"SQL", "JDBC", "SPRING_JDBC", "SCRIPT", "CUSTOM"})
BASELINES = frozenset({"BASELINE", "SQL_BASELINE", "JDBC_BASELINE", "SCRIPT_BASELINE"})
# DELETE: somebody had Flyway forget a migration whose file is gone (flyway repair).
TAKEN_BACK = frozenset({"UNDO_SQL", "UNDO_JDBC", "UNDO_SCRIPT", "DELETE"})
# Flyway made the schema itself: that is no migration.
BESIDE = frozenset({"SCHEMA"})


def checksum(data: bytes) -> str:
    """CRC-32 of the lines without their ends, and without a byte order mark, as a signed number of 32 bits.

    Lines end as Java's ``BufferedReader.readLine`` has it: with LF, CR or CR LF.
    """
    found = 0
    for line in io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", errors="replace", newline=None):
        found = zlib.crc32(line.removesuffix("\n").encode(errors="replace"), found)
    return str(found - (1 << 32) if found >> 31 else found)


def _sums(data: bytes) -> Collection[str]:
    return (checksum(data),)


def _file_key(file: MigrationFile) -> str:
    """A repeatable file is known by its name, which is the same in every location."""
    return PurePath(file.path).name if file.kind is Kind.REPEATABLE else plain_key(file.version)


def _key(row: Row) -> str:
    version = row.text("version")
    if not version:
        return PurePath(row.text("script")).name
    return plain_key(version_of(version)) if is_version(version) else version


def _fold(rows: Sequence[Row], _: Sequence[Filed]) -> Told:
    deeds: dict[str, Deed] = {}
    findings: list[Finding] = []
    for row in rows:
        kind, key = row.text("type"), _key(row)
        if kind in BESIDE:
            continue
        if problem := _problem(row, kind):
            findings.append(problem)
        deeds.pop(key, None)
        if kind not in TAKEN_BACK:
            deeds[key] = _deed(row, key, baseline=kind in BASELINES)
    return Told(tuple(deeds.values()), tuple(findings))


def _problem(row: Row, kind: str) -> Finding | None:
    script = row.text("script")
    if not row.values["success"]:
        message = f"Flyway says that {script} failed"
        return Finding("adopt-failed", message, script, help="mend the database, run flyway repair, then adopt again")
    version = row.text("version")
    if kind not in RAN | BASELINES | TAKEN_BACK or (version and not is_version(version)):
        message = f"Flyway did something with {script} that is not known here: {kind} {version}"
        return Finding(
            "adopt-unknown", message, script, help="record where the database is by hand: platformdb baseline VERSION"
        )
    return None


def _deed(row: Row, key: str, *, baseline: bool) -> Deed:
    shown = row.text("version") if baseline else row.text("script")
    spent = float(row.values["execution_time"] or 0)
    return Deed(
        key, shown, row.at, row.text("installed_by"), spent, row.text("checksum"), baseline, not row.text("version")
    )


FLYWAY = Tool(
    "flyway",
    "Flyway",
    "flyway_schema_history",
    frozenset({"installed_rank", "version", "type", "script", "checksum", "installed_by", "execution_time", "success"}),
    _fold,
    order="installed_rank",
    when="installed_on",
    lacks=frozenset({"version_rank"}),
    filed=keyed_by(_file_key),
    sums=Sums(re.compile(r"-?[0-9]{1,10}"), _sums),
)
