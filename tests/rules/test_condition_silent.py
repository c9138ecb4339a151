"""Silence: a device is missing, which is neither its gateway's loss nor anybody's stillness."""

from __future__ import annotations

from story import Story, built_in

PIR = ("pir:motion",)


def home(*devices: str) -> Story:
    # Heartbeats are ten minutes, so a device is silent after half an hour.
    return Story(built_in("device_silent"), devices=devices or PIR)


def test_three_missed_heartbeats_raise_and_the_next_word_ends_it() -> None:
    story = home().at("08:25").says("pir", motion=0.0).at("08:54").says("pir", motion=0.0).at("11:00")
    assert story.raised == ["device_silent pir 09:24"]
    assert story.says("pir", motion=0.0).ended == ["device_silent pir 11:00"]


def test_a_device_never_heard_is_silent_too() -> None:
    assert home().at("10:00").raised == ["device_silent pir 08:30"]


def test_a_duplicate_is_no_word() -> None:
    story = home().at("08:10").says("pir", motion=0.0).at("08:35")
    story.seq -= 1
    assert story.says("pir", seen="08:10", motion=0.0).at("08:45").raised == ["device_silent pir 08:40"]


def test_its_backlog_shows_that_it_is_there() -> None:
    story = home().at("11:00")
    for late in ("08:40", "09:00", "09:20"):
        story.says("pir", seen=late, motion=0.0)
    assert story.at("11:29").raised == ["device_silent pir 08:30"]
    assert story.ended == ["device_silent pir 11:00"]


def test_a_will_without_a_time_marks_it_offline() -> None:
    story = home().at("08:20").says("pir", motion=0.0).at("08:21").status("pir", online=False)
    assert not story.state.devices["pir"].online
    assert story.at("10:00").raised == ["device_silent pir 08:26"]
    assert story.alerts[0].evidence.facts[0].value == 0.0


def test_back_within_five_minutes_raises_nothing() -> None:
    story = home().at("08:10").status("pir", online=False).at("08:14").status("pir", online=True)
    assert story.at("08:40").raised == []


def test_a_device_that_talks_is_online_whatever_its_will_said() -> None:
    story = home().at("08:10").status("pir", online=False).at("08:16").says("pir", motion=0.0)
    assert story.ended == ["device_silent pir 08:16"]
    assert story.at("08:40").raised == ["device_silent pir 08:15"]


def test_a_retained_status_is_no_word_of_the_device() -> None:
    story = home().at("08:20").status("pir", online=True, retained=True).at("09:00")
    assert story.raised == ["device_silent pir 08:30"]


def test_a_restart_raises_nothing_by_itself() -> None:
    story = home().at("08:10").says("pir", motion=0.0).restarts()
    story.now = story.clock("20:00")
    story.feed_lost(since="08:15").resumed(kept=True).at("20:01:59")
    assert story.raised == []
    assert story.at("21:00").raised == ["device_silent pir 20:02"]


def test_what_was_silent_before_the_loss_is_raised_with_its_own_time() -> None:
    story = home().restarts()
    story.now = story.clock("20:00")
    assert story.feed_lost(since="08:45").raised == ["device_silent pir 08:30"]


def test_after_a_loss_in_which_nothing_was_kept_the_deaf_time_is_given_back() -> None:
    story = home().at("08:10").feed_lost().at("10:10").resumed(kept=False)
    assert story.at("12:00").raised == ["device_silent pir 10:30"]


def test_the_time_given_back_does_not_outlive_the_next_word() -> None:
    story = home().at("08:10").feed_lost().at("10:10").resumed(kept=False)
    story.at("10:12").says("pir", motion=0.0)
    assert story.at("12:00").raised == ["device_silent pir 10:42"]


def behind_gateway() -> Story:
    return home("pir:motion", "pir2:motion").at("08:10").status("pir", online=True, via="gw")


def test_a_gateway_that_is_down_speaks_for_its_devices() -> None:
    story = behind_gateway().at("08:20").status("gw", online=False).at("12:00")
    assert story.raised == ["device_silent pir2 08:30"]


def test_its_devices_get_five_minutes_to_rejoin() -> None:
    story = behind_gateway().at("08:20").status("gw", online=False).at("12:00").status("gw", online=True)
    assert story.at("12:04").raised == ["device_silent pir2 08:30"]
    assert story.at("13:00").raised[1:] == ["device_silent pir 12:05"]


def test_no_storm_when_the_feed_is_lost_just_after_the_gateway_came_back() -> None:
    story = behind_gateway().at("08:20").status("gw", online=False).at("12:00").status("gw", online=True)
    story.at("12:01").feed_lost().at("12:30").resumed(kept=True)
    assert story.raised == ["device_silent pir2 08:30"]
    assert story.at("13:00").raised[1:] == ["device_silent pir 12:32"]


def test_a_device_that_moved_to_a_living_gateway_is_watched_again() -> None:
    story = behind_gateway().at("08:11").status("pir2", online=True, via="gw").status("gw", online=False)
    story.at("08:20").says("pir2", motion=0.0).status("pir", online=True, via="gw-2")
    assert story.at("12:00").raised == ["device_silent pir 08:50"]


def test_a_gateway_in_the_same_place_speaks_for_its_devices_too() -> None:
    station = Story(
        built_in("device_silent"),
        built_in("gateway_lost"),
        devices=("gw:gateway", "door:counter"),
        capacity=5,
    )
    station.status("door", online=True, via="gw").at("08:10").status("gw", online=False).at("12:00")
    assert station.raised == ["gateway_lost gw 08:11"]


def test_the_gateway_itself_is_lost_after_a_minute() -> None:
    station = Story(built_in("gateway_lost"), devices=("gw:gateway",), capacity=5)
    story = station.at("08:10").status("gw", online=False).at("09:00").status("gw", online=True)
    assert (story.raised, story.ended) == (["gateway_lost gw 08:11"], ["gateway_lost gw 09:00"])


def test_a_device_taken_away_is_forgotten_and_a_new_one_starts_now() -> None:
    story = home("pir:motion", "old:motion").at("08:20").changes(devices=("pir:motion", "new:motion"))
    assert story.at("09:00").raised == ["device_silent pir 08:30", "device_silent new 08:50"]


def test_a_clock_that_jumps_makes_nobody_silent() -> None:
    assert home().at("08:20").clock_stepped(3 * 3600).at("11:29").raised == []
