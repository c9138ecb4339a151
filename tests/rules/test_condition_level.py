"""A level: a door left open, a battery low, a room too full."""

from __future__ import annotations

import pytest
from story import Story, built_in, rule

from rules.events import Quality, Telemetry


def door() -> Story:
    return Story(built_in("door_left_open"), start="09:00").says("door", contact=1.0)


def test_a_door_that_stays_open_raises_once_at_ten_minutes() -> None:
    story = door().at("09:50").says("door", contact=0.0).at("09:55").says("door", contact=0.0).at("12:00")
    assert story.raised == ["door_left_open door 09:59:59"]
    assert story.ended == []
    assert story.alerts[0].at == story.alerts[0].active_at


def test_the_alert_says_why() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0).at("10:00")
    evidence = story.alerts[0].evidence
    assert evidence.condition == "level"
    assert evidence.numbers == {"for_s": 600.0, "equals": 0.0}
    assert (evidence.facts[0].what, evidence.facts[0].value) == ("contact", 0.0)
    assert story.text(evidence.facts[0].at) == "09:50"


def test_a_door_closed_in_time_raises_nothing() -> None:
    assert (
        door().at("09:50").says("door", contact=0.0).at("09:59").says("door", contact=1.0).at("12:00").raised
        == []
    )


def test_closing_ends_the_alert_and_the_next_opening_is_a_new_one() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0)
    story.at("10:05").says("door", seen="10:05", contact=1.0)
    story.at("11:00").says("door", seen="11:00", contact=0.0).at("12:00")
    assert story.raised == ["door_left_open door 10:00", "door_left_open door 11:10"]
    assert story.ended == ["door_left_open door 10:05"]
    assert len({alert.alert for alert in story.alerts}) == 2


def test_closed_while_the_hub_was_deaf_and_read_before_it_resumed_raises_nothing() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0)
    story.at("09:55").feed_lost().at("10:15").says("door", seen="09:58", contact=1.0).resumed(kept=True)
    assert story.at("12:00").raised == []


def test_a_kept_message_of_a_later_time_settles_the_hold_at_its_own_time() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0).at("09:55").feed_lost().at("10:15")
    assert story.says("pir", seen="09:58", motion=1.0).raised == []
    assert story.says("door", seen="10:03", contact=1.0).raised == ["door_left_open door 10:00"]
    assert story.ended == ["door_left_open door 10:03"]
    assert story.text(story.alerts[0].at) == "10:15"


def test_a_kept_message_without_a_time_does_not_settle_what_is_still_unread() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0).at("09:55").feed_lost().at("10:15")
    story.status("pendant", online=False).says("pir", timeless=True, motion=1.0)
    story.says("door", seen="09:58", contact=1.0).resumed(kept=True)
    assert story.at("12:00").raised == []


def test_a_kept_message_of_this_very_moment_has_a_time_of_its_own() -> None:
    """The broker keeps order: what is said now, to the millisecond, comes behind everything that was kept."""
    story = door().at("09:50").says("door", seen="09:50", contact=0.0).at("09:55").feed_lost().at("10:15")
    assert story.says("door", at_once=True, contact=1.0).raised == ["door_left_open door 10:00"]
    assert story.resumed(kept=True).ended == ["door_left_open door 10:15"]


def test_the_hold_goes_on_over_a_loss_and_a_restart() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0)
    story.at("09:55").feed_lost().restarts().at("09:57").resumed(kept=False)
    assert story.at("12:00").raised == ["door_left_open door 10:00"]


def test_a_restart_alone_raises_nothing_and_forgets_nothing() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0).at("10:01")
    story.restarts().feed_lost(since="10:00").resumed(kept=True).at("15:00")
    assert story.raised == ["door_left_open door 10:00"]
    assert story.at("15:01").says("door", seen="15:01", contact=1.0).ended == ["door_left_open door 15:01"]


def test_a_door_opened_and_closed_in_a_late_backlog_raises_nothing() -> None:
    story = door().at("11:00").says("door", seen="09:50", contact=0.0).says("door", seen="10:30", contact=1.0)
    assert story.at("12:00").raised == []


def test_a_door_opened_long_ago_raises_soon_after_a_late_backlog_with_its_own_time() -> None:
    story = door().at("11:00").says("door", seen="09:50", contact=0.0).at("12:00")
    assert story.raised == ["door_left_open door 10:00"]
    assert story.text(story.alerts[0].at) == "11:00:10"


def test_a_late_report_never_becomes_the_latest() -> None:
    story = door().at("10:00").says("door", contact=1.0).at("10:01").says("door", seen="09:30", contact=0.0)
    assert story.at("12:00").raised == []


def test_a_retained_open_door_starts_its_hold_now() -> None:
    story = Story(built_in("door_left_open"), start="09:00").says(
        "door", seen="06:00", retained=True, contact=0.0
    )
    assert story.at("09:09").raised == []
    assert story.at("09:30").raised == ["door_left_open door 09:10"]


def test_a_clock_that_jumps_leaves_the_remaining_time() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0).at("09:55").clock_stepped(3600)
    assert story.at("10:59").raised == []
    assert story.at("12:00").raised == ["door_left_open door 11:00"]


def test_a_deadline_that_had_come_before_the_clock_jumped_is_settled_at_its_own_time() -> None:
    story = door().at("09:50").says("door", seen="09:50", contact=0.0)
    story.now = story.clock("10:02")  # nothing was read and nobody ticked since
    assert story.clock_stepped(3600).raised == ["door_left_open door 10:00"]


def test_battery_low_raises_at_once_and_ends_only_well_above() -> None:
    story = Story(built_in("battery_low"), start="09:00")
    for minute, percent in enumerate((16, 14, 16, 14, 19, 20, 16), start=10):
        story.at(f"09:{minute}").says("pir", seen=f"09:{minute}", battery=float(percent))
    assert story.raised == ["battery_low pir 09:11"]
    assert story.ended == ["battery_low pir 09:15"]


def hall() -> Story:
    devices = ("east:counter", "west:counter")
    return Story(built_in("over_capacity"), devices=devices, capacity=10).says("east", occupancy=6.0)


def test_both_doors_of_a_hall_count_together() -> None:
    story = hall().at("09:00").says("west", seen="09:00", occupancy=5.0).at("09:05")
    assert story.raised == ["over_capacity F1 09:01"]
    assert story.alerts[0].evidence.facts[0].value == 11.0
    assert story.alerts[0].evidence.numbers["capacity"] == 10.0
    assert story.says("east", occupancy=5.0).ended == []
    assert len(story.says("east", occupancy=4.0).ended) == 1


def test_a_hall_just_full_is_not_too_full() -> None:
    assert hall().at("09:00").says("west", occupancy=4.0).at("10:00").raised == []


def test_a_hall_back_at_its_capacity_within_the_hold_raises_nothing() -> None:
    story = hall().at("09:00").says("west", occupancy=5.0).at("09:00:30").says("west", occupancy=4.0)
    assert story.at("10:00").raised == []


def test_a_facility_without_capacity_has_no_such_rule() -> None:
    assert Story(built_in("over_capacity"), devices=("east:counter",)).state.slots == {}


def test_a_larger_capacity_counts_from_its_change_on() -> None:
    story = hall().at("09:00").says("west", occupancy=5.0).at("09:00:30").changes(capacity=20)
    assert story.at("10:00").raised == []


def test_a_changed_rule_starts_anew_and_an_unchanged_one_keeps_its_hold() -> None:
    open_10 = rule("level: {metric: contact, equals: 0, for_s: 600}", rule_id="ten", kinds="contact")
    open_20 = rule("level: {metric: contact, equals: 0, for_s: 1200}", rule_id="other", kinds="contact")
    open_30 = rule("level: {metric: contact, equals: 0, for_s: 1800}", rule_id="other", kinds="contact")
    story = Story(open_10, open_20, start="09:00").says("door", seen="09:00", contact=0.0)
    story.at("09:05").changes(open_10, open_30).at("12:00")
    assert story.raised == ["ten door 09:10", "other door 09:35"]


def test_text_is_no_level() -> None:
    assert (
        Story(rule("level: {metric: contact, below: 5}")).says("door", contact="open").at("09:00").raised
        == []
    )


# ---- of any device of the place

COLD = "level: {metric: temperature, below: 12, hysteresis: 1, anywhere: true}"
ROOMS = ("a:climate:客厅", "b:climate:卧室")


def test_anywhere_one_device_is_enough_and_the_place_is_the_subject() -> None:
    story = Story(rule(COLD), devices=ROOMS).says("a", temperature=20.0)
    story.at("09:00").says("b", seen="09:00", temperature=11.0)
    assert story.raised == ["the_rule H1 09:00"]
    assert [(f.device, f.value) for f in story.alerts[0].evidence.facts] == [("b", 11.0)]


def test_anywhere_it_ends_when_it_holds_for_none() -> None:
    story = Story(rule(COLD), devices=ROOMS).says("a", temperature=20.0)
    story.at("09:00").says("b", temperature=11.0).at("09:10").says("a", temperature=10.0)
    story.at("09:20").says("b", temperature=20.0).at("09:30").says("a", temperature=12.5)
    assert (len(story.raised), story.ended) == (1, [])
    assert story.at("09:40").says("a", seen="09:40", temperature=13.0).ended == ["the_rule H1 09:40"]


def test_anywhere_equals_looks_for_one_that_is() -> None:
    story = Story(
        rule("level: {metric: contact, equals: 0, for_s: 60, anywhere: true}"),
        devices=("a:contact", "b:contact"),
    )
    story.says("a", contact=1.0).says("b", contact=0.0).at("08:00:30").says("a", contact=1.0).at("08:05")
    assert len(story.raised) == 1
    assert story.alerts[0].evidence.facts[0].device == "b"
    assert story.says("a", contact=0.0).says("b", contact=1.0).ended == []
    assert len(story.says("a", contact=1.0).ended) == 1


def test_anywhere_a_new_world_finds_the_device_it_holds_for() -> None:
    high = rule("level: {metric: temperature, above: 30, anywhere: true}", rule_id="hot")
    story = Story(rule(COLD), devices=ROOMS).says("a", temperature=20.0).says("b", temperature=31.0)
    story.at("09:00").changes(rule(COLD), high).at("09:01")
    assert [alert.evidence.facts[0].device for alert in story.alerts] == ["b"]


def test_anywhere_within_an_all_asks_the_other_devices_of_the_home() -> None:
    both = "all: {of: [{level: {metric: contact, equals: 0}}, {level: {metric: motion, equals: 1, anywhere: true}}]}"
    story = Story(rule(both, kinds="contact")).says("door", contact=1.0).says("pir2", motion=0.0)
    story.at("09:00").says("door", contact=0.0)
    assert story.raised == []
    assert story.at("09:05").says("pir2", seen="09:05", motion=1.0).raised == ["the_rule door 09:05"]


def test_a_retained_alarming_state_raises_now() -> None:
    for metric in ("smoke", "leak", "tamper"):
        story = Story(
            rule(f"level: {{metric: {metric}, equals: 1}}"), devices=("s:smoke:厨房",), start="09:00"
        )
        story.says("s", seen="06:00", retained=True, **{metric: 1.0})
        assert story.raised == ["the_rule s 09:00"]
        assert len(story.at("09:05").says("s", **{metric: 0.0}).ended) == 1


def test_total_and_anywhere_are_two_things() -> None:
    with pytest.raises(Exception, match="at most one"):
        rule("level: {metric: contact, equals: 0, total: true, anywhere: true}")


def test_an_impossible_clock_is_nobodys_matter_where_no_rule_asks_for_it() -> None:
    story = Story(rule("level: {metric: battery, below: 10}", kinds="contact"))
    story._tell(Telemetry(story.now, "door", story.now, Quality.CLOCK, "b007", 1, {"battery": 5.0}))
    assert story.raised == ["the_rule door 08:00"]
