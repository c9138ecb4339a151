"""Laws 4 to 6: extra ticks and duplicates change nothing, and a state never outgrows its declared size."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from town_of_events import ACTS, Act, Town, journal, undated

from rules.effects import Raise
from rules.events import AnyEvent, ClockStepped, FeedLost, Occurrence, Quality, Telemetry, Tick
from rules.identity import BOOTS_MAX, seen


def latest_tick_before(event: AnyEvent) -> int:
    """Until when a hub could have ticked before it read this.

    No tick overtakes an unread event; none was made after the feed was lost; hub time did not pass through the time that a
    jump of the clock left out.
    """
    if isinstance(event, FeedLost):
        return min(event.at, event.lost_at)
    return event.at - max(event.by, 0) if isinstance(event, ClockStepped) else event.at


@given(ACTS, st.data())
def test_law_4_extra_ticks_change_nothing_but_the_moment_of_decision(
    acts: list[Act], data: st.DataObject
) -> None:
    # An alert may be decided earlier when somebody asks earlier (its ``at``). What it says may not change: its id, subject,
    # active_at and evidence, when an alert ends, and the order of all that.
    events = journal(acts)
    ticked: list[AnyEvent] = [events[0]]
    for before, event in pairwise(events):
        latest = latest_tick_before(event)
        if latest >= before.at:
            moments = data.draw(st.lists(st.integers(before.at, latest), max_size=3), label="ticks")
            ticked += [Tick(at) for at in sorted(moments)]
        ticked.append(event)
    plain, often = Town(), Town()
    for_each_key = undated(plain.play(events)), undated(often.play(ticked))
    assert _by_key(for_each_key[0]) == _by_key(for_each_key[1])
    for town in (plain, often):
        for state in town.states.values():
            state.wake = 0  # a lower bound, as good as the last look
    assert often.bytes() == plain.bytes()


def _by_key(effects: list) -> dict[str, list]:  # type: ignore[type-arg]
    found: dict[str, list] = {}  # type: ignore[type-arg]
    home = {effect.alert: effect.key for effect in effects if isinstance(effect, Raise)}
    for effect in effects:
        found.setdefault(home[effect.alert], []).append(effect)
    return found


@given(ACTS, st.data())
def test_law_5_a_message_that_is_remembered_changes_nothing(acts: list[Act], data: st.DataObject) -> None:
    town = Town()
    told: list[AnyEvent] = []
    for event in journal(acts):
        town.feed(event)
        if isinstance(event, Telemetry | Occurrence) and event.quality != Quality.RETAINED:
            told.append(event)
        at_once = told[-1:] if told and told[-1] is event else []
        later = [data.draw(st.sampled_from(told), label="again")] if told else []
        for again in at_once + later:
            if is_remembered(town, again):
                before = town.bytes()
                assert town.feed(_at(again, event.at)) == []
                assert town.bytes() == before


def test_an_event_that_is_known_by_its_id_brings_no_forgotten_boot_back() -> None:
    """Its boot would push out another, whose messages would then count anew: a device that starts often sends few events."""
    town, begun = Town(), journal([])
    town.play(begun)
    at = begun[-1].at
    fall = Occurrence(at, "F1-0gateway", at, Quality.GOOD, "first", 1, "the same", "fall", {})
    town.feed(fall)
    for boot in range(2, 2 + BOOTS_MAX):
        town.feed(Telemetry(at, "F1-0gateway", at, Quality.GOOD, f"{boot:04}", 1, {"rssi": -60.0}))
    assert town.states["F1"].devices["F1-0gateway"].ids == ["the same"]
    before = town.bytes()
    assert town.feed(fall) == []
    assert town.bytes() == before


def is_remembered(town: Town, event: AnyEvent) -> bool:
    assert isinstance(event, Telemetry | Occurrence)
    registered = town.world.devices.get(event.device)
    if registered is None:
        return False
    device = town.states[registered.key].devices[event.device]
    if isinstance(event, Occurrence) and event.id:
        return event.id in device.ids
    return seen(device.boots, event.boot, event.seq)


def _at(event: AnyEvent, at: int) -> AnyEvent:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return type(event)(**fields | {"at": at})


@given(ACTS)
def test_law_6_no_state_outgrows_its_declared_size(acts: list[Act]) -> None:
    town = Town()
    for event in journal(acts):
        town.feed(event)
        for key, body in town.bytes().items():
            assert len(body) <= town.world.plan(key).state_bytes_max
