"""How well runs of unusual half hours find the events that were on at a real entrance, and how often they find none.

An event counts as flagged where a run overlaps it, by a minute or more (``flagged``). Stricter: where the strongest half hour
of such a run lies within the event (``strongest``). Milder: where a run comes within half an hour of it (``near``): people
come before the beginning. A run is *outside* where it overlaps no listed event; both directions count, more people and fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from gateway.bench.entrance import SLOT_MS, WEEK_MS, Entrance, Listed, Passed, date_of
from gateway.occupancy.custom import Ways
from gateway.occupancy.hourly import HOUR_MS
from gateway.occupancy.unusual import Flag, Run, mark, runs, scores
from rules.local_time import is_workday

WAYS = Ways(ZoneInfo("UTC"), "none", SLOT_MS)
NEAR_MS = SLOT_MS
SHARE_MIN, OUTSIDE_MAX = 0.8, 2.5  # wanted: share of the events, runs a week outside them
THRESHOLDS = tuple(tenth / 10 for tenth in range(10, 101))
PLAIN = tuple(float(people) for people in range(5, 61))

Figures: TypeAlias = dict[str, Any]
Found: TypeAlias = Sequence[tuple[Run, int]]  # with when it was strongest
At: TypeAlias = Callable[[float], Found]  # a threshold -> what is found


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the recording, epoch ms."""

    name: str
    begin: int
    end: int

    @property
    def weeks(self) -> float:
        """Its length."""
        return (self.end - self.begin) / WEEK_MS

    def has(self, at: int) -> bool:
        """Whether a moment lies in it."""
        return self.begin <= at < self.end


def found(flagged: Sequence[Flag], slot_ms: int = SLOT_MS) -> Found:
    """The runs, and when each was strongest."""
    scores_at = {one.begin: abs(one.score or 0.0) for one in flagged}
    return [
        (one, max(range(one.begin, one.end, slot_ms), key=lambda at: scores_at.get(at, 0.0)))
        for one in runs(flagged, slot_ms=slot_ms)
    ]


def verdict(several: Found, events: Iterable[Listed], span: Span) -> Figures:
    """What was found of the events that began in a span, and what else."""
    every = list(events)
    here = [one for one in every if span.has(one.begin)]
    inside = [run for run, _ in several if span.has(run.begin)]
    outside = [run for run in inside if not any(_overlap(run, one) for one in every)]
    hit = [one for one in here if any(_overlap(run, one) for run, _ in several)]
    strongest = [
        one for one in here if any(one.begin <= at < one.end for run, at in several if _overlap(run, one))
    ]
    near = [one for one in here if any(_overlap(run, one, NEAR_MS) for run, _ in several)]
    return {
        "span": span.name,
        "from": f"{date_of(span.begin):%Y-%m-%d}",
        "weeks": round(span.weeks, 2),
        "events": len(here),
        "flagged": len(hit),
        "share": _share(len(hit), len(here)),
        "strongest": len(strongest),
        "share_strongest": _share(len(strongest), len(here)),
        "near": len(near),
        "share_near": _share(len(near), len(here)),
        "outside": len(outside),
        "outside_per_week": round(len(outside) / span.weeks, 2),
        "outside_fewer": sum(run.direction == "fewer" for run in outside),
        "missed": [_when(one.begin, one.end) for one in here if one not in hit],
        "outside_runs": [
            f"{_when(run.begin, run.end)} {run.direction} {run.strength:.1f}" for run in outside
        ],
    }


def at_thresholds(scored: Sequence[Flag]) -> At:
    """What is found at a threshold, each reckoned once."""
    return cache(lambda threshold: found(mark(scored, slot_ms=SLOT_MS, threshold=threshold)))


def rule_threshold(at: At, events: Sequence[Listed], spans: Sequence[Span]) -> float:
    """How ``UNUSUAL_AT`` was found: the smallest threshold with at most one run a week of more people outside in the spans."""
    weeks = sum(span.weeks for span in spans)
    for threshold in THRESHOLDS:
        told = [verdict(at(threshold), events, span) for span in spans]
        if sum(one["outside"] - one["outside_fewer"] for one in told) <= weeks:
            return threshold
    return THRESHOLDS[-1]


def curve(
    at: At, thresholds: Iterable[float], events: Sequence[Listed], spans: Sequence[Span]
) -> list[Figures]:
    """For each threshold, each span: share of events flagged, and runs a week outside."""
    lines = []
    for threshold in thresholds:
        several = at(threshold)
        told = {span.name: verdict(several, events, span) for span in spans}
        keys = ("flagged", "events", "share", "share_strongest", "outside_per_week")
        lines.append(
            {
                "threshold": threshold,
                **{name: {key: one[key] for key in keys} for name, one in told.items()},
            }
        )
    return lines


def plain(slots: Sequence[Passed]) -> At:
    """The plain baseline: so many more arrivals than the mean of that half hour, working days and weekends apart.

    The mean is of the whole recording, what is judged included, as in a fit in sample.
    """
    by: dict[tuple[bool, int], list[float]] = {}
    for one in slots:
        if one.came is not None:
            by.setdefault(_kind(one), []).append(one.came)
    mean = {at: fmean(came) for at, came in by.items()}
    flat = [
        Flag(
            one.begin,
            one.came,
            mean.get(_kind(one)),
            None if one.came is None else max(one.came - mean[_kind(one)], 0.0),
            silent=False,
        )
        for one in slots
    ]
    return at_thresholds(flat)


def hourly(slots: Sequence[Passed]) -> list[Passed]:
    """Whole hours, as the hub keeps them; an hour with half of it missing is not known."""
    halves = {one.begin: one for one in slots}
    hours = []
    for begin in range(slots[0].begin // HOUR_MS * HOUR_MS, slots[-1].begin + 1, HOUR_MS):
        two = [halves.get(begin), halves.get(begin + SLOT_MS)]
        came = [one.came for one in two if one is not None and one.came is not None]
        went = [one.went for one in two if one is not None and one.went is not None]
        hours.append(
            Passed(begin, sum(came) if len(came) == 2 else None, sum(went) if len(went) == 2 else None)  # noqa: PLR2004
        )
    return hours


def in_hindsight(recording: Entrance, span: Span) -> Figures:
    """The first days judged as well, by those that followed: for whoever looks back, no living hub."""
    flagged = mark(scores(recording.slots, replace(WAYS, hindsight=True)), slot_ms=SLOT_MS)
    name = f"{span.name}, the first days judged in hindsight"
    return verdict(found(flagged), recording.events, replace(span, name=name))


def other_ways(recording: Entrance, span: Span) -> list[Figures]:
    """The same detector, with its own thresholds, as the hub's pages use it and on other figures."""
    events = recording.events
    swapped = [Passed(one.begin, one.went, one.came) for one in recording.slots]
    ways = {
        "with a weekly programme, as the hub has it": (recording.slots, replace(WAYS, programme=True)),
        "whole hours": (hourly(recording.slots), replace(WAYS, slot_ms=HOUR_MS)),
        "whole hours, with a weekly programme": (
            hourly(recording.slots),
            replace(WAYS, slot_ms=HOUR_MS, programme=True),
        ),
        "departures in place of arrivals": (swapped, WAYS),
    }
    told = []
    for name, (slots, way) in ways.items():
        flagged = mark(scores(slots, way), slot_ms=way.slot_ms)
        told.append({"name": name, **verdict(found(flagged, way.slot_ms), events, span)})
    return told


def onward(at: At, events: Sequence[Listed], weeks: Sequence[Span]) -> list[Figures]:
    """The threshold from the first weeks only, by the same rule; judged on the weeks that follow."""
    lines = []
    for many in range(3, len(weeks)):
        threshold = rule_threshold(at, events, weeks[:many])
        after = Span(f"after {many} weeks", weeks[many].begin, weeks[-1].end)
        lines.append({"threshold": threshold, **verdict(at(threshold), events, after)})
    return lines


def left_out(at: At, events: Sequence[Listed], weeks: Sequence[Span]) -> Figures | None:
    """Each week judged with a threshold from all the others, by the same rule; summed up. None for a single week."""
    if len(weeks) < 2:  # noqa: PLR2004
        return None
    lines = []
    for week in weeks:
        threshold = rule_threshold(at, events, [one for one in weeks if one is not week])
        lines.append({"threshold": threshold, **verdict(at(threshold), events, week)})
    events_sum, outside = sum(one["events"] for one in lines), [one["outside"] for one in lines]
    return {
        "events": events_sum,
        "flagged": sum(one["flagged"] for one in lines),
        "share": _share(sum(one["flagged"] for one in lines), events_sum),
        "outside_per_week": round(sum(outside) / sum(week.weeks for week in weeks), 2),
        "outside_by_week": outside,
        "thresholds": [one["threshold"] for one in lines],
    }


def _overlap(run: Run, event: Listed, near: int = 0) -> bool:
    return run.begin < event.end + near and event.begin - near < run.end


def _kind(one: Passed) -> tuple[bool, int]:
    at = date_of(one.begin)
    return is_workday(at.date(), "none"), at.hour * 60 + at.minute


def _share(some: int, of: int) -> float | None:
    return round(some / of, 3) if of else None


def _when(begin: int, end: int) -> str:
    return f"{date_of(begin):%m-%d %H:%M}–{date_of(end):%H:%M}"
