"""The files of reports and forms, in a file of their own (``reports.sqlite``), by the SHA-256 of what is in them.

So a file is kept once, cannot be changed unseen, and is in every backup, which takes each ``*.sqlite`` of the data folder.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

NAME: Final = "reports.sqlite"
FILE_BYTES_MAX: Final = 20 * 1024 * 1024
SPARE_S = 86_400.0  # what was put lately may be about to be spoken of
_SHAPE = "CREATE TABLE IF NOT EXISTS file (digest TEXT PRIMARY KEY, body BLOB NOT NULL, put_at REAL NOT NULL)"
_PUT = "INSERT INTO file (digest, body, put_at) VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE SET put_at = excluded.put_at"


class DamagedFileError(Exception):
    """What is kept is not what was put there, or there is nothing."""


class ReportFiles:
    """Safe to call from any thread; blocking."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(_SHAPE)

    def put(self, body: bytes) -> str:
        """Keep it, durably; its digest."""
        if len(body) > FILE_BYTES_MAX:
            raise ValueError(f"a file of {len(body)} bytes: at most {FILE_BYTES_MAX}")
        digest = digest_of(body)
        with self._lock:
            self._connection.execute(_PUT, (digest, body, time.time()))
        return digest

    def get(self, digest: str) -> bytes:
        """What has that digest. Raises ``DamagedFileError``."""
        with self._lock:
            row = self._connection.execute("SELECT body FROM file WHERE digest = ?", (digest,)).fetchone()
        body = row[0] if row is not None else None
        if not isinstance(body, bytes) or digest_of(body) != digest:
            raise DamagedFileError(digest)
        return body

    def keep_only(self, digests: Iterable[str]) -> int:
        """Let everything else go that was not put within the last day; how many."""
        wanted, before = set(digests), time.time() - SPARE_S
        with self._lock:
            found = self._connection.execute("SELECT digest FROM file WHERE put_at <= ?", (before,))
            held = [digest for (digest,) in found]
            gone = [(digest,) for digest in held if digest not in wanted]
            self._connection.executemany("DELETE FROM file WHERE digest = ?", gone)
        return len(gone)

    def close(self) -> None:
        """Nothing is asked of it any more."""
        with self._lock:
            self._connection.close()


def digest_of(body: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()
