"""How full a facility is, in words: of the property manager, and the fewer ones of the public."""

from __future__ import annotations

from typing import Literal, TypeAlias

Fullness: TypeAlias = Literal["quiet", "moderate", "busy", "near", "over", "unlimited", "unknown"]
Public: TypeAlias = Literal["quiet", "moderate", "busy", "unknown"]

QUIET_BELOW, MODERATE_BELOW, BUSY_BELOW = 0.25, 0.5, 0.75  # of the capacity, by the upper end of the band


def fullness(people: int | None, upper: int | None, capacity: int | None) -> Fullness:
    """Over by the estimate; below that by the upper end of the band, as the rule has it, so that it errs to the full side.

    Without an upper end nothing is said: a counter that cannot be believed must not say that there is room.
    """
    if people is None or upper is None:
        return "unknown"
    if capacity is None:
        return "unlimited"
    if people > capacity:
        return "over"
    share = upper / capacity
    if share < QUIET_BELOW:
        return "quiet"
    if share < MODERATE_BELOW:
        return "moderate"
    return "busy" if share < BUSY_BELOW else "near"


def for_public(full: Fullness) -> Public:
    """The same in the three words of the public page; full is busy, and where no capacity is known nothing is said."""
    if full in {"busy", "near", "over"}:
        return "busy"
    return full if full in {"quiet", "moderate"} else "unknown"
