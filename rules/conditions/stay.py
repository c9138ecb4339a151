"""Somebody went into a room and has been seen nowhere else since: longer in the bathroom than anybody stays there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired
from rules.conditions.silent import away_since, is_alive
from rules.events import Value
from rules.presence import where
from rules.rooms import RoomKind
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE

if TYPE_CHECKING:
    from rules.plan import Watch

RECHECK_MS = 600_000  # how soon to look again when a stay may not be asserted now
ROOMS_WATCHED = 2  # other rooms with living motion sensors, below which somebody could have left unseen


class Stay(Condition, frozen=True):
    """Somebody has been in one of ``rooms`` for ``for_s`` seconds and was seen nowhere else since.

    Asserted only where the sensors allow it: while a presence sensor in the room says so (and nobody is presumed out); where
    there is none, while at least two other rooms are watched by motion sensors that were alive all the time, or somebody
    could have left unseen. Who is seen elsewhere has left; if the presence sensor still says that somebody is there, the time
    begins anew. So where two live, nothing is said while one of them moves about.
    """

    rooms: tuple[RoomKind, ...]
    for_s: int

    def __post_init__(self) -> None:
        if not self.rooms:
            raise ValueError("rooms must name at least one kind of room")
        if self.for_s <= 0:
            raise ValueError("for_s must be positive")

    @property
    def name(self) -> str:
        return "stay"

    @property
    def per_device(self) -> bool:
        return False

    @property
    def metrics(self) -> tuple[str, ...]:
        return ("presence", *sorted(ACTIVITY_BY_VALUE), *sorted(ACTIVITY_BY_CHANGE))

    def metrics_in(self, room: str) -> tuple[str, ...]:
        # What goes on elsewhere matters while somebody is there; then it listens to all activity.
        return self.metrics if room in self.rooms else ("presence",)

    @property
    def reads_whole_key(self) -> bool:
        return True

    @property
    def rests_on_silence(self) -> bool:
        return True  # nothing came from elsewhere

    @property
    def listens_to_activity(self) -> bool:
        return True

    def wants_activity(self, slot: Slot) -> bool:
        return slot.since != 0

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"for_s": float(self.for_s), "rooms": ",".join(self.rooms)}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if not slot.since:
            self._begin(watch, state, slot, now)

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        there, seen = self._is_there(watch, fact.device), fact.value == 1
        if fact.what in ACTIVITY_BY_CHANGE:
            seen = before is not None
        elif fact.what == "presence" and there != seen:  # nobody here, or somebody elsewhere
            return self._leave(watch, state, slot, fact.at)
        if there and seen and not slot.since:
            self._enter(slot, fact)
        return None

    def on_activity(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, now: int
    ) -> Fired | Ended | None:
        return None if self._is_there(watch, fact.device) else self._leave(watch, state, slot, fact.at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        due = slot.since + self.for_s * 1000
        if due > at:
            slot.due = due
            return None
        if not self._is_sure(watch, state, slot, at):
            slot.due = at + RECHECK_MS
            return None
        slot.due = 0
        return Fired(due, (slot.cause,) if slot.cause else ())

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            slot.since += shift
            slot.due = max(slot.due + shift, earliest)

    def _enter(self, slot: Slot, fact: Fact) -> None:
        slot.since, slot.cause = fact.at, fact
        slot.due = fact.at + self.for_s * 1000

    def _begin(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> None:
        """Count from now on, if a presence sensor says that somebody is there."""
        for device in watch.devices:
            latest = state.devices[device].latest.get("presence")
            if (
                latest is not None
                and latest.value == 1
                and self._is_there(watch, device)
                and is_alive(watch, state, device, at)
            ):
                self._enter(slot, Fact(device, "presence", 1.0, at))
                return

    def _leave(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Ended | None:
        if not slot.since or at < slot.since:
            return None  # nobody was there, or it is old news
        slot.since, slot.due, slot.cause = 0, 0, None
        self._begin(watch, state, slot, at)
        return Ended(at) if slot.held else None

    def _is_there(self, watch: Watch, device: str) -> bool:
        return watch.sensors.rooms[device] in self.rooms

    def _presences(self, watch: Watch, state: KeyState, at: int) -> dict[str, bool]:
        """What the living presence sensors in the room say."""
        return {
            device: latest.value == 1
            for device in watch.devices
            if self._is_there(watch, device)
            and (latest := state.devices[device].latest.get("presence")) is not None
            and is_alive(watch, state, device, at)
        }

    def _is_sure(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> bool:
        presences = self._presences(watch, state, at)
        if presences:
            return any(presences.values()) and where(state.presence, at) not in {"out", "presumed_out"}
        elsewhere = {  # rooms of no kind of their own are told apart by device
            kind if kind not in {"", "other"} else device
            for device, kind in watch.sensors.rooms.items()
            if kind not in self.rooms
            and "motion" in state.devices[device].latest
            and is_alive(watch, state, device, at)
            and not away_since(state, device, slot.since)
        }
        return len(elsewhere) >= ROOMS_WATCHED
