"""An outbox full of alerts of many homes, and channels that note who got what when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from gateway.alerts.message import AlertMessage
from gateway.duty.route import Told
from gateway.notify.channel import GROUP, Proof, Receipt, Recipient
from gateway.notify.outbox import enqueue
from gateway.operations.database import open_database
from gateway.operations.tables import Alert, Outbox, Place

NOON_MS = 1_763_870_400_000
KINDS = {
    "life_safety": ("critical", "疑似跌倒", "Possible fall"),
    "care": ("urgent", "久未活动", "No activity"),
    "device": ("urgent", "网关离线", "Gateway offline"),
    "notice": ("notice", "电量低", "Battery low"),
}


def town(folder: Path, homes: int = 40) -> Engine:
    """A database of homes H1, H2, …"""
    engine = open_database(folder / "operations.db")
    with engine.begin() as connection:
        places = [
            {
                "id": f"H{n}", "kind": "home", "site": "s", "path": "南山区/招商街道/莲花社区/莲花二村", "name": "王女士",
                "address": f"{n}栋{n}01", "access_note": "密码8842",
            }
            for n in range(1, homes + 1)
        ]  # fmt: skip
        connection.execute(insert(Place).values(places))
    return engine


def raise_alert(
    engine: Engine, number: int, *told: Told, kind: str = "device", home: int = 1, at: int = NOON_MS
) -> str:
    """An alert and its errands in one transaction, as the engine's shell writes them."""
    with engine.begin() as connection:
        write_alert(connection, number, *told, kind=kind, home=home, at=at)
    return f"a{number}"


def write_alert(
    connection: Connection, number: int, *told: Told, kind: str = "device", home: int = 1, at: int = NOON_MS
) -> None:
    """The same within the caller's transaction."""
    name, (severity, zh, en) = f"a{number}", KINDS[kind]
    row = {
        "id": name, "number": number, "rule": kind, "kind": "device" if kind == "notice" else kind, "severity": severity,
        "title": {"zh": zh, "en": en}, "why": {"zh": "十分钟没有数据。", "en": "no data for ten minutes."},
        "todo": {"zh": ["看一下"], "en": ["have a look"]}, "evidence": {}, "place_id": f"H{home}", "device_id": "d",
        "room": "客厅", "active_at": at, "raised_at": at, "raised_wall_ms": at,
    }  # fmt: skip
    connection.execute(insert(Alert).values(row))
    enqueue(connection, name, 0, told)


def to_group(*ways: str) -> Told:
    return Told("", "desk", "duty", ways)


def to(person: str, *ways: str) -> Told:
    return Told(person, "desk", "duty", ways)


def rows(engine: Engine) -> list[tuple[str, str, str]]:
    """Alert, channel and state of every message, in order of the alerts."""
    with engine.connect() as connection:
        found = connection.execute(
            select(Alert.number, Outbox.channel, Outbox.state)
            .join(Alert, Alert.id == Outbox.alert_id)
            .where(Outbox.about != "digest")
            .order_by(Alert.number, Outbox.channel)
        )
        return [(f"a{number}", channel, state) for number, channel, state in found]


@dataclass
class People:
    """A channel that people read: what each got, in seconds since the start. ``script`` raises or says nothing, then yes."""

    passed_s: Callable[[], float]
    script: list[Exception] = field(default_factory=list)
    got: dict[str, list[tuple[float, str, AlertMessage]]] = field(default_factory=dict)
    proves: Proof = Proof.TAKEN
    personal: bool = False
    gathers: bool = True

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:
        if self.script:
            raise self.script.pop(0)
        self.got.setdefault(to.id, []).append((self.passed_s(), message_id, message))
        return Receipt("errcode 0")

    async def aclose(self) -> None:
        """Nothing to close."""
