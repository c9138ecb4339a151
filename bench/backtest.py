"""How long a backtest takes: 30 days of 1,000 homes in one command; with ``--hub`` beside a hub, whose alerts must not wait.

The town is made up, seeded and quick to make: motion, doors and a radar by day and a little by night, heartbeats with the
battery from every device, now and then a fall; about 400 readings per home and day. The hub beside it is ``carehub run`` with
two falls a second from simulated devices: its alert latency is taken alone, and wholly within the backtest.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from gateway.demo.broker import start_broker

CAREHUB = Path(sys.executable).with_name("carehub")
START = 1_772_294_400_000  # 1 March 2026, 00:00 in Shanghai
DAY_MS = 86_400_000
SIMULATOR = Path(sys.executable).with_name("carehub-sim")
ALONE_S, WITHIN_S = 40, 40
# How often each hour of the day somebody moves: asleep, up, out, evening.
BUSY = np.array([1, 1, 1, 1, 1, 2, 6, 9, 9, 7, 6, 7, 8, 5, 4, 5, 6, 8, 9, 9, 8, 6, 3, 2], dtype=np.float64)
# Device, kind, room, metric; its value when something begins, how often a day, for how many seconds at most; heartbeats a day.
DEVICES = (
    ("pir1", "motion", "客厅", "motion", 1.0, 55, 120, 24),
    ("pir2", "motion", "卧室", "motion", 1.0, 30, 120, 24),
    ("door", "contact", "入户门", "contact", 0.0, 8, 90, 24),
    ("radar", "radar", "卫生间", "presence", 1.0, 15, 1200, 48),
    ("pendant", "pendant", "随身", "worn", 0.0, 3, 600, 48),
    ("sos", "sos", "床头", "battery", 0.0, 0, 0, 12),
)
TABLE = """
CREATE TABLE event (
    observed_at BIGINT, home VARCHAR, part VARCHAR, kind VARCHAR, room VARCHAR, metric VARCHAR, value DOUBLE
)
"""
INTO = """
INSERT INTO event SELECT seen, 'H' || lpad(home::VARCHAR, 5, '0'), $part, $kind, $room, $metric, value FROM columns
"""
OUT = """
COPY (
    SELECT observed_at, home || '-' || part AS device, metric, value, home, room, kind, 's' || (hash(home) % 10) AS site
    FROM event ORDER BY observed_at
) TO '{file}' (HEADER)
"""


def make_history(file: Path, *, homes: int, days: int, seed: int) -> int:
    """Write an events CSV; how many rows it has."""
    throw = np.random.default_rng(seed)
    scratch = duckdb.connect()
    scratch.execute(TABLE)
    hours = BUSY / BUSY.sum()
    for part, kind, room, metric, begins, often, lasts_s, beats in DEVICES:
        count = homes * days * often
        hour = throw.choice(24, size=count, p=hours)
        at = throw.integers(0, days, count) * DAY_MS + hour * 3_600_000 + throw.integers(0, 3_600_000, count)
        home = throw.integers(0, homes, count)
        _add(scratch, at, home, part, kind, room, metric, np.full(count, begins))
        until = at + throw.integers(1_000, lasts_s * 1_000 + 1_001, count)
        _add(scratch, until, home, part, kind, room, metric, np.full(count, 1.0 - begins))
        # Heartbeats come every so often from power-up on, not at random.
        home = np.repeat(np.arange(homes), days * beats)
        at = np.tile(np.arange(days * beats) * (DAY_MS // beats), homes) + home * 997 % (DAY_MS // beats)
        battery = np.maximum(100.0 - home % 90 - (at // DAY_MS) * 0.5, 1.0)
        _add(scratch, at, home, part, kind, room, "battery", np.floor(battery))
    falls = max(homes * days // 300, 1)  # one in ten months, most of them false
    fell = throw.integers(0, days * DAY_MS, falls)
    _add(
        scratch,
        fell,
        throw.integers(0, homes, falls),
        "pendant",
        "pendant",
        "随身",
        "event.fall",
        throw.random(falls),
    )
    scratch.execute(OUT.format(file=file))
    row = scratch.execute("SELECT count(*) FROM event").fetchone()
    scratch.close()
    return int(row[0]) if row else 0


def _add(
    scratch: duckdb.DuckDBPyConnection,
    at: npt.NDArray[np.int64],
    home: npt.NDArray[np.int64],
    part: str,
    kind: str,
    room: str,
    metric: str,
    value: npt.NDArray[np.float64],
) -> None:
    columns = {"seen": at + START, "home": home, "value": value}  # noqa: F841 the next line names it
    scratch.execute(INTO, {"part": part, "kind": kind, "room": room, "metric": metric})


def backtest(file: Path, folder: Path) -> dict[str, Any]:
    """Run the command on the file; how long it took, and its own answer."""
    command = [str(CAREHUB), "rules", "backtest", "--events", str(file), "--json"]
    began = time.monotonic()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=None, cwd=folder)
    seconds = time.monotonic() - began
    return {"seconds": seconds, "answer": json.loads(done.stdout)}


@contextmanager
def hub(folder: Path) -> Iterator[tuple[int, Path]]:
    """A hub over a broker of its own, with devices that may fall; its broker's port and its operational database."""
    sheet, data, config = folder / "load.csv", folder / "data", folder / "carehub.toml"
    broker = start_broker(folder / "broker", port=0)
    try:
        _say(broker.port, "--registry", str(sheet), "--registry-only")
        config.write_text(f'[hub]\ndata = "{data}"\n[mqtt]\nport = {broker.port}\n[http]\nport = 0\n')
        command = [str(CAREHUB), "import", str(sheet), "-c", str(config)]
        subprocess.run(command, check=True, capture_output=True)
        with (folder / "hub.txt").open("w") as log:
            running = subprocess.Popen([str(CAREHUB), "run", "-c", str(config)], stdout=log, stderr=log)
        try:
            _say(broker.port, "--messages", "200", "--rate", "20", "--event-every", "10")  # warm
            yield broker.port, data / "operations.sqlite"
        finally:
            running.terminate()
            running.wait()
    finally:
        broker.stop()


def _say(port: int, *more: str) -> None:
    command = [str(SIMULATOR), "load", "--port", str(port), "--devices", "500", *more]
    subprocess.run(command, check=True, capture_output=True)


def latency(port: int, database: Path, *, seconds: float) -> dict[str, float]:
    """Two falls a second for so long: how long each took from the device's own time to its alert, in ms."""
    began = time.time_ns() // 1_000_000
    _say(
        port,
        "--messages",
        str(int(seconds * 20)),
        "--rate",
        "20",
        "--event-every",
        "10",
        "--seed",
        str(began),
    )
    time.sleep(1)
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reading:
        rows = reading.execute(
            "SELECT raised_wall_ms - active_at FROM alert WHERE rule = 'fall' AND active_at >= ?", (began,)
        ).fetchall()
    took = np.array([row[0] for row in rows], dtype=np.float64)
    return {
        "alerts": len(took),
        "p50_ms": round(float(np.percentile(took, 50)), 1),
        "p99_ms": round(float(np.percentile(took, 99)), 1),
    }


def beside(folder: Path, events: Path) -> dict[str, Any]:
    """Run the backtest beside a hub; what it took, and the alerts' latency alone, within the backtest, and alone again."""
    with hub(folder) as (port, database):
        alone = latency(port, database, seconds=ALONE_S)
        print(f"hub alone:     {alone}", flush=True)
        with ThreadPoolExecutor(1) as pool:
            judging = pool.submit(backtest, events, folder)
            time.sleep(5)
            within = latency(port, database, seconds=WITHIN_S)
            if judging.done():
                print(f"the backtest ended before its {WITHIN_S} s of falls did: give it more homes")
            found = judging.result()
        print(f"hub beside it: {within}")
    return found


def main() -> None:
    """Print what was judged, how fast, and what a hub beside it felt of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--hub", action="store_true", help="run a hub beside it, and look at its alerts")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as name:
        folder = Path(name)
        rows = make_history(folder / "events.csv", homes=asked.homes, days=asked.days, seed=asked.seed)
        print(
            f"{rows:,} readings of {asked.homes} homes and {asked.days} days, {rows / asked.homes / asked.days:.0f} a day each"
        )
        found = (
            beside(folder, folder / "events.csv") if asked.hub else backtest(folder / "events.csv", folder)
        )
        seconds, rules = found["seconds"], found["answer"]["rules"]
        alerts = sum(rule["alerts"] for rule in rules.values())
        print(
            f"{seconds:.1f} s, {rows / seconds:,.0f} readings a second on {os.cpu_count()} cores; "
            f"{len(rules)} rules, {alerts:,} alerts"
        )


if __name__ == "__main__":
    main()
