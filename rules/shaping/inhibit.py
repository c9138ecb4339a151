"""While the cause stands, its consequences are not told: the radio gateway is lost, so its homes say nothing."""

from __future__ import annotations

from rules.effects import Effect
from rules.shaping.hold import INHIBIT, hold_back
from rules.shaping.matter import Matter
from rules.shaping.site import SiteState
from rules.world import World


def inhibit(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """Held back while an alert of one of the rules in ``inhibited_by`` stands, at the same place or in a facility of the site.

    What happened once is never held back: it would not be there any more when the cause has gone.
    """
    causes = matter.rule.shape.inhibited_by
    if not causes or matter.protected or not matter.lasting:
        return ()
    cause = _standing(site, matter, frozenset(causes))
    return hold_back(site, matter, INHIBIT + cause) if cause else ()


def _standing(site: SiteState, matter: Matter, causes: frozenset[str]) -> str:
    key, own = matter.raised.key, matter.raised.alert
    for alert, known in site.alerts.items():
        if known.rule in causes and known.stands not in {"", own} and _reaches(matter.world, known.key, key):
            return alert
    for alert, held in site.held.items():
        # What is itself inhibited inhibits nothing: two rules that name one another would wait for ever.
        counts = held.raised.rule in causes and alert != own and not held.by.startswith(INHIBIT)
        if counts and _reaches(matter.world, held.raised.key, key):
            return alert
    return ""


def _reaches(world: World, cause: str, key: str) -> bool:
    """A home's troubles are its own; a facility's (its radio gateways are there) may be those of the homes around it."""
    return cause == key or ((place := world.places.get(cause)) is not None and place.kind == "facility")
