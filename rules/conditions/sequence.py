"""One thing, and then another, or not: somebody fell and has not moved since; somebody fell and was seen walking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rules.conditions.condition import Condition, Ended, Fired, hold_until, known
from rules.conditions.event import EventHappens, event_name, fact_of
from rules.conditions.last_activity import activity_of
from rules.events import Occurrence, Value
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE, METRICS

if TYPE_CHECKING:
    from rules.plan import Watch

ACTIVITIES = ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``metric`` becomes ``equals``: a door is opened."""

    metric: str
    equals: float

    def __post_init__(self) -> None:
        known((self.metric,), METRICS, "metric")


class Sequence(Condition, frozen=True):
    """``first`` (an event) or ``first_metric`` (a change), then in ``within_s`` seconds an activity ``then``, or ``then_no``.

    ``then`` comes true at the activity, ``then_no`` when the time is over and nothing anywhere in the home was active. With
    ``elsewhere``, ``then`` must show that somebody walks: it is in another room than the first (of what is worn: than the last
    seen before it), or than an activity since. Who is seen later than ``helper_after_s`` seconds, once the front door has
    moved, may have come to help: that proves nothing. A device that watches one room may take a while to be sure: whom others
    have seen elsewhere since it said that somebody is there, and no longer ago than ``seen_before_s``, has left that room.
    """

    within_s: int
    first: EventHappens | None = None
    first_metric: Change | None = None
    then: tuple[str, ...] = ()
    then_no: tuple[str, ...] = ()
    elsewhere: bool = False
    helper_after_s: int = 0
    seen_before_s: int = 0

    def __post_init__(self) -> None:
        if (self.first is None) == (self.first_metric is None):
            raise ValueError("needs exactly one of: first, first_metric")
        if bool(self.then) == bool(self.then_no):
            raise ValueError("needs exactly one of: then, then_no")
        if self.elsewhere and not self.then:
            raise ValueError("elsewhere says where then is seen; leave it out with then_no")
        for metric in self._second:
            if metric not in ACTIVITIES:
                raise ValueError(
                    f"{metric!r} is no activity; activities are: {', '.join(sorted(ACTIVITIES))}"
                )
        if self.within_s <= 0 or min(self.helper_after_s, self.seen_before_s) < 0:
            raise ValueError("within_s must be positive, helper_after_s and seen_before_s not negative")
        if self.helper_after_s and not self.then:
            raise ValueError("helper_after_s says who is seen; leave it out with then_no")

    @property
    def _second(self) -> tuple[str, ...]:
        return self.then or self.then_no

    @property
    def name(self) -> str:
        return "sequence"

    @property
    def lasting(self) -> bool:
        return False

    @property
    def rests_on_silence(self) -> bool:
        return bool(self.then_no)

    @property
    def listens_to_activity(self) -> bool:
        return True

    def wants_activity(self, slot: Slot) -> bool:
        return slot.due != 0

    @property
    def metrics(self) -> tuple[str, ...]:
        if self.first_metric is not None:
            return (self.first_metric.metric,)
        return ("presence",) if self.seen_before_s else ()

    @property
    def events(self) -> tuple[str, ...]:
        return self.first.events if self.first is not None else ()

    @property
    def reads_whole_key(self) -> bool:
        return True

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"within_s": float(self.within_s)}

    def on_event(
        self, watch: Watch, state: KeyState, slot: Slot, event: Occurrence, now: int
    ) -> Fired | Ended | None:
        if self.first is None or not self.first.matches(event):
            return None
        first = fact_of(event)
        elsewhere = self._seen_elsewhere(watch, state, first)
        if elsewhere is not None:
            return Fired(first.at, (first, elsewhere), event_name(event)) if self.then else None
        if not slot.due:
            slot.past = ((state.presence.active_at, 0.0),)
        self._begin(slot, first, event_name(event), now)
        return None

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        first = self.first_metric
        if first is None or fact.device != watch.subject or fact.value != first.equals:
            return None
        if before is not None:  # a first report is no change
            self._begin(slot, fact, "", now)
        return None

    def on_activity(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, now: int
    ) -> Fired | Ended | None:
        if slot.cause is None or fact.what not in self._second:
            return None
        # ``since`` may have been moved by a time in which nobody could hear; the fall itself was when it was.
        if not slot.cause.at < fact.at <= slot.since + self.within_s * 1000:
            return None
        if self.elsewhere and not _walks(watch, state, slot, fact):
            return None
        if self._may_be_help(state, slot, fact):
            return None
        fired = Fired(fact.at, (slot.cause, fact), slot.event) if self.then else None
        _clear(slot)
        return fired

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        assert slot.cause is not None, "a sequence that waits has a cause"  # noqa: S101 an invariant of this file
        due = slot.since + self.within_s * 1000
        fired = Fired(due, (slot.cause,), slot.event) if self.then_no else None
        _clear(slot)
        return fired

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due and self.then_no:
            slot.since += shift
            slot.due = max(slot.due + shift, earliest)

    def _seen_elsewhere(self, watch: Watch, state: KeyState, first: Fact) -> Fact | None:
        """Where somebody was seen shortly before, after having come into the room that the first device watches."""
        there = state.devices[first.device].latest.get("presence")
        if not self.seen_before_s or there is None:
            return None
        rooms, room = watch.sensors.rooms, watch.sensors.rooms[first.device]
        # Seen in the room itself since then, somebody is still in it: where two live, the other one was elsewhere.
        here = max(
            (state.devices[name].active_at for name in watch.devices if rooms[name] == room), default=0
        )
        since = max(there.changed_at, here, first.at - self.seen_before_s * 1000)
        seen = [
            (device.active_at, name)
            for name in watch.devices
            if rooms[name] not in {"", room}
            and (device := state.devices[name]).active_by in self._second
            and since < device.active_at <= first.at
        ]
        return activity_of(state, max(seen)[1]) if seen else None

    def _may_be_help(self, state: KeyState, slot: Slot, fact: Fact) -> bool:
        late = self.helper_after_s and fact.at > slot.since + self.helper_after_s * 1000
        first = slot.cause.at if slot.cause is not None else slot.since
        return bool(late) and (fact.what == "contact" or state.presence.door_at > first)

    def _begin(self, slot: Slot, first: Fact, event: str, now: int) -> None:
        # A second fall while the first is unsettled is the same lie on the floor; it raises an alert of its own elsewhere.
        if not slot.due:
            slot.since, slot.event, slot.cause = first.at, event, first
            slot.due = hold_until(first.at, self.within_s, now)


def _walks(watch: Watch, state: KeyState, slot: Slot, then: Fact) -> bool:
    """Whether somebody was in another room than where they are now: at first, or active there since."""
    assert slot.cause is not None, "a sequence that waits has a cause"  # noqa: S101 an invariant of this file
    rooms, first = watch.sensors.rooms, slot.cause
    here = rooms[then.device]
    seen = {rooms[name] for name in watch.devices if state.devices[name].active_at > first.at}
    seen.add(rooms[first.device] or _before(watch, state, slot))
    return here != "" and bool(seen - {here, ""})


def _before(watch: Watch, state: KeyState, slot: Slot) -> str:
    """The room in which somebody was seen last before the first; none if somebody was seen there since."""
    at = slot.past[0][0] if slot.past else 0
    found = [
        watch.sensors.rooms[name] for name in watch.devices if at and state.devices[name].active_at == at
    ]
    return found[0] if found else ""


def _clear(slot: Slot) -> None:
    slot.since, slot.due, slot.event, slot.cause, slot.past = 0, 0, "", None, ()
