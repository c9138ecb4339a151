"""Longer in the bathroom than anybody stays there."""

from __future__ import annotations

import pytest
from story import Story, rule

STAY = rule("stay: {rooms: [bathroom], for_s: 2400}")
SILENT = rule("silent: {}", rule_id="silent")
WATCHED = ("door:contact:入户门", "bath:motion:卫生间", "hall:motion:客厅", "bed:motion:卧室")
RADAR = ("door:contact:入户门", "radar:radar:卫生间", "hall:motion:客厅")


def home(*devices: str, alive: bool = True) -> Story:
    story = Story(STAY, devices=devices or WATCHED, start="08:00")
    names = tuple(device.split(":")[0] for device in story.devices)
    for name in names:
        if name == "door":
            story.says(name, contact=1.0)
        elif name == "radar":
            story.says(name, presence=0.0)
        else:
            story.says(name, motion=0.0)
    story.heartbeat = names if alive else ()
    return story


def seen(story: Story, time: str, device: str, **metrics: float) -> Story:
    return story.at(time).says(device, seen=time, **(metrics or {"motion": 1.0}))


# ---- by motion


def test_nobody_seen_elsewhere_for_forty_minutes_raises_for_the_home() -> None:
    story = seen(seen(home(), "09:00", "hall"), "09:05", "bath")
    seen(seen(story, "09:06", "bath"), "09:30", "bath").at("10:30")
    assert story.raised == ["the_rule H1 09:45"]
    assert story.alerts[0].at == story.alerts[0].active_at
    evidence = story.alerts[0].evidence
    assert [(fact.device, story.text(fact.at)) for fact in evidence.facts] == [("bath", "09:05")]
    assert evidence.numbers == {"for_s": 2400.0, "rooms": "bathroom"}


def test_whoever_is_seen_elsewhere_has_left() -> None:
    story = seen(seen(home(), "09:05", "bath"), "09:40", "hall")
    assert story.at("12:00").raised == []
    story = seen(seen(home(), "09:05", "bath"), "10:00", "bed")
    assert (story.raised, story.ended) == (["the_rule H1 09:45"], ["the_rule H1 10:00"])
    seen(story, "11:00", "bath").at("12:00")
    assert story.raised[1:] == ["the_rule H1 11:40"]


def test_a_step_elsewhere_from_before_that_comes_late_is_old_news() -> None:
    story = seen(home(), "09:05", "bath").at("09:06").says("hall", seen="09:04", motion=1.0)
    assert story.at("10:00").raised == ["the_rule H1 09:45"]


def test_whoever_left_by_the_front_door_has_left() -> None:
    assert seen(seen(home(), "09:05", "bath"), "09:10", "door", contact=0.0).at("12:00").raised == []


def test_its_door_and_its_flush_are_of_the_room() -> None:
    devices = (*WATCHED, "wcdoor:opening:卫生间", "cistern:flush:卫生间")
    story = home(*devices)
    story.says("wcdoor", contact=1.0)
    seen(story, "09:00", "wcdoor", contact=0.0)
    assert seen(story, "09:20", "cistern", flush=1.0).at("10:00").raised == ["the_rule H1 09:40"]


def test_where_somebody_could_have_left_unseen_nothing_is_said() -> None:
    one_room = ("bath:motion:卫生间", "hall:motion:客厅", "hall2:motion:客厅")
    assert seen(home(*one_room), "09:05", "bath").at("12:00").raised == []
    two_others = ("bath:motion:卫生间", "a:motion:书房", "b:motion:阳台")
    assert seen(home(*two_others), "09:05", "bath").at("10:00").raised == ["the_rule H1 09:45"]
    assert seen(home(alive=False), "09:05", "bath").at("12:00").raised == []


def test_a_sensor_that_was_dead_meanwhile_could_have_missed_it() -> None:
    story = home()
    seen(story, "09:05", "bath").status("bed", online=False)
    story.heartbeat = ("bath", "hall")
    story.at("09:20")
    assert story.at("10:30").raised == []
    watched = Story(STAY, SILENT, devices=WATCHED, start="08:00")
    for name in ("bath", "hall", "bed"):
        watched.says(name, motion=0.0)
    watched.heartbeat = ("bath", "hall", "door")
    seen(watched.at("08:50").says("bed", motion=0.0), "09:05", "bath").at("09:30")
    watched.heartbeat = ("bath", "hall", "door", "bed")
    assert [one for one in watched.at("12:00").raised if "the_rule" in one] == []


def test_a_home_without_such_a_room_raises_nothing() -> None:
    assert seen(home("hall:motion:客厅", "bed:motion:卧室"), "09:00", "hall").at("12:00").raised == []


# ---- by a presence sensor


def test_a_presence_sensor_alone_is_sure() -> None:
    story = seen(home("radar:radar:卫生间"), "09:00", "radar", presence=1.0).at("10:30")
    assert story.raised == ["the_rule H1 09:40"]
    assert seen(story, "10:40", "radar", presence=0.0).ended == ["the_rule H1 10:40"]


def test_a_room_it_calls_empty_is_empty() -> None:
    assert (
        seen(seen(home(*RADAR), "09:00", "radar", presence=1.0), "09:30", "radar", presence=0.0)
        .at("12:00")
        .raised
        == []
    )
    devices = (*WATCHED, "radar:radar:卫生间")
    assert seen(home(*devices), "09:05", "bath").at("12:00").raised == []


def test_seen_elsewhere_while_it_senses_somebody_begins_the_time_anew() -> None:
    story = seen(seen(home(*RADAR), "09:00", "radar", presence=1.0), "09:01", "hall").at("10:30")
    assert story.raised == ["the_rule H1 09:41"]
    assert (story.alerts[0].evidence.facts[0].what, story.text(story.alerts[0].evidence.facts[0].at)) == (
        "presence",
        "09:01",
    )
    assert seen(story, "10:35", "hall").ended == ["the_rule H1 10:35"]
    assert story.at("11:14").raised[1:] == []
    assert story.at("11:15").raised[1:] == ["the_rule H1 11:15"]


def test_a_track_that_was_lost_when_the_person_went_out_says_nothing() -> None:
    story = seen(home(*RADAR), "09:00", "radar", presence=1.0)
    seen(seen(story, "09:20", "door", contact=0.0), "09:20:10", "door", contact=1.0)
    assert story.at("14:00").raised == []


def test_presence_in_another_room_is_elsewhere() -> None:
    devices = (*WATCHED, "living:radar:客厅")
    story = home(*devices)
    story.says("living", presence=0.0)
    assert seen(seen(story, "09:05", "bath"), "09:10", "living", presence=1.0).at("12:00").raised == []


# ---- over interruptions


def test_nothing_is_concluded_while_the_feed_is_lost() -> None:
    story = seen(home(), "09:05", "bath").feed_lost().at("11:00")
    assert story.raised == []
    story.says("hall", seen="09:20", motion=1.0).resumed(kept=True)
    assert story.at("12:00").raised == []


def test_what_nobody_could_hear_does_not_count() -> None:
    story = seen(home(), "09:05", "bath").at("09:15").feed_lost().at("11:00").resumed(kept=False)
    assert story.at("11:29").raised == []
    assert story.at("12:00").raised == ["the_rule H1 11:30"]


def test_it_goes_on_over_a_restart_and_a_jump_of_the_clock() -> None:
    story = seen(home(), "09:05", "bath").restarts().at("10:00")
    assert story.raised == ["the_rule H1 09:45"]
    story = seen(home(), "09:05", "bath").clock_stepped(3600)
    assert (story.at("10:44").raised, story.at("11:00").raised) == ([], ["the_rule H1 10:45"])


def test_after_a_mode_it_begins_anew_for_whom_a_presence_sensor_knows_to_be_there() -> None:
    story = seen(home(*RADAR), "09:00", "radar", presence=1.0).mode("paused").at("10:00").mode_ends()
    assert story.at("10:39").raised == []
    assert story.at("11:00").raised == ["the_rule H1 10:40"]
    by_motion = seen(home(), "09:05", "bath").mode("cleaning").at("10:00").mode_ends()
    assert by_motion.at("12:00").raised == []


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("stay: {rooms: [], for_s: 60}", "at least one"),
        ("stay: {rooms: [bathroom], for_s: 0}", "for_s"),
        ("stay: {rooms: [bathrom], for_s: 60}", "bathroom"),
    ],
)
def test_what_is_no_stay_is_refused(when: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        rule(when)


def test_who_went_in_just_before_the_feed_was_back_is_seen_to_leave() -> None:
    story = seen(home(), "09:00", "hall").at("10:00").feed_lost().at("10:59")
    story.says("bath", seen="10:59", motion=1.0).at("11:00").resumed(kept=False)
    assert seen(story, "11:05", "hall").at("13:00").raised == []
