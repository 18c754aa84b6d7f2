"""server: the embedded PostgreSQL of a project."""

from __future__ import annotations

from typing import Annotated

import typer

from platformdb.cli.frame import Run, command
from platformdb.report.model import Report

# Its default is the database that every server has.
Database = Annotated[
    str, typer.Option(metavar="NAME", help="Which database of the server; `up` names it after its platform.")
]
MAINTENANCE_DATABASE = "postgres"


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    server = typer.Typer(name="server", help="The embedded PostgreSQL of this project", no_args_is_help=True)
    command(server, "start", options=("binaries",))(start)
    command(server, "stop", options=())(stop)
    command(server, "status", options=("binaries",))(status)
    command(server, "url", options=("binaries",))(url)
    command(server, "psql", options=("binaries",))(psql)
    command(server, "binaries", options=("binaries",))(binaries)
    app.add_typer(server)


def start(
    run: Run,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Listen on 127.0.0.1:PORT too [default: no TCP].")
    ] = None,
    database: Database = MAINTENANCE_DATABASE,
) -> Report:
    """Start the server, making it first if this project has none. A second start changes nothing."""
    from platformdb.postgres.server.run import start as start_server

    config = run.config if port is None else run.config.but(port=port)
    return start_server(config, run.observer, database=database)


def stop(run: Run) -> Report:
    """Stop the server cleanly; its data stays."""
    from platformdb.postgres.server.run import stop as stop_server

    return stop_server(run.config, run.observer)


def status(run: Run, database: Database = MAINTENANCE_DATABASE) -> Report:
    """Say whether the server runs, and where its things are; exits 5 where it does not run."""
    from platformdb.postgres.server.run import status as server_status

    return server_status(run.config, run.observer, database=database)


def url(run: Run, database: Database = MAINTENANCE_DATABASE) -> Report:
    """Print the connection URL; it names the file with the password instead of the password."""
    from platformdb.postgres.server.run import url as server_url

    return server_url(run.config, run.observer, database=database)


def psql(
    run: Run,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="-- PSQL ARGUMENTS", help="Passed on to psql.")
    ] = None,
    database: Database = MAINTENANCE_DATABASE,
) -> Report:
    """Open psql on the server; its exit code becomes this command's."""
    from platformdb.postgres.server.run import psql as run_psql

    raise typer.Exit(run_psql(run.config, arguments or (), run.observer, database=database))


def binaries(run: Run) -> Report:
    """List the PostgreSQL programs on this machine in the order in which they are chosen."""
    from platformdb.postgres.server.run import binaries as list_binaries

    return list_binaries(run.config, run.observer)
