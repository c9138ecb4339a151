"""Making a sentence fit one short message: moments in few characters, and the longest wording that has room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from gateway.alerts.message import AlertFacts, Words

SENTENCE_CHARACTERS_MAX = (
    69  # under 70, what one Chinese short message holds: 140 bytes in UCS-2 (3GPP TS 23.038)
)
LATE_MS = 60_000  # an alert raised this long after its condition says so; settling deadlines takes seconds


def cut(text: str, length: int) -> str:
    """The beginning of a text, with … where something is left out."""
    if len(text) <= length:
        return text
    return text[: max(0, length - 1)] + "…" if length > 0 else ""


def fitting(wordings: Iterable[str], length: int = SENTENCE_CHARACTERS_MAX) -> str:
    """The first wording that has room; the last one, cut, where none has."""
    wording = ""
    for wording in wordings:
        if len(wording) <= length:
            return wording
    return cut(wording, length)


def said(words: Words, language: str) -> str:
    """The text in a language; a rule that lacks it must not silence the alert, so any other serves."""
    return words.get(language) or next((text for text in words.values() if text), "")


def at(at_ms: int, zone: tzinfo) -> datetime:
    """The local time of an epoch in ms."""
    return datetime.fromtimestamp(0, zone) + timedelta(milliseconds=at_ms)


def moment(at_ms: int, seen_ms: int, zone: tzinfo, language: str) -> str:
    """Time of day of ``at_ms``; with the date where it is told (``seen_ms``) on another day."""
    then, now = at(at_ms, zone), at(seen_ms, zone)
    time = f"{then:%H:%M}"
    if then.date() == now.date():
        return time
    return f"{then.month}月{then.day}日{time}" if language == "zh" else f"{then:%d %b} {time}"


def clock(alert: AlertFacts, zone: tzinfo, language: str) -> str:
    """Time of day of the condition; with the date when it was raised on another day."""
    return moment(alert.active_at, alert.raised_at, zone, language)


def late_ms(alert: AlertFacts) -> int:
    """How long after its condition came true the alert was raised, never negative."""
    return max(0, alert.raised_at - alert.active_at)


def age(span_ms: int, language: str) -> str:
    """A span in its largest whole unit from minutes to days; '' below a minute."""
    minutes = span_ms // 60_000
    for size, zh, en in ((1440, "天", "d"), (60, "小时", "h"), (1, "分钟", "min")):
        if minutes >= size:
            return f"{minutes // size}{zh if language == 'zh' else ' ' + en}"
    return ""


def numbered(alert: AlertFacts, language: str) -> str:
    """警情0417; '' for an alert that has no number yet."""
    if not alert.number:
        return ""
    return f"警情{alert.number:04d}" if language == "zh" else f"Alert {alert.number:04d}"
