"""Absence: nobody has been active by day, as far as living sensors can tell."""

from __future__ import annotations

from datetime import date

import pytest
from story import Story, built_in, rule

ALL_DAY = rule("absence: {of: [motion, contact], for_s: 14400}")
BY_DAY = rule(
    'absence: {of: [motion, contact], for_s: 14400, from_time: "07:00", to_time: "21:00"}',
    rule_id="no_activity",
    kinds="motion, contact",
)


def home(start: str = "06:00", *, alive: bool = True) -> Story:
    story = Story(BY_DAY, start=start).says("door", contact=1.0)
    return keep_alive(story) if alive else story


def keep_alive(story: Story) -> Story:
    """From now on every sensor reports every ten minutes."""
    story.heartbeat = ("door", "pir", "pir2")
    return story


def test_four_hours_without_activity_raise_and_the_next_step_ends_it() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("14:00")
    assert story.raised == ["no_activity H1 12:00"]
    assert story.text(story.alerts[0].evidence.facts[0].at) == "08:00"
    assert story.says("pir2", seen="14:00", motion=1.0).ended == ["no_activity H1 14:00"]
    assert story.at("18:30").raised == ["no_activity H1 12:00", "no_activity H1 18:00"]


def test_the_night_does_not_count() -> None:
    story = home("19:00").at("20:00").says("pir", seen="20:00", motion=1.0).at("10:59", days=1)
    assert story.raised == []
    assert story.at("12:00", days=1).raised == ["no_activity H1 11:00"]


def test_an_afternoon_too_short_for_the_limit_is_left_to_the_morning() -> None:
    story = home("17:20").at("17:30").says("pir", motion=1.0).at("10:59", days=1)
    assert story.raised == []


def test_heartbeats_presence_and_a_first_report_are_no_activity() -> None:
    story = home("07:00").at("08:00").says("radar", presence=1.0).says("pir", motion=0.0).at("12:00")
    assert story.raised == ["no_activity H1 11:00"]
    assert story.alerts[0].evidence.facts == ()


def test_an_outing_is_no_absence_until_somebody_is_back() -> None:
    story = (
        home()
        .at("08:00")
        .says("pir", motion=1.0)
        .at("08:01")
        .says("door", contact=0.0)
        .says("door", contact=1.0)
    )
    assert story.at("20:00").raised == []
    story.says("door", contact=0.0).at("20:01").says("pir", seen="20:01", motion=1.0)
    assert story.at("12:00", days=1).raised == ["no_activity H1 11:00"]


def test_a_late_door_does_not_turn_a_stillness_into_an_outing() -> None:
    story = (
        home()
        .at("09:00")
        .says("pir", seen="09:00", motion=1.0)
        .at("09:05")
        .says("door", seen="08:30", contact=0.0)
    )
    story.at("12:59")
    assert story.raised == []
    assert story.at("14:00").raised == ["no_activity H1 13:00"]


def test_a_late_step_from_before_does_not_end_an_absence() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("12:30")
    assert story.says("pir2", seen="07:30", motion=1.0).ended == []
    assert len(story.says("pir2", seen="12:29", motion=1.0).ended) == 1


def test_a_dead_sensor_asserts_nothing_about_the_person() -> None:
    story = home(alive=False).at("08:00").says("pir", motion=1.0).at("20:00")
    assert story.raised == []


def test_others_alive_do_not_stand_in_for_the_sensor_that_saw_her_last() -> None:
    story = home(alive=False).at("08:00").says("pir", motion=1.0)
    story.heartbeat = ("pir2", "door")
    assert story.at("14:00").raised == []
    story.heartbeat = ("pir", "pir2", "door")
    assert len(story.at("15:00").raised) == 1


def test_a_gateway_that_is_off_asserts_nothing_about_the_person() -> None:
    story = home().status("pir", online=True, via="gw").at("08:00").says("pir", motion=1.0)
    story.at("11:00").status("gw", online=False)
    assert story.at("15:00").raised == []
    story.status("gw", online=True)
    assert len(story.at("16:00").raised) == 1


def test_an_offline_sensor_asserts_nothing_about_the_person() -> None:
    story = home().at("08:00").says("pir", motion=1.0)
    story.heartbeat = ("pir2", "door")
    assert story.at("11:50").status("pir", online=False).at("15:00").raised == []


def test_a_retained_movement_is_no_movement() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0)
    story.at("11:00").says("pir2", timeless=True, retained=True, motion=1.0)
    assert story.at("13:00").raised == ["no_activity H1 12:00"]


def test_a_restart_raises_nothing_and_resets_nothing() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("09:00").restarts()
    story.feed_lost().at("09:05").resumed(kept=True)
    assert story.at("13:00").raised == ["no_activity H1 12:00"]


def test_nothing_is_asserted_while_the_feed_is_lost_and_a_kept_step_counts() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("11:00").feed_lost().at("13:00")
    story.says("pir", seen="11:30", motion=1.0).resumed(kept=True)
    assert story.at("15:00").raised == []
    assert story.at("16:00").raised == ["no_activity H1 15:30"]


def test_deaf_time_is_not_stillness() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("11:00").feed_lost()
    story.at("12:30").resumed(kept=False)
    assert story.at("14:00").raised == ["no_activity H1 13:30"]


def test_an_absence_that_was_due_gets_a_grace_after_a_loss() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("11:59").feed_lost().at("12:30")
    story.says("pir", seen="12:20", motion=0.0).resumed(kept=True)
    assert story.raised == []
    story.at("13:00")
    assert story.raised == ["no_activity H1 12:00"]
    assert story.text(story.alerts[0].at) == "12:32"


def test_a_window_of_the_whole_day_runs_through_midnight() -> None:
    # Time is counted within one day's window: what began before midnight begins again with the day.
    story = keep_alive(Story(ALL_DAY, start="21:00")).at("22:00").says("pir", motion=1.0)
    assert story.at("12:00", days=1).raised == ["the_rule H1 04:00"]


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        (
            date(2026, 3, 29),
            5,
            "08:00",
        ),  # the clocks go forward at 02:00: the window opens at 03:00 all the same
        (date(2026, 10, 25), 5, "08:00"),  # and back at 03:00
        (date(2026, 6, 1), 5, "08:00"),
    ],
)
def test_a_window_is_told_by_the_clock_on_the_wall_where_summer_time_is_kept(
    day: date, hours: int, expected: str
) -> None:
    quiet = rule(f'absence: {{of: [motion], for_s: {hours * 3600}, from_time: "03:00", to_time: "09:00"}}')
    story = keep_alive(Story(quiet, start="00:30", day=day, zone="Europe/Berlin")).at("10:00")
    assert story.raised == [f"the_rule H1 {expected}"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 3, 29), "06:00"), (date(2026, 10, 25), "04:00"), (date(2026, 6, 1), "05:00")],
)
def test_hours_are_hours_even_when_the_clocks_are_changed(day: date, expected: str) -> None:
    quiet = rule("absence: {of: [motion], for_s: 18000}")
    story = keep_alive(Story(quiet, start="00:00", day=day, zone="Europe/Berlin")).at("10:00")
    assert story.raised == [f"the_rule H1 {expected}"]


def test_a_limit_of_a_whole_day_skips_the_day_that_is_an_hour_short() -> None:
    quiet = rule("absence: {of: [motion], for_s: 86400}")
    story = keep_alive(Story(quiet, start="00:00", day=date(2026, 3, 29), zone="Europe/Berlin")).at(
        "23:00", days=1
    )
    assert story.raised == []
    assert story.at("01:00", days=2).raised == ["the_rule H1 00:00"]


def test_a_clock_that_jumps_takes_no_time_from_the_person() -> None:
    story = home().at("08:00").says("pir", seen="08:00", motion=1.0).at("10:00").clock_stepped(3600)
    assert story.at("14:00").raised == ["no_activity H1 13:00"]


def test_the_time_a_gateway_was_off_does_not_count_when_it_is_back() -> None:
    story = home().status("pir", online=True, via="gw").at("08:00").says("pir", motion=1.0)
    story.at("08:30").status("gw", online=False).at("13:30").status("gw", online=True)
    assert story.at("16:59").raised == []
    assert len(story.at("17:00").raised) == 1


def test_the_time_a_sensor_was_missing_does_not_count_when_it_is_back() -> None:
    rules = (BY_DAY, built_in("device_silent"))
    story = Story(*rules, start="06:00").says("door", contact=1.0).at("08:00").says("pir", motion=1.0)
    story.heartbeat = ("door", "pir2")
    story.at("11:50")
    keep_alive(story).at("12:10")
    assert [text for text in story.raised if text.startswith("no_activity")] == []


def test_a_facility_hears_its_activity_too() -> None:
    story = Story(rule("absence: {of: [motion], for_s: 3600}"), devices=("pir:motion",), capacity=10)
    story.heartbeat = ("pir",)
    for time in ("08:30", "09:00", "09:30"):
        story.at(time).says("pir", seen=time, motion=1.0)
    assert story.at("10:15").raised == []
    assert story.at("10:45").raised == ["the_rule F1 10:30"]
