"""An alert log to write into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_book import Book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path)
    yield book
    book.database.dispose()
