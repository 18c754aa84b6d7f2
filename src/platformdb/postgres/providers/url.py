"""The database somebody named: by URL, or through libpq's environment variables and files."""

from __future__ import annotations

import re

from platformdb.config import Config
from platformdb.errors import ConfigError
from platformdb.postgres.target import Target

SHORTEST_PASSWORD = 4


def url_target(config: Config) -> Target:
    """The target of ``--url``, DATABASE_URL or PG…; what is not in the URL libpq finds by itself.

    Raises:
        ConfigError: not a connection URL; the message does not repeat it, for it may hold a password.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    if config.url is None:
        return Target("url", {})
    given = config.url.reveal()
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


def secrets_of(url: str) -> tuple[str, ...]:
    """What of a URL, or of libpq's ``key=value`` form, must never be shown: its password, and the whole that holds it.

    A password that its open parts repeat, or one of three letters, hides nothing: to mask it would only garble texts.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parsed = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        return (url,)
    password = parsed.pop("password", "")
    repeated = any(password in part for part in ("postgresql", *parsed.values()))
    return () if repeated or len(password) < SHORTEST_PASSWORD else (password, url)


def _splits_a_password(url: str) -> bool:
    """Whether an unescaped ``/`` or ``@`` makes libpq take a part of the password for a host or a database."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    return scheme in {"postgres", "postgresql"} and (authority.count("@") > 1 or "@" in path.partition("?")[0])
