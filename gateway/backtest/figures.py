"""What a station asks of a set of rules: how often, how much at once, and how that differs from today's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

from gateway.alerts.load import floods
from gateway.backtest.asked import DAY_MS
from gateway.backtest.telling import Alert

MONTH_MS = 30 * DAY_MS


def longest_silence_ms(times: Collection[int], begin: int, end: int) -> int:
    """The longest stretch from ``begin`` to ``end`` without any of the moments."""
    return max(after - before for before, after in pairwise([begin, *sorted(times), max(end, begin)]))


def floods_by_site(alerts: Iterable[Alert], site_of: Mapping[str, str]) -> int:
    """Floods at all stations together; each has its own people."""
    times: dict[str, list[int]] = defaultdict(list)
    for alert in alerts:
        times[site_of.get(alert.place, "")].append(alert.raised_at)
    return sum(len(floods(site, sorted(found), found[-1])) for site, found in times.items())


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
