"""Nobody at home has been active for a time by day, while the sensors that would have seen it were alive."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.conditions.last_activity import ACTIVITIES, RECHECK_MS, blind_ms, last_activity, would_be_seen
from rules.events import Value
from rules.habit import is_learned
from rules.local_time import local_day, minutes, moment
from rules.presence import posture, where
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import METRICS

if TYPE_CHECKING:
    from rules.plan import Watch


class Absence(Condition, frozen=True):
    """No activity ``of`` those metrics for ``for_s`` seconds within the daily window ``from_time``..``to_time``.

    Only time inside the window counts. An outing is not an absence: nothing is raised while the person is out or presumed
    out, unless ``also_when_out``; nor while a bed or a seat is held: whoever lies in bed is not inactive. With
    ``until_learned`` it is asserted only until the person's own baseline is known (``learned``). Nothing is raised either
    while the sensor that saw the last activity, or every sensor that could see one, is dead; the time it was away does
    not count afterwards.
    """

    of: tuple[str, ...]
    for_s: int
    from_time: str = "00:00"
    to_time: str = "24:00"
    also_when_out: bool = False
    until_learned: bool = False

    def __post_init__(self) -> None:
        known(self.of, METRICS, "metric")
        for metric in self.of:
            if metric not in ACTIVITIES:
                raise ValueError(
                    f"{metric!r} is no activity; activities are: {', '.join(sorted(ACTIVITIES))}"
                )
        if self.for_s <= 0 or self.for_s > (minutes(self.to_time) - minutes(self.from_time)) * 60:
            raise ValueError("for_s must be positive and fit between from_time and to_time")

    @property
    def name(self) -> str:
        return "absence"

    @property
    def per_device(self) -> bool:
        return False

    @property
    def rests_on_silence(self) -> bool:
        return True

    @property
    def listens_to_activity(self) -> bool:
        return True

    def wants_activity(self, slot: Slot) -> bool:
        return slot.held != 0

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"for_s": float(self.for_s), "from_time": self.from_time, "to_time": self.to_time}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if not slot.since:
            slot.since = now
            slot.due = self._due(watch, now)

    def on_activity(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, now: int
    ) -> Fired | Ended | None:
        if fact.what not in self.of or fact.at <= slot.since:
            return None  # a step from before is no news
        slot.since = fact.at
        slot.due = self._due(watch, slot.since)
        return Ended(fact.at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        last = last_activity(watch, state, self.of)
        if last is not None and last.at > slot.since:
            slot.since = last.at
        due = self._due(watch, slot.since + blind_ms(watch, state, slot.since, last))
        if due > at:
            slot.due = due
            return None
        if self._is_no_absence(state, at):
            slot.due = self._due(watch, at)  # whoever comes back, or gets up, now is not inactive before then
            return None
        if not would_be_seen(watch, state, last, at):
            slot.due = at + RECHECK_MS
            return None
        slot.due, slot.cause = 0, last
        return Fired(due, (last,) if last else ())

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            last = last_activity(watch, state, self.of)
            slot.since = max(slot.since, last.at if last else 0) + shift
            slot.due = max(slot.due + shift, earliest)

    def _is_no_absence(self, state: KeyState, at: int) -> bool:
        if self.until_learned and is_learned(state.habit):
            return True
        if posture(state.presence) != "up":
            return True
        return not self.also_when_out and where(state.presence, at) in {"out", "presumed_out"}

    def _due(self, watch: Watch, since: int) -> int:
        """``for_s`` of window time after ``since``, within one day's window, in ms."""
        for days in range(3):
            day = local_day(since, watch.zone) + timedelta(days=days)
            opens = moment(day, minutes(self.from_time), watch.zone)
            closes = moment(day, minutes(self.to_time), watch.zone)
            due = max(since, opens) + self.for_s * 1000
            if due <= closes:
                return due
        raise AssertionError("for_s fits into a window: checked when the rule was read")
