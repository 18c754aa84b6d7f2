"""One database in which tests commit, for a clone of it takes long."""

from __future__ import annotations

import pytest

from databases import clone
from platformdb.postgres.target import Target
from servers import Server


@pytest.fixture(scope="session")
def busy_db(server: Server, _migrated: str) -> Target:
    """Tests commit here; each makes rows of its own and looks at no others."""
    return clone(server, _migrated, f"{_migrated}_busy")
