"""What lasts, ends and comes again soon is the same alert, counted.

What happens once is always an alert of its own, and so is every alert of life safety.
"""

from __future__ import annotations

from rules.effects import Again, Effect
from rules.rule import Rule, Shape
from rules.shaping.matter import Matter
from rules.shaping.rise import plan_rise
from rules.shaping.site import Known, SiteState
from rules.state import NEVER


def deduplicate(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """The earlier alert again, while nobody has closed it and it is not long over; itself where the very same comes twice."""
    raised = matter.raised
    same = site.alerts.get(raised.alert)
    if same is not None and matter.lasting:
        _stand(site, matter, same)
        return (raised,)
    found = site.latest(raised.rule, raised.key, raised.subject) if matter.lasting else None
    if found is None:
        return ()
    alert, known = found
    if known.stands:
        end(known, matter.rule, raised.active_at, told=False)  # the rules let go of it without a word
    if matter.protected or raised.active_at > known.again_until or known.until <= matter.moment:
        return ()
    if known.kind == "device" and not known.stands:
        known.accepted = False  # it had closed by itself, and is open again
    known.count += 1
    known.since = matter.moment
    _stand(site, matter, known)
    return (Again(alert, matter.moment, known.count),)


def end(known: Known, rule: Rule | None, at: int, *, told: bool) -> None:
    """What stood for it has ended at ``at``. ``told``: people hear of it, so a device's alert closes by itself."""
    shape = rule.shape if rule is not None else Shape()
    known.stands, known.due, known.ended_at = "", 0, at
    known.again_until = at + shape.again_within_s * 1000 if shape.again_within_s else 0
    if known.closed:
        known.until = 0
    elif known.kind == "device" and told:
        counted = at + (shape.flapping.within_s * 1000 if shape.flapping is not None else 0)
        known.until = max(known.again_until, counted, known.shelf.until if known.shelf is not None else 0)


def _stand(site: SiteState, matter: Matter, known: Known) -> None:
    known.stands, known.ended_at, known.again_until, known.until = matter.raised.alert, 0, 0, NEVER
    plan_rise(matter.world, site, known)
