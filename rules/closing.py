"""How an alert may be closed (办结): verdict, reason, outcome; and what never closes one that is about somebody's life."""

from __future__ import annotations

from collections.abc import Mapping

VERDICTS = ("true", "false", "test", "unconfirmed")
OUTCOMES = ("none_needed", "assisted", "family_came", "hospital")

REASONS: dict[str, tuple[str, ...]] = {  # of a false alarm, by class of alert
    "life_safety": (
        "sat_down", "object_fell", "pet", "visitor", "pressed_by_mistake", "device_fault", "placed_wrong", "other",
    ),
    "care": ("away_unmarked", "visitor", "asleep", "device_fault", "placed_wrong", "other"),
    "facility": ("counter_off", "planned_event", "device_fault", "other"),
    "device": ("power_cut", "network", "maintenance", "other"),
}  # fmt: skip


def fault_of_closing(kind: str, data: Mapping[str, str]) -> str:
    """What is wrong with a close of an alert of that class: its verdict, reason, outcome; '' where nothing is."""
    verdict, reason, outcome = (data.get(name, "") for name in ("verdict", "reason", "outcome"))
    if verdict not in VERDICTS:
        return f"verdict must be one of {', '.join(VERDICTS)}"
    reasons = REASONS.get(kind, REASONS["device"])
    if verdict == "false" and reason not in reasons:
        return f"a false alarm needs a reason: one of {', '.join(reasons)}"
    if outcome and outcome not in OUTCOMES:
        return f"outcome must be one of {', '.join(OUTCOMES)}"
    if verdict == "true" and not outcome and kind in {"life_safety", "care"}:
        return f"a true alarm needs an outcome: one of {', '.join(OUTCOMES)}"
    return ""


def keeps_open(kind: str, act: str, data: Mapping[str, str]) -> bool:
    """Whether this act says that nothing is known of somebody whose life may be at stake: then it goes up a rung instead."""
    if kind != "life_safety":
        return False
    nobody_answered = (act == "call" and data.get("result") == "no_answer") or (
        act == "slip" and data.get("answer") == "no_answer"
    )
    return nobody_answered or (act == "close" and data.get("verdict") == "unconfirmed")
