"""The band of the head count holds what it says: simulated facilities with known truth, weeks of them, minute by minute."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    file = Path(__file__).parents[1] / "bench" / "occupancy.py"
    spec = importlib.util.spec_from_file_location("bench_occupancy", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["bench_occupancy"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("scenario", "days"), [("typical", 14), ("misses_5", 14), ("one_dies", 19)])
def test_nine_minutes_of_ten_lie_within_the_band(bench: ModuleType, scenario: str, days: int) -> None:
    """Facilities that the figures of the rules were not set by."""
    found = bench.Found()
    for seed in (101, 102, 103, 105, 106):
        made = bench.SCENARIOS[scenario].make(seed, days)
        lived = bench.lived(made, bench.SCENARIOS[scenario], every=15 * 60_000)
        found.open.add(lived.open)
        found.all.add(lived.all)
    assert 0.85 <= found.open.within / found.open.shut <= 0.95
    assert found.open.shut / found.open.minutes > 0.9
    assert found.open.width / found.open.shut < 12
