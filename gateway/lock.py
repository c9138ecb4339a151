"""One hub at a time on a data folder: two would answer for the same residents from the same files."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gateway.settings import SettingsError


class FolderBusyError(SettingsError):
    """Another hub is at work in the folder."""


class FolderLock:
    """Holds ``hub.lock`` in the folder until ``release`` or the end of the process, however it ends.

    The file stays: it is the lock on it that counts, and a lock on a file that was removed would keep nobody out.
    """

    def __init__(self, folder: Path) -> None:
        """Take it at once; raises ``SettingsError`` when another hub has it, or the folder cannot be locked."""
        path = folder / "hub.lock"
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise SettingsError(
                f"[hub] data {folder}: {path.name} cannot be opened: {error.strerror}; give the hub a folder that it "
                "may write to"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            kind = FolderBusyError if isinstance(error, BlockingIOError) else SettingsError
            raise kind(_explain(folder, error)) from None

    def release(self) -> None:
        """Let the next hub have the folder."""
        os.close(self._file)


def _explain(folder: Path, error: OSError) -> str:
    if isinstance(error, BlockingIOError):
        return (
            f"[hub] data {folder}: another hub is at work in this folder; stop that one, or set another folder "
            "(CAREHUB_HUB__DATA)"
        )
    return (
        f"[hub] data {folder}: it cannot be locked: {error.strerror}; put it on a disk of this machine, not on a "
        "network share"
    )
