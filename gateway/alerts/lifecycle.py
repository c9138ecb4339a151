"""The life of an alert in the hands of people: one table of what may be done when, and what it makes of the alert.

    raised ─accept─► accepted ─depart─► on_way ─arrive─► on_site ─close─► closed
                        └──────────── arrive ──────────────┘   (close from any of the three; reopen: closed ─► raised)

Calls, comments and looks are steps, not states: there may be many. What concerns somebody's life is never closed by a call that
nobody answers, nor by a verdict that nothing could be found out: both take it up a rung.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

State: TypeAlias = Literal["raised", "accepted", "on_way", "on_site", "closed"]
STATES: tuple[State, ...] = get_args(State)
IN_HAND: tuple[State, ...] = ("accepted", "on_way", "on_site")
OPEN: tuple[State, ...] = ("raised", *IN_HAND)

VERDICTS = ("true", "false", "test", "unconfirmed")
OUTCOMES = ("none_needed", "assisted", "family_came", "hospital")
CALLED = ("ok", "help", "no_answer")  # 平安, 需帮助, 无人接
WHOM = ("elder", "contact", "neighbour", "other")

REASONS: dict[str, tuple[str, ...]] = {  # of a false alarm, by class of alert
    "life_safety": (
        "sat_down", "object_fell", "pet", "visitor", "pressed_by_mistake", "device_fault", "placed_wrong", "other",
    ),
    "care": ("away_unmarked", "visitor", "asleep", "device_fault", "placed_wrong", "other"),
    "facility": ("counter_off", "planned_event", "device_fault", "other"),
    "device": ("power_cut", "network", "maintenance", "other"),
}  # fmt: skip

NEXT: dict[tuple[str, str], State] = {
    ("raised", "accept"): "accepted",
    ("accepted", "depart"): "on_way",
    ("accepted", "arrive"): "on_site",
    ("on_way", "arrive"): "on_site",
    **{(state, "hand_over"): "accepted" for state in IN_HAND},
    **{(state, "close"): "closed" for state in IN_HAND},
    **{(state, "merge"): "closed" for state in OPEN},
    ("closed", "reopen"): "raised",
    **{(state, act): state for state in IN_HAND for act in ("call", "raise_up")},
    **{(state, act): state for state in STATES for act in ("comment", "see")},
    ("raised", "assign"): "raised",
    **{(state, act): state for state in OPEN for act in ("shelve", "unshelve")},
}
ACTS = tuple(dict.fromkeys(act for _, act in NEXT))


def next_state(state: str, act: str) -> State | None:
    """What an act makes of an alert in that state; None where it may not be done."""
    return NEXT.get((state, act))


def fault_of_closing(kind: str, data: Mapping[str, str]) -> str:
    """What is wrong with a close (办结) of an alert of that class: its verdict, reason, outcome; '' where nothing is."""
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
    nobody_answered = act == "call" and data.get("result") == "no_answer"
    return nobody_answered or (act == "close" and data.get("verdict") == "unconfirmed")


def settles(act: str, data: Mapping[str, str]) -> bool:
    """Whether it is known now how the person is: a call says so, or somebody is there."""
    return act == "arrive" or (act == "call" and data.get("result") == "ok")
