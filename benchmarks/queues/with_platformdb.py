"""This project's queue from Python: enqueue, then one worker process does them all. URL JOBS BATCH → seconds."""

import sys
import time

import psycopg
from psycopg.types.json import Jsonb

URL, JOBS, BATCH = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def send(user: int, template: str) -> None: ...


with psycopg.connect(URL, autocommit=True) as conn:
    began = time.perf_counter()
    for first in range(0, JOBS, BATCH):
        payloads = [Jsonb({"user": n, "template": "welcome"}) for n in range(first, first + BATCH)]
        conn.execute("SELECT enqueue_jobs('bench', %s)", (payloads,))
    while jobs := conn.execute("SELECT id, claim, payload FROM claim_jobs('bench', 'worker', %s)", (BATCH,)).fetchall():
        for _, _, payload in jobs:
            send(**payload)
        conn.execute("SELECT complete_jobs(%s, %s)", (jobs[0][1], [job for job, _, _ in jobs]))
    print(time.perf_counter() - began)
