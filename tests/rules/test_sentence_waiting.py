"""What a rule waits for, in words: each kind of condition, every rule of the library, in both languages."""

from __future__ import annotations

import re

import msgspec
import pytest

from gateway.rulebook.load import load_rules
from rules.rule import Rule
from rules.sentences.waiting import waits_for

LIBRARY = {rule.id: rule for rule in load_rules()}


def waiting(**when: object) -> tuple[str, str]:
    plain = msgspec.to_builtins(LIBRARY["sos"]) | {
        "when": {name.rstrip("_"): part for name, part in when.items()}
    }
    words = waits_for(msgspec.convert(plain, Rule))
    return words.zh, words.en


@pytest.mark.parametrize("rule", LIBRARY.values(), ids=lambda rule: rule.id)
def test_every_rule_of_the_library_is_told_without_a_word_of_the_code(rule: Rule) -> None:
    words = waits_for(rule)
    assert not re.search(r"[a-z]+_[a-z]+|\bNone\b|\{|\}", words.zh + words.en)
    assert not re.search("[\u4e00-\u9fff，。；（）]", words.en), words.en
    assert words.en[0].isupper() or words.en[0].isdigit()
    assert words.zh.endswith("。")
    assert words.en.endswith(".")


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        ({"event": {"type": "fall", "min_confidence": 0.5}}, "疑似跌倒，置信度至少 50%。", "Possible fall, at least 50% sure."),
        (
            {"level": {"metric": "temperature", "below": 12, "for_s": 7200}},
            "温度低于 12℃，持续2小时。", "Temperature below 12℃ for 2 h.",
        ),
        (
            {"level": {"metric": "occupancy", "above": "capacity", "total": True}},
            "在场人数超过核定容量。", "People present above the capacity.",
        ),
        (
            {"rate": {"metric": "temperature", "below": -5, "over_s": 3600}},
            "60分钟内温度每小时下降超过 5℃。", "Temperature falls by more than 5℃ an hour within 60 min.",
        ),
        (
            {"presence": {"is": ["out", "presumed_out"], "for_s": 3600}},
            "已外出、推断已外出，持续60分钟。", "The person is out or presumed out for 60 min.",
        ),
        (
            {"sequence": {"within_s": 120, "first_metric": {"metric": "contact", "equals": 0}, "then_no": ["motion"]}},
            "门打开，之后2分钟没有任何活动。", "Door opened, and no activity for 2 min after it.",
        ),
        (
            {"not_": {"level": {"metric": "presence", "equals": 1}}},
            "没有这样：有人。", "It is not so that: somebody present.",
        ),
        (
            {"all_": {"of": [
                {"level": {"metric": "contact", "equals": 0}},
                {"during": {"from_time": "22:00", "to_time": "06:00", "days": "workdays"}},
            ]}},
            "门打开，同时在工作日 22:00–06:00 之间。", "Door opened while between 22:00 and 06:00 on working days.",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_condition_in_words(when: dict[str, object], zh: str, en: str) -> None:
    assert waiting(**when) == (zh, en)
