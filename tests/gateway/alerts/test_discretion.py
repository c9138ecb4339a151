"""Nothing that must stay in the house leaves it, whoever is told whatever, whatever the registry holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from library_alerts import HELPED, HOME, TAKEN, ZONE, alert_of, library, sentences

from gateway.alerts.digest import compose_digest, ranges
from gateway.alerts.discretion import discreet, form_of_address, full_name, masked
from gateway.alerts.lifecycle import OUTCOMES, REASONS, STATES, VERDICTS
from gateway.alerts.message import AlertFacts, AlertMessage, Audience, Hands, PlaceFacts
from gateway.alerts.words import OutsidePlace, compose, compose_test

RULES_SAID = Path(__file__).parents[2] / "golden" / "words" / "rules.txt"
ABOUTS = ("alert", "recontact", "outcome", "step", "slip")
SECRETS = ("密码", "A7Q9", "钥匙", "门垫", "13800000001", "0755-83000000", "138 0000 0001")
ILLNESSES = ("糖尿病", "痴呆", "高血压", "认知障碍", "偏瘫", "肺癌", "抑郁", "帕金森", "diabet", "dementia")
FREE = (
    "3栋", "1201", "阳光苑", "卧室", "，", " ", "王", "长", "路", "A座", "（", "）", "/",
    "（密码A7Q9）", "，钥匙在门垫下", "，电话13800000001", "0755-83000000", "138 0000 0001",
    "（糖尿病）", "老年痴呆", "高血压患者", "认知障碍", "偏瘫", "肺癌晚期", "抑郁症",
    "帕金森病", "糖尿", "病", "Dementia", " diabetic",
)  # fmt: skip


def han(least: int, most: int) -> st.SearchStrategy[str]:
    """Some characters that are no form of address."""
    return st.text(st.sampled_from("秀英明月国强静芳建华"), min_size=least, max_size=most)


policies: st.SearchStrategy[OutsidePlace] = st.sampled_from(get_args(OutsidePlace))
registry = st.lists(st.sampled_from(FREE), max_size=7).map("".join)
names = st.one_of(
    st.sampled_from(["王秀英", "欧阳秀英奶奶", "王秀英（糖尿病）", "Mary Wong", "王女士"]), registry
)
places = st.one_of(
    st.none(),
    st.builds(
        PlaceFacts, kind=st.sampled_from(["home", "facility"]), path=registry, name=names, address=registry
    ),
)
alerts = st.builds(
    lambda rule, room, **more: replace(
        alert_of(rule, room=room),
        why={"zh": f"03:11 {room}报警，之后2分钟未见活动", "en": f"03:11 {room}: a fall"},
        **more,
    ),
    st.sampled_from(["fall_confirmed", "smoke", "no_activity", "over_capacity", "battery_low"]),
    registry,
    number=st.integers(0, 10**7),
    rung=st.integers(0, 20),
    count=st.integers(1, 10**6),
    recorded=st.booleans(),
    raised_at=st.integers(0, 10**10).map(lambda late: TAKEN.accepted_at + late),  # type: ignore[operator]
)
moments = st.one_of(st.none(), st.integers(0, 10**10).map(lambda late: TAKEN.accepted_at + late))  # type: ignore[operator]
handed = st.builds(
    Hands,
    state=st.sampled_from(STATES),
    accepted_by=registry,
    accepted_at=moments,
    coming=registry,
    closed_at=moments,
    verdict=st.sampled_from(["", "cleared", *VERDICTS]),
    reason=st.sampled_from(["", *(reason for reasons in REASONS.values() for reason in reasons)]),
    outcome=st.sampled_from(["", *OUTCOMES]),
)


def everything(message: AlertMessage) -> str:
    """All that people may read of it."""
    said: list[str] = []
    for name in ("title", "why", "todo", "who", "where", "text"):
        for words in getattr(message, name).values():
            said += words if isinstance(words, list) else [words]
    return "\n".join(said)


def kept(text: str) -> Iterator[str]:
    return (word for word in (*SECRETS, *ILLNESSES) if word.lower() in text.lower())


@given(
    alerts,
    places,
    handed,
    st.sampled_from(ABOUTS),
    st.sampled_from(["staff", "family", "guard"]),
    policies,
)
def test_no_secret_leaves_and_the_sentence_fits(
    alert: AlertFacts,
    place: PlaceFacts | None,
    hands: Hands,
    about: str,
    audience: Audience,
    outside: OutsidePlace,
) -> None:
    message = compose(
        alert,
        place,
        zone=ZONE,
        outside=outside,
        about=about,
        hands=hands,
        audience=audience,
    )
    assert list(kept(everything(message))) == []
    sentence = message.text["zh"]
    assert 0 < len(sentence) <= 69
    if alert.number:
        assert f"{alert.number:04d}" in sentence
    if place is not None and place.kind == "home":
        name = full_name(place.name)
        assert not name or len(name) < 3 or name not in everything(message)


@given(st.lists(st.tuples(alerts, places), min_size=1, max_size=40), policies)
def test_a_digest_of_anything_fits_and_keeps_its_secrets(
    facts: list[tuple[AlertFacts, PlaceFacts | None]], outside: OutsidePlace
) -> None:
    message = compose_digest(
        facts,
        digest_id="d",
        at_ms=TAKEN.accepted_at or 0,
        zone=ZONE,
        outside=outside,
    )
    assert len(message.text["zh"]) <= 69
    assert message.text["zh"].startswith(f"汇总{len(facts)}条")
    assert message.text["zh"].endswith("，请看值班台" if message.numbers else "。请看值班台")
    assert len(message.todo["zh"]) == len(message.todo["en"]) <= 30
    assert list(kept(everything(message))) == []
    assert sorted(message.numbers) == sorted(alert.number for alert, _ in facts if alert.number)


@pytest.mark.parametrize("hands", [Hands(), TAKEN, HELPED])
@pytest.mark.parametrize("rule_id", library())
def test_a_slip_says_nothing_of_the_resident_or_of_what_was_sensed(rule_id: str, hands: Hands) -> None:
    rule = library()[rule_id]
    alert = alert_of(rule_id, room="卫生间")
    place = replace(HOME, name="王秀英", address="3栋1201王秀英家")
    for about in ABOUTS:
        message = compose(alert, place, zone=ZONE, about=about, hands=hands, audience="guard")
        said = everything(message).lower()
        forbidden = [
            rule.title.zh, rule.title.en.lower(), "王", "秀英", "跌倒", "卫生间", "活动", "呼救", "烟", "漏水", "报警", "警情",
            "疑似", "紧急", "门未关", "未归", "离线", "电量", "传感", "健康", "长者",
            "fall", "smoke", "sensor", "alert", "bathroom",
        ]  # fmt: skip
        forbidden += [part for pair in sentences()[rule_id] for part in pair]
        assert not [word for word in forbidden if word in said]
        assert message.rule == ""
        assert message.active_at == message.raised_at
        assert "3栋1201" in message.text["zh"]


@pytest.mark.parametrize("reason", sorted({reason for reasons in REASONS.values() for reason in reasons}))
def test_family_never_reads_why_it_was_a_false_alarm(reason: str) -> None:
    false = replace(HELPED, verdict="false", outcome="", reason=reason)
    told = [
        compose(alert_of("sos"), HOME, zone=ZONE, about="outcome", hands=hands, audience="family")
        for hands in (false, replace(false, reason=""))
    ]
    assert told[0] == told[1]


def test_staff_are_asked_to_accept_and_family_to_call() -> None:
    staff = compose(alert_of("fall_confirmed"), HOME, zone=ZONE).text["zh"]
    family = compose(alert_of("fall_confirmed"), HOME, zone=ZONE, audience="family")
    assert staff.endswith("请接警")
    assert "接警" not in everything(family)
    assert "请先打电话" in family.text["zh"]


@pytest.mark.parametrize("about", ["digest", "test"])
def test_what_is_not_of_one_alert_is_refused_with_the_way_to_go(about: str) -> None:
    with pytest.raises(ValueError, match=f"compose_{about}"):
        compose(alert_of("sos"), HOME, zone=ZONE, about=about)
    with pytest.raises(ValueError, match="at least one"):
        compose_digest([], digest_id="d", at_ms=0, zone=ZONE)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("3栋1201（糖尿病）", "3栋1201"),
        ("Block 3: code 8842", "Block 3"),
        ("3栋1201 老年痴呆", "3栋1201"),
        ("糖尿病患者，3栋1201", "3栋1201"),
        ("3栋1201（独居，高血压）", "3栋1201"),
        ("残疾人卫生间", "卫生间"),
        ("病房3", "病房3"),
        ("Block 3 (dementia)", "Block 3"),
        ("心糖尿病脏3栋", "3栋"),
        ("3栋Dementia王", "3栋王"),
        ("3栋code8842", "3栋"),
        ("Strokestown 4", "Strokestown 4"),
    ],
)
def test_illness_is_left_out_and_the_place_stays(text: str, left: str) -> None:
    assert discreet(text) == left


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("王秀英奶奶", "王秀英"),
        ("王秀英（糖尿病）", "王秀英"),
        ("王女士", ""),
        ("欧阳奶奶", ""),
        ("阿珍", ""),
        ("Mary Wong", "Mary Wong"),
    ],
)
def test_which_names_are_full(name: str, full: str) -> None:
    assert full_name(name) == full


def test_an_illness_is_no_surname() -> None:
    assert form_of_address("糖尿病") == ("长者", "the resident")


def test_an_address_that_says_whose_it_is_says_it_by_the_form_of_address() -> None:
    place = replace(HOME, name="王秀英奶奶", address="3栋1201王秀英家")
    assert "王秀英" not in everything(compose(alert_of("sos", room="王秀英卧室"), place, zone=ZONE))


def test_a_room_named_after_a_lock_does_not_cost_the_evidence() -> None:
    alert = replace(
        alert_of("door_left_open", room="入户门锁"),
        why={"zh": "08:10 入户门锁打开，10分钟后仍未关", "en": "08:10 入户门锁 opened"},
    )
    assert compose(alert, HOME, zone=ZONE).why == {
        "zh": "08:10 入户打开，10分钟后仍未关",
        "en": "08:10 入户 opened",
    }


def test_the_evidence_of_the_library_is_told_whole() -> None:
    for line in RULES_SAID.read_text(encoding="utf-8").splitlines():
        assert discreet(line) == line.strip()


def test_a_test_keeps_to_the_name_of_who_pressed() -> None:
    message = compose_test("t", by="李敏（电话13800000001）", at_ms=0, zone=ZONE)
    assert list(kept(everything(message))) == []


def test_every_field_of_a_message_that_people_read_is_looked_at() -> None:
    words = {field.name for field in fields(AlertMessage) if field.type in {"Words", "Steps"}}
    assert words == {"title", "why", "todo", "who", "where", "text"}


@pytest.mark.parametrize(
    ("numbers", "told"),
    [([3, 1, 2], "0001–0003"), ([7, 8], "0007、0008"), ([5, 1, 2, 3, 5], "0001–0003、0005"), ([], "")],
)
def test_numbers_are_closed_up(numbers: list[int], told: str) -> None:
    assert ranges(numbers) == told


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王秀英", "王**"), ("王女士", "王**"), ("王", "王**"), ("欧阳秀英", "欧阳**"), ("欧阳女士", "欧阳**"),
        ("欧阳", "欧**"), ("王秀英（糖尿病）", "王**"),
        ("302 王阿姨", "王**"), ("Mary Wong", "W**"), ("Mrs Wong", "W**"), ("陈", "陈**"), ("", "**"), ("7", "**"),
        ("阿珍", "阿**"),
    ],
)  # fmt: skip
def test_a_masked_name_is_the_surname_and_stars(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(
    surname=st.sampled_from(["王", "李", "欧阳", "司马", "陈"]),
    given_name=han(1, 3),
    title=st.sampled_from(["", "女士", "奶奶"]),
)
def test_no_masked_name_tells_the_given_name_or_its_length(surname: str, given_name: str, title: str) -> None:
    whole = surname + given_name + title
    shown = masked(whole)
    assert shown.rstrip("*") in {surname, surname[:1]}
    assert shown.endswith("**")
    assert whole not in shown
    assert len(shown.rstrip("*")) < len(whole)


@given(st.one_of(names, st.text(max_size=12)))
def test_a_masked_name_is_never_the_whole_one_unless_that_is_one_character(name: str) -> None:
    shown = masked(name).removesuffix("**")
    assert len(shown) <= 2
    assert len(name.strip()) <= 1 or shown != name.strip()
