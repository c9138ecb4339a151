"""Modes of a home: what they hold back is recorded, what stands when they end is told, a return ends them."""

from __future__ import annotations

import msgspec
import pytest
from story import Story, built_in, rule

from rules.effects import Hold, ModeChanged
from rules.modes import KINDS, LASTS_MS, mode_of

OPEN_DOOR = rule("level: {metric: contact, equals: 0, for_s: 600}", kinds="contact")
QUIET = rule("absence: {of: [motion, contact], for_s: 3600}")


def home(*rules_: object) -> Story:
    story = Story(*(rules_ or (OPEN_DOOR,)), start="08:00").says("door", contact=1.0)  # type: ignore[arg-type]
    story.heartbeat = ("door", "pir", "pir2")
    return story


def holds(story: Story) -> list[str]:
    found = [effect for effect in story.effects if isinstance(effect, Hold)]
    return [f"{hold.rule} {hold.subject} {story.text(hold.active_at)} {hold.by}" for hold in found]


def modes(story: Story) -> list[str]:
    found = [effect for effect in story.effects if isinstance(effect, ModeChanged)]
    return [f"{story.text(one.at)} {one.kind or 'none'} {one.because}" for one in found]


def test_what_a_mode_holds_back_is_recorded_and_told_when_the_mode_ends_and_it_still_stands() -> None:
    story = (
        home().mode("visitors", until="12:00").at("09:00").says("door", seen="09:00", contact=0.0).at("11:59")
    )
    assert (story.raised, holds(story)) == ([], ["the_rule door 09:10 mode:visitors"])
    assert story.at("12:00").raised == ["the_rule door 09:10"]
    assert modes(story) == ["08:00 visitors command", "12:00 none time"]


def test_what_is_over_when_the_mode_ends_is_not_told() -> None:
    story = home().mode("cleaning").at("09:00").says("door", seen="09:00", contact=0.0)
    story.at("09:30").says("door", seen="09:30", contact=1.0).at("20:00")
    assert (story.raised, len(holds(story)), len(story.ends)) == ([], 1, 1)


def test_falls_and_calls_for_help_are_told_in_every_mode() -> None:
    for kind in KINDS:
        story = (
            Story(built_in("fall"), built_in("sos"))
            .mode(kind)
            .at("09:00")
            .event("pendant")
            .event("sos", "sos")
        )
        assert story.raised == ["fall pendant 09:00", "sos sos 09:00"]


def test_activity_ends_an_absence_mode_but_not_while_leaving() -> None:
    story = home().mode("away", until="20:00").at("08:10").says("pir", motion=1.0)
    assert modes(story) == ["08:00 away command"]
    story.at("15:00").says("door", seen="15:00", contact=0.0).at("15:01").says(
        "pir", seen="15:01", motion=1.0
    )
    assert modes(story)[1:] == ["15:01 none activity"]


def test_an_absence_begins_anew_when_the_mode_ends() -> None:
    story = home(QUIET).mode("hospital", until="14:30").at("14:29")
    assert (story.raised, holds(story)) == ([], ["the_rule H1 09:00 mode:hospital"])
    assert story.at("15:29").raised == []
    assert story.at("15:31").raised == ["the_rule H1 15:30"]


def test_a_command_repeated_changes_nothing_and_another_replaces() -> None:
    story = home().mode("away", until="20:00").mode("away", until="20:00")
    assert modes(story) == ["08:00 away command"]
    assert modes(story.at("09:00").mode("visitors", until="10:00"))[1:] == [
        "09:00 none command",
        "09:00 visitors command",
    ]
    assert modes(story.at("09:30").mode_ends())[3:] == ["09:30 none command"]


def test_a_mode_outlives_a_restart_and_keeps_its_remaining_time_when_the_clock_jumps() -> None:
    story = home().mode("paused", until="10:00").restarts().at("09:00").clock_stepped(3600)
    assert story.state.mode is not None
    assert story.text(story.state.mode.until) == "11:00"


def test_a_rule_says_for_itself_which_modes_hold_it_back() -> None:
    text = rule("level: {metric: contact, equals: 0, for_s: 600}", kinds="contact")
    own = type(text)(
        **{name: getattr(text, name) for name in text.__struct_fields__} | {"held_by": ("visitors",)}
    )
    story = (
        Story(own)
        .says("door", contact=1.0)
        .mode("cleaning")
        .at("09:00")
        .says("door", seen="09:00", contact=0.0)
    )
    assert story.at("09:20").raised == ["the_rule door 09:10"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_mode_has_an_end(kind: str) -> None:
    assert mode_of(kind, now=1_000, until=None, by="x").until == 1_000 + LASTS_MS[kind]
    assert mode_of(kind, now=0, until=1 << 60, by="x").until == 90 * 86_400_000


def test_a_mode_that_is_none_is_refused_with_its_reason() -> None:
    with pytest.raises(ValueError, match="known are: away"):
        mode_of("holiday", now=0, until=None, by="x")
    with pytest.raises(ValueError, match="past"):
        mode_of("away", now=5, until=4, by="x")


def test_a_device_that_fell_silent_under_repair_is_told_of_when_the_repair_is_over() -> None:
    silent = msgspec.structs.replace(rule("silent: {}"), held_by=("maintenance",))
    story = Story(silent, devices=("door:contact", "pir:motion")).mode("maintenance", until="12:00")
    story.heartbeat = ("pir",)
    assert story.at("11:55").raised == []
    assert story.at("12:00").raised == ["the_rule door 08:30"]


def test_what_had_come_before_a_mode_began_is_told_though_nobody_ticked() -> None:
    story = home(QUIET).at("08:30").says("pir", seen="08:30", motion=1.0).at("09:25")
    story.now = story.clock("09:35")
    assert story.mode("visitors").raised == ["the_rule H1 09:30"]
    assert (holds(story), modes(story)) == ([], ["09:35 visitors command"])
