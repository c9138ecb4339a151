"""The last step: the alert goes out, at once; what its rule raises at the site soon after belongs to its group."""

from __future__ import annotations

import msgspec

from rules.effects import Effect
from rules.shaping.lower import about
from rules.shaping.matter import Matter
from rules.shaping.rise import plan_rise
from rules.shaping.site import GROUPS_MAX, Group, Known, SiteState


def group(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """The alert, with the id of the one that leads its group; never for life safety or what is critical."""
    raised, rule = matter.raised, matter.rule
    known = Known(
        rule.id, raised.key, raised.subject, rule.kind, rule.severity, matter.lasting, matter.moment, raised.alert,
        about(matter),
    )  # fmt: skip
    site.remember(raised.alert, known)
    plan_rise(matter.world, site, known)
    if not rule.shape.group_within_s or matter.protected:
        return (raised,)
    leads = site.groups.get(rule.id)
    if leads is not None and matter.moment <= leads.until and _is_open(site, leads.lead):
        return (msgspec.structs.replace(raised, group=leads.lead),)
    _lead(site, matter)
    return (raised,)


def _is_open(site: SiteState, lead: str) -> bool:
    known = site.alerts.get(lead)
    return known is not None and bool(known.stands) and not known.closed


def _lead(site: SiteState, matter: Matter) -> None:
    over = [rule for rule, found in site.groups.items() if found.until < matter.moment]
    for rule in over or list(site.groups)[: len(site.groups) - GROUPS_MAX + 1]:
        del site.groups[rule]
    within = matter.rule.shape.group_within_s * 1000
    site.groups[matter.rule.id] = Group(matter.raised.alert, matter.moment + within)
