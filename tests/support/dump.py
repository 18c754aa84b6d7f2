"""What a server's own pg_dump writes."""

from __future__ import annotations

import subprocess

from commandline import url_of
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from servers import BINARIES, Server


def dumped(server: Server, target: Target, *options: str) -> str:
    """The database as plain SQL."""
    own = next(find_candidates(BINARIES[server.version])).folder / "pg_dump"
    # A newer pg_dump knows older servers; not every set of server programs brings its own.
    program = own if own.exists() else next(find_candidates(None)).folder / "pg_dump"
    command = [str(program), "--dbname", url_of(target), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout
