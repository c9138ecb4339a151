"""What each kind of device does wrong, and how often: as its flaws say, and nothing by default."""

from __future__ import annotations

import json
from math import sqrt

import pytest

from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND
from firmware_sim.devices import KINDS, Device, contact, flawed, motion, radar
from firmware_sim.devices.contact import Contact
from firmware_sim.devices.motion import Motion
from firmware_sim.devices.radar import LEAVES_PER_WEEK, Radar
from firmware_sim.wire import Identity, Message

T0 = 1_750_000_000_000
SURE = radar.Flaws(detects=1.0, false_per_week=0.0, loses=0.0, misses=0.0)


def made(kind: str, *label: object) -> Device:
    return KINDS[kind](
        Identity("lianhua", f"H0001-{kind}", "GW-01"), dice=dice("flaws", kind, *label), since_ms=T0
    )


def seer(flaws: radar.Flaws, *label: object) -> Radar:
    device = made("radar", *label)
    assert isinstance(device, Radar)
    device.flaws = flaws
    return device


def told(said: list[Message]) -> list[tuple[int, object]]:
    """(seconds since T0, the reading or the type of the event)."""
    found: list[tuple[int, object]] = []
    for each in said:
        body = json.loads(each.payload)
        found.append(((each.at_ms - T0) // SECOND, body.get("type") or body["m"]))
    return found


def within(found: int, of: int, share: float) -> bool:
    """Within four and a half standard deviations of a binomial."""
    return abs(found - of * share) <= 4.5 * sqrt(of * share * (1 - share)) + 0.5


@pytest.mark.parametrize("word", ["fall_hard", "fall_soft"])
@pytest.mark.parametrize("share", [0.9, 0.4])
def test_a_radar_finds_its_share_of_falls_after_a_while(word: str, share: float) -> None:
    device, found, after_s = seer(radar.Flaws(detects=share), word, share), 0, []
    for _ in range(2_000):
        assert device.feel(T0, word) == []
        for at, what in told(device.wake(T0 + HOUR)):
            assert what == "fall"
            found += 1
            after_s.append(at)
    assert within(found, 2_000, share)
    assert (min(after_s), max(after_s)) == radar.Flaws().decides_s


def test_whoever_walks_out_has_got_up() -> None:
    device = seer(SURE)
    device.feel(T0, "enter")
    device.feel(T0 + SECOND, "fall_hard")
    assert told(device.feel(T0 + 3 * SECOND, "leave")) == [(3, {"presence": False})]
    assert device.wake(T0 + HOUR) == []


def test_a_track_lost_at_the_door_lingers_and_ends_by_itself() -> None:
    device = seer(radar.Flaws(loses=1.0, misses=0.0, false_per_week=0.0))
    device.feel(T0, "enter")
    assert device.feel(T0 + MINUTE, "leave") == []
    assert device.state() == {"presence": True}
    ((after_s, said),) = told(device.wake(T0 + HOUR))
    assert said == {"presence": False}
    assert 30 <= after_s - 60 <= 300
    assert told(device.feel(T0 + 2 * HOUR, "enter")) == [(7200, {"presence": True})]


def test_who_comes_back_takes_the_lost_track_up() -> None:
    device = seer(radar.Flaws(loses=1.0, misses=0.0, false_per_week=LEAVES_PER_WEEK))
    device.feel(T0, "enter")
    device.feel(T0 + MINUTE, "leave")
    assert device.feel(T0 + MINUTE + SECOND, "enter") == []
    assert device.wake(T0 + HOUR) == []
    assert device.state() == {"presence": True}


@pytest.mark.parametrize("per_week", [0.1, 5.0])
def test_a_radar_makes_up_as_many_falls_as_its_flaws_say(per_week: float) -> None:
    device, falls, count = seer(radar.Flaws(false_per_week=per_week, misses=0.0), per_week), 0, 20_000
    for _ in range(count):
        device.feel(T0, "enter")
        device.feel(T0 + MINUTE, "leave")
        falls += sum(what == "fall" for _, what in told(device.wake(T0 + HOUR)))
    assert falls > 0
    assert within(falls, count, per_week / LEAVES_PER_WEEK)


def test_a_radar_misses_who_enters_and_then_who_leaves() -> None:
    device = seer(radar.Flaws(loses=0.0, false_per_week=0.0, misses=0.25))
    said = [told([*device.feel(T0, "enter"), *device.feel(T0 + SECOND, "leave")]) for _ in range(2_000)]
    assert {len(each) for each in said} == {0, 2}
    assert within(said.count([]), 2_000, 0.25)


def test_a_door_stutters_within_a_second_and_ends_where_it_is() -> None:
    door = made("contact")
    assert isinstance(door, Contact)
    door.flaws, stuttered = contact.Flaws(bounces=0.3), 0
    for n in range(2_000):
        word, closed = ("open", False) if n % 2 == 0 else ("close", True)
        said = told([*door.feel(T0, word), *door.wake(T0 + SECOND)])
        assert said[0][1] == said[-1][1] == {"contact": closed}
        assert [what for _, what in said[1:-1]] in ([], [{"contact": not closed}])
        stuttered += len(said) == 3
        assert door.wake_at_ms is None
    assert within(stuttered, 2_000, 0.3)


def test_a_door_that_moves_on_does_not_stutter_any_more() -> None:
    door = made("contact")
    assert isinstance(door, Contact)
    door.flaws = contact.Flaws(bounces=1.0)
    door.feel(T0, "open")
    door.flaws = contact.EXACT
    door.feel(T0 + 10, "close")
    assert door.wake(T0 + SECOND) == []


def test_a_motion_sensor_rearms_in_its_own_time_and_misses_its_share() -> None:
    pir = made("motion")
    assert isinstance(pir, Motion)
    pir.flaws = motion.Flaws(rearm_s=120, misses=0.0)
    pir.feel(T0, "motion")
    assert pir.wake(T0 + 119 * SECOND) == []
    assert told(pir.wake(T0 + 120 * SECOND)) == [(120, {"motion": False})]
    pir.flaws = motion.Flaws(misses=0.1)
    seen = sum(bool([*pir.feel(T0, "motion"), *pir.wake(T0 + HOUR)]) for _ in range(2_000))
    assert within(seen, 2_000, 0.9)


def test_a_dead_motion_sensor_does_not_rearm() -> None:
    pir = made("motion")
    pir.feel(T0, "motion")
    pir.feel(T0 + SECOND, "die")
    assert pir.wake_at_ms is None
    assert pir.wake(T0 + HOUR) == []


def test_a_device_is_exact_until_it_is_given_its_flaws() -> None:
    kinds = [kind for kind in KINDS if hasattr(KINDS[kind], "flaws")]
    assert kinds == ["contact", "counter", "motion", "pendant", "radar"]
    for kind in kinds:
        one, other, third = (flawed(made(kind), dice(kind, label)) for label in (1, 1, 2))
        assert getattr(one, "flaws") == getattr(other, "flaws") != getattr(third, "flaws")  # noqa: B009
        assert getattr(one, "flaws") != getattr(made(kind), "flaws")  # noqa: B009
    assert vars(flawed(made("sos"), dice(1))).keys() == vars(made("sos")).keys()


def test_a_stove_says_what_changes_and_shows_it_after_a_reboot() -> None:
    stove = made("stove")
    assert told(stove.feel(T0, "on")) == [(0, {"stove": True})]
    assert stove.feel(T0, "on") == []
    assert b'"stove":true' in stove.feel(T0 + SECOND, "reboot")[1].payload
    assert told(stove.feel(T0 + MINUTE, "off")) == [(60, {"stove": False})]


# What is left of a CR2032 (percent) and its voltage: Nordic's nRF5 SDK, app_util.h.
CR2032 = ((42, 2.90), (18, 2.74), (6, 2.44))


@pytest.mark.parametrize(("left", "volts"), CR2032)
def test_a_gauge_flatters_less_than_volts_do_and_more_than_the_truth(left: int, volts: float) -> None:
    sos = made("sos")
    assert sos.battery_life_days is not None
    shown = sos.battery_percent(T0 + int((1 - left / 100) * sos.battery_life_days * DAY))
    assert left < shown < 100 * (volts - 2.1) / (3.0 - 2.1)
