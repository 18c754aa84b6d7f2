"""The disk fills up while a database is being changed: what was there is there afterwards, and the server lives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server import clean_up, config_of, mount_tmpfs, project_folder, unmount
from platformdb.counters.run import check_counters
from platformdb.errors import ApplyFailed
from platformdb.postgres.catalog import count_rows
from platformdb.postgres.connect import connect
from platformdb.postgres.providers.embedded import embedded
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from platformdb.up.run import bring_up


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system with room for a server and the dev profile, and not for the next larger one."""
    with project_folder() as folder:
        reason = mount_tmpfs(folder, "size=110m,mode=755")
        if reason:
            pytest.skip(reason)
        try:
            yield folder
        finally:
            clean_up(folder)
            unmount(folder)


def rows_in(target: Target) -> int:
    with connect(target) as connection:
        return count_rows(connection)


def test_a_seed_that_fills_the_disk_leaves_the_old_rows_in_place(small_disk: Path, vrss: Platform) -> None:
    opening = embedded(config_of(small_disk), Silent(), database="vrss", create=True)
    assert bring_up(opening, vrss, Silent()).exit_code != 4
    with embedded(config_of(small_disk), Silent(), database="vrss", create=False) as target:
        before = rows_in(target)
        with connect(target) as connection, pytest.raises(ApplyFailed, match="No space left on device") as caught:
            seed(connection, vrss, Request(profile="ci", existing=Existing.REPLACE), observer=Silent())
        assert caught.value.exit_code == 4
        assert "53100" in caught.value.detail
        assert "rolled back" in caught.value.help
        assert rows_in(target) == before > 2_000
        assert check_counters(target, vrss).ok
