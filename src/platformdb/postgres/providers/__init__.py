"""Where a target comes from: a URL, the embedded server of this project, or a container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer


@contextmanager
def open_target(config: Config, observer: Observer, *, database: str, create: bool = False) -> Iterator[Target]:
    """The target a command works on, and whatever must live as long as the command does.

    ``database`` is the name used where the provider makes databases itself; ``create`` allows the embedded server to
    be made when there is none yet.

    Raises:
        ConfigError: nothing says which database is meant.
    """
    if config.provider == "url":
        from platformdb.postgres.providers.url import url_target

        yield url_target(config)
    elif config.provider == "container":
        from platformdb.postgres.providers.container import container

        with container(config, observer, database=database) as target:
            yield target
    elif config.provider == "embedded" or create:
        from platformdb.postgres.providers.embedded import embedded

        with embedded(config, observer, database=database, create=create) as target:
            yield target
    else:
        raise ConfigError(
            "no database given",
            help="name one with --url or DATABASE_URL, or start a local one with: platformdb up",
        )
