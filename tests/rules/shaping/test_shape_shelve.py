"""One alert put off for a time: it comes back, and nothing that matters goes on the shelf unheard."""

from __future__ import annotations

import pytest
from station import MINUTE, START, Station

from rules.events import Command
from rules.shaping.shelve import shelf_of


def test_a_shelved_alert_comes_back_when_its_time_is_over() -> None:
    hub = Station().begins("plain").shelves("plain", minutes=30)
    assert hub.at(29).told == ["raise plain"]
    assert hub.at(30).told == ["again plain 1"]


def test_what_has_ended_on_the_shelf_stays_away() -> None:
    hub = Station().begins("plain").shelves("plain", minutes=30).at(10).ends("plain").at(40)
    assert hub.told == ["raise plain", "end plain"]


def test_what_comes_meanwhile_of_the_same_subject_waits_with_it() -> None:
    hub = Station().begins("silent", name="first").shelves("first", minutes=30).at(10).ends("first")
    assert hub.at(11).begins("silent", name="second").told == [
        "raise first",
        "end first",
        "hold second shelve:first",
    ]
    assert hub.at(30).told == ["raise second"]


def test_a_shelved_event_comes_back_too() -> None:
    assert Station().begins("tamper").shelves("tamper", minutes=5).at(5).told == [
        "raise tamper",
        "again tamper 1",
    ]


def test_a_critical_alert_is_shelved_loudly_and_only_with_a_reason() -> None:
    hub = Station().begins("fall").shelves("fall", minutes=30, reason=" ")
    assert hub.told == ["raise fall"]
    assert hub.shelves("fall", minutes=30).told == ["fall critical shelved at 0"]
    assert hub.at(1).begins("fall", name="second").told == ["raise second"], "a second fall is told"
    assert hub.at(30).told == ["again fall 1"]


def test_it_does_not_rise_on_the_shelf_and_its_time_begins_anew() -> None:
    hub = Station().begins("door").shelves("door", minutes=20)
    assert hub.at(34).told == ["raise door", "again door 1"]
    assert hub.at(35).told == ["door urgent unattended at 35"]


def test_taken_from_the_shelf_early() -> None:
    hub = Station().begins("plain").shelves("plain", minutes=30).at(5).does("unshelve", "plain")
    assert hub.told == ["raise plain", "again plain 1"]
    assert hub.does("unshelve", "plain").at(60).told == []


@pytest.mark.parametrize("kind", ["accept", "close"])
def test_taken_in_hand_it_is_off_the_shelf(kind: str) -> None:
    hub = Station().begins("plain")
    if kind == "close":
        hub.does("accept", "plain")
    hub.shelves("plain", minutes=30).does(kind, "plain", verdict="true", outcome="assisted").at(60)
    assert hub.told == ["raise plain"]


def test_a_repeat_of_the_command_does_not_shelve_once_more() -> None:
    hub = Station().begins("fall").shelves("fall", minutes=5).at(4)
    hub.does("shelve", "fall", again=True, until=str(START + 50 * MINUTE), reason="x").at(60)
    assert hub.told == ["raise fall", "fall critical shelved at 0", "again fall 1"]


def test_a_command_about_an_unknown_alert_is_harmless() -> None:
    for kind in ("accept", "close", "shelve", "unshelve", "silence_end", "dance"):
        assert Station().does(kind, "nothing").told == []


@pytest.mark.parametrize(
    ("severity", "minutes", "fine"),
    [
        ("urgent", 24 * 60, True),
        ("urgent", 24 * 60 + 1, False),
        ("critical", 60, True),
        ("critical", 61, False),
    ],
)
def test_no_shelf_is_for_ever(severity: str, minutes: int, *, fine: bool) -> None:
    data = {"until": str(START + minutes * MINUTE), "reason": "x"}
    command = Command(START, "c", "shelve", "a", "李敏", data)
    if fine:
        assert shelf_of(command, severity).until == START + minutes * MINUTE
    else:
        with pytest.raises(ValueError, match="at most"):
            shelf_of(command, severity)
