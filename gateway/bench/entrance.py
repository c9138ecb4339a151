"""The recording of a real entrance: people in and out each half hour, and the events that were on in the house (UCI CalIt2).

Its clock is a wall clock without a zone: it is read as UTC and judged in UTC, so that hours stay hours of the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.bench.recordings import RecordingError

SLOT_MS = 1_800_000
WEEK_MS = 7 * 86_400_000
OUT, IN = "7", "9"  # flow ids
SKIPPED_MAX = 0.05  # of the lines; with more that cannot be read it is no such file
_FORMATS = ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Passed:
    """Half an hour of the entrance, begin in epoch ms; None where a count is missing."""

    begin: int
    came: float | None
    went: float | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An event that was on, from ``begin`` to ``end`` (epoch ms)."""

    begin: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Entrance:
    """Every half hour from the first that is recorded to the last, the listed events, and lines that could not be read."""

    slots: tuple[Passed, ...]
    events: tuple[Listed, ...]
    skipped: tuple[str, ...]

    @property
    def end(self) -> int:
        """When the recording stops, epoch ms."""
        return self.slots[-1].begin + SLOT_MS


def entrance(folder: Path) -> Entrance:
    """Read ``*.data`` and ``*.events`` of a folder; raises ``RecordingError``. Without events none is listed."""
    skipped: list[str] = []
    counts: dict[tuple[str, int], float] = {}
    for where, cells in _lines(_file(folder, ".data"), 4, skipped):
        try:
            flow, at, count = cells[0], _moment(cells[1], cells[2]), int(cells[3])
        except ValueError as error:
            skipped.append(f"{where}: {error}")
            continue
        if flow not in {IN, OUT} or count < 0 or at % SLOT_MS:
            skipped.append(f"{where}: expected flow 7 or 9, a half hour and a count")
        elif (flow, at) in counts:
            skipped.append(f"{where}: this half hour was told before")
        else:
            counts[flow, at] = float(count)
    if not counts or len(skipped) > SKIPPED_MAX * (len(counts) + len(skipped)):
        raise RecordingError(f"{folder}: no counts as CalIt2 has them; first: {(skipped or ['no line'])[0]}")
    moments = [at for _, at in counts]
    slots = tuple(
        Passed(at, counts.get((IN, at)), counts.get((OUT, at)))
        for at in range(min(moments), max(moments) + SLOT_MS, SLOT_MS)
    )
    return Entrance(slots, tuple(_events(folder, skipped)), tuple(skipped))


def moment_of(text: str) -> int:
    """A day as ``MM/DD/YY`` or ``YYYY-MM-DD``, its first moment in epoch ms; raises ``ValueError``."""
    return _moment(text, "00:00:00")


def date_of(at: int) -> datetime:
    """That moment on the recording's clock."""
    return datetime.fromtimestamp(at / 1000, UTC)


def _events(folder: Path, skipped: list[str]) -> Iterator[Listed]:
    try:
        file = _file(folder, ".events")
    except RecordingError as error:
        skipped.append(str(error))
        return
    for where, cells in _lines(file, 3, skipped):
        try:
            begin, end = _moment(cells[0], cells[1]), _moment(cells[0], cells[2])
        except ValueError as error:
            skipped.append(f"{where}: {error}")
            continue
        past_midnight = timedelta(days=1) // timedelta(milliseconds=1) if end <= begin else 0
        yield Listed(begin, end + past_midnight, ", ".join(cells[3:]))


def _file(folder: Path, suffix: str) -> Path:
    """The one file of that suffix; of several the one called after CalIt2."""
    found = sorted(one for one in folder.iterdir() if one.suffix.lower() == suffix)
    named = [one for one in found if one.stem.lower() == "calit2"] or found
    if not named:
        raise RecordingError(f"{folder}: no *{suffix}")
    return named[0]


def _lines(file: Path, cells_min: int, skipped: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The cells of each line that has any, with where it stands."""
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.split(",")]
        if not line.strip():
            continue
        if len(cells) < cells_min:
            skipped.append(f"{file.name}:{number}: expected {cells_min} cells")
            continue
        yield f"{file.name}:{number}", cells


def _moment(day: str, time: str) -> int:
    for one in _FORMATS:
        try:
            return int(datetime.strptime(f"{day} {time}", one).replace(tzinfo=UTC).timestamp()) * 1000
        except ValueError:
            continue
    raise ValueError(f"{day} {time} is no moment; expected MM/DD/YY HH:MM:SS")
