"""From the evidence of an alert to the sentence: each condition has its words, and those made of others join theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias
from zoneinfo import ZoneInfo

from rules.effects import Evidence
from rules.events import Value
from rules.rule import Words
from rules.sentences.happenings import HAPPENED, count, event, overdue, sequence
from rules.sentences.quiet import absence, learned, not_back, presence, silent, stay
from rules.sentences.scene import NOWHERE, Scene, duration, seconds, span
from rules.sentences.values import JOINED, fits, level, rate, stuck
from rules.sentences.words import DAYS
from rules.state import Fact
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE

Numbers: TypeAlias = Mapping[str, Value]
Facts: TypeAlias = tuple[Fact, ...]


def why(
    evidence: Evidence,
    room: str,
    zone: ZoneInfo,
    *,
    room_en: str = "",
    rooms: Mapping[str, Words] | None = None,
    told_at: int = 0,
) -> Words:
    """The reason for an alert, with times local to ``zone``.

    ``room`` is where the subject stands ('' for a whole place) as the registry has it, ``room_en`` its English word;
    ``rooms`` are those of other devices by id. Moments of another day than ``told_at`` (ms) are said with their date.
    """
    scene = Scene(Words(room, room_en or room), zone, rooms or {}, told_at)
    return _say(evidence.condition, evidence.facts, evidence.numbers, scene) or HOLDS


HOLDS = Words("规则所设条件已成立", "the condition of the rule has come true")


def _say(name: str, facts: Facts, numbers: Numbers, scene: Scene) -> Words | None:
    return _joined(name, facts, numbers, scene) if name in JOINS else SAY[name](facts, numbers, scene)


def _joined(name: str, facts: Facts, numbers: Numbers, scene: Scene) -> Words | None:
    """What the parts say, one after the other; a part that did not stand has nothing to say."""
    said: list[Words] = []
    for part, own, figures in _parts(facts, numbers):
        alone = not own and part not in FACTLESS
        if name == "not" or (name == "any" and not own) or alone:
            continue
        words = _say(part, own, {**figures, JOINED: 1.0}, scene)
        said += [words] if words is not None else []
    if not said:
        return None
    held = duration(seconds(numbers, "for_s"))
    lasting = Words(f"，已持续{held.zh}", f", for {held.en}") if seconds(numbers, "for_s") else NOWHERE
    return Words(
        "，".join(words.zh for words in said) + lasting.zh, ", ".join(words.en for words in said) + lasting.en
    )


def _parts(facts: Facts, numbers: Numbers) -> list[tuple[str, Facts, Numbers]]:
    """Each part with the facts it rests on: those that no earlier part has told of, where there are such."""
    found: list[tuple[str, Facts, Numbers]] = []
    told: list[Fact] = []
    index = 0
    while isinstance(name := numbers.get(str(index)), str):
        before = f"{index}."
        figures = {
            key.removeprefix(before): value for key, value in numbers.items() if key.startswith(before)
        }
        own = [fact for fact in facts if _rests_on(name, fact, figures)]
        own = [fact for fact in own if fact not in told] or own
        taken = tuple(own if name in JOINS else own[: TAKES.get(name, 1)])
        told += taken
        found.append((name, taken, figures))
        index += 1
    return found


def _rests_on(name: str, fact: Fact, numbers: Numbers) -> bool:
    """Whether a condition of that name, with those figures, can have come true by this fact."""
    if name in {"all", "any"}:
        return any(_rests_on(part, fact, figures) for part, _, figures in _parts((), numbers))
    if name == "level" and not fits(fact.value, numbers):
        return False
    if name in ABOUT_ONE and (named := numbers.get("metric", numbers.get("type"))):
        return fact.what in {named, f"event.{named}"}
    return READS.get(name, _anything)(fact.what)


def _anything(what: str) -> bool:
    return bool(what)


def _nothing(what: str) -> bool:
    return not what


def _measured(what: str) -> bool:
    return not what.startswith(HAPPENED)


def _active(what: str) -> bool:
    return what in ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE


def _during(facts: Facts, numbers: Numbers, scene: Scene) -> Words | None:
    """A window of the day; said of the moment at which the rest came true."""
    hours = span(numbers.get("from_time", "00:00"), numbers.get("to_time", "24:00"))
    names = [DAYS[day] for day in str(numbers.get("days", "every")).split(",") if day in DAYS]
    days = Words("、".join(word.zh for word in names), ", ".join(word.en for word in names))
    return Words(
        f"正值{days.zh} {hours}" if days.zh else f"正值 {hours}",
        f"in the hours {hours}" + (f" on {days.en}" if days.en else ""),
    )


SAY: dict[str, Callable[[Facts, Numbers, Scene], Words | None]] = {
    "event": event,
    "sequence": sequence,
    "count": count,
    "overdue": overdue,
    "level": level,
    "rate": rate,
    "stuck": stuck,
    "absence": absence,
    "learned": learned,
    "stay": stay,
    "not_back": not_back,
    "presence": presence,
    "silent": silent,
    "during": _during,
}
READS: dict[
    str, Callable[[str], bool]
] = {  # by what a fact says; a condition not named here reads everything
    "event": lambda what: what.startswith(HAPPENED),
    "level": _measured,
    "rate": _measured,
    "stuck": _measured,
    "absence": _active,
    "learned": _active,
    "stay": lambda what: what == "presence" or _active(what),
    "not_back": _active,
    "presence": _active,
    "silent": lambda what: what == "online",
    "during": _nothing,
    "not": _nothing,
}
ABOUT_ONE = ("event", "level", "rate", "stuck", "count")  # one metric or one type of event
JOINS = ("all", "any", "not")
TAKES = {"sequence": 2, "rate": 2, "count": 2}  # facts; the others rest on one
FACTLESS = (
    "during",
    "absence",
    "learned",
    "not_back",
    "presence",
    "stay",
    "overdue",
)  # may stand without a fact
