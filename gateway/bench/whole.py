"""The whole hub at work: ``python -m gateway.bench.whole PORT MESSAGES FALLS DATA`` (0 messages: only make the session)."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
import time
from pathlib import Path

import duckdb
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.bench.pinned import pin
from gateway.hub import Hub
from gateway.operations.tables import Alert
from gateway.settings import Http, Mqtt, Settings
from gateway.settings import Hub as HubSection
from gateway.stored_rows import SELF

LOOK_EVERY_S = 0.01
GIVE_UP_S = 120.0  # after the last message was read: then what is missing does not come


async def drain(port: int, messages: int, falls: int, data: Path) -> dict[str, float]:
    """Run a hub until it has read and stored that many messages and has the alert of every fall in its table.

    Seconds are counted from its connection on; what is not there in the end is left to the caller to see.
    """
    settings = Settings(hub=HubSection(data=data), mqtt=Mqtt(port=port), http=Http(port=0))
    hub = Hub(settings)
    running = asyncio.create_task(hub.run())
    while not hub.line.reader.receive_max and not running.done():  # noqa: ASYNC110 the hub offers no such event
        await asyncio.sleep(0)
    began, cpu = time.perf_counter(), time.process_time()
    read_at = 0.0
    while not running.done():
        # The reader's counts are looked up each time: they begin anew when what was read before a start is recalled.
        read = hub.line.reader.ingest.counts["read"]
        if read >= messages and hub.line.idle:
            read_at = read_at or time.perf_counter()
            stored = hub.writer.position == hub.journal.position
            if (stored and fallen(hub) >= falls) or time.perf_counter() - read_at > GIVE_UP_S:
                break
        await asyncio.sleep(LOOK_EVERY_S)
        hub.writer.wake()
    result = {
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "read": hub.line.reader.ingest.counts["read"],
        "alerts": hub.line.raised,
        "fall_alerts": fallen(hub),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    hub.stop()
    await running
    return {**result, "rows": rows_in(data / "readings.duckdb")}


def fallen(hub: Hub) -> int:
    """How many alerts of falls are in the table."""
    with Session(hub.database) as session:
        return session.scalar(select(func.count()).select_from(Alert).where(Alert.rule == "fall")) or 0


def rows_in(file: Path) -> int:
    """How many rows of devices the store holds; the hub's own are not counted."""
    with duckdb.connect(str(file), read_only=True) as store:
        row = store.execute("SELECT count(*) FROM reading WHERE device <> $1", [SELF]).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    pin()
    logging.basicConfig(level=logging.WARNING)
    answer = asyncio.run(drain(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
    sys.stdout.write(json.dumps(answer))
