"""A window of the day: alone it tells the time, joined with others it says when they count."""

from __future__ import annotations

from datetime import date

import pytest
from story import Story, rule

NIGHT = "during: {from_time: '22:00', to_time: '06:00'}"
OPEN_AT_NIGHT = f"all: {{of: [{{level: {{metric: contact, equals: 0, for_s: 60}}}}, {{{NIGHT}}}]}}"


def test_it_holds_from_when_the_window_opens_until_it_closes() -> None:
    story = Story(rule(NIGHT), start="12:00").at("23:00")
    assert story.raised == ["the_rule H1 22:00"]
    assert story.alerts[0].evidence.numbers == {"from_time": "22:00", "to_time": "06:00", "days": "every"}
    story.at("05:59", days=1)
    assert story.ended == []
    assert story.at("22:30", days=1).ended == ["the_rule H1 06:00"]
    assert len(story.raised) == 2


def test_it_is_the_home_s_and_not_each_device_s() -> None:
    assert len(Story(rule(NIGHT), start="21:00").at("23:00").alerts) == 1


def test_a_window_that_is_open_already_begins_with_the_watch() -> None:
    assert Story(rule(NIGHT), start="23:00").at("23:01").raised == ["the_rule H1 23:00"]


def test_a_worked_saturday_is_a_working_day() -> None:
    hours = "during: {from_time: '09:00', to_time: '17:00', days: workdays}"
    assert len(Story(rule(hours), day=date(2026, 2, 14)).at("20:00").raised) == 1  # 调休
    assert Story(rule(hours), day=date(2026, 2, 21)).at("20:00").raised == []


def test_named_days() -> None:
    story = Story(rule("during: {days: [tue, wed]}"), start="08:00").at("12:00", days=6)
    assert (story.raised, story.ended) == (["the_rule H1 00:00"], ["the_rule H1 00:00"])
    assert story.alerts[0].active_at == story.clock("00:00", days=1)
    assert story.alerts[0].evidence.numbers["days"] == "tue,wed"


def test_the_whole_day_every_day_never_ends() -> None:
    story = Story(rule("during: {}")).at("12:00", days=3)
    assert (len(story.raised), story.ended) == (1, [])


def test_an_open_door_counts_only_at_night() -> None:
    story = Story(rule(OPEN_AT_NIGHT, kinds="contact")).says("door", contact=1.0)
    story.at("14:00").says("door", contact=0.0).at("15:00").says("door", contact=1.0)
    assert story.at("21:59").raised == []
    story.at("23:30").says("door", seen="23:30", contact=0.0).at("23:50")
    assert story.raised == ["the_rule door 23:31"]
    assert story.at("23:55").says("door", seen="23:55", contact=1.0).ended == ["the_rule door 23:55"]


def test_a_door_left_open_in_the_evening_counts_from_the_night_on_and_until_the_morning() -> None:
    story = Story(rule(OPEN_AT_NIGHT, kinds="contact")).says("door", contact=1.0)
    story.at("21:00").says("door", contact=0.0).at("12:00", days=1)
    assert (story.raised, story.ended) == (["the_rule door 22:00"], ["the_rule door 06:00"])


def test_the_window_opens_and_closes_while_the_feed_is_lost_and_after_a_restart() -> None:
    story = Story(rule(NIGHT), start="21:00").feed_lost().restarts().at("23:00").resumed(kept=True)
    assert story.raised == ["the_rule H1 22:00"]


def test_a_clock_that_jumps_ahead_does_not_put_the_night_off() -> None:
    story = Story(rule(NIGHT), start="21:30").clock_stepped(3600).at("23:00")
    assert story.raised == ["the_rule H1 22:00"]


def test_the_night_of_the_changed_clock_is_one_night() -> None:
    story = Story(rule(NIGHT), zone="Europe/Berlin", day=date(2026, 10, 24), start="12:00").at(
        "12:00", days=1
    )
    assert (len(story.raised), len(story.ended)) == (1, 1)
    assert story.alerts[0].active_at + 9 * 3_600_000 == story.clock("06:00", days=1)


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("during: {from_time: '8:00'}", "HH:MM"),
        ("during: {from_time: '08:00', to_time: '08:00'}", "must differ"),
        ("during: {days: []}", "at least one"),
        ("during: {days: someday}", "someday"),
    ],
)
def test_what_is_no_window_is_refused(when: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        rule(when)
