"""A sequence: somebody fell, and nobody has moved since."""

from __future__ import annotations

import pytest
from story import Story, built_in, rule


def home() -> Story:
    return Story(built_in("fall_confirmed"), start="09:00").says("door", contact=1.0)


def test_no_movement_for_two_minutes_after_a_fall_raises() -> None:
    story = home().at("10:00").event("pendant", name="f1").at("10:01:59")
    assert story.raised == []
    assert story.at("11:00").raised == ["fall_confirmed pendant 10:02"]
    assert story.alerts[0].evidence.facts[0].what == "event.fall"


def test_movement_in_any_room_calls_it_off() -> None:
    story = home().at("10:00").event("pendant").at("10:01").says("pir2", motion=1.0)
    assert story.at("11:00").raised == []


def test_a_door_that_opens_calls_it_off_and_one_that_reports_the_same_again_does_not() -> None:
    story = home().at("10:00").event("pendant").at("10:01").says("door", contact=1.0)
    assert story.at("10:30").raised == ["fall_confirmed pendant 10:02"]
    story.at("11:00").event("pendant").at("11:01").says("door", contact=0.0).at("12:00")
    assert len(story.raised) == 1


def test_presence_and_a_quiet_sensor_are_no_movement() -> None:
    story = (
        home().at("10:00").event("pendant").at("10:01").says("pir", motion=0.0).says("radar", presence=1.0)
    )
    assert story.at("11:00").raised == ["fall_confirmed pendant 10:02"]


def test_movement_before_the_fall_or_after_the_time_does_not_call_it_off() -> None:
    story = home().at("09:59").says("pir", motion=1.0).at("10:00").event("pendant")
    story.at("10:00:30").says("pir2", seen="09:59:50", motion=1.0).at("10:03").says("pir", motion=1.0)
    assert story.at("11:00").raised == ["fall_confirmed pendant 10:02"]


def test_a_retained_movement_is_no_movement() -> None:
    story = (
        home().at("10:00").event("pendant").at("10:01").says("pir", timeless=True, retained=True, motion=1.0)
    )
    assert story.at("11:00").raised == ["fall_confirmed pendant 10:02"]


def test_a_second_fall_meanwhile_belongs_to_the_first() -> None:
    story = home().at("10:00").event("pendant").at("10:01").event("pendant").at("11:00")
    assert story.raised == ["fall_confirmed pendant 10:02"]


def test_a_second_fall_after_the_first_is_settled_is_a_new_one() -> None:
    story = home().at("10:00").event("pendant").at("10:10").event("pendant").at("11:00")
    assert story.raised == ["fall_confirmed pendant 10:02", "fall_confirmed pendant 10:12"]


def test_pendant_and_radar_are_watched_apart() -> None:
    story = home().at("10:00").event("pendant").at("10:01").event("radar").at("11:00")
    assert story.raised == ["fall_confirmed pendant 10:02", "fall_confirmed radar 10:03"]


def test_it_does_not_clear_by_itself() -> None:
    story = home().at("10:00").event("pendant").at("10:05").says("pir", motion=1.0).at("12:00")
    assert (len(story.raised), story.ended) == (1, [])


def test_a_late_fall_waits_for_the_rest_of_its_backlog() -> None:
    moved = home().at("11:00").event("pendant", seen="10:00").says("pir", seen="10:01", motion=1.0)
    assert moved.at("12:00").raised == []
    lay = home().at("11:00").event("pendant", seen="10:00").says("pir", seen="10:30", motion=1.0).at("12:00")
    assert lay.raised == ["fall_confirmed pendant 10:02"]
    assert lay.text(lay.alerts[0].at) == "11:00:10"


def test_nothing_is_concluded_while_the_feed_is_lost() -> None:
    story = (
        home()
        .at("10:00")
        .event("pendant")
        .at("10:01")
        .feed_lost()
        .at("10:30")
        .says("pir", seen="10:20", motion=1.0)
    )
    assert story.raised == []
    story.resumed(kept=True).at("11:00")
    assert story.raised == ["fall_confirmed pendant 10:02"]
    assert story.text(story.alerts[0].at) == "10:32"


def test_movement_kept_by_the_broker_calls_it_off() -> None:
    story = home().at("10:00").event("pendant").at("10:01").feed_lost().at("10:30")
    story.says("pir", seen="10:01:30", motion=1.0).resumed(kept=True)
    assert story.at("11:00").raised == []


def test_what_nobody_could_hear_is_not_counted_as_stillness() -> None:
    story = home().at("10:00").event("pendant").at("10:01").feed_lost().at("10:30").resumed(kept=False)
    assert story.at("10:31").raised == []
    story.says("pir", motion=1.0)
    assert story.at("11:00").raised == []
    still = (
        home()
        .at("10:00")
        .event("pendant")
        .at("10:01")
        .feed_lost()
        .at("10:30")
        .resumed(kept=False)
        .at("11:00")
    )
    assert still.raised == ["fall_confirmed pendant 10:31"]
    assert still.text(still.alerts[0].at) == "10:32"


def test_a_fall_still_due_when_the_feed_was_lost_is_not_forgotten_at_a_restart() -> None:
    story = home().at("10:00").event("pendant").restarts()
    story.now = story.clock("10:05")  # nobody ticked: the hub was down
    story.feed_lost(since="10:03").resumed(kept=True)
    assert story.raised == ["fall_confirmed pendant 10:02"]


def test_an_unsure_fall_does_not_start_it() -> None:
    sure = rule("sequence: {first: {type: fall, min_confidence: 0.8}, then_no: [motion], within_s: 60}")
    assert Story(sure).event("pendant", confidence=0.5).at("10:00").raised == []


# ---- one thing and then another

ROOMS = (
    "door:contact:入户门",
    "bath:motion:卫生间",
    "hall:motion:客厅",
    "bed:motion:卧室",
    "pendant:pendant",
    "radar:radar:卫生间",
)
WALKS = "sequence: {first: {type: fall}, then: [motion, contact], within_s: 300, elsewhere: true}"
UP = "sequence: {first: {type: fall}, then: [motion], within_s: 300}"
LEAVES = "sequence: {first_metric: {metric: contact, equals: 0}, then: [motion], within_s: 60}"
FORGETS = "sequence: {first_metric: {metric: contact, equals: 0}, then_no: [motion], within_s: 60}"


def rooms(when: str) -> Story:
    return Story(rule(when), devices=ROOMS, start="09:00").says("door", contact=1.0)


def test_then_comes_true_at_the_activity_and_says_both() -> None:
    story = rooms(UP).at("10:00").event("radar", name="f1").at("10:02").says("bath", seen="10:02", motion=1.0)
    assert story.raised == ["the_rule radar 10:02"]
    assert [fact.what for fact in story.alerts[0].evidence.facts] == ["event.fall", "motion"]
    assert story.says("hall", motion=1.0).at("11:00").raised == ["the_rule radar 10:02"]


def test_then_too_late_or_too_early_is_nothing() -> None:
    story = rooms(UP).at("09:59").says("bath", motion=1.0).at("10:00").event("radar")
    story.at("10:00:10").says("hall", seen="09:59:50", motion=1.0).at("10:05:01").says("bath", motion=1.0)
    assert story.at("11:00").raised == []


def test_elsewhere_is_another_room_than_that_of_the_fall() -> None:
    story = rooms(WALKS).at("10:00").event("radar").at("10:01").says("bath", motion=1.0)
    assert story.raised == []
    assert story.at("10:02").says("hall", seen="10:02", motion=1.0).raised == ["the_rule radar 10:02"]


def test_a_pendant_is_where_somebody_was_seen_last() -> None:
    story = rooms(WALKS).at("09:59").says("bed", motion=1.0).at("10:00").event("pendant")
    story.at("10:02").says("bed", motion=1.0).at("10:03").says("bed", motion=1.0)
    assert story.raised == []
    assert story.at("10:04").says("hall", seen="10:04", motion=1.0).raised == ["the_rule pendant 10:04"]


def test_where_nobody_was_seen_before_two_rooms_show_that_somebody_walks() -> None:
    story = rooms(WALKS).at("10:00").event("pendant")
    story.at("10:01").says("hall", motion=1.0).at("10:02").says("hall", motion=1.0)
    assert story.raised == []
    assert story.at("10:03").says("door", seen="10:03", contact=0.0).raised == ["the_rule pendant 10:03"]


def test_a_sensor_without_a_room_shows_no_walking() -> None:
    story = Story(rule(WALKS)).at("10:00").event("pendant").at("10:01").says("pir", motion=1.0)
    assert story.at("10:02").says("pir2", motion=1.0).at("11:00").raised == []
    story = Story(rule(WALKS), devices=("radar:radar:卫生间", "pir:motion"), start="09:00")
    assert story.event("radar").at("09:01").says("pir", motion=1.0).at("11:00").raised == []


def test_a_fall_the_broker_kept_and_the_steps_after_it() -> None:
    story = (
        rooms(UP).feed_lost().at("11:00").event("radar", seen="10:00").says("bath", seen="10:02", motion=1.0)
    )
    assert story.resumed(kept=True).at("12:00").raised == ["the_rule radar 10:02"]
    late = rooms(UP).feed_lost().at("11:00").event("radar", seen="10:00").resumed(kept=False)
    assert (
        late.at("11:01").says("bath", motion=1.0).at("12:00").raised == []
    )  # an hour later, whoever heard it


def test_it_begins_with_a_change_of_its_own_device() -> None:
    story = rooms(LEAVES).at("10:00").says("door", contact=0.0)
    assert story.at("10:00:30").says("hall", seen="10:00:30", motion=1.0).raised == ["the_rule door 10:00:30"]
    assert (
        story.at("10:10").says("door", contact=1.0).at("10:10:30").says("hall", motion=1.0).raised[1:] == []
    )
    story = rooms(FORGETS).at("10:00").says("door", seen="10:00", contact=0.0)
    assert story.at("11:00").raised == ["the_rule door 10:01"]


def test_a_first_report_is_no_change_to_begin_with() -> None:
    story = Story(rule(FORGETS), devices=ROOMS, start="09:00").says("door", contact=0.0)
    assert story.at("11:00").raised == []


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("{then: [motion], within_s: 60}", "first, first_metric"),
        ("{first: {type: fall}, within_s: 60}", "then, then_no"),
        ("{first: {type: fall}, then: [motion], then_no: [motion], within_s: 60}", "then, then_no"),
        ("{first: {type: fall}, then_no: [motion], within_s: 60, elsewhere: true}", "elsewhere"),
        ("{first: {type: fall}, then: [presence], within_s: 60}", "no activity"),
        ("{first: {type: fall}, then: [motion], within_s: 0}", "within_s"),
        ("{first_metric: {metric: kontact, equals: 0}, then: [motion], within_s: 9}", "contact"),
    ],
)
def test_what_is_no_sequence_is_refused(when: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        rule(f"sequence: {when}")
