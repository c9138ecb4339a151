"""The laws of the shaping stage: nothing is lost, nothing that matters is held, restarts and ticks change nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from station import LASTING, MINUTE, RULES, SINGLE, START, definition, said

from rules.effects import Again, Change, Effect, End, Evidence, Hold, Raise, alert_id
from rules.events import ClockStepped, Command, Tick, WorldChanged
from rules.shaping import flap as flap_module
from rules.shaping import group as group_module
from rules.shaping import hold as hold_module
from rules.shaping import silence as silence_module
from rules.shaping import site as site_module
from rules.shaping.matter import is_protected
from rules.shaping.site import SiteState, bytes_max, decode, encode
from rules.shaping.stage import Heard, next_deadline, shape, shape_in_place
from rules.state import Fact
from rules.world import World, changed_rules, gone_devices

WORLDS = (
    World(definition(version=1)),
    World(
        definition(
            version=2, text=RULES.replace("within_s: 600", "within_s: 900"), homes=("H1", "H2"), moved=("H3",)
        )
    ),
    World(definition(version=3, homes=("H1", "H3"))),
)
WAITS = (0, 1, 20_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 9 * MINUTE, 30 * MINUTE)
KINDS = ("accept", "accept", "close", "shelve", "shelve", "unshelve", "silence", "silence", "silence_end")
SUBJECTS = [("H1", "H1-1"), ("H1", "H1-2"), ("H3", "H3-1"), ("F1", "F1-1")]

Act: TypeAlias = tuple[int, int, int, int]  # what, how long after, and two more dice
ACTS = st.lists(
    st.tuples(st.integers(0, 19), st.integers(0, 7), st.integers(0, 59), st.integers(0, 59)), max_size=60
)


@dataclass
class Writer:
    """What a core and people would send to the stage: alerts begin and end in turn, hub time never runs back."""

    at: int = START
    version: int = 0
    events: list[Heard] = field(default_factory=list)
    standing: dict[tuple[str, str, str], str] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)

    def write(self, acts: Iterable[Act]) -> list[Heard]:
        """The stream; at last every cause ends and a long time passes."""
        for act in acts:
            self._do(*act)
        for place in [place for place in self.standing if place[0] in {"gateway", "battery", "silent"}]:
            self.events.append(End(self.standing.pop(place), self.at))
        self.at += 40 * 86_400_000
        self.events.append(Tick(self.at))
        return self.events

    def _do(self, what: int, after: int, a: int, b: int) -> None:
        self.at += WAITS[after]
        key, subject = SUBJECTS[b % len(SUBJECTS)]
        if what < 10:
            self._turns(what, key, subject, a, b)
        elif what < 12:
            self._raise(SINGLE[a % len(SINGLE)], key, subject)
        elif what == 12:
            self._raise("seen_walking", key, subject)
        elif what < 17:
            self._command(KINDS[a % len(KINDS)], key, subject, b)
        elif what == 17:
            by = (30_000, -5_000, 10 * MINUTE)[a % 3]
            self.at += max(by, 0)
            self.events.append(ClockStepped(self.at, by))
        elif what == 18:
            self._change_world(a % len(WORLDS))
        else:
            self.events.append(Tick(self.at))

    def _turns(self, what: int, key: str, subject: str, a: int, b: int) -> None:
        """Something begins or ends: many times over (8), on the shelf or everywhere (9), or once."""
        if what == 8:
            for _ in range(a % 7):
                self._turn("shaky", key, subject)
        elif what == 9 and ("silent", key, subject) in self.standing:
            self._command("shelve", key, subject, b, self.standing["silent", key, subject])
            for _ in range(a % 4):
                self._turn("silent", key, subject)
        elif what == 9:
            for everywhere in SUBJECTS:
                self._turn("silent", *everywhere)
        else:
            self._turn(LASTING[a % len(LASTING)], key, subject)

    def _turn(self, rule: str, key: str, subject: str) -> None:
        standing = self.standing.pop((rule, key, subject), None)
        if standing is not None:
            self.events.append(End(standing, self.at))
        elif key in WORLDS[self.version].places:
            self.standing[rule, key, subject] = self._raise(rule, key, subject)

    def _raise(self, rule: str, key: str, subject: str) -> str:
        alert = alert_id(rule, key, subject, str(len(self.events)))
        facts = (Fact(subject, "event.fall", 1.0, START),)
        self.raised.append(alert)
        self.events.append(Raise(alert, rule, key, subject, self.at, self.at, Evidence("event", facts, {})))
        return alert

    def _command(self, kind: str, key: str, subject: str, b: int, alert: str = "") -> None:
        if not alert and self.raised and kind[:7] != "silence":
            alert = self.raised[-1 - b % min(len(self.raised), 4)]
        data = {
            "verdict": "true",
            "outcome": "assisted",
            "reason": "x",
            "until": str(self.at + WAITS[3 + b % 5]),
            "id": f"s{b % 5}",
        }
        data |= ({"rule": LASTING[b % 7]}, {"device": subject}, {})[b % 3]
        self.events.append(Command(self.at, f"c{len(self.events) - b % 2}", kind, alert, "李敏", data, key))

    def _change_world(self, version: int) -> None:
        old, new = WORLDS[self.version].definition, WORLDS[version].definition
        changed, gone = changed_rules(old, new), gone_devices(old, new)
        self.events += [Tick(self.at), WorldChanged(self.at, version, changed, gone)]
        self.version = version
        for rule, key, subject in list(self.standing):
            if rule in changed or subject in gone:
                del self.standing[rule, key, subject]


@dataclass
class Stage:
    """Folds a stream, with the world as it was then."""

    state: SiteState = field(default_factory=lambda: SiteState("s"))
    version: int = 0

    def feed(self, event: Heard) -> list[Effect]:
        if isinstance(event, WorldChanged):
            self.version = event.version
        now = event.active_at if isinstance(event, Raise) else event.at
        return shape_in_place(WORLDS[self.version], self.state, event, now)

    def play(self, events: Iterable[Heard]) -> list[Effect]:
        return [effect for event in events for effect in self.feed(event)]


def stream(acts: list[Act]) -> list[Heard]:
    return Writer().write(acts)


@given(ACTS)
def test_the_same_stream_gives_the_same_words(acts: list[Act]) -> None:
    events, one, other = stream(acts), Stage(), Stage()
    assert one.play(events) == other.play(events)
    assert encode(one.state) == encode(other.state)


@given(ACTS, st.data())
def test_a_restart_anywhere_changes_nothing(acts: list[Act], data: st.DataObject) -> None:
    events, whole, first = stream(acts), Stage(), Stage()
    cut = data.draw(st.integers(0, len(events)), label="restart after")
    effects = first.play(events[:cut])
    second = Stage(decode(encode(first.state)), first.version)
    assert effects + second.play(events[cut:]) == whole.play(events)
    assert encode(second.state) == encode(whole.state)


@given(ACTS, st.data())
def test_extra_ticks_change_nothing_but_the_moment_of_decision(acts: list[Act], data: st.DataObject) -> None:
    events = stream(acts)
    ticked: list[Heard] = events[:1]
    for before, event in pairwise(events):
        latest = event.at - max(event.by, 0) if isinstance(event, ClockStepped) else event.at
        if latest >= before.at:
            moments = data.draw(st.lists(st.integers(before.at, latest), max_size=2), label="ticks")
            ticked += [Tick(at) for at in sorted(moments)]
        ticked.append(event)
    plain, often = Stage(), Stage()
    assert said(often.play(ticked)) == said(plain.play(events))
    assert settled(often.state) == settled(plain.state)


def settled(state: SiteState) -> SiteState:
    """The state without when it was last looked at."""
    held = {
        name: msgspec.structs.replace(h, raised=msgspec.structs.replace(h.raised, at=0))
        for name, h in state.held.items()
    }
    return msgspec.structs.replace(state, held=held)


def check(acts: list[Act]) -> Stage:
    stage = Stage()
    for event in stream(acts):
        found = stage.feed(event)
        assert stage.state.wake <= (next_deadline(stage.state) or stage.state.wake)
        assert len(encode(stage.state)) <= bytes_max()
        for effect in found:
            if isinstance(effect, Hold):
                rule = WORLDS[stage.version].rules[effect.rule]
                assert not is_protected(rule.kind, rule.severity)
        if isinstance(event, Raise):
            comes_out_once(event, found, stage.version)
    return stage


def comes_out_once(event: Raise, found: list[Effect], version: int) -> None:
    """The outcome is the last effect; before it may stand what was due, and a word about flapping."""
    itself = [e for e in found if isinstance(e, Raise | Hold) and e.alert == event.alert]
    outcome = found[-1]
    match outcome:
        case Raise() | Hold():
            assert itself == [outcome]
        case Again() | Change():
            assert itself == []
        case _:
            pytest.fail(f"{event} came out as {outcome}")
    rule = WORLDS[version].rules[event.rule]
    lowers = isinstance(outcome, Change) and outcome.because == f"rule:{event.rule}"
    if is_protected(rule.kind, rule.severity):
        assert isinstance(outcome, Raise) or lowers
    assert not isinstance(outcome, Change) or lowers


@given(ACTS)
def test_every_raise_comes_out_once_and_life_safety_at_once(acts: list[Act]) -> None:
    stage = check(acts)
    assert stage.state.held == {}, (
        "when every cause, silence and shelf is over, nothing is held back any more"
    )


@given(ACTS)
def test_the_same_in_a_memory_that_is_nearly_always_full(acts: list[Act]) -> None:
    small = {"ALERTS_MAX": 10, "HELD_MAX": 2, "SILENCES_MAX": 2, "FLAPS_MAX": 2, "GROUPS_MAX": 1}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in small.items():
            for module in (site_module, hold_module, silence_module, flap_module, group_module):
                if hasattr(module, name):
                    patch.setattr(module, name, value)
        stage = check(acts)
        assert len(stage.state.alerts) <= small["ALERTS_MAX"]
        assert stage.state.held == {}


@given(ACTS)
def test_what_stands_at_the_end_is_known_to_people(acts: list[Act]) -> None:
    writer, stage = Writer(), Stage()
    events = writer.write([act for act in acts if act[0] != 18])
    told = {e.alert for e in stage.play(events) if isinstance(e, Raise)}
    for standing in writer.standing.values():
        found = stage.state.standing_as(standing)
        assert found is not None
        assert found[0] in told


@given(ACTS)
def test_shape_is_shape_in_place_and_leaves_its_arguments_alone(acts: list[Act]) -> None:
    stage = Stage()
    for event in stream(acts):
        before = encode(stage.state)
        version = event.version if isinstance(event, WorldChanged) else stage.version
        now = event.active_at if isinstance(event, Raise) else event.at
        after, effects = shape(WORLDS[version], stage.state, event, now)
        assert encode(stage.state) == before
        assert stage.feed(event) == effects
        assert encode(stage.state) == encode(after)


def test_a_state_of_another_shape_is_refused() -> None:
    other = SiteState("s", shape=99)
    with pytest.raises(ValueError, match="shape 99; this program reads"):
        decode(encode(other))


def test_the_streams_are_lively_enough_to_prove_something() -> None:
    throw = random.Random(7)  # noqa: S311 a test's dice
    acts = [
        (throw.randrange(20), throw.randrange(7), throw.randrange(60), throw.randrange(60))
        for _ in range(3_000)
    ]
    effects = Stage().play(stream(acts))
    words = {e.because.partition(":")[0] for e in effects if isinstance(e, Change)}
    words |= {e.by.partition(":")[0] for e in effects if isinstance(e, Hold)}
    assert words == {"unattended", "shelved", "flapping", "rule", "inhibit", "silence", "shelve"}
    assert any(isinstance(e, Again) and e.count > 1 for e in effects)
    assert any(isinstance(e, Raise) and e.group for e in effects)
