"""What becomes of the stage's memory when rules, devices and places change."""

from __future__ import annotations

import msgspec
from station import RULES, Station, definition

from rules.effects import Evidence, Hold, ModeChanged
from rules.world import Override


def test_what_the_core_itself_holds_back_is_passed_on() -> None:
    hub = Station()
    hub.names["x"] = "x"
    hub.tell(Hold("x", "plain", "H1", "H1-1", 1, 1, Evidence("level", (), {}), "mode:away"))
    hub.tell(ModeChanged("H1", 1, "away", 2, "李敏", "command"))
    assert hub.told == ["hold x mode:away", "mode away"]
    assert hub.state.alerts == {}


def test_an_open_alert_stays_when_its_rule_changes_and_holds_nothing_any_more() -> None:
    hub = Station().begins("gateway", "F1").begins("silent").does("accept", "gateway")
    changed = RULES.replace(
        "id: gateway, kind: device, severity: urgent", "id: gateway, kind: device, severity: notice"
    )
    hub.changes_to(definition(version=2, text=changed))
    assert hub.told == ["raise gateway", "hold silent inhibit:gateway", "raise silent"]
    assert hub.state.alerts[hub.id_of("gateway")].stands == ""


def test_what_was_held_of_a_changed_rule_comes_anew_from_the_rules_or_not_at_all() -> None:
    hub = Station().silences(minutes=60, rule="plain").begins("plain", name="before")
    hub.changes_to(
        definition(
            version=2, text=RULES.replace("kind: care, severity: urgent", "kind: care, severity: notice")
        )
    )
    assert hub.at(1).begins("plain", name="after").told == ["hold before silence:s1", "hold after silence:s1"]
    assert hub.at(60).told == ["raise after"], "the silence itself stays"


def test_a_difference_of_one_home_concerns_that_home() -> None:
    hub = (
        Station()
        .silences(minutes=60, rule="plain")
        .begins("plain", "H1", name="a")
        .begins("plain", "H2", name="b")
    )
    plain = next(rule for rule in hub.definition.rules if rule.id == "plain")
    hub.overrides(Override("H1", "plain", msgspec.structs.replace(plain, severity="critical")))
    assert [held.raised.key for held in hub.state.held.values()] == ["H2"]
    assert hub.begins("plain", "H1", name="c").told[2:] == ["raise c"], "at that home it is critical now"


def test_a_device_that_has_gone_is_forgotten_and_its_open_alert_stays() -> None:
    hub = Station().begins("plain", subject="H1-2").begins("silent", subject="H1-2").ends("silent")
    fewer = definition(version=2)
    hub.changes_to(msgspec.structs.replace(fewer, devices=tuple(d for d in fewer.devices if d.id != "H1-2")))
    assert hub.told == ["raise plain", "raise silent", "end silent"]
    assert hub.state.alerts[hub.id_of("plain")].stands == ""


def test_a_place_that_has_gone_is_forgotten() -> None:
    hub = (
        Station()
        .silences(minutes=60, key="H3")
        .begins("plain", "H3")
        .begins("door", "H3")
        .begins("quiet", "H3")
    )
    hub.changes_to(definition(version=2, homes=("H1", "H2")))
    assert hub.told == ["hold plain silence:s1", "hold door silence:s1", "raise quiet"]
    assert (hub.state.alerts, hub.state.held) == ({}, {})


def test_of_a_place_that_moves_to_another_site_nothing_is_lost() -> None:
    hub = Station().silences(minutes=60, key="H3").begins("plain", "H3")
    hub.changes_to(definition(version=2, homes=("H1", "H2"), moved=("H3",)))
    assert hub.told == ["hold plain silence:s1", "raise plain"]
