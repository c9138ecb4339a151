"""A value that is reported again and again, and never changes."""

from __future__ import annotations

import pytest
from story import Story, rule

STUCK = "stuck: {metric: in, for_s: 7200}"
IN_HOURS = "all: {of: [{stuck: {metric: in, for_s: 600}}, {during: {from_time: '08:00', to_time: '20:00'}}], for_s: 7200}"


def hall(when: str = STUCK, start: str = "08:00") -> Story:
    return Story(rule(when), devices=("east:counter:大厅",), capacity=50, start=start)


def reports(story: Story, until: str, value: float, *, every_m: int = 10, days: int = 0) -> Story:
    """The counter reports that value until then."""
    while story.now + every_m * 60_000 <= story.clock(until, days=days):
        story._tick(story.now + every_m * 60_000).says("east", timeless=True, **{"in": value})
    return story


def test_a_counter_that_counts_nobody_raises_and_says_since_when() -> None:
    story = reports(hall(), "09:00", 5.0)
    reports(story, "12:00", 6.0)
    assert story.raised == ["the_rule east 11:10"]
    evidence = story.alerts[0].evidence
    assert [(f.what, f.value, story.text(f.at)) for f in evidence.facts] == [("in", 6.0, "09:10")]
    assert evidence.numbers == {"for_s": 7200.0}


def test_any_other_value_ends_it() -> None:
    story = reports(hall(), "12:00", 5.0)
    assert len(story.raised) == 1
    assert story.ended == []
    reports(story, "12:10", 6.0)
    assert story.ended == ["the_rule east 12:10"]
    assert reports(story, "15:00", 6.0).raised[1:] == ["the_rule east 14:10"]


def test_a_counter_that_counts_raises_nothing() -> None:
    story = hall()
    for hour in range(9, 20):
        reports(story, f"{hour:02}:00", float(hour))
    assert story.raised == []


def test_a_counter_that_reports_nothing_is_silent_and_not_stuck() -> None:
    assert reports(hall(), "09:00", 5.0).at("20:00").raised == []
    assert hall().at("20:00").raised == []
    # Other news of the device is no news of the metric.
    story = reports(hall(), "09:00", 5.0)
    for minute in range(10, 300, 10):
        story.at(f"{9 + minute // 60:02}:{minute % 60:02}").says("east", battery=90.0)
    assert story.raised == []


def test_the_time_it_was_away_does_not_count() -> None:
    silent = rule("silent: {}", rule_id="silent")
    story = Story(rule(STUCK), silent, devices=("east:counter",), capacity=50, start="08:00")
    reports(story, "09:00", 5.0).at("12:00")
    reports(story, "16:00", 5.0)
    assert [one for one in story.raised if "the_rule" in one] == ["the_rule east 13:20"]


def test_nothing_is_concluded_while_the_feed_is_lost_nor_of_the_time_it_was() -> None:
    story = reports(hall(), "09:50", 5.0).feed_lost().at("12:00").resumed(kept=False)
    assert reports(story, "12:10", 5.0).raised == []
    assert reports(story, "14:00", 5.0).raised == ["the_rule east 12:20"]
    story = reports(hall(), "09:50", 5.0).feed_lost().at("12:00")
    story.says("east", seen="09:55", **{"in": 6.0}).says("east", seen="11:50", **{"in": 6.0}).resumed(
        kept=True
    )
    assert reports(story, "13:00", 6.0).raised == ["the_rule east 11:55"]
    assert story.text(story.alerts[0].at) == "12:02"


def test_within_opening_hours_a_quiet_night_does_not_count() -> None:
    story = reports(hall(IN_HOURS, start="18:00"), "19:50", 5.0)
    reports(story, "09:30", 5.0, days=1)
    assert story.raised == []
    reports(story, "12:00", 5.0, days=1)
    assert story.raised == ["the_rule east 10:00"]


def test_it_goes_on_over_a_restart_and_a_jump_of_the_clock() -> None:
    story = reports(hall(), "09:00", 5.0).restarts()
    assert reports(story, "12:00", 5.0).raised == ["the_rule east 10:10"]
    story = reports(hall(), "09:00", 5.0).clock_stepped(3600)
    assert reports(story, "11:00", 5.0).raised == []
    assert reports(story, "11:30", 5.0).raised == ["the_rule east 11:10"]


@pytest.mark.parametrize(
    ("when", "says"),
    [("stuck: {metric: in, for_s: 0}", "for_s"), ("stuck: {metric: inn, for_s: 60}", "inn")],
)
def test_what_cannot_be_stuck_is_refused(when: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        rule(when)
