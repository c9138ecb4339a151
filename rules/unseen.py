"""People whom a counter should have counted and did not: what it usually counts stands in for them.

A counter that is not heard has an empty battery or no radio. One that goes on reporting and counts nobody while the others do
is covered: the others have counted so many that it should have seen some too, and at these hours it usually does. With one door
nobody can tell that from an empty house, and nothing is made of it here (the library's ``counter_dead`` asks after four
hours). A busy day is busy at all doors: what is usual is scaled by what the others count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from rules.doors import HOUR_MS, UNSEEN_MAX_MS, Around, expected
from rules.drift import PASSAGES_MIN

if TYPE_CHECKING:
    from rules.headcount import Headcount

NOT_COUNTING = 20.0  # people whom it should have seen, by the others and by its own hours
DAYS_DIFFER = 0.3  # a day's coming and going is that share more or less than usual, beside chance
BUSY_MAX = 3.0  # times as busy as usual, at most


def not_counting(count: Headcount, around: Around) -> dict[str, int]:
    """Counters that go on reporting and count nobody while the others do, since when (ms)."""
    found: dict[str, int] = {}
    if around.slots is None or len(count.usual) <= 1:
        return found
    if all(count.total - usual.behind < NOT_COUNTING for usual in count.usual.values()):
        return found
    everybody = sum(usual.of_a_day for usual in count.usual.values())
    whole_hours = count.moved_at // HOUR_MS * HOUR_MS  # within an hour people come when they come
    for device, usual in count.usual.items():
        own, others = usual.of_a_day, count.total - usual.behind
        if device in around.deaf or not others or own * others < NOT_COUNTING * (everybody - own):
            continue
        since = count.doors[device].at
        usually = expected(usual, around.slots, max(since, whole_hours - UNSEEN_MAX_MS), whole_hours)
        if usually is not None and sum(usually) >= NOT_COUNTING:
            found[device] = since
    return found


def gone(count: Headcount, around: Around, blocked: Mapping[str, int]) -> dict[str, int]:
    """The counters that do not count now, since when: those that are not heard, and those that are ``blocked``."""
    deaf = {
        device: max(at, count.doors[device].at) if device in count.doors else 0
        for device, at in around.deaf.items()
    }
    return dict(sorted((dict(blocked) | deaf).items()))


def until_now(
    count: Headcount,
    device: str,
    gone: Mapping[str, int],
    at: int,
    around: Around,
    *,
    since: int | None = None,
) -> tuple[float, float, bool]:
    """People and variance that stand in for one of those, from the truth (``since``) until ``at``; whether they can."""
    truth = count.since if since is None else since
    return between(count, device, gone, max(gone[device], truth), at, around, since=truth)


def between(
    count: Headcount,
    device: str,
    gone: Collection[str],
    begin: int,
    end: int,
    around: Around,
    *,
    since: int | None = None,
) -> tuple[float, float, bool]:
    """People and variance for what that counter usually counts in that time, on a day so busy; False where it is not known."""
    usually = expected(count.usual.get(device), around.slots, begin, end)
    if usually is None:
        return 0.0, 0.0, False
    busy = _busy(count, gone, count.since if since is None else since, end, around)
    came, went = usually[0] * busy, usually[1] * busy
    return came - went, came + went + (DAYS_DIFFER * (came - went)) ** 2, True


def _busy(count: Headcount, gone: Collection[str], since: int, end: int, around: Around) -> float:
    """How busy it is by the counters that count: passages since the truth by those that are usual."""
    usual = 0.0
    for device, own in count.usual.items():
        if device not in gone:
            usual += sum(expected(own, around.slots, since, end) or (0.0, 0.0))
    if usual < PASSAGES_MIN or not count.passages or since != count.since:
        return 1.0
    return min(max((count.passages + PASSAGES_MIN) / (usual + PASSAGES_MIN), 1 / BUSY_MAX), BUSY_MAX)
