"""What reports are drawn from, as it was read: plain values of two periods, this one and the one before. Times are epoch ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.alerts.record import Record
from gateway.duty.plan import Desk
from gateway.fitting.service_hours import Hours
from gateway.occupancy.said import When
from gateway.occupancy.use import FacilityHours


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert: what is counted of it, how urgent it is, and when it was closed (None: it is open)."""

    record: Record
    severity: str
    closed_at: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was noted: ``result`` is ok, help or no_answer; '' is something else."""

    at: int
    result: str


@dataclass(frozen=True, slots=True)
class FollowUpFact:
    """A next-day follow-up: when it was due, and when it was done (None: not yet)."""

    due_at: int
    done_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of a device, by the number of the alert that told of it; ``hours`` are those in which it is seen to."""

    number: int
    device_kind: str
    opened_at: int
    substitute_at: int | None
    over_at: int | None
    hours: Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFacts:
    """A station over both periods. ``known_from``: before that the hub knows of no alert at all, None: it knows of none.

    ``weekly``: the times at which each button or wearable was proven. ``visits_from``: the first visit that
    anybody of the hub has written down, None: none was. ``ledger_days`` are days (YYYY-MM-DD); ``homes`` and ``devices``
    are those registered now.
    """

    at: str
    name: str
    known_from: int | None
    homes: int
    devices: Mapping[str, int]
    alerts: Sequence[Alerted]
    calls: Sequence[Call]
    visits: Sequence[int]
    visits_from: int | None
    follow_ups: Sequence[FollowUpFact]
    weekly: Sequence[tuple[int, ...]]
    ledger_days: Sequence[str]
    accepted_at: Sequence[int]
    signed_off_at: Sequence[int]
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counter of a facility, and the hours in which it has said something."""

    id: str
    room: str
    heard: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityFacts:
    """A facility over both periods and the four weeks before them: its hours as a whole and by room, its counters.

    ``corrections``: when somebody has counted, epoch ms.
    """

    id: str
    name: str
    at: str
    capacity: int | None
    when: When
    hours: FacilityHours
    counters: Sequence[Counter]
    corrections: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityFacts:
    """A community: exact counts, not to be shown as they are. Alerts by class and visits of both periods.

    ``kept``: within and beyond each target, by its name.
    """

    homes: int
    neighbourhoods: frozenset[str]
    alerts: Mapping[str, int]
    alerts_before: Mapping[str, int]
    kept: Mapping[str, tuple[int, int]]
    kept_before: Mapping[str, tuple[int, int]]
    visits: int | None
    visits_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A denominator that a person has typed: where it is from, and of what day."""

    value: float
    source: str
    as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFacts:
    """A part of the tree of places: its communities by path, the care desks of the plan in it, the denominators typed for it.

    ``ageing``: the communities that a person has marked as ageing.
    """

    at: str
    known_from: int | None
    ageing: Sequence[str]
    communities: Mapping[str, CommunityFacts]
    desks: Sequence[Desk]
    denominators: Mapping[str, Typed]
