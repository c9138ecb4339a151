"""What people read about alerts and places, as the API's JSON has it. Times are epoch ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Text: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about an alert on its way to a channel: waiting, delivered or failed. Wall clock ms."""

    channel: str
    state: str
    delivered_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert as it is told to people and programs; texts hold ``zh`` and ``en``."""

    id: str
    number: int
    rule: str
    kind: str
    severity: str
    state: str
    title: Text
    why: Text
    todo: dict[str, list[str]]
    who: Text
    where: Text
    place_id: str
    device_id: str
    room: str
    active_at: int
    raised_at: int
    ended_at: int | None
    accepted_by: str | None
    accepted_at: int | None
    closed_by: str | None
    closed_at: int | None
    verdict: str | None
    note: str | None
    rung: int
    escalate_at: int | None
    escalated_at: int | None  # hub time of the last rung gone up, None while nobody else was told
    version: int
    evidence: dict[str, Any]
    recorded: bool
    deliveries: list[Delivery]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to an alert: raised, delivered, escalated, accepted, ended, closed."""

    kind: str
    at: int
    by: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetail(AlertView):
    """One alert with its history."""

    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to ring."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertInHand(AlertDetail):
    """One accepted alert with what only the people attending to it may see."""

    address: str
    access_note: str
    contacts: list[Call]


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Some alerts, and the cursor for those that follow."""

    alerts: list[AlertView]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A registered device."""

    id: str
    kind: str
    room: str
    heartbeat_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A home or facility with its devices; no contacts and no access note."""

    id: str
    kind: str
    site: str
    path: str
    name: str
    address: str
    capacity: int | None
    devices: list[DeviceView]


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Some places, and the cursor for those that follow."""

    places: list[PlaceView]
    next: str | None
