"""An alert that nobody takes becomes more severe, a step at a time, each at its own time."""

from __future__ import annotations

from station import MINUTE, RULES, Station, definition

from rules.events import ClockStepped, Tick


def test_it_rises_while_nobody_takes_it() -> None:
    hub = Station().begins("door").at(60)
    assert hub.told == ["raise door", "door urgent unattended at 15", "door critical unattended at 30"]


def test_steps_missed_by_a_hub_that_was_away_come_in_order_each_at_its_time() -> None:
    hub = Station().begins("door").begins("tamper", "H2").restarts()
    hub.now += 60 * MINUTE
    assert hub.tell(Tick(hub.now)).told[2:] == [
        "tamper urgent unattended at 10",
        "door urgent unattended at 15",
        "door critical unattended at 30",
    ]


def test_taken_it_rises_no_more() -> None:
    hub = Station().begins("door").at(20).does("accept", "door").at(60)
    assert hub.told == ["raise door", "door urgent unattended at 15"]


def test_over_it_rises_no_more_and_come_again_its_time_begins_anew() -> None:
    hub = Station().begins("door", name="a").at(10).ends("a").at(19).begins("door", name="b").at(33)
    assert hub.told == ["raise a", "end a", "again a 2"]
    assert hub.at(34).told == ["a urgent unattended at 34"]


def test_it_never_falls_by_rising() -> None:
    hub = Station().begins("quiet").at(60)
    assert hub.told == ["raise quiet", "quiet critical unattended at 10"]
    assert Station().begins("plain").at(600).told == ["raise plain"]


def test_a_jump_of_the_clock_is_no_time_unattended() -> None:
    hub = Station().begins("door").at(10)
    hub.now += 30 * MINUTE
    hub.tell(ClockStepped(hub.now, 30 * MINUTE))
    assert hub.at(44).told == ["raise door"]
    assert hub.at(45).told == ["door urgent unattended at 45"]
    assert hub.tell(ClockStepped(hub.now, -5_000)).at(60).told == ["door critical unattended at 60"]


def test_another_rule_for_the_same_alert_rises_by_its_own_steps() -> None:
    hub = Station().begins("tamper").at(5)
    hub.changes_to(
        definition(version=2, text=RULES.replace("rises: [{after_s: 600", "rises: [{after_s: 1200", 2))
    )
    assert hub.at(60).told == ["raise tamper", "tamper urgent unattended at 20"]
