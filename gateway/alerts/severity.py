"""How severe an alert is, and why that has changed, in words."""

from __future__ import annotations

from gateway.alerts.message import Words
from rules.rule import SEVERITIES, Rule

_WHY: dict[str, Words] = {
    "unattended": {"zh": "一直无人接警", "en": "nobody has accepted it"},
    "flapping": {"zh": "反复出现又消失", "en": "it keeps coming and going"},
}


def more_severe(one: str, other: str) -> bool:
    """Whether ``one`` is above ``other``; what is not known is below everything."""
    return _rank(one) > _rank(other)


def why_changed(because: str, rule: Rule | None) -> Words:
    """Why a severity has changed: the title of the ``rule`` that changed it, or the cause in words."""
    if rule is not None:
        return {"zh": rule.title.zh, "en": rule.title.en}
    return _WHY.get(because, {"zh": "规则调整", "en": "by rule"})


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1
