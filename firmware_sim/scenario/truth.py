"""The truth of a scenario that was played, as the truth file of ``carehub-sim score`` has it: what should be raised by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from firmware_sim.daytime import MINUTE, SECOND, ZONE
from firmware_sim.scenario.format import Expected
from firmware_sim.scenario.play import Play
from firmware_sim.scenario.spans import span_ms
from firmware_sim.wire import Message

FORMAT = "carehub-truth/1"
STAYS_DOWN_MS = 10 * MINUTE  # a shorter fall is told, and does not count
DETECTED = frozenset({"fall", "sos"})
DETECTED_WITHIN_S = 180
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
            _incident(play, number, expected, said) for number, expected in enumerate(scenario.expect, 1)
        ],
    }  # fmt: skip


def place_of(play: Play, expected: Expected) -> str:
    """The home or facility that is meant: the only one, where the file names none."""
    return expected.place or play.scenario.places[0].id


def _incident(play: Play, number: int, expected: Expected, said: Sequence[Message]) -> dict[str, object]:
    place = place_of(play, expected)
    there = {f.who.device: f for p in (*play.layout.homes, *play.layout.facilities) for f in p.devices}
    devices = {
        fitted.who.device
        for each in (*play.layout.homes, *play.layout.facilities)
        if place == getattr(each, "home", getattr(each, "facility", ""))
        for fitted in each.devices
    }
    begins, ends, by = (
        play.story_ms + span_ms(text) for text in (expected.begins, expected.ends, expected.by)
    )
    life_safety = expected.alert_class == "life_safety"
    seen = [
        {"device": each.device, "kind": there[each.device].kind, "at_ms": each.at_ms}
        for each in said
        if life_safety and each.device in devices and set(each.names) & DETECTED and begins <= each.at_ms <= max(ends, begins)
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
        "counts": not fell or ends - begins >= STAYS_DOWN_MS,
        "detections": seen,
        "raise": list(expected.words),
        "within_detected_s": (by - min(each["at_ms"] for each in seen)) // SECOND if seen else DETECTED_WITHIN_S,  # type: ignore[operator, type-var]
        "due_undetected_ms": None if seen else by,
        "by": "day" if DAY_FROM_H <= hour < DAY_TO_H else "night",
    }
