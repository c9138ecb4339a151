"""Each kind of device: the exact bytes it says, and its firmware's habits."""

from __future__ import annotations

import runpy
from pathlib import Path

import golden_wire
import pytest

from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, SECOND
from firmware_sim.devices import KINDS, Device, UnknownWordError
from firmware_sim.wire import Identity

T0 = golden_wire.T0
DEVICES = {"motion": "H0001-pir-bath", "contact": "H0001-door", "counter": "F-hall-counter"}


def make(kind: str, *, charge: float = 1.0) -> Device:
    return golden_wire.make(KINDS, kind, DEVICES.get(kind, f"H0001-{kind}"), "GW-01", charge=charge)


def test_each_kind_says_exactly_the_bytes_of_its_file() -> None:
    wrong = golden_wire.check(KINDS)
    assert not wrong, "\n".join(wrong)


def test_a_motion_sensor_rearms_only_after_a_minute_without_movement() -> None:
    pir = make("motion")
    assert [m.names for m in pir.feel(T0, "motion")] == [("motion",)]
    assert pir.feel(T0 + 30 * SECOND, "motion") == []
    assert pir.wake(T0 + 60 * SECOND) == []
    assert pir.wake_at_ms == T0 + 90 * SECOND
    assert b'"motion":false' in pir.wake(T0 + 90 * SECOND)[0].payload
    assert pir.wake_at_ms is None


def test_a_state_that_does_not_change_is_not_said_again() -> None:
    door = make("contact")
    assert door.feel(T0, "close") == []


def test_a_counter_never_shows_less_than_nobody() -> None:
    counter = make("counter")
    assert b'"occupancy":0,"in":0,"out":1' in counter.feel(T0, "leave")[0].payload


def test_a_battery_stays_high_and_falls_away_at_the_end() -> None:
    sos = make("sos")
    levels = [sos.battery_percent(T0 + share * 9 * DAY) for share in (0, 25, 50, 75, 90, 100, 120)]
    assert levels == [100, 84, 66, 44, 25, 1, 1]


def test_a_dead_device_says_nothing_until_it_gets_a_battery() -> None:
    pendant = make("pendant")
    old = pendant.boot
    assert pendant.feel(T0, "die") == pendant.feel(T0, "fall") == pendant.heartbeat(T0) == []
    said = pendant.feel(T0 + SECOND, "swap")
    assert [(m.kind, m.seq) for m in said] == [("status", 0), ("telemetry", 1)]
    assert pendant.boot != old
    assert b'"battery":100' in said[1].payload


def test_a_heartbeat_comes_in_time() -> None:
    pendant = make("pendant")
    assert all(0.9 <= pendant.heartbeat_after_ms() / 1000 / pendant.heartbeat_s <= 1 for _ in range(200))


def test_an_unknown_word_names_the_known_ones() -> None:
    with pytest.raises(UnknownWordError, match="a pendant does not know 'open'; it knows fall, wear"):
        make("pendant").feel(T0, "open")


def test_without_a_clock_there_is_no_ts() -> None:
    assert b'"ts"' not in make("sos").feel(None, "sos")[0].payload


def test_the_guide_to_a_new_kind_works(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    source = guide.split("```python\n")[1].split("```")[0]
    namespace = runpy.run_path(str(_written(tmp_path / "leak.py", source)))
    leak: Device = namespace["Leak"](
        Identity("lianhua", "H0001-leak", "GW-01"), dice=dice("golden"), since_ms=T0
    )
    said = [*leak.power_up(T0), *leak.feel(T0 + 1, "wet"), *leak.feel(T0 + 2, "dry")]
    assert [(m.kind, m.names) for m in said] == [
        ("telemetry", ("leak", "battery", "rssi")),
        ("event", ("leak",)),
        ("telemetry", ("leak",)),
    ]


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
