"""What a long run of the hub must keep to, and whether it did. Pure: samples in, broken bounds out.

Theory of operation
-------------------
Counts are always judged: a fall that is lost or told twice and a reading that is missing are wrong however short the run was.
What is about time is judged from ``JUDGED_FROM_S`` on, and about growth only behind the warm-up: until every device has been
heard, every pool of threads is full and every cache has its size, a sound hub grows as well.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

RATE_SHARE_MIN = 0.99  # of the rate asked for: a hub that reads less piles up a day's messages within months
LAG_END_S_MAX = 5.0  # from the last PUBLISH to its row: its commit may take a second and more
LAG_GROWS_S = 2.0  # of load: what the store is behind swings by what is gathered and written at once
FDS_GROW_MAX = (
    8  # a poll of /metrics, a channel's second connection, a database's write-ahead log come and go
)
THREADS_GROW_MAX = 8  # the loop's pool of threads fills when it is first needed: 6 on two cores
RSS_MB_PER_H_MAX = 100.0  # 2.4 GB a day: a small machine would not live through a night beyond it
CACHE_MB_MAX = 540.0  # DuckDB's memory_limit of 512 MiB
JUDGED_FROM_S = 60.0  # a shorter run says nothing about rate and lag
WARM_UP_S = 120.0  # four rounds of snapshots, the writer's first row groups
WARM_UP_SHARE_MAX = 1 / 3  # of a short run
SLOPE_FROM_S = 300.0  # of samples behind the warm-up: in less, one round of the collector is a slope
POINTS_MAX = 200  # for the slope: more are taken together first
QUARTER = 4
HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A look at the hub, ``at_s`` seconds after the load began; ``read`` counts the load's messages it has read.

    ``cache_mb`` is of ``rss_mb`` what the store holds by its own account.
    """

    at_s: float
    read: int
    rss_mb: float
    cache_mb: float
    fds: int
    threads: int
    inbox: int
    behind_events: int
    behind_s: float
    journal_mb: float
    store_mb: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known at the end; ``rows`` by the store's own count.

    ``published_per_s`` is what the publisher came to, ``drained_s`` how long after its last message everything was read and
    stored, None when it did not come to that.
    """

    rate: float
    published_per_s: float
    drained_s: float | None
    falls: int
    lost: int
    doubled: int
    rows: int
    rows_wanted: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``broken``: each broken bound in words. ``not_judged``: for what the run was too short."""

    broken: tuple[str, ...]
    not_judged: tuple[str, ...]


def judge(samples: Sequence[Sample], outcome: Outcome) -> Verdict:
    """Hold a run against every bound."""
    broken = [*_counts(outcome)]
    span_s = samples[-1].at_s - samples[0].at_s if samples else 0.0
    if span_s < JUDGED_FROM_S:
        return Verdict(tuple(broken), ("rate", "lag", "files", "threads", "memory"))
    warm = behind_warm_up(samples)
    broken += [*_rate(samples, outcome), *_lag(warm, outcome), *_growth(warm)]
    if warm[-1].at_s - warm[0].at_s < SLOPE_FROM_S:
        return Verdict(tuple(broken), ("memory",))
    if (cache := max(sample.cache_mb for sample in samples)) > CACHE_MB_MAX:
        broken.append(f"the store's cache takes {cache:.0f} MB, more than {CACHE_MB_MAX:.0f}")
    slope = rss_mb_per_h(samples)
    if slope > RSS_MB_PER_H_MAX:
        broken.append(
            f"memory grows by {slope:.0f} MB an hour beside the store's cache, more than {RSS_MB_PER_H_MAX:.0f}"
        )
    return Verdict(tuple(broken), ())


def behind_warm_up(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples after the warm-up, at least the last."""
    first, last = samples[0].at_s, samples[-1].at_s
    begin = first + min(WARM_UP_S, (last - first) * WARM_UP_SHARE_MAX)
    return [sample for sample in samples if sample.at_s >= begin]


def read_per_s(samples: Sequence[Sample]) -> float:
    """How many messages a second the hub has read from the first to the last sample; 0 for less than two."""
    span_s = samples[-1].at_s - samples[0].at_s if samples else 0.0
    return (samples[-1].read - samples[0].read) / span_s if span_s > 0 else 0.0


def rss_mb_per_h(samples: Sequence[Sample]) -> float:
    """How fast resident memory grows behind the warm-up, MB an hour: the median of the slopes of all pairs (Theil, Sen).

    Without the store's cache, which fills up to a bound of its own. A single leap, such as a collection, does not move it.
    """
    points = [*_points(behind_warm_up(samples))] if samples else []
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0]]
    return statistics.median(slopes) * HOUR_S if slopes else 0.0


def lag_growth_events(samples: Sequence[Sample]) -> float:
    """By how much more the store was behind in the last quarter after the warm-up than in the first, in the median."""
    return _lag_growth(behind_warm_up(samples)) if samples else 0.0


def _lag_growth(warm: Sequence[Sample]) -> float:
    first, last = _ends(warm)
    return _median(s.behind_events + s.inbox for s in last) - _median(
        s.behind_events + s.inbox for s in first
    )


def _counts(outcome: Outcome) -> Iterator[str]:
    if outcome.lost:
        yield f"{outcome.lost} of {outcome.falls} falls were not delivered"
    if outcome.doubled:
        yield f"{outcome.doubled} of {outcome.falls} falls were delivered more than once"
    if outcome.rows != outcome.rows_wanted:
        yield f"the store holds {outcome.rows:,} rows of {outcome.rows_wanted:,}"


def _rate(samples: Sequence[Sample], outcome: Outcome) -> Iterator[str]:
    wanted = outcome.rate * RATE_SHARE_MIN
    for who, rate in (("published", outcome.published_per_s), ("read", read_per_s(samples))):
        if rate < wanted:
            yield f"the rate was not held: {rate:,.0f} messages a second were {who}, {outcome.rate:,.0f} asked for"


def _lag(warm: Sequence[Sample], outcome: Outcome) -> Iterator[str]:
    if outcome.drained_s is None:
        yield "what was published had not been read and stored when it was waited for no longer"
    elif outcome.drained_s > LAG_END_S_MAX:
        yield f"the end was stored {outcome.drained_s:.1f} s after the last message, later than {LAG_END_S_MAX:.0f} s"
    growth = _lag_growth(warm)
    if growth > outcome.rate * LAG_GROWS_S:
        yield f"the store falls behind: by {growth:,.0f} events more in the last quarter than in the first"


def _growth(warm: Sequence[Sample]) -> Iterator[str]:
    first, last = _ends(warm)
    for what, growth, most in (
        ("open files", _median(s.fds for s in last) - _median(s.fds for s in first), FDS_GROW_MAX),
        ("threads", _median(s.threads for s in last) - _median(s.threads for s in first), THREADS_GROW_MAX),
    ):
        if growth > most:
            yield f"{what} grow: {growth:.0f} more in the last quarter than in the first, {most} are allowed"


def _ends(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The first and the last quarter."""
    size = max(len(samples) // QUARTER, 1)
    return samples[:size], samples[-size:]


def _points(samples: Sequence[Sample]) -> Iterator[tuple[float, float]]:
    """Time and memory, neighbours taken together so that there are few."""
    size = -(-len(samples) // POINTS_MAX)
    for begin in range(0, len(samples), size):
        some = samples[begin : begin + size]
        yield _median(s.at_s for s in some), _median(s.rss_mb - s.cache_mb for s in some)


def _median(numbers: Iterator[float]) -> float:
    return statistics.median([*numbers] or [0.0])
