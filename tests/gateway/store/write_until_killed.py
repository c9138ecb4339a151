"""A child process for the fault tests: ``python write_until_killed.py FILE [BYTES_MAX]``.

Writes batches of 100 rows for ever and prints each cursor once the store has promised it. With
BYTES_MAX no file may grow beyond it: the disk is full; it then says so, gets room, and goes on.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

from store_rows import NOW, columns, row

from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Readings, StoreUnavailable

BATCH = 100


def batch(number: int) -> Readings:
    return columns(row(NOW + number * 1000 + step, step, text="文" * 20) for step in range(BATCH))


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main() -> None:
    if len(sys.argv) > 2:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    store = DuckDBStore(Path(sys.argv[1]))
    while True:
        number = store.cursor() + 1
        try:
            store.write(batch(number), cursor=number)
        except StoreUnavailable as error:
            say(f"unavailable: {error}")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            continue
        say(str(number))


if __name__ == "__main__":
    main()
