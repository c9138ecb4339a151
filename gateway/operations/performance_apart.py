"""Draws up the numbers of work where they cannot hold up an alarm: those of many alerts in a niced process of their own.

``python -m gateway.operations.performance_apart DATABASE`` reads an ``Asked`` as JSON from stdin and writes the ``Performance``
as JSON to stdout. It only reads the database, beside a hub that writes it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from gateway.alerts.record import Asked
from gateway.operations.database import open_to_read
from gateway.operations.performance_views import alerts_asked, read_performance

HERE_MAX = 500  # alerts; that takes some 40 ms of Python, as much as may be done beside the alarm path
APART_S = 120  # a year of 100,000 alerts takes a few seconds
NICE = 10
_TURN = threading.Lock()


class BusyError(Exception):
    """Others are being drawn up; ask again later."""


class ApartError(Exception):
    """The process that was to draw them up has failed; the message says how."""


def performance_json(engine: Engine, asked: Asked) -> bytes:
    """The numbers as JSON. Blocking, off the event loop; raises ``BusyError`` while others are drawn up in a process."""
    if alerts_asked(engine, asked) <= HERE_MAX:
        return msgspec.json.encode(read_performance(engine, asked))
    if not _TURN.acquire(blocking=False):
        raise BusyError
    try:
        return _apart(Path(str(engine.url.database)), asked)
    finally:
        _TURN.release()


def _apart(database: Path, asked: Asked) -> bytes:
    command = [sys.executable, "-P", "-m", "gateway.operations.performance_apart", str(database.resolve())]
    try:
        done = subprocess.run(
            command, input=msgspec.json.encode(asked), capture_output=True, timeout=APART_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ApartError(f"not done after {APART_S} s; ask for a shorter time") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ApartError(f"it ended with {done.returncode}: {said[-1] if said else 'without a word'}")
    return done.stdout


def main() -> None:
    """Answer the question on stdin."""
    os.nice(NICE)
    gc.disable()  # it holds everything until it ends, and that is soon
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    engine = open_to_read(Path(sys.argv[1]))
    sys.stdout.buffer.write(msgspec.json.encode(read_performance(engine, asked)))
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing to tidy up: to free a million objects one by one would take as long again


if __name__ == "__main__":
    main()
