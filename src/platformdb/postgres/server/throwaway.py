"""A server for one command, in a folder of its own: nothing of it stays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdb.config import Config
from platformdb.errors import Refused
from platformdb.postgres.server.binaries import list_all
from platformdb.postgres.server.lifecycle import discard, ensure_running
from platformdb.postgres.server.model import Binaries, Server
from platformdb.postgres.server.plan import INSTALL_HELP
from platformdb.report.progress import Observer


@contextmanager
def throwaway_server(config: Config, observer: Observer, *, major: int) -> Iterator[Server]:
    """A server of PostgreSQL ``major``, or else of the nearest newer one that is on this machine.

    It has no port, runs with the settings of every embedded server, and is removed at the end whatever happens.

    Raises:
        Refused: there are no server programs of that version or a newer one.
        PlatformdbError: as ``lifecycle.ensure_running``.
    """
    binaries = _nearest(config.binaries, major)
    with tempfile.TemporaryDirectory(prefix="platformdb_") as folder:
        own = config.but(project=Path(folder), port=None, binaries=binaries.folder)
        try:
            yield ensure_running(own, observer)
        finally:
            discard(own.state_folder)


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
