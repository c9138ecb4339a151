"""Seen walking after a fall: the fall's alert is lowered, never dropped."""

from __future__ import annotations

from station import START, Station

from rules.state import Fact

FALL = (Fact("H1-1", "event.fall", 0.9, START),)


def test_the_alert_about_the_same_fall_is_lowered() -> None:
    hub = Station().begins("fall", facts=FALL).at(3)
    hub.begins("seen_walking", facts=(*FALL, Fact("H1-2", "motion", 1.0, START + 5)))
    assert hub.told == ["raise fall", "fall notice rule:seen_walking at 3"]


def test_of_two_falls_the_one_it_is_about() -> None:
    later = (Fact("H1-1", "event.fall", 0.9, START + 60_000),)
    hub = Station().begins("fall", name="first", facts=FALL).at(1).begins("fall", name="second", facts=later)
    assert hub.at(2).begins("seen_walking", facts=FALL).told[2:] == ["first notice rule:seen_walking at 2"]


def test_where_there_is_no_alert_about_the_fall_it_is_told_by_itself() -> None:
    hub = Station().begins("fall", "H2", facts=FALL).begins("seen_walking", facts=FALL)
    assert hub.told == ["raise fall", "raise seen_walking"]


def test_a_fall_already_closed_is_not_alarmed_about_again() -> None:
    hub = (
        Station()
        .begins("fall", facts=FALL)
        .does("accept", "fall")
        .does("close", "fall", verdict="false", reason="other")
    )
    assert hub.at(5).begins("seen_walking", facts=FALL).told[-1] == "fall notice rule:seen_walking at 5"
    hub.at(61)
    assert hub.state.alerts == {}, "forgotten an hour after its close"
