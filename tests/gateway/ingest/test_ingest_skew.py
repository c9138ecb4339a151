"""How far a device's clock is off, whatever the network does to its messages."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ingest_repeats import DEVICES, NOW, Driven, Remembered

from gateway.ingest.ingest import Ingest
from gateway.ingest.skew import FAR_MS, KEPT, SAMPLE_EVERY_MS, SAMPLES_PER_S, Skew
from gateway.ingest.source import Message
from rules.world import Device


def message(ts: float | str | None, at: int, device: str = "d", *, retain: bool = False) -> Message:
    wire: dict[str, object] = {"m": {"motion": 1}} | ({} if ts is None else {"ts": ts})
    return Message(f"care/v1/s/{device}/telemetry", json.dumps(wire).encode(), 0, retain, False, at)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    off=st.integers(-3_600_000, 3_600_000),
    drift=st.integers(-50, 50),  # ms an hour: a cheap quartz loses 10 ppm, which is 36
)
def test_the_estimate_is_right_to_the_network_s_quick_moments(seed: int, off: int, drift: int) -> None:
    """Jitter of seconds now and then, a tenth from a backlog, one stamp in twenty garbage."""
    rng = random.Random(seed)  # noqa: S311 a seeded story
    skew = Skew()
    for minute in range(60):
        at = NOW + minute * 61_000
        clock = at + off + drift * minute // 60
        delay = int(rng.expovariate(1 / 40)) + (rng.randrange(5_000) if rng.random() < 0.1 else 0)
        ts = clock - delay - (rng.randrange(3_600_000) if rng.random() < 0.1 else 0)
        garbage = minute % 20 == 19
        skew.look([message(ts + 10**9 if garbage else ts, at)], DEVICES, at)
    found = skew.of("d")
    assert found is not None
    assert -5_100 <= found - off <= 50, "behind by what the network takes at worst, and never ahead"


def test_a_clock_that_is_set_right_is_believed_within_a_few_samples() -> None:
    for off in (-300_000, 300_000):
        skew = Skew()
        for minute in range(2 * KEPT):
            at = NOW + minute * 60_000
            skew.look([message(at + (off if minute < KEPT else 0) - 20, at)], DEVICES, at)
        assert skew.of("d") == -20


def test_one_backlog_is_one_sample() -> None:
    skew = Skew()
    for minute in range(KEPT):
        at = NOW + minute * 60_000
        skew.look([message(at - 30, at)], DEVICES, at)
    at = NOW + KEPT * 60_000
    skew.look([message(at - 7_200_000 + n, at + n) for n in range(150)], DEVICES, at)
    assert skew.of("d") == -30


@pytest.mark.parametrize(
    ("ts", "found"),
    [
        (NOW // 1_000, 0),  # seconds for milliseconds: the clock itself is right
        (0, -FAR_MS),
        (4_000_000_000_000, FAR_MS),
        (None, None),
        ("2026-03-02", None),
        (1e300, None),
    ],
)
def test_odd_stamps(ts: float | str | None, found: int | None) -> None:
    skew = Skew()
    for minute in range(4):
        given = ts + minute * 60 if ts == NOW // 1_000 and isinstance(ts, int) else ts
        skew.look([message(given, NOW + minute * 60_000)], DEVICES, NOW + minute * 60_000)
    assert skew.of("d") == found


def test_hub_time_that_is_ahead_of_the_wall_is_no_fault_of_the_device() -> None:
    skew = Skew()
    for minute in range(4):
        at = NOW + minute * 60_000
        skew.look([message(at - 3_600_000, at)], DEVICES, at, ahead=3_600_000)
    assert skew.of("d") == 0


def test_a_replay_of_the_broker_says_nothing_and_nor_do_strangers() -> None:
    skew = Skew()
    for minute in range(4):
        at = NOW + minute * 60_000
        skew.look([message(0, at, retain=True), message(at, at, "nobody")], DEVICES, at)
    assert (skew.of("d"), skew.of("nobody")) == (None, None)


def test_what_is_kept_is_bounded_and_follows_the_registry() -> None:
    skew = Skew()
    for generation in range(3):
        devices = {
            f"g{generation}-{n}": Device(f"g{generation}-{n}", "s", "H", "x", "", 60) for n in range(150)
        }
        for minute in range(4):
            at = NOW + (generation * 10 + minute) * 60_000
            skew.look([message(at - 9_000, at, device) for device in devices], devices, at)
        assert set(skew.notable()) == set(devices)
        assert set(skew.notable().values()) == {-9_000.0}
    assert len(skew._counts) == 150


def test_of_a_large_batch_only_a_few_are_looked_at_and_all_come_to_their_turn() -> None:
    skew = Skew()
    devices = {f"d{n}": Device(f"d{n}", "s", "H", "x", "", 60) for n in range(500)}
    looked: list[str] = []
    skew.note = lambda device, _behind, _at: looked.append(device)  # type: ignore[method-assign]
    for second in range(60):
        at = NOW + second * 1_000
        before = len(looked)
        skew.look([message(at, at, device) for device in devices for _ in range(4)], devices, at)
        assert len(looked) - before <= SAMPLES_PER_S
    assert len(set(looked)) > 450


def test_ingest_samples_what_it_reads() -> None:
    ingest = Ingest(memory=Remembered(), clock=Driven())
    for minute in range(5):
        ingest.read(
            [message(NOW - 45_000 + minute * SAMPLE_EVERY_MS, NOW + minute * SAMPLE_EVERY_MS)], DEVICES
        )
    assert ingest.skew.of("d") == -45_000
    town = Ingest(memory=Remembered(), clock=Driven(until=NOW + 600_000))
    for minute in range(5):
        town.read([message(NOW - 45_000, NOW + minute * SAMPLE_EVERY_MS)], DEVICES)
    assert town.skew.of("d") is None, "a town's stamps are its clock"
