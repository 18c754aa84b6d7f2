"""The database somebody named: by URL, or through libpq's environment variables and files."""

from __future__ import annotations

from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.postgres.target import Target


def url_target(config: Config) -> Target:
    """The target of ``--url``, DATABASE_URL or PG…; what is not in the URL libpq finds by itself.

    Raises:
        ConfigError: not a connection URL; the message does not repeat it, for it may hold a password.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    if config.url is None:
        return Target("url", {})
    try:
        parsed = conninfo_to_dict(config.url.get_secret_value())
    except psycopg.ProgrammingError:
        raise ConfigError(
            "the database URL is not valid",
            help="write postgresql://user@host:5432/database (percent-encode special characters)",
        ) from None
    return Target("url", {key: str(value) for key, value in parsed.items() if value is not None})
