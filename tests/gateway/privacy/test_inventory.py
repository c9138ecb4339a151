"""The inventory names every table and every file of the hub, and the document and the settings say what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.operations.resident import Resident, about
from gateway.operations.tables import Base
from gateway.parts import kept_days
from gateway.privacy.inventory import INVENTORY, OPERATIONS, as_markdown, until_words
from gateway.settings import Settings

DOCS = Path(__file__).parents[3] / "docs" / "privacy.md"
DAYS = kept_days(Settings())
NAMED = {table for one in INVENTORY for table in one.tables}


def test_every_table_is_in_the_inventory() -> None:
    assert set(Base.metadata.tables) == NAMED, (
        "a new table: say in gateway/privacy/inventory.py what it holds, for how long, and what erases it"
    )


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_what_can_be_about_a_home_is_called_personal_and_is_reached_by_an_erasure(table: str) -> None:
    """A table with a place is reached; the word "stays" is only for what has none, or is of facilities alone."""
    reached = about(Base.metadata.tables[table], Resident("H1", "区", ("d1",))) is not None
    told = [one for one in INVENTORY if table in one.tables]
    of_facilities = {"facility_setting", "count_correction", "operator", "facility_room"}
    if reached and table not in of_facilities:
        assert all(one.personal for one in told)
        assert not any("不受影响" in one.erased[0] for one in told)


def test_every_setting_of_retention_keeps_something_and_is_told_of() -> None:
    told = {one.setting for one in INVENTORY if one.setting}
    assert told <= set(DAYS)
    assert set(DAYS) - told == {"retention.places_days"}  # of facilities


def test_how_long_is_said_in_days_or_for_ever() -> None:
    looks = next(one for one in INVENTORY if one.tables == ("look",))
    assert until_words(looks, DAYS) == ("保存 1095 天", "for 1095 days")
    assert until_words(looks, DAYS | {"retention.looks_days": 0}) == ("保存（长期）", "for ever")


def test_the_document_has_the_inventory_as_it_is() -> None:
    assert as_markdown(DAYS) in DOCS.read_text(encoding="utf-8"), "print it anew: gateway.privacy.inventory"


def test_every_file_of_a_hub_is_in_it() -> None:
    places = " ".join(one.where for one in INVENTORY)
    for file in (
        OPERATIONS,
        "journal.sqlite",
        "audit.sqlite",
        "dead_letters.sqlite",
        "readings.duckdb",
        "archive/",
    ):
        assert file in places
