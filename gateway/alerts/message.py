"""An alert as it is told: the facts it is composed from, and the message that channels and pages carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gateway.alerts.lifecycle import State

Words: TypeAlias = dict[str, str]  # language ("zh", "en") → text
Steps: TypeAlias = dict[str, list[str]]  # language → what to do, in order

ABOUTS = (
    "alert",  # raised, or come to the next rung
    "recontact",  # accepted, and nothing settled since
    "outcome",  # how it ended, to those who were told of it without being on duty
    "slip",  # to a property guard: where to knock, and nothing else (物业协助单)
    "step",  # any step of it, to a system that follows along
    "digest",  # several in one: what is not urgent, or a storm
    "test",  # nothing has happened: somebody tries the channel
    "report",  # a report was made and waits to be checked (gateway.alerts.report_note); about no alert
)
Audience: TypeAlias = Literal["staff", "family", "guard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """What is known of an alert; times are hub time in epoch ms, ``number`` 0 means not numbered yet."""

    id: str
    number: int
    rule: str
    kind: str  # life_safety | care | facility | device
    severity: str  # critical | urgent | notice
    title: Words
    why: Words
    todo: Steps
    place_id: str
    room: str
    active_at: int  # when its condition came true
    raised_at: int
    rung: int = 0
    recorded: bool = True
    count: int = 1  # how often it has come


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """A step of an alert: its number in the order of all steps, what, when (hub time), by whom and from where.

    ``detail`` holds words of the lifecycle only: what people wrote stays in the house.
    """

    id: int
    kind: str
    at: int
    by: str
    detail: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """What may be said of a place: no contacts, no access note. ``path`` is 区/街道/社区/小区."""

    kind: str  # home | facility
    path: str
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """In whose hands an alert is, and how it ended; '' and None for what is not (yet) so. Times are hub time in epoch ms.

    ``accepted_by`` is how a member of staff is called at work; ``coming`` who is on the way there. ``verdict``, ``reason`` and
    ``outcome`` are those of the lifecycle.
    """

    state: State = "raised"
    accepted_by: str = ""
    accepted_at: int | None = None
    coming: str = ""
    closed_at: int | None = None
    verdict: str = ""
    reason: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """An alert in words, fit for outside channels: who, where, why and what to do, in Chinese and English.

    ``text`` is the one sentence for short channels, in Chinese at most 69 characters. ``late_ms`` is how long after
    ``active_at`` it was raised. A slip for a guard names no rule, title, evidence, room or resident.
    """

    id: str
    number: int
    rule: str
    kind: str
    severity: str
    title: Words
    why: Words
    todo: Steps
    who: Words
    where: Words
    text: Words
    raised_at: int
    active_at: int
    rung: int
    recorded: bool
    late_ms: int
    about: str = "alert"  # what of it is told: one of ``ABOUTS``
    link: str = ""  # where to accept it, or a guard's slip; '' where people outside do not reach the hub
    step: StepFacts | None = None  # what has happened, where a following system is told of it
    audience: Audience = "staff"  # whose words these are
    numbers: tuple[int, ...] = ()  # of the alerts that a digest gathers, the most urgent first
