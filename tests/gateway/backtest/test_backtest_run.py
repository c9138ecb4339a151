"""A backtest from a file to its figures, with its own processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from backtest_cases import (
    DAY,
    DOOR,
    DOOR_SOONER,
    FALL,
    HOUR,
    MINUTE,
    QUIET,
    SILENT,
    ZONE,
    door,
    over_file,
    rule_set,
    write,
)

from gateway.backtest.asked import BacktestError, Registered
from rules.world import Device, Place


def test_each_rule_is_counted_with_its_alerts(tmp_path: Path) -> None:
    lines = [
        *door("H1", 8 * HOUR, 8 * HOUR + 15 * MINUTE),
        *door("H2", 9 * HOUR, 9 * HOUR + 5 * MINUTE),
        f"{DAY + 10 * HOUR},H2-pendant,event.fall,0.9,H2,pendant,随身",
    ]
    answer = over_file(tmp_path, write(tmp_path, lines), rule_set(DOOR, FALL))
    assert [(a["rule"], a["place"], a["subject"], a["active_at"] - DAY) for a in answer["alerts"]] == [
        ("door_left_open", "H1", "H1-door", 8 * HOUR + 10 * MINUTE),
        ("fall", "H2", "H2-pendant", 10 * HOUR),
    ]
    assert answer["alerts"][0]["ended_at"] == DAY + 8 * HOUR + 15 * MINUTE
    assert answer["rules"]["fall"]["alerts"] == answer["rules"]["door_left_open"]["alerts"] == 1
    watched_days = (15 * MINUTE + HOUR) / (24 * HOUR)  # H1 from its first line to its last, H2 likewise
    assert answer["resident_months"] == pytest.approx(watched_days / 30, abs=0.001)
    assert answer["from"] == "2026-03-01T08:00:00+08:00"


def test_a_changed_rule_says_which_alerts_are_new_moved_or_gone(tmp_path: Path) -> None:
    lines = [
        *door("H1", 8 * HOUR, 8 * HOUR + 15 * MINUTE),
        *door("H1", 9 * HOUR, 9 * HOUR + 7 * MINUTE),
        f"{DAY + 10 * HOUR},H1-pendant,event.fall,0.9,H1,pendant,随身",
    ]
    file = write(tmp_path, lines)
    sooner = over_file(tmp_path, file, rule_set(DOOR_SOONER, FALL), rule_set(DOOR, FALL))
    changes = [(a["rule"], a["change"], a["moved_ms"]) for a in sooner["alerts"]]
    assert changes == [
        ("door_left_open", "moved", -5 * MINUTE),
        ("door_left_open", "new", 0),
        ("fall", "same", 0),
    ]
    without = over_file(tmp_path, file, rule_set(DOOR), rule_set(DOOR, FALL))
    assert [a["rule"] for a in without["gone"]] == ["fall"]
    assert without["rules"]["fall"] | {"longest_silence_s": 0, "per_resident_month": 0} == {
        "alerts": 0, "per_resident_month": 0, "held": 0, "again": 0, "lowered": 0, "floods": 0, "longest_silence_s": 0,
        "same": 0, "moved": 0, "new": 0, "gone": 1,
    }  # fmt: skip


def test_rules_that_both_sets_have_decide_the_same_alone(tmp_path: Path) -> None:
    """What ``fold`` rests on when it judges the current rules only as far as they differ."""
    lines = [*door("H1", 8 * HOUR, 8 * HOUR + 15 * MINUTE), *door("H1", 13 * HOUR, 20 * HOUR)]
    file = write(tmp_path, lines)
    together = over_file(tmp_path, file, rule_set(DOOR, FALL, QUIET, SILENT))
    alone = [over_file(tmp_path, file, rule_set(rule))["alerts"] for rule in (DOOR, FALL, QUIET, SILENT)]
    by_id = {a["id"]: a["active_at"] for alerts in alone for a in alerts}
    assert len(by_id) == 3
    assert {a["id"]: a["active_at"] for a in together["alerts"]} == by_id


def test_late_readings_are_judged_when_they_were_received(tmp_path: Path) -> None:
    """The door's closing was seen at 8:08 and received at 8:30: the hub had to raise at 8:10."""
    header = "observed_at,received_at,device,metric,value,home,kind"
    lines = [
        f"{DAY + 8 * HOUR},,d,contact,0,H1,contact",
        f"{DAY + 8 * HOUR + 8 * MINUTE},{DAY + 8 * HOUR + 30 * MINUTE},d,contact,1,H1,contact",
    ]
    late = over_file(tmp_path, write(tmp_path, lines, header=header), rule_set(DOOR))
    assert [a["active_at"] - DAY for a in late["alerts"]] == [8 * HOUR + 10 * MINUTE]
    in_time = [line.replace(f",{DAY + 8 * HOUR + 30 * MINUTE},", ",,") for line in lines]
    assert over_file(tmp_path, write(tmp_path, in_time, header=header), rule_set(DOOR))["alerts"] == []


def test_a_file_of_changes_calls_no_device_silent_but_one_that_says_it_is_off(tmp_path: Path) -> None:
    lines = [
        *door("H1", 0, 23 * HOUR),
        f"{DAY},H1-pir,motion,1,H1,motion,客厅",
        f"{DAY + HOUR},H1-pir,online,0,H1,motion,客厅",
    ]
    answer = over_file(tmp_path, write(tmp_path, lines), rule_set(SILENT))
    assert answer["heartbeats"] == "unknown"
    assert [(a["subject"], a["active_at"] - DAY) for a in answer["alerts"]] == [("H1-pir", HOUR + 5 * MINUTE)]


def test_registered_heartbeats_are_believed_only_if_the_file_shows_them(tmp_path: Path) -> None:
    beats = [f"{DAY + at},steady,battery,90" for at in range(0, 12 * HOUR, 10 * MINUTE)]
    changes = [f"{DAY + at},rare,contact,1" for at in (0, 3 * HOUR, 9 * HOUR, 15 * HOUR)]
    devices = tuple(Device(name, "s", "H1", "contact", "", 600) for name in ("rare", "steady", "mute"))
    registered = Registered(ZONE, places=(Place("H1", "home"),), devices=devices)
    file = write(tmp_path, beats + changes, header="observed_at,device,metric,value")
    answer = over_file(tmp_path, file, rule_set(SILENT), registered=registered)
    assert answer["devices_unsure_first"] == ["rare"]
    assert answer["devices_quiet"] == 1  # mute
    assert [(a["subject"], a["active_at"] - DAY) for a in answer["alerts"]] == [
        ("steady", 12 * HOUR - 10 * MINUTE + 30 * MINUTE)
    ]


def test_without_any_registered_device_it_says_what_to_do(tmp_path: Path) -> None:
    file = write(tmp_path, [f"{DAY},a,motion,1"], header="observed_at,device,metric,value")
    with pytest.raises(BacktestError, match="carehub import"):
        over_file(tmp_path, file, rule_set(QUIET))
    stranger = Registered(
        ZONE, places=(Place("H1", "home"),), devices=(Device("b", "s", "H1", "motion", "", 60),)
    )
    with pytest.raises(BacktestError, match="none of the devices"):
        over_file(tmp_path, file, rule_set(QUIET), registered=stranger)
