"""What lasts and comes again soon is counted; what happens once, and life safety, is always an alert of its own."""

from __future__ import annotations

from station import Station


def test_a_door_that_opens_again_soon_is_the_same_alert() -> None:
    hub = Station().begins("door", name="first").at(5).ends("first").at(10).begins("door", name="second")
    assert hub.told == ["raise first", "end first", "again first 2"]
    assert hub.at(12).ends("second").told == ["end first"], "people know it by its first id"
    assert hub.at(21).begins("door", name="third").told == ["again first 3"]


def test_long_after_its_end_it_is_a_new_alert() -> None:
    hub = Station().begins("door", name="first").ends("first").at(10.1).begins("door", name="second")
    assert hub.told == ["raise first", "end first", "raise second"]


def test_closed_by_a_person_it_is_a_new_alert() -> None:
    hub = (
        Station()
        .begins("door", name="first")
        .does("accept", "first")
        .does("close", "first", verdict="true", outcome="assisted")
    )
    hub.at(1).ends("first").at(2).begins("door", name="second")
    assert hub.told == ["raise first", "end first", "raise second"]
    assert list(hub.state.alerts) == [hub.id_of("second")]


def test_what_was_not_accepted_cannot_be_closed() -> None:
    hub = (
        Station()
        .begins("door", name="first")
        .ends("first")
        .does("close", "first", verdict="true", outcome="assisted")
    )
    assert hub.at(1).begins("door", name="second").told[-1] == "again first 2"


def test_another_device_is_another_alert() -> None:
    hub = Station().begins("door", name="one").ends("one").at(1).begins("door", subject="H1-2", name="other")
    assert hub.told == ["raise one", "end one", "raise other"]


def test_a_second_fall_is_a_new_event() -> None:
    hub = Station().begins("fall", name="first").at(0.1).begins("fall", name="second")
    assert hub.told == ["raise first", "raise second"]


def test_life_safety_is_told_each_time_whatever_its_rule_says() -> None:
    hub = Station().begins("quiet", name="first").ends("first").at(1).begins("quiet", name="second")
    assert hub.told == ["raise first", "end first", "raise second"]


def test_a_device_alert_that_closed_by_itself_is_open_again() -> None:
    hub = Station().begins("silent", name="first").does("accept", "first").at(1).ends("first").at(2)
    hub.begins("silent", name="second")
    assert hub.told == ["raise first", "end first", "again first 2"]
    assert not hub.state.alerts[hub.id_of("first")].accepted
    hub.ends("second").at(8)
    assert hub.state.alerts == {}, "forgotten once it can no longer come again"


def test_the_very_same_alert_twice_is_itself() -> None:
    hub = Station().begins("door")
    raised = hub.effects[0]
    assert hub.tell(raised).told == ["raise door", "raise door"]
    assert len(hub.state.alerts) == 1


def test_an_end_of_something_unknown_is_passed_on() -> None:
    hub = Station().begins("plain")
    hub.state.alerts.clear()
    assert hub.ends("plain").told == ["raise plain", "end plain"]
