"""What people read about alerts and places, as the API's JSON has it. Times are epoch ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Text: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about an alert on its way to a channel. Wall clock ms.

    ``state``: waiting, sent (taken, nothing proven), delivered, failed, withdrawn, gathered. ``to``: a person of the duty plan
    or a contact, '' for a group. ``proof``: taken, reached or read, '' while nothing is proven.
    """

    channel: str
    state: str
    delivered_ms: int | None
    rung: int = 0
    to: str = ""
    role: str = "desk"
    about: str = "alert"
    proof: str = ""


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
    place_kind: str  # home | facility, '' where it is not registered
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
    reason: str | None  # of a false alarm
    outcome: str | None
    note: str | None
    settled_at: int | None  # since when it is known how the person is
    assigned_to: str | None
    merged_into: str | None
    reopened: int
    rung: int
    escalate_at: int | None
    escalated_at: int | None  # hub time of the last rung gone up, None while nobody else was told
    version: int
    evidence: dict[str, Any]
    recorded: bool
    count: int  # how often it has come, the first time included
    last_at: int | None  # when it came again last
    group_id: str  # the alert that leads its group, '' for one that stands alone or leads
    group_size: int  # how many open alerts follow this one
    severity_before: str | None  # what it was raised with, where that has changed
    changed_why: Text | None
    shelved_until: int | None
    shelved_by: str | None
    shelved_why: str | None
    deliveries: list[Delivery]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to an alert: what, when, by whom, and from where (``via``: console, api, link, voice)."""

    kind: str
    at: int
    by: str
    detail: str
    via: str = ""


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
class ModeView:
    """A mode a home is or was in; in force while ``ended_at`` is None."""

    kind: str
    since: int
    until: int
    by: str
    reason: str
    ended_at: int | None
    ended_by: str
    ended_because: (
        str  # command, time, activity (seen at home: the person is back), replaced (by the next mode)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeInMode:
    """A home with a mode on, and whose it is."""

    place_id: str
    who: Text
    where: Text
    mode: ModeView


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldView:
    """An alert that was held back: recorded and told to nobody.

    ``held_by``: ``mode:<kind>``, ``silence:<id>``, ``shelve:<alert>``, ``inhibit:<alert>`` or ``flapping``. ``told_at`` is
    when it was told after all.
    """

    id: str
    rule: str
    kind: str
    severity: str
    title: Text
    why: Text
    who: Text
    where: Text
    place_id: str
    device_id: str
    active_at: int
    held_at: int
    held_by: str
    ended_at: int | None
    told_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceView:
    """What is not told until ``until``: alerts of a rule, a device, a place ('' stands for any). Critical ones are told."""

    id: str
    rule: str
    device_id: str
    place_id: str
    who: Text | None  # whose place it is, None for any
    since: int
    until: int
    by: str
    reason: str
    ended_at: int | None
    ended_by: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceState:
    """What holds alerts of a place back, and what was held back: newest first, the last 20 each."""

    mode: ModeView | None
    modes: list[ModeView]
    silences: list[SilenceView]  # in force
    held: list[HeldView]


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Some places, and the cursor for those that follow."""

    places: list[PlaceView]
    next: str | None
