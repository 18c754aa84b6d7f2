"""procrastinate: enqueue, then one worker process does them all. URL JOBS BATCH → seconds."""

import asyncio
import sys
import time

import procrastinate

URL, JOBS, BATCH = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL))


@app.task
async def send(user: int, template: str) -> None: ...


async def main() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        began = time.perf_counter()
        for first in range(0, JOBS, BATCH):
            await send.batch_defer_async(*({"user": n, "template": "welcome"} for n in range(first, first + BATCH)))
        await app.run_worker_async(
            wait=False, concurrency=BATCH, listen_notify=False, delete_jobs="successful", install_signal_handlers=False
        )
        print(time.perf_counter() - began)


asyncio.run(main())
