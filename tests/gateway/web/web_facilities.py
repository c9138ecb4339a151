"""The part of the small hub that is about facilities: counters that say what a test lets them say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from gateway.web.facility_port import CounterNow, HeadcountNow

COUNTER = CounterNow(
    id="f1-counter",
    kind="counter",
    room="正门",
    heard_at=1_763_881_320_000,
    silent=False,
    entered=61,
    left=18,
    own=43,
)
HALL = HeadcountNow(people=43, lower=40, upper=46, passages=10, since=1_763_870_000_000, devices=(COUNTER,))


class DeskFacilities:
    """Answers for facilities; a correction is the estimate from then on."""

    def __init__(self) -> None:
        self.heads: dict[str, HeadcountNow] = {}
        self.worlds_changed = 0

    @property
    def calendar(self) -> str:
        return "cn"

    def headcounts(self, places: Collection[str]) -> Mapping[str, HeadcountNow]:
        return {place: self.heads[place] for place in places if place in self.heads}

    async def facilities_changed(self) -> None:
        self.worlds_changed += 1

    def counted(self, place: str, people: int, at: int) -> None:
        known = self.heads[place]
        self.heads[place] = replace(known, people=people, lower=people, upper=people, passages=0, since=at)
