"""The kinds of simulated device, by their registry name."""

from __future__ import annotations

from firmware_sim.devices.contact import Contact
from firmware_sim.devices.counter import Counter
from firmware_sim.devices.device import Device, UnknownWordError
from firmware_sim.devices.gateway import Gateway
from firmware_sim.devices.motion import Motion
from firmware_sim.devices.pendant import Pendant
from firmware_sim.devices.radar import Radar
from firmware_sim.devices.sos import Sos

KINDS: dict[str, type[Device]] = {
    each.kind: each for each in (Pendant, Radar, Contact, Motion, Sos, Counter, Gateway)
}

__all__ = ["KINDS", "Device", "UnknownWordError"]
