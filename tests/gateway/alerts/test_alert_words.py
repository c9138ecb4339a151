"""What an alert says: golden sentences, short enough for one SMS, and nothing that must stay in the house."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.discretion import discreet, form_of_address
from gateway.alerts.message import AlertFacts, AlertMessage, PlaceFacts
from gateway.alerts.words import compose, outside_text

GOLDEN = Path(__file__).parents[2] / "golden" / "words"
ZONE = ZoneInfo("Asia/Shanghai")
PATH = "福田区/莲花街道/莲花社区/莲花二村"
HOME = PlaceFacts(kind="home", path=PATH, name="王女士", address="3栋1201")
HALL = PlaceFacts(kind="facility", path=PATH, name="长者活动室", address="党群服务中心二楼")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


FALL = AlertFacts(
    id="5f0c",
    number=417,
    rule="fall_confirmed",
    kind="life_safety",
    severity="critical",
    title={"zh": "疑似跌倒", "en": "Possible fall"},
    why={"zh": "之后2分钟未见活动。", "en": "no activity for 2 minutes since."},
    todo={"zh": ["先电话", "无人接请敲门"], "en": ["Phone first", "No answer: knock"]},
    place_id="H0001",
    room="卫生间",
    active_at=at("2025-11-23T14:03:20"),
    raised_at=at("2025-11-23T14:03:25"),
)
CROWD = replace(
    FALL,
    rule="over_capacity",
    kind="facility",
    severity="urgent",
    number=418,
    title={"zh": "超过核定容量", "en": "Over capacity"},
    why={"zh": "在场人数36，核定容量30", "en": "36 present, capacity 30"},
    place_id="F-hall",
    room="门口",
)
BATTERY = replace(
    FALL,
    rule="battery_low",
    kind="device",
    severity="notice",
    number=12345,
    title={"zh": "电量低", "en": "Battery low"},
    why={"zh": "剩余电量12%", "en": "12 % left"},
    room="卧室",
)
SAID = {  # as the rules say it: the sentence itself tells when and in which room
    "zh": "14:01 卫生间报警，可信度 93%，之后2分钟未见活动",
    "en": "14:01 卫生间 reported a fall, confidence 93%; no movement for 2 min since",
}
CONFIRMED = replace(
    FALL, why=SAID, title={"zh": "疑似跌倒后未见活动", "en": "No movement after a possible fall"}
)
SILENCE = replace(
    FALL,
    rule="no_activity",
    severity="urgent",
    title={"zh": "久未活动", "en": "No activity by day"},
    why={
        "zh": "最后一次活动 09:12，07:00–21:00 内已有4小时未见活动",
        "en": "last activity at 09:12; none for 4 h within 07:00–21:00",
    },
    room="",
)
NEVER = {
    "zh": "07:00–21:00 内已有4小时未见活动，此前没有活动记录",
    "en": "no activity for 4 h within 07:00–21:00; none on record before",
}
CASES: dict[str, tuple[AlertFacts, PlaceFacts | None]] = {
    "fall": (FALL, HOME),
    "fall_escalated": (replace(FALL, rung=2), HOME),
    "fall_late": (replace(FALL, raised_at=at("2025-11-23T14:38:21")), HOME),
    "fall_late_next_day": (replace(FALL, raised_at=at("2025-11-24T00:10:00")), HOME),
    "fall_not_recorded": (replace(FALL, number=0, recorded=False), HOME),
    "fall_unregistered_place": (FALL, None),
    "confirmed": (CONFIRMED, HOME),
    "confirmed_escalated": (replace(CONFIRMED, rung=1), HOME),
    "confirmed_late_next_day": (replace(CONFIRMED, raised_at=at("2025-11-24T00:10:00")), HOME),
    "no_activity": (SILENCE, HOME),
    "no_activity_ever": (replace(SILENCE, why=NEVER), HOME),
    "over_capacity": (CROWD, HALL),
    "battery_low": (BATTERY, HOME),
    "no_room_no_evidence": (replace(FALL, room="", why={}), HOME),
    "everything_too_long": (
        replace(FALL, why={"zh": "长" * 60, "en": "long " * 12}, room="东南角的储藏室", rung=1),
        replace(HOME, address="深南大道东延长段与红荔路交叉口以北三百米处三号楼二单元一二〇一室"),
    ),
}


def spoken(message: AlertMessage) -> str:
    lines = [message.text["zh"], message.text["en"]]
    lines += [message.why.get("en", "")]
    lines += [f"{message.who[language]} | {message.where[language]}" for language in ("zh", "en")]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_golden_words(case: str) -> None:
    alert, place = CASES[case]
    golden = GOLDEN / f"{case}.txt"
    text = spoken(compose(alert, place, zone=ZONE))
    if os.environ.get("CAREHUB_GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_sentence_of_the_field() -> None:
    assert outside_text(FALL, HOME, zone=ZONE)["zh"] == (
        "紧急：疑似跌倒。莲花社区3栋1201王女士，14:03卫生间报警，之后2分钟未见活动。警情0417，请接警"
    )


def test_the_place_may_be_kept_to_the_neighbourhood() -> None:
    texts = outside_text(FALL, HOME, zone=ZONE, outside="neighbourhood")
    assert texts["zh"].startswith("紧急：疑似跌倒。莲花二村一住户，14:03")
    for text in texts.values():
        assert "王" not in text
        assert "1201" not in text


def test_a_message_carries_the_facts_and_its_age() -> None:
    message = compose(replace(FALL, raised_at=FALL.active_at + 90_000), HOME, zone=ZONE)
    assert (message.id, message.number, message.rule, message.late_ms) == (
        "5f0c",
        417,
        "fall_confirmed",
        90_000,
    )
    assert message.todo == FALL.todo
    assert "迟到1分钟" in message.text["zh"]
    assert compose(replace(FALL, raised_at=0), HOME, zone=ZONE).late_ms == 0


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("王女士", "王女士", "Ms 王"),
        ("陈伯伯", "陈伯伯", "Uncle 陈"),
        ("欧阳奶奶", "欧阳奶奶", "Grandma 欧阳"),
        ("王秀英奶奶", "王奶奶", "Grandma 王"),
        ("王秀英", "王姓长者", "elder 王"),
        ("陈静", "陈姓长者", "elder 陈"),
        ("阿珍", "阿珍", "阿珍"),
        ("阿婆", "阿婆", "阿婆"),
        ("Mrs Mary Wong", "Mrs Wong", "Mrs Wong"),
        ("Mary Wong", "长者", "the resident"),
        ("王女士（糖尿病）", "王女士", "Ms 王"),
    ],
)
def test_only_the_form_of_address_goes_out(name: str, zh: str, en: str) -> None:
    assert form_of_address(name) == (zh, en)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("3栋1201", "3栋1201"),
        ("3栋1201（密码8842）", "3栋1201"),
        ("3栋1201，钥匙在岗亭", "3栋1201"),
        ("3栋1201 138-0000-0001", "3栋1201 …"),
        ("12-3-1201 0755-83000000", "12-3-1201 …"),
        ("Block 3, key under the mat", "Block 3"),
        ("Monkey Lane 12", "Monkey Lane 12"),
    ],
)
def test_addresses_lose_codes_keys_and_phones(text: str, kept: str) -> None:
    assert discreet(text) == kept


words = st.text("王跌倒长者,，。；报警3栋 ", max_size=80)


alerts = st.builds(
    replace,
    st.just(FALL),
    title=words.map(lambda text: {"zh": text}),
    why=words.map(lambda text: {"zh": text}),
    room=words,
    number=st.integers(0, 10**7),
    count=st.integers(1, 10**6),
    rung=st.integers(0, 20),
    raised_at=st.integers(0, 10**10).map(lambda late: FALL.active_at + late),
    recorded=st.booleans(),
)
places = st.builds(
    PlaceFacts,
    kind=st.sampled_from(["home", "facility"]),
    path=st.text("区街/道", max_size=60),
    name=words,
    address=words,
)


@given(alerts, places)
def test_the_chinese_sentence_always_fits_one_sms(alert: AlertFacts, place: PlaceFacts) -> None:
    text = outside_text(alert, place, zone=ZONE)["zh"]
    assert len(text) <= 69
    assert text.endswith("请接警")
    if alert.number:
        assert f"警情{alert.number:04d}" in text
