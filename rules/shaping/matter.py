"""What each step of the stage is asked about: one alert that the rules raise, and whether it may be kept from people."""

from __future__ import annotations

from dataclasses import dataclass

from rules.effects import Raise
from rules.rule import Rule
from rules.shaping.site import subject_name
from rules.world import World


@dataclass(frozen=True, slots=True)
class Matter:
    """An alert as the rules raise it. ``moment`` is the time the decision belongs to, ``raised.at`` when it is taken."""

    world: World
    raised: Raise
    rule: Rule
    moment: int

    @property
    def protected(self) -> bool:
        """Nothing keeps it from people."""
        return is_protected(self.rule.kind, self.rule.severity)

    @property
    def lasting(self) -> bool:
        """Whether it stands until it ends (else it is a single event, and every one is an alert of its own)."""
        return self.rule.when.condition.lasting

    @property
    def name(self) -> str:
        """Its rule and subject, as a name."""
        return subject_name(self.raised.rule, self.raised.key, self.raised.subject)


def is_protected(kind: str, severity: str) -> bool:
    """Whether nothing may keep such an alert from people: life safety, and whatever is critical."""
    return kind == "life_safety" or severity == "critical"


def rule_of(world: World, key: str, rule: str) -> Rule | None:
    """The rule as that place has it; None when it has gone."""
    try:
        return world.rule(key, rule)
    except KeyError:
        return None
