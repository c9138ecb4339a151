"""What happens in the town, as values: stimuli to devices, and incidents made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Stimulus:
    """At that time something touches a device: a word it understands, with a value where one belongs."""

    at_ms: int
    device: str
    word: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """The truth of something worth an alert; ``place`` is a home or facility, ``device`` where it may show first.

    ``to_ms``: up again, found, back, closed. ``due_ms``: by when it should be known without any detector; None where it is over
    before anybody could know. ``gets_up``: of a fall, whether the person gets up without help. ``by``: who lies at night is
    missed in the morning only. ``played``: somebody asked for it.
    """

    kind: str
    place: str
    device: str
    from_ms: int
    to_ms: int
    played: bool = False
    room: str = ""
    due_ms: int | None = None
    gets_up: bool | None = None
    by: Literal["day", "night"] = "day"


@dataclass(frozen=True, slots=True)
class Script:
    """An incident with its stimuli; the place's usual life stands still in ``quiet`` [from_ms, to_ms)."""

    incident: Incident
    stimuli: tuple[Stimulus, ...]
    quiet: tuple[int, int] | None = None
