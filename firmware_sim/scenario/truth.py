"""The truth of a scenario that was played, as the truth file of ``carehub-sim score`` has it: what should be raised by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from firmware_sim.daytime import SECOND, ZONE
from firmware_sim.places import Layout
from firmware_sim.scenario.format import Expected
from firmware_sim.scenario.play import Play
from firmware_sim.scenario.spans import span_ms
from firmware_sim.truth import COUNTS_FROM_MS, FORMAT, WITHIN_DETECTED_S
from firmware_sim.wire import Message

DETECTED = frozenset({"fall", "sos"})
DAY_FROM_H, DAY_TO_H = 7, 22


def truth_of(play: Play, said: Sequence[Message]) -> dict[str, object]:
    """The truth file of a play; ``said`` are its event messages."""
    scenario = play.scenario
    return {
        "format": FORMAT,
        "scenario": scenario.name.en,
        "seed": play.seed,
        "from_ms": play.story_ms,
        "to_ms": play.end_ms,
        "zone": str(ZONE),
        "homes": [
            {
                "home": home.home, "residents": 1, "kind": "alone", "usual_rise": "", "usual_bed": "",
                "devices": {fitted.who.device: fitted.kind for fitted in home.devices},
            }
            for home in play.layout.homes
        ],
        "facilities": [
            {"facility": each.facility, "devices": {fitted.who.device: fitted.kind for fitted in each.devices}}
            for each in play.layout.facilities
        ],
        "incidents": [
            _incident(play, number, expected, said)
            for number, expected in enumerate(scenario.expect, 1)
            if not expected.false_alarm
        ],
    }  # fmt: skip


def place_of(play: Play, expected: Expected) -> str:
    """The home or facility that is meant: the only one, where the file names none."""
    return expected.place or play.scenario.places[0].id


def devices_of(layout: Layout, place: str) -> set[str]:
    """The devices of a home or facility."""
    homes = [fitted for home in layout.homes if home.home == place for fitted in home.devices]
    facilities = [fitted for each in layout.facilities if each.facility == place for fitted in each.devices]
    return {fitted.who.device for fitted in (*homes, *facilities)}


def _incident(play: Play, number: int, expected: Expected, said: Sequence[Message]) -> dict[str, object]:
    place = place_of(play, expected)
    there = {each.who.device: each for each in play.layout.fitted()}
    devices = devices_of(play.layout, place)
    begins, ends, by = (
        play.story_ms + span_ms(text) for text in (expected.begins, expected.ends, expected.by)
    )
    life_safety = expected.alert_class == "life_safety"
    reported = [
        each
        for each in said
        if life_safety
        and each.device in devices
        and set(each.names) & DETECTED
        and begins <= each.at_ms <= ends
    ]
    fell = "fall" in expected.words
    hour = datetime.fromtimestamp(begins // SECOND, UTC).astimezone(ZONE).hour
    return {
        "id": f"s{number:04d}",
        "kind": expected.kind,
        "class": expected.alert_class,
        "place": place,
        "room": there[expected.device].room if expected.device else "",
        "from_ms": begins,
        "to_ms": ends,
        **({"gets_up": bool(expected.gets_up)} if fell else {}),
        "counts": not fell or ends - begins >= COUNTS_FROM_MS,
        "detections": [
            {"device": each.device, "kind": there[each.device].kind, "at_ms": each.at_ms} for each in reported
        ],
        "raise": list(expected.words),
        "within_detected_s": (by - reported[0].at_ms) // SECOND if reported else WITHIN_DETECTED_S,
        "due_undetected_ms": None if reported else by,
        "by": "day" if DAY_FROM_H <= hour < DAY_TO_H else "night",
    }
