"""Gateway outage: a gateway has lost its network, and what it kept meanwhile comes when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.faults.words import cut, mend
from firmware_sim.wire import Message

KEEPS = 5_000  # as ``uplink`` has it


@dataclass(kw_only=True)
class GatewayOutage(Fault):
    """The will fires; ``keeps`` messages are kept and come at the end, beyond it the oldest readings go, events never."""

    name = "gateway_outage"
    zh = "网关断网：网关下的设备都收不到，恢复后补传"
    en = "A gateway loses its network and sends what it kept when it is back"
    reach = "link"
    keeps: int = KEEPS

    def begin(self) -> None:
        """Nothing is kept yet."""
        self._kept: list[Message] = []

    def turn(self, message: Message, at_ms: int) -> Turned:
        """Keep it; a birth is given anew by the connection itself."""
        del at_ms
        if message.kind != "status":
            self._kept.append(message)
            if len(self._kept) > self.keeps:
                oldest = (n for n, each in enumerate(self._kept) if each.kind == "telemetry")
                spare = next(oldest, None)
                if spare is not None:
                    del self._kept[spare]
                elif not self.keeps:
                    self._kept.clear()
        return []

    def moments(self) -> Iterator[int]:
        """When the network goes, and when it is back."""
        return self.window()

    def act(self, at_ms: int) -> list[Message]:
        """Drop the connection; at the end connect and say what was kept."""
        return self._break(at_ms) if at_ms < self.to_ms else self._return(at_ms)

    def _break(self, at_ms: int) -> list[Message]:
        return [cut(self.device.who.device, at_ms, keeps=True)]

    def _return(self, at_ms: int) -> list[Message]:
        kept, self._kept = self._kept, []
        return [mend(self.device.who.device, at_ms), *kept]
