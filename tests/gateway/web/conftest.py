"""The small hub the web is tested on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from web_desk import Desk


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a home, a hall and two people on duty, to be copied."""
    folder = tmp_path_factory.mktemp("settled")
    made = Desk(folder)
    made.settle_in()
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.engine.dispose()
    return folder / "operations.db"


@pytest.fixture
def desk(tmp_path: Path, settled: Path) -> Iterator[Desk]:
    """A home, a hall, two people on duty, no alert yet."""
    shutil.copy(settled, tmp_path / "operations.db")
    made = Desk(tmp_path)
    yield made
    made.engine.dispose()
