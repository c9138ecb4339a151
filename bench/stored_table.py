"""Lines of what stands in ``care_places`` after so many days, by the table of docs/stored.md: seeded, quick, and no hub in it.

For how queries behave at a size that takes too long to live through: many facilities and communities, a year of days. That the
hub itself writes what is asked for is held by tests/dashboards/test_dash_month.py.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FIVE_MINUTES_MS = 300_000
ZONE_MS = 8 * HOUR_MS  # Asia/Shanghai

KINDS = ("pendant", "motion", "contact", "radar", "bed", "smoke", "leak", "sos", "counter", "gateway")
CLASSES = ("life_safety", "care", "facility", "device")
OPEN = ("open_h", "open_known_h", "open_used_h")
DAY_OF_USE = ("people_h", "peak", "came", "went", "drift", "known_h", "used_h", "capacity", *OPEN)
LOAD = ("per_hour", "peak_10min", "floods", "over_12h", "chatter", "stale", "shelved")
FLEET = ("devices", "online", "silent", "battery_low", "battery_30d", "signal_weak", "clock_wrong")
TARGETS = ("accept", "accept_late", "on_site", "on_site_late")
STREETS = ("福田区/莲花街道", "福田区/香蜜湖街道", "南山区/粤海街道", "龙华区/民治街道 (东)")


@dataclass(frozen=True)
class Town:
    """How much there is: ``days`` of what is written by the hour and oftener, ``year_days`` of what is written by the day."""

    end_ms: int
    days: int = 31
    year_days: int = 365
    facilities: int = 50
    communities: int = 20

    @property
    def places(self) -> list[str]:
        """The facilities."""
        return [f"F-{number:03d}" for number in range(1, self.facilities + 1)]

    @property
    def paths(self) -> list[str]:
        """The communities."""
        return [f"{STREETS[number % len(STREETS)]}/第{number + 1}社区" for number in range(self.communities)]


def lines(town: Town, *, seed: int = 7) -> Iterator[str]:
    """The line protocol, times in milliseconds."""
    luck = random.Random(seed)  # noqa: S311 seeded data, no secret
    yield from _live(town, luck)
    yield from _facility_hours(town, luck)
    yield from _facility_days(town, luck)
    yield from _devices(town, luck)
    yield from _area_hours(town, luck)
    yield from _area_days(town, luck)
    yield from _hub(town, luck)


def point(metric: str, place: str, device: str, at: int, value: float) -> str:
    """One line."""
    escaped = [tag.replace(",", "\\,").replace(" ", "\\ ").replace("=", "\\=") for tag in (device, place)]
    fields = f'value={value:.3f},quality="good",seq=0i,received_at={at}i'
    return f"{metric},device={escaped[0]},place={escaped[1]} {fields} {at}"


def _people(luck: random.Random, at: int) -> float:
    hour = (at + ZONE_MS) % DAY_MS / HOUR_MS
    return (
        max(0.0, 30 * math.sin((hour - 8) / 12 * math.pi) + luck.uniform(-3, 3)) if 8 <= hour <= 20 else 0.0
    )


def _hours(town: Town) -> range:
    end = town.end_ms - town.end_ms % HOUR_MS
    return range(end - town.days * DAY_MS, end + 1, HOUR_MS)


def _days(town: Town) -> range:
    end = town.end_ms - (town.end_ms + ZONE_MS) % DAY_MS
    return range(end - town.year_days * DAY_MS, end + 1, DAY_MS)


def _live(town: Town, luck: random.Random) -> Iterator[str]:
    end = town.end_ms - town.end_ms % FIVE_MINUTES_MS
    for place in town.places:
        for at in range(end - town.days * DAY_MS, end + 1, FIVE_MINUTES_MS):
            people = _people(luck, at)
            values = {"people": people, "lower": people * 0.9, "upper": people * 1.1 + 1, "capacity": 40}
            for name, value in values.items():
                yield point(f"use.{name}", place, "carehub", at, value)


def _facility_hours(town: Town, luck: random.Random) -> Iterator[str]:
    for place in town.places:
        for at in _hours(town):
            people = _people(luck, at)
            values = {
                "people": people,
                "lower": people * 0.9,
                "upper": people * 1.1,
                "peak": people * 1.3,
                "came": luck.randint(0, 20),
                "went": luck.randint(0, 20),
                "usual": people + luck.uniform(-2, 2),
                "unusual": luck.random() < 0.01,
                "drift": luck.randint(-2, 2),
                "capacity": 40,
            }
            for name, value in values.items():
                yield point(f"use_1h.{name}", place, "carehub", at, float(value))


def _facility_days(town: Town, luck: random.Random) -> Iterator[str]:
    for place in town.places:
        for at in _days(town):
            for name in DAY_OF_USE:
                yield point(f"use_1d.{name}", place, "carehub", at, luck.uniform(5, 20))
            for room in ("活动室", "日间照料室", "Room 3"):
                for name in ("used_h", "people_h", "m2_h", "known_h", *OPEN):
                    yield point(f"zone_1d.{name}", place, room, at, luck.uniform(1, 10))


def _devices(town: Town, luck: random.Random) -> Iterator[str]:
    for number, place in enumerate(town.places):
        for door in ("door1", "door2"):
            device = f"{place}-{door}"
            for at in _hours(town):
                values = {
                    "battery": 90 - (town.end_ms - at) / DAY_MS / 10,
                    "battery_days": 200 - number,
                    "rssi": -60 - number,
                    "clock_skew_ms": luck.randint(-50, 50),
                    "online": luck.random() > 0.02,
                }
                for name, value in values.items():
                    yield point(f"device.{name}", place, device, at, float(value))
                for raw, value in {"occupancy": 4.0, "in": 100.0, "out": 96.0}.items():
                    yield point(raw, place, device, at, value)


def _area_hours(town: Town, luck: random.Random) -> Iterator[str]:
    for at in _hours(town):
        for path in town.paths:
            yield from _community_hour(path, at, luck)
        for kind in KINDS:
            for name in FLEET:
                yield point(f"fleet.{name}", "hub", kind, at, luck.choice((0, 50, 90)))
            for version in ("1.4.2", "1.5.0"):
                yield point("fleet.firmware", "hub", f"{kind} {version}", at, 60)


def _community_hour(path: str, at: int, luck: random.Random) -> Iterator[str]:
    area = {"homes": 50, "stations": 2, "staffed": 2, "hearing": 1, "neighbourhoods": 9, "covered": 7}
    supply = {"stations": 2, "hours_week": 48, "seats": 30, "lat": 22.54, "lon": 114.06}
    demand = {"elders": luck.randint(50, 70), "alerts_30d": 40, "visits_30d": 90}
    for family, values in (("area", area), ("heat", supply | demand)):
        for name, value in values.items():
            yield point(f"{family}.{name}", path, "carehub", at, value)
    for severity in ("critical", "urgent", "notice"):
        yield point("area.open", path, severity, at, luck.choice((0, 0, 5, 7)))
    for kind in KINDS:
        for name in FLEET:
            yield point(f"fleet.{name}", path, kind, at, luck.choice((0, 5, 9, 20)))


def _area_days(town: Town, luck: random.Random) -> Iterator[str]:
    for at in _days(town):
        for path in town.paths:
            for kind in CLASSES:
                yield point("duty_1d.alerts", path, kind, at, luck.choice((0, 5, 8, 12)))
            for name in LOAD:
                yield point(f"duty_1d.{name}", path, "carehub", at, luck.randint(0, 9))
            for target in TARGETS:
                yield point("duty_30d.share", path, target, at, luck.uniform(88, 100))


def _hub(town: Town, luck: random.Random) -> Iterator[str]:
    end = town.end_ms - town.end_ms % 60_000
    for minute, at in enumerate(range(end - town.days * DAY_MS, end + 1, 60_000)):
        values = {
            "received": minute * 300,
            "stored": minute * 299,
            "quarantined": minute,
            "refused": minute // 10,
            "alerts_open": luck.randint(0, 3),
            "lag": 0.2,
            "journal_mb": 100 + minute / 1000,
            "outbox_waiting": luck.randint(0, 2),
            "loop_lag_s": 0.01,
        }
        for name, value in values.items():
            yield point(f"hub.{name}", "hub", "carehub", at, value)
