"""A life of kept figures: a store in keeping, the operational database, and hub time in hand. Nothing runs by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from simulated_month import database_of, devices_of, world_of
from sqlalchemy import Engine

from firmware_sim.places import Layout
from gateway.archive import Archive
from gateway.figures_book import FiguresBook
from gateway.figures_facilities import Facilities
from gateway.figures_keeper import FiguresKeeper, Sources
from gateway.figures_kept.names import NAMES
from gateway.figures_kept.reading import FigureQuery, Point
from gateway.figures_sampling import corrections_since
from gateway.keeping import ON_OFF, figures_of
from gateway.kept_store import KeptStore
from gateway.store.dead_letters import DeadLetters
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_keeping import InfluxKeeping
from gateway.store.keeping_book import KeepingBook
from gateway.store.readings import Readings, Store
from gateway.store.summaries import Keeping, Series, Summary
from gateway.store_keeper import Bounds, StoreKeeper
from rules.world import World

ZONE = ZoneInfo("Asia/Shanghai")
EVER = Series(0, 4_000_000_000_000)
BOUNDS = Bounds(
    raw_homes_days=0, raw_places_days=0, hourly_days=0, daily_days=0, archive_homes=False, archive_places=False,
    archive_days=0,
)  # fmt: skip


def keeping_of(store: Store) -> Keeping:
    if isinstance(store, DuckDBStore):
        return DuckDBKeeping(store, on_off=ON_OFF)
    assert isinstance(store, InfluxStore)
    return InfluxKeeping(store, on_off=ON_OFF)


class FigureLife:
    """``open_store`` gives the same store again after ``restart``."""

    def __init__(
        self,
        folder: Path,
        open_store: Callable[[], Store],
        engine: Engine,
        world: World,
        *,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.folder, self.open_store, self.engine, self.world, self.bounds = (
            folder,
            open_store,
            engine,
            world,
            bounds,
        )
        self.now, self.wall, self.cursor = 0, 0.0, 0
        self.sampled: list[tuple[str, int]] = []
        self.present: Sequence[Point] = ()
        self.duties: list[tuple[int, int, int]] = []
        self.began: int | None = None
        self._begin()

    def _begin(self) -> None:
        self.store = self.open_store()
        self.keeping, self.figures = keeping_of(self.store), figures_of(self.store)
        self.book = KeepingBook(self.folder / "keeping.sqlite", monotonic=lambda: self.wall)
        self.dead = DeadLetters(self.folder / "dead.sqlite")
        self.kept = KeptStore(self.store, dead=self.dead, book=self.book, now_ms=lambda: self.now)
        self.store_keeper = StoreKeeper(
            self.keeping, self.book, Archive(self.folder / "archive", ZONE), bounds=self.bounds, zone=ZONE,
            newest_ms=lambda: self.now,
        )  # fmt: skip
        facilities = Facilities(
            self.engine,
            self.keeping,
            self.figures,
            zone=ZONE,
            calendar="none",
            devices=lambda: devices_of(self.world),
        )
        self.figures_book = FiguresBook(self.folder / "figures.sqlite")
        sources = Sources(
            present=self._present, fetch=lambda now: self.sampled.append(("fetch", now)), hourly=self._hourly, duty=self._duty,
            corrections=lambda since: corrections_since(self.engine, since), began=lambda: self.began,
        )  # fmt: skip
        self.keeper = FiguresKeeper(
            self.figures, self.keeping, self.figures_book, facilities, sources, bounds=self.bounds, zone=ZONE,
            now=lambda: self.now,
        )  # fmt: skip
        self.store_keeper.on_hour = self.keeper.heard

    async def _present(self, at: int) -> Sequence[Point]:
        self.sampled.append(("present", at))
        return self.present

    async def _hourly(self, at: int) -> Callable[[], Sequence[Point]]:
        self.sampled.append(("hourly", at))
        return lambda: ()

    def _duty(self, begin: int, end: int, now: int) -> Sequence[Point]:
        self.duties.append((begin, end, now))
        return [Point("duty_1d.alerts", "区/街/社", "care", begin, float(len(self.duties)))]

    def write(self, rows: Readings) -> None:
        self.cursor += 1
        self.kept.write(rows, cursor=self.cursor)

    def summarise(self) -> None:
        """Let the store's keeper do all there is to do."""
        self.wall += 60.0
        while self.store_keeper.step():
            pass

    def keep(self) -> None:
        """The same, and then the figures' keeper."""
        self.summarise()
        asyncio.run(self.keeper.round())

    def restart(self) -> None:
        """Close everything and open it again, as a hub does."""
        self.close()
        self._begin()

    def close(self) -> None:
        self.keeper.close()
        self.store.close()
        self.book.close()
        self.dead.close()

    def summaries(self) -> list[Summary]:
        found = [*self.keeping.kept("1h", EVER), *self.keeping.kept("1d", EVER)]
        return sorted(found, key=lambda one: (one.begin_ms, one.count, one.device, one.metric, one.last_at))

    def points(self, *metrics: str) -> list[Point]:
        return self.figures.read(FigureQuery(metrics or sorted(NAMES), (), 0, 4_000_000_000_000))


def town(folder: Path, layouts: Sequence[Layout], begin: int) -> tuple[Engine, World]:
    """The operational database and the world of these towns, with opening hours and areas."""
    engine = database_of(folder, layouts, begin)
    return engine, world_of(engine)
