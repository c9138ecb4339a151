"""What a station asks of a set of rules: how often, how much at once, and how that differs from today's."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

from gateway.backtest.asked import DAY_MS
from gateway.backtest.telling import Alert

MONTH_MS = 30 * DAY_MS
# ISA-18.2: a flood begins with ten alarms within ten minutes and ends when fewer than five come in ten minutes.
FLOOD_MS = 600_000
FLOOD_BEGINS = 10
FLOOD_ENDS = 5


def floods(times: Iterable[int]) -> int:
    """How many floods there are in moments (ms) of one station's alerts."""
    moments = sorted(times)
    count, flooded = 0, False
    for at, moment in enumerate(moments):
        recent = at + 1 - bisect_right(moments, moment - FLOOD_MS, 0, at + 1)
        if flooded and recent < FLOOD_ENDS:
            flooded = False
        if not flooded and recent >= FLOOD_BEGINS:
            flooded, count = True, count + 1
    return count


def longest_silence_ms(times: Collection[int], begin: int, end: int) -> int:
    """The longest stretch from ``begin`` to ``end`` without any of the moments."""
    return max(after - before for before, after in pairwise([begin, *sorted(times), max(end, begin)]))


def floods_by_site(alerts: Iterable[Alert], site_of: Mapping[str, str]) -> int:
    """Floods at all stations together; each has its own people."""
    times: dict[str, list[int]] = defaultdict(list)
    for alert in alerts:
        times[site_of.get(alert.place, "")].append(alert.raised_at)
    return sum(floods(found) for found in times.values())


def figures_of(
    alerts: list[Alert], gone: list[Alert], *, months: float, begin: int, end: int, site_of: Mapping[str, str]
) -> dict[str, Any]:
    """One rule's figures; ``months`` are those of residents (of facilities, for a rule about these).

    What is held back is counted apart (nobody would have been told), as is what only came ``again``.
    """
    told = [alert for alert in alerts if not alert.held_by]
    changes = [alert.change for alert in told]
    return {
        "alerts": len(told),
        "per_resident_month": round(len(told) / months, 3) if months else None,
        "held": len(alerts) - len(told),
        "again": sum(alert.count - 1 for alert in told),
        "lowered": sum(bool(alert.lowered_to) for alert in told),
        "floods": floods_by_site(told, site_of),
        "longest_silence_s": longest_silence_ms([alert.active_at for alert in told], begin, end) // 1000,
        "same": changes.count("same"),
        "moved": changes.count("moved"),
        "new": changes.count("new"),
        "gone": sum(not alert.held_by for alert in gone),
    }
