"""The life of an alert in the hands of people: one table of what may be done when, and what it makes of the alert.

    raised ─accept─► accepted ─depart─► on_way ─arrive─► on_site ─close─► closed
                        └──────────── arrive ──────────────┘   (close from any of the three; reopen: closed ─► raised)

Calls, comments, looks and what a guard answers at the door are steps, not states: there may be many. What concerns somebody's
life is never closed by a call that nobody answers, nor by a verdict that nothing could be found out: both take it up a rung. So
does a door that nobody opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from rules.closing import OUTCOMES, REASONS, VERDICTS, fault_of_closing, keeps_open

__all__ = [
    "ACTS", "CALLED", "DOORS", "IN_HAND", "NEXT", "OPEN", "OUTCOMES", "REASONS", "STATES", "VERDICTS", "WHOM", "State",
    "fault_of_closing", "keeps_open", "next_state", "settles",
]  # fmt: skip

State: TypeAlias = Literal["raised", "accepted", "on_way", "on_site", "closed"]
STATES: tuple[State, ...] = get_args(State)
IN_HAND: tuple[State, ...] = ("accepted", "on_way", "on_site")
OPEN: tuple[State, ...] = ("raised", *IN_HAND)

CALLED = ("ok", "help", "no_answer")  # 平安, 需帮助, 无人接
DOORS = ("arrived", "answered", "no_answer")  # what a guard answers to a slip: 已到, 有人应答, 无人应答
WHOM = ("elder", "contact", "neighbour", "other")

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
    **{(state, act): state for state in OPEN for act in ("shelve", "unshelve", "slip")},
}
ACTS = tuple(dict.fromkeys(act for _, act in NEXT))


def next_state(state: str, act: str) -> State | None:
    """What an act makes of an alert in that state; None where it may not be done."""
    return NEXT.get((state, act))


def settles(act: str, data: Mapping[str, str]) -> bool:
    """Whether it is known now how the person is: a call says so, or somebody is there."""
    return act == "arrive" or (act == "call" and data.get("result") == "ok")
