"""What comes and goes all the time is told once: flapping, until it has been calm for as long as it is counted."""

from __future__ import annotations

from rules.effects import Change, Effect, End
from rules.rule import Rule
from rules.shaping.hold import FLAPPING, hold_back
from rules.shaping.matter import Matter
from rules.shaping.site import CHANGES_MAX, FLAPS_MAX, Flaps, SiteState
from rules.state import NEVER


def count_change(site: SiteState, rule: Rule | None, name: str, at: int) -> None:
    """An alert of that subject began or ended at ``at`` (its own time)."""
    shape = rule.shape.flapping if rule is not None else None
    if shape is None:
        return
    flaps = site.flaps.get(name)
    if flaps is None:
        if len(site.flaps) >= FLAPS_MAX:
            return  # not held back: what cannot be counted is told
        flaps = site.flaps[name] = Flaps(shape.within_s * 1000, [])
    at = max([at, *flaps.times[-1:]])
    flaps.times = [*(time for time in flaps.times if time > at - flaps.within), at][-CHANGES_MAX:]
    site.wake = min(site.wake, flaps.calm_at)


def flap(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """Held back while it flaps. The alert that people have stays, and says so once; where they have none, this is it."""
    shape, flaps = matter.rule.shape.flapping, site.flaps.get(matter.name)
    if shape is None or flaps is None or matter.protected or not matter.lasting:
        return ()
    if flaps.on:
        return hold_back(site, matter, FLAPPING)
    found = site.latest(matter.raised.rule, matter.raised.key, matter.raised.subject)
    if found is None or len(flaps.times) < min(shape.changes, CHANGES_MAX):
        return ()
    held = hold_back(site, matter, FLAPPING)
    if held:
        flaps.on = True
        alert, known = found
        known.until = NEVER
        held = (Change(alert, matter.moment, known.severity, FLAPPING), *held)
    return held


def calm(site: SiteState, name: str) -> tuple[Effect, ...]:
    """It has been calm for long enough: what is held back counts on the alert people have; where nothing is, that is over."""
    flaps = site.flaps.pop(name)
    found = site.latest(*name.split("|"))  # three parts: an id holds no bar
    if not flaps.on or found is None or found[1].stands:
        return ()
    alert, known = found
    if any(held.name == name for held in site.held.values()):
        known.again_until = NEVER
        return ()
    known.until = flaps.calm_at if known.kind == "device" else NEVER
    return (End(alert, flaps.times[-1]),)
