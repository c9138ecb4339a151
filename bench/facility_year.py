"""A year of fifty facilities looked at: how long the pages of their use take on a hub at work.

    .venv/bin/python bench/facility_year.py [--facilities 50] [--asked 20] [--json]

``carehub run`` as a process with Mosquitto, its store holding a year of hourly summaries (a counter, two rooms with a sensor
each) and the figures of every day as the hub makes them. Asked over HTTP, one after the other: all facilities in a month, all
over twelve months, and the month of one with its rooms, its week and its year.
``_cpu_ms`` is what the hub's process took a page, whatever else the machine does. Wanted: each within a second.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from gateway.bench.station import BenchHub, bench_broker, machine, spread
from gateway.figures_kept.names import NAMES
from gateway.operations.database import open_database
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_figures import DuckDBFigures
from gateway.store.duckdb_keeping import DuckDBKeeping

HOUR_MS, DAYS = 3_600_000, 366
HEAD = (
    "site,place,home,facility,name,address,capacity,contact1_name,contact1_phone,contact2_name,contact2_phone,access_note,"
    "device,device_kind,room,heartbeat_s"
)
AT = "b,福田区/莲花街道/莲花社区/莲花二村"
DEVICES = (("door", "counter", "正门"), ("pir1", "motion", "书画室"), ("pir2", "motion", "培训室"))
USE, ZONE = (
    sorted(name.partition(".")[2] for name in NAMES if name.startswith(family))
    for family in ("use_1d.", "zone_1d.")
)
PAGES = {"month": "/facilities/-/use", "year": "/facilities/-/year", "one": "/facilities/F001/use"}
WITHIN_S = 1.0

# An hour h of that year: ten open ones by UTC, twenty people an hour in and out; what the store's tables hold of it.
HOURS = "range($3::BIGINT - 31622400000, $3::BIGINT, 3600000) AS hours(hour_ms)"
COUNTER_HOURS = f"""
WITH told AS (
    SELECT hour_ms, 20 * (hour_ms // 3600000 - ($3::BIGINT // 3600000 - 366 * 24)) AS passed,
        hour_ms // 3600000 % 24 < 10 AS is_open
    FROM {HOURS}
)
INSERT INTO reading_hour
SELECT $1, $2, false, metric, hour_ms, 12, 0, said, said, 12 * said, said, hour_ms, hour_ms + 3599000, NULL, NULL
FROM told, (VALUES ('in'), ('out'), ('occupancy'), ('battery'), ('rssi')) AS metrics(metric),
    LATERAL (SELECT CASE metric WHEN 'occupancy' THEN 12.0 * is_open::INTEGER WHEN 'battery' THEN 90 WHEN 'rssi' THEN -60
        ELSE passed END::DOUBLE AS said)
"""  # noqa: S608 fixed words
SENSOR_HOURS = f"""
INSERT INTO reading_hour
SELECT $1, $2, false, metric, hour_ms, 12, 0, 1, 1, 12, 0, hour_ms, hour_ms + 3599000, 60000, 3600000
FROM {HOURS}, (VALUES ('motion'), ('battery'), ('rssi')) AS metrics(metric)
"""  # noqa: S608 same
DAYS_OF_PLACE = """
INSERT INTO figure_day
SELECT 'use_1d.' || name, $1, device, $2::BIGINT // 86400000 * 86400000 - ago::BIGINT * 86400000, 8
FROM range(1, 366) AS days(ago), (SELECT unnest($3::VARCHAR[]) AS name), (SELECT unnest($4::VARCHAR[]) AS device)
"""


def main() -> None:
    """Measure, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--facilities", type=int, default=50)
    parser.add_argument("--asked", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(facilities=options.facilities, asked=options.asked)
    if options.json:
        print(json.dumps(found))
    else:
        Console().print(found)
    raise SystemExit(0 if found["longest_s"] < WITHIN_S else 1)


def measure(*, facilities: int, asked: int) -> dict[str, Any]:
    """Run it; raises ``SettingsError`` without Mosquitto."""
    with bench_broker() as (broker, folder):
        hub = BenchHub(folder / "hub", broker.port)
        try:
            hub.data.mkdir(parents=True, exist_ok=True)
            names = [f"F{number:03d}" for number in range(1, facilities + 1)]
            register(hub.data, names)
            rows = fill(hub.data, names)
            hub.spawn()
            hub.wait_ready()
            took, cpu = {}, {}
            for page, address in PAGES.items():
                ask(hub, address)  # once: what is read of the disk stays in memory
                before = hub.cpu_s()
                took[page] = [ask(hub, address) for _ in range(asked)]
                cpu[f"{page}_cpu_ms"] = round((hub.cpu_s() - before) / asked * 1000)
            hub.end()
        finally:
            hub.end(signal.SIGKILL)
    told: dict[str, Any] = {"facilities": facilities, "days": DAYS, "asked": asked, **rows, **cpu}
    for page, times in took.items():
        told |= spread(f"{page}_", times)
    return told | {
        "longest_s": round(max(max(times) for times in took.values()), 3),
        "machine": machine(),
    }


def ask(hub: BenchHub, address: str) -> float:
    """Seconds until the whole page is there."""
    begun = time.perf_counter()
    hub.http.get(address).raise_for_status()
    return time.perf_counter() - begun


def register(data: Path, names: list[str]) -> None:
    """Facilities with their devices."""
    lines = [
        f"{AT},,{name},{name},1号,60,,,,,,{name}-{device},{kind},{room},300"
        for name in names
        for device, kind, room in DEVICES
    ]
    database = open_database(data / "operations.sqlite")
    registry.apply(database, parse("\n".join([HEAD, *lines, ""]), source="bench.csv"), source="bench.csv")
    database.dispose()


def fill(data: Path, names: list[str]) -> dict[str, int]:
    """A year of hours and of days' figures up to now, straight into the store's tables."""
    now = int(time.time() * 1000) // HOUR_MS * HOUR_MS
    store = DuckDBStore(data / "readings.duckdb")
    DuckDBKeeping(store)
    DuckDBFigures(store)
    store.close()
    with duckdb.connect(str(data / "readings.duckdb")) as connection:
        for name in names:
            for device, kind, _ in DEVICES:
                connection.execute(
                    COUNTER_HOURS if kind == "counter" else SENSOR_HOURS, [f"{name}-{device}", name, now]
                )
            connection.execute(DAYS_OF_PLACE, [name, now, USE, ["carehub"]])
            connection.execute(
                DAYS_OF_PLACE.replace("use_1d", "zone_1d"),
                [name, now, ZONE, [room for _, _, room in DEVICES]],
            )
        told = {
            key: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608 same
            for key, table in (("hours_stored", "reading_hour"), ("figures_stored", "figure_day"))
        }
    return {key: int(value) for key, value in told.items()}


if __name__ == "__main__":
    main()
