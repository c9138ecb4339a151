"""A report that was kept against the same made now (与上报时不同): which figures have changed since."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from gateway.reports.document import Figure, Report, Text, Value

NAME = "report.json"  # what the document itself is called among the files
NONE: Text = {"zh": "", "en": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFigure:
    """A figure then and now; ``before``: the one of the period before. None: nothing was known, or it was not there."""

    key: str
    label: Text
    before: bool
    then: Value
    now: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether the report made now is the same; the figures that differ; whether something beside them does (a table)."""

    same: bool
    figures: list[ChangedFigure]
    elsewhere: bool


def encoded(report: Report) -> bytes:
    """The document as bytes: the same document, the same bytes."""
    return msgspec.json.encode(report)


def decoded(body: bytes) -> Report:
    """The document again; raises ``ValueError`` where it is none."""
    try:
        return msgspec.json.decode(body, type=Report)
    except msgspec.MsgspecError as wrong:
        raise ValueError(str(wrong)) from wrong


def compared(then: Report, now: Report) -> Comparison:
    """What is different now, in the order of the figures."""
    figures: list[ChangedFigure] = []
    for key in dict.fromkeys([*then.figures, *now.figures]):
        old, new = then.figures.get(key), now.figures.get(key)
        known = new or old
        label = known.label if known is not None else NONE
        for before in (False, True):
            was, is_now = _value(old, before=before), _value(new, before=before)
            if was != is_now or (old is None) != (new is None):
                figures.append(ChangedFigure(key=key, label=label, before=before, then=was, now=is_now))
    same = encoded(then) == encoded(now)
    return Comparison(same=same, figures=figures, elsewhere=not same and not figures)


def _value(figure: Figure | None, *, before: bool) -> Value:
    if figure is None:
        return None
    return figure.before if before else figure.value
