"""Reads queries/*.sql: one query with its target and its gates, and the statements that find its personas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from platformdb.errors import PlatformdbError, Refused
from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.sqltext.effects import changes_rows, makes_table, parameter_count
from platformdb.sqltext.source import Source, read_source
from platformdb.sqltext.statements import split
from platformdb.workload.header import Header, gates_of, purpose_of, read_header, rollback_of, target_of
from platformdb.workload.model import RULES, PersonaQuery, Population, Query

QUERY_KINDS = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})


def read_queries(platform: Platform) -> tuple[tuple[Query, ...], tuple[Finding, ...]]:
    """The platform's queries by file name; what is wrong as findings, one for each file."""
    queries: list[Query] = []
    findings: list[Finding] = []
    for path in sorted((platform.sql / "queries").glob("*.sql")):
        name = platform.shown(path)
        try:
            queries.append(_query(read_source(path, name), path))
        except PlatformdbError as error:
            findings.append(Finding(error.rule, error.message, name, place=error.place, help=error.help))
    return tuple(queries), tuple(findings)


def _query(source: Source, path: Path) -> Query:
    headers = tuple(read_header(source, statement) for statement in split(source))
    for header in headers:
        _expect_query(header)
    personas = tuple(_persona(header) for header in headers if header.is_persona)
    asked = _the_query(source, headers)
    query = Query(
        name=path.stem,
        purpose=purpose_of(source),
        sql=asked.statement.sql,
        target_ms=target_of(asked),
        personas=personas,
        place=source.place(asked.statement.start),
        gates=gates_of(asked),
        extension=asked.keys.get("extension", ""),
        writes=rollback_of(asked),
        parameters=parameter_count(asked.statement),
    )
    _expect_whole(query, source, asked)
    return query


def _expect_query(header: Header) -> None:
    """VACUUM and its like run even in a read-only session; what a function would write there the server refuses."""
    if header.statement.kind not in QUERY_KINDS or makes_table(header.statement):
        raise Refused(
            f"{header.source.name} holds a statement that is no query",
            place=header.source.place(header.statement.start),
            help="only SELECT, INSERT, UPDATE, DELETE and MERGE are measured; put the rest into a migration",
        )


def _the_query(source: Source, headers: Sequence[Header]) -> Header:
    queries = [header for header in headers if not header.is_persona]
    if len(queries) != 1:
        raise Refused(
            f"{source.name} holds {len(queries)} queries, not one",
            place=source.place(queries[1].statement.start if queries else 0),
            help="mark the statements that find parameters with '-- platformdb: persona=NAME', or one of them with "
            "'-- platformdb: personas=\"what its weight counts\"'; another query needs a file of its own",
        )
    return queries[0]


def _persona(header: Header) -> PersonaQuery | Population:
    key = "persona" if "persona" in header.keys else "personas"
    if len(header.keys) > 1:
        raise header.refuse(
            next(each for each in header.keys if each != key),
            "a persona has more than its name",
            "put target_ms, extension and gates above the query that is measured",
        )
    if not header.keys[key].strip():
        raise header.refuse(key, f"{key}= is empty", f'write {key}="accounts followed", for example')
    if changes_rows(header.statement):
        raise Refused(
            f"{header.source.name}: a persona is found by a query that changes nothing",
            place=header.source.place(header.statement.start),
            help="find the parameters with a SELECT",
        )
    kind = PersonaQuery if key == "persona" else Population
    return kind(header.keys[key], header.statement.sql, header.source.place(header.statement.start))


def _expect_whole(query: Query, source: Source, header: Header) -> None:
    """What belongs together: a purpose, parameters with personas, writes with a rollback, one population."""
    if not query.purpose:
        raise Refused(
            f"{source.name} does not say what its query is for",
            place=source.place(0),
            help="begin the file with a comment: '-- Feed: the 20 newest posts of everybody a user follows.'",
        )
    if query.parameters and not query.personas:
        raise Refused(
            f"{source.name}: the query takes ${query.parameters}, and no persona says what that is",
            place=query.place,
            help="put a statement above it whose first row is $1, $2 …, with '-- platformdb: persona=NAME' over that",
        )
    if changes_rows(header.statement) and not query.writes:
        raise Refused(
            f"{source.name}: the query writes",
            place=query.place,
            help="add rollback=on to its '-- platformdb:' line: it then runs in transactions that are rolled back",
        )
    _expect_names(query, source)


def _expect_names(query: Query, source: Source) -> None:
    populations = [persona for persona in query.personas if isinstance(persona, Population)]
    if len(populations) > 1:
        raise Refused(
            f"{source.name} has {len(populations)} populations",
            place=populations[1].place,
            help="one statement with personas=, from which all are chosen; add single ones with persona=NAME",
        )
    names = [persona.name for persona in query.personas if isinstance(persona, PersonaQuery)]
    taken = set(RULES) if populations else set()
    for persona in query.personas:
        if isinstance(persona, PersonaQuery) and (names.count(persona.name) > 1 or persona.name in taken):
            raise Refused(
                f"{source.name} has two personas '{persona.name}'", place=persona.place, help="rename one of them"
            )
