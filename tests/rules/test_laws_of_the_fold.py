"""Laws 1 to 3: the same events give the same alerts, in whatever process, however cut, however shared out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from town_of_events import ACTS, Act, Town, dice, journal

from rules.effects import Effect, End, Raise
from rules.events import Telemetry
from rules.state import decode, encode
from rules.step import advance, keys, next_deadline, step

HERE = Path(__file__).parent


def test_law_1_two_hash_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    recorded = tmp_path / "journal"
    recorded.write_bytes(msgspec.msgpack.encode(journal(dice(7, 3_000))))
    outputs = [
        subprocess.run(
            [sys.executable, str(HERE / "town_of_events.py"), str(recorded)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for seed in ("1", "4242")
    ]
    assert outputs[0] == outputs[1]
    effects = msgspec.json.decode(outputs[0])[0]
    assert len({effect["rule"] for effect in effects if effect["type"] == "raise"}) >= 12


@given(ACTS)
def test_law_1_the_same_journal_gives_the_same_town(acts: list[Act]) -> None:
    events = journal(acts)
    one, other = Town(), Town()
    assert one.play(events) == other.play(events)
    assert one.bytes() == other.bytes()


@given(ACTS, st.data())
def test_law_2_a_restart_anywhere_changes_nothing(acts: list[Act], data: st.DataObject) -> None:
    events = journal(acts)
    whole, first = Town(), Town()
    cut = data.draw(st.integers(0, len(events)), label="restart after")
    effects = first.play(events[:cut])
    second = first.restarted()
    effects += second.play(events[cut:])
    assert effects == whole.play(events)
    assert second.bytes() == whole.bytes()


@given(ACTS, st.integers(2, 5))
def test_law_3_shards_raise_what_one_hub_raises(acts: list[Act], shards: int) -> None:
    events = journal(acts)
    whole = Town()
    parts = [Town(owns=lambda key, n=n: crc32(key.encode()) % shards == n) for n in range(shards)]  # type: ignore[misc]
    for event in events:
        expected = whole.feed(event)
        found = [effect for part in parts for effect in part.feed(event)]
        assert sorted(found, key=_place) == sorted(expected, key=_place)
    states = {key: body for part in parts for key, body in part.bytes().items()}
    assert states == whole.bytes()


@given(ACTS)
def test_step_is_advance_and_leaves_its_arguments_alone(acts: list[Act]) -> None:
    town = Town()
    for event in journal(acts):
        for key in keys(town.world, town.routes, event):
            if key not in town.states:
                continue
            state = town.states[key]
            if set(state.devices) != set(town.world.plan(key).devices):
                continue  # a world this key has not been told of
            before, told = encode(state), msgspec.msgpack.encode(event)
            after, effects = step(town.world, state, event, event.at)
            assert (encode(state), msgspec.msgpack.encode(event)) == (before, told)
            given_away = decode(before)
            assert advance(town.world, given_away, event, event.at) == effects
            assert encode(given_away) == encode(after)
        town.feed(event)


@given(ACTS)
def test_wake_is_never_later_than_the_next_deadline(acts: list[Act]) -> None:
    town = Town()
    for event in journal(acts):
        town.feed(event)
        for state in town.states.values():
            due = next_deadline(town.world, state)
            assert due is None or state.wake <= due, (event, state.key)


@given(ACTS)
def test_what_is_known_of_devices_is_never_of_the_future(acts: list[Act]) -> None:
    town = Town()
    for event in journal(acts):
        town.feed(event)
        for state in town.states.values():
            assert state.stamp <= event.at
            for device in state.devices.values():
                assert device.heard_at <= event.at
                assert all(latest.at <= event.at for latest in device.latest.values())
        assert not isinstance(event, Telemetry) or event.observed_at <= event.at


def _place(effect: Effect) -> tuple[str, ...]:
    return (effect.key, effect.rule, effect.alert) if isinstance(effect, Raise) else ("", "", effect.alert)


def test_every_kind_of_effect_comes_up() -> None:
    effects = Town().play(journal(dice(7, 3_000)))
    assert {type(effect) for effect in effects} == {Raise, End}
