"""A hall with three rooms and a year behind it, as the store has it: a counter at the door, sensors in two of the rooms."""

from __future__ import annotations

from collections.abc import Sequence

from facility_cases import BEGIN, HOUR, hour_of
from web_desk import NOW
from web_facilities import COUNTER, HALL

from gateway.figures_kept.reading import Point
from gateway.occupancy.zones import Room
from gateway.web.facility_port import CounterNow, HeadcountNow
from gateway.web.port import Summary

DAY = 24 * HOUR
ROOMS = (Room("书画室", 36.0, "activity"), Room("培训室", 54.0, "service"), Room("办公室", 18.0, "office"))


def sensor(name: str, room: str) -> CounterNow:
    return CounterNow(id=name, kind="motion", room=room, heard_at=NOW - 60_000, silent=False)


FITTED = HeadcountNow(
    people=43, lower=40, upper=46, passages=10, since=HALL.since,
    devices=(COUNTER, sensor("f1-pir-1", "书画室"), sensor("f1-pir-2", "培训室")),
)  # fmt: skip


def seen(device: str, hours: Sequence[int], *, until: int = NOW) -> list[Summary]:
    """A sensor that sees somebody in those hours of each day and gives its sign of life in all."""
    found = []
    for begin in range(BEGIN, until // HOUR * HOUR, HOUR):
        most = 1.0 if hour_of(begin) in hours else 0.0
        for metric, value, last in (("motion", most, 0.0), ("battery", 90.0, 90.0)):
            found.append(
                Summary(
                    begin=begin, device=device, place="F01", metric=metric, count=2, min=0.0, max=value, mean=value, sum=value,
                    last=last, first_at=begin, last_at=begin + HOUR - 1, on_share=None,
                )
            )  # fmt: skip
    return found


def a_year(place: str = "F01", *, days: int = 330) -> list[Point]:
    """The figures of its days up to yesterday: nine open hours, used more towards the winter, its training room never."""
    midnight = NOW // DAY * DAY - 8 * HOUR  # in Shanghai
    found: list[Point] = []
    for ago in range(1, days + 1):
        at, used = midnight - ago * DAY, 8 - ago // 60
        use = {
            "people_h": 30.0 * used, "peak": 20.0 + used, "used_h": used, "open_h": 9, "open_known_h": 9, "open_used_h": used,
            "known_h": 24, "came": 60.0 * used, "went": 60.0 * used,
        }  # fmt: skip
        found += [Point(f"use_1d.{name}", place, "carehub", at, float(value)) for name, value in use.items()]
        for room, hours in (("书画室", 3), ("培训室", 0)):
            zone = {"used_h": hours, "open_h": 9, "open_known_h": 9, "open_used_h": hours}
            found += [Point(f"zone_1d.{name}", place, room, at, float(value)) for name, value in zone.items()]
    return found
