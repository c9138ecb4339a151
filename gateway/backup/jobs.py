"""Backups that a running hub is asked for: one at a time, in a thread of its own, into a folder of the hub's data.

The answer names the folder, never what is in it: whoever wants the backup must be able to read the hub's own files.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.backup.make import CopiedStore, make_backup
from gateway.backup.manifest import BackupError
from gateway.store.readings import StoreUnavailable
from gateway.web.port import BackupState

log = logging.getLogger(__name__)
FOLDER = "backup"
NICE = 19  # the hub comes first


class Backups:
    """The hub's backups; ``data/backup`` is theirs alone and is emptied. ``store`` is None where it is not in the folder."""

    def __init__(self, data: Path, store: CopiedStore | None, zone: str) -> None:
        self._data = data
        self._store = store
        self._zone = zone
        self._ending = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backup")
        self._state: BackupState | None = None
        shutil.rmtree(data / FOLDER, ignore_errors=True)  # of a hub that was killed

    def begin(self, *, archive: bool) -> str | None:
        """Begin one, with the archive or without; its id, or None while another is at work."""
        if self._state is not None and self._state.state == "running":
            return None
        self._state = BackupState(id=secrets.token_hex(8), state="running")
        self._thread.submit(self._make, self._state.id, archive=archive)
        return self._state.id

    def find(self, backup_id: str) -> BackupState | None:
        """How far that one is."""
        state = self._state
        return state if state is not None and state.id == backup_id else None

    def close(self) -> None:
        """End what is at work."""
        self._ending.set()
        if self._store is not None:
            self._store.end_copy()
        self._thread.shutdown(cancel_futures=True)

    def _make(self, backup_id: str, *, archive: bool) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux a thread has its own
        folder = self._data / FOLDER / backup_id
        try:
            shutil.rmtree(folder.parent, ignore_errors=True)
            told = self._told(backup_id)
            make_backup(self._data, folder, store=self._store, zone=self._zone, archive=archive, told=told)
        except (BackupError, StoreUnavailable, OSError) as error:
            self._failed(backup_id, str(error), folder)
            log.warning("backup: %s", error)
        except Exception:
            self._failed(backup_id, "it failed by a fault of the program; see the hub's log", folder)
            log.exception("backup")
        else:
            self._state = BackupState(id=backup_id, state="done", done=1.0, folder=str(folder.resolve()))
            log.info("backup made")

    def _failed(self, backup_id: str, error: str, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._state = BackupState(id=backup_id, state="failed", error=error)

    def _told(self, backup_id: str) -> Callable[[str, float], None]:
        def told(what: str, done: float) -> None:
            if self._ending.is_set():
                raise BackupError("the hub is stopping; ask again when it runs")
            self._state = BackupState(id=backup_id, state="running", what=what, done=done)

        return told
