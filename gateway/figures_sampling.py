"""What figures need of the running hub, read on its loop a few hundred at a time, and of its database in a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway import duty_port
from gateway.accounts.who import EVERYTHING
from gateway.alerts.record import HOUR_MS, Asked, Targets
from gateway.area_heat.supply import Week
from gateway.facility_port import FacilitiesOfHub
from gateway.figures_book import FiguresBook
from gateway.figures_duty import duty_points
from gateway.figures_facilities import Devices, Facilities
from gateway.figures_fleet import DeviceDays, seen
from gateway.figures_keeper import FiguresKeeper, Sources
from gateway.figures_kept.area import say_area, say_heat
from gateway.figures_kept.fleet import Seen, say_fleet
from gateway.figures_kept.reading import Point
from gateway.figures_kept.saying import Saying
from gateway.figures_kept.use import Present, say_present
from gateway.keeping import Kept, bounds_of
from gateway.occupancy.use import Fitted
from gateway.operations.area_views import count_area
from gateway.operations.heat_views import communities, heats
from gateway.operations.tables import Alert, CountCorrection, Place
from gateway.parts import targets
from gateway.store.readings import StoreUnavailable
from gateway.web.area import spans_of
from gateway.web.area_numbers import communities as communities_shown
from gateway.web.port import DeskNow
from rules.world import World

if TYPE_CHECKING:
    from gateway.hub import Hub

log = logging.getLogger(__name__)
AT_ONCE = 250  # devices, or facilities, before the loop gets its turn

T = TypeVar("T")


class Heads(FacilitiesOfHub):
    """The people in facilities, as the pages have them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub


class Sampling:
    """Samples of a running hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._heads = Heads(hub)
        self._zone = ZoneInfo(hub.settings.hub.zone)
        self._targets: Targets = targets(hub.settings)
        self._days = DeviceDays(hub.store, hub.kept.keeping, self._zone)
        self._paths: dict[str, str] = {}
        self._areas: Saying = Saying()

    async def present(self, at: int) -> Sequence[Point]:
        """How many people are in each facility."""
        said = Saying()
        places = self._hub.engine.world.places
        for some in _parts([key for key, place in places.items() if place.kind == "facility"]):
            found = self._heads.headcounts(some)
            capacity = {key: places[key].capacity for key in found}
            rows = [
                Present(key, one.people, one.lower, one.upper, capacity[key]) for key, one in found.items()
            ]
            say_present(said, rows, at)
            await asyncio.sleep(0)
        return said.points

    def fetch(self, now: int) -> None:
        """Read what the hour needs of the store and of the operational database."""
        try:
            self._days.refresh(now)
        except (
            StoreUnavailable
        ) as error:  # what is known of the days before stands; the hour is told all the same
            log.warning("figures: of batteries, radio and firmware nothing newer is known: %s", error)
        with Session(self._hub.database) as session:
            self._paths = {place: path for place, path in session.execute(select(Place.id, Place.path))}  # noqa: C416 rows, not pairs
        desks = duty_port.desks(self._hub).desks
        calendar = self._hub.settings.hub.calendar
        self._areas = areas_said(self._hub.database, desks, now, zone=self._zone, calendar=calendar)

    async def hourly(self, at: int) -> Callable[[], Sequence[Point]]:
        """Devices, communities, demand and supply: looked at here, to be counted elsewhere."""
        found: list[Seen] = []
        devices = list(self._hub.engine.world.devices.values())
        for some in _parts(devices):
            found += seen(self._hub, some, self._paths, self._days)
            await asyncio.sleep(0)
        areas = self._areas.points

        def say() -> Sequence[Point]:
            said = Saying()
            say_fleet(said, found, at)
            return [*said.points, *areas]

        return say

    def duty(self, begin: int, end: int, now: int) -> Sequence[Point]:
        """A day of the stations' work."""
        return duty_points(self._hub.database, asked_of(begin, end, now, self._zone, self._targets))


def keep_figures(hub: Hub, kept: Kept) -> FiguresKeeper:
    """The keeper of a hub's figures, and told of each hour of facilities that is summarised."""
    zone, sampling = ZoneInfo(hub.settings.hub.zone), Sampling(hub)
    facilities = Facilities(
        hub.database, kept.keeping, kept.figures, zone=zone, calendar=hub.settings.hub.calendar,
        devices=lambda: devices_of(hub.engine.world),
    )  # fmt: skip
    sources = Sources(
        present=sampling.present, fetch=sampling.fetch, hourly=sampling.hourly, duty=sampling.duty,
        corrections=lambda since: corrections_since(hub.database, since), began=lambda: first_alert(hub.database),
    )  # fmt: skip
    keeper = FiguresKeeper(
        kept.figures, kept.keeping, FiguresBook(hub.settings.hub.data / "figures_keeping.sqlite"), facilities, sources,
        bounds=bounds_of(hub.settings), zone=zone, now=hub.clock.now,
    )  # fmt: skip
    kept.keeper.on_hour = keeper.heard
    return keeper


def areas_said(
    engine: Engine, desks: Sequence[DeskNow], now: int, *, zone: ZoneInfo, calendar: str
) -> Saying:
    """Communities, demand and supply at the hour of ``now``."""
    said, at = Saying(), now // HOUR_MS * HOUR_MS
    found, _ = communities_shown(count_area(engine, EVERYTHING, None), desks, None)
    say_area(said, found, at, desked=bool(desks))
    spans = spans_of(now, zone)
    demand = heats(engine, EVERYTHING, spans, Week.of(now, zone, calendar))
    shapes = {
        path: one.shape for path, one in communities(engine, EVERYTHING).items() if one.shape is not None
    }
    say_heat(said, demand, shapes, at)
    return said


def asked_of(begin: int, end: int, now: int, zone: ZoneInfo, held_to: Targets) -> Asked:
    """What is asked of a day."""
    return Asked(begin=begin, end=end, now=now, zone=str(zone), targets=held_to)


def devices_of(world: World) -> Devices:
    """The devices of each facility, with their rooms, in order."""
    found: dict[str, list[Fitted]] = {}
    for device in sorted(world.definition.devices, key=lambda one: one.id):
        place = world.places.get(device.key)
        if place is not None and place.kind == "facility":
            found.setdefault(device.key, []).append(Fitted(device.id, device.kind, device.room))
    return found


def corrections_since(engine: Engine, since: int) -> list[int]:
    """When people have put counts right since then."""
    with Session(engine) as session:
        return list(session.scalars(select(CountCorrection.at).where(CountCorrection.at >= since)))


def first_alert(engine: Engine) -> int | None:
    """When the first alert was raised that is kept."""
    with Session(engine) as session:
        return session.scalar(select(func.min(Alert.raised_at)))


def _parts(of: Sequence[T]) -> Iterator[Sequence[T]]:
    return (of[at : at + AT_ONCE] for at in range(0, len(of), AT_ONCE))
