"""How many people are there: never below nobody, within its own band, and what a person has counted goes before counters."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from story import Story, built_in

from rules import facility
from rules.emptiness import empty_at
from rules.headcount import (
    Headcount,
    bytes_max,
    correct,
    estimate,
    forget,
    hear,
    people_said,
)
from rules.local_time import Window
from rules.sentences import why
from rules.state import TEXT_MAX

ZONE = ZoneInfo("Asia/Shanghai")
ALL_DAY = (Window("00:00", "24:00"),)
NUMBERS = st.floats(-1e6, 1e300, allow_nan=False) | st.integers(0, 200).map(float)
SAYINGS = st.lists(
    st.tuples(
        st.sampled_from(["east", "west", "north"]),
        st.dictionaries(st.sampled_from(["in", "out", "occupancy"]), NUMBERS, max_size=3),
        st.integers(0, 1_000),
        st.none() | st.integers(0, 500),
    ),
    max_size=40,
)


def seen(count: Headcount, *, whole: bool = True, empty: int | None = None) -> tuple[int, int, int | None]:
    found = estimate(count, empty_at=empty, whole=whole)
    return found.people, found.lower, found.upper


def told(*sayings: tuple[str, dict[str, float]], count: Headcount | None = None) -> Headcount:
    made = count or Headcount()
    for at, (device, said) in enumerate(sayings, max((d.at for d in made.doors.values()), default=0) + 1):
        hear(made, device, said, at, empty_at=None)
    return made


@given(SAYINGS)
def test_it_is_never_below_nobody_and_always_within_its_band(
    sayings: list[tuple[str, dict[str, float], int, int | None]],
) -> None:
    count = Headcount()
    for device, said, at, people in sayings:
        if people is None:
            hear(count, device, said, at, empty_at=None)
        else:
            correct(count, people, at, command=f"c{at}")
        found = estimate(count, empty_at=None, whole=True)
        assert 0 <= found.lower <= found.people
        assert found.upper is None or found.people <= found.upper
        assert (found.upper is None) == count.blind
        assert len(msgspec.msgpack.encode(count)) <= bytes_max(3, 4 * TEXT_MAX + 5)


@given(SAYINGS, st.integers(0, 500))
def test_a_correction_is_exact_and_leaves_what_the_counters_say(
    sayings: list[tuple[str, dict[str, float], int, int | None]], people: int
) -> None:
    count = Headcount()
    for device, said, at, _ in sayings:
        hear(count, device, said, at, empty_at=None)
    raw = dict(count.doors)
    assert correct(count, people, 2_000, command="c")
    assert seen(count) == (people, people, people)
    assert count.doors == raw


def test_forty_three_after_a_correction_and_ten_passages() -> None:
    count = told(("east", {"occupancy": 0, "in": 0, "out": 0}))
    correct(count, 41, 5, command="c")
    hear(count, "east", {"occupancy": 2, "in": 6, "out": 4}, 6, empty_at=None)
    assert seen(count) == (43, 42, 44)


def test_several_doors_are_one_room_also_where_people_come_by_one_and_leave_by_the_other() -> None:
    count = told(("east", {"in": 0, "out": 0, "occupancy": 0}), ("west", {"in": 0, "out": 0, "occupancy": 0}))
    told(("east", {"in": 30, "out": 0, "occupancy": 30}), count=count)
    told(("west", {"in": 0, "out": 20, "occupancy": 0}), count=count)
    assert seen(count)[0] == 10


def test_who_leaves_an_empty_room_was_missed_when_they_came() -> None:
    count = told(("east", {"in": 5, "out": 5, "occupancy": 0}), ("east", {"in": 5, "out": 9, "occupancy": 0}))
    assert seen(count)[0] == 0
    assert seen(told(("east", {"in": 6, "out": 9, "occupancy": 1}), count=count))[0] == 1


def test_a_counter_that_begins_anew_goes_on_and_opens_the_band_until_the_next_truth() -> None:
    count = told(
        ("east", {"in": 50, "out": 10, "occupancy": 40}), ("east", {"in": 2, "out": 1, "occupancy": 1})
    )
    assert seen(count) == (41, 0, None)
    correct(count, 38, 9, command="c")
    assert seen(count) == (38, 38, 38)


def test_a_counter_nobody_can_believe_opens_the_band() -> None:
    count = told(("east", {"in": 5, "out": 0, "occupancy": 5}))
    assert seen(count, whole=False) == (5, 0, None)


def test_a_repeat_of_a_correction_changes_nothing() -> None:
    count = told(("east", {"in": 5, "out": 0, "occupancy": 5}))
    assert correct(count, 3, 5, command="c")
    hear(count, "east", {"in": 6, "out": 0, "occupancy": 6}, 7, empty_at=None)
    assert not correct(count, 3, 8, command="c")
    assert seen(count)[0] == 4


def test_who_passed_before_the_truth_is_not_counted_again() -> None:
    count = told(("east", {"in": 5, "out": 0, "occupancy": 5}))
    correct(count, 8, 100, command="c")
    hear(count, "east", {"in": 8, "out": 0, "occupancy": 8}, 50, empty_at=None)
    assert seen(count) == (8, 8, 8)


def test_a_counter_that_is_taken_away_takes_its_own_count_along() -> None:
    count = told(("east", {"occupancy": 5}), ("west", {"occupancy": 7}))
    forget(count, "west")
    assert seen(count)[0] == 5


def test_a_number_is_a_whole_one_within_reason() -> None:
    said = ("43", "0", "100000", "100001", "-1", "4.5", "", "４３", "9" * 400)
    assert [people_said({"people": text}) for text in said] == [43, 0, 100_000, *[None] * 6]
    assert people_said({}) is None


def test_a_closed_house_through_which_nobody_passed_at_night_is_empty() -> None:
    story = Story(built_in("over_capacity"))
    last, morning = story.clock("19:00"), story.clock("09:00", days=1)
    end = story.clock("05:00", days=1)
    assert empty_at(last, morning, None, ZONE, "cn") == end
    assert empty_at(last, end, None, ZONE, "cn") == end
    assert empty_at(last, end - 1, None, ZONE, "cn") is None
    assert empty_at(story.clock("02:30", days=1), morning, None, ZONE, "cn") is None
    assert empty_at(last, morning, ALL_DAY, ZONE, "cn") is None
    assert empty_at(last, morning, (Window("08:30", "17:30", "workdays"),), ZONE, "cn") == end
    assert empty_at(0, story.clock("00:30"), None, ZONE, "cn") == story.clock("05:00", days=-1)


# what the rules make of it


def hall(capacity: int = 30) -> Story:
    story = Story(built_in("over_capacity"), devices=("east:counter:大厅",), capacity=capacity, start="09:00")
    return story.says("east", occupancy=0.0, **{"in": 0.0, "out": 0.0})


def test_a_count_that_a_person_has_put_right_does_not_ring() -> None:
    story = hall().at("10:00").says("east", occupancy=40.0, **{"in": 60.0, "out": 20.0})
    assert story.at("10:02").raised == ["over_capacity F1 10:00:59"]
    story.counts(28)
    assert story.ended == ["over_capacity F1 10:02"]
    story.at("11:00").says("east", occupancy=42.0, **{"in": 62.0, "out": 20.0}).at("12:00")
    assert len(story.raised) == 1


def test_a_count_that_a_person_has_put_right_does_not_stay_silent() -> None:
    story = hall().at("10:00").says("east", occupancy=20.0, **{"in": 20.0, "out": 0.0}).at("10:10").counts(33)
    assert story.at("10:12").raised == ["over_capacity F1 10:11"]
    assert story.alerts[0].evidence.facts[0].value == 33


def test_a_correction_holds_over_a_change_of_the_world_and_a_snapshot() -> None:
    story = hall().at("10:00").says("east", occupancy=20.0, **{"in": 20.0, "out": 0.0}).counts(33)
    story.restarts().changes(capacity=30)
    assert story.at("10:02").raised == ["over_capacity F1 10:01"]


def test_yesterdays_ghosts_are_gone_in_the_morning() -> None:
    story = hall().at("18:00").says("east", occupancy=25.0, **{"in": 25.0, "out": 0.0})
    story.at("09:00", days=1).says("east", occupancy=35.0, **{"in": 35.0, "out": 0.0})
    assert story.at("09:30", days=1).raised == []


def test_a_place_without_counters_takes_no_number() -> None:
    story = Story(built_in("over_capacity"), devices=("pir:motion",), capacity=30).counts(40)
    assert story.state.headcount is None


def test_the_capacity_alert_goes_by_the_upper_end_and_says_so() -> None:
    story = hall().at("10:00").says("east", occupancy=28.0, **{"in": 68.0, "out": 40.0})
    assert story.at("10:02").raised == ["over_capacity F1 10:00:59"]
    evidence = story.alerts[0].evidence
    assert (evidence.facts[0].value, evidence.numbers["capacity"]) == (28, 30)
    assert evidence.numbers["lower"] < 28  # type: ignore[operator]
    assert evidence.numbers["upper"] > 30  # type: ignore[operator]
    said = why(evidence, "", ZONE)
    assert said.zh.startswith("09:59 在场人数约 28（")
    assert "），上限超过核定容量 30，已持续" in said.zh
    assert "about 28 (" in said.en
    assert "the upper end is above the capacity of 30" in said.en


def test_the_alert_ends_when_the_upper_end_is_back_by_the_hysteresis() -> None:
    story = hall().at("10:00").says("east", occupancy=28.0, **{"in": 68.0, "out": 40.0}).at("10:02")
    upper = story.alerts[0].evidence.numbers["upper"]
    assert isinstance(upper, float)
    story.at("10:10").says("east", occupancy=27.0, **{"in": 68.0, "out": 41.0})
    assert story.ended == []
    gone = int(upper) - 28  # so that the upper end comes to a little below the capacity
    story.at("10:20").says("east", occupancy=24.0 - gone, **{"in": 68.0, "out": 44.0 + gone})
    assert story.ended == ["over_capacity F1 10:19:59"]


def test_a_count_by_a_person_of_just_the_capacity_ends_the_alert_at_once() -> None:
    story = hall().at("10:00").says("east", occupancy=34.0, **{"in": 68.0, "out": 34.0}).at("10:02")
    assert len(story.raised) == 1
    assert story.counts(30).ended == ["over_capacity F1 10:02"]


def test_an_open_band_does_not_ring_by_itself() -> None:
    story = hall().at("10:00").says("east", occupancy=26.0, **{"in": 2026.0, "out": 2000.0})
    story.at("10:05").says("east", occupancy=1.0, **{"in": 1.0, "out": 0.0})  # anew; what passed meanwhile?
    story.at("10:30")
    assert story.raised == []
    assert story.state.headcount is not None
    assert story.state.headcount.blind
    story.says("east", occupancy=8.0, **{"in": 8.0, "out": 0.0})
    assert story.at("10:40").raised == ["over_capacity F1 10:30:59"]
    assert "upper" not in story.alerts[0].evidence.numbers


# presence sensors


def watched() -> Story:
    story = Story(
        built_in("over_capacity"), devices=("east:counter:大厅", "eye:radar:大厅"), capacity=30, start="09:00"
    )
    story.heartbeat = ("east", "eye")
    return story.says("east", occupancy=0.0, **{"in": 0.0, "out": 0.0}).says("eye", presence=0.0)


def now(story: Story) -> tuple[int, int, int | None]:
    assert story.state.headcount is not None
    plan = story.world.plan("F1")
    found = facility.estimate(plan, story.state, story.state.headcount, story.now, whole=True)
    return found.people, found.lower, found.upper


def test_somebody_whom_a_sensor_sees_is_there() -> None:
    story = watched().at("09:10").says("eye", presence=1.0)
    assert now(story)[:2] == (1, 1)


def test_nobody_seen_and_nobody_passing_for_half_an_hour_is_an_empty_house() -> None:
    story = (
        watched()
        .at("09:10")
        .says("eye", presence=1.0)
        .says("east", occupancy=40.0, **{"in": 40.0, "out": 0.0})
    )
    story.at("09:50").says("east", occupancy=2.0, **{"in": 40.0, "out": 38.0}).says("eye", presence=0.0)
    assert now(story.at("10:15"))[0] == 2
    assert now(story.at("10:21")) == (0, 0, 0)
    story.says("east", occupancy=3.0, **{"in": 41.0, "out": 38.0})
    assert now(story) == (1, 1, 1)


def test_a_sensor_of_one_room_proves_nothing_against_counters_that_are_sure() -> None:
    story = (
        watched()
        .at("09:10")
        .says("eye", presence=1.0)
        .says("east", occupancy=20.0, **{"in": 20.0, "out": 0.0})
    )
    story.at("09:20").says("eye", presence=0.0)
    assert now(story.at("11:00"))[0] == 20


def test_a_sensor_that_is_not_heard_proves_nothing() -> None:
    story = (
        watched()
        .at("09:10")
        .says("eye", presence=1.0)
        .says("east", occupancy=2.0, **{"in": 40.0, "out": 38.0})
    )
    story.says("eye", presence=0.0)
    story.heartbeat = ("east",)
    assert now(story.at("10:30"))[0] == 2
