"""One place on virtual time: deadlines at their own time, and nothing decided otherwise than by a hub that only reads."""

from __future__ import annotations

import pytest
from case_rules import RULES
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rulebook.virtual import Virtual
from rules.effects import Effect, End, Raise
from rules.events import ClockStepped, FeedLost, Resumed, Telemetry, Tick, Value, WorldChanged
from rules.state import KeyState
from rules.step import advance
from rules.world import Definition, Device, Place, World

MINUTE = 60_000
START = 1_772_409_600_000  # Monday 2 March 2026, 08:00 in Shanghai
HEARTBEAT_S = 86_400


def home(*only: str) -> Virtual:
    rules = tuple(rule for rule in RULES if rule.id in only)
    devices = (
        Device("door", "s", "H1", "contact", "", HEARTBEAT_S),
        Device("pir", "s", "H1", "motion", "", 60),
    )
    world = World(Definition(1, "Asia/Shanghai", (Place("H1", "home"),), devices, rules))
    return Virtual(world, "H1", START)


def says(minute: float, **metrics: Value) -> Telemetry:
    at = START + int(minute * MINUTE)
    return Telemetry(at, "door", at, 0, "b007", int(minute * 10) + 1, metrics)


def decided(effects: list[Effect]) -> list[tuple[str, float, float]]:
    return [
        (type(e).__name__, (getattr(e, "active_at", e.at) - START) / MINUTE, (e.at - START) / MINUTE)
        for e in effects
        if isinstance(e, Raise | End)
    ]


def test_a_deadline_is_decided_at_its_own_time_though_nothing_happens_then() -> None:
    place = home("door_left_open")
    assert place.tell(says(0, contact=0.0)) == []
    assert decided(place.until(START + 9 * MINUTE)) == []
    assert decided(place.tell(says(60, contact=1.0))) == [("Raise", 10, 10), ("End", 60, 60)]


def test_what_is_due_at_the_moment_of_the_event_comes_before_it() -> None:
    place = home("door_left_open")
    place.tell(says(0, contact=0.0))
    assert decided(place.tell(says(10, contact=1.0))) == [("Raise", 10, 10), ("End", 10, 10)]


def test_nobody_ticks_while_the_hub_is_away() -> None:
    place = home("door_left_open")
    place.tell(says(0, contact=0.0))
    back = START + 30 * MINUTE
    assert place.tell(FeedLost(back, START + 5 * MINUTE)) == []
    assert place.until(back) == []
    closed = Telemetry(back, "door", START + 8 * MINUTE, 0, "b007", 900, {"contact": 1.0})
    assert place.tell(closed) == []
    assert place.tell(Resumed(back, START + 5 * MINUTE, True)) == []


def test_time_that_a_jump_of_the_clock_left_out_has_not_passed() -> None:
    place = home("door_left_open")
    place.tell(says(0, contact=0.0))
    assert place.tell(ClockStepped(START + 65 * MINUTE, 60 * MINUTE)) == []
    assert decided(place.until(START + 100 * MINUTE)) == [("Raise", 70, 70)]


def test_time_never_runs_back() -> None:
    place = home("door_left_open")
    place.until(START + 5 * MINUTE)
    with pytest.raises(ValueError, match="never runs back; sort the events"):
        place.tell(says(4, contact=0.0))


def test_a_condition_that_leaves_its_deadline_unsettled_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    place = home("door_left_open")
    place.tell(says(0, contact=0.0))
    monkeypatch.setattr("gateway.rulebook.virtual.advance", lambda *_: [])
    with pytest.raises(RuntimeError, match=r"H1: a tick at .* left .* unsettled"):
        place.until(START + 10 * MINUTE)


def test_a_long_quiet_needs_few_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = []
    place = home("door_left_open", "no_activity")
    place.tell(says(0, contact=1.0))

    from gateway.rulebook import virtual  # noqa: PLC0415 the module whose name is replaced

    advance = virtual.advance
    monkeypatch.setattr(virtual, "advance", lambda *given: ticks.append(given[2]) or advance(*given))
    place.until(START + 30 * 24 * 60 * MINUTE)
    assert len(ticks) <= 2 * 30, "about one a day, for the next morning's beginning"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=30))
def test_it_decides_what_a_hub_decides_that_only_reads(changes: list[tuple[int, bool]]) -> None:
    place, minute = home("door_left_open", "no_activity"), 0
    told: list[Effect] = []
    read: list[Effect] = []
    state = KeyState("H1")
    advance(place.world, state, WorldChanged(START, 1, (), ()), START)
    for after, closed in changes:
        minute += after
        event = says(minute, contact=float(closed))
        told += place.tell(event)
        read += advance(place.world, state, event, event.at)
    end = START + (minute + 1000) * MINUTE
    told += place.until(end)
    read += advance(place.world, state, Tick(end), end)
    assert [(kind, active) for kind, active, _ in decided(told)] == [
        (k, active) for k, active, _ in decided(read)
    ]
    assert all(active == at for _, active, at in decided(told)), "each at its own time"
