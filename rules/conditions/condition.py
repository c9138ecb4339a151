"""What every condition is: a value that reads facts, keeps its memory in a slot, and says when it has come true.

A condition never stores time of its own: its memory is the ``Slot`` it is handed. Where a method says "nothing", the
condition takes no interest in that kind of news.

A condition can stand alone under a rule or be a part of another (``rules.when``): it cannot tell, and need not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from rules.events import Occurrence, Value
from rules.state import Fact, KeyState, Slot

if TYPE_CHECKING:
    from rules.plan import Watch

LATE_MS = 30_000  # a fact older than this at its arrival is part of a backlog
BACKLOG_GRACE_MS = (
    10_000  # so the rest of the backlog is waited for before a hold that already ran out is settled
)


@dataclass(frozen=True, slots=True)
class Fired:
    """The condition came true at ``active_at``; ``event`` names the event if one event is the reason.

    ``numbers`` are figures that were worked out for this time only; the rule's own come from ``Condition.numbers``.
    """

    active_at: int
    facts: tuple[Fact, ...]
    event: str = ""
    numbers: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """The condition, true until now, no longer holds."""

    at: int


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all conditions; the defaults take no interest in anything."""

    @property
    def name(self) -> str:
        """The word for it in a rule file and in evidence."""
        raise NotImplementedError

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions it is made of; none for a simple one."""
        return ()

    @property
    def per_device(self) -> bool:
        """Whether each device is a subject of its own (else the home or facility is the subject)."""
        return True

    @property
    def lasting(self) -> bool:
        """Whether the alert stands while the condition holds (else each event is an alert of its own)."""
        return True

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics it reads."""
        return ()

    def metrics_in(self, room: str) -> tuple[str, ...]:
        """Those of its metrics that it reads from a device in such a kind of room."""
        return self.metrics

    @property
    def events(self) -> tuple[str, ...]:
        """Event types it reads."""
        return ()

    @property
    def reads_whole_key(self) -> bool:
        """Whether it reads the metrics of every device of the key, not only its subject's."""
        return False

    @property
    def rests_on_silence(self) -> bool:
        """Whether it comes true because nothing came: then not while the feed is lost, and anew after a mode."""
        return False

    @property
    def listens_to_activity(self) -> bool:
        """Whether it can ask to be told of every activity of its devices (see ``wants_activity``)."""
        return False

    @property
    def listens_to_presence(self) -> bool:
        """Whether it is told when somebody comes in or goes out."""
        return False

    @property
    def heeds_replays(self) -> bool:
        """Whether a value that the broker replays on subscribing counts: what is so now does, what was done does not."""
        return False

    @property
    def keeps_wall_time(self) -> bool:
        """Whether its deadlines are times of the day: after the clock jumped it looks again, and nothing is put off."""
        return False

    def wants_activity(self, slot: Slot) -> bool:
        """Whether it asks for activity now."""
        return False

    def numbers(self, watch: Watch) -> dict[str, Value]:
        """The figures a person needs to understand why it fired."""
        return {}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        """Begin to watch at ``now``, with an empty slot (or again, where the devices or figures it reads have changed)."""

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        """A metric has another value than ``before``; facts come in order of time."""
        return None

    def on_event(
        self, watch: Watch, state: KeyState, slot: Slot, event: Occurrence, now: int
    ) -> Fired | Ended | None:
        """An event happened."""
        return None

    def on_activity(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, now: int
    ) -> Fired | Ended | None:
        """Somebody did something, seen by one of its devices; only told while it ``wants_activity``."""
        return None

    def on_presence(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        """Somebody has come in or gone out, at ``at``."""
        return None

    def on_part(
        self, watch: Watch, state: KeyState, slot: Slot, part: Watch, news: Fired | Ended
    ) -> Fired | Ended | None:
        """One of its parts has come true or ended; the part's slot knows it already."""
        return None

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        """``slot.due`` has come; afterwards it is later than ``at`` or 0. Nothing comes of a bound that was too early."""
        raise NotImplementedError

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        """The feed is back: an absence is owed ``shift`` ms and not settled before ``earliest``."""

    def step_clock(self, slot: Slot, by: int) -> None:
        """The clock jumped: what waits keeps its remaining time."""
        slot.since += by if slot.since else 0
        slot.due += by if slot.due else 0


def hold_until(since: int, for_s: int, now: int) -> int:
    """When a hold that began at ``since`` is settled: after ``for_s``, but never amid a backlog (in ms)."""
    due = since + for_s * 1000
    return due if since >= now - LATE_MS else max(due, now + BACKLOG_GRACE_MS)


def known(names: tuple[str, ...], vocabulary: dict[str, str], what: str) -> None:
    """Raise ``ValueError`` with the known names if one is not among them."""
    for name in names:
        if name not in vocabulary:
            raise ValueError(f"unknown {what} {name!r}; known are: {', '.join(sorted(vocabulary))}")
