"""How many people are in a facility: one estimate with its error, for the rules and for the pages alike.

Theory of operation
-------------------
Counters say how many have come and gone since their power-up. What they say is kept as it is; the estimate adds the differences
since the last *truth*: a person has counted (``correct``), or the place was truly empty. By how much the counters of this
facility are usually off is learned at each truth and taken into account (``rules.drift``); so is how much of it is chance,
which makes the width of the band: nine cases of ten lie within. A truth ends both error and band (``rules.band``).

Nobody is fewer than nobody. Where the sum falls below, people had come whom no counter saw: the error is at least so large,
and that stays known (``low_came``, ``low_went``: when the sum was lowest, measured by its error).

What a counter could not count is taken from what it usually counts then (``rules.unseen``), with an error to match: while it
is not heard, or hears nobody while the others do; and for the time before a restart. Where that is not learned the estimate is
``blind`` until the next truth, and its band is open.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rules import unseen
from rules.band import PEOPLE_MAX, band_of, bounded, depth, likely, up
from rules.doors import (
    COUNTED,
    OCCUPANCY,
    USUAL_BYTES_MAX,
    Around,
    Door,
    Usual,
    note,
    pass_over,
    passed,
    said_by,
)
from rules.drift import DRIFT_BYTES_MAX, Drift, learn
from rules.events import Value
from rules.identity import EVENT_IDS_MAX, remember_id

__all__ = [
    "COUNTED",
    "OCCUPANCY",
    "Around",
    "Door",
    "Estimate",
    "Headcount",
    "correct",
    "counted",
    "estimate",
    "fullest",
    "hear",
]

PASSAGES_MAX = 10_000_000
TAKEN_OVER_MAX = (
    1_000  # passages behind a counter's own count that is still believed: two days of CalIt2's entrance
)
COMMAND_CHARS_MAX = 64
HEEDED = 1.15  # times the estimate: so far the upper end of the band counts against the capacity


class Headcount(msgspec.Struct, array_like=True, gc=False):
    """The estimate of a facility, and what it rests on. Changed in place by ``hear`` and ``correct``.

    ``since`` is the last truth in ms (0: none yet, the counters' own counts were taken), ``start`` the people then, ``came``,
    ``went`` and ``passages`` what was counted since, ``moved_at`` the last of them, ``lost`` and ``lost_variance`` what is put
    in for passages that no counter counted, ``unseen`` (people) for those that one does not count now. ``people`` is the
    estimate. ``commands`` are the ids of corrections heard lately.
    ``quiet_at``: no presence sensor sees anybody since then (0: one does, or there is none). ``total`` counts every passage.
    """

    people: float = 0.0
    passages: float = 0.0
    since: int = 0
    moved_at: int = 0
    blind: bool = False
    doors: dict[str, Door] = msgspec.field(default_factory=dict)
    commands: list[str] = msgspec.field(default_factory=list)
    start: float | None = None
    came: float = 0.0
    went: float = 0.0
    low_came: float = 0.0
    low_went: float = 0.0
    lost: float = 0.0
    lost_variance: float = 0.0
    quiet_at: int = 0
    total: float = 0.0
    drift: Drift = msgspec.field(default_factory=Drift)
    usual: dict[str, Usual] = msgspec.field(default_factory=dict)
    unseen: float = 0.0


NOTHING_AROUND = Around()


class Estimate(msgspec.Struct, frozen=True):
    """People present, whole persons; ``upper`` is None while the band is open. ``lower <= people <= upper``.

    ``drift`` is by how many people the counters' sum was corrected (signed), ``widened``: what a counter usually sees stands in
    for what it did not count.
    """

    people: int
    lower: int
    upper: int | None
    passages: int
    since: int
    drift: float = 0.0
    widened: bool = False


def hear(
    count: Headcount,
    device: str,
    metrics: Mapping[str, Value],
    at: int,
    *,
    empty_at: int | None,
    around: Around = NOTHING_AROUND,
) -> float:
    """A counter has said something, observed ``at``; how many have passed it since its last word.

    ``empty_at`` is when the place was last truly empty before that.
    """
    before = count.doors.get(device)
    if before is not None and at < before.at:
        return 0.0  # late: history, never news
    blocked = unseen.not_counting(count, around)
    was_blocked = device in blocked
    after = said_by(before, metrics, at)
    count.doors[device] = after
    if before is None:
        _begin(count, after)
        return 0.0
    came, went, again = passed(before, after)
    came, went = min(came, float(PASSAGES_MAX)), min(went, float(PASSAGES_MAX))
    if not (came or went or again):
        return 0.0
    away = again or around.away
    believed = not (away or blocked)
    empty(count, empty_at, around, believed=believed)
    if at >= count.since:  # else they had passed when the truth was known
        if again or was_blocked:
            _put_in(
                count,
                device,
                before.at if was_blocked else max(before.at, at - around.unheard_ms),
                at,
                around,
            )
        elif away and before.at < count.since:
            count.blind = True  # who of them passed before the truth, and who after?
        if blocked:
            count.low_came = count.low_went = 0.0  # the sum may have been low for want of those
        blocked.pop(device, None)
        gone = unseen.gone(count, around, blocked)
        count.unseen = sum((unseen.until_now(count, one, gone, at, around)[0] for one in gone), 0.0)
        _pass(count, came, went, whole=not gone)
        count.moved_at = max(count.moved_at, at)
    _learn_hours(count, device, came, went, at, around, believed=not (away or was_blocked))
    return came + went


def empty(
    count: Headcount, empty_at: int | None, around: Around = NOTHING_AROUND, *, believed: bool = True
) -> None:
    """The place was empty at that moment (None: it was not), unless that is known already."""
    if empty_at is not None and empty_at > max(count.moved_at, count.since):
        _know(
            count,
            0.0,
            empty_at,
            believed=believed and not (around.deaf or unseen.not_counting(count, around)),
        )


def correct(
    count: Headcount,
    people: int,
    at: int,
    *,
    command: str,
    empty_at: int | None = None,
    around: Around = NOTHING_AROUND,
) -> bool:
    """Somebody has counted ``people`` there; False where this was known already. What the counters say stays as it is."""
    if command and not remember_id(count.commands, command[:COMMAND_CHARS_MAX]):
        return False
    empty(count, empty_at, around)
    _know(count, float(people), at, believed=not (around.deaf or unseen.not_counting(count, around)))
    return True


def forget(count: Headcount, device: str) -> None:
    """A counter has gone; while nothing truer is known, its own count goes with it."""
    door = count.doors.pop(device, None)
    count.usual.pop(device, None)
    if door is not None and not count.since:
        _adopt(count)
        count.start = max((count.start or 0.0) - (door.own or 0.0), 0.0)
        count.people = likely(count)


def people_said(data: Mapping[str, str]) -> int | None:
    """The number a correction gives; None where it gives none."""
    said = data.get("people", "")
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(PEOPLE_MAX))):
        return None
    return int(said) if int(said) <= PEOPLE_MAX else None


def estimate(
    count: Headcount,
    *,
    empty_at: int | None,
    whole: bool,
    around: Around = NOTHING_AROUND,
    now: int = 0,
    seen: bool = False,
) -> Estimate:
    """The estimate as of ``now``: ``empty_at`` as in ``hear``; not ``whole`` where the counters cannot be heard or believed.

    Those that are ``around.deaf`` are stood in for; ``seen``: a presence sensor sees somebody.
    """
    since, missed, width2 = count.since, 0.0, 0.0
    known = empty_at is not None and empty_at > max(count.moved_at, since)
    shut = whole and (known or not count.blind)
    since = empty_at if known and empty_at is not None else since
    gone = unseen.gone(count, around, unseen.not_counting(count, around))
    for device in gone:
        more, variance, learned = unseen.until_now(count, device, gone, now, around, since=since)
        shut = shut and learned
        missed, width2 = missed + more, width2 + variance
    if not shut:
        missed = width2 = 0.0
    low, mean, high = band_of(count, known=known, missed=missed, width2=width2)
    least = 1 if seen else 0
    present = max(round(mean), least)
    lower = max(min(up(low), present), least)
    upper = max(int(high), present)
    return Estimate(
        people=present, lower=lower if shut else least, upper=upper if shut else None,
        passages=0 if known else round(count.passages), since=since,
        drift=0.0 if known else round(count.drift.corrected(count.came, count.went), 2), widened=bool(gone) and shut,
    )  # fmt: skip


def present(count: Headcount, *, empty_at: int | None) -> float:
    """The same as a bare number."""
    return 0.0 if empty_at is not None and empty_at > max(count.moved_at, count.since) else count.people


def counted(count: Headcount) -> tuple[float, float] | None:
    """The lower and the upper end of what was counted, whole persons; None while the band is open.

    The error of what stands in for a counter that cannot count is not in it: nobody is sent away because a battery is empty.
    """
    if count.blind:
        return None
    low, mean, high = band_of(count, missed=count.unseen)
    people = round(mean)
    return float(min(up(low), people)), float(max(int(high), people))


def fullest(count: Headcount) -> float:
    """How many people there may be, for the capacity: the upper end of the band, heeded up to a share of the estimate.

    A band that is wider says that the counters are bad, not that the place is full. One that is open is not heeded at all.
    """
    band = counted(count)
    people = float(round(count.people))
    return people if band is None else max(people, min(band[1], HEEDED * people))


def bytes_max(devices: int, text: int) -> int:
    """The declared bound of its serialised size."""
    own = 64 + 14 * 9 + DRIFT_BYTES_MAX + EVENT_IDS_MAX * (4 * COMMAND_CHARS_MAX + 5)
    return own + devices * (2 * text + 5 + 4 * 9 + USUAL_BYTES_MAX)


def _begin(count: Headcount, door: Door) -> None:
    """A counter is heard for the first time: its own count is taken over where nothing truer is known."""
    count.moved_at = max(count.moved_at, door.at)
    if count.since:
        count.blind = True  # who passed there since the truth, nobody has counted
        return
    _adopt(count)
    before = max((door.entered or 0.0) + (door.left or 0.0), 0.0)
    count.start = bounded((count.start or 0.0) + (door.own or 0.0), PEOPLE_MAX)
    count.came = bounded(count.came + before / 2, PASSAGES_MAX)
    count.went = bounded(count.went + before / 2, PASSAGES_MAX)
    count.passages = bounded(count.passages + before, PASSAGES_MAX)
    count.blind = count.blind or count.passages > TAKEN_OVER_MAX
    count.people = likely(count)


def _adopt(count: Headcount) -> None:
    """A state of before: it knew the estimate and the passages, and not who came and who went."""
    if count.start is None:
        count.start, count.came, count.went = count.people, count.passages / 2, count.passages / 2


def _pass(count: Headcount, came: float, went: float, *, whole: bool) -> None:
    _adopt(count)
    count.came = bounded(count.came + came, PASSAGES_MAX)
    count.went = bounded(count.went + went, PASSAGES_MAX)
    count.passages = bounded(count.passages + came + went, PASSAGES_MAX)
    count.total = bounded(count.total + came + went, 1 << 52)
    if whole and depth(count, count.came, count.went) > depth(count, count.low_came, count.low_went):
        count.low_came, count.low_went = count.came, count.went
    count.people = likely(count)


def _know(count: Headcount, people: float, at: int, *, believed: bool) -> None:
    if believed and not count.blind and count.start is not None and count.since:
        more = people - count.start - count.lost
        learn(count.drift, count.came, count.went, more, doubt=count.lost_variance)
    count.people = count.start = people
    count.passages = count.came = count.went = count.low_came = count.low_went = 0.0
    count.lost = count.lost_variance = count.unseen = 0.0
    count.since, count.blind = at, False


def _put_in(count: Headcount, device: str, begin: int, end: int, around: Around) -> None:
    """What that counter usually counts stands in for what it could not count."""
    more, variance, learned = unseen.between(
        count, device, {device, *around.deaf}, max(begin, count.since), end, around
    )
    count.blind = count.blind or not learned
    count.lost, count.lost_variance = count.lost + more, count.lost_variance + variance


def _learn_hours(
    count: Headcount, device: str, came: float, went: float, at: int, around: Around, *, believed: bool
) -> None:
    if around.slots is None:
        return
    usual = count.usual.get(device)
    if usual is None:
        usual = count.usual[device] = Usual()
    if believed:
        note(usual, around.slots, came, went, at)
    else:
        pass_over(usual, at)
    usual.behind = count.total
