"""How soon a year's view opens: of 50 facilities, of 20 communities with 1,000 homes, of one home; beside reading raw rows.

A DuckDB is filled with a year of kept figures, of day summaries of homes, and with four weeks of readings (a year of them is
thirteen times as much); with ``--influx`` (a program like Debian's influxd, 1.6) an InfluxDB as well, without the readings.
Times are the median of five, of a query as the hub's port asks it, to the last Python object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import duckdb

from gateway.bench.influx_proxy import InfluxProxy
from gateway.figures_kept.reading import FigureQuery, FigureStore
from gateway.occupancy.kept_days import YEAR_NAMES
from gateway.store import line_protocol
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_figures import DuckDBFigures
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.influxdb import BUCKET_PLACES, InfluxStore
from gateway.store.influxdb_figures import InfluxFigures
from gateway.store.influxdb_keeping import BUCKET_HOMES_SUMMARY, BUCKET_PLACES_SUMMARY, InfluxKeeping
from gateway.store.summaries import Keeping, Series

HOUR_MS, DAY_MS, WEEK_MS = 3_600_000, 86_400_000, 604_800_000
END = 1_772_294_400_000  # 1 March 2026, 00:00 in Shanghai
DAYS, RAW_DAYS = 365, 28
BEGIN = END - DAYS * DAY_MS
HOMES, FACILITIES, COMMUNITIES = 1_000, 50, 20
TIMES = 5
WANTED_S = 1.0

USE_DAY = (
    "people_h", "peak", "came", "went", "drift", "known_h", "used_h", "open_h", "open_known_h", "open_used_h", "capacity",
)  # fmt: skip
USE_HOUR = ("people", "lower", "upper", "peak", "came", "went", "usual", "unusual", "drift", "capacity")
KINDS = ("pendant", "contact", "motion", "radar", "sos", "counter", "gateway")
FLEET = ("devices", "online", "silent", "battery_low", "battery_30d", "signal_weak", "clock_wrong")
AREA = ("homes", "stations", "staffed", "hearing", "neighbourhoods", "covered")
CLASSES = ("life_safety", "care", "facility", "device")
LOAD = ("per_hour", "peak_10min", "floods", "over_12h", "chatter", "stale", "shelved")
HOME_SERIES = (
    ("pir-living", "motion"), ("pir-bed", "motion"), ("pir-bath", "motion"), ("door", "contact"), ("radar", "presence"),
    ("pir-living", "battery"), ("pir-bed", "battery"), ("pir-bath", "battery"), ("door", "battery"), ("pendant", "battery"),
    ("sos", "battery"), ("radar", "online"),
)  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """A question: rows, how long it took, the CPU's time with the store's own process (medians); the raw rows beside it."""

    store: str
    view: str
    rows: int
    s: float
    cpu_s: float
    raw_rows: int | None = None
    raw_s: float | None = None


@dataclass(frozen=True)
class Family:
    """Figures to make up: of each place and device, every so many ms."""

    table: str
    every_ms: int
    places: str  # SQL for the place, of n
    many: int
    devices: tuple[str, ...]
    metrics: tuple[str, ...]


PLACE_HOME = "'H' || lpad(n::VARCHAR, 4, '0')"
PLACE_FACILITY = "'F-' || lpad(n::VARCHAR, 2, '0')"
PLACE_COMMUNITY = "'福田区/街道' || n // 5 || '/社区' || n"
SELF = ("carehub",)
HALL, COMMUNITY = "F-07", "福田区/街道1/社区7"  # one of them is looked at by the hour
FAMILIES = (
    Family("figure_now", 300_000, PLACE_FACILITY, FACILITIES, SELF, ("use.people", "use.lower", "use.upper", "use.capacity")),
    Family("figure_hour", HOUR_MS, PLACE_FACILITY, FACILITIES, SELF, tuple(f"use_1h.{m}" for m in USE_HOUR)),
    Family("figure_hour", HOUR_MS, PLACE_COMMUNITY, COMMUNITIES, KINDS, tuple(f"fleet.{m}" for m in FLEET)),
    Family("figure_hour", HOUR_MS, PLACE_COMMUNITY, COMMUNITIES, SELF, tuple(f"area.{m}" for m in AREA)),
    Family("figure_day", DAY_MS, PLACE_FACILITY, FACILITIES, SELF, tuple(f"use_1d.{m}" for m in USE_DAY)),
    Family("figure_day", DAY_MS, PLACE_COMMUNITY, COMMUNITIES, CLASSES, ("duty_1d.alerts",)),
    Family("figure_day", DAY_MS, PLACE_COMMUNITY, COMMUNITIES, SELF, tuple(f"duty_1d.{m}" for m in LOAD)),
)  # fmt: skip
HOURS_ASKED = ("use_1h.people", "use_1h.usual", "fleet.online", "fleet.silent")
TABLES = ("figure_now", "figure_hour", "figure_day", "reading_day", "reading")


def main() -> None:
    """Fill, ask, print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    given.add_argument("--only-influx", action="store_true", help="leave the DuckDB out")
    given.add_argument("--influx", help="program of an InfluxDB 1.x to be tried as well")
    asked = given.parse_args()
    found: list[Timed] = []
    say(f"load of the machine: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        if not asked.only_influx:
            found += of_duckdb(Path(folder) / "year.duckdb")
        if asked.influx:
            with influx_of(asked.influx, Path(folder)) as (store, pid):
                found += views("InfluxDB 1.6.7", InfluxFigures(store), InfluxKeeping(store), None, pid)
    slow = [one for one in found if one.s > WANTED_S]
    if asked.json:
        print(
            json.dumps(
                {"wanted_s": WANTED_S, "timed": [asdict(one) for one in found], "slow": len(slow)},
                ensure_ascii=False,
            )
        )
    else:
        print("\n".join(line(one) for one in found))
    sys.exit(1 if slow else 0)


def line(one: Timed) -> str:
    """A line of the table in bench/RESULTS.md."""
    raw = "" if one.raw_s is None else f"{one.raw_s:.2f} ({one.raw_rows:,})"
    return f"| {one.store} | {one.view} | {one.rows:,} | {one.s:.2f} | {one.cpu_s:.2f} | {raw} |"


def of_duckdb(file: Path) -> list[Timed]:
    """The embedded store."""
    store = DuckDBStore(file)
    figures, keeping = DuckDBFigures(store), DuckDBKeeping(store)
    with store.work("filling") as connection:
        for family in FAMILIES:
            fill(connection, family)
        fill_homes(connection)
        fill_raw(connection)
        connection.execute("CHECKPOINT")
        rows = [connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in TABLES]  # noqa: S608 ours
    say(f"DuckDB: {dict(zip(TABLES, rows, strict=True))} rows, {file.stat().st_size / 1e6:.0f} MB")
    return [*views("DuckDB", figures, keeping, lambda question: raw(store, question)), *batch(figures)]


def views(
    name: str,
    figures: FigureStore,
    keeping: Keeping,
    raw_of: Callable[[str], tuple[int, float]] | None,
    child: int = 0,
) -> Iterator[Timed]:
    """What a year's view asks. ``raw_of`` reads the raw rows of four weeks for the same."""
    counted = "NOT home AND metric IN ('occupancy', 'in', 'out')"
    for view, metrics, places, question in (
        ("50 facilities, use by day", [f"use_1d.{m}" for m in YEAR_NAMES], (), counted),
        (
            "one facility, people and usual by hour",
            HOURS_ASKED[:2],
            (HALL,),
            f"{counted} AND place = '{HALL}'",
        ),
        ("50 facilities, people by hour, 4 weeks", HOURS_ASKED[:1], (), counted),
        ("20 communities, work by day", ["duty_1d.alerts", *(f"duty_1d.{m}" for m in LOAD)], (), ""),
        ("one community, its devices by hour", HOURS_ASKED[2:], (COMMUNITY,), "home AND metric = 'online'"),
    ):
        begin = END - RAW_DAYS * DAY_MS if "4 weeks" in view else BEGIN
        query = FigureQuery(metrics, places, begin, END)
        rows, took, used = timed(partial(_read, figures, query), child)
        beside = raw_of(question) if raw_of and question else (None, None)
        yield Timed(name, view, rows, took, used, *beside)
    rhythm = Series(BEGIN, END, place="H0040")
    rows, took, used = timed(lambda: len(keeping.kept("1d", rhythm)), child)
    yield Timed(
        name,
        "one home, its rhythm by day",
        rows,
        took,
        used,
        *(raw_of("home AND place = 'H0040'") if raw_of else (None, None)),
    )
    motion = Series(BEGIN, END, device="H0040-pir-living", metric="motion")
    rows, took, used = timed(lambda: len(keeping.kept("1d", motion)), child)
    yield Timed(name, "one device of a home by day", rows, took, used)


def batch(figures: DuckDBFigures) -> Iterator[Timed]:
    """An hour of figures is written into a year of them: what it replaces is found by its time."""
    found = figures.read(FigureQuery([f"fleet.{m}" for m in FLEET], (), END - HOUR_MS, END))

    def write() -> int:
        figures.write(found)
        return len(found)

    rows, took, used = timed(write)
    yield Timed("DuckDB", "written again: an hour of 20 communities", rows, took, used)


def _read(figures: FigureStore, query: FigureQuery) -> int:
    return len(figures.read(query))


def timed(work: Callable[[], int], child: int = 0) -> tuple[int, float, float]:
    """How many rows; the medians of how long it took, and of the CPU's time in this process and in ``child``."""
    took, used, rows = [], [], 0
    for _ in range(TIMES):
        begun, cpu = time.perf_counter(), cpu_s(child)
        rows = work()
        took.append(time.perf_counter() - begun)
        used.append(cpu_s(child) - cpu)
    return rows, statistics.median(took), statistics.median(used)


def cpu_s(child: int) -> float:
    """The CPU's time of this process and of that one (0: none)."""
    if not child:
        return time.process_time()
    ticks = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def raw(store: DuckDBStore, question: str) -> tuple[int, float]:
    """The readings of four weeks, added up by the day: the least that a view without kept figures would do."""
    asked = (
        "SELECT count(*), sum(rows) FROM (SELECT place, device, metric, time_ns // 86400000000000, avg(value), max(value), "  # noqa: S608 our words
        f"count(*) AS rows FROM reading WHERE {question} GROUP BY ALL)"
    )
    with store.work("reading") as connection:
        begun = time.perf_counter()
        _, rows = connection.execute(asked).fetchall()[0]
        return int(rows), time.perf_counter() - begun


def fill(connection: duckdb.DuckDBPyConnection, family: Family) -> None:
    """A year of a family's figures, a week after the other, as a hub writes them hour by hour."""
    for week in range(BEGIN, END, WEEK_MS):
        connection.execute(
            f"""INSERT INTO {family.table}
            SELECT metric, {family.places}, device, t, hash(n + t) % 60 + 0.25
            FROM range({week}, {min(week + WEEK_MS, END)}, {family.every_ms}) AS times(t), range({family.many}) AS places(n),
                (SELECT unnest($1::VARCHAR[]) AS device), (SELECT unnest($2::VARCHAR[]) AS metric)""",  # noqa: S608 ours
            [list(family.devices), list(family.metrics)],
        )


def fill_homes(connection: duckdb.DuckDBPyConnection) -> None:
    """Day summaries of every series of every home."""
    for week in range(BEGIN, END, WEEK_MS):
        connection.execute(
            f"""INSERT INTO reading_day
            SELECT home || '-' || part, home, true, metric, t, 40 + hash(n + t) % 30, 0, 1, 0.5, 20.5, 1, t, t + 80000000,
                CASE WHEN metric = 'battery' THEN NULL ELSE 3600000 END,
                CASE WHEN metric = 'battery' THEN NULL ELSE 80000000 END
            FROM range({week}, {min(week + WEEK_MS, END)}, {DAY_MS}) AS times(t),
                (SELECT n, {PLACE_HOME} AS home FROM range({HOMES}) AS homes(n)),
                (SELECT unnest($1::VARCHAR[]) AS part, unnest($2::VARCHAR[]) AS metric)""",  # noqa: S608 ours
            [[part for part, _ in HOME_SERIES], [metric for _, metric in HOME_SERIES]],
        )


def fill_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Four weeks of readings: a home's series say something every half hour, a facility's counter every two minutes."""
    for home, many, every, parts, metrics in (
        (True, HOMES, 1_800_000, [part for part, _ in HOME_SERIES], [metric for _, metric in HOME_SERIES]),
        (False, FACILITIES, 120_000, ["door1"] * 3, ["occupancy", "in", "out"]),
    ):
        place = PLACE_HOME if home else PLACE_FACILITY
        for week in range(END - RAW_DAYS * DAY_MS, END, WEEK_MS):
            connection.execute(
                f"""INSERT INTO reading
                SELECT {place} || '-' || part, {place}, {home}, metric, t * 1000000 + n, hash(n + t) % 40, NULL, 'good', 'b',
                    n, t
                FROM range({week}, {week + WEEK_MS}, {every}) AS times(t), range({many}) AS places(n),
                    (SELECT unnest($1::VARCHAR[]) AS part, unnest($2::VARCHAR[]) AS metric)""",  # noqa: S608 ours
                [parts, metrics],
            )


@contextmanager
def influx_of(program: str, folder: Path) -> Iterator[tuple[InfluxStore, int]]:
    """An InfluxDB 1.x of its own, behind the proxy that gives it 2.x's write path."""
    config = folder / "influxdb.conf"
    config.write_text(
        f"""reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
cache-max-memory-size = "2g"
max-series-per-database = 0
[http]
bind-address = "127.0.0.1:{PORT}"
log-enabled = false
max-body-size = 0
"""
    )
    with subprocess.Popen(
        [program, "-config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            with InfluxProxy(f"http://127.0.0.1:{PORT}") as proxy:
                filling = opened(proxy.url, folder)
                wait_for(filling)
                fill_influx(filling)
                filling.close()
            store = opened(f"http://127.0.0.1:{PORT}", folder)  # who reads needs no proxy
            yield store, child.pid
            store.close()
        finally:
            child.kill()


PORT = 18_986


def opened(url: str, folder: Path) -> InfluxStore:
    """A client of it."""
    return InfluxStore(url=url, org="carehub", token="", cursor_file=folder / "cursor", timeout_s=120)


def wait_for(store: InfluxStore) -> None:
    """Until it answers."""
    for _ in range(100):
        try:
            store.measurements(BUCKET_PLACES)
        except Exception:  # noqa: BLE001 it is not there yet
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the InfluxDB does not answer")


def fill_influx(store: InfluxStore) -> None:
    """A year of the days, of the hours that are asked for, and of the days of a hundred homes."""
    with duckdb.connect() as scratch:
        for family in FAMILIES[1:]:
            scratch.execute(
                f"CREATE TABLE IF NOT EXISTS {family.table} "
                "(metric VARCHAR, place VARCHAR, device VARCHAR, at_ms BIGINT, value DOUBLE)"
            )
            asked = tuple(name for name in family.metrics if family.every_ms == DAY_MS or name in HOURS_ASKED)
            fill(scratch, replace(family, metrics=asked))
        chosen = f"at_ms >= {END - RAW_DAYS * DAY_MS} OR place IN ('{HALL}', '{COMMUNITY}')"
        for table, which in (("figure_hour", chosen), ("figure_day", "true")):
            rows = scratch.execute(f"SELECT metric, place, device, at_ms, value FROM {table} WHERE {which}")  # noqa: S608 ours
            while part := rows.fetchmany(20_000):
                store.write_points(BUCKET_PLACES, [point(*row) for row in part])
    summaries = [
        line_protocol.line(
            metric, {"device": f"H{home:04d}-{part}", "place": f"H{home:04d}", "span": "1d"},
            {"count": 40, "min": 0.0, "max": 1.0, "mean": 0.5, "sum": 20.5, "last": 1.0, "first_at": at,
             "last_at": at + 80_000_000,
             "on_ms": 3_600_000, "known_ms": 80_000_000},
            at * 1_000_000,
        )
        for home in range(0, HOMES, 10) for part, metric in HOME_SERIES for at in range(BEGIN, END, DAY_MS)
    ]  # fmt: skip
    for begin in range(0, len(summaries), 20_000):
        store.write_points(BUCKET_HOMES_SUMMARY, summaries[begin : begin + 20_000])
    store.write_points(BUCKET_PLACES_SUMMARY, summaries[:1])  # who reads expects the bucket


def point(metric: str, place: str, device: str, at: int, value: float) -> str:
    """A figure as ``InfluxFigures`` writes it."""
    fields: dict[str, line_protocol.FieldValue] = {"value": value, "quality": "good", "seq": 0}
    return line_protocol.line(metric, {"device": device, "place": place}, fields, at * 1_000_000)


def say(text: str) -> None:
    """To who waits."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
