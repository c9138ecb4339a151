"""Recordings of real homes as the hub's own events: the text files of Kasteren and of Ordonez.

Both note, for each binary sensor, from when to when it was active, and what the resident says they were doing. Their clocks
are wall clocks without a zone: they are read as UTC and judged in UTC, so that hours stay hours of the day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

from rules.rooms import is_front_door, kind_of
from rules.world import Device

HEARTBEAT_S = 1800
GAP_MS = 86_400_000  # nothing for a day, and not begun at the front door: the recording had stopped
SKIPPED_MAX = 0.05  # of the lines of a file; with more that cannot be read it is no such file
KEY = "home"

Row: TypeAlias = tuple[int, int, str]  # from, to (ms), and what it is about
Doing: TypeAlias = Literal["asleep", "out", "other"]

# What a sensor is, by the words of its name, type and place; the first that is found counts.
_KINDS = (
    ("flush", r"flush"),
    ("motion", r"\bpir\b|motion"),
    ("bed", r"\bbed\b|pressure.*bedroom|bedroom.*pressure"),
    ("seat", r"seat|couch|sofa|chair|pressure|\bmat\b"),
    (
        "appliance",
        r"electric|microwave|dish ?washer|washing|toaster|kettle|\btv\b|television|stove|oven|cooker|dryer",
    ),
)
_METRIC = {"opening": "contact"}  # else a kind is the metric it reports
_DOINGS: tuple[tuple[Doing, str], ...] = (
    ("asleep", r"sleep|to[- ]bed|in bed"),
    ("out", r"leav|outside|going out"),
)


class RecordingError(ValueError):
    """A recording cannot be read; says which file and line, and what is expected."""


@dataclass(frozen=True, slots=True)
class Change:
    """A sensor became active or inactive at ``at`` (ms)."""

    at: int
    device: str
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class Activity:
    """What the resident was doing, by their own account, from ``start`` to ``end`` (ms)."""

    start: int
    end: int
    doing: Doing


@dataclass(frozen=True, slots=True)
class Recording:
    """One home: its sensors, what they saw, and what was done."""

    name: str
    devices: tuple[Device, ...]
    changes: tuple[Change, ...]
    activities: tuple[Activity, ...]
    skipped: tuple[str, ...] = ()  # lines that could not be read

    @property
    def doors(self) -> frozenset[str]:
        """The front doors, by the rules' own reading of names."""
        contacts = sum(device.kind == "contact" for device in self.devices)
        return frozenset(d.id for d in self.devices if is_front_door(d.kind, d.room, contacts))

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """When the recording had stopped: from, to (ms)."""
        return tuple(
            (a.at, b.at)
            for a, b in pairwise(self.changes)
            if b.at - a.at >= GAP_MS and a.device not in self.doors
        )

    @property
    def days(self) -> float:
        """Resident-days recorded, gaps left out."""
        whole = self.changes[-1].at - self.changes[0].at
        return (whole - sum(end - start for start, end in self.gaps)) / 86_400_000


def kasteren(folder: Path, house: str) -> Recording:
    """House ``house`` from ``house<X>.sensors``, ``.activities``, ``.sensor_names`` and ``.activity_names`` (tab separated)."""
    names = dict(_named(folder / f"house{house}.sensor_names"))
    doings = dict(_named(folder / f"house{house}.activity_names"))
    rows, bad_rows = _read(folder / f"house{house}.sensors", _numbers, "start, length and id")
    acts, bad_acts = _read(folder / f"house{house}.activities", _numbers, "start, length and id")
    spans = [(start, end, names.get(int(i), f"sensor {i}")) for start, end, i in rows]
    activities = [Activity(start, end, _doing(doings.get(int(i), ""))) for start, end, i in acts]
    return _recording(f"Kasteren {house}", spans, activities, bad_rows + bad_acts)


def ordonez(folder: Path, home: str) -> Recording:
    """Home ``home`` from ``Ordonez<X>_Sensors.txt`` and ``Ordonez<X>_ADLs.txt`` (columns split on tabs)."""
    rows, bad_rows = _read(folder / f"Ordonez{home}_Sensors.txt", _columns, "start, end and location")
    acts, bad_acts = _read(folder / f"Ordonez{home}_ADLs.txt", _columns, "start, end and activity")
    activities = [Activity(start, end, _doing(name)) for start, end, name in acts]
    return _recording(f"Ordonez {home}", rows, activities, bad_rows + bad_acts)


def _recording(name: str, spans: list[Row], activities: list[Activity], skipped: list[str]) -> Recording:
    if not spans or not activities:
        raise RecordingError(
            f"{name}: no sensor was ever active, or nothing is annotated; is this the right folder?"
        )
    kinds = {sensor: _kind(sensor) for _, _, sensor in spans}
    devices = tuple(
        Device(sensor, "site", KEY, kind, sensor, HEARTBEAT_S) for sensor, kind in sorted(kinds.items())
    )
    changes = []
    for sensor, kind in kinds.items():
        metric = _METRIC.get(kind, kind)
        active = 0.0 if metric == "contact" else 1.0
        for start, end in _united([(start, end) for start, end, whose in spans if whose == sensor]):
            changes += [Change(start, sensor, metric, active), Change(end, sensor, metric, 1.0 - active)]
    changes.sort(key=lambda change: (change.at, change.device))
    activities.sort(key=lambda act: act.start)
    return Recording(name, devices, tuple(changes), tuple(activities), tuple(skipped))


def _kind(sensor: str) -> str:
    """The device kind that a sensor's name, type and place speak of; what opens is an ``opening``, or the front door."""
    text = sensor.casefold()
    for kind, words in _KINDS:
        if re.search(words, text):
            return kind
    return "contact" if kind_of(sensor) == "entrance" else "opening"


def _doing(name: str) -> Doing:
    text = name.casefold()
    return next((doing for doing, words in _DOINGS if re.search(words, text)), "other")


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with those that touch made one; a span of no length lasts a millisecond."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, max(end, start + 1)))
    return united


def _lines(file: Path) -> list[tuple[int, str]]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}; give the folder that holds it") from error
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _named(file: Path) -> list[tuple[int, str]]:
    found = []
    for number, line in _lines(file):
        match = re.fullmatch(r"(\d+)\s+(.+)", line)
        if not match:
            raise RecordingError(f"{file}:{number}: expected an id and a name, found {line!r}")
        found.append((int(match[1]), match[2].strip()))
    return found


def _read(file: Path, split: Callable[[str], Row | None], expected: str) -> tuple[list[Row], list[str]]:
    """The rows of a file, and the lines that could not be read; raises ``RecordingError`` if these are many."""
    rows, bad, lines = [], [], _lines(file)
    for number, line in lines:
        try:
            row = split(line)
        except ValueError:
            bad.append(f"{file}:{number}: expected {expected}, found {line!r}")
            continue
        if row is not None:
            rows.append(row)
    if len(bad) > SKIPPED_MAX * len(lines):
        raise RecordingError(bad[0])
    return rows, bad


def _numbers(line: str) -> Row:
    start, length, i = line.split()[:3]
    return int(float(start) * 1000), int((float(start) + float(length)) * 1000), str(int(i))


def _columns(line: str) -> Row | None:
    """Start, end, and the other columns as one; None for a heading."""
    if not line[0].isdigit():
        return None
    start, end, first, *rest = (word.strip() for word in re.split(r"\t+", line) if word.strip())
    return _ms(start), _ms(end), " / ".join([first, *rest])


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
