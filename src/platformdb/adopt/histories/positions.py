"""Tools that remember only where they are: everything up to there is in the database.

Sources: golang-migrate's ``database/postgres/postgres.go`` (v4): one row, none where nothing is applied. Alembic's
documentation, "Working with Branches": a row for each head, and what a head follows stands in the files alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from platformdb.adopt.model import Deed, Filed, Row, Told, Tool, Whereabouts
from platformdb.migrations.layouts.alembic import read_revision
from platformdb.migrations.model import MigrationFile
from platformdb.report.model import Finding


def _fold_golang(rows: Sequence[Row], filed: Sequence[Filed]) -> Told:
    if not rows:
        return Told()
    version = int(rows[-1].text("version"))
    findings = []
    if any(row.values["dirty"] for row in rows):
        message = f"golang-migrate says that version {version} failed in the middle: it is dirty"
        help_text = f"mend the database by hand, then say where it is: migrate force {version}, or the one before it"
        findings.append(Finding("adopt-failed", message, str(version), help=help_text))
    keys = [each.key for each in filed]
    below = [each for each in filed if each.key.isdigit() and int(each.key) <= version]
    deeds = [Deed(each.key, each.file.shown) for each in below]
    if str(version) not in keys:
        deeds.append(Deed(str(version), str(version)))
    return Told(tuple(deeds), tuple(findings))


def _fold_alembic(rows: Sequence[Row], filed: Sequence[Filed]) -> Told:
    followed = {each.key: _followed(filed, number) for number, each in enumerate(filed)}
    heads = sorted(row.text("version_num") for row in rows)
    found = set(_ancestors(heads, followed))
    deeds = [Deed(each.key, each.file.shown) for each in filed if each.key in found]
    deeds += [Deed(head, f"revision {head}") for head in heads if head not in followed]
    if len(heads) < 2:
        return Told(tuple(deeds))
    message = f"alembic_version has {len(heads)} heads: {', '.join(heads)}"
    help_text = "merge them (alembic merge heads), run alembic upgrade head, and adopt again"
    return Told(tuple(deeds), (Finding("adopt-heads", message, help=help_text),))


def _followed(filed: Sequence[Filed], number: int) -> tuple[str, ...]:
    after = filed[number].after
    return tuple(each.key for each in filed[max(number - 1, 0) : number]) if after is None else after


def _ancestors(heads: Sequence[str], followed: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The heads and all that they follow."""
    waiting, seen = list(heads), set[str]()
    while waiting:
        key = waiting.pop()
        if key in followed and key not in seen:
            seen.add(key)
            yield key
            waiting += followed[key]


def _filed_alembic(files: Sequence[MigrationFile], _: Whereabouts) -> Iterator[Filed]:
    """By the revision that the file itself says: Alembic's own, or SQL that Alembic printed."""
    for file in files:
        path = Path(file.path)
        revision = read_revision(path.name, path.read_text(encoding="utf-8", errors="replace"))
        yield Filed(file, revision.id, revision.after) if revision else Filed(file, file.shown)


GOLANG_MIGRATE = Tool(
    "golang-migrate",
    "golang-migrate",
    "schema_migrations",
    frozenset({"version", "dirty"}),
    _fold_golang,
    order="version",
)
ALEMBIC = Tool(
    "alembic",
    "Alembic",
    "alembic_version",
    frozenset({"version_num"}),
    _fold_alembic,
    order="version_num",
    filed=_filed_alembic,
)
