"""Makes a backup of a data folder, also while the hub that owns it works.

Theory of operation
-------------------
The alerts and the store read the journal, each by its own cursor. They are copied first and the journal last: so no cursor of
the backup is ever ahead of its journal, and a start from it replays what is in between. Each file is copied as of one moment
(SQLite: a read transaction; DuckDB: one statement), and nobody who writes is held up. Where the journal was thinned
meanwhile, so that it begins behind what a copied cursor needs, all is copied once more.

The archive comes last of all: a day is written there before it leaves the store, so it is in the one or the other, or in both,
which a hub at work knows as well. Its files never change, and are linked where that can be.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.archive import FOLDER as ARCHIVE
from gateway.archive import archived_files
from gateway.backup.manifest import (
    FORMAT,
    JOURNAL,
    NAME,
    OPERATIONS,
    READINGS,
    BackupError,
    Manifest,
    checksum,
    encode,
)
from gateway.store.cursor_file import cursor_in

TRIES = 3
PAGES_A_STEP = 2_048
ROOM_SPARED_BYTES = 64 << 20  # a backup must never be what fills the hub's disk
ASIDE = "journal-damaged-"  # what a repair has put aside is no part of the hub
COUNTED = {
    "places": "SELECT count(*) FROM place",
    "devices": "SELECT count(*) FROM device",
    "staff": "SELECT count(*) FROM staff",
    "alerts": "SELECT count(*) FROM alert",
    "alerts_open": "SELECT count(*) FROM alert WHERE state != 'closed'",
}


class CopiedStore(Protocol):
    """A store in a file of its own, which only its owner may open."""

    def copy_whole(self, file: Path) -> tuple[int, int]:
        """Copy everything into a new file as of one moment; the journal position it stands at, and how many readings."""

    def end_copy(self) -> None:
        """Let a copy that is at work in another thread fail."""


Told = Callable[[str, float], None]


def make_backup(
    data: Path, folder: Path, *, store: CopiedStore | None, zone: str, archive: bool, told: Told
) -> Manifest:
    """Write a backup of ``data`` into the new ``folder``, readable by its owner only.

    ``store`` is None where the readings are not in this folder; ``archive`` is whether that goes with it. ``told`` hears what
    is at work and how much is done (0 to 1).
    Raises ``BackupError`` or ``OSError``; what is in ``folder`` is then good for nothing.
    """
    folder.mkdir(parents=True, mode=0o700)
    _need_room(data, folder, archive=archive)
    for _ in range(TRIES):
        positions, counts = _copy_all(data, folder, store, told)
        if _fit(folder, positions):
            break
    else:
        raise BackupError(f"{data}: the journal was thinned each time it was copied; try again later")
    if archive:
        counts["archive_files"] = _take_archive(data, folder)
    files = {}
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    for done, name in enumerate(names):
        share = 0.8 + 0.2 * done / len(names)
        (folder / name).chmod(0o600)
        files[name] = checksum(folder / name, lambda _count, share=share: told("checksums", share))  # type: ignore[misc]
        _to_disk(folder / name)
    manifest = Manifest(
        format=FORMAT,
        made_at=datetime.now(ZoneInfo(zone)).isoformat(timespec="seconds"),
        carehub=version("carehub"),
        store="duckdb" if store is not None else "influxdb",
        archive=archive,
        positions=positions,
        counts=counts,
        files=files,
    )
    (folder / NAME).write_bytes(encode(manifest))
    (folder / NAME).chmod(0o600)
    _to_disk(folder / NAME)
    for each in (*folder.glob(f"{ARCHIVE}/*/"), *folder.glob(f"{ARCHIVE}/"), folder):
        _to_disk(each)
    return manifest


def _copy_all(
    data: Path, folder: Path, store: CopiedStore | None, told: Told
) -> tuple[dict[str, int], dict[str, int]]:
    for old in folder.iterdir():
        old.unlink()
    others = sorted(
        file
        for file in data.glob("*.sqlite")
        if file.name not in (JOURNAL, OPERATIONS) and not file.name.startswith(ASIDE)
    )
    told("alerts, registry", 0.0)
    for file in (data / OPERATIONS, *others):
        _copy_sqlite(file, folder / file.name, lambda _done: told("alerts, registry", 0.1))
    positions: dict[str, int] = {}
    counts: dict[str, int] = {}
    with closing(sqlite3.connect(folder / OPERATIONS)) as copied:
        positions |= dict(copied.execute("SELECT consumer, position FROM cursor").fetchall())
        counts |= {name: copied.execute(question).fetchone()[0] for name, question in COUNTED.items()}
    for file in data.glob("*.cursor"):
        shutil.copyfile(file, folder / file.name)
        positions["store"] = cursor_in(folder / file.name)
    if store is not None:
        told("readings", 0.15)
        positions["store"], counts["readings"] = store.copy_whole(folder / READINGS)
    _copy_sqlite(data / JOURNAL, folder / JOURNAL, lambda done: told("journal", 0.5 + 0.3 * done))
    positions["journal"] = journal_ends(folder / JOURNAL)[1]
    return positions, counts


def _take_archive(data: Path, folder: Path) -> int:
    """Link or copy the archive's files; how many. What leaves the archive meanwhile has reached its age and is left out."""
    count = 0
    for name in archived_files(data):
        target = folder / name
        for each in (folder / ARCHIVE, target.parent):
            each.mkdir(mode=0o700, exist_ok=True)
        try:
            _link_or_copy(data / name, target)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
        else:
            count += 1
    return count


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _copy_sqlite(source: Path, target: Path, told: Callable[[float], None]) -> None:
    """As of one moment: the read transaction is open before the first page is copied."""
    if not source.exists():
        raise BackupError(f"{source} is not there; start the hub once, or name its settings with -c")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            closing(sqlite3.connect(source, isolation_level=None)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            read.backup(
                written,
                pages=PAGES_A_STEP,
                progress=lambda _status, left, total: told(1 - left / max(total, 1)),
            )
            written.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise BackupError(f"{source}: it cannot be copied: {error}") from error


def journal_ends(file: Path) -> tuple[int, int]:
    """The first and the last position that the journal holds; 1 and 0 where it is empty."""
    with closing(sqlite3.connect(file)) as copied:
        first, last = copied.execute("SELECT min(first), max(first + count - 1) FROM batch").fetchone()
    return first or 1, last or 0


def _fit(folder: Path, positions: dict[str, int]) -> bool:
    """Whether every cursor finds its next event in the journal."""
    first, _ = journal_ends(folder / JOURNAL)
    wanted = [positions.get("engine", 0), positions.get("engine.floor", 0)]
    wanted += [positions["store"]] if "store" in positions else []
    return first == 1 or first <= min(wanted) + 1


def _need_room(data: Path, folder: Path, *, archive: bool) -> None:
    copied = [file for pattern in ("*.sqlite*", "*.duckdb*") for file in data.glob(pattern)]
    if archive and (data / ARCHIVE).is_dir() and (data / ARCHIVE).stat().st_dev != folder.stat().st_dev:
        copied += [data / name for name in archived_files(data)]  # else they are linked
    needed = sum(file.stat().st_size for file in copied)
    free = shutil.disk_usage(folder).free
    if free < needed + ROOM_SPARED_BYTES:
        raise BackupError(
            f"{folder}: about {needed >> 20} MB are needed beside what the hub keeps free, {free >> 20} MB are there; "
            "make room on that disk"
        )


def _to_disk(path: Path) -> None:
    with opened(path) as descriptor:
        os.fsync(descriptor)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a file or folder, for ``fsync``."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
