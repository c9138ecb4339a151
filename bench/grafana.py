"""How long Grafana's dashboards wait for InfluxDB: each query, and all of a page together as a browser asks them.

    .venv/bin/python bench/grafana.py [--facilities 50] [--communities 20] [--rounds 3] [--json]

A real InfluxDB 1.x. First the simulated month of the tests, written by the hub's own code, looked at as a month: all, one and
several chosen. Then a month of hours and a year of days of many facilities and communities (1,000 homes are 20 communities of
50), written by the table of docs/stored.md, looked at as a month and as a year. A query's time is the median of its rounds; a
page's is from the first query to the last answer, six at a time. Nothing is warmed up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from stored_table import Town, lines

from dashboards.filling import DAY_MS, Asked, Chosen, asked_by, filled
from dashboards.render import JSON_FOLDER
from gateway.bench.influx import LocalInflux, local_influx
from gateway.bench.process import cpu_s
from gateway.bench.station import machine
from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_figures import InfluxFigures

TESTS = Path(__file__).parents[1] / "tests"
AT_ONCE = 6  # connections of a browser to one host
BATCH = 20_000
PAGES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(JSON_FOLDER.glob("*.json"))]

Choice = Mapping[str, Sequence[str]]


@dataclass
class Taken:
    """What came of one look: milliseconds by query and by page, those of InfluxDB's own work, the queries without rows."""

    queries: dict[str, float] = field(default_factory=dict)
    pages: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As JSON: the worst first."""
        ranked = sorted(self.queries.items(), key=lambda one: -one[1])
        return {
            "queries": len(ranked), "worst_ms": round(ranked[0][1], 1), "worst": ranked[0][0],
            "over_500_ms": [name for name, ms in ranked if ms > 500], "empty": self.empty,
            "pages_ms": {name: round(ms, 1) for name, ms in self.pages.items()},
            "pages_influxd_cpu_ms": {name: round(ms, 1) for name, ms in self.cpu.items()},
            "each_ms": {name: round(ms, 1) for name, ms in ranked},
        }  # fmt: skip


@dataclass(frozen=True)
class Looked:
    """A database to be looked at."""

    influx: LocalInflux
    database: str = "care_places"

    def ask(self, text: str) -> int:
        """Ask as Grafana does; how many rows came back."""
        form = urllib.parse.urlencode({"db": self.database, "epoch": "ms", "q": text}).encode()
        address = f"http://127.0.0.1:{self.influx.port}/query"
        with urllib.request.urlopen(address, data=form) as answer:
            found = json.load(answer)["results"][0]
        if "error" in found:
            raise SystemExit(f"{text}\n{found['error']}")
        return sum(len(series["values"]) for series in found.get("series", []))

    def write(self, some: Sequence[str]) -> None:
        """Write lines."""
        address = f"http://127.0.0.1:{self.influx.port}/write?db={self.database}&precision=ms"
        request = urllib.request.Request(address, data="\n".join(some).encode())
        with urllib.request.urlopen(request):  # noqa: S310 as above
            pass

    def look(self, chosen: Chosen, *, one_place: str, rounds: int) -> Taken:
        """Ask everything: each by itself, then each page at once."""
        taken = Taken()
        for page in PAGES:
            texts = {
                f"{one.dashboard} {one.where}": self._text(one, chosen, one_place) for one in asked_by(page)
            }
            for name, text in texts.items():
                times = []
                for _ in range(rounds):
                    begun = time.perf_counter()
                    rows = self.ask(text)
                    times.append((time.perf_counter() - begun) * 1000)
                taken.queries[name] = statistics.median(times)
                if not rows:
                    taken.empty.append(name)
            begun, worked = time.perf_counter(), cpu_s(self.influx.pid)
            with ThreadPoolExecutor(AT_ONCE) as browser:
                [*browser.map(self.ask, texts.values())]
            taken.pages[page["uid"]] = (time.perf_counter() - begun) * 1000
            taken.cpu[page["uid"]] = (cpu_s(self.influx.pid) - worked) * 1000
        return taken

    @staticmethod
    def _text(asked: Asked, chosen: Chosen, one_place: str) -> str:
        if not asked.repeated:
            return filled(asked, chosen)
        one = {**chosen.variables, asked.repeated: [one_place]}
        return filled(asked, Chosen(chosen.from_ms, chosen.to_ms, one))


def main() -> None:
    """Measure, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--facilities", type=int, default=50)
    parser.add_argument("--communities", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    err = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="carehub-bench-", ignore_cleanup_errors=True) as name:
        with local_influx(Path(name) / "small") as influx:
            found = {"machine": machine(), **_month(influx, Path(name), options.rounds, err)}
        with local_influx(Path(name) / "large") as influx:
            found |= _large(influx, options, err)
    if options.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return
    for look, taken in found.items():
        if isinstance(taken, dict):
            print(f"{look}: {taken['queries']} queries, worst {taken['worst_ms']} ms ({taken['worst']})")
            print(
                f"  pages, six at a time, ms: {taken['pages_ms']}; without rows: {taken['empty'] or 'none'}"
            )


def _month(influx: LocalInflux, folder: Path, rounds: int, err: Console) -> dict[str, Any]:
    """The month that the hub's own code writes."""
    sys.path.insert(0, str(TESTS))
    from simulated_month import simulated_month, write_month  # noqa: PLC0415 the tests' own, found by its path

    err.print("living through a month …")
    (folder / "month").mkdir()
    month = simulated_month(folder / "month")
    store = InfluxStore(url=influx.url, org="carehub", token="any", cursor_file=folder / "cursor")  # noqa: S106 no secret
    write_month(month, store, InfluxFigures(store))
    store.close()
    looked = Looked(influx)
    choices: Mapping[str, Choice] = {
        "all": {},
        "one": {
            "place": ["A-F-hall"],
            "street": ["福田区/莲花街道"],
            "community": ["福田区/莲花街道/莲花社区"],
        },
        "several": {
            "place": ["A-F-hall", "B-F-hall"],
            "community": ["福田区/莲花街道/莲花社区", "福田区/莲花街道/景田社区"],
        },
    }
    return {
        f"month_{name}": looked.look(
            Chosen(month.begin, month.end, choice), one_place="A-F-hall", rounds=rounds
        ).told()
        for name, choice in choices.items()
    }


def _large(influx: LocalInflux, options: argparse.Namespace, err: Console) -> dict[str, Any]:
    """Many facilities and communities."""
    town = Town(1_763_899_200_000, facilities=options.facilities, communities=options.communities)
    looked = Looked(influx)
    looked.ask("CREATE DATABASE care_places")
    err.print("writing a month of hours and a year of days …")
    waiting, count = [], 0
    for line in lines(town):
        waiting.append(line)
        if len(waiting) == BATCH:
            looked.write(waiting)
            count += len(waiting)
            waiting.clear()
    looked.write(waiting)
    return {
        "large_points": count + len(waiting),
        **{
            f"large_{name}": looked.look(
                Chosen(town.end_ms - days * DAY_MS, town.end_ms),
                one_place=town.places[0],
                rounds=options.rounds,
            ).told()
            for name, days in (("month", 31), ("year", 365))
        },
    }


if __name__ == "__main__":
    main()
