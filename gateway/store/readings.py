"""Readings as the stores take and give them, and the contract every store keeps.

A store keeps a *cursor*: the journal position up to which its rows are committed. Rows are
written with the position they reach to; after a crash the writer continues from ``cursor()``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from gateway.store.columns import Coded, Gapped

NS_PER_MS = 1_000_000
TIME_NS_MIN, TIME_NS_MAX = -(2**63) + 2, 2**63 - 2  # what InfluxDB's storage engine can hold
INT_MAX = 2**63 - 1
NAME_BYTES_MAX = 256  # device, place, metric: tags and measurement names, kept in every index
TEXT_BYTES_MAX = 65_535  # InfluxDB documents 64 KB for a string field
CONTROL_CHARACTERS = frozenset(map(chr, [*range(0x20), 0x7F]))
QUALITIES = frozenset({"good", "late", "clock", "retained"})

T = TypeVar("T")
Numbers: TypeAlias = Sequence[T] | npt.NDArray[Any]


class StoreUnavailable(Exception):  # noqa: N818 named by whose fault it is
    """The store cannot work now through no fault of the rows: keep them and try again, not before ``retry_after_s``."""

    def __init__(self, said: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(said)
        self.retry_after_s = retry_after_s


class StoreRefused(Exception):  # noqa: N818 named by whose fault it is
    """Rows that can never be stored, by index in the batch, each with its reason; the cursor has not moved.

    Put them into quarantine and write ``rows.without(refused.rows)`` with the same cursor.
    """

    def __init__(self, rows: Mapping[int, str]) -> None:
        self.rows = dict(rows)
        first, why = next(iter(self.rows.items()))
        super().__init__(f"{len(self.rows)} row(s) cannot be stored; first of them row {first}: {why}")


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored value of one device; times are epoch nanoseconds (``time_ns``) and epoch ms."""

    device: str
    place: str
    home: bool
    metric: str
    time_ns: int
    value: float
    text: str | None
    quality: str
    boot: str | None
    seq: int | None
    received_at: int

    @property
    def observed_at(self) -> int:
        """When it was observed, in epoch ms."""
        return self.time_ns // NS_PER_MS


@dataclass(slots=True)
class Readings:
    """Columns of equal length, one row per (message, metric): lists, or what holds many rows at once (``columns``).

    ``place`` is a home's or a facility's id and ``home`` says which; ``value`` is finite, booleans
    are 0 and 1; ``quality`` is one of good, late, clock, retained; ``received_at`` is epoch ms.
    ``time_ns`` comes from ``point_time_ns``: stores may keep one row per (time, device, place, metric).
    """

    device: Sequence[str | None] = field(default_factory=list)
    place: Sequence[str | None] = field(default_factory=list)
    home: Numbers[bool] = field(default_factory=list)
    metric: Sequence[str | None] = field(default_factory=list)
    time_ns: Numbers[int] = field(default_factory=list)
    value: Numbers[float] = field(default_factory=list)
    text: Sequence[str | None] = field(default_factory=list)
    quality: Sequence[str | None] = field(default_factory=list)
    boot: Sequence[str | None] = field(default_factory=list)
    seq: Sequence[int | None] = field(default_factory=list)
    received_at: Numbers[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.time_ns)

    def __iter__(self) -> Iterator[Reading]:
        return map(Reading, *self.lists())

    def lists(self) -> list[list[Any]]:
        """The columns as plain lists, in order."""
        columns = (getattr(self, column.name) for column in fields(self))
        return [column.tolist() if isinstance(column, np.ndarray) else list(column) for column in columns]

    def without(self, rows: Container[int]) -> Readings:
        """Copy all but those rows, given by index."""
        kept = [row for row in range(len(self)) if row not in rows]
        return Readings(*([column[row] for row in kept] for column in self.lists()))


@dataclass(frozen=True, slots=True)
class Query:
    """Which readings: observed from ``from_ms`` up to, not including, ``to_ms`` (epoch ms); None matches all.

    At most ``limit`` (1 or more) of them, the first ones in the order asked for.
    """

    from_ms: int
    to_ms: int
    device: str | None = None
    place: str | None = None
    metric: str | None = None
    home: bool | None = None
    limit: int = 1000
    newest_first: bool = False

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"a query's limit is 1 or more, not {self.limit}")

    def bounds_ns(self) -> tuple[int, int]:
        """Give the same span in ns, the end excluded, cut to what a store can hold."""
        return max(self.from_ms * NS_PER_MS, TIME_NS_MIN), min(self.to_ms * NS_PER_MS, TIME_NS_MAX)


class Copies(Protocol):
    """A store that can write its readings into a file."""

    def copy(self, from_ms: int, to_ms: int, file: Path) -> None:
        """Write the readings observed from ``from_ms`` up to, not including, ``to_ms`` into a Parquet file."""


class Store(Protocol):
    """Where readings are kept. One thread writes; any thread reads, also meanwhile."""

    name: str

    @property
    def memory_bytes(self) -> int:
        """What it takes of this process's memory by its own account, a bounded cache for the most part."""

    def cursor(self) -> int:
        """Journal position up to which rows are committed; 0 for a new store."""

    def write(self, rows: Readings, *, cursor: int) -> None:
        """Commit rows and cursor; durable when it returns. A cursor at or below the present one does nothing.

        Raises StoreUnavailable (try again later) or StoreRefused (which rows, why); then the cursor stays.
        """

    def write_again(self, rows: Readings) -> None:
        """Write rows that were refused before, beside the cursor; writing them twice is fine. Raises as ``write`` does."""

    def read(self, query: Query) -> list[Reading]:
        """Find readings, ordered by time, device, metric, place; newest first is the exact reverse."""

    def close(self) -> None:
        """Let go of files and connections; closing twice is fine."""


def point_time_ns(observed_at: int, seq: int | None) -> int:
    """Make a row's time in ns from epoch ms: two falls in one millisecond stay two rows by their seq.

    Where a device gives no seq, two messages of it in one millisecond are one row in InfluxDB, the later one.
    """
    return observed_at * NS_PER_MS + (seq or 0) % NS_PER_MS


def check(rows: Readings) -> None:
    """Raise StoreRefused for what not every store can hold, so that all stores refuse the same rows.

    Columns of unequal length are the caller's bug: ValueError.
    """
    lengths = {column.name: len(getattr(rows, column.name)) for column in fields(rows)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the columns of readings must be of equal length, not {lengths}")
    bad: dict[int, str] = {}
    finite = np.isfinite(np.asarray(rows.value, np.float64))
    if not finite.all():
        odd = (int(row) for row in np.flatnonzero(~finite))
        bad |= {row: f"value is {rows.value[row]}, not a finite number" for row in odd}
    for column in ("device", "place", "metric"):
        # a column's few distinct values are judged, not every row
        bad |= _bad(column, getattr(rows, column), _name_fault)
    for column in ("text", "boot"):
        bad |= _bad(column, getattr(rows, column), _text_fault)
    bad |= _bad("quality", rows.quality, _quality_fault)
    bad |= _outside("time_ns", rows.time_ns, TIME_NS_MIN, TIME_NS_MAX)
    bad |= _outside("received_at", rows.received_at, 0, INT_MAX)
    seq = rows.seq
    bad |= _outside("seq", seq.numbers[seq.known] if isinstance(seq, Gapped) else seq, 0, INT_MAX)
    if bad:
        raise StoreRefused(dict(sorted(bad.items())))


def _bad(name: str, column: Sequence[str | None], fault: Callable[[str], str | None]) -> dict[int, str]:
    words = column.words if isinstance(column, Coded) else set(column)
    faults = {word: why for word in words if word is not None and (why := fault(word)) is not None}
    if not faults:
        return {}
    return {row: f"{name} {word!r:.80} {faults[word]}" for row, word in enumerate(column) if word in faults}


def _name_fault(name: str) -> str | None:
    if not name:
        return "is empty"
    if "\\" in name:
        return "holds a backslash, which InfluxDB's versions read differently"
    if name.startswith("#"):
        return "begins with #, which line protocol takes for a comment"
    if not CONTROL_CHARACTERS.isdisjoint(name):
        return "holds a control character"
    return _too_long(name, NAME_BYTES_MAX)


def _text_fault(text: str) -> str | None:
    return _too_long(text, TEXT_BYTES_MAX)


def _quality_fault(quality: str) -> str | None:
    return None if quality in QUALITIES else f"is none of {', '.join(sorted(QUALITIES))}"


def _too_long(text: str, bytes_max: int) -> str | None:
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        return "is no valid Unicode (it holds half of a surrogate pair)"
    return f"takes {size} bytes, {bytes_max} are allowed" if size > bytes_max else None


def _outside(name: str, column: Numbers[int | None], low: int, high: int) -> dict[int, str]:
    if isinstance(column, np.ndarray):
        if not len(column) or (low <= column.min() and column.max() <= high):
            return {}
        column = column.tolist()
    known = [number for number in column if number is not None]
    if not known or (low <= min(known) and max(known) <= high):
        return {}
    return {
        row: f"{name} is {number}, outside {low} to {high}"
        for row, number in enumerate(column)
        if number is not None and not low <= number <= high
    }
