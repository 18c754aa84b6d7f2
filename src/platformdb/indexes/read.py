"""Reads the tier files: plain CREATE INDEX statements, each under a comment with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

from platformdb.errors import Place, PlatformdbError, Refused
from platformdb.indexes.model import IndexDefinition
from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.sqltext.directives import LINE as DIRECTIVE
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.source import digest, read_source
from platformdb.sqltext.statements import SqlStatement, index_name_span, index_table_end, split

TIERS = (1, 2, 3)


def read_tiers(platform: Platform) -> tuple[tuple[IndexDefinition, ...], tuple[Finding, ...]]:
    """Every defined index, by tier and in file order; what is wrong as findings."""
    definitions: list[IndexDefinition] = []
    findings: list[Finding] = []
    for tier in TIERS:
        for path in sorted((platform.sql / "indexes").glob(f"tier{tier}_*.sql")):
            name = platform.shown(path)
            try:
                definitions += [_definition(statement, tier) for statement in split(read_source(path, name))]
            except PlatformdbError as error:
                findings.append(Finding(error.rule, error.message, name, place=error.place, help=error.help))
    return tuple(definitions), (*findings, *_unmatched(platform), *_repeated(definitions))


def _definition(statement: SqlStatement, tier: int) -> IndexDefinition:
    place = statement.source.place(statement.start)
    directives = read_directives(statement.source, statement.comments_from, statement.start, known=("extension",))
    if statement.kind != "index_stmt" or not statement.node.idxname:
        raise Refused(
            "a tier file holds named CREATE INDEX statements only", place=place, help="give it a name, or move it"
        )
    reason = _reason(statement.comments)
    if not reason:
        name = statement.node.idxname
        raise Refused(f"index {name} has no reason", place=place, help="say in a comment line above it why it is there")
    relation = statement.node.relation
    start, end = index_name_span(statement)
    return IndexDefinition(
        name=statement.node.idxname,
        table=".".join(part for part in (relation.schemaname, relation.relname) if part),
        tier=tier,
        reason=reason,
        sql=statement.sql,
        before_name=statement.sql[:start],
        after_name=statement.sql[end:],
        after_table=statement.sql[index_table_end(statement) :],
        checksum=digest(re.sub(r"\s+", " ", statement.sql)),
        place=place,
        extension=directives.get("extension", ""),
    )


def _reason(comments: str) -> str:
    """The last comment line above a statement that is no directive."""
    lines = [line.strip() for line in comments.strip().splitlines() if not DIRECTIVE.match(line)]
    return lines[-1].removeprefix("--").strip() if lines and lines[-1].startswith("--") else ""


def _unmatched(platform: Platform) -> Iterator[Finding]:
    """Files that belong to no tier, and so would never be built."""
    for path in sorted((platform.sql / "indexes").rglob("*.sql")):
        name = platform.shown(path)
        if path.parent.name != "indexes" or not any(path.match(f"tier{tier}_*.sql") for tier in TIERS):
            known = ", ".join(f"tier{tier}_NAME.sql" for tier in TIERS)
            yield Finding(
                "file-unmatched", f"{name} belongs to no tier", name, place=Place(name), help=f"call it {known}"
            )


def _repeated(definitions: list[IndexDefinition]) -> Iterator[Finding]:
    seen: dict[str, IndexDefinition] = {}
    for definition in definitions:
        if definition.name in seen:
            yield Finding(
                "index-duplicated",
                f"index {definition.name} is defined twice, first at {seen[definition.name].place}",
                definition.name,
                place=definition.place,
                help="remove one of the two",
            )
        seen.setdefault(definition.name, definition)
