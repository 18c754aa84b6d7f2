"""``partitions ensure`` is killed at every request that it makes; whoever runs it again ends where all end."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from catalog import DEFINITIONS, rows
from commandline import environment, finish, start
from faults import Wire, chosen, wire
from partitioned import ensured, neglected
from platformdb.partitions.run import partition_status
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

RUNNERS_AT_ONCE = 2
CONTENTS = ("channels", "messages", "reactions", "logs", "sums")
numbers = itertools.count(1)


@contextmanager
def clone(server: Server, template: Target) -> Iterator[Target]:
    name = f"partitions_killed_{next(numbers)}"
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.parameters["dbname"]}"')
    try:
        yield server.database(name)
    finally:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def killed(target: Target, project: Project, *, number: int = 1 << 30, moment: str = "before") -> Wire:
    """The line of a run that was killed at its n-th request, or went through."""
    with (
        tempfile.TemporaryDirectory() as folder,
        wire(target, Path(folder) / "w", number=number, moment=moment) as (line, through),
    ):
        done = finish(start("partitions", "ensure", cwd=project.root, env=environment(through)))
        assert done.returncode == (-9 if line.struck else 0), f"{moment} request {number}: {done.stderr}"
        return line


def end_state(target: Target) -> object:
    contents = [sorted(rows(target, f"SELECT * FROM {table}"), key=repr) for table in CONTENTS]
    archived = rows(
        target, "SELECT c.oid::regclass::text FROM pg_class AS c WHERE relnamespace = 'archive'::regnamespace"
    )
    return rows(target, DEFINITIONS), contents, sorted(archived)


def what_became_of_it(server: Server, template: Target, project: Project, given: tuple[int, str]) -> object:
    number, moment = given
    with clone(server, template) as target:
        assert killed(target, project, number=number, moment=moment).struck, f"there was no request {number}"
        report = ensured(target, project)
        assert report.ok, f"killed {moment} request {number}: {report.findings}"
        assert ensured(target, project).steps == (), f"killed {moment} request {number}"
        assert partition_status(target, project.platform).ok, f"killed {moment} request {number}"
        return end_state(target)


def test_wherever_a_run_is_killed_the_next_one_ends_where_all_end(server: Server, db: Target, project: Project) -> None:
    neglected(db, project)
    with clone(server, db) as target:
        line = killed(target, project)
        expected = end_state(target)
    assert line.requests > 30
    points = [
        *((number, "after") for number in range(1, line.requests + 1)),
        *((number, "within") for number in line.long_requests),
    ]
    points = list(chosen(points, server.version))
    with ThreadPoolExecutor(RUNNERS_AT_ONCE) as pool:
        ends = list(pool.map(partial(what_became_of_it, server, db, project), points))
    assert [point for point, end in zip(points, ends, strict=True) if end != expected] == []
