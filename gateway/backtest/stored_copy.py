"""A store's readings as Parquet files, copied in slices small enough that whoever writes meanwhile is not held up."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from gateway.backtest.asked import DAY_MS
from gateway.store.readings import Copies

NICE = 19  # the hub comes first


def copy_in_slices(
    store: Copies, folder: Path, from_ms: int, to_ms: int, progress: Callable[[float], None]
) -> tuple[str, ...]:
    """Copy day by day; the files. Raises ``StoreUnavailable``. Run it in a thread of its own: it takes the least share."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux a thread has its own
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for begin in range(from_ms, to_ms, DAY_MS):
        files.append(folder / f"stored-{begin}.parquet")
        store.copy(begin, min(begin + DAY_MS, to_ms), files[-1])
        progress((begin - from_ms) / (to_ms - from_ms))
    return tuple(map(str, files))
