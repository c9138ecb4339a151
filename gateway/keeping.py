"""The wiring of what keeps the store in bounds: dead letters, summaries, archive, retention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.archive import FOLDER, Archive
from gateway.figures_kept.reading import FigureStore
from gateway.kept_store import KeptStore
from gateway.parts import influx_source
from gateway.settings import Settings
from gateway.store.dead_letters import DeadLetters
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_figures import DuckDBFigures
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.keeping_book import KeepingBook
from gateway.store.readings import Copies, Store
from gateway.store.summaries import Keeping
from gateway.store_keeper import Bounds, StoreKeeper
from rules.vocabulary import METRICS

# On or off, said at each change. ``online`` is the presence of a device on the network.
ON_OFF = frozenset({"online", *(name for name, words in METRICS.items() if words.startswith("1 "))}) - {
    "clock_wrong"
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A store and what keeps it in bounds. ``store`` is the one to write to."""

    store: KeptStore
    dead: DeadLetters
    book: KeepingBook
    archive: Archive
    keeping: Keeping
    copies: Copies
    figures: FigureStore
    keeper: StoreKeeper

    def stop(self) -> None:
        """Stop keeping and close; the store goes last."""
        self.keeper.stop()
        self.store.close()
        self.book.close()
        self.dead.close()


def keep(settings: Settings, store: Store, *, newest_ms: Callable[[], int]) -> Kept:
    """Put a store into keeping; ``newest_ms`` is hub time."""
    data, zone = settings.hub.data, ZoneInfo(settings.hub.zone)
    dead, book = DeadLetters(data / "dead_letters.sqlite"), KeepingBook(data / "store_keeping.sqlite")
    archive = Archive(data / FOLDER, zone)
    keeping, copies = _keeping_of(settings, store)
    figures = figures_of(store)
    keeper = StoreKeeper(keeping, book, archive, bounds=bounds_of(settings), zone=zone, newest_ms=newest_ms)
    kept = KeptStore(store, dead=dead, book=book, now_ms=newest_ms)
    return Kept(kept, dead, book, archive, keeping, copies, figures, keeper)


def bounds_of(settings: Settings) -> Bounds:
    """What the settings say of retention."""
    given = settings.retention
    return Bounds(
        raw_homes_days=given.homes_days,
        raw_places_days=given.places_days,
        hourly_days=given.hourly_days,
        daily_days=given.daily_days,
        archive_homes=given.archive == "all",
        archive_places=given.archive != "none",
        archive_days=given.archive_days,
    )


def figures_of(store: Store) -> FigureStore:
    """Where its kept figures stand."""
    if isinstance(store, DuckDBStore):
        return DuckDBFigures(store)
    from gateway.store.influxdb import InfluxStore  # noqa: PLC0415 its client takes a second to import
    from gateway.store.influxdb_figures import InfluxFigures  # noqa: PLC0415 same

    assert isinstance(store, InfluxStore), "there are two kinds of store"  # noqa: S101 an invariant
    return InfluxFigures(store)


def _keeping_of(settings: Settings, store: Store) -> tuple[Keeping, Copies]:
    if isinstance(store, DuckDBStore):
        return DuckDBKeeping(store, on_off=ON_OFF), store
    from gateway.store.influxdb import InfluxStore  # noqa: PLC0415 its client takes a second to import
    from gateway.store.influxdb_apart import InfluxKeepingApart, Target  # noqa: PLC0415 same

    influx = influx_source(settings)
    assert influx is not None, "there are two kinds of store"  # noqa: S101 an invariant
    assert isinstance(store, InfluxStore), "there are two kinds of store"  # noqa: S101 same
    apart = InfluxKeepingApart(store, Target(influx.url, influx.org, influx.token), on_off=ON_OFF)
    return apart, apart
