"""Reads queries/*.sql: personas, and one query with its target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from platformdb.bench.model import Persona, Query
from platformdb.errors import PlatformdbError, Refused
from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.source import Source, read_source
from platformdb.sqltext.statements import SqlStatement, split

DIRECTIVES = ("persona", "target_ms", "extension")
QUERY_KINDS = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})


def read_queries(platform: Platform) -> tuple[tuple[Query, ...], tuple[Finding, ...]]:
    """The platform's benchmarks by file name; what is wrong as findings."""
    queries: list[Query] = []
    findings: list[Finding] = []
    for path in sorted((platform.sql / "queries").glob("*.sql")):
        name = platform.shown(path)
        try:
            queries.append(_read(path, name))
        except PlatformdbError as error:
            findings.append(Finding(error.rule, error.message, name, place=error.place, help=error.help))
    return tuple(queries), tuple(findings)


def _read(path: Path, name: str) -> Query:
    source = read_source(path, name)
    marked = [(statement, _directives(source, statement)) for statement in split(source)]
    personas = tuple(Persona(keys["persona"], statement.sql) for statement, keys in marked if "persona" in keys)
    queries = [(statement, keys) for statement, keys in marked if "persona" not in keys]
    if len(queries) != 1:
        raise Refused(
            f"{name} holds {len(queries)} queries, not one",
            place=source.place(queries[1][0].start if queries else 0),
            help="mark the statements that find parameters with '-- platformdb: persona=NAME'",
        )
    if crowded := [statement for statement, keys in marked if "persona" in keys and len(keys) > 1]:
        raise Refused(
            f"{name} gives a persona more than its name",
            place=source.place(crowded[0].start),
            help="put target_ms and extension above the query that is measured",
        )
    for statement, _ in marked:
        _expect_query(statement)
    statement, keys = queries[0]
    place = source.place(statement.start)
    return Query(path.stem, statement.sql, _target(statement, keys), personas, place, keys.get("extension", ""))


def _expect_query(statement: SqlStatement) -> None:
    """VACUUM and its like run even in a read-only session; what would write rows there the server refuses itself."""
    if statement.kind not in QUERY_KINDS:
        raise Refused(
            f"{statement.source.name} holds a statement that is no query",
            place=statement.source.place(statement.start),
            help="a benchmark measures SELECT; put the rest into a migration",
        )


def _directives(source: Source, statement: SqlStatement) -> Mapping[str, str]:
    return read_directives(source, statement.comments_from, statement.start, known=DIRECTIVES)


def _target(statement: SqlStatement, keys: Mapping[str, str]) -> float:
    try:
        target = float(keys["target_ms"])
    except (KeyError, ValueError):
        target = 0.0
    if not 0 < target < float("inf"):
        raise Refused(
            f"{statement.source.name}: target_ms={keys['target_ms']} is not a time above 0"
            if "target_ms" in keys
            else f"{statement.source.name} has no target",
            place=statement.source.place(statement.start),
            help="write '-- platformdb: target_ms=50' above the query: what its p95 may be, in milliseconds",
        )
    return target
