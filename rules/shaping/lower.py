"""A later look at an event lowers its alert: the fall was seen walking. Lowered, never dropped."""

from __future__ import annotations

from rules.effects import Change, Effect
from rules.rule import SEVERITIES
from rules.shaping.matter import Matter
from rules.shaping.site import Known, SiteState
from rules.state import Fact

KEPT_MS = 3_600_000  # an event's alert is remembered so long after its close: what lowers it may come later


def lower(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """What was raised about the same event gets the lower severity, instead of an alert more."""
    if not matter.rule.lowers:
        return ()
    lowered = [(alert, known) for alert, known in site.alerts.items() if _is_about(known, matter)]
    for _, known in lowered:
        known.severity = min(known.severity, matter.rule.severity, key=_rank)
    because = f"rule:{matter.rule.id}"
    return tuple(Change(alert, matter.moment, known.severity, because) for alert, known in lowered)


def about(matter: Matter) -> Fact | None:
    """What tells a single event from others: the fact that it is; nothing for what lasts."""
    facts = matter.raised.evidence.facts
    return facts[0] if facts and not matter.lasting else None


def _is_about(known: Known, matter: Matter) -> bool:
    mine = known.about
    return (
        mine is not None
        and known.rule in matter.rule.lowered
        and known.key == matter.raised.key
        and known.until > matter.moment
        and any(
            (f.device, f.what, f.at) == (mine.device, mine.what, mine.at)
            for f in matter.raised.evidence.facts
        )
    )


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
