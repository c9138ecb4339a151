"""A soak fails by each of its bounds, and by none when everything holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.bench import verdict
from gateway.bench.verdict import Outcome, Sample, judge, rss_mb_per_h

RATE = 1_000
SOUND = Outcome(
    rate=RATE,
    published_per_s=RATE - 2,
    drained_s=1.4,
    falls=300,
    lost=0,
    doubled=0,
    rows=1_200_300,
    rows_wanted=1_200_300,
)
Bend = Callable[[Sample], Sample]


def samples(seconds: float = 600, bend: Bend = lambda sample: sample) -> list[Sample]:
    """A sound hub: it grows while it warms up, then stays; its lag swings, a collection now and then leaps."""
    draw = random.Random(7)  # noqa: S311 dice of a test
    return [bend(_sample(at, draw)) for at in range(0, int(seconds) + 1, 5)]


def _sample(at: int, draw: random.Random) -> Sample:
    return Sample(
        at_s=float(at),
        read=at * RATE,
        rss_mb=220 + min(at, 100) + min(at / 10, 40) + draw.uniform(-3, 3) + (40 if at == 300 else 0),
        cache_mb=20 + min(at / 10, 40),
        fds=30 + draw.randrange(4),
        threads=16 + min(at // 30, 4),
        inbox=draw.randrange(50),
        behind_events=draw.randrange(RATE),
        behind_s=draw.uniform(0, 1.2),
        journal_mb=at / 10,
        store_mb=at / 50,
    )


def test_a_sound_run_breaks_nothing() -> None:
    judged = judge(samples(), SOUND)
    assert judged.broken == ()
    assert judged.not_judged == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lost": 1}, "1 of 300 falls were not delivered"),
        ({"doubled": 2}, "2 of 300 falls were delivered more than once"),
        ({"rows": 1_200_299}, "1,200,299 rows of 1,200,300"),
        ({"rows": 1_200_301}, "1,200,301 rows of 1,200,300"),
        ({"published_per_s": RATE * 0.98}, "980 messages a second were published"),
        ({"drained_s": verdict.LAG_END_S_MAX + 1}, "after the last message"),
        ({"drained_s": None}, "had not been read and stored"),
    ],
)
def test_each_bound_of_the_end_is_held(wrong: dict[str, float], said: str) -> None:
    (broken,) = judge(samples(), replace(SOUND, **wrong)).broken  # type: ignore[arg-type]
    assert said in broken


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (lambda s: replace(s, read=int(s.read * 0.98)), "980 messages a second were read"),
        (lambda s: replace(s, behind_events=int(s.behind_events + s.at_s * 10)), "falls behind"),
        (lambda s: replace(s, inbox=int(s.at_s * 10)), "falls behind"),
        (lambda s: replace(s, fds=s.fds + int(s.at_s / 20)), "open files grow"),
        (lambda s: replace(s, threads=s.threads + int(s.at_s / 20)), "threads grow"),
        (
            lambda s: replace(s, rss_mb=s.rss_mb + s.at_s * 200 / 3_600),
            "MB an hour beside the store's cache, more than 100",
        ),
        (
            lambda s: replace(s, rss_mb=s.rss_mb + s.at_s, cache_mb=s.cache_mb + s.at_s),
            "cache takes 660 MB, more than 540",
        ),
    ],
)
def test_each_bound_of_the_time_between_is_held(bend: Bend, said: str) -> None:
    (broken,) = judge(samples(bend=bend), SOUND).broken
    assert said in broken


def test_a_short_run_is_judged_by_its_counts_only() -> None:
    slow = replace(SOUND, published_per_s=1.0, drained_s=None)
    judged = judge(samples(20, lambda s: replace(s, rss_mb=s.at_s * 100)), slow)
    assert judged.broken == ()
    assert judged.not_judged == ("rate", "lag", "files", "threads", "memory")
    assert len(judge(samples(20), replace(slow, lost=1)).broken) == 1
    assert judge([], SOUND).broken == ()


def test_memory_is_not_judged_before_its_slope_says_something() -> None:
    judged = judge(samples(240, lambda s: replace(s, rss_mb=s.at_s * 100)), SOUND)
    assert judged.broken == ()
    assert judged.not_judged == ("memory",)


def test_the_slope_heeds_neither_the_warm_up_nor_a_leap_and_bears_a_long_night() -> None:
    assert abs(rss_mb_per_h(samples())) < 20
    assert 180 < rss_mb_per_h(samples(36_000, lambda s: replace(s, rss_mb=s.rss_mb + s.at_s / 18))) < 220
    assert rss_mb_per_h([]) == 0
