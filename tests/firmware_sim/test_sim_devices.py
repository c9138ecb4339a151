"""Each kind of device: the exact bytes it says, and its firmware's habits."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, SECOND
from firmware_sim.devices import KINDS, Device, UnknownWordError
from firmware_sim.wire import Identity, Message, last_will

GOLDEN = Path(__file__).parents[1] / "golden" / "wire"
T0 = 1_750_000_000_000
# kind -> (device, what happens to it: seconds after power-up, word, value)
STORIES: dict[str, tuple[Identity, list[tuple[int, str, float | None]]]] = {
    "pendant": (
        Identity("lianhua", "H0001-pendant", "GW-01"),
        [(60, "doff", None), (90, "wear", None), (120, "fall", None)],
    ),
    "radar": (
        Identity("lianhua", "H0001-radar", "GW-01"),
        [(60, "enter", None), (75, "fall", None), (300, "leave", None)],
    ),
    "contact": (
        Identity("lianhua", "H0001-door", "GW-01"),
        [(60, "open", None), (70, "close", None), (80, "battery", 5)],
    ),
    "motion": (Identity("lianhua", "H0001-pir-bath", "GW-01"), [(60, "motion", None), (120, "wake", None)]),
    "sos": (Identity("lianhua", "H0001-sos", "GW-01"), [(60, "sos", None)]),
    "counter": (
        Identity("lianhua", "F-hall-counter"),
        [(60, "enter", None), (61, "enter", None), (90, "leave", None)],
    ),
    "gateway": (Identity("lianhua", "GW-01"), []),
}


def make(kind: str, who: Identity, *, charge: float = 1.0) -> Device:
    return KINDS[kind](who, dice=dice("golden", who.device), since_ms=T0, charge=charge)


def story(kind: str) -> list[Message]:
    who, happens = STORIES[kind]
    device = make(kind, who)
    said = [device.status(T0), *device.power_up(T0 + SECOND)]
    for after_s, word, value in happens:
        at = T0 + after_s * SECOND
        said += device.wake(at) if word == "wake" else device.feel(at, word, value)
    said += device.heartbeat(T0 + device.heartbeat_s * SECOND)
    return said if who.via else [*said, last_will(who)]


def as_golden(kind: str) -> dict[str, object]:
    said = [{"topic": m.topic, "retain": m.retain, "payload": m.payload.decode()} for m in story(kind)]
    return {"kind": kind, "messages": said}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_says_exactly_these_bytes(kind: str) -> None:
    assert as_golden(kind) == json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))


def test_a_motion_sensor_rearms_only_after_a_minute_without_movement() -> None:
    pir = make("motion", STORIES["motion"][0])
    assert [m.names for m in pir.feel(T0, "motion")] == [("motion",)]
    assert pir.feel(T0 + 30 * SECOND, "motion") == []
    assert pir.wake(T0 + 60 * SECOND) == []
    assert pir.wake_at_ms == T0 + 90 * SECOND
    assert b'"motion":false' in pir.wake(T0 + 90 * SECOND)[0].payload
    assert pir.wake_at_ms is None


def test_a_state_that_does_not_change_is_not_said_again() -> None:
    door = make("contact", STORIES["contact"][0])
    assert door.feel(T0, "close") == []


def test_a_counter_never_shows_less_than_nobody() -> None:
    counter = make("counter", STORIES["counter"][0])
    assert b'"occupancy":0,"in":0,"out":1' in counter.feel(T0, "leave")[0].payload


def test_a_battery_stays_high_and_falls_away_at_the_end() -> None:
    sos = make("sos", STORIES["sos"][0])
    levels = [sos.battery_percent(T0 + share * 9 * DAY) for share in (0, 25, 50, 75, 90, 100, 120)]
    assert levels == [100, 84, 66, 44, 25, 1, 1]


def test_a_dead_device_says_nothing_until_it_gets_a_battery() -> None:
    pendant = make("pendant", STORIES["pendant"][0])
    old = pendant.boot
    assert pendant.feel(T0, "die") == pendant.feel(T0, "fall") == pendant.heartbeat(T0) == []
    said = pendant.feel(T0 + SECOND, "swap")
    assert [(m.kind, m.seq) for m in said] == [("status", 0), ("telemetry", 1)]
    assert pendant.boot != old
    assert b'"battery":100' in said[1].payload


def test_a_heartbeat_comes_in_time() -> None:
    pendant = make("pendant", STORIES["pendant"][0])
    assert all(0.9 <= pendant.heartbeat_after_ms() / 1000 / pendant.heartbeat_s <= 1 for _ in range(200))


def test_an_unknown_word_names_the_known_ones() -> None:
    with pytest.raises(UnknownWordError, match="a pendant does not know 'open'; it knows fall, wear"):
        make("pendant", STORIES["pendant"][0]).feel(T0, "open")


def test_without_a_clock_there_is_no_ts() -> None:
    assert b'"ts"' not in make("sos", STORIES["sos"][0]).feel(None, "sos")[0].payload


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
