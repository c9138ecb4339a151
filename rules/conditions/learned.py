"""Quiet at home for longer than is usual for this person at this time of day, while the sensors that would tell are alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired
from rules.conditions.last_activity import RECHECK_MS, blind_ms, last_activity, would_be_seen
from rules.events import Value
from rules.habit import Allowance, Habit, allowance
from rules.local_time import time_of_day
from rules.presence import Posture, posture, where
from rules.state import Fact, KeyState, Slot

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rules.plan import Watch

HOUR_S = 3600


class Learned(Condition, frozen=True):
    """The person is in, and quiet for ``factor`` times what is usual and ``margin_s`` more, within floor and ceiling.

    What is usual is learned by posture: up, on a held seat, in a held bed; see ``rules.habit``. A seat is held far
    longer on one evening than on another, hence ``seat_factor``. What began at night is odd ``night_margin_s`` after the
    time at which the person is usually up, not before. Until enough is learned, only a held seat or bed that nobody
    leaves for ``unlearned_seat_s`` or ``unlearned_bed_s`` fires: so long nobody sits, and a sensor may be stuck; the rest is
    for the fixed rule (``absence`` with ``until_learned``). Nothing is raised while the sensor that saw the last activity
    is dead. Times in seconds.
    """

    factor: float = 1.25
    margin_s: int = 1800
    floor_s: int = 2 * HOUR_S
    ceiling_s: int = 14 * HOUR_S
    night_margin_s: int = 5400
    seat_factor: float = 1.75
    seat_floor_s: int = 4 * HOUR_S
    seat_ceiling_s: int = 9 * HOUR_S
    bed_floor_s: int = 10 * HOUR_S
    bed_ceiling_s: int = 16 * HOUR_S
    unlearned_seat_s: int = 6 * HOUR_S
    unlearned_bed_s: int = 16 * HOUR_S

    def __post_init__(self) -> None:
        if min(self.factor, self.seat_factor) < 1 or min(self.margin_s, self.night_margin_s) < 0:
            raise ValueError(
                "factor and seat_factor must be at least 1, margin_s and night_margin_s not negative"
            )
        for floor, ceiling, name in (
            (self.floor_s, self.ceiling_s, ""),
            (self.seat_floor_s, self.seat_ceiling_s, "seat_"),
            (self.bed_floor_s, self.bed_ceiling_s, "bed_"),
        ):
            if not HOUR_S <= floor <= ceiling <= 24 * HOUR_S:
                raise ValueError(
                    f"{name}floor_s must be at least an hour and {name}ceiling_s no less and at most a day"
                )
        if min(self.unlearned_seat_s, self.unlearned_bed_s) < HOUR_S:
            raise ValueError("unlearned_seat_s and unlearned_bed_s must be at least an hour")

    @property
    def name(self) -> str:
        return "learned"

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

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if not slot.since:
            slot.since = now
            slot.due = now + self._shortest_ms()

    def on_activity(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, now: int
    ) -> Fired | Ended | None:
        if fact.at <= slot.since:
            return None  # a step from before is no news
        slot.since, slot.due, slot.cause = fact.at, fact.at + self._shortest_ms(), None
        return Ended(fact.at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        last = last_activity(watch, state)
        slot.since = max(slot.since, last.at if last else 0)
        since = slot.since + blind_ms(watch, state, slot.since, last)
        shortest = self._shortest_ms()
        if at < since + shortest:
            slot.due = since + shortest
            return None
        slot.due = at + shortest  # a quiet that begins from now on is not odd before
        if last is None or where(state.presence, at) != "in":
            return None
        held = posture(state.presence)
        allowed = self._remembered(slot, since) or self.allowed(state.habit, held, since, watch.zone)
        if allowed is None:
            return None
        # Kept: nothing is learned while it is quiet.
        kept = (allowed.limit_ms, allowed.usual_ms, allowed.up_ms)
        slot.past = tuple((since, float(value)) for value in kept)
        due = since + allowed.limit_ms
        if at < due:
            slot.due = min(slot.due, due)
            return None
        if not would_be_seen(watch, state, last, at):
            slot.due = at + RECHECK_MS
            return None
        slot.due, slot.cause = 0, last
        return Fired(due, (last,), numbers=_numbers(held, allowed, since, watch.zone))

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            last = last_activity(watch, state)
            slot.since = max(slot.since, last.at if last else 0) + shift
            slot.due = max(slot.due + shift, earliest)

    def _remembered(self, slot: Slot, since: int) -> Allowance | None:
        """What was worked out for this quiet when it was looked at before."""
        if not slot.past or slot.past[0][0] != since:
            return None
        return Allowance(*(int(value) for _, value in slot.past))

    def allowed(self, habit: Habit, held: Posture, since: int, zone: ZoneInfo) -> Allowance | None:
        """How long the quiet that began at ``since`` may last by this rule; None where nothing says so yet."""
        factor, floor_s, ceiling_s, unlearned_s = {
            "up": (self.factor, self.floor_s, self.ceiling_s, 0),
            "seat": (self.seat_factor, self.seat_floor_s, self.seat_ceiling_s, self.unlearned_seat_s),
            "bed": (self.factor, self.bed_floor_s, self.bed_ceiling_s, self.unlearned_bed_s),
        }[held]
        allowed = allowance(
            habit,
            held,
            since,
            zone,
            factor=factor,
            margin_ms=self.margin_s * 1000,
            floor_ms=floor_s * 1000,
            ceiling_ms=ceiling_s * 1000,
            night_ms=self.night_margin_s * 1000,
        )
        if allowed is None and unlearned_s:
            return Allowance(unlearned_s * 1000, 0)
        return allowed

    def _shortest_ms(self) -> int:
        """No quiet is odd before."""
        return 1000 * min(
            self.floor_s, self.seat_floor_s, self.bed_floor_s, self.unlearned_seat_s, self.unlearned_bed_s
        )


def _numbers(held: Posture, allowed: Allowance, since: int, zone: ZoneInfo) -> dict[str, Value]:
    """How the person was, for how long that is allowed, and what is usual (0: not learned yet), in seconds.

    ``up_by``, of a quiet of the night: by when the person is usually up (HH:MM).
    """
    numbers: dict[str, Value] = {
        "posture": held,
        "limit_s": allowed.limit_ms / 1000,
        "usual_s": allowed.usual_ms / 1000,
    }
    if allowed.up_ms:
        numbers["up_by"] = time_of_day(since + allowed.up_ms, zone)
    return numbers
