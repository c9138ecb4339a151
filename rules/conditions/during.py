"""It is a certain time of a certain kind of day: at night, outside opening hours, on a holiday."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired
from rules.events import Value
from rules.local_time import Days, Window, next_edge, opened_at
from rules.state import NEVER, KeyState, Slot

if TYPE_CHECKING:
    from rules.plan import Watch


class During(Condition, frozen=True):
    """From ``from_time`` to ``to_time`` on ``days``, local time; past midnight it belongs to the day on which it began."""

    from_time: str = "00:00"
    to_time: str = "24:00"
    days: Days = "every"

    def __post_init__(self) -> None:
        _ = self.window  # raises on what is none

    @property
    def window(self) -> Window:
        """When it holds."""
        return Window(self.from_time, self.to_time, self.days)

    @property
    def name(self) -> str:
        return "during"

    @property
    def per_device(self) -> bool:
        return False

    def numbers(self, watch: Watch) -> dict[str, Value]:
        days = self.days if isinstance(self.days, str) else ",".join(self.days)
        return {"from_time": self.from_time, "to_time": self.to_time, "days": days}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        slot.since = slot.since or now
        slot.due = now  # to be looked at; where it is open already, it begins with the watch

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        window, due = self.window, next_edge(self.window, at, watch.zone, watch.calendar)
        slot.due = 0 if due == NEVER else due
        opened = opened_at(window, at, watch.zone, watch.calendar)
        if bool(opened) == bool(slot.held):
            return None
        return Fired(max(opened, slot.since), ()) if opened else Ended(at)

    @property
    def keeps_wall_time(self) -> bool:
        return True
