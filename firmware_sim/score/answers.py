"""Which alerts are about which incidents: the rules of counting, each one here.

- An alert **answers** an incident when it is about the same place, says one of the words by which one is right about it,
  and was raised from ``EARLY_MS`` before its begin to ``GRACE_MS`` after its end; or later, if its condition came true
  while the incident lasted (what a gateway had kept back comes late, and is no false alarm).
- One incident may be answered by several alerts, one alert may answer several incidents. None of these is false.
- What was held back was told to nobody: it answers nothing, and is never false.
- An incident is **hit** when the first answer came by the time it was due. One that no device detected, and that was over
  before anybody could have known, has no such time: it is *unknowable*, and only the strict recall counts it. An incident
  that is due after the end of the truth is *unfinished*, and not counted.
- Care, facility and device incidents without a due time are hit by any answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from firmware_sim.score.alerts import Raised
from firmware_sim.score.truth import Incident, Truth

EARLY_MS = 30_000  # clocks of devices and of whoever wrote the truth differ a little
GRACE_MS = 600_000  # what is confirmed by a later look (nobody moved since) comes a little after somebody is up again

Outcome: TypeAlias = Literal["hit", "late", "missed", "unknowable", "unfinished", "short"]


@dataclass(frozen=True, slots=True)
class Answered:
    """An incident with its answers, in order of time, and what came of it; ``due_ms`` None: no limit."""

    incident: Incident
    answers: tuple[Raised, ...]
    due_ms: int | None
    outcome: Outcome

    @property
    def delay_s(self) -> float | None:
        """From its begin to the first answer, in s; None without one."""
        if not self.answers:
            return None
        return max(self.answers[0].raised_ms - self.incident.from_ms, 0) / 1000

    @property
    def strict(self) -> bool:
        """Whether the strict recall has it as a hit: in time, or, where no time was due, before it was over."""
        if self.outcome == "unknowable":
            return bool(self.answers) and self.answers[0].raised_ms <= self.incident.to_ms
        return self.outcome == "hit"


def answers(alert: Raised, incident: Incident) -> bool:
    """Whether the incident can be the reason of the alert."""
    if alert.place != incident.place or alert.says not in incident.raise_ or alert.held:
        return False
    begin = incident.from_ms - EARLY_MS
    if begin <= alert.raised_ms <= incident.to_ms + GRACE_MS:
        return True
    return (
        alert.active_ms is not None
        and begin <= alert.active_ms <= incident.to_ms
        and alert.raised_ms >= begin
    )


def match(truth: Truth, alerts: Iterable[Raised]) -> tuple[list[Answered], list[Raised]]:
    """Every incident with its answers, in order of time, and the alerts that are false: no incident is their reason."""
    at_place: dict[str, list[Raised]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda each: (each.raised_ms, each.id)):
        at_place[alert.place].append(alert)
    right: set[str] = set()
    matched = []
    for incident in sorted(truth.incidents, key=lambda each: (each.from_ms, each.id)):
        found = tuple(alert for alert in at_place.get(incident.place, ()) if answers(alert, incident))
        right.update(alert.id for alert in found)
        matched.append(_judged(incident, found, truth.to_ms))
    wrong = [
        alert for told in at_place.values() for alert in told if alert.id not in right and not alert.held
    ]
    return matched, sorted(wrong, key=lambda each: (each.raised_ms, each.id))


def _judged(incident: Incident, found: Sequence[Raised], end_ms: int) -> Answered:
    due = incident.due_ms
    outcome: Outcome
    if incident.class_ == "life_safety" and not incident.counts:
        outcome = "short"
    elif incident.from_ms >= end_ms or (due if due is not None else incident.to_ms) > end_ms:
        outcome = "unfinished"
    elif due is None and incident.class_ == "life_safety":
        outcome = "unknowable"
    elif not found:
        outcome = "missed"
    else:
        outcome = "hit" if due is None or found[0].raised_ms <= due else "late"
    return Answered(incident, tuple(found), due, outcome)
