"""A target: a database we act on, and how to reach it. Its secrets stay out of every text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

# What a URL may show: no password, no key, no token.
SHOWN_PARAMETERS = ("port", "sslmode", "service", "passfile")


@dataclass(frozen=True, slots=True)
class Target:
    """A database and how to reach it.

    ``parameters`` are libpq's connection parameters; what is absent there libpq takes from its own environment
    variables, service file and password file. ``provider`` says where the database comes from.
    """

    provider: str
    parameters: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """A connection URL without secrets, ready to be pasted to psql."""
        user, database = (quote(self.parameters.get(key, ""), safe="") for key in ("user", "dbname"))
        authority = f"{user}@" if user else ""
        shown = {key: self.parameters[key] for key in SHOWN_PARAMETERS if self.parameters.get(key)}
        host = self.parameters.get("host", "")
        if host.startswith("/") or "," in host:  # several hosts and their ports stand side by side only down there
            shown = {"host": host, **shown}
        else:
            port = shown.pop("port", "")
            authority += quote(host, safe="") + (f":{port}" if port else "")
        query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in shown.items())
        return f"postgresql://{authority}/{database}" + (f"?{query}" if query else "")

    def with_database(self, name: str) -> Target:
        """The same server, another database."""
        return Target(self.provider, {**self.parameters, "dbname": name})
