"""What consenting family is told: please call, and afterwards what it turned out to be. Plain, kind, no illness, no blame."""

from __future__ import annotations

from datetime import tzinfo

from gateway.alerts.evidence import clause_en, clause_zh, shortened, tells_time
from gateway.alerts.fitting import SENTENCE_CHARACTERS_MAX, clock, cut, fitting, moment, numbered, said
from gateway.alerts.message import AlertFacts, Hands, PlaceFacts, Steps, Words
from gateway.alerts.spot import OutsidePlace, community_of, neighbourhood_of, room_en, told, who
from gateway.alerts.terms import SEVERITIES

_FIRE = ("smoke", "smoke_event")
_DEALT_WITH = ("已处理完毕", "it has been dealt with")
_TURNED_OUT: dict[tuple[str, str], tuple[str, str]] = {  # verdict, outcome
    ("true", "assisted"): ("已有人帮忙处理，方便时请打电话问候", "somebody has helped; do call when you can"),
    ("true", "family_came"): ("家人已到场照看", "family is there"),
    ("true", "hospital"): (
        "已送医院，请尽快与社区联系",
        "taken to hospital; please ring the community station soon",
    ),
    ("true", "none_needed"): ("已核实，不需要别的帮助，请放心", "looked into, and no help is needed"),
    ("true", ""): ("已核实并处理", "looked into and dealt with"),
    ("false", ""): ("已核实是误报，没有出事，请放心", "a false alarm; nothing has happened"),
    ("test", ""): ("是一次测试，没有出事，请放心", "a test; nothing has happened"),
    ("unconfirmed", ""): (
        "还没能核实，请您打个电话或上门看看",
        "it could not be confirmed yet; please call, or go and see",
    ),
    ("merged", ""): ("已与另一条警情一并处理", "dealt with together with another alert"),
    ("cleared", ""): ("已自行恢复", "it is over by itself"),
}


def raised(alert: AlertFacts, place: PlaceFacts | None, *, zone: tzinfo, outside: OutsidePlace) -> Words:
    """Something may have happened: please call. Family is asked to call, not to accept (接警)."""
    severity = SEVERITIES.get(alert.severity, {"zh": cut(alert.severity, 4), "en": alert.severity})
    spot_zh, spot_en = _spot(alert, place, outside)
    time = clock(alert, zone, "zh")
    seen = f"{time}{cut(told(alert.room, place), 6)}报警"
    clauses = shortened(clause_zh(alert, place, zone))
    ways = [clause if tells_time(clause) else f"{seen}，{clause}" for clause in clauses]
    head = f"{severity['zh']}：{cut(said(alert.title, 'zh'), 10)}。"
    ask_zh, ask_en = _asked(alert)
    number = numbered(alert, "zh")
    tail = f"。{ask_zh}。{number}" if number else f"。{ask_zh}"
    bare = cut(spot_zh, SENTENCE_CHARACTERS_MAX - len(f"{head}，{time}报警{tail}"))
    return {
        "zh": fitting(
            [
                *(f"{head}{spot_zh}，{way}{tail}" for way in ways),
                f"{head}{spot_zh}，{seen}{tail}",
                f"{head}{bare}，{time}报警{tail}",
            ]
        ),
        "en": f"{severity['en']}: {said(alert.title, 'en')}. {spot_en}; {_way_en(alert, place, zone)}. {ask_en}. "
        f"{numbered(alert, 'en') or 'Not numbered'}.",
    }


def outcome(
    alert: AlertFacts, place: PlaceFacts | None, hands: Hands, *, zone: tzinfo, outside: OutsidePlace
) -> Words:
    """What it turned out to be; a false alarm is told without its reason."""
    spot_zh, spot_en = _spot(alert, place, outside)
    zh, en = turned_out(hands)
    title = cut(said(alert.title, "zh"), 10)
    told_at = alert.raised_at if hands.closed_at is None else hands.closed_at
    time = moment(alert.active_at, told_at, zone, "zh")
    number = numbered(alert, "zh")
    known = (
        hands.verdict != "unconfirmed"
    )  # who is asked to go and see does not want to read that it is closed
    short = f"。{number}{'已办结' if known else ''}" if number else ""
    timed = number and known and hands.closed_at is not None
    end = f"。{number}，{moment(told_at, told_at, zone, 'zh')}办结" if timed else ""
    spare = SENTENCE_CHARACTERS_MAX - len(f"关于{time}{title}：{zh}{short}")
    return {
        "zh": fitting(
            [
                f"关于{spot_zh}{time}{title}：{zh}{end or short}",
                f"关于{spot_zh}{time}{title}：{zh}{short}",
                f"关于{cut(spot_zh, spare)}{time}{title}：{zh}{short}",
            ]
        ),
        "en": f"{said(alert.title, 'en')}, {spot_en}, {moment(alert.active_at, told_at, zone, 'en')}: {en}. "
        f"{numbered(alert, 'en') or 'The alert'}{' is closed' if known else ''}.",
    }


def turned_out(hands: Hands) -> tuple[str, str]:
    """The verdict and outcome in plain words, Chinese and English; never the reason."""
    found = _TURNED_OUT.get((hands.verdict, hands.outcome)) if hands.verdict == "true" else None
    return found or _TURNED_OUT.get((hands.verdict, ""), _DEALT_WITH)


def todo(alert: AlertFacts) -> Steps:
    """What family may do, in order."""
    fire = alert.rule in _FIRE
    first = ("打电话请长者马上离开屋子", "Call and ask them to leave the home at once") if fire else (
        "先给长者打电话，问是否平安", "Call them first and ask whether all is well"
    )  # fmt: skip
    last = ("起火拨打 119，有人受伤拨打 120", "Fire: 119. Somebody hurt: 120") if fire else (
        "人不清醒、很痛或叫不应，立即拨打 120", "Unconscious, in strong pain or no answer at all: call 120"
    )  # fmt: skip
    return {
        "zh": [
            first[0],
            "打不通：请邻居或物业去敲门，您能去就去",
            "值班人员也收到了这条警情，可以打社区电话问",
            last[0],
        ],
        "en": [
            first[1],
            "No answer: ask a neighbour or the guard to knock, and go if you can",
            "Staff on duty have been told as well; ring the community station to ask",
            last[1],
        ],
    }


def outcome_todo(hands: Hands) -> Steps:
    """What is left to do for family once it is closed."""
    if hands.verdict == "unconfirmed":
        return {
            "zh": ["请给长者打电话，打不通请上门看看"],
            "en": ["Please call, and go and see if nobody answers"],
        }
    if hands.verdict == "true" and hands.outcome == "hospital":
        return {
            "zh": ["请尽快打社区电话，问在哪家医院"],
            "en": ["Ring the community station and ask which hospital"],
        }
    return {"zh": [], "en": []}


def _asked(alert: AlertFacts) -> tuple[str, str]:
    if alert.rule in _FIRE:
        return "请打电话让长者先离开，起火拨119", "Please call and have them leave first; in a fire call 119"
    zh, en = (
        "请先打电话，打不通请找社区或邻居",
        "Please call first; no answer: the community station or a neighbour",
    )
    if alert.kind == "life_safety":
        return zh + "，危急拨120", en + "; in an emergency 120"
    return zh, en


def _way_en(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo) -> str:
    clause = clause_en(alert, place)
    seen = ", ".join(part for part in (clock(alert, zone, "en"), room_en(told(alert.room, place))) if part)
    return clause if tells_time(clause) else f"{seen}: {clause}" if clause else seen


def _spot(alert: AlertFacts, place: PlaceFacts | None, outside: OutsidePlace) -> tuple[str, str]:
    """Family knows the door: the community and the form of address are enough."""
    if place is None:
        return cut(f"未登记地点{alert.place_id}", 16), f"unregistered place {alert.place_id}"
    if outside == "neighbourhood" and place.kind == "home":
        near = cut(neighbourhood_of(place), 8)
        return f"您关心的长者（{near}）", f"the person you care for ({neighbourhood_of(place)})"
    name, home = who(place), "家" if place.kind == "home" else ""
    return f"{cut(community_of(place), 8)}{cut(name['zh'], 8)}{home}", f"{name['en']}, {community_of(place)}"
