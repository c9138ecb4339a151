"""What every condition is: a value that reads facts, keeps its memory in a slot, and says when it has come true.

A condition never stores time of its own: its memory is the ``Slot`` it is handed. Where a method says "nothing", the
condition takes no interest in that kind of news.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from rules.events import Occurrence, Value
from rules.state import NEVER, Fact, KeyState, Slot

if TYPE_CHECKING:
    from rules.plan import Watch

LATE_MS = 30_000  # a fact older than this at its arrival is part of a backlog
BACKLOG_GRACE_MS = (
    10_000  # so the rest of the backlog is waited for before a hold that already ran out is settled
)


@dataclass(frozen=True, slots=True)
class Fired:
    """The condition came true at ``active_at``; ``event`` names the event if one event is the reason."""

    active_at: int
    facts: tuple[Fact, ...]
    event: str = ""


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

    @property
    def events(self) -> tuple[str, ...]:
        """Event types it reads."""
        return ()

    @property
    def reads_whole_key(self) -> bool:
        """Whether it reads the metrics of every device of the key, not only its subject's."""
        return False

    def numbers(self, watch: Watch) -> dict[str, Value]:
        """The figures a person needs to understand why it fired."""
        return {}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        """Begin to watch at ``now``, with an empty slot."""

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        """A metric was read (``before``: its value until now); facts come in order of time."""
        return None

    def on_event(self, watch: Watch, slot: Slot, event: Occurrence, now: int) -> Fired | None:
        """An event happened."""
        return None

    def deadline(self, watch: Watch, state: KeyState, slot: Slot) -> int:
        """Not to be settled before then."""
        return slot.due or NEVER

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | None:
        """The deadline has come; afterwards ``deadline`` is later than ``at``."""
        raise NotImplementedError

    def resume(self, slot: Slot, *, shift: int, earliest: int) -> None:
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
