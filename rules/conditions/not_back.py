"""Out by the front door, and not back by the home's hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired
from rules.conditions.last_activity import RECHECK_MS, would_be_seen
from rules.conditions.whereabouts import last_door
from rules.events import Value
from rules.habit import home_minute
from rules.local_time import DAY_MINUTES, local_day, minutes, moment
from rules.presence import PRESUME_OUT_MS, next_change, where
from rules.state import KeyState, Slot

if TYPE_CHECKING:
    from rules.plan import Watch

DAY_BEGINS_MS = 4 * 3_600_000  # who leaves at four in the morning leaves early, not late
LATER_MINUTES = 30  # after the hour at which this person usually is back


class NotBack(Condition, frozen=True):
    """Out or presumed out at ``by_time``, and for at least ``at_least_s``; later if the person usually is, until ``latest``.

    ``latest`` is a time of day too, after midnight if it is before ``by_time``. Who leaves before 04:00 belongs to the day
    before. Nothing is raised while the front door's sensor is dead: they may be back.
    """

    by_time: str = "22:00"
    at_least_s: int = 3600
    latest: str = "02:00"

    def __post_init__(self) -> None:
        minutes(self.by_time), minutes(self.latest)
        if self.at_least_s * 1000 < PRESUME_OUT_MS:
            raise ValueError(
                f"at_least_s must be at least {PRESUME_OUT_MS // 1000}: before, nobody counts as out"
            )

    @property
    def name(self) -> str:
        return "not_back"

    @property
    def per_device(self) -> bool:
        return False

    @property
    def rests_on_silence(self) -> bool:
        return True

    @property
    def listens_to_presence(self) -> bool:
        return True

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if not slot.held:
            slot.due = now

    def on_presence(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        return self.settle(watch, state, slot, at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        presence = state.presence
        slot.due = next_change(presence, at) or 0
        if where(presence, at) != "presumed_out":
            stood, slot.since, slot.cause = slot.held, 0, None
            return Ended(at) if stood else None
        if slot.held:
            return None
        minute, learned = self._minute(watch, state)
        due = max(
            _on_the_day_of(presence.door_at, minute, watch),
            presence.door_at + self.at_least_s * 1000,
            slot.since,
        )
        if at < due:
            slot.due = due
            return None
        slot.cause = last_door(watch, state)
        if not would_be_seen(watch, state, slot.cause, at):
            slot.due = at + RECHECK_MS  # they may be back, and nobody could tell
            return None
        numbers: dict[str, Value] = {
            "by_time": f"{minute // 60 % 24:02}:{minute % 60:02}",
            "learned": float(learned),
        }
        return Fired(due, (slot.cause,) if slot.cause else (), numbers=numbers)

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            slot.since = max(slot.since, earliest)  # a return may have passed unheard: not raised before
            slot.due = max(slot.due, earliest)

    def _minute(self, watch: Watch, state: KeyState) -> tuple[int, bool]:
        """The home's hour in minutes after midnight (over 1440: the next day), and whether it is learned."""
        by, latest = minutes(self.by_time), minutes(self.latest)
        usual = home_minute(state.habit, state.presence.door_at, watch.zone)
        later = min((usual or 0) + LATER_MINUTES, latest if latest >= by else latest + DAY_MINUTES)
        return (later, True) if later > by else (by, False)


def _on_the_day_of(left_at: int, minute: int, watch: Watch) -> int:
    """That minute of the day on which somebody left, in ms."""
    day = local_day(left_at - DAY_BEGINS_MS, watch.zone) + timedelta(days=minute // DAY_MINUTES)
    return moment(day, minute % DAY_MINUTES, watch.zone)
