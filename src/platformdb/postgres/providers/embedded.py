"""The embedded server as a target: started when needed, left running, its database made when absent."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from platformdb.config import Config
from platformdb.postgres.server.lifecycle import ensure_running, inspect
from platformdb.postgres.server.model import SUPERUSER
from platformdb.postgres.server.plan import no_server
from platformdb.postgres.server.run import target_of
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer


@contextmanager
def embedded(config: Config, observer: Observer, *, database: str, create: bool) -> Iterator[Target]:
    """The database ``database`` on the project's embedded server.

    ``create`` makes the server and the database where there is none. The server stays when the command has ended.

    Raises:
        ConfigError: there is no server in this project, and ``create`` is off.
        PlatformdbError: as ``lifecycle.ensure_running``.
    """
    if not create and inspect(config.state_folder)[1] is None:
        raise no_server(config.project)
    # psycopg takes 0.2 s to import, the server as long to start: both at once, on two cores.
    importing = Thread(target=importlib.import_module, args=("platformdb.postgres.connect",), daemon=True)
    importing.start()
    try:
        server = ensure_running(config, observer)
    finally:
        importing.join()
    if create:
        _create_database(target_of(server, SUPERUSER), database)
    yield target_of(server, database)


def _create_database(maintenance: Target, name: str) -> None:
    from psycopg import errors, sql

    from platformdb.postgres.connect import connect

    with connect(maintenance) as connection:
        if connection.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", (name,)).fetchone() is not None:
            return
        with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another command was faster by a moment
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
