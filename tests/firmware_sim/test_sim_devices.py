"""Each kind of device: the exact bytes it says, and its firmware's habits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import golden_wire
import pytest

from firmware_sim import devices
from firmware_sim.daytime import DAY, SECOND
from firmware_sim.devices import KINDS, Device, UnknownWordError

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
    with pytest.raises(UnknownWordError, match="a pendant does not know 'open'; it knows test, fall, wear"):
        make("pendant").feel(T0, "open")


def test_without_a_clock_there_is_no_ts() -> None:
    assert b'"ts"' not in make("sos").feel(None, "sos")[0].payload


@pytest.fixture
def leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The guide's new kind in a folder of its own that belongs to the package, and a folder for its golden file."""
    monkeypatch.setattr(devices, "__path__", [*devices.__path__, str(tmp_path / "devices")])
    (tmp_path / "devices").mkdir()
    (tmp_path / "golden").mkdir()
    (tmp_path / "devices" / "leak.py").write_text(of_the_guide("python"), encoding="utf-8")
    yield tmp_path / "golden"
    for name in ("leak", "twin"):
        sys.modules.pop(f"firmware_sim.devices.{name}", None)
        vars(devices).pop(name, None)


def of_the_guide(language: str) -> str:
    guide = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    return guide.split("## Adding a kind of device")[1].split(f"```{language}\n")[1].split("```")[0]


def test_a_new_kind_is_one_short_file_and_one_golden_payload(
    leak: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the guide shows it; nothing else is edited."""
    monkeypatch.delenv("CAREHUB_GOLDEN", raising=False)
    kinds = devices.kinds_in(devices.__path__)
    assert sorted({*kinds} - {*KINDS}) == ["leak"]
    kinds = {"leak": kinds["leak"]}
    (missing,) = golden_wire.check(kinds, leak)
    assert "leak.json is missing: say in it what happens" in missing
    assert "CAREHUB_GOLDEN=write pytest tests/firmware_sim/test_sim_devices.py" in missing

    (leak / "leak.json").write_text(of_the_guide("json"), encoding="utf-8")
    (unsaid,) = golden_wire.check(kinds, leak)
    assert "leak.json does not hold what the device says" in unsaid
    monkeypatch.setenv("CAREHUB_GOLDEN", "write")
    assert golden_wire.check(kinds, leak) == []
    monkeypatch.delenv("CAREHUB_GOLDEN")
    assert golden_wire.check(kinds, leak) == []
    written = (leak / "leak.json").read_text(encoding="utf-8")
    assert written.startswith(of_the_guide("json").rstrip("\n}"))  # what was typed stands as it was
    assert [each["topic"].split("/")[-1] for each in json.loads(written)["messages"]] == [
        "status", "telemetry", "event", "telemetry", "telemetry",
    ]  # fmt: skip

    (leak / "leak.json").write_text(written.replace("true", "false"), encoding="utf-8")
    assert len(golden_wire.check(kinds, leak)) == 1
    assert len(golden_wire.check({}, leak)) == 1  # a file of no kind


def test_two_modules_of_one_kind_are_refused(leak: Path) -> None:
    (leak.parent / "devices" / "twin.py").write_text(of_the_guide("python"), encoding="utf-8")
    with pytest.raises(ValueError, match="already has the kind 'leak'; choose another"):
        devices.kinds_in(devices.__path__)
