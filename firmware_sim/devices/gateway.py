"""Radio gateway: the one MQTT connection and the one last will of the devices behind it."""

from __future__ import annotations

from firmware_sim.devices.device import Device


class Gateway(Device):
    """On mains in a station; it only reports that it lives."""

    kind = "gateway"
    heartbeat_s = 300
    battery_life_days = None
    firmware = "2.1.0"
