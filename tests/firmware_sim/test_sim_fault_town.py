"""A town under faults: the same truth, several faults at once, the same bytes whatever the steps."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fault_parts import DOOR, GATEWAY, START, Bench, a_day_of_beats, body, messages, ts, words
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.daytime import DAY, HOUR, MINUTE
from firmware_sim.faults import FAULTS, FOREVER_MS, Word, parse
from firmware_sim.faults.faulty_town import FaultyTown, town_with
from firmware_sim.places import settle
from firmware_sim.town import Town
from firmware_sim.wire import Message

FOUND = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
MANY = (
    "duplicates,share=0.3",
    "reordering,share=0.3:GW-01@30m",
    "clock_jump,every=7m:H0002@1h+2h",
    "corrupt_payload,share=0.1:H0003",
    "power_cut:H0001@1h+13m",
    "flapping_gateway,every=11m:GW-01@1h+1h",
    "gateway_outage:GW-01@90m+20m",
    "flapping_radio:H0004",
    "stuck_value:H0002-door",
    "drifting_counter,per_hour=30:F-hall",
    "power_cut:F-hall-counter@2h+1m",
)


def town(*faults: str, homes: int = 5, seed: int = 7) -> Town:
    layout = settle(homes=homes, seed=seed)
    asked = [parse(each) for each in faults]
    return town_with(asked)(layout, seed=seed, start_ms=START, past_ms=DAY)


def bytes_of(said: Sequence[Message]) -> str:
    digest = hashlib.sha256()
    for message in said:
        word = type(message).__name__ if isinstance(message, Word) else message.topic
        digest.update(f"{word} {message.link} {message.retain} ".encode() + message.payload + b"\n")
    return digest.hexdigest()


def a_morning() -> str:
    return bytes_of(town(*MANY).advance(START + 4 * HOUR))


def test_without_faults_it_is_the_town_itself() -> None:
    assert town_with(()) is Town
    assert type(town()) is Town


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 40 * MINUTE), min_size=1, max_size=20))
def test_steps_do_not_change_what_is_said(steps: list[int]) -> None:
    whole = town(*MANY).advance(START + 4 * HOUR)
    stepped, said = town(*MANY), []
    for step in steps:
        said += stepped.advance(min(stepped.now_ms + step, START + 4 * HOUR))
    said += stepped.advance(START + 4 * HOUR)
    assert bytes_of(said) == bytes_of(whole)


def test_the_bytes_do_not_depend_on_the_hash_seed_and_do_on_the_town_s() -> None:
    code = "import test_sim_fault_town as t; print(t.a_morning())"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(FOUND)},
            check=True, capture_output=True, text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert hashes == {a_morning()}
    other = bytes_of(town(*MANY, seed=8).advance(START + 4 * HOUR))
    assert other not in hashes


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_changes_what_it_befalls_and_neither_the_truth_nor_anybody_else(name: str) -> None:
    # power_cut: a device that has started anew draws other chances from then on.
    where = GATEWAY if FAULTS[name].reach == "link" else "F-hall-counter"
    sound, faulty = town(homes=12), town(f"{name}:{where}@1h+1h", homes=12)
    right, wrong = (each.advance(START + 2 * HOUR + 30 * MINUTE) for each in (sound, faulty))

    def others(said: list[Message]) -> list[bytes]:
        return [each.topic.encode() + each.payload for each in said if each.link != where]

    assert others(right) == others(wrong)
    assert [each for each in faulty.incidents if not each.kind.startswith("fault_")] == sound.incidents
    told = [each for each in faulty.incidents if each.kind.startswith("fault_")]
    assert [(each.kind, each.device, each.from_ms, each.to_ms) for each in told] == [
        (f"fault_{name}", where, START + HOUR, START + 2 * HOUR)
    ]
    before = [each for each in right if each.at_ms < START + HOUR]
    assert [each for each in wrong if each.at_ms < START + HOUR and not isinstance(each, Word)] == before


def test_a_fault_that_nobody_ends_is_told_as_such() -> None:
    told = town("duplicates").incidents[-1]
    assert (told.kind, told.device, told.place, told.to_ms) == ("fault_duplicates", "all", "", FOREVER_MS)
    assert town("stuck_value:H0001-door").incidents[-1].place == "H0001"


def test_faults_work_in_their_declared_order_whatever_the_order_of_asking() -> None:
    for asked in (("duplicates,share=1", "clock_skew"), ("clock_skew", "duplicates,share=1")):
        bench = Bench(*asked)
        heard = messages(bench.hears([bench.says(DOOR, MINUTE, contact=False)], HOUR))
        assert [ts(each) for each in heard] == [11 * MINUTE, 11 * MINUTE], "copies of what has the wrong time"


def test_a_copy_may_be_corrupt_where_the_other_is_whole() -> None:
    bench = Bench("duplicates,share=1", "corrupt_payload,share=0.5")
    heard = messages(bench.hears(a_day_of_beats(bench), 5 * HOUR))
    whole = {message.seq for message in heard if message.seq}
    assert 150 < len(whole) < 240
    assert sum(message.seq > 0 for message in heard) > len(whole)


def test_a_connection_that_two_faults_break_is_mended_when_both_are_over() -> None:
    bench = Bench(f"gateway_outage:{GATEWAY}@10m+20m", f"lost_will:{GATEWAY}@20m+20m")
    heard = bench.hears(a_day_of_beats(bench), 4 * HOUR)
    assert words(heard) == [(10 * MINUTE, "cut", GATEWAY), (40 * MINUTE, "mend", GATEWAY)]


def test_births_are_given_as_the_faults_of_the_moment_have_them() -> None:
    faulty = town("clock_skew,by=1h:H0001-door", "power_cut:H0002@0s+1h")
    assert isinstance(faulty, FaultyTown)
    faulty.advance(START + MINUTE)
    births = {each.device: each for each in faulty.announce(GATEWAY, START + MINUTE)}
    assert body(births[DOOR])["ts"] == START + MINUTE + HOUR
    assert not [device for device in births if device.startswith("H0002")]
    assert "H0003-door" in births


def test_a_device_behind_a_gateway_reboots_amid_its_outage_and_is_heard_afterwards() -> None:
    faulty = town(f"gateway_outage:{GATEWAY}@1h+1h", f"power_cut:{DOOR}@70m+10m")
    said = faulty.advance(START + 3 * HOUR)
    boots = [each.boot for each in said if each.device == DOOR and each.kind == "telemetry"]
    assert len(set(boots)) == 2
    mended = next(
        n for n, each in enumerate(said) if isinstance(each, Word) and each.at_ms == START + 2 * HOUR
    )
    first_of_new = next(n for n, each in enumerate(said) if each.boot == boots[-1] and each.device == DOOR)
    assert first_of_new > mended


def test_placing_a_fault_leaves_what_was_asked_for_as_it_was() -> None:
    asked = parse("stuck_value:H0001-door@1h+1h")
    untouched = replace(asked)
    FaultyTown(settle(homes=1, seed=7), faults=[asked], seed=7, start_ms=START)
    assert asked == untouched
