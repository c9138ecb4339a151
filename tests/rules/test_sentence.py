"""Why an alert was raised, read aloud: what every rule of the library says in its cases, in both languages."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from story import Story, built_in, rule

from gateway.rulebook.cases import Case, load_cases
from gateway.rulebook.comparing import judge, sentence
from gateway.rulebook.load import load_rules
from rules.rule import Words
from rules.sentences import duration, why

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "words" / "rules.txt"
ZONE = ZoneInfo("Asia/Shanghai")
FORBIDDEN = ("老人", "失联", "痴呆", "隔离")


def read_aloud(cases: list[Case]) -> str:
    """Each rule with every sentence it says in the cases, Chinese and English."""
    said: dict[str, dict[str, None]] = {}
    for case in cases:
        for came in judge(case).came:
            words = sentence(case, came)
            said.setdefault(came.effect.rule, {})[f"  {words.zh}\n  {words.en}\n"] = None
    return "".join(f"{rule}\n{''.join(sentences)}" for rule, sentences in sorted(said.items()))


def test_what_the_library_says_in_its_cases() -> None:
    text = read_aloud(load_cases([ROOT / "tests" / "cases"], load_rules()))
    if os.environ.get("CAREHUB_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "read it aloud, then CAREHUB_GOLDEN=write"


def test_every_rule_of_the_library_is_read_aloud() -> None:
    read = {line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith(" ")}
    assert {rule.id for rule in load_rules()} == read


def test_the_sentences_keep_to_the_words_of_the_field() -> None:
    text = GOLDEN.read_text(encoding="utf-8")
    assert not [word for word in FORBIDDEN if word in text]


@pytest.mark.parametrize("rule_id", [rule.id for rule in load_rules()])
def test_the_words_of_the_library_are_the_fields(rule_id: str) -> None:
    given = built_in(rule_id)
    assert len(given.title.zh) <= 14, "stands in the first line of a phone"
    for text in (given.title.zh, *given.todo.zh):
        assert not [word for word in FORBIDDEN if word in text]
        assert len(text) <= 26, "read on a phone, at night"


def test_an_absence_with_nothing_before_it() -> None:
    story = Story(rule("absence: {of: [motion], for_s: 3600}"))
    story.heartbeat = ("pir",)
    assert why(story.at("10:00").alerts[0].evidence, "", ZONE) == Words(
        "已有60分钟未见活动，此前没有活动记录", "no activity for 60 min, none on record before"
    )


def test_times_are_those_of_the_place() -> None:
    story = Story(built_in("fall")).at("08:10").event("pendant")
    assert why(story.alerts[0].evidence, "", ZoneInfo("Europe/Berlin")).zh == "01:10 疑似跌倒"


def test_rooms_are_named_in_the_readers_language() -> None:
    story = Story(built_in("fall")).at("08:10").event("pendant", confidence=0.93)
    assert why(story.alerts[0].evidence, "卫生间", ZONE, room_en="bathroom") == Words(
        "08:10 卫生间疑似跌倒，可信度 93%", "08:10 possible fall in bathroom, confidence 93%"
    )


def test_a_worn_device_is_in_no_room() -> None:
    story = Story(built_in("fall")).at("08:10").event("pendant", confidence=0.93)
    assert why(story.alerts[0].evidence, "随身", ZONE, room_en="pendant") == Words(
        "08:10 疑似跌倒（随身设备），可信度 93%", "08:10 possible fall (pendant), confidence 93%"
    )
    story = Story(built_in("battery_low")).says("pendant", seen="08:00", battery=14.0)
    assert why(story.alerts[0].evidence, "随身", ZONE, room_en="pendant") == Words(
        "08:00 随身设备电量 14%，低于 15%", "08:00 battery (pendant) 14%, below 15%"
    )


@pytest.mark.parametrize(
    ("room", "english", "said"),
    [
        ("入户门", "front door", "at front door"),
        ("床头", "bedside", "at bedside"),
        ("Bedside", "", "at Bedside"),
        ("卫生间", "bathroom", "in bathroom"),
        ("门厅", "hall", "in hall"),
    ],
)
def test_one_is_at_a_door_and_in_a_room(room: str, english: str, said: str) -> None:
    story = Story(built_in("sos")).at("08:10").event("sos", "sos")
    assert (
        why(story.alerts[0].evidence, room, ZONE, room_en=english).en == f"08:10 call for help pressed {said}"
    )


def test_each_fact_is_told_with_the_room_it_comes_from() -> None:
    rooms = {"pir": Words("客厅", "living room"), "radar": Words("卫生间", "bathroom")}
    story = Story(
        rule("sequence: {first: {type: fall}, then: [motion], within_s: 300}", kinds="radar"), start="08:10"
    )
    story.event("radar").at("08:12").says("pir", seen="08:12", motion=1.0)
    assert why(story.alerts[0].evidence, "卫生间", ZONE, rooms=rooms) == Words(
        "08:10 卫生间疑似跌倒，之后 08:12 客厅有人活动",
        "08:10 possible fall in bathroom; then 08:12 movement in living room",
    )


def test_a_moment_of_another_day_is_said_with_its_date() -> None:
    story = Story(built_in("battery_low"), start="23:50").says("pir", seen="23:50", battery=14.0)
    evidence = story.alerts[0].evidence
    assert why(evidence, "", ZONE, told_at=story.clock("23:51")).zh.startswith("23:50 电量")
    assert why(evidence, "", ZONE, told_at=story.clock("00:01", days=1)) == Words(
        "3月2日 23:50 电量 14%，低于 15%", "2 Mar 23:50 battery 14%, below 15%"
    )


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (45, "45秒", "45 s"),
        (90, "90秒", "90 s"),
        (120, "2分钟", "2 min"),
        (2400, "40分钟", "40 min"),
        (14400, "4小时", "4 h"),
        (9000, "2.5小时", "2.5 h"),
        (691200, "8天", "8 days"),
    ],
)
def test_durations(seconds: float, zh: str, en: str) -> None:
    assert duration(seconds) == Words(zh, en)
