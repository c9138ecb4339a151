"""Alerts of one rule at one site at one time form a group; none of them waits for it."""

from __future__ import annotations

from station import Station


def test_followers_name_the_alert_that_leads() -> None:
    hub = Station().begins("silent", "H1", name="a").at(0.5).begins("silent", "H2", name="b").at(1)
    hub.begins("silent", "H3", name="c").at(1.1).begins("silent", "H1", "H1-2", name="d")
    assert hub.told == ["raise a", "raise b with a", "raise c with a", "raise d"]


def test_a_lead_that_is_over_leads_nobody() -> None:
    hub = (
        Station().begins("silent", "H1", name="a").at(0.2).ends("a").at(0.3).begins("silent", "H2", name="b")
    )
    assert hub.at(0.4).begins("silent", "H3", name="c").told[2:] == ["raise b", "raise c with b"]


def test_other_rules_and_life_safety_stand_alone() -> None:
    hub = (
        Station()
        .begins("silent", "H1")
        .begins("plain", "H2")
        .begins("quiet", "H2")
        .begins("quiet", "H3", name="more")
    )
    assert hub.told == ["raise silent", "raise plain", "raise quiet", "raise more"]


def test_the_group_survives_a_restart() -> None:
    hub = Station().begins("silent", "H1", name="a").restarts().begins("silent", "H2", name="b")
    assert hub.told == ["raise a", "raise b with a"]
