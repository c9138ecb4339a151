"""Puts a backup into a data folder. What is there stays: it is refused, or, told so, moved aside within the folder."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from gateway.backup.make import journal_ends, opened
from gateway.backup.manifest import JOURNAL, BackupError, Manifest
from gateway.backup.parcel import look_into, unpack
from gateway.lock import FolderLock
from gateway.store.cursor_file import set_back

LOCK = "hub.lock"
STAGED = ".restoring"
BEFORE = "before-restore-"


def restore(source: Path, data: Path, *, force: bool, store: str) -> tuple[Manifest, Path | None]:
    """Make ``data`` what the backup is; ``store`` is the kind in the settings. Returns where the old files are, if any were.

    Everything is unpacked and checked before anything is touched. The journal comes last: a hub that is started on half a
    restore refuses to run. Raises ``BackupError``, or ``SettingsError`` while a hub is at work there.
    """
    manifest = look_into(source)
    if manifest.store != store:
        raise BackupError(
            f"{source}: it was made of a hub with [store] kind {manifest.store!r}, the settings say {store!r}; "
            "set the same kind, then restore"
        )
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FolderLock(data)
    try:
        old = [
            file
            for file in data.iterdir()
            if file.name not in (LOCK, STAGED) and not file.name.startswith(BEFORE)
        ]
        if old and not force:
            raise BackupError(
                f"{data}: it is not empty ({', '.join(sorted(file.name for file in old)[:5])}); restore into a new "
                "folder, or move the old files aside with --force"
            )
        staged = data / STAGED
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700)
        try:
            unpack(source, manifest, staged)
            _write_again(staged)
            aside = _move_aside(data, old) if old else None
            _move_in(staged, data)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise BackupError(f"{error.filename or data}: {error.strerror or error}") from error
    finally:
        lock.release()
    return manifest, aside


def _write_again(staged: Path) -> None:
    """Where the readings are elsewhere: what the journal holds is written there once more.

    That store was restored by its own means, or not at all: it may hold less than the cursor says. A point written twice
    is one.
    """
    first, _ = journal_ends(staged / JOURNAL)
    for file in staged.glob("*.cursor"):
        set_back(file, first - 1)


def _move_aside(data: Path, old: list[Path]) -> Path:
    """Within the folder, which may be a disk of its own."""
    aside = data / f"{BEFORE}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside.mkdir(mode=0o700)
    for file in sorted(
        old, key=lambda file: file.name != JOURNAL
    ):  # the journal first: half a folder starts nowhere
        file.rename(aside / file.name)
    return aside


def _move_in(staged: Path, data: Path) -> None:
    files = sorted(staged.iterdir(), key=lambda file: file.name == JOURNAL)
    for file in (*staged.rglob("*"), staged):
        with opened(file) as descriptor:
            os.fsync(descriptor)
    for file in files:
        file.rename(data / file.name)
    with opened(data) as descriptor:
        os.fsync(descriptor)
