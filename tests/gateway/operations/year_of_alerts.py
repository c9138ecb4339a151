"""A year of a district's alerts in a real operational database, made up by a seed and written past the hub."""

from __future__ import annotations

import json
import random
from typing import Any

from sqlalchemy import Engine, insert

from gateway.notify.channel import message_id
from gateway.operations.tables import Alert, AlertStep, Base, Device, Outbox, Place, table_of

DAY = 86_400_000
BEGIN = 1_735_660_800_000  # 2025-01-01 in Shanghai
PEOPLE = ("李敏", "陈国强", "王芳", "赵磊")
RULES = (("fall", "life_safety", "radar"), ("sos", "life_safety", "pendant"), ("no_activity", "care", ""),
         ("device_silent", "device", "motion"), ("over_capacity", "facility", "counter"))  # fmt: skip
REASON = {"life_safety": "sat_down", "care": "asleep", "device": "network", "facility": "counter_off"}
WORDS = {
    "zh": "卫生间雷达报警（置信度 93%），之后 2 分钟未见活动。" * 3,
    "en": "The bathroom radar reported a fall. " * 3,
}


def fill(engine: Engine, alerts: int, *, days: int = 365, stations: int = 8, homes: int = 400) -> int:
    """Write that many alerts of that many days; returns when the days end."""
    seeded = random.Random(7)  # noqa: S311 made-up data
    places = [f"H{at:04d}" for at in range(homes)]
    rows: dict[type[Base], list[dict[str, Any]]] = {
        Place: [],
        Device: [],
        Alert: [],
        AlertStep: [],
        Outbox: [],
    }
    for at, place in enumerate(places):
        rows[Place].append(
            {"id": place, "kind": "home", "site": "s", "path": f"区/街/社区{at % stations}/小区", "name": "王女士",
             "address": "3栋", "capacity": None, "access_note": ""}
        )  # fmt: skip
        for _, _, kind in RULES:
            if kind:
                rows[Device].append(
                    {"id": f"{place}-{kind}", "place_id": place, "site": "s", "kind": kind, "room": "", "heartbeat_s": 60}
                )  # fmt: skip
    times = sorted(BEGIN + seeded.randrange(days * DAY) for _ in range(alerts))
    for number, at in enumerate(times, 1):
        _add(rows, number, at, seeded.choice(places), seeded)
    with engine.begin() as connection:
        for model, made in rows.items():
            if made:
                connection.execute(insert(table_of(model)), made)
    return BEGIN + days * DAY


def _add(
    rows: dict[type[Base], list[dict[str, Any]]], number: int, at: int, place: str, seeded: random.Random
) -> None:
    rule, kind, device = seeded.choice(RULES)
    by, wait = seeded.choice(PEOPLE), int(seeded.expovariate(1 / 25_000))
    verdict = seeded.choices(("true", "false", "test", "unconfirmed"), (50, 35, 10, 5))[0]
    alert = message_id(str(number), 0, "", "")  # a hash, as ids of alerts are
    closed = at + wait + 1_800_000
    rows[Alert].append(
        {"id": alert, "number": number, "rule": rule, "kind": kind, "severity": "urgent", "title": WORDS, "why": WORDS,
         "todo": {"zh": ["先打电话", "请邻居敲门"], "en": ["Ring first", "Have somebody knock"]},
         "evidence": json.loads('{"facts": [1, 2, 3]}'), "place_id": place, "device_id": f"{place}-{device}" if device else "",
         "room": "卫生间", "active_at": at, "raised_at": at, "raised_wall_ms": at, "recorded": True, "state": "closed",
         "version": 4, "accepted_by": by, "accepted_at": at + wait, "closed_by": by, "closed_at": closed, "verdict": verdict,
         "reason": REASON[kind] if verdict == "false" else None, "settled_at": at + wait + 60_000, "rung": 0}
    )  # fmt: skip
    steps = [("raised", at, ""), ("delivered", at + 900, "station"), ("seen", at + wait // 2, by), ("accepted", at + wait, by),
             ("called", at + wait + 60_000, by), ("closed", closed, by)]  # fmt: skip
    if kind == "life_safety" and number % 3 == 0:
        steps.insert(5, ("on_site", at + wait + 900_000, by))
    rows[AlertStep] += [
        {"alert_id": alert, "kind": what, "at": when, "by": who, "detail": "", "via": "console"}
        for what, when, who in steps
    ]
    rows[Outbox].append(
        {"id": message_id(alert, 0, "", "station"), "alert_id": alert, "rung": 0, "channel": "station", "state": "delivered",
         "attempts": 1, "delivered_ms": at + 900, "about": "alert"}
    )  # fmt: skip
