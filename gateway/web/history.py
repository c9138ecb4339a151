"""What a card says of an alert's way so far, read from its steps: how far it is, what the last call gave, line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.alerts import terms
from gateway.operations.answers import AlertView, Delivery, Step, Text

_NOTHING: Text = {"zh": "", "en": ""}
_BEGINS = {"accepted", "handed_over"}  # whoever has it now begins here
_CODED: dict[str, Sequence[Mapping[str, Text]]] = {  # the words that a step's detail begins with
    "closed": (terms.VERDICTS, terms.REASONS, terms.OUTCOMES),
    "unconfirmed": (terms.VERDICTS,),
    "called": (terms.WHOM, terms.CALLS),
    "passed": (terms.PASSED,),
    "slip": (terms.DOORS,),
}
BY_DESKS = {"passed", "slip"}  # their steps are by a desk, not by a person
_SAYS_NOTHING = {"sent", "delivered"}  # a receipt is no word
_OF_PEOPLE = {"console", "api", "link", "voice"}
SHOWN_DELIVERIES = ("failed", "waiting", "gathered", "sent", "delivered")  # first what may want seeing to


@dataclass(frozen=True, slots=True)
class Called:
    """The last call since it was raised: with whom, what came of it, when."""

    whom: str
    result: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How far an alert is; all of it since it was raised or opened again the last time.

    ``at``: since when it is in each state, in whose hands it is now. ``kept_open``: when somebody could not confirm a matter of
    life, which closed nothing. ``door``: the last answer of the guard who was asked to knock. ``reopened``: why it was opened
    again. ``merged``: numbers of the alerts that are part of it.
    """

    at: dict[str, int] = field(default_factory=dict)
    call: Called | None = None
    kept_open: int | None = None
    door: Step | None = None
    reopened: str = ""
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the history: when, what, by whom, and what was said. ``via`` is '' where nobody need know it."""

    at: int
    what: Text
    by: str
    said: Text
    via: str = ""


def way_of(steps: Sequence[Step]) -> Way:
    """Read the steps, oldest first."""
    begins = max((at for at, step in enumerate(steps) if step.kind == "reopened"), default=0)
    at: dict[str, int] = {}
    call, kept_open, door = None, None, None
    for step in steps[begins:]:
        if step.kind in _BEGINS:
            at = {"accepted": step.at}
        elif step.kind in {"on_way", "on_site"}:
            at[step.kind] = step.at
        elif step.kind == "called":
            whom, result = (*step.detail.split(" "), "", "")[:2]
            call = Called(whom, result, step.at)
        elif step.kind == "slip":
            door = step
        elif step.kind == "unconfirmed":
            kept_open = step.at
    return Way(
        at=at,
        call=call,
        kept_open=kept_open,
        door=door,
        reopened=steps[begins].detail if steps and steps[begins].kind == "reopened" else "",
        merged=tuple(f"{int(one.detail):04d}" for one in steps if one.kind == "merged_in"),
    )


def lines_of(
    steps: Sequence[Step], clock: Callable[[int], str], desks: Mapping[str, str] = MappingProxyType({})
) -> list[Line]:
    """The history in words, the newest first; ``clock`` says a time, ``desks`` what a desk is called."""
    return [
        Line(
            at=step.at,
            what=terms.STEPS.get(step.kind, {"zh": step.kind, "en": step.kind}),
            by=desks.get(step.by, step.by) if step.kind in BY_DESKS else step.by,
            said=_said(step, clock),
            via=step.via if step.via in _OF_PEOPLE - {"console"} else "",
        )
        for step in reversed(steps)
    ]


def told_of(alert: AlertView) -> list[Delivery]:
    """The messages that people were sent about an alert, first those that did not arrive; no system that follows along."""
    shown = [one for one in alert.deliveries if one.state in SHOWN_DELIVERIES and one.about != "step"]
    return sorted(shown, key=lambda one: SHOWN_DELIVERIES.index(one.state))


def _said(step: Step, clock: Callable[[int], str]) -> Text:
    """What a step says beside its kind: codes in words, and what somebody wrote as they wrote it."""
    if step.kind in _SAYS_NOTHING:
        return _NOTHING
    if step.kind in _CODED:
        return _decoded(step.detail.split(" "), _CODED[step.kind])
    if step.kind == "changed":
        return _changed(step.detail)
    if step.kind in {"again", "merged_in"}:
        return _same(f"#{step.detail}")
    until, _, why = step.detail.partition(" ")
    if step.kind == "shelved" and until.isdecimal():
        return _same(f"{clock(int(until))} {why}")
    return _same(step.detail)


def _decoded(words: Sequence[str], groups: Sequence[Mapping[str, Text]]) -> Text:
    left = list(words)
    found = [group[left.pop(0)] for group in groups if left and left[0] in group]
    rest = " ".join(left)
    return {
        language: " · ".join(filter(None, (*(text[language] for text in found), rest)))
        for language in _NOTHING
    }


def _changed(detail: str) -> Text:
    before, _, after = detail.partition(":")[0].partition(" → ")
    if before not in terms.SEVERITIES or after not in terms.SEVERITIES:
        return _NOTHING
    return {
        language: f"{terms.SEVERITIES[before][language]} → {terms.SEVERITIES[after][language]}"
        for language in _NOTHING
    }


def _same(text: str) -> Text:
    return dict.fromkeys(_NOTHING, text)
