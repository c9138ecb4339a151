"""A rule as people write it: what it is about, when it raises, and the words a person is given."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from rules.conditions.absence import Absence
from rules.conditions.condition import Condition
from rules.conditions.event import EventHappens
from rules.conditions.level import Level
from rules.conditions.sequence import Sequence
from rules.conditions.silent import Silent
from rules.vocabulary import DEVICE_KINDS

AlertKind: TypeAlias = Literal["life_safety", "care", "facility", "device"]
Severity: TypeAlias = Literal["critical", "urgent", "notice"]


RuleId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
STEPS_MAX = 5  # more than five nobody reads at night


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


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Exactly one condition."""

    event: EventHappens | None = None
    level: Level | None = None
    absence: Absence | None = None
    sequence: Sequence | None = None
    silent: Silent | None = None

    def __post_init__(self) -> None:
        if len(self._given()) != 1:
            raise ValueError("needs exactly one of: event, level, absence, sequence, silent")

    def _given(self) -> list[Condition]:
        every = (self.event, self.level, self.absence, self.sequence, self.silent)
        return [condition for condition in every if condition is not None]

    @property
    def condition(self) -> Condition:
        """The one condition that is given."""
        return self._given()[0]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alert rule. ``device_kinds`` limits which devices it watches (empty: all)."""

    id: RuleId
    kind: AlertKind
    severity: Severity
    when: When
    title: Words
    todo: Steps
    applies_to: Literal["home", "facility", "any"] = "any"
    device_kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.device_kinds:
            if name not in DEVICE_KINDS:
                raise ValueError(f"unknown device kind {name!r}; known are: {', '.join(DEVICE_KINDS)}")
