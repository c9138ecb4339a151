"""Reconnect storm: all connections break at once and all come back at once, again and again."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.daytime import SECOND
from firmware_sim.faults.flapping_gateway import FlappingGateway


@dataclass(kw_only=True)
class ReconnectStorm(FlappingGateway):
    """``times`` breaks, one every ``every_ms``, each ``off_ms`` long, of every connection named in the same moment."""

    name = "reconnect_storm"
    zh = "重连风暴：所有连接同时断开又同时重连"
    en = "All connections break and come back at once"
    every_ms: int = 30 * SECOND
    off_ms: int = 2 * SECOND
    times: int = 3

    def begin(self) -> None:
        """The storm is over after so many breaks, whatever the window."""
        super().begin()
        self.to_ms = min(self.to_ms, self.from_ms + self.times * max(self.every_ms, self.off_ms + SECOND))
