"""The metrics and events that rules may speak of, with their units: a rule that names another is refused."""

from __future__ import annotations

METRICS: dict[str, str] = {
    "contact": "1 closed, 0 open",
    "motion": "1 seen, 0 not",
    "presence": "1 somebody in the room, 0 nobody",
    "bed": "1 somebody in bed, 0 nobody",
    "seat": "1 sat on, 0 not",
    "flush": "1 flushed, 0 not",
    "appliance": "1 on, 0 off",
    "stove": "1 hot, 0 cold",
    "worn": "1 worn, 0 taken off",
    "smoke": "1 alarming, 0 not",
    "leak": "1 alarming, 0 not",
    "tamper": "1 alarming, 0 not",
    "clock_wrong": "1 where a reading's time could not be believed; the hub's own word, at each such reading",
    "battery": "percent",
    "occupancy": "people, by the counter's own count",
    "in": "people, since power-up",
    "out": "people, since power-up",
    "temperature": "degrees Celsius",
    "humidity": "percent",
    "rssi": "dBm",
}

EVENTS: dict[str, str] = {
    "fall": "a fall was detected; data.confidence 0 to 1",
    "sos": "somebody pressed for help",
    "smoke": "smoke was detected",
    "leak": "water was detected",
    "tamper": "the device was opened or moved",
    "test": "somebody tried the device out",
}

# A ``contact`` may be a front door; an ``opening`` never is: a cupboard, a fridge, a door inside.
DEVICE_KINDS = (
    "pendant",
    "radar",
    "contact",
    "opening",
    "motion",
    "bed",
    "seat",
    "flush",
    "appliance",
    "stove",
    "climate",
    "smoke",
    "leak",
    "sos",
    "counter",
    "gateway",
)

# An activity is a person's doing: movement seen, water flushed, or a thing in use that changed. Presence is not: a
# person lying on the floor is present.
ACTIVITY_BY_VALUE = frozenset({"motion", "flush"})
ACTIVITY_BY_CHANGE = frozenset({"contact", "bed", "seat", "appliance"})
