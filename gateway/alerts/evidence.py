"""Why an alert was raised, as it may leave the house: whole for those who read, one clause for a short message."""

from __future__ import annotations

import re
from datetime import tzinfo

from gateway.alerts.fitting import at, clock, said
from gateway.alerts.message import AlertFacts, PlaceFacts, Words
from gateway.alerts.spot import room_en, rooms_in_english, told

# A moment, not a span such as 07:00–21:00: evidence that holds one says itself when and where.
_CLOCK = re.compile(r"(?<![\d–-])\d{1,2}:\d{2}(?![\d–-])")
_DATE = re.compile(r"\d月\d{1,2}日")
_ASIDE = re.compile(r"（[^（）]*）")
_GAP = re.compile(
    r" (?=[^a-zA-Z])|(?<=[^a-zA-Z]) "
)  # blanks that set off figures in Chinese, not between Latin words


def why_told(alert: AlertFacts, place: PlaceFacts | None) -> Words:
    """The evidence in each language; the room, which devices are registered under in Chinese, in English too."""
    return {language: _told(words, alert, place, language) for language, words in alert.why.items()}


def tells_time(clause: str) -> bool:
    """Whether a clause itself says when."""
    return _CLOCK.search(clause) is not None


def clause_zh(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo) -> str:
    """The evidence clause, closed up; on another day than the raise it begins with the date, if it tells the time only."""
    clause = _GAP.sub("", _first(said(why_told(alert, place), "zh"), "[。；\n]"))
    day = clock(alert, zone, "zh").removesuffix(f"{at(alert.active_at, zone):%H:%M}")
    return day + clause if tells_time(clause) and not _DATE.search(clause) else clause


def clause_en(alert: AlertFacts, place: PlaceFacts | None) -> str:
    """The evidence clause in English."""
    return _first(said(why_told(alert, place), "en"), r"\n|\. |\.$")


def shortened(clause: str) -> list[str]:
    """The evidence, then without what is in brackets, then its beginning and end, then its beginning.

    报警，可信度93%，未见活动（白天） → 报警，可信度93%，未见活动 → 报警，未见活动 → 报警.
    """
    bare = _ASIDE.sub("", clause)
    parts = bare.split("，")
    return [clause, bare, f"{parts[0]}，{parts[-1]}", parts[0]] if clause else []


def _told(why: str, alert: AlertFacts, place: PlaceFacts | None, language: str) -> str:
    room = told(alert.room, place)
    if alert.room.strip():  # first the room alone: a door called 门锁 must not cost the rest of the sentence
        why = why.replace(alert.room, room_en(room) if language == "en" else room)
    why = told(why, place)
    return rooms_in_english(why) if language == "en" else why


def _first(why: str, end: str) -> str:
    return re.split(end, why, maxsplit=1)[0].strip()
