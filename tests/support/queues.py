"""Databases with the shared job queue, and short ways to its functions."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from platformdb.migrations.run import migrate
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project

SHARED_JOBS = Path(__file__).resolve().parents[2] / "sql/shared/jobs"
FILES = {
    "phases/001_queue.sql": "\\ir ../jobs/tables.sql\nINSERT INTO job_queues (name) VALUES ('email');\n",
    "phases/001_queue.undo.sql": "\\ir ../jobs/tables.undo.sql\n",
    "sql/functions/jobs.sql": "\\ir ../../jobs/functions.sql\n",
    "sql/views/job_health.sql": "\\ir ../../jobs/views/job_health.sql\n",
}


class Job(NamedTuple):
    """What claim_jobs says of a job."""

    id: int
    claim: int
    attempt: int
    payload: Any
    leased_until: Any


def queue_project(project: Project) -> Project:
    """A project that has the queue, and no tables besides."""
    shutil.copytree(SHARED_JOBS, project.root / "jobs")
    return project.write(FILES)


def migrate_queue(project: Project, db: Target) -> Target:
    assert migrate(nullcontext(db), queue_project(project).platform, Silent()).ok
    return db


def enqueue(conn: Connection, *payloads: dict[str, Any], queue: str = "email", **options: Any) -> list[int]:
    """Ids of new jobs; options are enqueue_jobs' own."""
    named = "".join(f", {name} => %({name})s" for name in options)
    parameters = {"queue": queue, "payloads": [Jsonb(payload) for payload in payloads], **options}
    ((ids,),) = conn.execute(f"SELECT enqueue_jobs(%(queue)s, %(payloads)s{named})".encode(), parameters).fetchall()
    return list(ids)


def claim(
    conn: Connection, batch: int = 1, *, worker: str = "w", queue: str = "email", lease: str = "5 min"
) -> list[Job]:
    found = conn.execute("SELECT * FROM claim_jobs(%s, %s, %s, %s)", (queue, worker, batch, lease)).fetchall()
    return [Job(*row) for row in found]


def call(conn: Connection, function: str, *arguments: Any) -> Any:
    """The one value that a function returns."""
    places = ", ".join(["%s"] * len(arguments))
    ((found,),) = conn.execute(f"SELECT {function}({places})".encode(), arguments).fetchall()
    return found
