"""``InfluxKeeping`` with its long work in a process of its own, so that the alarm path never waits for Python's lock.

Also the program of that process: one question as JSON on standard input (the token is in it: not on a command line), one
answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_keeping import InfluxKeeping, copy
from gateway.store.readings import StoreUnavailable

NICE = 19  # the hub comes first
WITHIN_S = 3_600
TIMEOUT_S = 60.0  # for one answer of InfluxDB


@dataclass(frozen=True, slots=True)
class Target:
    """An InfluxDB."""

    url: str
    org: str
    token: str


class InfluxKeepingApart(InfluxKeeping):
    """``Keeping`` of an InfluxDB store. ``stop`` ends the processes that are at work."""

    def __init__(self, store: InfluxStore, target: Target, *, on_off: frozenset[str] = frozenset()) -> None:
        super().__init__(store, on_off=on_off)
        self._target = target
        self._children: set[subprocess.Popen[str]] = set()

    def summarise_hour(self, begin_ms: int, *, home: bool) -> None:
        """Write the summaries of that hour again."""
        self._apart("summarise_hour", begin_ms=begin_ms, home=home)

    def summarise_day(self, begin_ms: int, end_ms: int, *, home: bool) -> None:
        """Write the summaries of that day again, from those of its hours."""
        self._apart("summarise_day", begin_ms=begin_ms, end_ms=end_ms, home=home)

    def copy_class(self, from_ms: int, to_ms: int, file: Path, *, home: bool) -> int:
        """Write the readings of that time into a Parquet file; how many."""
        return int(self._apart("copy_class", from_ms=from_ms, to_ms=to_ms, file=str(file), home=home))

    def copy(self, from_ms: int, to_ms: int, file: Path) -> None:
        """Write the readings of that time, homes and facilities, into a Parquet file."""
        self._apart("copy", from_ms=from_ms, to_ms=to_ms, file=str(file))

    def copy_place(self, place: str, folder: Path) -> None:
        """Write all that is kept of a place into ``PLACE_FILES``."""
        self._apart("copy_place", place=place, folder=str(folder))

    def stop(self) -> None:
        """End the processes that are at work: their work is done again another time."""
        for child in tuple(self._children):
            child.kill()

    def _apart(self, work: str, **given: object) -> Any:  # noqa: ANN401 JSON
        question = {"influx": asdict(self._target), "on_off": sorted(self._on_off), "do": work, "with": given}
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "gateway.store.influxdb_apart"],  # -P: not a rules/ of where it was started
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as child:  # fmt: skip
            self._children.add(child)
            try:
                out, err = child.communicate(json.dumps(question), timeout=WITHIN_S)
            except subprocess.TimeoutExpired as error:
                child.kill()
                raise StoreUnavailable(f"InfluxDB: {work} took more than {WITHIN_S} s") from error
            finally:
                self._children.discard(child)
        if child.returncode != 0 or not out:
            raise StoreUnavailable(f"InfluxDB: {work} ended with {child.returncode}: {err[-400:]}")
        answer = json.loads(out)
        if "unavailable" in answer:
            raise StoreUnavailable(answer["unavailable"])
        return answer["answer"]


def main() -> None:
    """Do what standard input asks."""
    os.nice(NICE)
    asked = json.load(sys.stdin)
    given: dict[str, Any] = {
        name: Path(value) if name in ("file", "folder") else value for name, value in asked["with"].items()
    }
    try:
        store = InfluxStore(**asked["influx"], cursor_file=Path("no.cursor"), timeout_s=TIMEOUT_S)
        keeping = InfluxKeeping(store, on_off=frozenset(asked["on_off"]))
        answer: dict[str, object]
        if asked["do"] == "copy":
            answer = {"answer": copy(store, **given)}
        else:
            answer = {"answer": getattr(keeping, asked["do"])(**given)}
        store.close()
    except StoreUnavailable as error:
        answer = {"unavailable": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
