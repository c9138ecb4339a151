"""Too often within a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story import Story, rule

FALLS = "count: {event: {type: fall}, at_least: 3, within_s: 86400, anywhere: true}"
DOOR = "count: {metric: contact, equals: 0, at_least: 3, within_s: 3600}"


def opened(story: Story, *times: str) -> Story:
    for time in times:
        story.at(time).says("door", seen=time, contact=0.0)
        story.at(f"{time}:30").says("door", seen=f"{time}:30", contact=1.0)
    return story


def door() -> Story:
    return Story(rule(DOOR, kinds="contact")).says("door", contact=1.0)


def test_the_third_fall_of_a_day_raises_whichever_device_saw_it() -> None:
    story = Story(rule(FALLS)).at("09:00").event("pendant").at("15:00").event("radar")
    assert story.raised == []
    story.at("07:00", days=1).event("pendant", name="third")
    assert story.raised == ["the_rule H1 07:00"]
    assert [fact.device for fact in story.alerts[0].evidence.facts] == ["pendant"]
    assert story.alerts[0].evidence.numbers == {"at_least": 3.0, "within_s": 86400.0}


def test_the_fourth_begins_a_new_count() -> None:
    story = Story(rule(FALLS))
    for hour in range(9, 15):
        story.at(f"{hour:02}:00").event("pendant")
    assert story.raised == ["the_rule H1 11:00", "the_rule H1 14:00"]
    assert len({alert.alert for alert in story.alerts}) == 2


def test_three_falls_in_more_than_a_day_raise_nothing() -> None:
    story = Story(rule(FALLS)).at("09:00").event("pendant").at("15:00").event("pendant")
    assert story.at("09:00", days=1).event("pendant").raised == []


def test_the_same_event_twice_counts_once_and_an_unsure_one_not() -> None:
    sure = "count: {event: {type: fall, min_confidence: 0.5}, at_least: 2, within_s: 3600}"
    story = (
        Story(rule(sure)).at("09:00").event("pendant", name="a", seq=90).event("pendant", name="a", seq=90)
    )
    assert story.event("pendant", confidence=0.3).raised == []
    assert story.event("radar").raised == []  # each device for itself
    assert story.at("09:30").event("pendant", name="b").raised == ["the_rule pendant 09:30"]
    assert [story.text(fact.at) for fact in story.alerts[0].evidence.facts] == ["09:00", "09:30"]


def test_an_event_that_comes_late_counts_in_its_place() -> None:
    story = Story(rule(FALLS)).at("15:00").event("pendant").at("15:30").event("pendant").at("16:00")
    assert story.event("radar", seen="15:10").raised == ["the_rule H1 15:30"]
    story = Story(rule(FALLS)).at("09:00").event("pendant").at("15:00", days=1).event("pendant")
    assert story.event("radar", seen="14:00").raised == []  # within a day of each of the two, not of both


def test_a_restless_door_raises_once_and_ends_when_it_has_come_to_rest() -> None:
    story = opened(door(), "09:00", "09:20", "09:40", "09:50", "10:10")
    assert story.raised == ["the_rule door 09:40"]
    assert [story.text(fact.at) for fact in story.alerts[0].evidence.facts] == ["09:00", "09:40"]
    assert story.at("12:00").ended == [
        "the_rule door 10:40"
    ]  # from then on fewer than three lie within an hour


def test_closing_and_reporting_the_same_again_are_not_counted() -> None:
    story = opened(door(), "09:00", "09:20")
    for minute in range(30, 50):
        story.at(f"09:{minute}").says("door", seen=f"09:{minute}", contact=1.0)
    assert story.at("12:00").raised == []


def test_without_equals_every_change_counts() -> None:
    either = rule("count: {metric: contact, at_least: 4, within_s: 3600}", kinds="contact")
    assert opened(Story(either).says("door", contact=1.0), "09:00", "09:10").raised == [
        "the_rule door 09:10:30"
    ]


def test_a_first_report_is_no_change() -> None:
    story = Story(rule(DOOR, kinds="contact")).says("door", contact=0.0)
    assert opened(story.at("08:10").says("door", contact=1.0), "08:20", "08:30").raised == []


def test_what_the_broker_kept_counts_and_a_restart_forgets_nothing() -> None:
    story = opened(door(), "09:00", "09:20").restarts().feed_lost().at("10:30")
    story.says("door", seen="09:40", contact=0.0).says("door", seen="09:41", contact=1.0).resumed(kept=True)
    assert story.at("11:00").raised == ["the_rule door 09:40"]
    assert story.ended == ["the_rule door 10:00"]


def test_a_clock_that_jumps_does_not_take_the_time_away() -> None:
    story = opened(door(), "09:00", "09:20").clock_stepped(2 * 3600)
    assert opened(story, "11:40").raised == ["the_rule door 11:40"]


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(2, 6))
def test_it_stands_exactly_while_so_many_lie_within_the_time(waits: list[int], at_least: int) -> None:
    # No two whole minutes are 3,590 s apart: none leaves the time at the moment another comes.
    counted = rule(f"count: {{metric: motion, at_least: {at_least}, within_s: 3590}}", kinds="motion")
    story = Story(counted, devices=("pir:motion",), start="00:00").says("pir", timeless=True, motion=0.0)
    start, times = story.now, []
    for wait in waits:
        story._tick(story.now + wait * 60_000)
        times.append(story.now)
        story.says("pir", timeless=True, motion=float(len(times) % 2))
    story._tick(story.now + 2 * 3_600_000)
    stands, expected = False, []
    for at in sorted({*times, *(one + 3_590_000 for one in times)}):
        holds = sum(at - 3_590_000 < one <= at for one in times) >= at_least
        if holds != stands:
            expected.append((at - start, holds))
        stands = holds
    raised = [(alert.active_at - start, True) for alert in story.alerts]
    ended = [(effect.at - start, False) for effect in story.effects if effect not in story.alerts]
    assert sorted(raised + ended) == expected


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("count: {at_least: 3, within_s: 60}", "exactly one of"),
        ("count: {event: {type: fall}, metric: contact, at_least: 3, within_s: 60}", "exactly one of"),
        ("count: {event: {type: fall}, equals: 1, at_least: 3, within_s: 60}", "min_confidence"),
        ("count: {metric: contact, at_least: 1, within_s: 60}", "2 to 32"),
        ("count: {metric: contact, at_least: 33, within_s: 60}", "2 to 32"),
        ("count: {metric: contact, at_least: 3, within_s: 0}", "within_s"),
        ("count: {metric: contakt, at_least: 3, within_s: 9}", "contact"),
    ],
)
def test_what_cannot_be_counted_is_refused(when: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        rule(when)
