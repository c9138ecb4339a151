"""The store path at work: ``python -m gateway.bench.stored KIND JOURNAL DATA [URL]``.

The hub's own writer carries a journal that is there already into the store; then some of it is written a second time, hours
are summarised as the keeper does it, and the store is asked what the console asks.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from gateway.bench.city import KIT, ZONE
from gateway.bench.pinned import pin
from gateway.bench.station import spread
from gateway.journal.journal import Journal
from gateway.keeping import Kept, keep
from gateway.memory import settle_memory
from gateway.parts import open_store
from gateway.settings import Hub as HubSection
from gateway.settings import Settings
from gateway.settings import Store as StoreSection
from gateway.store.duckdb import DuckDBStore
from gateway.store.influxdb import BUCKET_HOMES, InfluxStore
from gateway.store.readings import Query, Readings, Store
from gateway.store.summaries import HOUR_MS, Series, day_of
from gateway.store_keeper import DAY_MS, OVER_MS
from gateway.store_writer import StoreWriter
from gateway.stored_rows import SELF, Rows
from gateway.summed import summed
from rules.world import Definition, World

LOOK_EVERY_S = 0.005
GIVE_UP_S = 60.0  # without a row stored
ASKED = 100  # times, each of the four questions; fewer times where
EVENTS_PER_ASKED = 200  # little is stored
AGAIN_EVENTS = 2_000  # written a second time into InfluxDB, where that is the way back from every crash
AGAIN_EVENTS_DUCKDB = (
    50  # DuckDB looks for each such row through the whole table: it is for refused rows, which are few
)
LIMIT = 1_000  # as the API gives where nobody says otherwise
SEED = 7


def store(kind: str, file: Path, data: Path, url: str) -> dict[str, Any]:
    """Write the journal ``file`` into a new store and try it; the keys are those of ``bench store --json``, for one store."""
    section = StoreSection(kind="influxdb" if kind == "influxdb" else "duckdb", url=url, token=SecretStr("-"))
    settings = Settings(hub=HubSection(data=data, zone=ZONE), store=section)
    journal = Journal(file)
    definition = journal.newest_world()
    assert definition is not None  # noqa: S101 the bench has written one
    inner = open_store(settings)
    kept = keep(settings, inner, newest_ms=lambda: journal.last_at)
    try:
        found = _write(journal, kept, World(definition))
        found["counted"] = _count(inner)
        found["written_again"] = _write_again(journal, kept, World(definition))
        found["counted_again"] = _count(inner)
        found |= _summarise(kept, journal.last_at)
        asked = min(ASKED, 1 + journal.position // EVENTS_PER_ASKED)
        return found | _ask(kept, definition, journal.last_at, asked)
    finally:
        kept.stop()
        journal.close()


def _write(journal: Journal, kept: Kept, world: World) -> dict[str, Any]:
    writer = StoreWriter(
        journal, kept.store, world=lambda: world, about_itself=lambda: {"hub.received": 1.0, "hub.lag": 0.0}
    )
    settle_memory()
    before_mb = _peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    writer.start()
    moved, moved_at = 0, began
    while writer.position < journal.position:
        time.sleep(LOOK_EVERY_S)
        if writer.position > moved:
            moved, moved_at = writer.position, time.perf_counter()
        if time.perf_counter() - moved_at > GIVE_UP_S:
            sys.exit(f"nothing was stored within {GIVE_UP_S:.0f} s: {writer.trouble or 'no word of why'}")
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    writer.stop()
    return {
        "seconds": seconds,
        "cpu_s": cpu,
        "rss_mb": round(_peak_mb()),
        "rss_before_mb": round(before_mb),
        "refused": kept.dead.refused,
    }


def _write_again(journal: Journal, kept: Kept, world: World) -> int:
    """The first rows once more, both ways a hub may come to it: behind its cursor, and beside it. How many rows."""
    rows = Rows()
    most = AGAIN_EVENTS_DUCKDB if kept.store.name == "duckdb" else AGAIN_EVENTS
    events, end = journal.following(0, most=most)
    rows.add(events)
    again: Readings = rows.readings(world)
    kept.store.write(again, cursor=end)
    kept.store.write_again(again)
    return len(again)


def _count(store: Store) -> int:
    """How many readings of homes the store holds, by its own count."""
    if isinstance(store, DuckDBStore):
        with store.work("counting in") as connection:
            row = connection.execute("SELECT count(*) FROM reading WHERE device <> $1", [SELF]).fetchone()
        return int(row[0]) if row else 0
    assert isinstance(store, InfluxStore)  # noqa: S101 there are two kinds
    found = store.ask(BUCKET_HOMES, 'SELECT count("value") FROM /.*/')
    return sum(int(series["values"][0][1]) for series in found)


def _summarise(kept: Kept, now_ms: int) -> dict[str, Any]:
    """The hours that are over, and their days, as the keeper does it once they are left alone."""
    began, hours = time.perf_counter(), 0
    for (home, begin), number in kept.book.due_hours():
        if now_ms >= begin + HOUR_MS + OVER_MS:
            kept.keeping.summarise_hour(begin, home=home)
            kept.book.hour_done((home, begin), number, day=day_of(begin, ZoneInfo(ZONE))[0])
            hours += home
    return {"hours_summarised": hours, "summarise_s": round(time.perf_counter() - began, 3)}


def _ask(kept: Kept, definition: Definition, now_ms: int, asked: int) -> dict[str, float]:
    """The four questions of ``GET /api/v1/readings``, each of devices and homes drawn by lot."""
    draw, zone = random.Random(SEED), ZoneInfo(ZONE)  # noqa: S311 a benchmark's dice
    metrics = {kind: metric for _, kind, _, metric in KIT}
    devices = draw.choices(definition.devices, k=asked)
    found: dict[str, float] = {}

    def ask(name: str, question: Callable[[str, str, str], object]) -> None:
        took = []
        for device in devices:
            began = time.perf_counter()
            question(device.id, device.key, metrics[device.kind])
            took.append(time.perf_counter() - began)
        found.update(spread(f"{name}_", took))

    day = (now_ms - DAY_MS, now_ms + 1)
    month = (now_ms - 30 * DAY_MS, now_ms + 1)
    read, keeping, book = kept.store.read, kept.keeping, kept.book
    ask("device_day", lambda d, _, m: read(Query(*day, device=d, metric=m, limit=LIMIT, newest_first=True)))
    ask("place_day", lambda _, p, m: read(Query(*day, place=p, metric=m, limit=LIMIT, newest_first=True)))
    ask("device_hours", lambda d, _, m: summed(keeping, book, Series(*day, d, "", m), "1h", zone))
    ask("place_days", lambda _, p, m: summed(keeping, book, Series(*month, "", p, m), "1d", zone))
    return found


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    pin()
    asked = sys.argv[1:]
    answer = store(asked[0], Path(asked[1]), Path(asked[2]), asked[3] if len(asked) > 3 else "")  # noqa: PLR2004 the last
    sys.stdout.write(json.dumps(answer))
