"""Which of the files act on more than the database they run in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.migrations.model import Migration, MigrationFile, version_key
from platformdb.migrations.outlook import read_whole
from platformdb.prove.lanes import Scope
from platformdb.report.model import Finding, Severity


def acting_on_server(scope: Scope, files: Sequence[MigrationFile]) -> Iterator[str]:
    """The names of those migrations and undo files that change roles, databases or settings of the whole server."""
    undo = (scope.files.undo.get(version_key(file.version)) for file in files)
    every = tuple(file for file in (*files, *undo) if file is not None and not file.language)
    known, _ = read_whole(every, scope.platform, scope.options.variables)
    for file in every:
        # Of what cannot be read the proof itself says why.
        if file.path in known and _acts_on_server(known[file.path]):
            yield file.shown


def _acts_on_server(migration: Migration) -> bool:
    from platformdb.sqltext.serverwide import acts_on_server
    from platformdb.sqltext.source import Source
    from platformdb.sqltext.statements import split

    statements = (each for segment in migration.segments for each in segment.statements if each.data is None)
    return any(acts_on_server(found) for each in statements for found in split(Source("", each.sql)))


def stays_on_server(names: Sequence[str]) -> Iterator[Finding]:
    """What is done to the server itself is not dropped with the database of the proof."""
    if names:
        yield Finding(
            "undo-acts-on-server",
            f"acts on the whole server, and what it does there stays: {', '.join(names)}",
            names[0],
            Severity.WARNING,
            help="prove it on a server of its own: --provider embedded, or --provider container",
        )
