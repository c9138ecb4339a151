"""Holds what came of a case to what must come, and says in data what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.rulebook.cases import Case, Expected
from gateway.rulebook.trial import Came, Trial
from rules.effects import Hold
from rules.rule import Words
from rules.sentences import why


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case. ``missing`` did not come, ``unexpected`` came, ``otherwise`` came in another way than it must."""

    case: Case
    came: tuple[Came, ...]
    missing: tuple[Expected, ...]
    unexpected: tuple[Came, ...]
    otherwise: tuple[tuple[Expected, Came, str], ...]
    refused: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came that must, and nothing else."""
        return not (self.missing or self.unexpected or self.otherwise or self.refused)


def judge(case: Case) -> Verdict:
    """Try a case."""
    trial = Trial(case)
    came = trial.run()
    missing: list[Expected] = []
    unexpected: list[Came] = []
    otherwise: list[tuple[Expected, Came, str]] = []
    for expected, there in (
        (case.alerts, [one for one in came if not isinstance(one.effect, Hold)]),
        (case.held, [one for one in came if isinstance(one.effect, Hold)]),
    ):
        left = list(there)
        for one in sorted(expected, key=lambda e: (e.at, not e.subject)):
            found = _nearest(one, left)
            if found is None:
                missing.append(one)
                continue
            left.remove(found)
            if differs := _differs(case, one, found):
                otherwise.append((one, found, differs))
        unexpected += left
    return Verdict(
        case, tuple(came), tuple(missing), tuple(unexpected), tuple(otherwise), tuple(trial.refused)
    )


def sentence(case: Case, came: Came) -> Words:
    """Why the alert came."""
    effect = came.effect
    rooms = {device.id: Words(device.room, device.room) for device in case.definition.devices}
    room = rooms[effect.subject].zh if effect.subject in rooms else ""
    return why(effect.evidence, room, case.clock.zone, rooms=rooms, told_at=effect.at)


def _nearest(expected: Expected, left: Sequence[Came]) -> Came | None:
    fits = [
        came
        for came in left
        if came.effect.rule == expected.rule
        and expected.subject in {"", came.effect.subject}
        and abs(came.effect.active_at - expected.at) <= expected.within
    ]
    return min(fits, key=lambda came: abs(came.effect.active_at - expected.at), default=None)


def _differs(case: Case, expected: Expected, came: Came) -> str:
    """In what the alert that came is not the one that must, as ``key: what it is``; '' if in nothing."""
    clock = case.clock
    if expected.ends is not None and abs(came.ended - expected.ends) > (
        expected.within if expected.ends else 0
    ):
        return f"ends: {clock.text(came.ended) if came.ended else 'never'}"
    if expected.severity is not None and came.severity != expected.severity:
        return f"severity: {came.severity}"
    if expected.count is not None and came.count != expected.count:
        return f"count: {came.count}"
    words = sentence(case, came)
    if expected.says and expected.says not in words.zh and expected.says not in words.en:
        return f"says: {words.zh} · {words.en}"
    by = came.effect.by if isinstance(came.effect, Hold) else ""
    return "" if by.startswith(expected.by) else f"by: {by}"
