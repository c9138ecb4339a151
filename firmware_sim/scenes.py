"""Scenes played on request while time runs (the demo panel's buttons)."""

from __future__ import annotations

from firmware_sim import incidents
from firmware_sim.chance import dice
from firmware_sim.daytime import MINUTE, SECOND
from firmware_sim.places import Facility, Home, Layout
from firmware_sim.script import Incident, Script, Stimulus

SCENES = ("fall_bathroom", "gateway_unplugged", "gateway_plugged", "hall_over_capacity", "fall_unattended")
UNPLUGGED_MS = 10 * MINUTE


class UnknownSceneError(ValueError):
    """Nobody wrote a scene of that name, or this town has no place for it."""


def script(layout: Layout, scene: str, at_ms: int, *, head_count: int) -> Script:
    """The scene beginning at ``at_ms``; ``head_count`` is how many people the hall's counter shows."""
    homes = layout.homes
    hall = next((each for each in layout.facilities if each.capacity), None)
    match scene:
        case "fall_bathroom" if homes:
            return _fall_bathroom(homes[0], at_ms)
        case "fall_unattended" if len(homes) > 1:
            return _fall_unattended(dice(scene, at_ms).choice(homes[1:]), at_ms)
        case "hall_over_capacity" if hall is not None:
            return _hall(hall, at_ms, head_count)
        case _:
            known = ", ".join(SCENES)
            raise UnknownSceneError(f"no scene {scene!r} can be played here; the scenes are {known}")


def _fall_bathroom(home: Home, at_ms: int) -> Script:
    radar, up_ms = f"{home.home}-radar", at_ms + 3 * MINUTE
    stimuli = (
        Stimulus(at_ms, f"{home.home}-pir-bath", "motion"),
        Stimulus(at_ms, radar, "enter"),
        Stimulus(at_ms, radar, "fall"),
        *incidents.helper_comes(home, up_ms),
    )
    incident = Incident("fall_bathroom", home.home, radar, at_ms, up_ms, played=True)
    return Script(incident, stimuli, quiet=(at_ms, up_ms))


def _fall_unattended(home: Home, at_ms: int) -> Script:
    pendant, found_ms = f"{home.home}-pendant", at_ms + 15 * MINUTE
    stimuli = (Stimulus(at_ms, pendant, "fall"), *incidents.helper_comes(home, found_ms))
    incident = Incident("fall_unattended", home.home, pendant, at_ms, found_ms, played=True)
    return Script(incident, stimuli, quiet=(at_ms, found_ms))


def _hall(hall: Facility, at_ms: int, head_count: int) -> Script:
    # Eight more than allowed, so that a few who leave meanwhile do not end it early.
    extra = max((hall.capacity or 0) + 8 - head_count, 1)
    full_ms = at_ms + 25 * SECOND
    crowd = incidents.hall_crowded(
        dice("crowd", at_ms),
        hall,
        full_ms,
        5 * MINUTE,
        extra=extra,
        arrive_ms=24 * SECOND,
        drain_ms=2 * MINUTE,
    )
    device = hall.devices[0].who.device
    incident = Incident(
        "hall_over_capacity", hall.facility, device, full_ms, full_ms + 5 * MINUTE, played=True
    )
    return Script(incident, crowd.stimuli)
