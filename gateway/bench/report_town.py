"""A made-up town for reports: stations with months of alerts, calls, visits, tests and faults, facilities with counted hours.

Made by a seed and written past the hub, into a real operational database and a real store. Names and numbers are invented.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine, insert

from gateway.duty.plan import Desk, Plan, Shift
from gateway.operations.tables import (
    Alert,
    AlertStep,
    Base,
    DenominatorEntry,
    Device,
    DutyPlan,
    FacilityRoom,
    FacilitySetting,
    FaultJob,
    FollowUp,
    HomeTest,
    LedgerItem,
    Outbox,
    Place,
    PointProven,
    SignOff,
    Visit,
    table_of,
)
from gateway.store.readings import Readings, point_time_ns
from rules.local_time import Window

ZONE = ZoneInfo("Asia/Shanghai")
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
BEGIN = datetime(2026, 9, 1, tzinfo=ZONE)
DAYS = 61  # September and October
RULES = (
    ("fall", "life_safety", "critical", "radar"),
    ("sos", "life_safety", "critical", "pendant"),
    ("no_activity", "care", "urgent", ""),
    ("not_home", "care", "notice", ""),
    ("device_silent", "device", "notice", "motion"),
    ("battery_low", "device", "notice", "pendant"),
)
VERDICTS = (("true", 30), ("false", 45), ("test", 10), ("unconfirmed", 5), (None, 2))
PEOPLE = ("李敏", "陈国强", "王芳", "赵磊")
ROOMS = (
    ("棋牌室", 46.0, "activity"),
    ("舞蹈室", 80.5, "activity"),
    ("阅览室", None, "service"),
    ("会议室", 30.0, "office"),
)
Rows = dict[type[Base], list[dict[str, Any]]]


def begin_ms() -> int:
    """The first moment of the town's time."""
    return int(BEGIN.timestamp() * 1000)


def end_ms() -> int:
    """The first moment after it: the beginning of November."""
    return int((BEGIN + timedelta(days=DAYS)).timestamp() * 1000)


def stations(many: int) -> list[str]:
    """The communities: ten a street."""
    return [f"莲花区/街道{at // 10 + 1:02d}/社区{at + 1:02d}" for at in range(many)]


def fill(
    engine: Engine, *, many: int, homes: int = 30, alerts: int = 150, facilities: int = 2, seed: int = 7
) -> None:
    """Write ``many`` stations of ``homes`` homes, each with about ``alerts`` alerts a month, and the facilities."""
    seeded = random.Random(seed)  # noqa: S311 made-up data
    rows: Rows = defaultdict(list)
    number = 0
    for path in stations(many):
        number = _station(rows, path, seeded, homes=homes, alerts=alerts * 2, number=number)
    for at in range(facilities):
        _facility(rows, at, stations(many)[at % many])
    _plan(rows, stations(many))
    for level, name, value in (("", "streets", 8), ("莲花区", "streets", 8), ("莲花区", "elders_60", 9000)):
        rows[DenominatorEntry].append(
            {
                "indicator": name,
                "at": level,
                "value": value,
                "source": "区民政局统计",
                "as_of": "2026-06-30",
                "by": "王芳",
                "set_at": 1,
            }
        )
    with engine.begin() as connection:
        for model, made in rows.items():
            connection.execute(insert(table_of(model)), made)


def _id(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def _station(rows: Rows, path: str, seeded: random.Random, *, homes: int, alerts: int, number: int) -> int:
    community = path.rsplit("/", 1)[-1]
    places = [f"{community}-{at:03d}" for at in range(homes)]
    for at, place in enumerate(places):
        rows[Place].append(
            {
                "id": place,
                "kind": "home",
                "site": "s",
                "path": f"{path}/小区{at % 3 + 1}",
                "name": "刘女士",
                "address": "3栋 502",
                "capacity": None,
                "access_note": "",
            }
        )
        for kind in ("pendant", "radar", "motion", "contact"):
            name = f"{place}-{kind}"
            rows[Device].append(
                {
                    "id": name,
                    "place_id": place,
                    "site": "s",
                    "kind": kind,
                    "room": "卧室",
                    "heartbeat_s": 3600,
                }
            )
            if kind == "pendant":
                _tests(rows, place, name, seeded)
        _fitting(rows, place, seeded)
    times = sorted(begin_ms() + seeded.randrange(DAYS * DAY_MS) for _ in range(alerts))
    for at in times:
        number += 1
        _alert(rows, number, at, seeded.choice(places), path, seeded)
    return number


def _tests(rows: Rows, place: str, device: str, seeded: random.Random) -> None:
    for week in range(DAYS // 7):
        if seeded.random() < 0.8:  # noqa: PLR2004 four of five weeks
            at = begin_ms() + week * 7 * DAY_MS + seeded.randrange(7 * DAY_MS)
            test = _id("test", device, week)
            rows[HomeTest].append(
                {
                    "id": test,
                    "place_id": place,
                    "kind": "weekly",
                    "since": at,
                    "until": at + 30 * MINUTE_MS,
                    "by": PEOPLE[0],
                }
            )
            rows[PointProven].append(
                {
                    "test_id": test,
                    "device_id": device,
                    "place_id": place,
                    "room": "卧室",
                    "at": at + MINUTE_MS,
                    "said": "event.test",
                }
            )


def _fitting(rows: Rows, place: str, seeded: random.Random) -> None:
    if seeded.random() < 0.2:  # noqa: PLR2004 a fifth of the homes
        day = BEGIN + timedelta(days=seeded.randrange(DAYS))
        at = int(day.timestamp() * 1000) + 10 * HOUR_MS
        rows[LedgerItem].append(
            {
                "id": _id("item", place),
                "place_id": place,
                "item": "扶手",
                "device_id": "",
                "room": "卫生间",
                "day": f"{day:%Y-%m-%d}",
                "installer": "安装员",
                "note": "",
                "entered_at": at,
                "entered_by": PEOPLE[1],
                "accepted_at": at + DAY_MS,
                "accepted_by": "家属",
            }
        )
        rows[SignOff].append(
            {
                "id": _id("sign", place),
                "place_id": place,
                "at": at + DAY_MS,
                "by": PEOPLE[1],
                "accepted_by": "家属",
                "open_points": {},
                "note": "",
            }
        )


def _alert(rows: Rows, number: int, at: int, place: str, path: str, seeded: random.Random) -> None:
    rule, kind, severity, device = seeded.choices(RULES, (10, 15, 25, 20, 15, 15))[0]
    by, wait = seeded.choice(PEOPLE), int(seeded.expovariate(1 / 22_000))
    verdict = seeded.choices([one for one, _ in VERDICTS], [many for _, many in VERDICTS])[0]
    if kind == "device":
        verdict = "cleared"
    if kind == "life_safety" and verdict == "unconfirmed":
        verdict = "false"
    name, closed = _id("alert", number), at + wait + seeded.randrange(20, 90) * MINUTE_MS
    words = {"zh": rule, "en": rule}
    rows[Alert].append(
        {
            "id": name,
            "number": number,
            "rule": rule,
            "kind": kind,
            "severity": severity,
            "title": words,
            "why": words,
            "todo": {"zh": [], "en": []},
            "evidence": {},
            "place_id": place,
            "device_id": f"{place}-{device}" if device else "",
            "room": "卧室",
            "active_at": at,
            "raised_at": at,
            "raised_wall_ms": at,
            "recorded": True,
            "state": "closed" if verdict else "accepted",
            "version": 3,
            "accepted_by": by,
            "accepted_at": at + wait,
            "ended_at": closed if kind == "device" else None,
            "closed_by": by if verdict else None,
            "closed_at": closed if verdict else None,
            "verdict": verdict,
            "reason": "asleep" if verdict == "false" else None,
            "settled_at": at + wait + MINUTE_MS,
            "rung": 0,
        }
    )
    _steps(rows, rows[Alert][-1], path, wait, seeded)
    _after(rows, rows[Alert][-1], seeded)


def _steps(rows: Rows, alert: dict[str, Any], path: str, wait: int, seeded: random.Random) -> None:
    """What was done about it, and the message that told of it; a true matter of life that was gone to is a visit."""
    name, number, at, by = alert["id"], alert["number"], alert["raised_at"], alert["accepted_by"]
    kind, verdict, closed = alert["kind"], alert["verdict"], alert["closed_at"]
    steps = [("raised", at, "", ""), ("accepted", at + wait, by, "")]
    if kind != "device":
        result = seeded.choices(("ok", "help", "no_answer"), (70, 12, 18))[0]
        steps.append(("called", at + wait + MINUTE_MS, by, f"elder {result}"))
    if kind == "life_safety" and seeded.random() < 0.5:  # noqa: PLR2004 half of them
        steps.append(("on_site", at + wait + seeded.randrange(4, 55) * MINUTE_MS, by, ""))
        if verdict == "true":
            rows[Visit].append(
                {
                    "id": _id("visit", number),
                    "alert_id": name,
                    "place_id": alert["place_id"],
                    "path": f"{path}/小区1",
                    "at": closed,
                    "by": by,
                    "kind": "close",
                    "note": "",
                }
            )
    if verdict:
        steps.append(("closed", closed, by, ""))
    rows[AlertStep] += [
        {"alert_id": name, "kind": what, "at": when, "by": who, "detail": detail, "via": "console"}
        for what, when, who, detail in steps
    ]
    rows[Outbox].append(
        {
            "id": _id("sent", number),
            "alert_id": name,
            "rung": 0,
            "channel": "station",
            "state": "delivered",
            "attempts": 1,
            "delivered_ms": at + 900,
            "about": "alert",
        }
    )


def _after(rows: Rows, alert: dict[str, Any], seeded: random.Random) -> None:
    """The follow-up of a true fall, the job of a device."""
    name, at, place, rule = alert["id"], alert["raised_at"], alert["place_id"], alert["rule"]
    if rule == "fall" and alert["verdict"] == "true":
        due = at - at % DAY_MS + DAY_MS + HOUR_MS
        rows[FollowUp].append(
            {
                "id": _id("follow", alert["number"]),
                "alert_id": name,
                "place_id": place,
                "due_at": due,
                "done_at": due + HOUR_MS if seeded.random() < 0.9 else None,  # noqa: PLR2004 nine of ten
                "done_by": alert["accepted_by"],
                "note": "好",
            }
        )
    if rule == "battery_low":
        late = seeded.randrange(1, 40) * HOUR_MS
        rows[FaultJob].append(
            {
                "alert_id": name,
                "device_id": f"{place}-pendant",
                "place_id": place,
                "device_kind": "pendant",
                "rule": rule,
                "opened_at": at,
                "substitute_at": at + late // 8 if seeded.random() < 0.5 else None,  # noqa: PLR2004 half
                "proven_at": at + late,
            }
        )


def _facility(rows: Rows, at: int, path: str) -> None:
    place = f"F-{at + 1:02d}"
    rows[Place].append(
        {
            "id": place,
            "kind": "facility",
            "site": "s",
            "path": path,
            "name": f"党群服务中心 {at + 1}",
            "address": "",
            "capacity": 60,
            "access_note": "",
        }
    )
    rows[FacilitySetting].append(
        {
            "place_id": place,
            "capacity": None,
            "capacity_set": False,
            "capacity_in_file": None,
            "hours": [{"from_time": "08:30", "to_time": "20:00", "days": "every"}],
            "public": True,
            "set_at": 1,
            "set_by": PEOPLE[2],
        }
    )
    for room, area, purpose in ROOMS:
        if room != "会议室":
            rows[Device].append(
                {
                    "id": f"{place}-{room}",
                    "place_id": place,
                    "site": "s",
                    "kind": "counter",
                    "room": room,
                    "heartbeat_s": 900,
                }
            )
        rows[FacilityRoom].append(
            {
                "place_id": place,
                "name": room,
                "area_m2": area,
                "purpose": purpose,
                "set_at": 1,
                "set_by": PEOPLE[2],
            }
        )


def _plan(rows: Rows, paths: list[str]) -> None:
    open_hours = (Shift(window=Window("08:30", "20:00"), people=()),)
    streets = sorted({path.rsplit("/", 1)[0] for path in paths})
    desks = [
        Desk(
            id=f"st{at}",
            name=f"{path.rsplit('/', 1)[-1]}长者服务站",
            serves="care",
            at=path,
            shifts=open_hours,
            console=True,
        )
        for at, path in enumerate(paths)
    ]
    desks += [
        Desk(id=f"c{at}", name=f"{path.rsplit('/', 1)[-1]}长者服务中心", serves="care", at=path, console=True)
        for at, path in enumerate(streets[:-1])
    ]
    body = msgspec.json.encode(Plan(desks=tuple(desks))).decode()
    rows[DutyPlan].append({"version": _id(body)[:16], "body": body, "in_force_at": 0})


def readings(facilities: int, *, seed: int = 7, days: int = DAYS) -> Iterator[Readings]:
    """What the facilities' counters said every quarter of an hour, a batch a facility; the last room stands empty, one died."""
    for at in range(facilities):
        seeded, batch = random.Random(seed + at), Readings()  # noqa: S311 made-up data
        for order, (room, _, _) in enumerate(ROOMS[:3]):
            inside, entered, left = 0, 0, 0
            for quarter in range(days * 96):
                when = begin_ms() + quarter * HOUR_MS // 4
                if order == 1 and 40 * 96 <= quarter < 45 * 96:
                    continue  # silent for five days
                hour = datetime.fromtimestamp(when / 1000, UTC).astimezone(ZONE)
                day = 8.5 <= hour.hour + hour.minute / 60 < 20 and order != 2  # noqa: PLR2004 opening hours
                wanted = (12 + 8 * math.sin(hour.hour)) * (1.3 if hour.weekday() > 4 else 1) if day else 0  # noqa: PLR2004 weekends
                change = round(seeded.gauss(wanted, 3 if day else 0)) - inside
                entered, left = entered + max(change, 0), left + max(-change, 0)
                inside = max(inside + change, 0)
                for metric, value in (("in", entered), ("out", left), ("occupancy", inside)):
                    _say(batch, f"F-{at + 1:02d}", room, metric, when, float(value), quarter)
        yield batch


def _say(batch: Readings, place: str, room: str, metric: str, when: int, value: float, seq: int) -> None:
    for column, said in (
        (batch.device, f"{place}-{room}"),
        (batch.place, place),
        (batch.home, False),
        (batch.metric, metric),
        (batch.time_ns, point_time_ns(when, seq)),
        (batch.value, value),
        (batch.text, None),
        (batch.quality, "good"),
        (batch.boot, "b"),
        (batch.seq, seq),
        (batch.received_at, when),
    ):
        column.append(said)  # type: ignore[union-attr]
