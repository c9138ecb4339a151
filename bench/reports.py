"""A month's reports of fifty stations, and of the facilities and the area: how long they take, how large they are.

``python bench/reports.py [--stations 50] [--facilities 10] [--json]``. Fills a real operational database and a real store with
two months, then has ``carehub report … --all`` write each report as XLSX, CSV, HTML and PDF, in two processes.
Wanted: a month of fifty stations in under a minute on two cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gateway.bench import report_town as town
from gateway.keeping import keep
from gateway.operations.database import open_database
from gateway.parts import open_store
from gateway.settings import load_settings

PERIOD = "2026-10"
FORMS = "xlsx,csv,html,pdf"
WANTED_S = 60.0
HOMES, ALERTS = 30, 150  # a station; alerts a month


def main() -> None:
    """Fill, make, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--stations", type=int, default=50)
    asked.add_argument("--facilities", type=int, default=10)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="carehub-reports-") as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        config = folder / "carehub.toml"
        config.write_text(f'[hub]\ndata = "{data}"\n[http]\nport = 1\n', encoding="utf-8")
        filled = _fill(data, config, given.stations, given.facilities)
        found = {kind: _make(kind, folder) for kind in ("station", "facility", "area")}
    answer = {
        "stations": given.stations,
        "facilities": given.facilities,
        "filled": filled,
        "wanted_s": WANTED_S,
        **found,
    }
    if given.json:
        print(json.dumps(answer))
        return
    for kind, one in found.items():
        print(
            f"{kind}: {one['reports']} reports, {one['files']} files in {one['wall_s']:.1f} s ({one['cpu_s']:.1f} s CPU)"
        )
        print(f"  {one['ms_each']:.0f} ms CPU each; bytes each: {one['bytes_each']}")


def _fill(data: Path, config: Path, stations: int, facilities: int) -> dict[str, float]:
    begun = time.perf_counter()
    database = open_database(data / "operations.sqlite")
    town.fill(database, many=stations, homes=HOMES, alerts=ALERTS, facilities=facilities)
    database.dispose()
    settings = load_settings(config)
    kept, rows = keep(settings, open_store(settings), newest_ms=town.end_ms), 0
    for cursor, batch in enumerate(town.readings(facilities), 1):
        kept.store.write(batch, cursor=cursor)
        rows += len(batch.value)
    kept.stop()
    return {"alerts": stations * ALERTS * 2, "readings": rows, "s": round(time.perf_counter() - begun, 1)}


def _make(kind: str, folder: Path) -> dict[str, Any]:
    out = folder / kind
    command = [
        sys.executable,
        "-c",
        "from gateway.cli import main; main()",
        "report",
        kind,
        "--period",
        PERIOD,
        "--all",
    ]
    command += ["--format", FORMS, "-o", str(out), "-c", str(folder / "carehub.toml"), "--json"]
    before, begun = _cpu(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    wall, cpu = time.perf_counter() - begun, _cpu() - before
    reports = json.loads(done.stdout)["reports"]
    sizes = {form: [file.stat().st_size for file in out.glob(f"*.{form}")] for form in FORMS.split(",")}
    return {
        "reports": len(reports),
        "files": sum(map(len, sizes.values())),
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "ms_each": round(1000 * cpu / len(reports)),
        "bytes_each": {form: sum(each) // len(each) for form, each in sizes.items()},
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
