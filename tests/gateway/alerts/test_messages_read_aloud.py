"""Golden messages: what is told of real rules, by what of them is told, to whom, and how urgent it is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from library_alerts import HOME, RAISED, TAKEN, ZONE, alert_of, place_of

from gateway.alerts.digest import compose_digest
from gateway.alerts.lifecycle import OUTCOMES, REASONS, State
from gateway.alerts.message import AlertMessage, Audience, Hands
from gateway.alerts.own import DESK_DEAF, DESK_HANDOVER, DESK_PLACE, own_words
from gateway.alerts.words import compose, compose_test

GOLDEN = Path(__file__).parents[2] / "golden" / "words"
RULES = {  # a handful by severity, with the room their first case is in
    "critical": {"fall_confirmed": "卫生间", "sos": "卧室", "smoke": "厨房"},
    "urgent": {"fall_doubtful": "卫生间", "no_activity": "", "over_capacity": "大门", "gateway_lost": ""},
    "notice": {"bathroom_too_long": "卫生间", "not_back_home": "", "battery_low": "入户门"},
}
TOLD: tuple[tuple[str, Audience], ...] = (
    ("alert", "staff"),
    ("alert", "family"),
    ("recontact", "staff"),
    ("step", "staff"),
    ("outcome", "staff"),
    ("outcome", "family"),
    ("slip", "guard"),
    ("outcome", "guard"),
)


CLOSED = replace(TAKEN, state="closed", closed_at=RAISED + 1_740_000)


def endings(kind: str) -> list[Hands]:
    """Every way an alert of that class may be closed, as far as words differ."""
    true = OUTCOMES if kind in {"life_safety", "care"} else ("",)
    return [
        *(replace(CLOSED, verdict="true", outcome=outcome) for outcome in true),
        replace(CLOSED, verdict="false", reason=REASONS[kind][0]),
        replace(CLOSED, verdict="test"),
        replace(CLOSED, verdict="unconfirmed"),
    ]


def hands_for(about: str, kind: str) -> list[Hands]:
    """In whose hands it is when that is told."""
    states: list[State] = ["on_way", "on_site"]
    told = {
        "outcome": endings(kind),
        "step": [TAKEN, *(replace(TAKEN, state=state) for state in states)],
        "slip": [Hands(), TAKEN],
        "recontact": [TAKEN, replace(TAKEN, state="on_way")],
    }
    return told.get(about, [Hands()])


def aloud(message: AlertMessage) -> str:
    lines = [message.text["zh"], message.text["en"]]
    lines += [f"  {number}. {step}" for number, step in enumerate(message.todo["zh"], 1)]
    lines += [f"  {number}. {step}" for number, step in enumerate(message.todo["en"], 1)]
    return "\n".join(lines) + "\n"


def held(name: str, text: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("CAREHUB_GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), "read it aloud, then CAREHUB_GOLDEN=write"


CASES = [
    (about, audience, severity)
    for about, audience in TOLD
    for severity in RULES
    if audience != "guard" or severity != "notice"  # nobody is asked to knock for these
]


@pytest.mark.parametrize(("about", "audience", "severity"), CASES)
def test_what_is_told_of_real_rules(about: str, audience: Audience, severity: str) -> None:
    kinds = {"staff": set(REASONS), "family": {"life_safety", "care"}, "guard": {"life_safety"}}[audience]
    text = ""
    for rule, room in RULES[severity].items():
        alert = alert_of(rule, room=room)
        if alert.kind not in kinds:
            continue
        ways = hands_for(about, alert.kind)
        said: dict[str, None] = {}
        for hands in (
            ways[1:2] if text and about == "outcome" else ways
        ):  # all endings of the first rule, then one
            message = compose(alert, place_of(alert), zone=ZONE, about=about, hands=hands, audience=audience)
            assert len(message.text["zh"]) <= 69
            said[aloud(message)] = None
        text += f"# {rule}\n{''.join(said)}"
    held(f"{about}_{audience}_{severity}", text)


def test_a_power_cut_is_said_once() -> None:
    lost = alert_of("gateway_lost")
    facts = [
        (replace(lost, number=401 + n, place_id=f"H{n:04d}", active_at=lost.active_at + n * 1000), HOME)
        for n in range(47)
    ]
    facts += [(alert_of("fall_confirmed", number=448), HOME), (alert_of("battery_low", number=450), HOME)]
    message = compose_digest(facts, digest_id="d1", at_ms=RAISED + 60_000, zone=ZONE)
    assert "同一时间47户网关离线" in message.text["zh"]
    assert message.text["zh"].index("跌倒") < message.text["zh"].index("网关")
    assert "警情0448等" in message.text["zh"]
    held("digest_power_cut", aloud(message))


def test_several_of_a_day() -> None:
    rules = ("bathroom_too_long", "not_back_home", "battery_low", "battery_low", "device_silent")
    facts = [(alert_of(rule, number=500 + 2 * n), HOME) for n, rule in enumerate(rules)]
    held("digest_notice", aloud(compose_digest(facts, digest_id="d2", at_ms=RAISED + 60_000, zone=ZONE)))


def test_a_desk_that_cannot_hear() -> None:
    text = ""
    for why in ("no_console", "no_channel", "停电"):
        own = own_words(DESK_DEAF, {"desk": "莲花社区长者服务站", "since_s": "90", "why": why})
        alert = replace(
            alert_of("gateway_lost"),
            rule=DESK_DEAF,
            severity=own.severity,
            title=own.title,
            why=own.why,
            todo=own.todo,
            place_id=f"{DESK_PLACE}lianhua",
        )
        message = compose(alert, None, zone=ZONE)
        assert len(message.text["zh"]) <= 69
        text += aloud(message)
    held("deaf", text)


def test_a_test_says_first_that_nothing_has_happened() -> None:
    message = compose_test("t1", by="李敏", at_ms=RAISED, zone=ZONE)
    assert message.text["zh"].startswith("测试：这是一条试发消息，没有发生警情")
    assert "李敏" in message.text["zh"]
    held("test", aloud(message))


def test_what_the_hub_says_of_a_desk_names_the_desk_and_no_place_of_its_own_making() -> None:
    own = own_words(DESK_HANDOVER, {"desk": "莲花社区长者服务站"})
    facts = {
        "rule": DESK_HANDOVER,
        "severity": own.severity,
        "title": own.title,
        "why": own.why,
        "todo": own.todo,
    }
    message = compose(
        replace(alert_of("gateway_lost"), place_id=f"{DESK_PLACE}lianhua", **facts), None, zone=ZONE
    )
    held("handover", aloud(message))
    assert "莲花社区长者服务站" in message.text["zh"]
    for words in (message.text, message.who, message.where):
        assert "_desk" not in words["zh"] + words["en"]
        assert "未登记" not in words["zh"]
