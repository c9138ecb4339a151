"""A day of the stations' work as points: here where few alerts have to be read, else in a niced process of its own.

``python -m gateway.figures_duty DATABASE`` reads an ``Asked`` as JSON from stdin and writes the points as JSON to stdout.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from gateway.alerts.record import Asked
from gateway.figures_kept.duty import say_duty
from gateway.figures_kept.reading import Point
from gateway.figures_kept.saying import Saying
from gateway.operations.database import open_to_read
from gateway.operations.performance_apart import APART_S, HERE_MAX, ApartError
from gateway.operations.performance_views import alerts_asked, read_facts

NICE = 19
# Made while one thread imports it: two that first decode a type at the same instant end the process.
_POINTS = msgspec.json.Decoder(list[Point])
_ASKED = msgspec.json.Decoder(Asked)


def duty_points(engine: Engine, asked: Asked) -> list[Point]:
    """What is said of the day from ``asked.begin`` to ``asked.end``. Blocking; raises ``ApartError``."""
    if alerts_asked(engine, asked) <= HERE_MAX:
        return read_points(engine, asked)
    database = Path(str(engine.url.database)).resolve()
    command = [sys.executable, "-P", "-m", "gateway.figures_duty", str(database)]
    given = msgspec.json.encode(asked)
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=APART_S, check=False)
    except subprocess.TimeoutExpired:
        raise ApartError(f"the figures of a day are not done after {APART_S} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ApartError(f"it ended with {done.returncode}: {said[-1] if said else 'without a word'}")
    return _POINTS.decode(done.stdout)


def read_points(engine: Engine, asked: Asked) -> list[Point]:
    """The same in this process, however long it takes."""
    said = Saying()
    with engine.connect() as connection, connection.begin():
        facts = read_facts(connection, asked)
    say_duty(said, facts, asked)
    return said.points


def main() -> None:
    """Answer the question on stdin."""
    os.nice(NICE)
    gc.disable()  # it holds everything until it ends, and that is soon
    asked = _ASKED.decode(sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgspec.json.encode(read_points(open_to_read(Path(sys.argv[1])), asked)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
