"""Nobody has been active for a time by day, while the sensors that would have seen it were alive."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.conditions.silent import away_since, is_alive
from rules.events import Value
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE, METRICS

if TYPE_CHECKING:
    from rules.plan import Watch

RECHECK_MS = 600_000  # how soon to look again when an absence may not be asserted now


class Absence(Condition, frozen=True):
    """No activity ``of`` those metrics for ``for_s`` seconds within the daily window ``from_time``..``to_time``.

    Only time inside the window counts. An outing is not an absence: with ``unless_left_by``, nothing is raised while the
    last activity was that metric's (the front door's). Nothing is raised either while the sensor that saw the last
    activity, or every sensor that could see one, is dead; the time it was away does not count afterwards.
    """

    of: tuple[str, ...]
    for_s: int
    from_time: str = "00:00"
    to_time: str = "24:00"
    unless_left_by: str = ""

    def __post_init__(self) -> None:
        known(self.of, METRICS, "metric")
        for metric in self.of:
            if metric not in ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE:
                raise ValueError(f"{metric!r} is no activity; activities are: contact, motion")
        if (
            self.for_s <= 0
            or self.for_s * 1000 > _minutes(self.to_time) * 60_000 - _minutes(self.from_time) * 60_000
        ):
            raise ValueError("for_s must be positive and fit between from_time and to_time")

    @property
    def name(self) -> str:
        return "absence"

    @property
    def per_device(self) -> bool:
        return False

    @property
    def metrics(self) -> tuple[str, ...]:
        return self.of

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"for_s": float(self.for_s), "from_time": self.from_time, "to_time": self.to_time}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        slot.since = now
        slot.due = self._due(watch, now)

    def on_fact(
        self,
        watch: Watch,
        state: KeyState,
        slot: Slot,
        fact: Fact,
        before: Value | None,
        now: int,
    ) -> Fired | Ended | None:
        if not is_activity(fact, before):
            return None
        if slot.cause is None or fact.at >= slot.cause.at:
            slot.cause = fact
        if fact.at <= slot.since:
            return None  # late: a step from before is no news
        # The deadline only moves later, so it is worked out when it comes, not at every step across the room.
        slot.since = fact.at
        if not slot.alert:
            return None
        slot.due = self._due(watch, slot.since)
        return Ended(fact.at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | None:
        due = self._due(watch, slot.since + self._blind_ms(watch, state, slot))
        if due > at:
            slot.due = due
            return None
        if self._is_out(slot) or not self._would_be_seen(watch, state, slot, at):
            slot.due = at + RECHECK_MS
            return None
        slot.due = 0
        return Fired(due, (slot.cause,) if slot.cause else ())

    def resume(self, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            slot.since += shift
            slot.due = max(slot.due + shift, earliest)

    def _is_out(self, slot: Slot) -> bool:
        return bool(self.unless_left_by and slot.cause and slot.cause.what == self.unless_left_by)

    def _would_be_seen(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> bool:
        if slot.cause is not None and slot.cause.device in watch.heartbeats:
            return is_alive(watch, state, slot.cause.device, at)
        return any(is_alive(watch, state, device, at) for device in watch.devices)

    def _blind_ms(self, watch: Watch, state: KeyState, slot: Slot) -> int:
        """How long, since the last activity, the sensor that saw it (else the best of all) was away and is back."""
        if slot.cause is not None and slot.cause.device in watch.heartbeats:
            return away_since(state, slot.cause.device, slot.since)
        return min(away_since(state, device, slot.since) for device in watch.devices)

    def _due(self, watch: Watch, since: int) -> int:
        """``for_s`` of window time after ``since``, within one day's window, in ms."""
        moment = datetime.fromtimestamp(since / 1000, UTC).astimezone(watch.zone)
        for days in range(3):
            day = moment.date() + timedelta(days=days)
            opens = _at(day.year, day.month, day.day, _minutes(self.from_time), watch)
            closes = _at(day.year, day.month, day.day, _minutes(self.to_time), watch)
            due = max(since, opens) + self.for_s * 1000
            if due <= closes:
                return due
        raise AssertionError("for_s fits into a window: checked when the rule was read")


def is_activity(fact: Fact, before: Value | None) -> bool:
    """Whether the fact shows a person doing something: movement seen, or a door that changed."""
    if fact.what in ACTIVITY_BY_VALUE:
        return not isinstance(fact.value, str) and fact.value > 0
    return before is not None and fact.value != before


def _minutes(text: str) -> int:
    """``HH:MM`` as minutes of the day; 24:00 is its end."""
    if text == "24:00":
        return 24 * 60
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time of day; write HH:MM, 00:00 to 24:00") from None
    return clock.hour * 60 + clock.minute


def _at(year: int, month: int, day: int, minutes: int, watch: Watch) -> int:
    local = datetime(year, month, day, tzinfo=watch.zone) + timedelta(minutes=minutes)
    return int(local.timestamp() * 1000)
