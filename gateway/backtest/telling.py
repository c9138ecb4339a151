"""What the rules raise becomes what people would have been told of: the shaping stage of each site, as the hub runs it.

Nobody can say what people would have done about alerts that never were. They are taken to have closed each an hour after it was
raised: then a severity that rises with time unattended plays no part, and what comes again later is an alert of its own.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from rules.effects import Again, Change, Effect, End, Evidence, Hold, Raise
from rules.events import Command, Tick
from rules.shaping.site import SiteState
from rules.shaping.stage import Heard, shape_in_place
from rules.world import World

CLOSED_AFTER_MS = 3_600_000


class Alert(msgspec.Struct):
    """What would have been raised; ``ended_at`` 0: it stands. ``held_by`` '': people were told, ``count`` times.

    ``lowered_to`` is its severity where another rule lowered it, at ``lowered_at``. ``change`` (same, moved, new, gone)
    compares it with the rules in force; ``moved_ms``: by how much it began later than theirs.
    """

    id: str
    rule: str
    place: str
    subject: str
    active_at: int
    raised_at: int
    evidence: Evidence
    held_by: str = ""
    ended_at: int = 0
    count: int = 1
    lowered_to: str = ""
    change: str = "new"
    moved_ms: int = 0
    lowered_at: int = 0


def told(world: World, by_key: Mapping[str, list[Effect]], end: int) -> list[Alert]:
    """The alerts of what the core decided about each place, up to ``end`` (ms), in order of their beginning."""
    sites: dict[str, list[str]] = defaultdict(list)
    for key in sorted(by_key):
        sites[world.places[key].site].append(key)
    alerts = [
        alert
        for site, keys in sorted(sites.items())
        for alert in _at_site(world, site, [effect for key in keys for effect in by_key[key]], end)
    ]
    return sorted(alerts, key=lambda alert: (alert.active_at, alert.place, alert.rule, alert.id))


def _at_site(world: World, site: str, effects: list[Effect], end: int) -> Iterator[Alert]:
    state = SiteState(site)
    found: dict[str, Alert] = {}
    closing: list[tuple[int, str, str]] = []

    def tell(heard: Heard, now: int) -> None:
        for effect in shape_in_place(world, state, heard, now):
            if isinstance(effect, Raise):
                heapq.heappush(closing, (now + CLOSED_AFTER_MS, effect.alert, effect.key))
            _note(found, effect)

    for effect in sorted(
        effects, key=lambda effect: effect.at
    ):  # stable: the places in order, as the hub has them
        while closing and closing[0][0] <= effect.at:
            now, alert, key = heapq.heappop(closing)
            tell(Command(now, "", "accept", alert, "", {}, key), now)
            tell(Command(now, "", "close", alert, "", {"verdict": "true"}, key), now)
        tell(effect, effect.at)
    tell(Tick(end), end)
    yield from found.values()


def _note(found: dict[str, Alert], effect: Effect) -> None:
    if isinstance(effect, Raise | Hold):
        held_by = effect.by if isinstance(effect, Hold) else ""
        found[effect.alert] = Alert(
            effect.alert,
            effect.rule,
            effect.key,
            effect.subject,
            effect.active_at,
            effect.at,
            effect.evidence,
            held_by,
        )
        return
    alert = found.get(effect.alert) if isinstance(effect, End | Again | Change) else None
    if alert is None:
        return
    match effect:
        case End():
            alert.ended_at = effect.at
        case Again():
            alert.count, alert.ended_at = effect.count, 0
        case Change() if effect.because.startswith("rule:"):
            alert.lowered_to, alert.lowered_at = effect.severity, effect.at
