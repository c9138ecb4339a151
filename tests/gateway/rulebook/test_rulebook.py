"""A rule file with a mistake in it: what the writer is told, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mistakes import FileMistakes
from gateway.rulebook.load import load_rules, read_rules
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE, DEVICE_KINDS, METRICS
from rules.when import When

ACTIVITIES = sorted(ACTIVITY_BY_CHANGE | ACTIVITY_BY_VALUE)

GOOD = """\
- id: door
  kind: care
  severity: notice
  when:
    level: {metric: contact, equals: 0}
  title: {zh: 门未关, en: Door open}
  todo: {zh: [关门], en: [Close it]}
"""
LEVEL = "level: {metric: contact, equals: 0}"
ABSENCE = "absence: {of: [motion], for_s: 60, "


def complaint(text: str) -> str:
    with pytest.raises(FileMistakes) as caught:
        read_rules(text, source="r.yaml")
    return str(caught.value)


MISTAKES = {
    "an unknown metric": (
        ("contact,", "contct,"),
        (f"5:21: unknown metric 'contct'; known are: {', '.join(sorted(METRICS))}; did you mean 'contact'?"),
    ),
    "an unknown event": (
        (LEVEL, "event: {type: fal}"),
        "5:19: unknown event 'fal'; known are: fall, leak, smoke, sos, tamper, test; did you mean 'fall'?",
    ),
    "an unknown key": (
        ("equals", "equal"),
        "5:30: Object contains unknown field `equal`; did you mean 'equals'?",
    ),
    "an unknown key of the rule": (
        ("severity", "sevrity"),
        "3:3: Object contains unknown field `sevrity`; did you mean 'severity'?",
    ),
    "a missing key": (("  severity: notice\n", ""), "1:3: Object missing required field `severity`"),
    "a word far from any": (
        ("notice", "high"),
        "3:13: Invalid enum value 'high'; known are: critical, notice, urgent",
    ),
    "an unknown word": (("notice", "noticee"), "3:13: Invalid enum value 'noticee'; did you mean 'notice'?"),
    "an unknown device kind": (
        ("kind: care", "kind: care\n  device_kinds: [motoin]"),
        (f"3:18: unknown device kind 'motoin'; known are: {', '.join(DEVICE_KINDS)}; did you mean 'motion'?"),
    ),
    "two conditions": (
        ("0}\n", "0}\n    event: {type: fall}\n"),
        f"5:5: needs exactly one of: {', '.join(When.__struct_encode_fields__)}",
    ),
    "no condition": ((f"    {LEVEL}\n", ""), "4:8: Expected `object`, got `null`"),
    "two limits": (("equals: 0", "equals: 0, above: 2"), "5:12: needs exactly one of: above, below, equals"),
    "a key given twice": (("kind: care", "kind: care\n  kind: device"), "3:3: 'kind' is given twice"),
    "a tab": (("    level", "\tlevel"), "5:1: not YAML: found character '\\t' that cannot start any token"),
    "text for a number": (("equals: 0", "equals: nought"), "5:38: Expected `float | null`, got `str`"),
    "a unit in a number": (
        ("equals: 0", "equals: 0, for_s: 10 min"),
        "5:48: Expected `int`, got `str`; write the time in seconds, as a whole number",
    ),
    "true for 1": (
        ("equals: 0", "equals: false"),
        "5:38: Expected `float | null`, got `bool`; write 1 for true and 0 for false",
    ),
    "a number for a text": (
        ("zh: 门未关", "zh: 12"),
        '6:15: Expected `str`, got `int`; write it in quotes: "12"',
    ),
    "a time that is none": (
        (LEVEL, ABSENCE + 'to_time: "25:00"}'),
        "5:49: '25:00' is no time of day; write HH:MM, 00:00 to 24:00",
    ),
    "a window too short": (
        (LEVEL, 'absence: {of: [motion], for_s: 7200, from_time: "20:00", to_time: "21:00"}'),
        "5:14: for_s must be positive and fit between from_time and to_time",
    ),
    "presence as activity": (
        (LEVEL, "absence: {of: [presence], for_s: 60}"),
        f"5:20: 'presence' is no activity; activities are: {', '.join(ACTIVITIES)}",
    ),
    "an id with a space": (
        ("id: door", "id: front door"),
        (
            "1:7: Expected `str` matching regex '^[A-Za-z0-9_-]{1,64}$'; "
            "write letters a to z, digits, _ and - only, no blanks, at most 64"
        ),
    ),
    "steps in one language only": (
        ("[关门]", "[关门, 记录]"),
        "7:9: needs one to five steps, as many in Chinese as in English",
    ),
    "code in a tag": (
        ("id: door", "id: !!python/name:os.system x"),
        "1:3: not plain YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
    ),
    "a rule within itself": (
        ("- id: door", "- &a\n  again: *a\n  id: door"),
        "1:3: not plain YAML: found unconstructable recursive node",
    ),
    "a control character": (("门未关", "门\x00"), "6:1: not YAML: special characters are not allowed"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_a_remedy(name: str) -> None:
    (right, wrong), expected = MISTAKES[name]
    assert right in GOOD
    assert complaint(GOOD.replace(right, wrong, 1)).splitlines() == [f"r.yaml:{expected}"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "rules:\n  - id: door\n", "fall"])
def test_what_is_no_list_is_told_what_a_list_looks_like(text: str) -> None:
    assert complaint(text) == "r.yaml:1:1: must be a list of rules, each beginning with '- id:'"


def test_every_mistake_of_a_file_is_named() -> None:
    text = GOOD.replace("contact,", "contct,") + GOOD.replace("notice", "noticee")
    assert [line[:11] for line in complaint(text).splitlines()] == ["r.yaml:5:21", "r.yaml:10:1"]


def test_the_good_one_is_good() -> None:
    assert [(rule.id, line) for rule, line in read_rules("\n" + GOOD, source="r.yaml")] == [("door", 2)]


def test_one_id_may_be_used_once_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("\n" + GOOD, encoding="utf-8")
    with pytest.raises(FileMistakes) as caught:
        load_rules(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/b.yaml:2:7: 'door' stands already in {tmp_path}/a.yaml:1; once is enough"
    )


def test_mistakes_of_all_files_are_named_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(GOOD.encode("gbk"))
    (tmp_path / "b.yaml").write_text("{", encoding="utf-8")
    with pytest.raises(FileMistakes) as caught:
        load_rules(tmp_path)
    first, second = caught.value.mistakes
    assert str(first) == f"{tmp_path}/a.yaml:6:15: not UTF-8: byte 0xc3; save the file as UTF-8"
    assert second.source == f"{tmp_path}/b.yaml"
    assert second.what.startswith("not YAML: ")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert [rule.id for rule in load_rules(tmp_path)] == ["door"]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMistakes, match=r"no \*\.yaml file in this folder; see \[hub\] rules"):
        load_rules(tmp_path)


def test_the_library_keeps_the_rules_that_people_know() -> None:
    known = "fall sos fall_confirmed no_activity door_left_open over_capacity gateway_lost device_silent battery_low"
    assert {rule.id for rule in load_rules()} >= set(known.split())


@pytest.mark.parametrize(
    "text", ["- " + "[" * 3_000 + "]" * 3_000, "- " + "{a: " * 3_000, "- " + "[" * 100_000]
)
def test_brackets_without_end_are_a_mistake_like_any_other(text: str) -> None:
    with pytest.raises(FileMistakes, match="nested hundreds of levels deep"):
        read_rules(text, source="a.yaml")
