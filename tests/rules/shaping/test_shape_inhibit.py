"""While the cause stands, its consequences are recorded and not told."""

from __future__ import annotations

import msgspec
from station import Station, definition


def test_a_consequence_is_held_until_its_cause_has_gone() -> None:
    hub = Station().begins("battery").at(1).begins("silent")
    assert hub.told == ["raise battery", "hold silent inhibit:battery"]
    assert hub.at(5).ends("battery").told == ["end battery", "raise silent"]


def test_a_consequence_that_ends_first_was_never_told() -> None:
    hub = Station().begins("battery").at(1).begins("silent").at(2).ends("silent").at(5).ends("battery")
    assert hub.told == ["raise battery", "hold silent inhibit:battery", "end silent", "end battery"]


def test_a_home_inhibits_no_other_home() -> None:
    hub = Station().begins("battery", "H2").begins("silent", "H1")
    assert hub.told == ["raise battery", "raise silent"]


def test_a_facility_inhibits_the_homes_of_its_site() -> None:
    hub = (
        Station()
        .begins("gateway", "F1")
        .begins("silent", "H1", name="one")
        .begins("silent", "H2", name="two")
    )
    assert hub.told == ["raise gateway", "hold one inhibit:gateway", "hold two inhibit:gateway"]
    assert hub.at(3).ends("gateway").told == ["end gateway", "raise one", "raise two with one"]


def test_life_safety_is_never_inhibited() -> None:
    assert Station().begins("gateway", "F1").begins("quiet").told == ["raise gateway", "raise quiet"]


def test_a_cause_that_people_closed_still_inhibits_while_it_stands() -> None:
    hub = (
        Station()
        .begins("battery")
        .does("accept", "battery")
        .does("close", "battery", verdict="true", outcome="assisted")
    )
    assert hub.begins("silent").told == ["raise battery", "hold silent inhibit:battery"]
    assert hub.ends("battery").told == ["end battery", "raise silent"]


def test_two_rules_that_name_one_another_do_not_wait_for_ever() -> None:
    hub = Station().silences(minutes=10, rule="silent", key="H1").begins("silent").begins("battery")
    assert hub.told == ["hold silent silence:s1", "hold battery inhibit:silent"]
    assert hub.at(10).told == ["raise silent"]
    assert hub.at(11).ends("silent").told == ["end silent", "raise battery"]


def test_a_cause_whose_rule_is_changed_lets_go() -> None:
    hub = Station().begins("battery").begins("silent")
    new = definition(version=2)
    hub.changes_to(msgspec.structs.replace(new, rules=tuple(r for r in new.rules if r.id != "battery")))
    assert hub.told == ["raise battery", "hold silent inhibit:battery", "raise silent"]
