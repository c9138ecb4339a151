"""A place of thousands of devices: an event costs what it costs in a place of fifty, and is judged the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from town_of_events import ACTS, Act, Town, journal

import rules.agenda
from gateway.rulebook.load import load_rules
from rules.effects import Effect, Raise
from rules.events import AnyEvent, FeedLost, Resumed, Status, Telemetry, Tick, WorldChanged
from rules.state import NEVER, KeyState
from rules.step import advance
from rules.world import Definition, Device, Place, World

START = 1_772_413_200_000
S, MINUTE = 1_000, 60_000
FEW, MANY = 50, 5_000
NOBODY = 1 << 30  # so many devices has no place: every place looks through all that waits


class Facility:
    """Radio gateways in one facility, all heard once; ``work`` counts the steps of the interpreter."""

    def __init__(self, devices: int) -> None:
        self.names = [f"gw{number:05}" for number in range(devices)]
        registered = tuple(Device(name, "s", "F1", "gateway", "", 600) for name in self.names)
        self.world = World(Definition(1, "UTC", (Place("F1", "facility"),), registered, load_rules()))
        self.state = KeyState("F1")
        self.now, self.seq = START, 0
        self.effects: list[Effect] = []
        self.says(WorldChanged(self.now, 1, (), ()))
        for number, name in enumerate(self.names):
            self.now += 10 if number % 10 else 20
            self.hears(name)
        self.ticks()

    def says(self, event: AnyEvent) -> None:
        self.effects += advance(self.world, self.state, event, event.at)

    def hears(self, name: str) -> None:
        self.seq += 1
        self.says(Telemetry(self.now, name, self.now - 40, 0, "b", self.seq, {"rssi": -60.0}, own_time=True))

    def status(self, name: str, *, online: bool, via: str = "") -> None:
        self.says(Status(self.now, name, self.now, 0, online, via, {}))

    def ticks(self) -> None:
        if self.state.wake <= self.now:
            self.says(Tick(self.now))

    def work(self, does: Callable[[], Any]) -> int:
        """How many instructions that takes."""
        count = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 as the interpreter has it
            nonlocal count
            frame.f_trace_opcodes = True
            count += event == "opcode"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            does()
        finally:
            sys.settrace(before)
        return count


def reconnecting(facility: Facility) -> None:
    """Twenty drop and come back, each a second after the other, as in a storm."""
    for name in facility.names[:20]:
        facility.now += S
        facility.status(name, online=False)
        facility.ticks()
    for name in facility.names[:20]:
        facility.now += S
        facility.status(name, online=True)
        facility.hears(name)
        facility.ticks()


def changing_gateways(facility: Facility) -> None:
    """Each is behind another radio gateway now, which drops and comes back."""
    for number, name in enumerate(facility.names[:20]):
        facility.now += S
        facility.status(name, online=True, via=f"above{number}")
        facility.status(f"above{number}", online=False)
        facility.status(f"above{number}", online=True)


def kept_by_the_broker(facility: Facility) -> None:
    """What comes between a loss and its end."""
    for name in facility.names[:20]:
        facility.now += S
        facility.status(name, online=False)
        facility.hears(name)


@pytest.mark.parametrize("what", [reconnecting, changing_gateways, kept_by_the_broker])
def test_an_event_costs_no_more_among_thousands_than_among_fifty(what: Callable[[Facility], None]) -> None:
    spent = []
    for devices in (FEW, MANY):
        facility = Facility(devices)
        if what is kept_by_the_broker:
            facility.says(FeedLost(facility.now, facility.now))
        facility.now += S
        facility.status(facility.names[-1], online=False)  # whatever is worked out once, is
        facility.ticks()
        spent.append(facility.work(lambda: what(facility)))  # noqa: B023 at once
    assert spent[1] < 2 * spent[0], spent


def test_thousands_that_fall_silent_are_told_in_no_more_than_a_few_steps_each() -> None:
    each = []
    for devices in (FEW, 20 * FEW):
        facility = Facility(devices)
        for name in facility.names:
            facility.now += 7
            facility.status(name, online=False)
        facility.effects.clear()
        facility.now += 10 * MINUTE
        each.append(facility.work(facility.ticks) / devices)
        silent = [effect for effect in facility.effects if isinstance(effect, Raise)]
        assert len(silent) == devices
        assert [effect.active_at for effect in silent] == sorted(effect.active_at for effect in silent)
    assert each[1] < 2 * each[0], each


def played(events: list[AnyEvent], monkeypatch: pytest.MonkeyPatch, many: int) -> tuple[list[Effect], Town]:
    monkeypatch.setattr(rules.agenda, "MANY", many)
    town = Town()
    effects = town.play(events)
    for state in town.states.values():
        state.wake = state.silence_due = 0  # lower bounds
    return effects, town


@given(ACTS)
def test_with_an_agenda_and_without_the_same_is_decided(acts: list[Act]) -> None:
    events = journal(acts)
    with pytest.MonkeyPatch.context() as monkeypatch:
        effects, town = played(events, monkeypatch, 0)
        expected, plain = played(events, monkeypatch, NOBODY)
    assert effects == expected
    assert town.bytes() == plain.bytes()


def test_what_is_noted_stays_in_proportion_to_what_waits() -> None:
    """However often devices drop and come back."""
    facility = Facility(rules.agenda.MANY + 20)
    for turn in range(400):
        for name in facility.names[:20]:
            facility.now += 50
            facility.status(name, online=turn % 2 > 0)
        facility.ticks()
    agenda = facility.state.agenda
    assert agenda is not None
    assert len(agenda.seen) + len(agenda.quiet) <= 4 * len(agenda.standing) + 64


def test_an_agenda_is_no_part_of_what_is_kept() -> None:
    facility = Facility(rules.agenda.MANY + 20)
    assert facility.state.agenda is not None
    facility.says(FeedLost(facility.now, facility.now))
    facility.says(Resumed(facility.now, facility.now, kept=True))
    restored = rules.state.decode(rules.state.encode(facility.state))
    assert restored.agenda is None
    assert restored.wake < NEVER
