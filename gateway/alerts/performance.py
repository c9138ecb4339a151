"""The numbers of work: how soon people came, how much they were asked to bear, and how often the alerts were right.

Everything is counted from the alerts raised in a span, in any order. Nothing here names a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.alerts.load import Chatter, Load, Source, chattering, loads, together, worst
from gateway.alerts.precision import (
    OftenFalse,
    Precision,
    false_per_resident_month,
    often_false,
    precision_of,
)
from gateway.alerts.record import HOUR_MS, Asked, Facts, Record
from gateway.alerts.response import LISTED_MAX, Response, late_calls, response_of

QUARTER_MS = HOUR_MS // 4  # every zone's offset is a multiple of it, and changes at one


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHome:
    """What concerns single homes and their devices: for those who may know of them."""

    homes: dict[str, Precision]
    often_false: list[OftenFalse]
    worst: list[Source]
    chattering: list[Chatter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """The numbers of the alerts raised from ``begin`` ≤ time < ``end`` (epoch ms), as they stood at ``now``.

    ``by_kind``: by class; ``by_station``: by 区/街道/社区, '' what is of none; ``by_day``: by local day. ``late``: the numbers
    of the calls to look into, of ``late_count`` the newest 500. ``by_home`` is None for those who are not signed in.
    """

    begin: int
    end: int
    now: int
    zone: str
    station: str
    kind: str
    response: Response
    by_kind: dict[str, Response]
    by_station: dict[str, Response]
    by_day: dict[str, Response]
    late: list[int]
    late_count: int
    load: Load
    load_by_station: dict[str, Load]
    precision: Precision
    by_rule: dict[str, Precision]
    by_device_kind: dict[str, Precision]
    false_per_resident_month: float | None
    often_false_count: int
    chattering_count: int
    by_home: ByHome | None


def performance(facts: Facts, asked: Asked) -> Performance:
    """Draw up the numbers."""
    targets, now = asked.targets, asked.now
    records = [one for one in facts.records if asked.begin <= one.raised_at < asked.end]
    late = late_calls(records, targets, now)
    load_of = loads(records, facts, asked)
    wrong_often, chatter = often_false(facts.records, asked.end), chattering(records)

    def responses(key: Callable[[Record], str]) -> dict[str, Response]:
        return {name: response_of(part, targets, now) for name, part in grouped(records, key)}

    return Performance(
        begin=asked.begin,
        end=asked.end,
        now=now,
        zone=asked.zone,
        station=asked.station,
        kind=asked.kind,
        response=response_of(records, targets, now),
        by_kind=responses(lambda one: one.kind),
        by_station=responses(lambda one: one.station),
        by_day=responses(_day_in(asked.zone)),
        late=late[-LISTED_MAX:],
        late_count=len(late),
        load=together(load_of.values(), asked),
        load_by_station=load_of,
        precision=precision_of(records),
        by_rule=_precisions(records, lambda one: one.rule),
        by_device_kind=_precisions((one for one in records if one.device_kind), lambda one: one.device_kind),
        false_per_resident_month=false_per_resident_month(records, facts.homes, asked.begin, asked.until),
        often_false_count=len(wrong_often),
        chattering_count=len(chatter),
        by_home=None
        if not asked.by_home
        else ByHome(
            homes=_precisions((one for one in records if one.home), lambda one: one.place),
            often_false=wrong_often,
            worst=worst(records),
            chattering=chatter,
        ),
    )


def grouped(records: Iterable[Record], key: Callable[[Record], str]) -> list[tuple[str, Sequence[Record]]]:
    """The records by that key, in its order."""
    parts: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        parts[key(record)].append(record)
    return sorted(parts.items())


def _precisions(records: Iterable[Record], key: Callable[[Record], str]) -> dict[str, Precision]:
    return {name: precision_of(part) for name, part in grouped(records, key)}


def _day_in(zone: str) -> Callable[[Record], str]:
    """The local day on which a record was raised, as 2026-03-01; one of 23 or 25 hours is a day like any other."""
    local, days = ZoneInfo(zone), dict[int, str]()

    def day(record: Record) -> str:
        quarter = record.raised_at // QUARTER_MS
        known = days.get(quarter)
        if known is None:
            moment = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, local)
            known = days[quarter] = moment.date().isoformat()
        return known

    return day
