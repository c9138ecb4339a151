"""The store bench measures what it says: every row in the store once, also when written twice, beside its floor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from parts import real_part

from gateway.bench import store
from gateway.bench.station import BenchError
from gateway.bench.store import bench

ROWS = 4_000
FALLS = ROWS // 2 // store.FALL_EVERY
QUESTIONS = ("device_day", "place_day", "device_hours", "place_days")


def test_the_bench_counts_what_duckdb_holds() -> None:
    command = [str(Path(sys.executable).with_name("carehub")), "bench", "store", "--json", "--kind", "duckdb"]
    done = subprocess.run(
        [*command, "--rows", str(ROWS)], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"] == ROWS + FALLS
    assert found["influxdb"] is None
    assert "influxdb_missing" not in found, "nobody asked for it"
    assert_whole(found["duckdb"])


def test_the_bench_counts_what_a_real_influxdb_holds() -> None:
    real_part("influxd")
    found = bench(rows=ROWS, kinds=["influxdb"], progress=lambda _: None)
    assert found["influxdb_missing"] == ""
    assert found["duckdb"] is None
    assert_whole(found["influxdb"])
    assert found["influxdb"]["floor_by_proxy_rows_per_s"] > 0


def test_without_influxd_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.bench.influx.SBIN", ())
    monkeypatch.setenv("PATH", "/nowhere")
    found = bench(rows=2, kinds=["influxdb"], progress=lambda _: None)
    assert found["influxdb"] is None
    assert "not installed" in found["influxdb_missing"]


@pytest.mark.parametrize("wrong", [{"counted": 9}, {"counted_again": 11}, {"refused": 1}])
def test_a_row_that_is_missing_or_doubled_or_refused_is_an_error(wrong: dict[str, int]) -> None:
    whole = {"counted": 10, "counted_again": 10, "refused": 0}
    store._check("DuckDB", 10, whole, {"at the end": 10})
    with pytest.raises(BenchError, match="does not hold the rows"):
        store._check("DuckDB", 10, whole | wrong, {"at the end": 10})
    with pytest.raises(BenchError, match="at the end: 9 of 10"):
        store._check("DuckDB", 10, whole, {"at the end": 9})


def assert_whole(of: dict[str, Any]) -> None:
    assert of["counted"] == of["counted_again"] == ROWS + FALLS
    assert of["written_again"] > 0
    assert of["refused"] == 0
    assert {
        "rows_per_s",
        "floor_rows_per_s",
        "ratio",
        "cpu_us_per_row",
        "rss_mb",
        "bytes_per_row",
    } <= of.keys()
    assert of["bytes_per_row"] > 0
    for question in QUESTIONS:
        assert 0 < of[f"{question}_p50_ms"] <= of[f"{question}_p99_ms"]
