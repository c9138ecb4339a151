"""A case file with a mistake in it: what the writer is told, and where."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from case_rules import RULES

from gateway.mistakes import FileMistakes, Mistake
from gateway.rulebook.cases import Case, load_cases, read_cases
from gateway.rulebook.comparing import judge
from gateway.rulebook.story import STATES
from rules.vocabulary import EVENTS, METRICS

GOOD = """\
- case: 门开着十分钟报一次
  rule: door_left_open
  start: 2026-03-02 08:00
  home: {door: contact 入户门, pir: motion 客厅}
  story:
    - {at: "08:10", door: open}
  until: "12:00"
  alerts:
    - {rule: door_left_open, at: "08:20", subject: door}
"""
LINE = '{at: "08:10", door: open}'


def complaints(text: str) -> list[str]:
    with pytest.raises(FileMistakes) as caught:
        read_cases(text, source="c.yaml", rules=RULES)
    return str(caught.value).splitlines()


def read(text: str) -> Case:
    (case,) = read_cases(text, source="c.yaml", rules=RULES)
    return case


MISTAKES = {
    "an unknown key": (
        ("until", "untill"),
        "7:3: Object contains unknown field `untill`; did you mean 'until'?",
    ),
    "an unknown rule": (
        ("rule: door_left_open\n", "rule: door_left_opn\n"),
        "2:9: there is no rule 'door_left_opn'; did you mean 'door_left_open'?",
    ),
    "a rule that is not loaded": (
        ("{rule: door_left_open", "{rule: fall"),
        "9:14: rule 'fall' is not loaded here; add it to `rule`, or leave `rule` out",
    ),
    "an unknown zone": (
        ("  start", "  zone: Asia/Shenzhen\n  start"),
        "3:9: 'Asia/Shenzhen' is no time zone; write one like Asia/Shanghai",
    ),
    "a start without a date": (
        ("2026-03-02 08:00", "08:00"),
        "3:10: '08:00' is no date with a time; write 2026-03-02 08:00",
    ),
    "a day that is none": (
        ("2026-03-02 08:00", "2026-02-30 08:00"),
        "3:10: '2026-02-30 08:00' is no date with a time: day is out of range for month",
    ),
    "an unknown device": (
        ("door: open", "dor: open"),
        "6:21: there is no device 'dor'; did you mean 'door'?",
    ),
    "an unknown word": (("door: open", "door: opn"), "6:27: unknown word 'opn'; did you mean 'open'?"),
    "an unknown metric": (("door: open", "door: {contat: 0}"), "did you mean 'contact'?"),
    "an unknown event": (("door: open", "door: {event: fal}"), "did you mean 'fall'?"),
    "true for 1": (
        ("door: open", "door: {contact: true}"),
        "6:37: must be a number or a text; write 1 for true and 0 for false",
    ),
    "an unknown kind of device": (("motion 客厅", "motoin 客厅"), "did you mean 'motion'?"),
    "a device with a word's name": (
        ("pir: motion", "hub: motion"),
        "4:34: 'hub' means something else in a story; give the device another name",
    ),
    "no time": (('at: "08:10", ', ""), "6:7: needs a time: at, or from, to and every"),
    "a time that is none": (
        ('"08:10"', '"8 Uhr"'),
        "6:12: '8 Uhr' is no time; write 08:10, 08:10:30, +1d 07:00 or ",
    ),
    "a minute that is none": (('"08:10"', '"08:70"'), "6:12: '08:70' is no time: minute must be in 0..59"),
    "a time before the start": (
        ('"08:10"', '"07:10"'),
        "6:12: '07:10' is before the start, 08:00; the next day is written +1d 07:00",
    ),
    "a time the clocks leave out": (
        ("  start: 2026-03-02 08:00", "  zone: Europe/Berlin\n  start: 2026-03-29 02:30"),
        "4:10: '2026-03-29 02:30' does not exist in Europe/Berlin",
    ),
    "a repetition without an end": (
        ('at: "08:10"', "from: 08:10, every: 10m"),
        "6:7: needs a time: at, or from, to and every",
    ),
    "a repetition without a unit": (
        ('at: "08:10"', "from: 08:10, to: 09:10, every: 10"),
        "6:39: '10' is no length of time; write 30s, 10m, 2h or 1d",
    ),
    "too many repetitions": (
        ('at: "08:10"', "from: 08:10, to: +30d 09:10, every: 1s"),
        "6:25: must lie after from, and allow for at most 20000 repetitions",
    ),
    "nothing happens": (
        (LINE, "{at: 08:10}"),
        "6:7: says when, but not what; name a device, hub, mode, accept or close",
    ),
    "kept without the hub": (
        (LINE, "{at: 08:10, kept: false, door: open}"),
        "6:19: kept goes with hub: up only",
    ),
    "seen in the future": (
        (LINE, "{at: 08:10, seen: 08:11, door: open}"),
        "6:25: must not lie after the time it arrives",
    ),
    "a hub that is tired": ((LINE, "{at: 08:10, hub: tired}"), "6:24: the hub is down or up"),
    "an unknown mode": (
        (LINE, "{at: 08:10, mode: awya}"),
        "maintenance, none; did you mean 'away'?",
    ),
    "a mode that ends before it begins": (
        (LINE, "{at: 08:10, mode: away, until: 08:05}"),
        "6:38: must lie after the mode's beginning",
    ),
    "an end before the story's": (
        ('until: "12:00"', 'until: "08:15"'),
        "7:10: the case goes on until 08:20 at least; give a later end",
    ),
    "a slip in the year": (
        ('until: "12:00"', 'until: "2062-03-02 12:00"'),
        "7:10: the case would last until +13149d 12:00; at most 400 days are told",
    ),
    "a tolerance without a unit": (
        ("subject: door", 'within: "5"'),
        "9:51: '5' is no length of time; write 30s, 10m, 2h or 1d",
    ),
    "held back, under alerts": (
        ("subject: door", "by: mode:away"),
        "9:47: what is held back stands under `held`, not under `alerts`",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_a_remedy(name: str) -> None:
    (right, wrong), expected = MISTAKES[name]
    assert right in GOOD
    (told,) = complaints(GOOD.replace(right, wrong, 1))
    assert expected in told
    assert told.startswith("c.yaml:")


def test_every_mistake_of_a_story_is_named() -> None:
    text = GOOD.replace(LINE, '{at: "08:70", door: open}\n    - {at: "08:11", dor: open}').replace(
        '"08:20"', '"07:20"'
    )
    assert [line[:12] for line in complaints(text)] == ["c.yaml:6:12:", "c.yaml:7:21:", "c.yaml:10:34"]


@pytest.mark.parametrize(("text", "told"), [("", "must be a list of cases"), ("[]", "holds no case")])
def test_a_file_without_cases_is_told_what_one_looks_like(text: str, told: str) -> None:
    assert complaints(text)[0].startswith(f"c.yaml:1:1: {told}")


def test_a_mode_needs_a_home() -> None:
    text = GOOD.replace("home: {", "facility: {").replace(LINE, "{at: 08:10, mode: away}")
    assert complaints(text) == ["c.yaml:6:25: a mode is a home's; this case has none"]


def test_a_radio_gateway_only_comes_and_goes() -> None:
    text = GOOD.replace("door: contact 入户门", "door: {kind: contact, via: gw}").replace(
        "door: open", "gw: open"
    )
    assert complaints(text) == [
        "c.yaml:6:25: 'gw' is a radio gateway: it can be offline, online, dead, alive"
    ]


def test_times_are_those_of_the_case() -> None:
    case = read(GOOD.replace("  start", "  zone: Europe/Berlin\n  start").replace('"12:00"', "+27d 12:00"))
    berlin = ZoneInfo("Europe/Berlin")
    assert case.acts[0].at == datetime(2026, 3, 2, 8, 10, tzinfo=berlin).timestamp() * 1000
    assert case.until == datetime(2026, 3, 29, 12, 0, tzinfo=berlin).timestamp() * 1000, (
        "the clocks went forward"
    )
    assert case.clock.text(case.until) == "+27d 12:00"


def test_lines_are_sorted_by_time_and_repeated_with_both_ends() -> None:
    case = read(
        GOOD.replace(LINE, "{at: 09:00, door: open}\n    - {from: 08:30, to: 09:30, every: 30m, pir: moving}")
    )
    assert [(case.clock.text(act.at), act.device) for act in case.acts if hasattr(act, "device")] == [
        ("08:30", "pir"),
        ("09:00", "door"),
        ("09:00", "pir"),
        ("09:30", "pir"),
    ]


def test_a_case_goes_on_for_an_hour_after_the_last_that_is_named() -> None:
    case = read(GOOD.replace('  until: "12:00"\n', ""))
    assert case.clock.text(case.until) == "09:20"


def test_holidays_are_the_mainlands_unless_the_case_says_otherwise() -> None:
    assert read(GOOD).definition.calendar == "cn"
    assert read(GOOD.replace("  start", "  calendar: none\n  start")).definition.calendar == "none"


def test_names_may_be_chinese() -> None:
    case = read(
        GOOD.replace("door: contact", "大门: contact")
        .replace("door: open", "大门: open")
        .replace("subject: door", "subject: 大门")
    )
    assert "大门" in {device.id for device in case.definition.devices}


def test_words_mean_metrics_that_there_are() -> None:
    assert {metric for metric, _ in STATES.values()} <= set(METRICS)
    assert not STATES.keys() & EVENTS.keys()


def test_folders_are_read_in_order_and_all_their_mistakes_told(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    assert [Path(case.source).name for case in load_cases([tmp_path], RULES)] == ["a.yaml", "b.yaml"]
    (tmp_path / "a.yaml").write_text(GOOD.replace("until", "untill"), encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileMistakes) as caught:
        load_cases([tmp_path, empty, tmp_path / "gone.yaml"], RULES)
    assert [mistake.what.split(";")[0] for mistake in caught.value.mistakes] == [
        "Object contains unknown field `untill`",
        "no *.yaml file in this folder",
        "cannot be read: No such file or directory",
    ]


EVERYTHING = """\
- case: 例
  rule: [door_left_open, fall]
  zone: Asia/Shanghai
  start: 2026-03-02 08:00
  home: {door: contact 入户门, pir: {kind: motion, room: 客厅, via: gw, heartbeat: 5m}}
  facility: {counter: counter}
  capacity: 30
  story:
    - {at: 08:10, seen: 08:09, retained: false, door: {contact: 0, battery: 80}}
    - {at: 08:11, pir: {event: fall, confidence: 0.5}}
    - {from: 08:20, to: 08:40, every: 10m, pir: moving}
    - {at: 08:21, gw: offline}
    - {at: 08:22, hub: down}
    - {at: 08:25, hub: up, kept: true}
    - {at: 08:26, mode: away, until: 09:00}
    - {at: 08:27, accept: fall}
  until: 12:00
  alerts:
    - {rule: fall, at: 08:11, subject: pir, ends: never, within: 1s, severity: critical, says: 跌倒}
  held:
    - {rule: door_left_open, at: 08:20, by: mode:away}
"""
ODD = (
    "",
    "null",
    "true",
    "-1",
    "1.0e999",
    "9" * 400,
    "[]",
    "{}",
    "[[1]]",
    "{1: 2}",
    "{a: {b: c}}",
    "0001-01-01 00:00",
    "9999-12-31 23:59",
    "+999d 23:59",
    "999999d",
    "'\\\\d('",
    "door",
    "at",
    "none",
    "fall",
    "hub",
    "x" * 200,
)
SCALARS = [found.span() for found in re.finditer(r"(?<=: )[^\s{}\[\],][^{}\[\],\n]*|\w+(?=: )", EVERYTHING)]


@pytest.mark.parametrize("odd", ODD)
def test_whatever_stands_in_a_file_it_is_read_or_its_mistakes_are_told(odd: str) -> None:
    for begin, end in SCALARS:
        text = EVERYTHING[:begin] + odd + EVERYTHING[end:]
        cases, mistakes = cases_or_mistakes(text)
        assert cases or mistakes
        assert all(1 <= mistake.line <= text.count("\n") + 1 for mistake in mistakes), text
        for case in cases:
            judge(case)


def cases_or_mistakes(text: str) -> tuple[list[Case], list[Mistake]]:
    try:
        return read_cases(text, source="c.yaml", rules=RULES), []
    except FileMistakes as error:
        return [], error.mistakes


def test_the_file_that_says_everything_is_right() -> None:
    assert len(SCALARS) > 70
    (case,) = read_cases(EVERYTHING, source="c.yaml", rules=RULES)
    assert [type(act).__name__ for act in case.acts] == [
        "Says",
        "Happens",
        "Says",
        "Turns",
        "HubTurns",
        "HubTurns",
        "SetsMode",
        "Handles",
        "Says",
        "Says",
    ]
