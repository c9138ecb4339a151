"""What the web asks of the hub about its rules: what they are, what people change, and what a change would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


class RuleRefusedError(Exception):
    """A rule cannot be changed like this: ``reason`` as in ``problem.<reason>``, ``what`` in words. Becomes 404, 409, 422."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(what or reason)
        self.reason, self.what = reason, what


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberNow:
    """A number of a rule: by the name it has in a rule file, in words, as it holds and as the files have it.

    ``unit``: s (seconds), time (HH:MM), share (0 to 1), times, value (then ``of`` is the unit). It may go from ``least`` to
    ``most``; a time of day, three hours either way.
    """

    name: str
    label: dict[str, str]
    unit: Literal["s", "time", "share", "times", "value"]
    of: str
    value: float | str
    in_files: float | str
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictNow:
    """The files say something else than when the console's word was given, or the word does not fit; ``holds``: it holds yet.

    ``why``: files_changed, no_rule, does_not_fit, life_safety. ``then``, ``now``: what the files say, where that differs.
    """

    why: Literal["files_changed", "no_rule", "does_not_fit", "life_safety"]
    holds: bool
    then: dict[str, Any]
    now: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNow:
    """A rule as the hub, or one place, has it. ``version``: the id of the last change of it on the console there, or 0.

    ``off``: there; ``off_everywhere``: for the whole hub. ``changed``: the console says something about it there; ``by_files``:
    the rule files have it otherwise there. ``places``: those that have it otherwise (of the whole hub only).
    """

    id: str
    kind: str
    severity: str
    applies_to: str
    title: dict[str, str]
    waits_for: dict[str, str]
    todo: dict[str, list[str]]
    off: bool
    off_everywhere: bool
    changed: bool
    by_files: bool
    numbers: list[NumberNow]
    version: int
    conflict: ConflictNow | None
    places: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWanted:
    """What a rule is to be in a place ('' for the whole hub): off, or with these numbers; or as the files have it again."""

    rule: str
    place: str = ""
    off: bool = False
    numbers: Mapping[str, Any] = field(default_factory=dict)
    follow_files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """How many alerts, and what people found of those that came at the same place and about the same time.

    ``unknown`` ones have no verdict: nobody was told then, or nobody has closed it yet. ``held`` were, or would have been,
    held back, and are counted apart. The others add up to ``raised``.
    """

    raised: int
    held: int
    true: int
    false: int
    test: int
    unconfirmed: int
    cleared: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAnswer:
    """What a rule would have raised from ``from_ms`` to ``to_ms`` (epoch ms), changed and as it is now."""

    from_ms: int
    to_ms: int
    homes: int
    changed: Hindsight
    as_it_is: Hindsight


@dataclass(frozen=True, slots=True, kw_only=True)
class TryNow:
    """How far a try is (``done``: 0 to 1); ``error`` where it failed, ``answer`` when it is done."""

    id: str
    rule: str
    place: str
    state: Literal["running", "done", "failed"]
    what: str
    done: float
    error: str
    answer: TryAnswer | None = None


class RulePort(Protocol):
    """The rules of the hub as the web sees them."""

    def rule_views(self, place: str = "") -> Sequence[RuleNow]:
        """The rules as the hub, or that place, has them; reads the database, so not on the loop."""

    async def change_rule(self, wanted: RuleWanted, *, reason: str, version: int, by: str, id: str) -> None:  # noqa: A002
        """Journal a change and let the rules judge by it from now on; the same ``id`` again: the same answer.

        ``version``: the last change that was seen, or 0. RuleRefusedError, or UnavailableError when it cannot be journalled.
        """

    async def undo_rule_change(self, change: int, *, reason: str, by: str, id: str) -> None:  # noqa: A002
        """Take back the last change of a rule, by another one."""

    async def begin_try(self, wanted: RuleWanted, *, days: int) -> str | None:
        """Ask what that would have raised in the last days; the id to ask after, or None while another is at work."""

    async def try_now(self, try_id: str) -> TryNow | None:
        """How far that is; None when it is not known or forgotten."""
