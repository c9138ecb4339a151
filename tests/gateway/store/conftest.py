"""Both stores on real parts; InfluxDB 1.6.7 behind the proxy that gives it 2.x's write path."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from parts import Influx
from store_rows import TOKEN

from gateway.bench.influx_proxy import InfluxProxy
from gateway.figures_kept.reading import FigureStore
from gateway.keeping import figures_of
from gateway.store.duckdb import DuckDBStore
from gateway.store.influxdb import InfluxStore
from gateway.store.readings import Store

numbers = itertools.count(1)


@pytest.fixture
def influx_v2(influxd: Influx) -> Iterator[InfluxProxy]:
    """An InfluxDB 2.x with buckets of its own; its token is TOKEN."""
    with InfluxProxy(influxd.url, prefix=f"store{next(numbers)}_", token=TOKEN) as proxy:
        yield proxy


@pytest.fixture(params=["duckdb", "influxdb"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Open the test's store; called again after a close, it opens the same one."""
    opened: list[Store] = []
    url = request.getfixturevalue("influx_v2").url if request.param == "influxdb" else ""

    def open_it() -> Store:
        store: Store
        if url:
            store = InfluxStore(url=url, org="carehub", token=TOKEN, cursor_file=tmp_path / "cursor.json")
        else:
            store = DuckDBStore(tmp_path / "readings.duckdb")
        opened.append(store)
        return store

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """An empty store."""
    return open_store()


@pytest.fixture
def figures(store: Store) -> FigureStore:
    """Where the store's kept figures stand."""
    return figures_of(store)
