"""Holding back: what is recorded instead of told, kept while it stands, and told when what held it back is over."""

from __future__ import annotations

import msgspec

from rules.effects import Effect, Hold, Raise
from rules.shaping.matter import Matter
from rules.shaping.site import FACTS_MAX, HELD_MAX, NUMBERS_MAX, Held, SiteState

# What holds an alert back, as ``Hold.by`` says it; the first three are followed by an id.
INHIBIT, SILENCE, SHELVE, FLAPPING = "inhibit:", "silence:", "shelve:", "flapping"


def hold_back(site: SiteState, matter: Matter, by: str) -> tuple[Effect, ...]:
    """Record the alert instead of telling it, and keep it while it stands; nothing when no more can be kept."""
    raised = matter.raised
    if matter.lasting:
        if len(site.held) >= HELD_MAX:
            return ()  # a station with so much held back had better see the rest
        site.held[raised.alert] = Held(_shortened(raised), by)
    about = (
        raised.alert,
        raised.rule,
        raised.key,
        raised.subject,
        raised.active_at,
        raised.at,
        raised.evidence,
    )
    return (Hold(*about, by),)


def free(site: SiteState) -> list[str]:
    """What is kept although nothing holds it back any more, in order."""
    return [name for name, held in site.held.items() if not _is_in_force(site, held)]


def _is_in_force(site: SiteState, held: Held) -> bool:
    kind, _, name = held.by.partition(":")
    match kind:
        case "inhibit":
            cause = site.alerts.get(name)
            return bool(cause.stands) if cause is not None else name in site.held
        case "silence":
            return name in site.silences
        case "shelve":
            shelved = site.alerts.get(name)
            return shelved is not None and shelved.shelf is not None
        case _:
            return held.name in site.flaps


def _shortened(raised: Raise) -> Raise:
    evidence = raised.evidence
    if len(evidence.facts) <= FACTS_MAX and len(evidence.numbers) <= NUMBERS_MAX:
        return raised
    short = msgspec.structs.replace(
        evidence,
        facts=evidence.facts[:FACTS_MAX],
        numbers=dict(list(evidence.numbers.items())[:NUMBERS_MAX]),
    )
    return msgspec.structs.replace(raised, evidence=short)
