"""The table of ``bench/real_homes.py``, in Markdown."""

from __future__ import annotations

from gateway.bench.homes import HOURS, Figures
from gateway.bench.silences import Home

WORDS = {
    "dead": "messages stop, heartbeats too: *device silent* is due, and nothing about the person",
    "frozen": "states frozen, heartbeats go on: a held seat stays held",
    "fallen": "beds and seats let go, heartbeats go on: up, and fallen",
}


INTRODUCTION = (
    "Run again with `python bench/real_homes.py --write`; how it is measured stands at the top of that file and of "
    "`gateway/bench/silences.py`. All figures count the days of learning as well."
)
STOPS = (
    "Where nothing is recorded for a day or more and it did not begin at the front door, the recording had stopped: the hub "
    "is told that it heard nothing, and these are no resident-days."
)


def table(homes: list[Home], report: Figures) -> str:
    """All figures, for people."""
    parts = [
        "# Silence in real homes",
        INTRODUCTION,
        "\n\n".join(_of(figures) for figures in [report, *report["homes"]]),
        _alerts(homes),
        _notes(homes),
    ]
    return "\n\n".join(part for part in parts if part)


def _of(figures: Figures) -> str:
    whole = figures["name"] == "all"
    columns = [
        f"{figures['silences']} silences, at home and awake",
        "found",
        "median delay",
        *(f"≤ {hours} h" for hours in HOURS),
        "false alerts",
        "a resident-month",
    ]
    lines = [
        f"## {'All homes' if whole else figures['name']}: {figures['resident_days']} resident-days",
        "",
        f"| {' | '.join(columns)} |",
        "|---|" + "---:|" * (len(columns) - 1),
        *(
            _row(f"Carehub: {WORDS[way]}", figures[way], figures if way == "frozen" else None)
            for way in WORDS
        ),
        _row("Carehub: the two ways in which sensors are alive, together", figures["alive"], None),
        *(
            _row(f"plain rule: no sensor changed for {hours} h, day or night", plain, plain)
            for hours, plain in figures["plain"].items()
        ),
        "",
        f"- False alerts: {figures['false_alerts']}, of them {figures['false_while_learning']} while learning.",
        f"- Frozen silences that only *not back home* found: {figures['found_by_not_back_only']}.",
        f"- Dead homes whose person was called inactive, or not back: {figures['asserted_though_dead']}.",
        f"- Silences that start with the door, leaving: {_leaving(figures)}.",
        f"- Silences that start with the door, coming home: {_short(figures['came_home'])}.",
        f"- *Not back home* over the recording itself: {_not_back(figures)}.",
    ]
    if whole:
        lines.append(f"- The floors, for frozen states: {_floors(figures)}.")
    return "\n".join(lines)


def _row(name: str, shares: Figures, false: Figures | None) -> str:
    cells = [
        _percent(shares["found"]),
        _hours(shares["median_h"]),
        *(_percent(shares[str(hours)]) for hours in HOURS),
    ]
    cells += [str(false["false_alerts"]), str(false["false_per_resident_month"])] if false else ["", ""]
    return f"| {name} | {' | '.join(cells)} |"


def _short(shares: Figures) -> str:
    if shares["found"] is None:
        return "never recorded"
    return f"inactivity in {_percent(shares['found'])}, median {_hours(shares['median_h'])}"


def _leaving(figures: Figures) -> str:
    latest = _clock(figures["left_latest"])
    return f"{figures['left']}; *not back home* and no inactivity: {figures['left_not_back_only']}, at the latest {latest}"


def _not_back(figures: Figures) -> str:
    return f"{figures['not_back_alerts']}, the resident annotated as out at {figures['not_back_and_out']} of them"


def _clock(minute: int | None) -> str:
    return "–" if minute is None else f"{minute // 60 % 24:02}:{minute % 60:02}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _hours(hours: float | None) -> str:
    return "–" if hours is None else f"{hours:.1f} h"


def _alerts(homes: list[Home]) -> str:
    told = [
        f"- {home.recording.name}: {home.clock(alert.at)}, {alert.rule}, quiet since {home.clock(home.quiet_since(alert.at))}"
        for home in homes
        for alert in home.alerts
        if alert.inactivity
    ]
    return "\n".join(["## Every false alert", "", *told]) if told else ""


def _notes(homes: list[Home]) -> str:
    lines = [
        "## What was read",
        "",
        STOPS,
        "",
    ]
    for home in homes:
        recording = home.recording
        learned = home.clock(home.learned_at) if home.learned_at else "never"
        stops = ", ".join(f"{home.clock(a)} to {home.clock(b)}" for a, b in recording.gaps) or "none"
        lines.append(
            f"- {recording.name}: {len(recording.devices)} sensors; front door: "
            f"{', '.join(sorted(recording.doors)) or 'none'}; learned by {learned}; stops: {stops}; "
            f"lines that could not be read: {len(recording.skipped)}."
        )
    return "\n".join(lines)


def _floors(figures: Figures) -> str:
    """Which of the floors hold and which do not, in words."""
    words = {
        "found": "98 % found",
        "median": "median within 3 h",
        "false_alerts": "at most one false alert a resident-month",
        "not_back": "leaving raises *not back home* and nothing else",
    }
    return "; ".join(
        f"{words[name]}: {'yes' if holds else '**no**'}" for name, holds in figures["floors"].items()
    )
