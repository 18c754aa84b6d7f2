"""Many runners start at once, as with many copies of a service: each migration is applied once, and all are well."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from catalog import rows
from commandline import environment, finish, platformdb_run
from faults import MIXED, end_state, migrated, migrating
from integration.test_pooler import PROGRAM, WHY_NOT, pooler
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

RUNNERS = 8

# What may lock others out runs outside a transaction only with a lock_timeout, which a pooler does not keep.
POOLED = {**MIXED, "phases/005_upkeep.sql": "INSERT INTO ran VALUES ('005');\n"}
POOLED_PARTS = 14


def assert_applied_once(db: Target, project: Project, *, parts: int = 16) -> None:
    _, _, applied = end_state(db, project)
    assert set(applied.values()) == {1}
    assert len(applied) == parts
    assert rows(db, "SELECT what, count(*) FROM ran GROUP BY 1 HAVING count(*) > 1") == []
    assert rows(db, "SELECT FROM platformdb.history WHERE event = 'failed'") == []


def test_eight_runners_at_once_apply_each_migration_once(db: Target, project: Project) -> None:
    project.write(MIXED)
    with ExitStack() as stack:
        processes = [stack.enter_context(migrating(db, project)) for _ in range(RUNNERS)]
        done = [finish(process) for process in processes]
    assert [each.returncode for each in done] == [0] * RUNNERS, [each.stderr for each in done]
    said = [each.stdout.splitlines()[0] for each in done]
    assert sorted(line.partition(": ")[2].partition(" ")[0] for line in said) == ["applied", *["nothing"] * 7]
    assert_applied_once(db, project)


@pytest.mark.newest_server
@pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)
def test_nor_does_a_ninth_that_comes_through_a_pooler(server: Server, db: Target, project: Project) -> None:
    project.write(POOLED)
    with pooler(server, db, "transaction") as pooled, ExitStack() as stack:
        targets = [pooled, *[db] * RUNNERS, pooled]
        processes = [stack.enter_context(migrating(target, project)) for target in targets]
        done = [finish(process) for process in processes]
    assert [each.returncode for each in done] == [0] * len(targets), [each.stderr for each in done]
    assert_applied_once(db, project, parts=POOLED_PARTS)


def test_each_waits_no_longer_than_it_is_told_to(db: Target, project: Project) -> None:
    project.write({"phases/001_slow.sql": "SELECT pg_sleep(60);"})
    with migrating(db, project) as first:
        asleep = "SELECT FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep' AND state = 'active'"
        while not rows(db, asleep):
            assert first.poll() is None
        done = platformdb_run("migrate", "--wait-for-lock", "0s", cwd=project.root, env=environment(db))
    assert done.returncode == 5
    assert "another platformdb is at work on this database (pid " in done.stderr
    assert f":{first.pid}, user " in done.stderr


@pytest.mark.newest_server
def test_what_a_pooled_runner_applied_a_direct_one_need_not_apply_again(
    server: Server, db: Target, project: Project
) -> None:
    if PROGRAM is None:
        pytest.skip(WHY_NOT)
    project.write(POOLED)
    with pooler(server, db, "transaction") as pooled, migrating(pooled, project) as process:
        done = finish(process)
    assert done.returncode == 0, done.stderr
    assert migrated(db, project).steps == ()
    assert_applied_once(db, project, parts=POOLED_PARTS)
