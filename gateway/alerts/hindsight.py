"""What people found of alerts that rules would have raised: joined with those that came there, about the same time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

ABOUT_MS = 3_600_000  # "about the same time": from an hour before one came until it was over, or an hour after it came
KNOWN = ("true", "false", "test", "unconfirmed", "cleared")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Would:
    """An alert that would have been raised: where and when (epoch ms)."""

    place: str
    at: int


@dataclass(frozen=True, slots=True, order=True)
class Came:
    """An alert that came: where, from when until when it stood (epoch ms), and its verdict ('' while it has none)."""

    place: str
    begin: int
    end: int
    verdict: str


def hindsight(would: Iterable[Would], came: Iterable[Came]) -> dict[str, int]:
    """How many of those that would have been raised people found to be what; *unknown* where nobody can have known.

    Each alert that came speaks for one that would have come: for the nearest. All of them add up.
    """
    there: dict[str, list[Came]] = defaultdict(list)
    for one in came:
        there[one.place].append(one)
    wanted = sorted(would)
    pairs = sorted(
        (abs(other.begin - one.at), at, number)
        for at, one in enumerate(wanted)
        for number, other in enumerate(sorted(there[one.place]))
        if other.begin - ABOUT_MS <= one.at <= max(other.end, other.begin + ABOUT_MS)
    )
    spoken: set[tuple[str, int]] = set()
    found: dict[int, str] = {}
    for _, at, number in pairs:
        place = wanted[at].place
        if at not in found and (place, number) not in spoken:
            spoken.add((place, number))
            found[at] = sorted(there[place])[number].verdict
    counted = Counter(verdict if verdict in KNOWN else UNKNOWN for verdict in found.values())
    counted[UNKNOWN] += len(wanted) - len(found)
    return {name: counted[name] for name in (*KNOWN, UNKNOWN)}
