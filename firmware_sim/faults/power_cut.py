"""Power cut: a device is off, forgets what it counted, and begins anew with another boot id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.faults.words import cut, mend
from firmware_sim.wire import Message


@dataclass(kw_only=True)
class PowerCut(Fault):
    """Without power nothing is sensed and nothing said. A gateway takes the connection and all behind it along."""

    name = "power_cut"
    zh = "断电：设备停止工作，来电后以新的启动号重新开始"
    en = "No power: the device says nothing, then starts anew with another boot id"
    reach = "itself"

    def turn(self, message: Message, at_ms: int) -> Turned:
        """Nothing."""
        del message, at_ms
        return []

    def moments(self) -> Iterator[int]:
        """When the power goes, and when it is back."""
        return self.window()

    def act(self, at_ms: int) -> list[Message]:
        """Drop the connection where it has one; at the end connect, give the birth and report the state."""
        who = self.device.who
        if at_ms < self.to_ms:
            return [cut(who.device, at_ms, keeps=False)] if who.via is None else []
        back = self.device.reboot(at_ms) if self.device.powered else []  # an empty battery stays empty
        return [mend(who.device, at_ms), *back] if who.via is None else back
