"""What happened in a home, made of stored readings; and a store that hangs, given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import home_port
from gateway.happenings import happened
from gateway.home_port import READS_AT_ONCE, Patience
from gateway.store.readings import Query, Reading, StoreUnavailable
from gateway.web.home_port import Happening

ROOMS = {"pir": "客厅", "door": "入户门", "radar": "卫生间"}
WANTED = Query(0, 10, place="H0001")


def reading(at: int, device: str, metric: str, value: float, quality: str = "good") -> Reading:
    return Reading(device, "H0001", True, metric, at * 1_000_000, value, None, quality, None, None, at)


def test_movement_counts_each_time_and_a_door_when_it_changes() -> None:
    found = happened(
        [
            reading(5, "door", "contact", 1.0),
            reading(1, "door", "contact", 1.0),  # closed: that it is so is no happening
            reading(2, "pir", "motion", 1.0),
            reading(3, "pir", "motion", 0.0),
            reading(3, "pir", "temperature", 21.0),
            reading(4, "door", "contact", 0.0),
            reading(6, "door", "contact", 1.0),
            reading(7, "radar", "event.fall", 0.0),
            reading(8, "gone", "motion", 1.0),
        ],
        ROOMS,
    )
    assert found == [
        Happening(2, "客厅", "pir", "motion", on=True),
        Happening(4, "入户门", "door", "contact", on=True),
        Happening(5, "入户门", "door", "contact", on=False),
        Happening(7, "卫生间", "radar", "event.fall", on=True),
        Happening(8, "", "gone", "motion", on=True),
    ]


def test_what_was_replayed_is_known_and_no_news() -> None:
    assert happened([reading(1, "pir", "motion", 1.0, "retained")], ROOMS) == []
    after = happened(
        [reading(1, "door", "contact", 1.0, "retained"), reading(2, "door", "contact", 0.0)], ROOMS
    )
    assert [one.at for one in after] == [2]


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["contact", "bed", "motion"]), st.booleans())))
def test_the_order_of_rows_does_not_matter_and_a_state_never_begins_twice(
    rows: list[tuple[int, str, bool]],
) -> None:
    once = {(at, metric): on for at, metric, on in rows}
    made = [reading(at, "d", metric, float(on)) for (at, metric), on in once.items()]
    found = happened(made, {})
    assert found == happened(made[::-1], {})
    for metric in ("contact", "bed"):
        turns = [one.on for one in found if one.what == metric]
        assert all(before != after for before, after in pairwise(turns))


class HangingStore:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked = 0

    def read(self, wanted: Query) -> Iterator[Reading]:
        self.asked += 1
        assert wanted is WANTED
        self.go.wait(30)
        return iter([reading(1, "pir", "motion", 1.0)])


def test_a_store_that_hangs_is_given_up_and_holds_no_more_than_two_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home_port, "WITHIN_S", 0.02)
    store, patience = HangingStore(), Patience()

    async def asked() -> None:
        assert await asyncio.gather(*(patience.read(store, WANTED) for _ in range(5))) == [None] * 5  # type: ignore[arg-type]
        assert store.asked == READS_AT_ONCE
        store.go.set()
        async with asyncio.timeout(10):
            while not await patience.read(store, WANTED):  # type: ignore[arg-type]  # noqa: ASYNC110 threads end when they do
                await asyncio.sleep(0)

    asyncio.run(asked())


def test_a_store_that_is_away_says_nothing() -> None:
    class Away:
        def read(self, wanted: Query) -> Any:  # noqa: ANN401, ARG002 it never gives one
            raise StoreUnavailable("closed")

    patience = Patience()

    async def asked() -> list[object]:
        return [await patience.read(Away(), WANTED) for _ in range(2 * READS_AT_ONCE)]  # type: ignore[arg-type]

    assert asyncio.run(asked()) == [None] * 2 * READS_AT_ONCE
