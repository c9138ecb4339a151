"""Devices with a connection each, in place of radio gateways: what hangs on Wi-Fi or a SIM card."""

from __future__ import annotations

from dataclasses import replace

from firmware_sim.places import Facility, Fitted, Home, Layout

# Ports and files for more are not what one machine gives one process without further ado.
CONNECTIONS_MAX = 5_000


def each_by_itself(layout: Layout) -> Layout:
    """The same places and devices, every device on a connection and a last will of its own, no radio gateways."""
    return replace(
        layout,
        homes=tuple(replace(home, devices=_freed(home)) for home in layout.homes),
        facilities=tuple(replace(place, devices=_freed(place)) for place in layout.facilities),
    )


def homes_at_most(layout: Layout, connections: int = CONNECTIONS_MAX) -> int:
    """How many of the layout's homes, the first ones, have room on so many connections."""
    left, fitting = connections - sum(len(place.devices) for place in layout.facilities), 0
    for home in layout.homes:
        left -= len(home.devices)
        if left < 0:
            break
        fitting += 1
    return fitting


def _freed(place: Home | Facility) -> tuple[Fitted, ...]:
    return tuple(
        replace(each, who=replace(each.who, via=None)) for each in place.devices if each.kind != "gateway"
    )
