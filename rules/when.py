"""When a rule raises: one condition, or several joined by ``all``, ``any`` and ``not``.

A part that lasts (a level, an absence, a window of the day) holds from the moment it comes true until it ends. ``all`` holds
while all its parts hold, ``any`` while one does, ``not`` while its part does not. In ``all``, one part may be a happening (an
event, a sequence): then the others are asked at that moment, and each happening is an alert of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rules.conditions.absence import Absence
from rules.conditions.condition import Condition, Ended, Fired
from rules.conditions.count import Count
from rules.conditions.during import During
from rules.conditions.event import EventHappens
from rules.conditions.learned import Learned
from rules.conditions.level import Level
from rules.conditions.not_back import NotBack
from rules.conditions.overdue import Overdue
from rules.conditions.rate import Rate
from rules.conditions.sequence import Sequence
from rules.conditions.silent import Silent
from rules.conditions.stay import Stay
from rules.conditions.stuck import Stuck
from rules.conditions.whereabouts import Whereabouts
from rules.events import Value
from rules.state import Fact, KeyState, Slot, slot_of

if TYPE_CHECKING:
    from rules.plan import Watch

PARTS_MAX = 6  # of one ``all`` or ``any``: more nobody can check by eye
DEPTH_MAX = 4


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Exactly one condition."""

    event: EventHappens | None = None
    level: Level | None = None
    rate: Rate | None = None
    stuck: Stuck | None = None
    count: Count | None = None
    absence: Absence | None = None
    sequence: Sequence | None = None
    silent: Silent | None = None
    overdue: Overdue | None = None
    stay: Stay | None = None
    during: During | None = None
    learned: Learned | None = None
    not_back: NotBack | None = None
    presence: Whereabouts | None = None
    all_of: AllOf | None = msgspec.field(default=None, name="all")
    any_of: AnyOf | None = msgspec.field(default=None, name="any")
    not_: When | None = msgspec.field(default=None, name="not")

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not None for name in self.__struct_fields__) != 1:
            raise ValueError(f"needs exactly one of: {', '.join(self.__struct_encode_fields__)}")
        if self.not_ is not None:
            Not(self.not_)  # what has no opposite is refused here, where its place in a file is known

    @property
    def condition(self) -> Condition:
        """The one condition that is given."""
        if self.not_ is not None:
            return Not(self.not_)
        given: list[Condition | None] = [getattr(self, name) for name in self.__struct_fields__]
        return next(condition for condition in given if condition is not None)


class Composite(Condition, frozen=True):
    """What conditions made of others have in common; a hold of its own (``for_s``) begins when it comes true."""

    @property
    def hold_s(self) -> int:
        """For how long it must hold before it counts, in seconds."""
        return 0

    @property
    def per_device(self) -> bool:
        return any(part.per_device for part in self.parts)

    @property
    def rests_on_silence(self) -> bool:
        return any(part.rests_on_silence for part in self.parts)

    def numbers(self, watch: Watch) -> dict[str, Value]:
        found: dict[str, Value] = {"for_s": float(self.hold_s)} if self.hold_s else {}
        for index, part in enumerate(watch.parts):
            numbers = part.condition.numbers(part)
            found[str(index)] = part.condition.name
            for about, names in (("metric", part.condition.metrics), ("type", part.condition.events)):
                if len(names) == 1:
                    found[f"{index}.{about}"] = names[0]
            found.update({f"{index}.{name}": value for name, value in numbers.items()})
        return found

    def on_part(
        self, watch: Watch, state: KeyState, slot: Slot, part: Watch, news: Fired | Ended
    ) -> Fired | Ended | None:
        if isinstance(news, Fired) and not part.condition.lasting:
            return self._happens(watch, state, part, news)
        holds = self.holds(watch, state)
        if holds and not slot.since:
            return self._begin(watch, state, slot, news)
        if slot.since and not holds:
            slot.since, slot.due, slot.cause = 0, 0, None
            return Ended(news.at if isinstance(news, Ended) else news.active_at)
        return None

    def holds(self, watch: Watch, state: KeyState) -> bool:
        """Whether it holds, from whether its parts do."""
        raise NotImplementedError

    def true_since(self, watch: Watch, state: KeyState, at: int) -> int:
        """Since when it holds, if the news that made it hold is of ``at``."""
        return at

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        slot.due = 0
        return Fired(slot.since + self.hold_s * 1000, causes(watch, state))

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due and self.rests_on_silence:
            slot.since += shift
            slot.due = max(slot.due + shift, earliest)

    def _begin(self, watch: Watch, state: KeyState, slot: Slot, news: Fired | Ended) -> Fired | None:
        slot.since = self.true_since(watch, state, news.at if isinstance(news, Ended) else news.active_at)
        facts = causes(watch, state)
        slot.cause = facts[0] if facts else None
        if self.hold_s:
            slot.due = slot.since + self.hold_s * 1000
            return None
        return Fired(slot.since, facts)

    def _happens(self, watch: Watch, state: KeyState, part: Watch, news: Fired) -> Fired | None:
        if not self.holds_beside(watch, state, part):
            return None
        others = tuple(fact for fact in causes(watch, state) if fact not in news.facts)
        return Fired(news.active_at, news.facts + others, news.event)

    def holds_beside(self, watch: Watch, state: KeyState, part: Watch) -> bool:
        """Whether it holds if ``part`` does."""
        raise NotImplementedError


class Joined(Composite, frozen=True):
    """Several conditions, for ``for_s`` seconds together."""

    of: tuple[When, ...]
    for_s: int = 0

    def __post_init__(self) -> None:
        _check(self.of, self.for_s)
        if self.for_s and not self.lasting:
            raise ValueError("a happening does not last: leave for_s out")

    @property
    def hold_s(self) -> int:
        return self.for_s

    @property
    def parts(self) -> tuple[Condition, ...]:
        return tuple(when.condition for when in self.of)

    @property
    def lasting(self) -> bool:
        return all(part.lasting for part in self.parts)


class AllOf(Joined, frozen=True):
    """All ``of`` these at once, for ``for_s`` seconds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if sum(not part.lasting for part in self.parts) > 1:
            raise ValueError("only one of its parts may be a happening (event, sequence): two never coincide")

    @property
    def name(self) -> str:
        return "all"

    def holds(self, watch: Watch, state: KeyState) -> bool:
        return all(_stands(part, state) for part in watch.parts)

    def true_since(self, watch: Watch, state: KeyState, at: int) -> int:
        return max(at, *(slot_of(state, part.slot).held for part in watch.parts))  # news may come late

    def holds_beside(self, watch: Watch, state: KeyState, part: Watch) -> bool:
        return all(other.slot == part.slot or _stands(other, state) for other in watch.parts)


class AnyOf(Joined, frozen=True):
    """At least one ``of`` these, for ``for_s`` seconds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len({part.lasting for part in self.parts}) > 1:
            raise ValueError("its parts must all last (levels, absences) or all be happenings (events)")

    @property
    def name(self) -> str:
        return "any"

    def holds(self, watch: Watch, state: KeyState) -> bool:
        return any(_stands(part, state) for part in watch.parts)

    def holds_beside(self, watch: Watch, state: KeyState, part: Watch) -> bool:
        return True


class Not(Composite, frozen=True):
    """The part does not hold, or nothing is known of it."""

    of: When

    def __post_init__(self) -> None:
        if not self.of.condition.lasting:
            raise ValueError("an event has no opposite; use absence or sequence with then_no")

    @property
    def name(self) -> str:
        return "not"

    @property
    def parts(self) -> tuple[Condition, ...]:
        return (self.of.condition,)

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if self.holds(watch, state) and not slot.since:
            slot.since = slot.due = now

    def holds(self, watch: Watch, state: KeyState) -> bool:
        return not _stands(watch.parts[0], state)


def causes(watch: Watch, state: KeyState) -> tuple[Fact, ...]:
    """The facts behind the parts that stand, in the order of the parts."""
    found: list[Fact] = []
    for part in watch.parts:
        if part.parts:
            found += causes(part, state)
        elif _stands(part, state) and (cause := slot_of(state, part.slot).cause) is not None:
            found.append(cause)
    return tuple(dict.fromkeys(found))


def _stands(part: Watch, state: KeyState) -> bool:
    slot = state.slots.get(part.slot)
    return slot is not None and slot.held != 0


def _check(of: tuple[When, ...], for_s: int) -> None:
    if not 2 <= len(of) <= PARTS_MAX:  # noqa: PLR2004 one part needs no joining
        raise ValueError(f"needs two to {PARTS_MAX} parts")
    if for_s < 0:
        raise ValueError("for_s must not be negative")
    if max(_depth(part.condition) for part in of) >= DEPTH_MAX:
        raise ValueError(f"is nested more than {DEPTH_MAX} deep; make two rules of it")


def _depth(condition: Condition) -> int:
    return 1 + max((_depth(part) for part in condition.parts), default=0)
