"""The database somebody named: by URL, or through libpq's environment variables and files."""

from __future__ import annotations

import re

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
    given = config.url.get_secret_value()
    try:
        parsed = conninfo_to_dict(given)
    except psycopg.ProgrammingError:
        parsed = {}
    if not parsed or _splits_a_password(given) or re.search(r"[^\d,]", str(parsed.get("port") or "")):
        raise ConfigError(
            "the database URL is not valid",
            help="write postgresql://user@host:5432/database (percent-encode special characters)",
        )
    return Target("url", {key: str(value) for key, value in parsed.items() if value is not None})


def _splits_a_password(url: str) -> bool:
    """Whether an unescaped ``/`` or ``@`` makes libpq take a part of the password for a host or a database."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    return scheme in {"postgres", "postgresql"} and (authority.count("@") > 1 or "@" in path.partition("?")[0])
