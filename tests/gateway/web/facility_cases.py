"""Five weeks of a hall by the hour, as the counters' summaries have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from web_desk import NOW, SUMMARY, Desk

from gateway.web.port import ReadingQuery, Summary

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000
SHAPE = {9: 12, 10: 25, 11: 38, 12: 30, 13: 18, 14: 34, 15: 40, 16: 26}  # people on average in that hour
BEGIN = NOW // HOUR * HOUR - 33 * 24 * HOUR
PASSES = 20  # in and out again within each hour


def hour_of(begin: int) -> int:
    return datetime.fromtimestamp(begin / 1000, ZONE).hour


def five_weeks(counter: str = "f1-counter", *, until: int = NOW) -> list[Summary]:
    """What it said in every hour up to then; the hall is empty at every hour's end but while it is open."""
    found: list[Summary] = []
    passed = 0
    for begin in range(BEGIN, until // HOUR * HOUR + 1, HOUR):
        people = SHAPE.get(hour_of(begin), 0)
        passed += PASSES if people else 0
        last_at = begin + HOUR - 60_000
        for metric, mean, last in (
            ("in", passed, passed), ("out", passed, passed), ("occupancy", people, 0),
        ):  # fmt: skip
            found.append(
                Summary(
                    begin=begin, device=counter, place="F01", metric=metric, count=12, min=0.0, max=float(people + 2),
                    mean=float(mean), sum=0.0, last=float(last), first_at=begin, last_at=last_at, on_share=None,
                )
            )  # fmt: skip
    return found


class Hall(Desk):
    """The small hub with a store that has those weeks."""

    hours: Sequence[Summary] = ()

    async def summaries(self, query: ReadingQuery, every: str) -> Sequence[Summary]:
        if self.away:
            raise self.away
        self.asked.append(query)
        assert every == "1h", SUMMARY
        fitting = [
            one
            for one in self.hours
            if query.metric in {"", one.metric}
            and query.from_ms <= one.begin < query.to_ms
            and one.place == query.place
        ]
        return fitting[::-1][: query.limit]
