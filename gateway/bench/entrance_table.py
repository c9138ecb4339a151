"""The tables of ``bench/calit2.py``, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Figures: TypeAlias = dict[str, Any]

PROGRAMME = (
    "With a weekly programme what came at that time of the weekday in two of the four weeks before is usual and is not to be "
    "flagged: Fridays from eight, Tuesdays from eleven. Whole hours are what the hub keeps; a crowd that comes within one half "
    "hour is less of an hour."
)
PERMITTED = (0.3, 0.5, 0.7, 0.9, 1.0, 1.5, 2.0, 2.5)

INTRODUCTION = """\
Run again with `python bench/calit2.py --write` (other weeks: `--data DIR --from 10/02/05`). The recording is UCI CalIt2:
people in and out of a university building each half hour, and the events that were on in it.

How the figures were made:

- The detector is `gateway/occupancy/unusual.py`, as it stands in the hub: each half hour is judged by what came before it
  only; who leaves within the three hours after can add to the score, never take from it. So the first three working days
  (and the first three days of weekends) are *not yet known*, and their events count as missed.
- The threshold was set by the first seven weeks: the smallest, in tenths, with at most one run a week of more people
  outside the listed events. The script finds it again each time and says so if it differs. The rule and the form
  of the detector (arrivals rather than both ways, the last hour, the middle half of four weeks, who leaves together) were
  chosen with all ten weeks in sight; what its constants are worth is told in *One constant changed*. Weeks after 1 October
  were not seen.
- An event is *flagged* where a run overlaps it. Stricter, *strongest within*: the strongest half hour of such a run lies
  within the event. Milder, *near*: a run comes within half an hour of it. *Outside* are runs that overlap no listed
  event, more people or fewer alike; nobody told the detector that 5 September was Labor Day, so that day is one of them.
- The plain baseline: so many more arrivals than the mean of that half hour (working days and weekends apart), the mean
  taken over the whole recording, what is judged included, every threshold tried: in sample; runs are
  made as here. It did best of thirty plain ones (arrivals, departures, both; by kind of day or by weekday; differences,
  standard deviations, roots, medians)."""

COUNT = """\
There is no true number in the recording; at 04:00 it is taken to be nobody. Each day the counters' in and out since 04:00
of the day before go through the head count of the rules (`rules/headcount.py`); then, before it is set to nobody, it is
read. *Signed* is what the counters themselves are off (in less out), *estimate* what the head count says. A day is
*within* where its band holds nobody."""


def document(told: Figures) -> str:
    """All of it."""
    parts = [
        "# What is unusual at a real entrance",
        INTRODUCTION,
        "## The events found",
        spans([*told["spans"], told["hindsight"]]),
        _threshold(told),
        "### All weeks, looked at otherwise",
        _ways(told["ways"]),
        _lists(told["spans"][-1]),
        "## Does it hold on weeks it was not set by",
        _onward(told),
        _variations(told["variations"]),
        "## The whole curve",
        _best(told),
        _curve(told["curve"], "threshold"),
        "## The whole curve of the plain baseline, in sample",
        _curve(told["plain"], "people above the mean"),
        "## The head count at 04:00, before it is reset",
        COUNT,
        _count(told["count"]),
    ]
    return "\n\n".join(part for part in parts if part)


def spans(several: Sequence[Figures]) -> str:
    """A line a span."""
    head = "| weeks | events | flagged | strongest within | near | runs a week outside | of them fewer | missed |"
    lines = [
        f"| {one['span']}, from {one['from']} ({one['weeks']:g} weeks) | {one['events']} | {_of(one, 'flagged', 'share')} | "
        f"{_of(one, 'strongest', 'share_strongest')} | {_of(one, 'near', 'share_near')} | {one['outside_per_week']:.2f} | "
        f"{one['outside_fewer']} | {', '.join(one['missed']) or '–'} |"
        for one in several
    ]
    return "\n".join([head, "|---|" + "---:|" * 6 + "---|", *lines])


def _threshold(told: Figures) -> str:
    again = told["rule_threshold"]
    same = "the same" if again == told["threshold"] else "**another**"
    found = "not asked: they are not in this recording" if again is None else f"{again:.1f}, {same}"
    holds = "**holds** in every line but the last, which is not asked"
    if not told["holds"]:
        holds = "**does not hold** in every line (the last is not asked)"
    return (
        f"Threshold: {told['threshold']:.1f}; by the rule on the first seven weeks: {found}. Wanted: 80 % of the events at no "
        f"more than 2.5 runs a week outside: {holds}."
    )


def _ways(several: Sequence[Figures]) -> str:
    lines = [
        f"| {one['name']} | {_of(one, 'flagged', 'share')} | {_of(one, 'strongest', 'share_strongest')} | "
        f"{one['outside_per_week']:.2f} | {', '.join(one['missed'])} |"
        for one in several
    ]
    return "\n".join(
        [
            "| | flagged | strongest within | runs a week outside | missed |",
            "|---|---:|---:|---:|---|",
            *lines,
            "",
            PROGRAMME,
        ]
    )


def _lists(one: Figures) -> str:
    missed, outside = "; ".join(one["missed"]) or "none", "; ".join(one["outside_runs"]) or "none"
    return f"Missed: {missed}.\n\nEvery run outside a listed event, with its strength: {outside}."


def _onward(told: Figures) -> str:
    left = told["left_out"]
    if left is None:
        return "The span is too short to ask."
    lines = [
        f"| {one['span']} | {one['threshold']:.1f} | {_of(one, 'flagged', 'share')} | {one['outside_per_week']:.2f} |"
        for one in told["onward"]
    ]
    table = "\n".join(
        [
            "| set by the same rule on the first weeks, judged on those | threshold | flagged | runs a week outside |",
            "|---|---:|---:|---:|",
            *lines,
        ]
    )
    return (
        f"{table}\n\nEach week in turn left out of the setting of the threshold and then judged: "
        f"{_of(left, 'flagged', 'share')} flagged, {left['outside_per_week']:.2f} runs a week outside; week by week "
        f"{_numbers(left['outside_by_week'])}; thresholds {_numbers(left['thresholds'])}."
    )


def _variations(several: Sequence[Figures]) -> str:
    if not several:
        return ""
    lines = [
        f"| {one['name']} | {_of(one, 'flagged', 'share')} | {one['outside_per_week']:.2f} | {one['rule_threshold']} | "
        f"{_of(one['by_rule'], 'flagged', 'share')} | {one['by_rule']['outside_per_week']:.2f} |"
        for one in several
    ]
    return "\n".join(
        [
            "### One constant changed",
            "",
            "| | flagged | runs a week outside | threshold by the rule | flagged then | runs a week outside then |",
            "|---|---:|---:|---:|---:|---:|",
            *lines,
        ]
    )


def _best(told: Figures) -> str:
    """The most events found at so few runs outside, of all weeks, at any threshold; beside the plain baseline."""
    name = told["spans"][-1]["span"]
    lines = []
    for permitted in PERMITTED:
        cells = []
        for curve in (told["curve"], told["plain"]):
            few = [line[name] for line in curve if line[name]["outside_per_week"] <= permitted]
            cells.append(_of(max(few, key=lambda one: one["flagged"]), "flagged", "share") if few else "–")
        lines.append(f"| {permitted:g} | {' | '.join(cells)} |")
    return "\n".join(
        [
            f"| {name}: runs a week outside, at most | this detector | the plain baseline, in sample |",
            "|---:|---:|---:|",
            *lines,
        ]
    )


def _curve(lines: Sequence[Figures], name: str) -> str:
    """Lines in which nothing changes are told once."""
    names = [one for one in lines[0] if one != "threshold"] if lines else []
    head = " | ".join(f"{one}: flagged | runs a week outside" for one in names)
    rows, before = [], None
    for line in lines:
        cells = " | ".join(
            f"{_of(line[one], 'flagged', 'share')} | {line[one]['outside_per_week']:.2f}" for one in names
        )
        if cells != before:
            rows.append(f"| {line['threshold']:g} | {cells} |")
        before = cells
    return "\n".join([f"| {name} | {head} |", "|---:|" + "---:|" * 2 * len(names), *rows])


def _count(several: Sequence[Figures]) -> str:
    tables = []
    for one in several:
        tables.append(
            f"**{one['name']}**: {one['days']} days, lowest number ever given {one['lowest']}; within on "
            f"{_percent(one['within'])} of all days and on {_percent(one['within_of_100'])} of the {one['days_of_100']} with "
            "100 passages or more."
        )
        if one["net"]:
            names = list(one["net"])
            tables.append(
                "\n".join(
                    [
                        f"| people | {' | '.join(names)} |",
                        "|---|" + "---:|" * len(names),
                        f"| signed | {' | '.join(str(one['net'][name]) for name in names)} |",
                        f"| estimate | {' | '.join(str(one['people'][name]) for name in names)} |",
                    ]
                )
            )
    rows = [
        f"| {day['day']} | {day['passages']} | {day['net']:+d} | {day['people']} | {day['lower']}–{_or(day['upper'])} | "
        f"{'yes' if day['within'] else '**no**'} |"
        for day in several[0]["rows"]
    ]
    tables.append(
        "\n".join(
            [
                "| 04:00 of | passages | signed | estimate | band | within |",
                "|---|---:|---:|---:|---:|---|",
                *rows,
            ]
        )
    )
    return "\n\n".join(tables)


def _of(figures: Figures, some: str, share: str) -> str:
    if figures[share] is None:
        return "–"
    return f"{figures[some]} of {figures['events']} ({100 * figures[share]:.0f} %)"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _numbers(values: Sequence[float]) -> str:
    return " · ".join(f"{value:g}" for value in values)


def _or(value: int | None) -> str:
    return "open" if value is None else str(value)
