"""Every job is done exactly once, although workers are killed at random moments, are late, and fail."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from catalog import run, until
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from projects import Project
from queues import call, enqueue, migrate_queue
from rows import count, value, values
from together import at_the_same_instant

JOBS = 400
WORKERS = 4
KILLS = 20
PATIENCE_SECONDS = 120
WORKER = Path(__file__).resolve().parents[1] / "support/queue_worker.py"


@pytest.fixture
def queue(project: Project, db: Target) -> Target:
    migrate_queue(project, db)
    run(db, "CREATE TABLE effects (number integer NOT NULL, attempt integer NOT NULL)")
    run(db, "UPDATE job_queues SET max_attempts = 1000")
    return db


class Crew:
    """Workers of which one or the other is killed now and then, and replaced."""

    def __init__(self, queue: Target) -> None:
        self.queue = queue
        self.names = (f"worker {number}" for number in itertools.count())
        self.workers = [self.start() for _ in range(WORKERS)]

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(WORKER), make_conninfo(**self.queue.parameters), next(self.names)]
        return subprocess.Popen(command, stderr=subprocess.PIPE)

    def kill_one(self) -> None:
        victim = random.randrange(WORKERS)
        assert self.workers[victim].poll() is None, "it ended by itself"
        self.workers[victim].kill()
        self.workers[victim].communicate()
        self.workers[victim] = self.start()

    def go(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.communicate()


@pytest.fixture
def crew(queue: Target) -> Iterator[Crew]:
    hired = Crew(queue)
    yield hired
    hired.go()


def test_each_job_is_done_exactly_once_when_workers_are_killed(queue, crew):
    with connect(queue) as conn:
        enqueue(conn, *[{"number": number} for number in range(JOBS)])
        for kill in range(KILLS):
            until(lambda kill=kill: count(conn, "effects") > kill * JOBS / KILLS, seconds=PATIENCE_SECONDS)
            time.sleep(random.random() * 0.05)
            crew.kill_one()
        until(lambda: not count(conn, "jobs"), seconds=PATIENCE_SECONDS)
        assert Counter(number for (number,) in values(conn, "SELECT number FROM effects")) == Counter(range(JOBS))
        # The run was what it should be: some failed, some were killed or late in the middle of a job.
        again = "SELECT count(*) FROM effects WHERE attempt > 1 AND (number % 10 = 0) = "
        assert value(conn, f"{again} TRUE") == JOBS / 10
        assert value(conn, f"{again} FALSE") > 0
        assert count(conn, "dead_jobs") == 0


def test_many_who_enqueue_the_same_keys_at_once_make_each_job_once(queue):
    def enqueue_shuffled(conn: Connection, number: int) -> None:
        mine = random.sample([f"{number}-{key}" for key in range(300)], 300)
        enqueue(conn, *[{"key": key} for key in mine], keys=mine)

    at_the_same_instant(queue, [enqueue_shuffled] * 4, rounds=10)
    with connect(queue) as conn:
        assert value(conn, "SELECT array[count(*), count(DISTINCT payload ->> 'key')] FROM jobs") == [3000, 3000]
        assert value(conn, "SELECT count(*) FROM job_keys JOIN jobs ON id = job_id AND payload ->> 'key' = key") == 3000


def test_sessions_that_claim_at_the_same_instant_never_share_a_job(queue):
    with connect(queue) as conn:
        enqueue(conn, *[{}] * 600)

    def claim_and_say(conn: Connection, _: int) -> None:
        conn.execute("INSERT INTO effects SELECT id, claim FROM claim_jobs('email', 'w', 10)")

    at_the_same_instant(queue, [claim_and_say] * 4, rounds=15)
    with connect(queue) as conn:
        assert value(conn, "SELECT array[count(*), count(DISTINCT number), count(DISTINCT attempt)] FROM effects") == [
            600, 600, 60,
        ]  # fmt: skip


def test_completing_at_the_same_instant_counts_once(queue):
    """Two workers take each other for dead: both show a claim, and one of them has it."""
    with connect(queue) as conn:
        enqueue(conn, *[{}] * 20)

    def take_and_complete(conn: Connection, _: int) -> None:
        for job, claim, *_ in conn.execute("SELECT * FROM claim_jobs('email', 'w', 5, '0.1 ms')").fetchall():
            for done in call(conn, "complete_jobs", claim, [job], False):
                conn.execute("INSERT INTO effects VALUES (%s, 1)", (done,))

    at_the_same_instant(queue, [take_and_complete] * 4, rounds=15)
    with connect(queue) as conn:
        assert value(conn, "SELECT array[count(*), count(DISTINCT number)] FROM effects") == [20, 20]
