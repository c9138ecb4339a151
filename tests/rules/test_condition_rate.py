"""A value that rises or falls fast."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story import Story, rule

from rules.conditions.rate import SAMPLES, Rate
from rules.state import PAST_MAX, Slot

COOLS = "rate: {metric: temperature, below: -5, over_s: 3600}"
WARMS = "rate: {metric: temperature, above: 4, over_s: 1800}"


def home(when: str = COOLS) -> Story:
    return Story(rule(when), devices=("th:climate:客厅",), start="08:00")


def measured(story: Story, *readings: tuple[str, float]) -> Story:
    for time, degrees in readings:
        story.at(time).says("th", seen=time, temperature=degrees)
    return story


def test_a_home_that_cools_down_fast_raises_and_says_from_what_to_what() -> None:
    story = measured(home(), ("09:00", 20.0), ("09:20", 18.0), ("09:40", 16.0), ("09:50", 14.9))
    assert story.raised == ["the_rule th 09:50"]
    evidence = story.alerts[0].evidence
    assert [(fact.value, story.text(fact.at)) for fact in evidence.facts] == [
        (20.0, "09:20"),
        (14.9, "09:50"),
    ]
    assert evidence.numbers == {"below": -5.0, "over_s": 3600.0}


def test_a_slow_fall_raises_nothing() -> None:
    story = measured(home(), *[(f"{9 + n // 2:02}:{n % 2 * 30:02}", 20.0 - 2.4 * n) for n in range(10)])
    assert story.at("20:00").raised == []


def test_a_rise_is_no_fall_and_a_fall_no_rise() -> None:
    readings = [("09:00", 10.0), ("09:10", 20.0), ("09:20", 10.0)]
    assert measured(home(), *readings[:2]).raised == []
    assert measured(home(WARMS), *readings[1:]).raised == []
    assert measured(home(WARMS), *readings[:2]).raised == ["the_rule th 09:10"]


def test_the_limit_is_per_hour_whatever_the_time() -> None:
    assert (
        measured(home(WARMS), ("09:00", 20.0), ("09:20", 22.0)).raised == []
    )  # two in half an hour are four an hour
    assert measured(home(WARMS), ("09:00", 20.0), ("09:20", 22.1)).raised == ["the_rule th 09:20"]


def test_it_ends_when_the_value_comes_back_or_has_been_steady_for_the_time() -> None:
    story = measured(home(), ("09:00", 20.0), ("09:10", 14.0), ("09:20", 17.0))
    assert story.ended == ["the_rule th 09:20"]
    story = measured(home(), ("09:00", 20.0), ("09:10", 14.0)).at("12:00")
    assert story.ended == ["the_rule th 10:10"]


def test_a_value_after_a_silence_says_nothing_about_the_speed() -> None:
    silent = rule("silent: {}", rule_id="silent")
    story = Story(rule(COOLS), silent, devices=("th:climate",), start="08:00")
    measured(story, ("08:30", 20.0), ("12:00", 10.0)).at("14:00")
    assert {alert.rule for alert in story.alerts} == {"silent"}
    assert [one for one in measured(story, ("14:01", 9.0), ("14:10", 3.0)).raised if "the_rule" in one] == [
        "the_rule th 14:10"
    ]


def test_what_fell_while_nobody_could_hear_says_nothing_and_what_the_broker_kept_does() -> None:
    story = measured(home(), ("09:00", 20.0)).feed_lost().at("16:00").resumed(kept=False)
    assert measured(story, ("16:01", 10.0)).raised == []
    story = measured(home(), ("09:00", 20.0)).feed_lost().at("16:00")
    story.says("th", seen="09:40", temperature=13.0).resumed(kept=True)
    assert story.raised == ["the_rule th 09:40"]


def test_it_goes_on_over_a_restart_and_a_jump_of_the_clock() -> None:
    story = measured(home(), ("09:00", 20.0), ("09:30", 18.0)).restarts()
    assert measured(story, ("09:40", 14.0)).raised == ["the_rule th 09:40"]
    story = measured(home(), ("09:00", 20.0), ("09:01", 19.0)).clock_stepped(2 * 3600)
    assert measured(story, ("11:10", 14.0)).raised == ["the_rule th 11:10"]


def changed(rate: Rate, seen: list[tuple[int, float]], over_ms: int) -> bool:
    """Whether it holds, by all values of that time."""
    now, last = seen[-1]
    ends = [*(at for at, _ in seen[1:]), now + 1]
    values = [value for (_, value), end in zip(seen, ends, strict=True) if end > now - over_ms]
    return last - min(values) > 7.5 if rate.above is not None else last - max(values) < -7.5


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(-30, 30)), min_size=1, max_size=60),
    st.sampled_from([Rate("temperature", 3600, above=7.5), Rate("temperature", 3600, below=-7.5)]),
)
def test_it_agrees_with_looking_at_every_value_of_the_time(steps: list[tuple[int, int]], rate: Rate) -> None:
    """A sixteenth of the time is its blur: it never misses, and claims nothing that a slightly longer time would not show."""
    slot, at, seen = Slot(), 1_000_000_000, []
    for wait, value in steps:
        at += wait * 1000
        seen.append((at, float(value)))
        rate._add(slot, at, float(value), 0)
        rate._forget(slot, at)
        assert len(slot.past) <= SAMPLES + 2 <= PAST_MAX

        shorter = 3_600_000 * (SAMPLES - 1) // SAMPLES
        assert rate._holds(slot) or not changed(rate, seen, shorter)
        assert changed(rate, seen, 3_600_000) or not rate._holds(slot)


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("rate: {metric: temperature, over_s: 60}", "exactly one"),
        ("rate: {metric: temperature, above: 1, below: -1, over_s: 60}", "exactly one"),
        ("rate: {metric: temperature, below: 5, over_s: 60}", "not positive"),
        ("rate: {metric: temperature, above: 5, over_s: 0}", "over_s"),
        ("rate: {metric: temprature, above: 5, over_s: 60}", "temperature"),
    ],
)
def test_what_is_no_rate_is_refused(when: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        rule(when)
