"""The truth of a town, written down: who lives where, what really happened, and what should have been raised by when.

It is written from what was lived, not from what was heard: an incident is in it whether or not any device noticed. Which
devices did is told beside it (``detections``): then an alert is due within three minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from firmware_sim.daytime import MINUTE
from firmware_sim.lives.habits import Household
from firmware_sim.places import Home, Layout
from firmware_sim.script import Incident

FORMAT = "carehub-truth/1"
WITHIN_DETECTED_S = 180
COUNTS_FROM_MS = 10 * MINUTE
REPORTED_WITHIN_MS = 3 * MINUTE
LYING = ("fall", "inactivity", "morning", "bathroom", "help")
# kind: (class, what an alert may say to be right about it)
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "fall_hard",
            "fall_soft",
            "fall_chair",
            "fall_bathroom",
            "fall_long_lie",
            "fall_got_up",
            "fall_unattended",
        ),
        ("life_safety", LYING),
    ),
    "lie_long": ("life_safety", LYING),
    "long_inactivity": ("life_safety", LYING),
    "sos": ("life_safety", ("help",)),
    "wandering": ("care", ("not_home", "night_door", "door_open")),
    "not_home": ("care", ("not_home",)),
    "stove_forgotten": ("care", ("stove",)),
    "door_open": ("care", ("door_open", "night_door")),
    "door_left_open": ("care", ("door_open", "night_door")),
    "hall_over_capacity": ("facility", ("crowded",)),
    "battery_low": ("device", ("battery",)),
    "device_silent": ("device", ("silent",)),
    "gateway_unplugged": ("device", ("gateway", "silent")),
    "fault_gateway_outage": ("device", ("gateway", "silent")),
    "fault_lost_will": ("device", ("gateway", "silent")),
    "fault_power_cut": ("device", ("gateway", "silent")),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A device has reported an event."""

    device: str
    kind: str
    what: str
    at_ms: int


def truth_of(
    layout: Layout, households: Mapping[str, Household], incidents: Sequence[Incident], reports: Sequence[Report],
    *, seed: int, from_ms: int, to_ms: int,
) -> dict[str, object]:  # fmt: skip
    """The truth of [from_ms, to_ms) as one JSON object; docs/simulator.md has the format."""
    happened = sorted(
        (i for i in incidents if i.from_ms <= to_ms), key=lambda i: (i.from_ms, i.place, i.kind)
    )
    raising = [each for each in happened if each.kind in KINDS]
    return {
        "format": FORMAT,
        "seed": seed,
        "from_ms": from_ms,
        "to_ms": to_ms,
        "zone": "Asia/Shanghai",
        "homes": [_home(home, households[home.home]) for home in layout.homes],
        "facilities": [
            {"facility": each.facility, "devices": {f.who.device: f.kind for f in each.devices}}
            for each in layout.facilities
        ],
        "incidents": [_incident(number, each, reports) for number, each in enumerate(raising, start=1)],
        # What was done to devices and lines of which nobody need be told by itself.
        "faults": [asdict(each) for each in happened if each.kind not in KINDS],
    }


def _home(home: Home, lives: Household) -> dict[str, object]:
    first = lives.people[0]
    return {
        "home": home.home,
        "residents": len(lives.people),
        "kind": lives.kind,
        "usual_rise": _clock(first.rise),
        "usual_bed": _clock(first.bed),
        "devices": {fitted.who.device: fitted.kind for fitted in home.devices},
    }


def _incident(number: int, each: Incident, reports: Sequence[Report]) -> dict[str, object]:
    matter, says = KINDS[each.kind]
    found = [r for r in reports if _is_of(r, each)] if matter == "life_safety" else []
    return {
        "id": f"i{number:05}",
        "kind": each.kind,
        "class": matter,
        "place": each.place,
        "room": each.room,
        "device": each.device,
        "from_ms": each.from_ms,
        "to_ms": each.to_ms,
        "gets_up": each.gets_up,
        "counts": matter == "life_safety"
        and (each.kind == "sos" or each.to_ms - each.from_ms >= COUNTS_FROM_MS),
        "detections": [{"device": r.device, "kind": r.kind, "at_ms": r.at_ms} for r in found],
        "raise": list(says),
        "within_detected_s": WITHIN_DETECTED_S,
        "due_undetected_ms": each.due_ms,
        "by": each.by,
    }


def _is_of(report: Report, each: Incident) -> bool:
    what = "sos" if each.kind == "sos" else "fall"
    return (
        report.what == what
        and report.device.startswith(f"{each.place}-")
        and each.from_ms <= report.at_ms < each.from_ms + REPORTED_WITHIN_MS
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
