"""A worker in a process of its own, to be killed. Each job's effect is a row, in the transaction that completes it.

    python queue_worker.py CONNINFO NAME

Some batches take longer than their lease, and some jobs fail in their first attempt.
"""

from __future__ import annotations

import random
import sys
import time

from psycopg import Connection, connect, errors

SHORT_LEASE = "300 ms"
LONG_SECONDS = 0.4


def work(conn: Connection, name: str) -> None:
    while True:
        jobs = conn.execute(
            "SELECT id, claim, attempt, (payload ->> 'number')::int FROM claim_jobs('email', %s, 5, %s)",
            (name, SHORT_LEASE),
        ).fetchall()
        if not jobs:
            time.sleep(0.02)
            continue
        try:
            finish(conn, jobs)
        except errors.ObjectNotInPrerequisiteState:
            continue


def finish(conn: Connection, jobs: list[tuple[int, int, int, int]]) -> None:
    claim = jobs[0][1]
    failing = [job for job, _, attempt, number in jobs if attempt == 1 and number % 10 == 0]
    done = [(job, number, attempt) for job, _, attempt, number in jobs if job not in failing]
    conn.execute("SELECT fail_jobs(%s, %s, retry_in => '50 ms')", (claim, failing))
    with conn.transaction():
        for _, number, attempt in done:
            conn.execute("INSERT INTO effects VALUES (%s, %s)", (number, attempt))
            time.sleep(LONG_SECONDS if random.random() < 0.01 else random.random() * 0.01)
        conn.execute("SELECT complete_jobs(%s, %s)", (claim, [job for job, _, _ in done]))


if __name__ == "__main__":
    with connect(sys.argv[1], autocommit=True) as connection:
        work(connection, sys.argv[2])
