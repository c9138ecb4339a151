"""The town as a pure machine: quiet but for its incidents, the same for the same seed."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from quiet_checker import findings

from firmware_sim.daytime import DAY, HOUR, MINUTE
from firmware_sim.places import settle
from firmware_sim.registry import registry_csv
from firmware_sim.scenes import UnknownSceneError
from firmware_sim.script import Incident
from firmware_sim.town import Town
from firmware_sim.wire import Message

GOLDEN = Path(__file__).parents[1] / "golden"
KINDS = {
    "battery_low",
    "device_silent",
    "door_left_open",
    "fall_got_up",
    "fall_long_lie",
    "hall_over_capacity",
    "long_inactivity",
    "sos",
}


def at(hour: int, day: int = 15) -> int:
    return int(datetime(2025, 6, day, hour, 20, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()) * 1000


def a_day(seed: int, end_ms: int, *, homes: int = 40) -> tuple[Town, list[Message]]:
    town = Town(settle(homes=homes, seed=seed), seed=seed, start_ms=end_ms - DAY)
    births = [
        birth for device in town.links() for birth in town.announce(device.who.device, town.now_ms + 1000)
    ]
    return town, births + town.advance(end_ms)


def within(town: Town) -> list[Incident]:
    return [each for each in town.incidents if each.from_ms <= town.now_ms]


def expected(incident: Incident) -> list[tuple[str, str]]:
    return {
        "battery_low": [("battery", incident.device)],
        "device_silent": [("silent", incident.device)],
        "door_left_open": [("door", incident.device)],
        "fall_got_up": [("fall", incident.place)],
        "fall_long_lie": [("fall", incident.place), ("fall_confirmed", incident.place)],
        "hall_over_capacity": [("crowd", incident.device)],
        "long_inactivity": [("inactive", incident.place)],
        "sos": [("sos", incident.place)],
    }[incident.kind]


def wire_hash(seed: int) -> str:
    _, said = a_day(seed, at(12))
    digest = hashlib.sha256()
    for message in said:
        digest.update(message.topic.encode() + b" " + message.payload + b"\n")
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("seed", "hour"), [(1, 0), (2, 5), (3, 8), (4, 11), (5, 14), (6, 17), (7, 20), (8, 23)]
)
def test_a_day_raises_what_its_incidents_say_and_nothing_else(seed: int, hour: int) -> None:
    town, said = a_day(seed, at(hour))
    assert {each.kind for each in within(town)} == KINDS
    assert all(each.to_ms <= town.now_ms for each in within(town))
    truth = sorted(finding for incident in within(town) for finding in expected(incident))
    assert findings([(m.topic, m.payload) for m in said], registry_csv(town.layout)) == truth


@pytest.mark.parametrize("seed", [11, 12])
def test_life_without_incidents_is_quiet_over_several_days(seed: int) -> None:
    layout = settle(homes=20, seed=seed)
    end = at(10, day=20)
    town = Town(layout, seed=seed, start_ms=end - 4 * DAY, incidents_from_ms=end)
    said = town.advance(end)
    assert findings([(m.topic, m.payload) for m in said], registry_csv(layout)) == []


def test_a_home_says_a_few_hundred_things_a_day() -> None:
    _, said = a_day(7, at(12))
    homes = Counter(message.device[:5] for message in said if message.device.startswith("H"))
    assert 350 <= sum(homes.values()) / len(homes) <= 550


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert wire_hash(7) == (GOLDEN / "town_seed7.sha256").read_text().strip()
    assert wire_hash(8) != wire_hash(7)


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    code = "import test_sim_town; print(test_sim_town.wire_hash(7))"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_steps_do_not_change_what_is_said() -> None:
    whole, said = a_day(5, at(12), homes=12)
    stepped = Town(whole.layout, seed=5, start_ms=at(12) - DAY)
    in_steps: list[Message] = []
    while stepped.now_ms < at(12):
        in_steps += stepped.advance(min(stepped.now_ms + 7 * MINUTE + 13, at(12)))
    assert in_steps == [
        message for message in said if message.kind != "status" or message.at_ms > at(12) - DAY + 1000
    ]


def test_time_and_sequence_never_run_backwards() -> None:
    _, said = a_day(3, at(12))
    counted = [m for m in said if m.seq]
    assert all(a.at_ms <= b.at_ms for a, b in itertools.pairwise(counted))
    seen: dict[tuple[str, str], int] = {}
    for message in counted:
        assert message.seq == seen.get((message.device, message.boot), 0) + 1
        seen[message.device, message.boot] = message.seq


def test_two_runs_have_different_boots() -> None:
    layout = settle(homes=5, seed=7)
    first, second = (Town(layout, seed=7, start_ms=start) for start in (at(12), at(13)))
    assert first.devices["H0001-pendant"].boot != second.devices["H0001-pendant"].boot


def test_a_played_fall_is_followed_by_stillness() -> None:
    town, _ = a_day(7, at(9))
    town.play("fall_bathroom")
    said = [m for m in town.advance(town.now_ms + 3 * MINUTE - 1) if m.device.startswith("H0001")]
    falls = [m for m in said if m.kind == "event"]
    assert [(m.device, m.names) for m in falls] == [("H0001-radar", ("fall",))]
    after = said[said.index(falls[0]) + 1 :]
    assert not [m for m in after if b'"motion":true' in m.payload or m.names[0] in ("contact", "presence")]


def test_a_played_crowd_fills_the_hall_within_half_a_minute_and_leaves() -> None:
    town, _ = a_day(7, at(10))
    played = town.play("hall_over_capacity")
    counter = town.devices["F-hall-counter"]
    town.advance(town.now_ms + 30_000)
    assert int(counter.state()["occupancy"]) > 30
    town.advance(played.to_ms - 1000)
    assert int(counter.state()["occupancy"]) > 30
    town.advance(played.to_ms + 5 * MINUTE)
    assert int(counter.state()["occupancy"]) <= 30


def test_an_unattended_fall_is_in_another_home() -> None:
    town, _ = a_day(7, at(10))
    played = town.play("fall_unattended")
    assert played.place != "H0001"
    assert [m.device for m in town.advance(town.now_ms + 1000) if m.kind == "event"] == [played.device]


def test_an_unknown_scene_names_the_known_ones() -> None:
    town, _ = a_day(7, at(10), homes=1)
    with pytest.raises(UnknownSceneError, match="fall_bathroom"):
        town.play("fire")
    with pytest.raises(UnknownSceneError):
        town.play("fall_unattended")  # nobody else lives here


def test_days_after_the_first_have_incidents_too() -> None:
    town, _ = a_day(7, at(10))
    town.advance(town.now_ms + 2 * DAY + HOUR)
    assert Counter(each.kind for each in within(town))["fall_long_lie"] >= 3
