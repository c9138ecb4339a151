"""Scripts of what can go wrong: each is the truth of an incident and the stimuli that enact it.

Times are drawn before anybody knows how a hub would judge them; only what must be true for the incident to
happen at all (somebody is at home and awake, the hall is open) bounds them.
"""

from __future__ import annotations

from random import Random

from firmware_sim.daytime import HOUR, MINUTE, SECOND
from firmware_sim.places import Facility, Home
from firmware_sim.script import Incident, Script, Stimulus


def long_lie(draw: Random, home: Home, at_ms: int, lie_ms: int) -> Script:
    """A fall felt by pendant or radar; the elder lies still until somebody comes in by the door."""
    by_radar = home.has("radar") and bool(draw.getrandbits(1))
    device = f"{home.home}-{'radar' if by_radar else 'pendant'}"
    help_ms = at_ms + lie_ms
    stimuli = [
        *_into_the_room(home, at_ms, bathroom=by_radar),
        Stimulus(at_ms, device, "fall"),
        *helper_comes(home, help_ms),
    ]
    incident = Incident("fall_long_lie", home.home, device, at_ms, help_ms)
    return Script(incident, tuple(stimuli), quiet=(at_ms, help_ms))


def got_up(draw: Random, home: Home, at_ms: int) -> Script:
    """A fall after which the elder is up and walking within the minute."""
    device, up_ms = f"{home.home}-pendant", at_ms + draw.randint(25, 50) * SECOND
    # Walking for a minute: a sensor that has not re-armed since before the fall would hide a single step.
    walk = [
        Stimulus(up_ms + after_s * SECOND, f"{home.home}-pir-{room}", "motion")
        for after_s in (0, 62)
        for room in ("bed", "living")
    ]
    incident = Incident("fall_got_up", home.home, device, at_ms, up_ms)
    return Script(incident, (Stimulus(at_ms, device, "fall"), *walk), quiet=(at_ms, up_ms))


def sos_pressed(home: Home, at_ms: int) -> Script:
    """One press of the button."""
    device = f"{home.home}-sos"
    incident = Incident("sos", home.home, device, at_ms, at_ms + MINUTE)
    return Script(incident, (Stimulus(at_ms, device, "sos"),))


def door_left_open(home: Home, at_ms: int, open_ms: int) -> Script:
    """The front door stays open while the elder is at home."""
    device = f"{home.home}-door"
    stimuli = (Stimulus(at_ms, device, "open"), Stimulus(at_ms + open_ms, device, "close"))
    return Script(Incident("door_left_open", home.home, device, at_ms, at_ms + open_ms), stimuli)


def long_inactivity(home: Home, at_ms: int, still_ms: int) -> Script:
    """The elder lies down in the bedroom by day and nothing moves for hours; devices stay alive."""
    device = f"{home.home}-pir-bed"
    before = [Stimulus(at_ms - SECOND, device, "motion")]
    if home.has("radar"):
        before.insert(0, Stimulus(at_ms - 2 * SECOND, f"{home.home}-radar", "leave"))
    after = Stimulus(at_ms + still_ms, device, "motion")
    incident = Incident("long_inactivity", home.home, device, at_ms, at_ms + still_ms)
    return Script(incident, (*before, after), quiet=(at_ms, at_ms + still_ms))


def battery_low(home: Home, suffix: str, at_ms: int, last_ms: int) -> Script:
    """A battery reports 14 % and less, hour after hour, until it is changed."""
    device = f"{home.home}-{suffix}"
    falling = [
        Stimulus(at_ms + n * HOUR, device, "battery", 14 - 2 * n) for n in range(min(last_ms // HOUR, 6) + 1)
    ]
    incident = Incident("battery_low", home.home, device, at_ms, at_ms + last_ms)
    return Script(incident, (*falling, Stimulus(at_ms + last_ms, device, "swap")))


def device_silent(home: Home, suffix: str, at_ms: int, last_ms: int) -> Script:
    """A device falls silent for hours until its battery is changed."""
    device = f"{home.home}-{suffix}"
    stimuli = (Stimulus(at_ms, device, "die"), Stimulus(at_ms + last_ms, device, "swap"))
    return Script(Incident("device_silent", home.home, device, at_ms, at_ms + last_ms), stimuli)


def hall_crowded(
    draw: Random, hall: Facility, at_ms: int, last_ms: int, *, extra: int, arrive_ms: int, drain_ms: int
) -> Script:
    """``extra`` people arrive in the ``arrive_ms`` before ``at_ms`` and leave after ``last_ms``."""
    device = hall.devices[0].who.device
    came = [Stimulus(at_ms - draw.randint(0, arrive_ms), device, "enter") for _ in range(extra)]
    went = [Stimulus(at_ms + last_ms + draw.randint(0, drain_ms), device, "leave") for _ in range(extra)]
    incident = Incident("hall_over_capacity", hall.facility, device, at_ms, at_ms + last_ms)
    return Script(incident, tuple(sorted(came + went, key=lambda each: each.at_ms)))


def _into_the_room(home: Home, at_ms: int, *, bathroom: bool) -> list[Stimulus]:
    """The elder is where they fall: seen there in the two minutes before."""
    if not bathroom:
        return [Stimulus(at_ms - 50 * SECOND, f"{home.home}-pir-living", "motion")]
    walked = [Stimulus(at_ms - 75 * SECOND, f"{home.home}-radar", "enter")]
    if home.has("pir-bath"):
        walked.append(Stimulus(at_ms - 80 * SECOND, f"{home.home}-pir-bath", "motion"))
    return sorted(walked, key=lambda each: each.at_ms)


def helper_comes(home: Home, at_ms: int) -> list[Stimulus]:
    """Somebody comes in by the front door, and whoever was in the bathroom leaves it with them."""
    came = [
        Stimulus(at_ms, f"{home.home}-door", "open"),
        Stimulus(at_ms + 20 * SECOND, f"{home.home}-door", "close"),
        Stimulus(at_ms + 25 * SECOND, f"{home.home}-pir-living", "motion"),
    ]
    if home.has("radar"):
        came.append(Stimulus(at_ms + 3 * MINUTE, f"{home.home}-radar", "leave"))
    return came
