"""The steps on a card as a station wants them: of what is written for parts of the tree of places, the nearest counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Steps: TypeAlias = dict[str, list[str]]  # by language

STEPS_MAX = 5  # more is not read by somebody under stress
STEP_CHARS_MAX = 60


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote for a rule and a part of the tree (``path``, '' for all of it); without steps: as the rule has it."""

    rule: str
    path: str
    steps: Steps


def in_force(written: Iterable[Written]) -> dict[tuple[str, str], Steps]:
    """What counts of each rule and part, from everything that was ever written, oldest first."""
    newest = {(one.rule, one.path): one.steps for one in written}
    return {about: steps for about, steps in newest.items() if any(steps.values())}


def steps_for(known: Mapping[tuple[str, str], Steps], rule: str, path: str) -> Steps | None:
    """The steps for an alert of that rule at a place of that path; None: the rule's own."""
    parts = path.split("/") if path else []
    for length in range(len(parts), -1, -1):
        steps = known.get((rule, "/".join(parts[:length])))
        if steps is not None:
            return steps
    return None


def cleaned(lines: Iterable[str]) -> list[str]:
    """The lines that hold something; ValueError where they are too many or too long for a card."""
    found = [line.strip() for line in lines if line.strip()]
    if len(found) > STEPS_MAX:
        raise ValueError(f"at most {STEPS_MAX} steps")
    if any(len(line) > STEP_CHARS_MAX or not line.isprintable() for line in found):
        raise ValueError(f"at most {STEP_CHARS_MAX} characters a step")
    return found
