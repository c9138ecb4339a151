"""An events CSV is read: rows in the order in which a hub would have heard them. What cannot be read is told and left out.

Columns: ``observed_at,device,metric,value``, and where they are known ``site,home,room,kind,received_at``. Times are ISO 8601
or epoch milliseconds; an event is ``event.fall`` with its confidence, presence on the network ``online`` with 0 or 1.
"""

from __future__ import annotations

import csv
import difflib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from firmware_sim.daytime import SECOND, ZONE

NEEDED = ("observed_at", "device", "metric", "value")
OPTIONAL = ("site", "home", "room", "kind", "received_at")
FROM_MS, TO_MS = 946_684_800_000, 4_102_444_800_000  # 2000 to 2100
DEVICE = re.compile(r"[A-Za-z0-9_-]{1,64}")
METRIC = re.compile(r"event\.[A-Za-z0-9_-]{1,64}|(?!event\.)[A-Za-z0-9_.-]{1,64}")
EPOCH_MS = re.compile(r"[0-9]{12,14}")
MISTAKES_SHOWN = 20


class ReplayError(ValueError):
    """Nothing of the file can be replayed; the message says why and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A value of a device. ``heard_ms``: when a hub received it, at the earliest when it was observed."""

    heard_ms: int
    observed_ms: int
    line: int
    device: str
    metric: str
    value: float
    site: str = ""


@dataclass(slots=True)
class Mistakes:
    """Lines that were left out: how many, and what is wrong with the first of them."""

    bad: int = 0
    told: list[str] = field(default_factory=list)

    def note(self, path: Path, line: int, what: str) -> None:
        """One more."""
        self.bad += 1
        if len(self.told) < MISTAKES_SHOWN:
            self.told.append(f"{path}:{line}: {what}")


def read_rows(path: Path) -> tuple[list[Row], Mistakes]:
    """All rows that can be read, in the order of the hub's time; raises ``ReplayError``, ``OSError``."""
    mistakes = Mistakes()
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            columns = _header(next(reader, []), path)
            rows = sorted(_rows(reader, columns, path, mistakes))
    except UnicodeDecodeError:
        raise ReplayError(f"{path}: not UTF-8; save the file as CSV UTF-8") from None
    if not rows:
        told = "\n".join(mistakes.told) or f"{path}: it holds no line but the header"
        raise ReplayError(f"{told}\n{path}: no line of it can be used")
    return rows, mistakes


def time_ms(text: str) -> int | None:
    """ISO 8601 (without a zone: the town's) or epoch milliseconds, as epoch milliseconds; None if it is not of this century."""
    if EPOCH_MS.fullmatch(text):
        at_ms = int(text)
    else:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        at_ms = round((at if at.tzinfo else at.replace(tzinfo=ZONE)).timestamp() * SECOND)
    return at_ms if FROM_MS <= at_ms <= TO_MS else None


def _header(row: list[str], path: Path) -> list[str]:
    columns = [name.strip() for name in row]
    known = (*NEEDED, *OPTIONAL)
    for name in columns:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"
            raise ReplayError(f"{path}:1: unknown column {name!r}; {hint}")
    missing = [name for name in NEEDED if name not in columns]
    if missing or len(set(columns)) < len(columns):
        what = f"column {missing[0]!r} is missing" if missing else "a column stands there twice"
        raise ReplayError(f"{path}:1: {what}; the first line must name the columns {','.join(NEEDED)}")
    return columns


def _rows(reader: Iterator[list[str]], columns: list[str], path: Path, mistakes: Mistakes) -> Iterator[Row]:
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            mistakes.note(path, _line(reader), f"no CSV: {problem}")
            continue
        if cells is None:
            return
        if not cells:
            continue
        if len(cells) != len(columns):
            mistakes.note(path, _line(reader), f"{len(cells)} columns; a line has {len(columns)}")
            continue
        found = _row(dict(zip(columns, cells, strict=True)), _line(reader))
        if isinstance(found, str):
            mistakes.note(path, _line(reader), found)
        else:
            yield found


def _row(cells: dict[str, str], line: int) -> Row | str:
    """The row, or what is wrong with it."""
    device, metric, site = cells["device"], cells["metric"], cells.get("site", "")
    observed = time_ms(cells["observed_at"])
    received = cells.get("received_at", "")
    heard = time_ms(received) if received else observed
    if observed is None or heard is None:
        text = cells["observed_at"] if observed is None else received
        return f"{text!r} is no time of this century; write ISO 8601, such as 2026-03-01T08:00:00+08:00, or epoch milliseconds"
    for name, text, form in (
        ("device", device, DEVICE),
        ("metric", metric, METRIC),
        ("site", site or "-", DEVICE),
    ):
        if not form.fullmatch(text):
            return f"{text!r} is no {name}: 1 to 64 letters, digits, - or _, in a metric . too"
    try:
        value = float(cells["value"])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        return f"{cells['value']!r} is no number; write 1 for true and 0 for false"
    if metric == "online" and value not in {0.0, 1.0}:
        return f"online is 0 or 1, not {cells['value']}"
    return Row(max(heard, observed), observed, line, device, metric, value, site)


def _line(reader: object) -> int:
    return int(getattr(reader, "line_num", 0))
