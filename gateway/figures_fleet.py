"""What a running hub knows of its devices for the figures: their states now, and what the store has of their days.

States are read on the hub's loop, a few hundred devices at a time. What batteries, radio and firmware said comes from the
store once a day (firmware as it comes), in a thread: an hour's figures are made of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.alerts.record import DAY_MS, station_of
from gateway.figures_kept.fleet import Seen
from gateway.figures_kept.forecast import days_left
from gateway.store.readings import Query, Store
from gateway.store.summaries import Keeping, Series, day_of

if TYPE_CHECKING:
    from gateway.hub import Hub
    from rules.world import Device

BATTERY_BACK_DAYS = tuple(range(1, 41, 3))  # fourteen days out of forty
SIGNAL_BACK_DAYS = (3, 2, 1)
FIRMWARE_BACK_DAYS = 31
FIRMWARE_ROWS_MAX = 200_000
HALF_DAY_MS = DAY_MS // 2


class DeviceDays:
    """What the store has of devices' days. ``refresh`` in a thread; the rest from any."""

    def __init__(self, store: Store, keeping: Keeping, zone: ZoneInfo) -> None:
        self._store = store
        self._keeping = keeping
        self._zone = zone
        self._day = 0
        self._firmware_at = 0
        self.battery: Mapping[str, tuple[float, float | None]] = {}  # percent, days that are left
        self.rssi: Mapping[str, float] = {}
        self.firmware: dict[str, str] = {}

    def refresh(self, now: int) -> None:
        """Read what is new. Raises ``StoreUnavailable``."""
        since = self._firmware_at or now - FIRMWARE_BACK_DAYS * DAY_MS
        asked = Query(since, now, metric="fw", limit=FIRMWARE_ROWS_MAX, newest_first=True)
        newest = {row.device: row.text for row in reversed(self._store.read(asked)) if row.text}
        self.firmware |= newest
        self._firmware_at = now
        today = day_of(now, self._zone)[0]
        if today != self._day:
            self.battery = self._batteries(today)
            self.rssi = {
                device: said[-1][1] for device, said in self._said("rssi", today, SIGNAL_BACK_DAYS).items()
            }
            self._day = today

    def again(self) -> None:
        """Read the days anew at the next time: a day was summarised meanwhile."""
        self._day = 0

    def _batteries(self, today: int) -> dict[str, tuple[float, float | None]]:
        said = self._said("battery", today, sorted(BATTERY_BACK_DAYS, reverse=True))
        return {device: (days[-1][1], days_left(days)) for device, days in said.items()}

    def _said(self, metric: str, today: int, back: Sequence[int]) -> dict[str, list[tuple[int, float]]]:
        """What each device said last on each of those days, oldest first."""
        found: dict[str, list[tuple[int, float]]] = {}
        for days in back:
            begin, end = day_of(today - days * DAY_MS + HALF_DAY_MS, self._zone)
            for one in self._keeping.kept("1d", Series(begin, end, metric=metric)):
                found.setdefault(one.device, []).append((one.last_at, one.last))
        return found


def seen(hub: Hub, devices: Sequence[Device], paths: Mapping[str, str], days: DeviceDays) -> list[Seen]:
    """Those devices as they are now; ``paths`` are the places' in the tree. On the hub's loop."""
    states, world, skew = hub.engine.states, hub.engine.world, hub.line.reader.ingest.skew
    found = []
    for device in devices:
        place = world.places.get(device.key)
        if place is None:
            continue
        state = states.get(device.key)
        known = state.devices.get(device.id) if state is not None else None
        link = state.gateways.get(known.via) if state is not None and known is not None else None
        online = known is not None and known.online and not known.missing and (link is None or link.online)
        battery, left = days.battery.get(device.id, (None, None))
        latest = known.latest.get("battery") if known is not None else None
        if latest is not None and not isinstance(latest.value, str):
            battery = float(latest.value)
        community = station_of(paths.get(device.key, ""))
        found.append(
            Seen(
                device=device.id, kind=device.kind, place=device.key, facility=place.kind == "facility",
                community=community if community.count("/") == 2 else "", online=online,  # noqa: PLR2004 区/街道/社区
                battery=battery, battery_days=left, rssi=days.rssi.get(device.id), clock_skew_ms=skew.of(device.id),
                firmware=days.firmware.get(device.id, ""),
            )
        )  # fmt: skip
    return found
