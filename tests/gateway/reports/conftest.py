"""A made-up town of three stations and two facilities over two months, and its reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from report_cases import STATION, asked
from sqlalchemy import Engine

from gateway.bench import report_town as town
from gateway.operations.database import open_database
from gateway.reports.document import Report
from gateway.reports.making import StoreReader, make_each
from gateway.reports.stored import HourRow, rows_of
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.summaries import Series

EVERY = {
    "month": asked("station", at=STATION),
    "day": asked("station", "2026-10-21", at=STATION),
    "facility": asked("facility", place="F-01"),
    "silent": asked("facility", place="F-02"),
    "area": asked("area", at="莲花区"),
    "before": asked("station", "2026-08", at=STATION),
    "underway": asked("station", at=STATION, now=town.begin_ms() + 45 * 86_400_000),
}


@pytest.fixture(scope="session")
def reports_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("reports") / "operations.sqlite"
    engine = open_database(file)
    town.fill(engine, many=3, homes=8, alerts=60, facilities=2)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def reports_engine(reports_database: Path) -> Engine:
    return open_database(reports_database)


@pytest.fixture(scope="session")
def reports_store(tmp_path_factory: pytest.TempPathFactory) -> StoreReader:
    """The counters' hours from a real store."""
    store = DuckDBStore(tmp_path_factory.mktemp("store") / "readings.duckdb")
    for cursor, batch in enumerate(town.readings(1), 1):
        store.write(batch, cursor=cursor)
    keeping = DuckDBKeeping(store)
    found: dict[tuple[str, int, int], Sequence[HourRow]] = {}

    def hours(place: str, begin: int, end: int) -> Sequence[HourRow]:
        key = (place, begin, end)
        if key not in found:
            found[key] = rows_of(keeping.fresh(Series(begin, end, "", place)))
        return found[key]

    return hours


@pytest.fixture(scope="session")
def reports(reports_engine: Engine, reports_store: StoreReader) -> dict[str, Report]:
    """One of each kind."""
    return dict(zip(EVERY, make_each(reports_engine, reports_store, list(EVERY.values())), strict=True))
