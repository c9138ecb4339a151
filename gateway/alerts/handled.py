"""What staff are told of an alert that somebody has in hand: please call again, how far it is, how it ended."""

from __future__ import annotations

from datetime import tzinfo

from gateway.alerts.fitting import SENTENCE_CHARACTERS_MAX, clock, cut, moment, numbered, said
from gateway.alerts.message import AlertFacts, Hands, PlaceFacts, Steps, Words
from gateway.alerts.spot import OutsidePlace, spot_en, spot_zh, told
from gateway.alerts.terms import OUTCOMES, REASONS, SEVERITIES, STATES, VERDICTS

_CALL_AGAIN: Steps = {
    "zh": [
        "再打一次电话给长者",
        "打不通就联系紧急联系人，并请人上门",
        "意识不清或剧痛立即拨打 120",
        "有了结果请办结",
    ],
    "en": [
        "Call the resident once more",
        "No answer - call the contacts and have somebody go there",
        "Unconscious or in strong pain - call 120",
        "Close it once you know",
    ],
}
_NAME_CHARACTERS_MAX = 8


def recontact(
    alert: AlertFacts, place: PlaceFacts | None, hands: Hands, *, zone: tzinfo, outside: OutsidePlace
) -> Words:
    """Accepted, and nothing settled since: please call again, or go; see to it where no person is concerned."""
    severity = SEVERITIES.get(alert.severity, {"zh": cut(alert.severity, 4), "en": alert.severity})
    title = cut(said(alert.title, "zh"), 10)
    ask_zh, ask_en = "请尽快处理", "please see to it"
    if _of_a_person(alert):
        ask_zh, ask_en = "请再打电话或上门", "please call again or go there"
    tail = f"。{_number(alert)}{ask_zh}"
    return {
        "zh": _sentence(
            f"{severity['zh']}：{title}，还没有结果。",
            spot_zh(alert, place, outside, SENTENCE_CHARACTERS_MAX),
            [f"，{clock(alert, zone, 'zh')}报警，{held}" for held in _held_zh(alert, hands, zone)],
            tail,
        ),
        "en": f"{severity['en']}: {said(alert.title, 'en')}, still not settled. {spot_en(alert, place, outside)}; "
        f"raised {clock(alert, zone, 'en')}, {_held_en(alert, hands, zone)}. "
        f"{numbered(alert, 'en') or 'Not numbered'}: {ask_en}.",
    }


def recontact_todo(alert: AlertFacts) -> Steps:
    """What is to be done now: about a person call again, about anything else what its rule says."""
    return _CALL_AGAIN if _of_a_person(alert) else alert.todo


def progress(
    alert: AlertFacts, place: PlaceFacts | None, hands: Hands, *, zone: tzinfo, outside: OutsidePlace
) -> Words:
    """How far it is or how it ended, for those who have nothing to do about it."""
    closed = hands.state == "closed" or bool(hands.verdict)
    title = cut(said(alert.title, "zh"), 10)
    ways = [f"，{clock(alert, zone, 'zh')}报警，{held}" for held in _held_zh(alert, hands, zone)]
    held = _held_en(alert, hands, zone)
    if closed:
        end = "" if hands.closed_at is None else moment(hands.closed_at, alert.raised_at, zone, "zh")
        end_en = "" if hands.closed_at is None else moment(hands.closed_at, alert.raised_at, zone, "en")
        zh, en = _ended(hands)
        ways = [f"，{clock(alert, zone, 'zh')}报警，{end}办结：{zh}"]
        held = f"closed {end_en}: {en}".replace(" :", ":")
    number = numbered(alert, "zh")
    return {
        "zh": _sentence(
            f"{'办结' if closed else '进展'}：{title}。",
            spot_zh(alert, place, outside, SENTENCE_CHARACTERS_MAX),
            ways,
            f"。{number}，不用再接警" if closed and number else f"。{number}" if number else "",
        ),
        "en": f"{'Closed' if closed else 'Progress'}: {said(alert.title, 'en')}. {spot_en(alert, place, outside)}; "
        f"raised {clock(alert, zone, 'en')}, {held}. {numbered(alert, 'en') or 'Not numbered'}.",
    }


def _sentence(head: str, spot: str, ways: list[str], tail: str) -> str:
    """With the fullest account that leaves the place readable; then the place is cut from its beginning."""
    for way in ways:
        if len(head + spot + way + tail) <= SENTENCE_CHARACTERS_MAX:
            return head + spot + way + tail
    left = SENTENCE_CHARACTERS_MAX - len(head + ways[-1] + tail)
    return head + ("…" + spot[len(spot) - left + 1 :] if left > 1 else "") + ways[-1] + tail


def _of_a_person(alert: AlertFacts) -> bool:
    return alert.kind in {"life_safety", "care"}


def _number(alert: AlertFacts) -> str:
    return f"{numbered(alert, 'zh')}，" if alert.number else ""


def _held_zh(alert: AlertFacts, hands: Hands, zone: tzinfo) -> list[str]:
    if hands.state == "raised":
        return ["尚无人接警"]
    name = cut(told(hands.accepted_by, None), _NAME_CHARACTERS_MAX)
    time = "" if hands.accepted_at is None else moment(hands.accepted_at, alert.raised_at, zone, "zh")
    since = f"{name}{time}接警"
    state = STATES[hands.state]["zh"]
    return [since if hands.state == "accepted" else f"{since}、{state}", f"{name}{state}"]


def _held_en(alert: AlertFacts, hands: Hands, zone: tzinfo) -> str:
    if hands.state == "raised":
        return "nobody has accepted it yet"
    name = told(hands.accepted_by, None) or "somebody"
    time = (
        "" if hands.accepted_at is None else " at " + moment(hands.accepted_at, alert.raised_at, zone, "en")
    )
    state = "" if hands.state == "accepted" else f", now {STATES[hands.state]['en']}"
    return f"{name} accepted{time}{state}"


def _ended(hands: Hands) -> tuple[str, str]:
    """Verdict with outcome, or with the reason of a false alarm."""
    verdict = VERDICTS.get(hands.verdict, {"zh": "已处理", "en": "dealt with"})
    more = OUTCOMES.get(hands.outcome) if hands.verdict == "true" else None
    if hands.verdict == "false" and hands.reason != "other":
        more = REASONS.get(hands.reason)
    if more is None:
        return verdict["zh"], verdict["en"]
    return f"{verdict['zh']}，{more['zh']}", f"{verdict['en']}, {more['en']}"
