"""An event: a fall, a call for help. Each raises, whatever the feed is doing; a replayed one never does."""

from __future__ import annotations

import pytest
from story import Story, built_in, rule


def home() -> Story:
    return Story(built_in("fall"), built_in("sos"))


def test_a_fall_raises_at_once() -> None:
    story = home().at("09:00").event("pendant", confidence=0.93)
    assert story.raised == ["fall pendant 09:00"]
    assert story.alerts[0].evidence.facts[0].value == 0.93


def test_every_fall_is_an_alert_of_its_own_and_none_ends_by_itself() -> None:
    story = home().at("09:00").event("pendant").at("09:01").event("pendant").event("sos", "sos").at("18:00")
    assert story.raised == ["fall pendant 09:00", "fall pendant 09:01", "sos sos 09:01"]
    assert story.ended == []


def test_the_same_fall_sent_again_raises_once() -> None:
    story = home().at("09:00").event("pendant", name="f1", seq=7).event("pendant", name="f1", seq=7)
    assert story.at("09:10").event("pendant", name="f1", seq=12).raised == ["fall pendant 09:00"]


def test_a_pendant_that_counts_from_one_again_still_raises_its_fall() -> None:
    story = (
        home().at("09:00").event("pendant", name="f1", seq=1).at("10:00").event("pendant", name="f2", seq=1)
    )
    assert story.raised == ["fall pendant 09:00", "fall pendant 10:00"]


def test_a_fall_without_an_id_is_known_by_its_number() -> None:
    story = home().at("09:00").event("pendant", name="", seq=7).event("pendant", name="", seq=7)
    assert story.event("pendant", name="", seq=8).raised == ["fall pendant 09:00"] * 2
    assert len({alert.alert for alert in story.alerts}) == 2


def test_a_retained_fall_raises_nothing_and_does_not_hide_the_real_one() -> None:
    story = home().at("09:00").event("pendant", name="f1", seq=7, retained=True)
    assert story.raised == []
    assert story.event("pendant", name="f1", seq=7).raised == ["fall pendant 09:00"]


def test_a_late_fall_raises_with_its_age() -> None:
    story = home().at("11:00").event("pendant", seen="09:30")
    assert story.raised == ["fall pendant 09:30"]
    assert story.text(story.alerts[0].at) == "11:00"


def test_a_fall_while_the_feed_is_lost_raises_at_once_with_its_age() -> None:
    story = home().at("09:55").feed_lost().at("10:15").event("pendant", seen="09:58")
    assert story.raised == ["fall pendant 09:58"]
    assert story.text(story.alerts[0].at) == "10:15"


def test_a_fall_before_the_last_stamp_of_a_lost_feed_is_clamped_to_it() -> None:
    story = home().at("09:54").says("pir", seen="09:54", motion=1.0).feed_lost().at("10:15")
    assert story.event("pendant", seen="08:00").raised == ["fall pendant 09:54"]


def test_a_fall_of_the_future_is_a_fall_of_now() -> None:
    assert home().at("09:00").event("pendant", seen="11:00").raised == ["fall pendant 09:00"]


@pytest.mark.parametrize(("confidence", "count"), [(0.49, 0), (0.5, 1), ("high", 1)])
def test_a_rule_may_ask_for_confidence(confidence: float | str, count: int) -> None:
    sure = rule("event: {type: fall, min_confidence: 0.5}")
    assert len(Story(sure).event("pendant", confidence=confidence).raised) == count


def test_where_no_confidence_is_given_the_device_is_believed() -> None:
    assert len(Story(rule("event: {type: fall, min_confidence: 0.9}")).event("pendant").raised) == 1


def test_only_devices_of_the_named_kinds_are_listened_to() -> None:
    story = Story(rule("event: {type: fall}", kinds="pendant"))
    assert story.event("radar").event("pendant").raised == ["the_rule pendant 08:00"]


def test_ids_are_the_same_on_any_machine() -> None:
    story = home().at("09:00").event("pendant", name="f1")
    assert story.alerts[0].alert == "4a5e63ed1d2dc5c2"
