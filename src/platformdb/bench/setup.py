"""Before anything is measured: which queries this database can answer, for whom, and whether it is fit to be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from platformdb.bench.ground.held import held_seed, other_profile
from platformdb.bench.ground.preflight import preflight
from platformdb.bench.ground.prepare import prepare
from platformdb.bench.model import Run
from platformdb.bench.reference import unfit
from platformdb.bench.request import Request
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection
from platformdb.postgres.pins import pin, read_settings
from platformdb.project import Platform
from platformdb.provenance import read_provenance
from platformdb.report.leftout import left_out
from platformdb.report.model import Finding, Severity
from platformdb.workload.model import Catalog, Persona, Query
from platformdb.workload.personas import find_personas
from platformdb.workload.run import read_catalog


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured: queries that this database can answer, for whom each is run, and what there is to read.

    ``run`` is the environment, without entries. ``left`` names the queries that this server cannot answer.
    """

    queries: tuple[Query, ...]
    personas: Mapping[str, tuple[Persona, ...]]
    catalog: Catalog
    run: Run
    prepared: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    left: frozenset[str] = frozenset()

    @property
    def refused(self) -> bool:
        """Whether nothing may be judged here."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def set_up(connection: Connection, platform: Platform, queries: Sequence[Query], request: Request) -> Bench:
    """Prepares the database, pins the session, and finds the personas; findings that are errors forbid to judge.

    Raises:
        Refused: the server rejects a persona's statement.
    """
    pin(connection)
    answerable, notes = _answerable(connection, queries)
    held = held_seed(connection, platform.name)
    # Not before it is known that these rows are there to be measured: it takes statistics anew.
    prepared = prepare(connection) if held or request.any_rows else frozenset()
    catalog = read_catalog(connection)
    run = Run(
        platform=platform.name,
        server=_version(connection),
        seed=held,
        settings=read_settings(connection),
        tables={table.name: table.rows for table in catalog.tables if not table.parent and not _own(table.name)},
        entries=(),
        taken=datetime.now(UTC),
        commit=read_provenance(platform.sql).git_commit or "",
    )
    unlike = unfit(run, request.reference, request.reference_name) if request.reference else ()
    unsound = preflight(connection, platform, answerable, prepared, any_rows=request.any_rows)
    personas, empty = ({}, ()) if unsound else find_personas(connection, answerable)
    return Bench(
        queries=answerable,
        personas=personas,
        catalog=catalog,
        run=run,
        prepared=prepared,
        findings=(*unlike, *unsound, *empty, *notes, *other_profile(held, request.profile)),
        left=frozenset(query.name for query in queries) - {query.name for query in answerable},
    )


def _answerable(connection: Connection, queries: Sequence[Query]) -> tuple[tuple[Query, ...], tuple[Finding, ...]]:
    """The queries that this database can answer, and a note of those that need an extension which it has not."""
    wanted = {query.extension for query in queries if query.extension}
    absent = wanted - read_installed_extensions(connection) if wanted else set()
    notes = (
        left_out(extension, [f"query {query.name}" for query in queries if query.extension == extension])
        for extension in sorted(absent)
    )
    return tuple(query for query in queries if query.extension not in absent), tuple(notes)


def _own(table: str) -> bool:
    return table.startswith("platformdb.")


def _version(connection: Connection) -> str:
    number = connection.info.server_version
    return f"{number // 10_000}.{number % 10_000}"
