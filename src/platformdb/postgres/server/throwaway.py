"""A server for one command, in a folder of its own: nothing of it stays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from platformdb.config import Config
from platformdb.errors import Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.server.binaries import list_all
from platformdb.postgres.server.lifecycle import discard, ensure_running, shut_down
from platformdb.postgres.server.model import SUPERUSER, Binaries, Server
from platformdb.postgres.server.plan import INSTALL_HELP
from platformdb.postgres.server.run import target_of
from platformdb.report.progress import Observer


@contextmanager
def throwaway_server(
    config: Config, observer: Observer, *, major: int, settings: Mapping[str, str]
) -> Iterator[Server]:
    """A server of PostgreSQL ``major``, or else of the nearest newer one that is on this machine.

    It has no port, runs with these ``settings`` above those of every embedded server, and is removed at the end
    whatever happens.

    Raises:
        Refused: there are no server programs of that version or a newer one.
        PlatformdbError: as ``lifecycle.ensure_running``.
    """
    binaries = _nearest(config.binaries, major)
    with tempfile.TemporaryDirectory(prefix="platformdb_") as folder:
        own = config.but(project=Path(folder), port=None, binaries=binaries.folder)
        try:
            _set(ensure_running(own, observer), settings)
            shut_down(own, observer)  # some take effect when it starts
            yield ensure_running(own, observer)
        finally:
            discard(own.state_folder)


def _set(server: Server, settings: Mapping[str, str]) -> None:
    with connect(target_of(server, SUPERUSER)) as connection:
        for name, value in settings.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))


def _nearest(configured: Path | None, major: int) -> Binaries:
    usable, _ = list_all(configured)
    wanted = usable[:1] if configured else usable
    fitting = [each for each in wanted if each.version.major >= major and each.complete]
    if not fitting:
        raise Refused(
            f"there are no programs of PostgreSQL {major} or newer here that can take a copy of the database",
            help=INSTALL_HELP,
        )
    return min(fitting, key=lambda each: each.version.major)
