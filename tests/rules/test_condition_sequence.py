"""A sequence: somebody fell, and nobody has moved since."""

from __future__ import annotations

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
