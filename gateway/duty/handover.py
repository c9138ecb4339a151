"""The hand-over of a desk (交接班): when people change, who goes, who comes, and whether it has been confirmed in time."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.duty.plan import Desk, Plan
from gateway.duty.roster import Span, spans
from rules.local_time import SEARCH_DAYS

CONFIRM_MS = 900_000  # 15 min after the change it is late
EARLY_MS = 1_800_000  # 30 min before it, people may confirm already: whoever relieves comes before the hour
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Handover:
    """A change of shift at ``at`` (epoch ms): ids of who goes and who comes; none come where the desk closes.

    Where it opens, those who go are the last who were there before.
    """

    desk: str
    at: int
    goes: tuple[str, ...]
    comes: tuple[str, ...]

    @property
    def needs_confirming(self) -> bool:
        """Whether somebody comes who was not there before: they must know what is in hand."""
        return not set(self.comes) <= set(self.goes)

    def confirmed(self, at: int | None) -> bool:
        """Whether a confirmation at that time (None: there was none) is of this change, not of one before."""
        return at is not None and at >= self.at - EARLY_MS


def due(plan: Plan, desk: Desk, *, at: int, zone: ZoneInfo, calendar: str) -> Handover | None:
    """The last change of shift at or before ``at``; None where nobody has changed for ``SEARCH_DAYS`` days."""
    return next(iter(reversed(_changes(plan, desk, at, zone, calendar))), None)


def next_change(plan: Plan, desk: Desk, *, at: int, zone: ZoneInfo, calendar: str) -> Handover | None:
    """The first change of shift after ``at``, within ``SEARCH_DAYS`` days; None where there is none."""
    until = at + SEARCH_DAYS * DAY_MS
    found = list(spans(plan, desk, from_ms=at, to_ms=until, zone=zone, calendar=calendar))
    if len(found) == 1:
        return None
    before = found[0].people
    if before is None:
        last = due(plan, desk, at=at, zone=zone, calendar=calendar)
        before = last.goes if last else ()
    return Handover(desk.id, found[1].from_ms, before, found[1].people or ())


def unconfirmed(
    plan: Plan, desk: Desk, *, at: int, confirmed_at: int | None, zone: ZoneInfo, calendar: str
) -> Handover | None:
    """The last change at or before ``at`` that needs confirming, if ``confirmed_at`` does not do so.

    It is late, to be shown and told, from ``CONFIRM_MS`` after its time on.
    """
    needing = [each for each in _changes(plan, desk, at, zone, calendar) if each.needs_confirming]
    return needing[-1] if needing and not needing[-1].confirmed(confirmed_at) else None


def is_late(handover: Handover, at: int) -> bool:
    """Whether one that is not confirmed should have been by ``at``."""
    return at >= handover.at + CONFIRM_MS


def _changes(plan: Plan, desk: Desk, at: int, zone: ZoneInfo, calendar: str) -> list[Handover]:
    """The changes of the last ``SEARCH_DAYS`` days up to and with ``at``, in order."""
    since = at - SEARCH_DAYS * DAY_MS
    found: list[Handover] = []
    there: tuple[str, ...] = ()
    before: Span | None = None
    for span in spans(plan, desk, from_ms=since, to_ms=at + 1, zone=zone, calendar=calendar):
        if before is not None:
            found.append(Handover(desk.id, span.from_ms, there, span.people or ()))
        there = there if span.people is None else span.people
        before = span
    return found
