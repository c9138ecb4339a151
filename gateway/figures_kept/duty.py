"""The work of stations as figures: a day's alerts and load, and the shares of thirty days, by community. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from gateway.alerts.cells import Cell, cell, share
from gateway.alerts.load import STALE_MS, Load, chattering, loads
from gateway.alerts.record import Asked, Facts, Record, Standing
from gateway.alerts.response import response_of
from gateway.figures_kept.saying import Saying

CLASSES = ("life_safety", "care", "facility", "device")
LEVELS = 3  # 区/街道/社区


def say_duty(said: Saying, facts: Facts, asked: Asked) -> None:
    """Say the day from ``asked.begin`` to ``asked.end``; ``facts`` reach thirty days back (``asked.earliest``)."""
    day = [one for one in facts.records if asked.begin <= one.raised_at < asked.end]
    load_of = loads(day, facts, asked)
    by_day, by_month = _by_station(day), _by_station(facts.records)
    standing: dict[str, list[Standing]] = defaultdict(list)
    for one in facts.standing:
        standing[one.station].append(one)
    for community in sorted(facts.homes):
        if community.count("/") != LEVELS - 1:
            continue
        cells = _say_alerts(said, community, by_day.get(community, ()), asked.begin)
        _say_burden(said, community, by_day.get(community, ()), standing[community], asked)
        _say_load(said, community, load_of[community], cells, asked.begin)
        _say_shares(said, community, by_month.get(community, ()), asked)


def _by_station(records: Sequence[Record]) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        found[record.station].append(record)
    return found


def _say_alerts(said: Saying, community: str, records: Sequence[Record], at: int) -> list[Cell]:
    counted = Counter(record.kind for record in records)
    cells = [cell(counted[kind]) for kind in CLASSES]
    for kind, found in zip(CLASSES, cells, strict=True):
        said.count("duty_1d.alerts", community, at, found, device=kind)
    return cells


def _say_burden(
    said: Saying, community: str, records: Sequence[Record], standing: Sequence[Standing], asked: Asked
) -> None:
    stale = sum(asked.until - one.raised_at > STALE_MS for one in standing)
    shelved = sum(one.shelved for one in standing)
    for name, count in (("chatter", len(chattering(records))), ("stale", stale), ("shelved", shelved)):
        said.count(f"duty_1d.{name}", community, asked.begin, cell(count))


def _say_load(said: Saying, community: str, load: Load, cells: Sequence[Cell], at: int) -> None:
    """A rate times its hours is a count: so only where each class of the day is told."""
    for name, value in (
        ("per_hour", load.per_operator_hour), ("peak_10min", load.most_in_ten_minutes), ("floods", len(load.floods)),
        ("over_12h", load.overloaded_hours),
    ):  # fmt: skip
        said.shown(f"duty_1d.{name}", community, at, value, of=cells)


def _say_shares(said: Saying, community: str, records: Sequence[Record], asked: Asked) -> None:
    for target in response_of(records, asked.targets, asked.now).targets:
        cells = (cell(target.within), cell(target.of - target.within))
        found = share(*cells)
        value = None if found is None else float(found.low)
        said.shown("duty_30d.share", community, asked.begin, value, of=cells, device=target.name)
