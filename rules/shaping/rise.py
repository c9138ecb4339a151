"""The severity of an alert rises with the time that nobody has taken it."""

from __future__ import annotations

from rules.effects import Change, Effect
from rules.rule import SEVERITIES
from rules.shaping.matter import rule_of
from rules.shaping.site import Known, SiteState
from rules.world import World


def plan_rise(world: World, site: SiteState, known: Known) -> None:
    """Work out when its severity rises next: never while it is taken, closed, shelved or over."""
    rule = rule_of(world, known.key, known.rule)
    rises = rule.shape.rises[known.risen :] if rule is not None else ()
    waits = bool(known.stands) and not (known.accepted or known.closed or known.shelf is not None)
    known.due = known.since + rises[0].after_s * 1000 if rises and waits else 0
    if known.due:
        site.wake = min(site.wake, known.due)


def rise(world: World, site: SiteState, alert: str, at: int) -> tuple[Effect, ...]:
    """Nobody has taken it by now: the next step, once. It never falls by that."""
    known = site.alerts.get(alert)
    if known is None or known.due != at:
        return ()  # taken, over or forgotten at this very moment
    rule = rule_of(world, known.key, known.rule)
    rises = rule.shape.rises[known.risen :] if rule is not None else ()
    known.risen += 1
    plan_rise(world, site, known)
    if not rises or SEVERITIES.index(rises[0].to) <= SEVERITIES.index(known.severity):
        return ()
    known.severity = rises[0].to
    return (Change(alert, at, known.severity, "unattended"),)
