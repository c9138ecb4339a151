"""The archive: the readings of past days as Parquet files in a folder for each month, homes apart from facilities.

``archive/2026-03/places-2026-03-05.parquet``: plain columns (those of ``gateway.store.readings.Readings``), compressed with
zstd, one file a day so that no step is long. A file is there whole or not at all, and is never written in place: so a copy may
be a hard link. Only an erasure puts another in its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import day_of

NAME = re.compile(r"(homes|places)-(\d{4}-\d{2}-\d{2})\.parquet")
MONTH = re.compile(r"\d{4}-\d{2}")
FOLDER = "archive"  # of the hub's data
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ArchivedDay:
    """A file, and from when to when its readings were observed (epoch ms)."""

    file: Path
    home: bool
    begin_ms: int
    end_ms: int


class Archive:
    """A folder; its days are those of ``zone``."""

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self._folder = folder
        self._zone = zone

    def write(self, begin_ms: int, *, home: bool, copy: Callable[[Path], int]) -> None:
        """Add the day that begins then, unless it is there or empty.

        ``copy`` writes its readings into a file, and says how many. On disk when it returns.
        Raises ``StoreUnavailable``, ``OSError``.
        """
        day = datetime.fromtimestamp(begin_ms / 1000, self._zone).date()
        target = self._folder / f"{day:%Y-%m}" / f"{'homes' if home else 'places'}-{day}.parquet"
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(target.name + ".new")
        new.unlink(missing_ok=True)
        rows = copy(new)
        _check(new, rows)
        if not rows:
            new.unlink()
            return
        new.chmod(0o600)  # a home's id with a time is personal data
        _sync(new)
        new.replace(target)
        _sync(target.parent)
        _sync(self._folder)

    def days(self, from_ms: int, to_ms: int) -> Iterator[ArchivedDay]:
        """The files that hold readings observed in that time, by day."""
        for file in sorted(self._folder.glob("*/*.parquet"), key=lambda file: file.name.partition("-")[2]):
            if (found := NAME.fullmatch(file.name)) is None:
                continue
            noon = datetime.combine(date.fromisoformat(found[2]), datetime.min.time(), self._zone).timestamp()
            begin, end = day_of(int(noon * 1000) + DAY_MS // 2, self._zone)
            if begin < to_ms and end > from_ms:
                yield ArchivedDay(file, found[1] == "homes", begin, end)

    def forget(self, now_ms: int, days: int) -> None:
        """Remove the files of days that ended more than ``days`` days ago; 0: none."""
        if not days:
            return
        for day in self.days(0, now_ms - days * DAY_MS):
            if day.end_ms <= now_ms - days * DAY_MS:
                day.file.unlink(missing_ok=True)


def without_place(file: Path, place: str) -> bool:
    """Put a file without the readings of that place in the place of an archived one; whether it held any.

    A kill leaves the old file or the new one. Raises ``StoreUnavailable``, ``OSError``.
    """
    new, of = file.with_name(file.name + ".new"), "'" + place.replace("'", "''") + "'"
    source = "read_parquet('" + str(file).replace("'", "''") + "')"
    target = "'" + str(new).replace("'", "''") + "'"
    try:
        with duckdb.connect(config={"threads": 1}) as scratch:
            held = scratch.execute(f"SELECT 1 FROM {source} WHERE place = {of} LIMIT 1").fetchone()  # noqa: S608 quoted
            if held is None:
                return False
            new.unlink(missing_ok=True)
            done = scratch.execute(
                f"COPY (FROM {source} WHERE place <> {of}) TO {target} (FORMAT parquet, COMPRESSION zstd)"
            ).fetchone()
    except duckdb.Error as error:
        raise StoreUnavailable(f"{file} cannot be written without a home: {error}") from error
    rows = int(done[0]) if done else 0
    _check(new, rows)
    new.chmod(0o600)
    _sync(new)
    if rows:
        new.replace(file)
    else:
        file.unlink()
        new.unlink()
    _sync(file.parent)
    return True


def archived_files(data: Path) -> list[str]:
    """The archive's files as they lie in the hub's data folder: ``archive/2026-03/places-2026-03-05.parquet``."""
    found = (str(file.relative_to(data)) for file in (data / FOLDER).glob("*/*.parquet"))
    return sorted(filter(is_archived, found))


def is_archived(name: str) -> bool:
    """Whether that is the name of a file of the archive, and of nothing else."""
    folder, _, rest = name.partition("/")
    month, _, file = rest.partition("/")
    return folder == FOLDER and bool(MONTH.fullmatch(month) and NAME.fullmatch(file))


def _check(file: Path, rows: int) -> None:
    """What is about to be relied on is read once more."""
    try:
        with duckdb.connect(config={"threads": 1}) as scratch:
            found = scratch.execute("SELECT count(*) FROM read_parquet($1)", [str(file)]).fetchone()
    except duckdb.Error as error:
        raise StoreUnavailable(f"{file} was written and cannot be read: {error}") from error
    (count,) = found or (0,)
    if count != rows:
        raise StoreUnavailable(f"{file} holds {count} rows, {rows} were written; it is written again")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
