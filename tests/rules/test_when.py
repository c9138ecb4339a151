"""Conditions joined: all, any, not, and what they may not be made of."""

from __future__ import annotations

import pytest
from story import Story, rule

from gateway.rulebook.load import FileMistakes

COLD_ROOM = "all: {of: [{level: {metric: temperature, below: 12}}, {not: {level: {metric: humidity, above: 80}}}], for_s: 600}"
NIGHT_DOOR = 'all: {of: [{level: {metric: contact, equals: 0}}, {during: {from_time: "22:00", to_time: "06:00"}}], for_s: 120}'
SOS_AT_NIGHT = 'all: {of: [{event: {type: sos}}, {during: {from_time: "22:00", to_time: "06:00"}}]}'
EITHER = "any: {of: [{level: {metric: smoke, equals: 1}}, {level: {metric: leak, equals: 1}}]}"


def test_all_holds_from_the_moment_its_last_part_does() -> None:
    story = (
        Story(rule(NIGHT_DOOR, kinds="contact"), start="21:00")
        .at("21:50")
        .says("door", seen="21:50", contact=0.0)
    )
    assert story.at("22:01").raised == []
    assert story.at("22:10").raised == ["the_rule door 22:02"]
    assert [fact.what for fact in story.alerts[0].evidence.facts] == ["contact"]


def test_all_ends_when_one_part_does() -> None:
    story = Story(rule(NIGHT_DOOR, kinds="contact"), start="21:50").says("door", contact=0.0).at("22:30")
    assert story.says("door", seen="22:30", contact=1.0).ended == ["the_rule door 22:30"]
    story.at("22:40").says("door", seen="22:40", contact=0.0).at("23:00")
    assert story.raised == ["the_rule door 22:02", "the_rule door 22:42"]
    assert story.at("07:00", days=1).ended[-1] == "the_rule door 06:00"


def test_a_part_that_ends_before_the_hold_has_run_out_raises_nothing() -> None:
    story = Story(rule(NIGHT_DOOR, kinds="contact"), start="21:50").says("door", contact=0.0)
    story.at("22:01").says("door", seen="22:01", contact=1.0).at("05:59", days=1)
    assert (story.raised, story.ended) == ([], [])


def test_a_happening_in_all_asks_the_others_at_that_moment() -> None:
    story = Story(rule(SOS_AT_NIGHT, kinds="sos"), start="20:00").at("21:00").event("sos", "sos")
    story.at("23:00").event("sos", "sos").at("23:01").event("sos", "sos").at("06:30", days=1).event(
        "sos", "sos"
    )
    assert story.raised == ["the_rule sos 23:00", "the_rule sos 23:01"]
    assert len({alert.alert for alert in story.alerts}) == 2


def test_not_holds_while_its_part_does_not_also_when_nothing_is_known() -> None:
    story = (
        Story(rule(COLD_ROOM, kinds="motion"), start="08:00")
        .says("pir", seen="08:00", temperature=8.0)
        .at("08:30")
    )
    assert story.raised == ["the_rule pir 08:10"]
    assert story.says("pir", seen="08:30", humidity=90.0).ended == ["the_rule pir 08:30"]
    story.at("08:40").says("pir", seen="08:40", humidity=60.0).at("09:00")
    assert story.raised == ["the_rule pir 08:10", "the_rule pir 08:50"]


def test_any_holds_while_one_part_does() -> None:
    story = Story(rule(EITHER, kinds="motion")).says("pir", smoke=1.0).at("08:01").says("pir", leak=1.0)
    story.at("08:02").says("pir", seen="08:02", smoke=0.0)
    assert (len(story.raised), story.ended) == (1, [])
    assert story.at("08:03").says("pir", seen="08:03", leak=0.0).ended == ["the_rule pir 08:03"]


def test_a_restart_amid_a_hold_changes_nothing() -> None:
    story = (
        Story(rule(NIGHT_DOOR, kinds="contact"), start="21:50")
        .says("door", contact=0.0)
        .at("22:01")
        .restarts()
    )
    assert story.at("22:10").raised == ["the_rule door 22:02"]


def test_parts_of_parts() -> None:
    nested = (
        "any: {of: [{all: {of: [{level: {metric: smoke, equals: 1}}, {not: {level: {metric: contact, equals: 0}}}]}},"
        " {level: {metric: leak, equals: 1}}]}"
    )
    story = Story(rule(nested, kinds="contact")).says("door", contact=0.0).at("08:01").says("door", smoke=1.0)
    assert story.raised == []
    story.at("08:02").says("door", seen="08:02", contact=1.0)
    assert story.raised == ["the_rule door 08:02"]
    assert {fact.what for fact in story.alerts[0].evidence.facts} == {"smoke"}
    assert story.at("08:03").says("door", seen="08:03", smoke=0.0).ended == ["the_rule door 08:03"]


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        (
            "all: {of: [{event: {type: fall}}, {event: {type: sos}}]}",
            "only one of its parts may be a happening",
        ),
        (
            "all: {of: [{event: {type: fall}}, {level: {metric: worn, equals: 1}}], for_s: 5}",
            "leave for_s out",
        ),
        ("any: {of: [{event: {type: fall}}, {level: {metric: worn, equals: 1}}]}", "must all last"),
        ("not: {event: {type: fall}}", "no opposite"),
        ("all: {of: [{level: {metric: worn, equals: 1}}]}", "two to 6 parts"),
        ("all: {of: [{level: {metric: worn, equals: 1}}, {levle: {}}]}", "levle"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_reason(when: str, complaint: str) -> None:
    with pytest.raises(FileMistakes, match=complaint):
        rule(when)


COUNTS_NOBODY = (
    'all: {of: [{stuck: {metric: occupancy, for_s: 600}}, {during: {to_time: "18:00"}}], for_s: 7200}'
)


def test_a_hold_that_rests_on_silence_is_given_back_what_nobody_could_hear() -> None:
    story = Story(rule(COUNTS_NOBODY, kinds="counter"), devices=("c:counter",), start="09:00", capacity=10)
    for people, time in enumerate(("09:10", "09:30", "09:50")):
        story.at(time).says("c", occupancy=float(people))
    for time in ("10:05", "10:20", "10:35"):
        story.at(time).says("c", occupancy=2.0)
    assert story.at("10:40").feed_lost().at("13:00").resumed(kept=False).raised == []
    assert story.at("13:01").says("c", occupancy=200.0).at("14:30").raised == []


def test_a_hold_that_rests_on_no_silence_goes_on_over_a_loss() -> None:
    story = Story(rule(NIGHT_DOOR, kinds="contact"), start="21:50").says("door", contact=0.0)
    assert story.at("22:01").feed_lost().at("23:00").resumed(kept=False).raised == ["the_rule door 22:02"]


def test_what_was_told_before_a_mode_stands_when_the_mode_is_over() -> None:
    awake = (
        "all: {of: [{not: {absence: {of: [motion], for_s: 3600}}}, "
        "{level: {metric: contact, equals: 0, anywhere: true}}]}"
    )
    story = Story(rule(awake), start="20:10").says("door", contact=0.0)
    story.at("20:20").mode("visitors", until="20:30").at("20:40")
    assert (story.raised, story.ended) == (["the_rule H1 20:10"], [])
    assert story.says("door", seen="20:40", contact=1.0).ended == ["the_rule H1 20:40"]


def test_who_was_out_when_the_hub_went_deaf_may_have_come_home() -> None:
    story = Story(rule("presence: {is: [presumed_out], for_s: 7200}"), start="09:00").says("pir", motion=1.0)
    story.says("door", contact=1.0).at("10:00").says("door", seen="10:00", contact=0.0)
    assert story.at("10:20").feed_lost().at("13:00").resumed(kept=False).at("14:50").raised == []
    assert story.at("15:00").raised == ["the_rule H1 14:55"]
