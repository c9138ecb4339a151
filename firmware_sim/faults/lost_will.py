"""Lost last will: a gateway is gone and nobody is told."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.faults.gateway_outage import GatewayOutage


@dataclass(kw_only=True)
class LostWill(GatewayOutage):
    """The gateway connects without a will, so the broker says nothing when its socket dies; else an outage without memory."""

    name = "lost_will"
    zh = "遗嘱丢失：网关离线而服务器没有通知"
    en = "A gateway is gone and its last will is never sent"
    has_will = False
    keeps: int = 0
