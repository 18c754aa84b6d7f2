"""pgqueuer: enqueue, then one worker process does them all. URL JOBS BATCH → seconds."""

import asyncio
import json
import sys
import time
from datetime import timedelta

import asyncpg
from pgqueuer import Job, PgQueuer, Queries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.types import QueueExecutionMode

URL, JOBS, BATCH = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


async def main() -> None:
    connection = await asyncpg.connect(URL)
    driver = AsyncpgDriver(connection)
    queries = Queries(driver)
    await queries.install()
    worker = PgQueuer(driver)

    @worker.entrypoint("send")
    async def send(job: Job) -> None: ...

    payloads = [json.dumps({"user": n, "template": "welcome"}).encode() for n in range(JOBS)]
    began = time.perf_counter()
    for first in range(0, JOBS, BATCH):
        await queries.enqueue(["send"] * BATCH, payloads[first : first + BATCH], [0] * BATCH)
    await worker.run(dequeue_timeout=timedelta(seconds=1), batch_size=BATCH, mode=QueueExecutionMode.drain)
    print(time.perf_counter() - began)


asyncio.run(main())
