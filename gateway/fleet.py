"""The devices of a running hub: what the registry, the rules' states and the reading of messages know of each."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from gateway.web.port import DeviceNow, DevicePage
from rules.world import Device

if TYPE_CHECKING:
    from gateway.hub import Hub


def devices(hub: Hub, *, limit: int, after: str | None, places: Container[str] | None = None) -> DevicePage:
    """A page of them by id, of those in ``places``; ``after`` is the ``next`` of the page before."""
    known = hub.engine.world.devices
    names = sorted(
        name
        for name, device in known.items()
        if (after is None or name > after) and (places is None or device.key in places)
    )
    shown = [_device_now(hub, known[name]) for name in names[:limit]]
    return DevicePage(shown, shown[-1].id if len(names) > limit else None)


def _device_now(hub: Hub, device: Device) -> DeviceNow:
    state = hub.engine.states.get(device.key)
    found = state.devices.get(device.id) if state else None
    ingest = hub.line.reader.ingest
    return DeviceNow(
        id=device.id,
        kind=device.kind,
        place=device.key,
        room=device.room,
        online=found.online and not found.missing if found else None,
        heard_at=found.heard_at if found else None,
        clock_skew_ms=ingest.skew.of(device.id),
        refused=ingest.refused_of[device.id],
        over_rate=ingest.limit.over[device.id],
    )
