"""Every page has its picture in docs/screenshots, and they are small."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
sys.path.append(str(DOCS))
from screenshots_list import PICTURES, missing  # noqa: E402

ALL_BYTES_MAX = 8_000_000  # some 30 kB a picture


def test_every_page_of_the_route_table_has_a_picture() -> None:
    assert missing() == set(), "add a line to docs/screenshots_list.py"


def test_the_pictures_are_those_of_the_list_and_small() -> None:
    wanted = {one.file(size, language) for one in PICTURES for size in one.sizes for language in ("zh", "en")}
    files = list((DOCS / "screenshots").glob("*.png"))
    assert {file.name for file in files} == wanted, "make screenshots"
    assert sum(file.stat().st_size for file in files) < ALL_BYTES_MAX
