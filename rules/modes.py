"""The modes a home can be in: what they are called, how long they last, and what ends them.

A mode is set by a command (docs/adr/0015) and lives in the key's state. What it holds back is the rule's own matter
(``Rule.held_by``); life safety is never held back where it rests on an event.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import msgspec

ModeKind: TypeAlias = Literal["away", "hospital", "visitors", "cleaning", "paused", "maintenance"]
KINDS: tuple[ModeKind, ...] = get_args(ModeKind)

RETURNS = frozenset({"away", "hospital"})  # activity at home ends these: the person is back
LEAVING_MS = 1_800_000  # packing and leaving takes time: activity in the first half hour is no return
DAY_MS = 86_400_000
LASTS_MS: dict[str, int] = {  # how long a mode lasts when nobody says
    "away": 7 * DAY_MS,
    "hospital": 30 * DAY_MS,
    "visitors": DAY_MS // 2,
    "cleaning": DAY_MS // 6,
    "paused": DAY_MS,
    "maintenance": DAY_MS // 3,
}
LASTS_MAX_MS = 90 * DAY_MS  # a mode without an end would be forgotten


class Mode(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A mode a home is in, from ``since`` until at most ``until`` (ms); ``by`` is who set it."""

    kind: str
    since: int
    until: int
    by: str


def mode_of(kind: str, *, now: int, until: int | None, by: str) -> Mode:
    """The mode as asked for, its end within what is allowed; raises ``ValueError`` on an unknown kind or an end past."""
    if kind not in KINDS:
        raise ValueError(f"unknown mode {kind!r}; known are: {', '.join(KINDS)}")
    end = now + LASTS_MS[kind] if until is None else min(until, now + LASTS_MAX_MS)
    if end <= now:
        raise ValueError("until is past; give a time to come")
    return Mode(kind, now, end, by)


def ends_by(mode: Mode, activity_at: int) -> bool:
    """Whether activity seen then shows that the person is back."""
    return mode.kind in RETURNS and activity_at >= mode.since + LEAVING_MS
