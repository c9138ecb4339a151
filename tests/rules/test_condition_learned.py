"""Learned: quiet for longer than is usual for this person at this hour; and not back by the home's hour."""

from __future__ import annotations

import pytest
from story import Story, rule

from gateway.mistakes import FileMistakes
from rules.state import encode

LEARNED = rule("learned: {}", rule_id="quiet")
NOT_BACK = rule("not_back: {}", rule_id="out_late")
FIXED = rule(
    'absence: {of: [motion, bed, seat], for_s: 10800, from_time: "08:00", to_time: "22:00", until_learned: true}',
    rule_id="fixed",
)
DEVICES = ("door:contact", "pir:motion", "bed:bed", "chair:seat")
MORNING = ("07:00", "07:40", "08:20", "09:00", "09:45", "10:30", "11:15", "12:00", "12:40")
EVENING = ("13:20", "14:00", "14:45", "15:30", "16:15", "17:00", "18:00", "19:00", "20:00", "21:00")


def home(days: int = 8) -> Story:
    """A home whose person moves about by day and sleeps in the bed from 22:00 to 06:30, for so many days."""
    story = Story(LEARNED, NOT_BACK, FIXED, devices=DEVICES, start="06:00")
    for device, metrics in (("door", {"contact": 1.0}), ("bed", {"bed": 1.0}), ("chair", {"seat": 0.0})):
        story.says(device, **metrics)
    story.heartbeat = ("door", "pir", "bed", "chair")
    for day in range(days):
        up(story, day)
        walks(story, day, *MORNING, *EVENING)
        story.at("22:00", days=day).says("bed", timeless=True, bed=1.0)
    return story


def up(story: Story, day: int) -> Story:
    """Out of bed."""
    return story.at("06:30", days=day).says("bed", timeless=True, bed=0.0)


def walks(story: Story, day: int, *clocks: str) -> Story:
    """Seen moving at those times."""
    for clock in clocks:
        story.at(clock, days=day).says("pir", timeless=True, motion=1.0).says(
            "pir", timeless=True, motion=0.0
        )
    return story


def test_usual_days_raise_nothing() -> None:
    assert home().raised == []


def test_a_quiet_morning_is_found_long_before_a_fixed_rule_would() -> None:
    story = walks(up(home(), 8), 8, "07:00", "07:40").at("12:00", days=8)
    assert story.raised == ["quiet H1 09:40"]
    evidence = story.alerts[0].evidence
    assert evidence.condition == "learned"
    assert evidence.numbers["posture"] == "up"
    assert evidence.numbers["limit_s"] == 7200
    assert evidence.facts[0].device == "pir"


def test_the_next_activity_ends_it_and_it_can_come_again() -> None:
    story = walks(up(home(), 8), 8, "07:00", "12:30").at("15:00", days=8)
    assert story.raised == ["quiet H1 09:00", "quiet H1 14:30"]
    assert story.ended == ["quiet H1 12:30"]


def test_a_night_in_bed_is_no_inactivity_and_a_day_in_bed_is() -> None:
    story = home().at("07:30", days=8)
    assert story.raised == []
    assert story.at("14:00", days=8).raised == ["quiet H1 09:20"], (
        "from 22:00: eight and a half usual hours, a quarter of them, and the margins"
    )
    assert story.alerts[0].evidence.numbers["posture"] == "bed"


def test_out_of_bed_at_night_and_not_back_is_found_by_the_same_night() -> None:
    story = home().at("03:00", days=8).says("bed", timeless=True, bed=0.0).at("06:00", days=8)
    assert story.raised == ["quiet H1 05:30"]


def test_a_seat_that_nobody_leaves_is_found_even_before_anything_is_learned() -> None:
    story = up(home(1), 1).at("09:00", days=1).says("chair", timeless=True, seat=1.0).at("21:00", days=1)
    assert story.raised == ["quiet H1 15:00"]
    assert story.alerts[0].evidence.numbers == {"posture": "seat", "limit_s": 21600.0, "usual_s": 0.0}


def test_before_it_is_learned_the_fixed_rule_holds_and_after_that_it_does_not() -> None:
    early = walks(up(home(2), 2), 2, "08:00").at("12:00", days=2)
    assert early.raised == ["fixed H1 11:00"]
    late = walks(up(home(8), 8), 8, "08:00").at("12:00", days=8)
    assert late.raised == ["quiet H1 10:00"]


def test_whoever_left_by_the_door_is_not_inactive_but_not_back_at_ten() -> None:
    story = (
        walks(up(home(), 8), 8, "07:00")
        .at("08:00", days=8)
        .says("door", timeless=True, contact=0.0)
        .says("door", timeless=True, contact=1.0)
    )
    assert story.at("21:59", days=8).raised == []
    assert story.at("08:00", days=9).raised == ["out_late H1 22:00"]
    assert story.alerts[0].evidence.numbers == {"by_time": "22:00", "learned": 0.0}
    assert story.says("door", timeless=True, contact=0.0).ended == ["out_late H1 08:00"]


def test_whoever_comes_home_and_falls_in_the_hall_is_found() -> None:
    story = (
        walks(up(home(), 8), 8, "07:00")
        .at("08:00", days=8)
        .says("door", timeless=True, contact=0.0)
        .at("08:01", days=8)
    )
    story.says("door", timeless=True, contact=1.0).at("11:00", days=8).says(
        "door", timeless=True, contact=0.0
    )
    assert story.at("15:00", days=8).raised == ["quiet H1 13:00"]


def test_who_leaves_after_the_hour_has_an_hour_and_who_leaves_early_has_the_day() -> None:
    late = (
        walks(up(home(), 8), 8, *MORNING, *EVENING, "22:30")
        .at("22:40", days=8)
        .says("door", timeless=True, contact=0.0)
    )
    assert late.at("23:39", days=8).raised == []
    assert late.at("23:50", days=8).raised == ["out_late H1 23:40"]
    early = up(home(), 8).at("06:40", days=8).says("door", timeless=True, contact=0.0).at("21:59", days=8)
    assert early.raised == []


def test_a_home_that_is_used_to_come_late_has_a_later_hour() -> None:
    story = home(6)
    for day in (6, 7):
        walks(up(story, day), day, *MORNING, *EVENING[:-3]).at("18:30", days=day).says(
            "door", timeless=True, contact=0.0
        )
        story.says("door", timeless=True, contact=1.0).at("23:00", days=day).says(
            "door", timeless=True, contact=0.0
        )
        walks(story.at("23:01", days=day).says("door", timeless=True, contact=1.0), day, "23:02")
        story.at("23:30", days=day).says("bed", timeless=True, bed=1.0)
    told = len(story.raised)
    assert story.raised == ["out_late H1 22:00"] * 2
    walks(up(story, 8), 8, *MORNING, *EVENING[:-3]).at("18:30", days=8).says(
        "door", timeless=True, contact=0.0
    )
    assert story.at("23:29", days=8).raised[told:] == []
    assert story.at("23:45", days=8).raised[told:] == ["out_late H1 23:30"]
    assert story.alerts[-1].evidence.numbers == {"by_time": "23:30", "learned": 1.0}


def test_nothing_is_said_of_the_person_while_the_sensor_is_dead() -> None:
    story = walks(up(home(), 8), 8, "07:00")
    story.heartbeat = ("door", "bed", "chair")
    assert story.at("13:00", days=8).raised == []


def test_nobody_is_called_not_back_while_the_door_cannot_say() -> None:
    story = walks(up(home(), 8), 8, "07:00").at("08:00", days=8).says("door", timeless=True, contact=0.0)
    story.heartbeat = ("pir", "bed", "chair")
    assert story.at("23:30", days=8).raised == []
    story.heartbeat = ("door", "pir", "bed", "chair")
    assert story.at("23:55", days=8).raised == ["out_late H1 22:00"]


def test_a_loss_of_the_feed_gives_the_time_back_and_is_not_learned() -> None:
    story = walks(up(home(), 8), 8, "07:00", "07:40").at("08:00", days=8).feed_lost()
    learned = story.state.habit.quiets
    story.at("11:00", days=8).resumed(kept=False)
    assert story.at("12:30", days=8).raised == []
    assert story.at("13:00", days=8).raised == ["quiet H1 12:40"]
    story.says("pir", timeless=True, motion=1.0)
    assert story.state.habit.quiets == learned


def test_it_goes_on_after_a_restart() -> None:
    straight = walks(up(home(), 8), 8, "07:00", "07:40").at("12:00", days=8)
    restarted = walks(up(home().restarts(), 8), 8, "07:00", "07:40").restarts().at("12:00", days=8)
    assert restarted.effects == straight.effects


def test_what_is_learned_stays_small() -> None:
    story = home(30)
    assert len(encode(story.state)) < 4_096
    assert story.raised == []


@pytest.mark.parametrize(
    "when",
    [
        "learned: {factor: 0.5}",
        "learned: {margin_s: -1}",
        "learned: {floor_s: 7200, ceiling_s: 3600}",
        "learned: {unlearned_seat_s: 60}",
        'not_back: {by_time: "25:00"}',
        "not_back: {at_least_s: 60}",
    ],
)
def test_figures_that_make_no_sense_are_refused(when: str) -> None:
    with pytest.raises(FileMistakes):
        rule(when)
