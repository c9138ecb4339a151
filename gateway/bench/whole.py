"""The whole hub at work: ``python -m gateway.bench.whole PORT MESSAGES DATA`` (0 messages: only make the session)."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
import time
from pathlib import Path

from gateway.bench.pinned import pin
from gateway.hub import Hub
from gateway.settings import Http, Mqtt, Settings
from gateway.settings import Hub as HubSection

LOOK_EVERY_S = 0.01


async def drain(port: int, messages: int, data: Path) -> dict[str, float]:
    """Run a hub until it has read that many messages and stored them; seconds from its connection on."""
    settings = Settings(hub=HubSection(data=data), mqtt=Mqtt(port=port), http=Http(port=0))
    hub = Hub(settings)
    running = asyncio.create_task(hub.run())
    while not hub.line.reader.receive_max and not running.done():  # noqa: ASYNC110 the hub offers no such event
        await asyncio.sleep(0)
    before, began, cpu = hub.journal.position, time.perf_counter(), time.process_time()
    counts = hub.line.reader.ingest.counts
    while not running.done():
        journalled = counts["read"] >= messages and hub.journal.position - before >= messages
        if journalled and hub.writer.position == hub.journal.position:
            break
        await asyncio.sleep(LOOK_EVERY_S)
        hub.writer.wake()
    result = {
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "read": counts["read"],
        "rows": hub.writer.stored,
        "alerts": hub.line.raised,
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    hub.stop()
    await running
    return result


if __name__ == "__main__":
    pin()
    logging.basicConfig(level=logging.WARNING)
    answer = asyncio.run(drain(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
    sys.stdout.write(json.dumps(answer))
