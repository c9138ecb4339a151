"""The pendant's detector on simulated acceleration: it measures what is felt, and is as often right and wrong as said."""

from __future__ import annotations

import json
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND
from firmware_sim.devices import flawed
from firmware_sim.devices.acceleration import AFTER_S, BEFORE_S, HIT, Course, course, felt, window
from firmware_sim.devices.fall_detector import ALIVE_MG, IMPACT_MG, RATE_HZ, STILL_MG, TURNED_DEG, judge
from firmware_sim.devices.pendant import HANDLINGS_PER_WEEK, Flaws, Pendant
from firmware_sim.wire import Identity

T0 = 1_750_000_000_000
LYING = Course(peak_mg=3_500, turned_deg=80, still_mg=20, stirs_s=5, free_fall_ms=300, walking=True)
HANDLINGS = ("bump", "drop", "flop")


def pendant(flaws: Flaws, *label: object) -> Pendant:
    made = Pendant(Identity("lianhua", "H0001-pendant", "GW-01"), dice=dice("falls", *label), since_ms=T0)
    made.flaws = flaws
    return made


def reported(device: Pendant, word: str) -> int:
    """Falls on the wire after that word, the device's timer served."""
    said = device.feel(T0, word)
    assert said == []  # it looks whether somebody lies still first
    said += device.wake(T0 + 60 * SECOND)
    assert device.wake_at_ms is None
    return sum(each.names == ("fall",) for each in said)


def within(found: int, of: int, share: float) -> bool:
    """Within four and a half standard deviations of a binomial: one in 150,000 seeds would not be."""
    return abs(found - of * share) <= 4.5 * sqrt(of * share * (1 - share)) + 0.5


@given(
    peak=st.floats(IMPACT_MG, 14_000), turned=st.floats(TURNED_DEG + 0.2, 160), still=st.floats(9, STILL_MG - 0.2),
    stirs=st.integers(1, 15), seed=st.integers(0, 10_000),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_detector_measures_what_was_felt(
    peak: float, turned: float, still: float, stirs: int, seed: int
) -> None:
    found = judge(window(Course(peak, turned, still, stirs, 250), dice(seed)))
    if found is None:
        assert peak < IMPACT_MG + 1.5  # of which rounding may take a thousandth of g on each axis
        return
    assert found.peak_mg == pytest.approx(peak, abs=1.5)
    assert found.turned_deg == pytest.approx(turned, abs=0.2)
    assert found.spread_mg == pytest.approx(still, abs=0.2)
    assert found.after_ms == pytest.approx((stirs + 12) * SECOND, abs=100)
    assert 0.6 <= found.confidence <= 0.98


@pytest.mark.parametrize(
    "lacking",
    [
        {"peak_mg": IMPACT_MG - 10},
        {"turned_deg": TURNED_DEG - 1},
        {"still_mg": STILL_MG + 1},
        {"still_mg": ALIVE_MG - 1},
        {"stirs_s": AFTER_S - 12 + 1},
    ],
    ids=["too soft", "still upright", "moves", "dead still", "stirs too long"],
)
def test_a_fall_lacks_nothing(lacking: dict[str, float]) -> None:
    whole = {name: getattr(LYING, name) for name in LYING.__slots__}
    assert judge(window(Course(**whole), dice(1))) is not None
    assert judge(window(Course(**{**whole, **lacking}), dice(1))) is None


def test_a_window_is_33_seconds_in_whole_thousandths_of_g() -> None:
    samples = window(LYING, dice(2))
    assert samples.shape == ((BEFORE_S + AFTER_S) * RATE_HZ, 3)
    assert samples.dtype == np.int64
    length = np.sqrt((samples**2).sum(axis=1))
    assert length[:100].mean() == pytest.approx(1_000, abs=40)  # gravity, standing
    assert length[HIT - 15 : HIT].max() < 300  # falling
    assert length.argmax() == HIT + 2
    assert length[-600:].std() < 40  # lying


def test_handlings_look_like_what_they_are() -> None:
    """Not as drawn, but as felt: a bump moves on, a drop is weightless and then dead still, a flop is mild and lies down."""
    share = 0.17 / HANDLINGS_PER_WEEK
    figures = {
        word: [_felt_figures(felt(word, share, dice(word, n))) for n in range(200)] for word in HANDLINGS
    }
    peak, lowest, turned, spread = (
        {word: np.median([each[n] for each in figures[word]]) for word in HANDLINGS} for n in range(4)
    )
    assert peak["bump"] > IMPACT_MG < peak["drop"]
    assert 1_000 < peak["flop"] < IMPACT_MG
    assert lowest["drop"] < 200
    assert min(lowest["bump"], lowest["flop"]) > 600
    assert turned["bump"] < TURNED_DEG / 2 < TURNED_DEG < min(turned["drop"], turned["flop"])
    assert spread["drop"] < ALIVE_MG < spread["flop"] < STILL_MG < spread["bump"]


def _felt_figures(samples: np.ndarray) -> tuple[float, float, float, float]:
    length = np.sqrt((samples**2).sum(axis=1))
    before, after = samples[:100].mean(axis=0), samples[-500:].mean(axis=0)
    turned = np.degrees(np.arccos(before @ after / np.linalg.norm(before) / np.linalg.norm(after)))
    spread = np.sqrt(samples[-500:].reshape(10, 50, 3).var(axis=1).mean())
    return length.max(), length[HIT - 15 : HIT].mean(), turned, spread


@pytest.mark.parametrize(
    ("word", "flaws", "share"),
    [
        ("fall_hard", Flaws(), 0.8),
        ("fall_soft", Flaws(), 0.5),
        ("fall_hard", Flaws(detects_hard=0.35), 0.35),
        ("fall_soft", Flaws(detects_soft=0.95), 0.95),
        ("fall_soft", Flaws(detects_soft=0.02), 0.02),
    ],
)
def test_as_many_falls_are_found_as_the_flaws_say(word: str, flaws: Flaws, share: float) -> None:
    worn = pendant(flaws, word, share)
    assert within(sum(reported(worn, word) for _ in range(1_500)), 1_500, share)


@pytest.mark.parametrize("per_week", [0.17, 5.0])
@pytest.mark.parametrize("word", HANDLINGS)
def test_as_many_handlings_are_taken_for_falls_as_the_flaws_say(word: str, per_week: float) -> None:
    worn, count = pendant(Flaws(false_per_week=per_week), word, per_week), 3_000 if per_week < 1 else 600
    found = sum(reported(worn, word) for _ in range(count))
    assert found > 0
    assert within(found, count, per_week / HANDLINGS_PER_WEEK)


@pytest.mark.parametrize("word", ["fall_hard", "fall_soft", *HANDLINGS])
def test_an_exact_pendant_is_never_wrong(word: str) -> None:
    worn = Pendant(Identity("lianhua", "H0001-pendant"), dice=dice("exact", word), since_ms=T0)
    assert sum(reported(worn, word) for _ in range(300)) == (300 if word.startswith("fall") else 0)
    strict, deaf = course(word, 1, dice(1)), course(word, 0, dice(1))
    assert strict != deaf


def test_the_event_comes_when_the_firmware_knows_it() -> None:
    worn = pendant(Flaws(detects_hard=1), "delay")
    after_s = []
    for n in range(50):
        at = T0 + n * 100 * SECOND
        assert worn.feel(at, "fall_hard") == []
        due_ms = worn.wake_at_ms
        assert due_ms is not None
        assert worn.wake(due_ms - 1) == []
        (said,) = worn.wake(due_ms)
        body = json.loads(said.payload)
        assert (said.at_ms, body["ts"], body["type"]) == (due_ms, due_ms, "fall")
        assert 0.6 <= body["data"]["confidence"] <= 0.98
        after_s.append((due_ms - at) / SECOND)
    assert 12 <= min(after_s) < 16
    assert 24 < max(after_s) <= 30


def test_two_falls_close_together_are_two_events() -> None:
    worn = pendant(Flaws(detects_hard=1), "two")
    worn.feel(T0, "fall_hard")
    worn.feel(T0 + SECOND, "fall_hard")
    assert len(worn.wake(T0 + 60 * SECOND)) == 2


def test_what_is_not_worn_feels_nothing_but_its_own_drop() -> None:
    off = pendant(Flaws(detects_hard=1, detects_soft=1, false_per_week=HANDLINGS_PER_WEEK), "off")
    off.feel(T0, "doff")
    for word in ("fall_hard", "fall_soft", "bump", "flop"):
        assert off.feel(T0 + SECOND, word) == []
    assert off.wake_at_ms is None
    off.feel(T0 + 6 * SECOND, "drop")
    assert off.wake_at_ms is None
    off.feel(T0 + 5 * SECOND, "drop")
    assert off.wake_at_ms is not None


def test_a_pendant_that_dies_before_it_knows_says_nothing() -> None:
    worn = pendant(Flaws(detects_hard=1), "dies")
    worn.feel(T0, "fall_hard")
    worn.feel(T0 + SECOND, "die")
    assert worn.wake_at_ms is None
    assert worn.wake(T0 + 60 * SECOND) == []


def test_without_a_clock_it_says_at_once_what_it_found() -> None:
    (said,) = pendant(Flaws(detects_hard=1), "clockless").feel(None, "fall_hard")
    assert b'"ts"' not in said.payload


def test_flawed_pendants_are_worn_by_different_people() -> None:
    worn = [flawed(pendant(Flaws(), n), dice(n)).flaws.worn for n in range(300)]
    assert (min(worn) < 0.55, max(worn) > 0.85) == (True, True)
    assert sum(worn) / 300 == pytest.approx(0.7, abs=0.03)
