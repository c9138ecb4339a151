"""What happens in the town, as values: stimuli to devices, and incidents made of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stimulus:
    """At that time something touches a device: a word it understands, with a value where one belongs."""

    at_ms: int
    device: str
    word: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """The truth of something worth an alert; ``place`` is a home or facility, ``device`` where it shows first."""

    kind: str
    place: str
    device: str
    from_ms: int
    to_ms: int
    played: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """An incident with its stimuli; the place's usual life stands still in ``quiet`` [from_ms, to_ms)."""

    incident: Incident
    stimuli: tuple[Stimulus, ...]
    quiet: tuple[int, int] | None = None
