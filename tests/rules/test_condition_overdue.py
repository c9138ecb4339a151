"""A button that nobody tries out: due after so long, done by the next press."""

from __future__ import annotations

import pytest
from story import Story, rule

from gateway.rulebook.load import FileMistakes

WEEKLY = rule("overdue: {of: [sos, test], for_s: 604800}", kinds="sos, pendant")


def home() -> Story:
    return Story(WEEKLY, devices=("sos:sos", "pendant:pendant", "pir:motion"))


def test_each_device_is_due_a_week_after_it_was_put_up() -> None:
    story = home().at("08:00", days=7)
    assert story.raised == ["the_rule pendant 08:00", "the_rule sos 08:00"]
    assert story.alerts[0].evidence.facts == ()


def test_a_press_puts_it_off_and_the_next_one_ends_it() -> None:
    story = home().at("10:00", days=2).event("sos", "sos").event("pendant", "test")
    assert story.at("09:59", days=9).raised == []
    assert story.at("10:00", days=9).raised == ["the_rule pendant 10:00", "the_rule sos 10:00"]
    assert story.alerts[1].evidence.facts[0].what == "event.sos"
    assert story.at("12:00", days=9).event("sos", "test").ended == ["the_rule sos 12:00"]
    assert story.at("11:59", days=16).raised[2:] == [], "a new week has begun"


def test_another_event_and_one_from_before_do_not_count() -> None:
    story = home().at("10:00", days=2).event("sos", "test").event("pendant", "test")
    story.at("11:00", days=2).event("sos", "fall").event("sos", "test", seen="09:00", name="old")
    assert story.at("10:00", days=9).raised == ["the_rule pendant 10:00", "the_rule sos 10:00"]


def test_it_goes_on_over_a_restart_and_a_loss_of_the_feed() -> None:
    story = home().at("10:00", days=2).event("sos", "test").event("pendant", "test")
    story.restarts().feed_lost().at("10:30", days=2).resumed(kept=False)
    assert story.at("10:00", days=9).raised == ["the_rule pendant 10:00", "the_rule sos 10:00"]


def test_what_the_broker_kept_is_read_before_it_is_judged() -> None:
    hourly = rule("overdue: {of: [test], for_s: 3600}")
    story = Story(hourly, devices=("sos:sos", "pendant:pendant")).at("08:50").feed_lost().at("09:30")
    story.event("sos", "test", seen="08:55").event("pendant", "test", seen="09:10").resumed(kept=True)
    assert story.raised == ["the_rule pendant 09:00"]
    assert story.ended == ["the_rule pendant 09:10"], "tried ten minutes too late"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("overdue: {of: [], for_s: 60}", "name at least one event"),
        ("overdue: {of: [sos], for_s: 0}", "for_s be positive"),
        ("overdue: {of: [motion], for_s: 60}", "unknown event 'motion'"),
    ],
)
def test_what_is_no_such_condition(given: str, said: str) -> None:
    with pytest.raises(FileMistakes, match=said):
        rule(given)
