"""A case lived through: what the hub hears of a story, and what is said of a case that does not come out as it must."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from case_rules import RULES
from typer.testing import CliRunner

from gateway.cli import app
from gateway.engine.engine import Decided
from gateway.rulebook.case_report import as_json, lines_of
from gateway.rulebook.cases import read_cases
from gateway.rulebook.comparing import Verdict, judge
from gateway.rulebook.trial import Trial
from rules.effects import Again, Change


def tried(story: str, *, rule: str = "door_left_open", until: str = "14:00", more: str = "") -> Verdict:
    lines = "".join(f"    - {{{line.strip()}}}\n" for line in story.strip().splitlines())
    text = f"- case: 例\n  rule: {rule}\n  start: 2026-03-02 08:00\n  until: {until}\n{more}  story:\n{lines}"
    (case,) = read_cases(text, source="c.yaml", rules=RULES)
    return judge(case)


def came(verdict: Verdict) -> list[str]:
    clock = verdict.case.clock
    return [
        f"{one.effect.rule} {one.effect.subject} {clock.text(one.effect.active_at)}"
        + (f" to {clock.text(one.ended)}" if one.ended else "")
        for one in verdict.came
    ]


def test_what_the_broker_kept_is_read_when_the_hub_is_back() -> None:
    told = "at: 09:50, door: open \n at: 09:55, hub: down \n at: 09:58, door: closed \n at: 10:15, hub: up"
    assert came(tried(told)) == []


def test_what_it_did_not_keep_the_devices_say_with_their_next_report() -> None:
    told = "at: 09:50, door: open \n at: 09:55, hub: down \n at: 10:05, door: closed \n at: 10:12, hub: up, kept: false"
    (alert,) = came(tried(told))
    assert alert.startswith("door_left_open door 10:")
    assert alert.endswith(" to 10:20"), "the door's next report is due then, and says closed"


def test_the_same_loss_kept_ends_when_the_door_was_closed() -> None:
    told = "at: 09:50, door: open \n at: 09:55, hub: down \n at: 10:05, door: closed \n at: 10:12, hub: up"
    assert came(tried(told)) == ["door_left_open door 10:00 to 10:05"]


def test_a_device_that_dies_is_last_heard_then() -> None:
    assert came(tried("at: 10:03, door: dead \n at: 11:00, door: alive", rule="device_silent")) == [
        "device_silent door 10:33 to 11:00"
    ]


def test_a_device_that_signs_off_is_missed_sooner() -> None:
    assert came(tried("at: 10:03, door: offline \n at: 11:00, door: online", rule="device_silent")) == [
        "device_silent door 10:08 to 11:00"
    ]


def test_a_dead_device_is_not_heard() -> None:
    assert came(tried("at: 08:59, pendant: dead \n at: 09:00, pendant: fall", rule="fall")) == []


BEHIND = "  home: {door: {kind: contact, room: 入户门, via: gw}, pir: motion 客厅}\n"


@pytest.mark.parametrize("off", ["offline", "dead"])
def test_a_radio_gateway_takes_its_devices_with_it(off: str) -> None:
    told = f"at: 09:00, gw: {off} \n at: 09:10, door: open \n at: 13:00, gw: alive"
    assert came(tried(told, more=BEHIND)) == []
    assert came(tried("at: 09:10, door: open", more=BEHIND)) == ["door_left_open door 09:20"]


def test_devices_behind_a_radio_gateway_that_signed_off_are_not_called_silent() -> None:
    assert (
        came(tried("at: 09:00, gw: offline \n at: 12:00, gw: online", rule="device_silent", more=BEHIND))
        == []
    )
    assert came(tried("at: 09:00, gw: dead", rule="device_silent", more=BEHIND)) == [
        "device_silent door 09:30"
    ]


def test_a_radio_gateway_with_a_place_of_its_own_is_heard_in_both() -> None:
    more = BEHIND + "  facility: {gw: {kind: gateway, heartbeat: 60s}}\n"
    told = "at: 09:00, gw: offline \n at: 09:30, gw: online"
    assert came(tried(told, rule="[gateway_lost, device_silent]", more=more)) == [
        "gateway_lost gw 09:01 to 09:30"
    ]


def test_a_late_reading_is_history() -> None:
    told = "at: 09:00, door: open \n at: 09:05, seen: 08:55, door: closed"
    assert came(tried(told)) == ["door_left_open door 09:10"]


def test_a_replayed_event_is_no_news() -> None:
    assert came(tried("at: 09:00, retained: true, pendant: fall", rule="fall")) == []
    assert came(tried("at: 09:00, pendant: fall", rule="fall")) == ["fall pendant 09:00"]


def test_the_confidence_of_an_event_is_told() -> None:
    verdict = tried("at: 09:00, pendant: {event: fall, confidence: 0.6}", rule="fall")
    assert "60%" in "\n".join(lines_of(verdict))


def test_background_reports_carry_what_was_said_and_never_movement() -> None:
    story = "at: 08:30, door: closed \n at: 08:30, living: moving"
    verdict = tried(story, rule="no_activity")
    assert came(verdict) == ["no_activity home 12:30"], "four hours after the last movement that was told"


def test_a_mode_is_a_command_of_the_home() -> None:
    told = "at: 08:05, mode: away, until: +2d 12:00 \n at: 09:00, door: open"
    (held,) = tried(told).came
    assert getattr(held.effect, "by", "") == "mode:away"
    (alert,) = tried(told + "\n at: 08:50, mode: none").came
    assert not hasattr(alert.effect, "by")


HOLD = "  held:\n    - {rule: door_left_open, at: 09:10, by: %s}\n"


def test_what_a_mode_holds_back_is_awaited_under_held() -> None:
    told = "at: 08:05, mode: away \n at: 09:00, door: open"
    assert tried(told, more=HOLD % "mode:away").passed
    assert [differs for *_, differs in tried(told, more=HOLD % "mode:cleaning").otherwise] == [
        "by: mode:away"
    ]
    assert not tried(
        told, more=(HOLD % "mode:away").replace("held", "alerts").replace(", by: mode:away", "")
    ).passed


def test_people_handle_what_has_come_and_nothing_else() -> None:
    told = "at: 09:00, door: open \n at: 09:20, accept: door_left_open \n at: 09:25, close: door_left_open"
    assert tried(told).refused == ()
    early = tried("at: 09:00, door: open \n at: 09:05, accept: door_left_open")
    assert early.refused == ("09:05 accept: door_left_open",)
    assert not early.passed
    assert tried("at: 09:00, hub: up").refused == ("09:00 hub: up",)
    assert tried("at: 09:00, hub: down \n at: 09:05, mode: away").refused == ("09:05 mode",)


AWAITED = "  alerts:\n    - {rule: door_left_open, at: %s}\n"


@pytest.mark.parametrize(
    ("awaited", "differs"),
    [
        ("09:10", ""),
        ("09:10, ends: 09:30", ""),
        ("09:10, ends: never", "ends: 09:30"),
        ("09:10, ends: 09:31", "ends: 09:30"),
        ("09:11, ends: 09:31, within: 1m", ""),
        ("09:10, severity: notice", ""),
        ("09:10, severity: urgent", "severity: notice"),
        ("09:10, count: 1", ""),
        ("09:10, count: 2", "count: 1"),
        ("09:10, says: 10分钟后仍未关", ""),
        ("09:10, says: 11分钟", "says: 09:00 入户门打开，10分钟后仍未关 · "),
    ],
)
def test_an_alert_is_held_to_what_the_case_says_of_it(awaited: str, differs: str) -> None:
    verdict = tried("at: 09:00, door: open \n at: 09:30, door: closed", more=AWAITED % awaited)
    assert not verdict.missing
    assert not verdict.unexpected
    if differs:
        assert verdict.otherwise[0][2].startswith(differs)
    assert verdict.passed is (not differs)


@pytest.mark.parametrize("awaited", ["09:11", "09:10, subject: living"])
def test_one_that_comes_otherwise_is_missing_and_unexpected(awaited: str) -> None:
    verdict = tried("at: 09:00, door: open", more=AWAITED % awaited)
    assert [len(verdict.missing), len(verdict.unexpected)] == [1, 1]
    text = "\n".join(lines_of(verdict))
    assert "✗ 例" in text
    assert "没有出现 missing     door_left_open 09:1" in text
    assert "不应出现 unexpected  door_left_open 09:10 door" in text
    assert "09:00 入户门打开，10分钟后仍未关" in text, "why it came"


def test_what_comes_again_counts_on_its_alert_and_severity_is_the_last() -> None:
    verdict = tried("at: 09:00, door: open \n at: 09:30, door: closed")
    trial = Trial(verdict.case)
    (one,) = trial.run()
    alert = one.effect.alert
    for effect in (Again(alert, one.ended + 1, 2), Change(alert, one.ended + 2, "urgent", "unattended")):
        trial._note(Decided(99, effect, trial._engine.world))
    assert [one.count, one.ended, one.severity] == [2, 0, "urgent"]
    again = Verdict(verdict.case, (one,), (), (one,), (), ())
    assert "door_left_open 09:10 door ×2" in "\n".join(lines_of(again))


def test_two_alerts_of_one_rule_need_two_that_are_awaited() -> None:
    story = "at: 09:00, pendant: fall \n at: 09:00, toilet: fall"
    one = "  alerts:\n    - {rule: fall, at: 09:00}\n"
    assert len(tried(story, rule="fall", more=one).unexpected) == 1
    assert tried(story, rule="fall", more=one + "    - {rule: fall, at: 09:00, subject: pendant}\n").passed


def test_a_verdict_is_plain_data() -> None:
    verdict = tried("at: 09:00, door: open", more=AWAITED % "09:11")
    told = json.loads(json.dumps(as_json(verdict)))
    assert [told["passed"], len(told["missing"]), told["unexpected"][0]["rule"]] == [
        False,
        1,
        "door_left_open",
    ]
    assert told["came"][0]["why"]["en"].startswith("09:00")


def test_a_condition_that_leaves_its_deadline_unsettled_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = read_cases(
        "- {case: 例, rule: door_left_open, start: 2026-03-02 08:00, story: [{at: 09:00, door: open}]}",
        source="c.yaml",
        rules=RULES,
    )
    trial = Trial(case)
    monkeypatch.setattr(trial._engine, "next_wake", lambda: case.clock.start)
    with pytest.raises(RuntimeError, match="unsettled"):
        trial.run()


GOOD = "- {case: 例, rule: door_left_open, start: 2026-03-02 08:00, story: [{at: 09:00, door: open}], alerts: [%s]}\n"


def test_the_command_says_what_passed_and_ends_accordingly(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    run = CliRunner().invoke
    file.write_text(GOOD % "{rule: door_left_open, at: 09:10}", encoding="utf-8")
    done = run(app, ["rules", "test", str(tmp_path)])
    assert [done.exit_code, done.stdout] == [0, ""]
    assert "✓ 例" in done.stderr
    file.write_text(GOOD % "", encoding="utf-8")
    done = run(app, ["rules", "test", str(file), "--json"])
    assert done.exit_code == 1
    assert [json.loads(done.stdout)[key] for key in ("passed", "failed")] == [0, 1]
    file.write_text(GOOD % "{rule: door, at: 09:10}", encoding="utf-8")
    done = run(app, ["rules", "test", str(file)])
    assert done.exit_code == 2
    assert f"{file}:1:" in done.stderr


def test_the_command_tries_a_folder_of_rules_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text(
        "- {id: mine, kind: care, severity: notice, title: {zh: 门, en: Door}, todo: {zh: [关], en: [Close]},"
        " when: {level: {metric: contact, equals: 0, for_s: 60}}}",
        encoding="utf-8",
    )
    case = tmp_path / "case.yaml"
    case.write_text(
        (GOOD % "{rule: mine, at: 09:01}").replace("rule: door_left_open, start", "start"), encoding="utf-8"
    )
    done = CliRunner().invoke(app, ["rules", "test", str(case), "--rules", str(tmp_path / "rules")])
    assert done.exit_code == 0, done.stderr
