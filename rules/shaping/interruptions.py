"""What happens to the hub rather than to an alert: its clock moved, the world changed. A lost feed changes nothing here."""

from __future__ import annotations

import msgspec

from rules.effects import Effect
from rules.events import ClockStepped, WorldChanged
from rules.shaping.deduplicate import end
from rules.shaping.matter import rule_of
from rules.shaping.rise import plan_rise
from rules.shaping.site import Group, Known, SiteState
from rules.state import NEVER
from rules.world import World


def step_clock(site: SiteState, event: ClockStepped) -> None:
    """What waits keeps its remaining time. Silences and shelves do not: people gave them an end by the clock."""
    by = event.by
    for known in site.alerts.values():
        known.since += by
        known.due += by if known.due else 0
        known.ended_at += by if known.ended_at else 0
        known.again_until += by if 0 < known.again_until < NEVER else 0
        known.until += by if 0 < known.until < NEVER else 0
    for flaps in site.flaps.values():
        flaps.times = [at + by for at in flaps.times]
    site.groups = {rule: Group(group.lead, group.until + by) for rule, group in site.groups.items()}
    site.wake = 0


def change_world(world: World, site: SiteState, event: WorldChanged) -> list[Effect]:
    """The rules start anew where they changed: what stood by them has ended for this stage, what was held of them is dropped.

    A place that has gone to another site takes nothing along: what was held back of it is told.
    """
    effects: list[Effect] = []
    for alert in [alert for alert, known in site.alerts.items() if not _is_here(world, site, known.key)]:
        del site.alerts[alert]
    for name, held in list(site.held.items()):
        raised = held.raised
        if _starts_anew(event, raised.rule, raised.key, raised.subject):
            del site.held[name]
        elif not _is_here(world, site, raised.key):
            del site.held[name]
            if raised.key in world.places:
                effects.append(msgspec.structs.replace(raised, at=event.at))
    for name in [name for name in site.flaps if _starts_anew(event, *name.split("|"))]:
        del site.flaps[name]
    for known in site.alerts.values():
        _look_again(world, site, known, event)
    site.wake = 0
    return effects


def _look_again(world: World, site: SiteState, known: Known, event: WorldChanged) -> None:
    """An open alert stays with people, whatever became of its rule; what rises by another rule rises by that."""
    if not _starts_anew(event, known.rule, known.key, known.subject):
        return
    if known.lasting and known.stands:
        end(known, rule_of(world, known.key, known.rule), event.at, told=False)
    plan_rise(world, site, known)


def _starts_anew(event: WorldChanged, rule: str, key: str, subject: str) -> bool:
    return rule in event.changed or f"{rule}@{key}" in event.changed or subject in event.gone


def _is_here(world: World, site: SiteState, key: str) -> bool:
    place = world.places.get(key)
    return place is not None and place.site == site.site
