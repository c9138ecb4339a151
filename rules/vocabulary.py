"""The metrics and events that rules may speak of, with their units: a rule that names another is refused."""

from __future__ import annotations

METRICS: dict[str, str] = {
    "contact": "1 closed, 0 open",
    "motion": "1 seen, 0 not",
    "presence": "1 somebody in the room, 0 nobody",
    "worn": "1 worn, 0 taken off",
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
}

DEVICE_KINDS = ("pendant", "radar", "contact", "motion", "sos", "counter", "gateway")

# An activity is a person's doing: movement seen, or a door that changed. Presence is not: a person lying on the
# floor is present.
ACTIVITY_BY_VALUE = frozenset({"motion"})
ACTIVITY_BY_CHANGE = frozenset({"contact"})
