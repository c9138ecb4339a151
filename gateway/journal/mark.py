"""How far the journal was written, noted beside it: a witness for when the journal itself has lost its end.

SQLite drops a damaged end of its log silently: what was committed, and acknowledged, would be gone without a word. The mark is
written after each commit and not synced: behind a power cut it may be older than the journal, never newer than what was
committed. A journal that ends before its mark has lost something.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from pathlib import Path

log = logging.getLogger(__name__)

_SHAPE = struct.Struct("<qqI")  # position, hub time, checksum of the two


class Mark:
    """The position and the hub time of the newest event that was committed."""

    def __init__(self, path: Path) -> None:
        """Raises ``OSError`` when the file cannot be opened."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._failed = False

    def read(self) -> tuple[int, int]:
        """Position and hub time; (0, 0) where nothing readable was written."""
        found = os.pread(self._file, _SHAPE.size, 0)
        if len(found) != _SHAPE.size:
            return 0, 0
        position, at, checksum = _SHAPE.unpack(found)
        return (position, at) if checksum == zlib.crc32(found[:16]) else (0, 0)

    def write(self, position: int, at: int) -> None:
        """Note it. What cannot be noted is logged once: the journal itself is whole."""
        noted = struct.pack("<qq", position, at)
        try:
            os.pwrite(self._file, noted + struct.pack("<I", zlib.crc32(noted)), 0)
        except OSError as error:
            if not self._failed:
                self._failed = True
                log.warning("the journal's mark cannot be written: %s", error)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def mark_of(journal: Path) -> Path:
    """Where the mark of a journal lies."""
    return journal.with_suffix(".mark")
