"""Flapping gateway: its connection breaks every few minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firmware_sim.daytime import MINUTE, SECOND
from firmware_sim.faults.gateway_outage import GatewayOutage
from firmware_sim.wire import Message


@dataclass(kw_only=True)
class FlappingGateway(GatewayOutage):
    """In each ``every_ms`` the connection is gone for ``off_ms``, with its will each time; what is said meanwhile is kept."""

    name = "flapping_gateway"
    zh = "网关时断时续：网关反复上线下线"
    en = "A gateway's connection comes and goes"
    every_ms: int = 5 * MINUTE
    off_ms: int = 20 * SECOND

    def covers(self, message: Message, at_ms: int) -> bool:
        """While it is off."""
        return super().covers(message, at_ms) and self._is_off(at_ms)

    def moments(self) -> Iterator[int]:
        """Each break and each return."""
        at_ms = self.from_ms
        while at_ms < self.to_ms:
            yield at_ms
            yield min(at_ms + self.off_ms, self.to_ms)
            at_ms += max(self.every_ms, self.off_ms + SECOND)

    def act(self, at_ms: int) -> list[Message]:
        """Break, or come back with what was kept."""
        return self._break(at_ms) if at_ms < self.to_ms and self._is_off(at_ms) else self._return(at_ms)

    def _is_off(self, at_ms: int) -> bool:
        return (at_ms - self.from_ms) % max(self.every_ms, self.off_ms + SECOND) < self.off_ms
