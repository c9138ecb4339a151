"""What the pages of a home ask of the hub: how it is there, its devices, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rules.at_home import AtHome


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """A device of a home. ``heard_at`` is hub time, None while it was never heard; ``battery`` in percent, None: not known.

    ``alive``: it could tell something now. ``online``: what it, or its will, said last.
    """

    id: str
    kind: str
    room: str
    alive: bool
    online: bool
    heard_at: int | None
    battery: int | None


@dataclass(frozen=True, slots=True)
class HomeNow:
    """A home as the hub knows it now: the sentence, and its devices."""

    sentence: AtHome
    devices: tuple[DeviceHealth, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened in a home: when (ms), in which room, at which device, and what.

    ``what`` is a metric that shows activity (``motion``, ``contact``, …) or ``event.<type>``; ``on`` whether it began or ended
    (a door opens, a bed is taken).
    """

    at: int
    room: str
    device: str
    what: str
    on: bool


@dataclass(frozen=True, slots=True)
class CardRule:
    """A rule in force as a card shows it: its class, its title and its own steps by language."""

    id: str
    kind: str
    title: dict[str, str]
    todo: dict[str, list[str]]


class HomePort(Protocol):
    """The homes of the hub, and what is to be done about their alerts."""

    def card_rules(self) -> Sequence[CardRule]:
        """The rules in force, in the order of their files; cheap, no I/O."""

    def home_now(self, place_id: str, standing: Sequence[str]) -> HomeNow | None:
        """How a home is; ``standing``: the rules of its open alerts about people. None where there is none; from any thread."""

    async def happenings(self, place_id: str, from_ms: int, to_ms: int) -> Sequence[Happening] | None:
        """What happened there from ≤ time < to, oldest first; None where the store does not answer within two seconds."""
