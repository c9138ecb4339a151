"""The words of an alert: who, where and the one sentence that goes out, in Chinese and English.

Outside channels carry class, 疑似 + kind, place by policy, time, one evidence clause and the number; never a door code or
access note, a phone number, an illness or a full name. The Chinese sentence fits one SMS. To a guard it says where to knock and
nothing else, whatever it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from gateway.alerts import family, handled, slip
from gateway.alerts.evidence import clause_en, clause_zh, shortened, tells_time, why_told
from gateway.alerts.fitting import (
    LATE_MS,
    SENTENCE_CHARACTERS_MAX,
    age,
    clock,
    cut,
    fitting,
    late_ms,
    moment,
    numbered,
    said,
)
from gateway.alerts.message import AlertFacts, AlertMessage, Audience, Hands, PlaceFacts, Steps, Words
from gateway.alerts.own import HUB_NAME, own_name
from gateway.alerts.spot import OutsidePlace, room_en, spot_en, spot_zh, told, where, who
from gateway.alerts.terms import SEVERITIES

__all__ = ["OutsidePlace", "compose", "compose_test", "outside_text", "room_en", "where", "who"]

_PLACE_CHARACTERS_MIN = 12
_NOBODY = Hands()
_OWN_COMPOSERS = {"digest": "compose_digest", "test": "compose_test", "report": "compose_report_note"}


@dataclass(frozen=True, slots=True)
class _Told:
    """What differs by what is told and to whom."""

    text: Words
    title: Words
    why: Words
    todo: Steps


def compose(
    alert: AlertFacts,
    place: PlaceFacts | None,
    *,
    zone: tzinfo,
    outside: OutsidePlace = "door",
    about: str = "alert",
    hands: Hands | None = None,
    audience: Audience = "staff",
) -> AlertMessage:
    """The message of an alert; ``place`` is None when the registry does not know it (any more).

    ``hands``: who has it and how it ended. A slip is a guard's, and a guard gets no other words. Raises ``ValueError`` for a
    digest or a test, which are composed of something else.
    """
    if about in _OWN_COMPOSERS:
        raise ValueError(f"a {about} is not composed of one alert; use {_OWN_COMPOSERS[about]}")
    held = hands or _NOBODY
    if about == "slip" or audience == "guard":
        return _to_guard(alert, place, zone=zone, about=about, hands=held)
    if audience == "family":
        words = _to_family(alert, place, zone=zone, outside=outside, about=about, hands=held)
    else:
        words = _to_staff(alert, place, zone=zone, outside=outside, about=about, hands=held)
    return AlertMessage(
        id=alert.id,
        number=alert.number,
        rule=alert.rule,
        kind=alert.kind,
        severity=alert.severity,
        title=words.title,
        why=words.why,
        todo=words.todo,
        who=own_name(alert.place_id) or who(place),
        where=where(place, alert.room, place_id=alert.place_id),
        text=words.text,
        raised_at=alert.raised_at,
        active_at=alert.active_at,
        rung=alert.rung,
        recorded=alert.recorded,
        late_ms=late_ms(alert),
        about=about,
        audience=audience,
    )


def compose_test(test_id: str, *, by: str, at_ms: int, zone: tzinfo) -> AlertMessage:
    """The message by which somebody tries a channel: it says first that nothing has happened. ``by``: who pressed."""
    name, time = cut(told(by, None), 12), moment(at_ms, at_ms, zone, "zh")
    pressed = (
        (f"试发人{name}，{time}", f"sent by {name} at {time}") if name else (f"{time}试发", f"sent at {time}")
    )
    return AlertMessage(
        id=test_id,
        number=0,
        rule="",
        kind="device",
        severity="notice",
        title={"zh": "试发消息", "en": "Test message"},
        why={"zh": pressed[0], "en": pressed[1]},
        todo={
            "zh": ["看到这条消息，说明这个渠道能收到", "不用接警，也不用出门"],
            "en": ["If you can read this, the channel works", "There is nothing to accept and nowhere to go"],
        },
        who=HUB_NAME,
        where=HUB_NAME,
        text={
            "zh": f"测试：这是一条试发消息，没有发生警情，不用处理。{pressed[0]}",
            "en": f"Test: this is only a try, nothing has happened and nothing is to be done; {pressed[1]}.",
        },
        raised_at=at_ms,
        active_at=at_ms,
        rung=0,
        recorded=True,
        late_ms=0,
        about="test",
    )


def outside_text(
    alert: AlertFacts, place: PlaceFacts | None, *, zone: tzinfo, outside: OutsidePlace = "door"
) -> Words:
    """The sentence of a raised or escalated alert for staff; the Chinese one has at most 69 characters.

    ``outside`` says how closely the place may be named: to the door, or the neighbourhood only (then nobody is named).
    What does not fit is left out in this order: how often it came and how late, the room, the evidence clause, then the
    beginning of the address.
    """
    return {"zh": _chinese(alert, place, zone, outside), "en": _english(alert, place, zone, outside)}


def _to_staff(
    alert: AlertFacts,
    place: PlaceFacts | None,
    *,
    zone: tzinfo,
    outside: OutsidePlace,
    about: str,
    hands: Hands,
) -> _Told:
    why = why_told(alert, place)
    if about == "recontact":
        text = handled.recontact(alert, place, hands, zone=zone, outside=outside)
        return _Told(text, alert.title, why, handled.recontact_todo(alert))
    if about in {"outcome", "step"}:
        text = handled.progress(alert, place, hands, zone=zone, outside=outside)
        todo: Steps = {"zh": [], "en": []} if hands.state == "closed" or about == "outcome" else alert.todo
        return _Told(text, alert.title, why, todo)
    return _Told(outside_text(alert, place, zone=zone, outside=outside), alert.title, why, alert.todo)


def _to_family(
    alert: AlertFacts,
    place: PlaceFacts | None,
    *,
    zone: tzinfo,
    outside: OutsidePlace,
    about: str,
    hands: Hands,
) -> _Told:
    if about == "outcome" or (about == "step" and hands.state == "closed"):
        text = family.outcome(alert, place, hands, zone=zone, outside=outside)
        return _Told(text, alert.title, {"zh": "", "en": ""}, family.outcome_todo(hands))
    text = family.raised(alert, place, zone=zone, outside=outside)
    return _Told(text, alert.title, why_told(alert, place), family.todo(alert))


def _to_guard(
    alert: AlertFacts, place: PlaceFacts | None, *, zone: tzinfo, about: str, hands: Hands
) -> AlertMessage:
    over = about == "outcome" or hands.state == "closed"
    return AlertMessage(
        id=alert.id,
        number=alert.number,
        rule="",
        kind=alert.kind,
        severity=alert.severity,
        title=slip.TITLE,
        why={"zh": "", "en": ""},
        todo={"zh": [], "en": []} if over else slip.todo(hands),
        who=slip.WHO,
        where=slip.spot(alert, place),
        text=slip.over(alert, place) if over else slip.asked(alert, place, hands, zone=zone),
        raised_at=alert.raised_at,
        active_at=alert.raised_at,  # when it came true, and in which room, would tell what was sensed
        rung=alert.rung,
        recorded=alert.recorded,
        late_ms=0,
        about=about,
        audience="guard",
    )


def _chinese(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo, outside: OutsidePlace) -> str:
    time, verb = clock(alert, zone, "zh"), "报警" if alert.kind == "life_safety" else ""
    number = f"{numbered(alert, 'zh')}，" if alert.number else ""
    tail = f"。{number}{'尚无人接警，' if alert.rung else ''}请接警"
    heads = _heads(alert)
    room = cut(told(alert.room, place), 6)
    most = SENTENCE_CHARACTERS_MAX - _PLACE_CHARACTERS_MIN - 1
    head = fitting(heads, most - len(time + verb + tail))
    if len(head + time + room + verb + tail) > most:
        room = ""  # late, escalated and not recorded all at once: whose it is says more than the room
    seen = time + room + verb
    spot = spot_zh(alert, place, outside, SENTENCE_CHARACTERS_MAX - len(head + seen + tail) - 1)
    clauses = shortened(clause_zh(alert, place, zone))
    ways = [clause if tells_time(clause) else f"{seen}，{clause}" for clause in clauses]
    start = f"{head}{spot}，" if spot else head
    return fitting(f"{start}{way}{tail}" for way in (*ways, seen))


def _heads(alert: AlertFacts) -> list[str]:
    """Severity, title and marks, the fullest first."""
    severity = said(SEVERITIES.get(alert.severity, {"zh": cut(alert.severity, 4)}), "zh")
    rung = f"（第{alert.rung}次上报）" if alert.rung else ""
    count = f"（第{alert.count}次）" if alert.count > 1 else ""
    late = f"（迟到{age(late_ms(alert), 'zh')}）" if late_ms(alert) >= LATE_MS else ""
    recorded = "" if alert.recorded else "（未存档）"
    title = cut(said(alert.title, "zh"), 10)
    marks = (count + late + recorded, late + recorded, recorded, "")
    return [f"{severity}{rung}：{title}{mark}。" for mark in marks] + [f"{severity}：{title}。"]


def _english(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo, outside: OutsidePlace) -> str:
    severity = said(SEVERITIES.get(alert.severity, {"en": alert.severity}), "en")
    late = late_ms(alert)
    marks = [f"escalation {alert.rung}"] if alert.rung else []
    marks += [f"came {alert.count} times"] if alert.count > 1 else []
    marks += [f"{age(late, 'en')} late"] if late >= LATE_MS else []
    marks += [] if alert.recorded else ["not recorded"]
    head = f"{severity}: {said(alert.title, 'en')}{' (' + ', '.join(marks) + ')' if marks else ''}."
    clause = clause_en(alert, place)
    seen = ", ".join(part for part in (clock(alert, zone, "en"), room_en(told(alert.room, place))) if part)
    way = clause if tells_time(clause) else f"{seen}: {clause}" if clause else seen
    number = numbered(alert, "en") or "Not numbered"
    call = "nobody has accepted yet, please do" if alert.rung else "please accept"
    spot = spot_en(alert, place, outside)
    return f"{head} {spot + '; ' if spot else ''}{way}. {number}: {call}."
