"""A rule as people write it: what it is about, when it raises, and the words a person is given."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from rules.conditions.condition import Condition
from rules.modes import KINDS, ModeKind
from rules.rooms import ROOM_KINDS
from rules.vocabulary import DEVICE_KINDS
from rules.when import When

AlertKind: TypeAlias = Literal["life_safety", "care", "facility", "device"]
Severity: TypeAlias = Literal["critical", "urgent", "notice"]
SEVERITIES: tuple[Severity, ...] = ("notice", "urgent", "critical")  # rising

RuleId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
STEPS_MAX = 5  # more than five nobody reads at night
RISES_MAX = 3
HELD_BY: dict[AlertKind, tuple[ModeKind, ...]] = {  # unless the rule says otherwise
    "life_safety": (),
    "care": KINDS,
    "facility": (),
    "device": ("maintenance",),
}


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    zh: str
    en: str


class Steps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do next, step by step, in both languages."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.zh) <= STEPS_MAX or len(self.zh) != len(self.en):
            raise ValueError("needs one to five steps, as many in Chinese as in English")


class Rise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The severity becomes ``to`` when nobody has accepted the alert for ``after_s`` seconds."""

    after_s: int
    to: Severity

    def __post_init__(self) -> None:
        if self.after_s <= 0:
            raise ValueError("after_s must be positive")


class Flapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert that begins or ends ``changes`` times within ``within_s`` seconds is flapping, and held back."""

    changes: int
    within_s: int

    def __post_init__(self) -> None:
        if self.changes < 3 or self.within_s <= 0:  # noqa: PLR2004 begin, end, begin is the least that flaps
            raise ValueError("changes must be at least 3 and within_s positive")


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the alerts of a rule are brought to people (``rules.shaping``); the defaults change nothing.

    ``again_within_s``: what comes again so soon after its end counts on the same alert. ``inhibited_by``: held back while
    an alert of these rules stands. ``group_within_s``: alerts of the rule at one site within that time form a group.
    """

    again_within_s: int = 0
    rises: tuple[Rise, ...] = ()
    inhibited_by: tuple[RuleId, ...] = ()
    group_within_s: int = 0
    flapping: Flapping | None = None

    def __post_init__(self) -> None:
        if self.again_within_s < 0 or self.group_within_s < 0:
            raise ValueError("again_within_s and group_within_s must not be negative")
        times = [rise.after_s for rise in self.rises]
        if len(times) > RISES_MAX or times != sorted(set(times)):
            raise ValueError(f"rises: at most {RISES_MAX}, each later than the one before")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One alert rule. ``device_kinds`` and ``rooms`` limit which devices it watches (empty: all).

    ``held_by``: the modes of a home in which its alerts are recorded and told to nobody (none given: by ``kind``).
    ``lowers``: the rules whose alerts about the same event it lowers to its own severity, instead of raising one more.
    """

    id: RuleId
    kind: AlertKind
    severity: Severity
    when: When
    title: Words
    todo: Steps
    applies_to: Literal["home", "facility", "any"] = "any"
    device_kinds: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    held_by: tuple[ModeKind, ...] | None = None
    lowers: str | tuple[str, ...] = ""
    shape: Shape = Shape()

    def __post_init__(self) -> None:
        for name in self.device_kinds:
            if name not in DEVICE_KINDS:
                raise ValueError(f"unknown device kind {name!r}; known are: {', '.join(DEVICE_KINDS)}")
        for name in self.rooms:
            if name not in ROOM_KINDS:
                raise ValueError(f"unknown room {name!r}; known are: {', '.join(ROOM_KINDS)}")
        if self.held_by and self.kind == "life_safety" and asks_for_help(self.when.condition):
            raise ValueError("held_by: no mode may hold back a fall or a call for help; leave it out")
        if self.kind == "life_safety" and self.shape.group_within_s:
            raise ValueError("shape.group_within_s: life safety is never grouped; leave it out")
        if self.lowers and self.when.condition.lasting:
            raise ValueError("lowers: only a rule about an event (event, sequence) can lower another's alert")

    @property
    def lowered(self) -> tuple[str, ...]:
        """The rules whose alerts it lowers."""
        return ((self.lowers,) if self.lowers else ()) if isinstance(self.lowers, str) else self.lowers

    @property
    def modes(self) -> tuple[ModeKind, ...]:
        """The modes that hold its alerts back."""
        return HELD_BY[self.kind] if self.held_by is None else self.held_by


def asks_for_help(condition: Condition) -> bool:
    """Whether the condition rests on an event: somebody fell or pressed a button."""
    return bool(condition.events) or any(asks_for_help(part) for part in condition.parts)
