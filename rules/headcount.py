"""How many people are in a facility: one estimate with its error, for the rules and for the pages alike.

Theory of operation
-------------------
Counters say how many have come and gone since their power-up. What they say is kept as it is; the estimate adds the differences
since the last *truth*: a person has counted (``correct``), or the place was truly empty. It never falls below zero: who leaves
an empty room was not counted when they came. Every passage may be missed or counted twice, so the error grows with their number
since the truth (``half_width``), and a truth ends it.

A counter that begins again at zero (a power cut, a rollover) goes on from there; what passed meanwhile nobody knows: the
estimate is ``blind`` until the next truth, and its band is open. Deep in the night a closed place through which nobody
passed is empty.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rules.events import Value
from rules.identity import EVENT_IDS_MAX, remember_id

OCCUPANCY = "occupancy"
COUNTED: tuple[str, ...] = (OCCUPANCY, "in", "out")  # what a counter says
PEOPLE_MAX = 100_000  # more are in no facility
PASSAGES_MAX = 10_000_000
TAKEN_OVER_MAX = (
    1_000  # passages behind a counter's own count that is still believed: three days of the entrance below
)
COMMAND_CHARS_MAX = 64

# A band for nine cases of ten. Set by a real entrance (UCI CalIt2, 15 weeks): on its 50 days with more than 100 passages the
# day's in - out lay within it on 92 %. Per passage 4 % always the same way, 20 % by chance.
DRIFT_SHARE = 0.04
CHANCE_SHARE = 0.2
Z_90 = 1.645


class Door(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a counter said last: people in and out since its power-up, its own count; None while it has not said."""

    at: int
    entered: float | None = None
    left: float | None = None
    own: float | None = None


class Headcount(msgspec.Struct, array_like=True, gc=False):
    """The estimate of a facility, and what it rests on. Changed in place by ``hear`` and ``correct``.

    ``since`` is the last truth in ms (0: none yet, the counters' own counts were taken), ``passages`` what was counted since
    then, ``moved_at`` the last of them. ``commands`` are the ids of corrections heard lately.
    """

    people: float = 0.0
    passages: float = 0.0
    since: int = 0
    moved_at: int = 0
    blind: bool = False
    doors: dict[str, Door] = msgspec.field(default_factory=dict)
    commands: list[str] = msgspec.field(default_factory=list)


class Estimate(msgspec.Struct, frozen=True):
    """People present, whole persons; ``upper`` is None while the band is open. ``lower <= people <= upper``."""

    people: int
    lower: int
    upper: int | None
    passages: int
    since: int


def half_width(passages: float) -> float:
    """By how much a count may be off after so many passages, in nine cases of ten."""
    return DRIFT_SHARE * passages + Z_90 * float((CHANCE_SHARE * passages) ** 0.5)


def hear(
    count: Headcount, device: str, metrics: Mapping[str, Value], at: int, *, empty_at: int | None
) -> float:
    """A counter has said something, observed ``at``; how many have passed it since its last word.

    ``empty_at`` is when the place was last truly empty before that.
    """
    before = count.doors.get(device)
    if before is not None and at < before.at:
        return 0.0  # late: history, never news
    after = _door(before, metrics, at)
    count.doors[device] = after
    if before is None:
        _begin(count, after)
        return 0.0
    came, went, again = _passed(before, after)
    if not (came or went or again):
        return 0.0
    if empty_at is not None and empty_at > max(count.moved_at, count.since):
        _know(count, 0.0, empty_at)
    if at >= count.since:  # else they had passed when the truth was known
        _pass(count, came, went)
        count.blind = count.blind or again
        count.moved_at = max(count.moved_at, at)
    return came + went


def correct(count: Headcount, people: int, at: int, *, command: str) -> bool:
    """Somebody has counted ``people`` there; False where this was known already. What the counters say stays as it is."""
    if command and not remember_id(count.commands, command[:COMMAND_CHARS_MAX]):
        return False
    _know(count, float(people), at)
    return True


def forget(count: Headcount, device: str) -> None:
    """A counter has gone; while nothing truer is known, its own count goes with it."""
    door = count.doors.pop(device, None)
    if door is not None and not count.since:
        count.people = max(count.people - (door.own or 0.0), 0.0)


def people_said(data: Mapping[str, str]) -> int | None:
    """The number a correction gives; None where it gives none."""
    said = data.get("people", "")
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(PEOPLE_MAX))):
        return None
    return int(said) if int(said) <= PEOPLE_MAX else None


def estimate(count: Headcount, *, empty_at: int | None, whole: bool) -> Estimate:
    """The estimate as of now: ``empty_at`` as in ``hear``; not ``whole`` where a counter cannot be heard or believed."""
    people, passages, since, blind = count.people, count.passages, count.since, count.blind
    if empty_at is not None and empty_at > max(count.moved_at, since):
        people, passages, since, blind = 0.0, 0.0, empty_at, False
    width = half_width(passages)
    present = round(people)
    lower = max(min(int(people - width), present), 0)
    upper = max(int(people + width) + 1, present) if width else present
    shut = whole and not blind
    return Estimate(present, lower if shut else 0, upper if shut else None, round(passages), since)


def present(count: Headcount, *, empty_at: int | None) -> float:
    """The same as a bare number."""
    return 0.0 if empty_at is not None and empty_at > max(count.moved_at, count.since) else count.people


def bytes_max(devices: int, text: int) -> int:
    """The declared bound of its serialised size."""
    return 64 + devices * (text + 5 + 4 * 9) + EVENT_IDS_MAX * (4 * COMMAND_CHARS_MAX + 5)


def _begin(count: Headcount, door: Door) -> None:
    """A counter is heard for the first time: its own count is taken over where nothing truer is known."""
    count.moved_at = max(count.moved_at, door.at)
    if count.since:
        count.blind = True  # who passed there since the truth, nobody has counted
        return
    count.people = _bounded(count.people + (door.own or 0.0), PEOPLE_MAX)
    count.passages = _bounded(count.passages + (door.entered or 0.0) + (door.left or 0.0), PASSAGES_MAX)
    count.blind = count.blind or count.passages > TAKEN_OVER_MAX


def _pass(count: Headcount, came: float, went: float) -> None:
    count.people = _bounded(count.people + came - went, PEOPLE_MAX)
    count.passages = _bounded(count.passages + came + went, PASSAGES_MAX)


def _bounded(value: float, most: int) -> float:
    return min(max(value, 0.0), float(most))


def _know(count: Headcount, people: float, at: int) -> None:
    count.people, count.passages, count.since, count.blind = people, 0.0, at, False


def _door(before: Door | None, metrics: Mapping[str, Value], at: int) -> Door:
    def said(metric: str, known: float | None) -> float | None:
        value = metrics.get(metric)
        return known if value is None or isinstance(value, str) else float(value)

    known = before or Door(at)
    return Door(at, said("in", known.entered), said("out", known.left), said(OCCUPANCY, known.own))


def _passed(before: Door, after: Door) -> tuple[float, float, bool]:
    """Who came and went between two words of a counter, and whether it began anew between them."""
    if (
        before.entered is not None and before.left is not None
        and after.entered is not None and after.left is not None
    ):  # fmt: skip
        came, went = after.entered - before.entered, after.left - before.left
        if came < 0 or went < 0:  # since power-up again
            return max(after.entered, 0.0), max(after.left, 0.0), True
        return came, went, False
    if before.own is not None and after.own is not None:
        change = after.own - before.own
        return max(change, 0.0), max(-change, 0.0), False
    return 0.0, 0.0, False


def passed(before: Door, after: Door) -> tuple[float, float, bool]:
    """Who came and went between two words of a counter, and whether it began anew between them: what ``hear`` goes by."""
    return _passed(before, after)
