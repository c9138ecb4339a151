"""The hub's log on stderr: a line for people or a JSON object for programs, and never the same complaint a thousand times.

What a log must not hold is left out where it is written: exceptions are told by kind and place only, because their own words
may quote a resident's data or an address that is a secret. A log that is written once a second fills the very disk whose
being full it reports; so what is said again is counted, and the count told once a minute.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, TextIO
from zoneinfo import ZoneInfo

AGAIN_AFTER_S = 60.0  # the same line is written once in this time
ALIKE_MAX = 20  # lines from one place in the code in that time, however they differ
REMEMBERED_MAX = 1_000
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
UNSEEN = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {9: " "}


def begin_logging(kind: Literal["text", "json"], level: str, zone: str) -> None:
    """Write every logger's lines to stderr from now on; times are of ``zone``."""
    handler = SparingHandler(sys.stderr)
    handler.setFormatter((JsonLines if kind == "json" else TextLines)(ZoneInfo(zone)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for talkative in ("alembic", "httpx", "httpcore"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


class TextLines(logging.Formatter):
    """One readable line for each record; what came from outside cannot begin a line of its own."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        said = record.getMessage().translate(UNSEEN)
        extras = "".join(f" {name}={str(value).translate(UNSEEN)}" for name, value in _extras(record))
        line = f"{_time(record, self._zone)} {record.levelname} {record.name}: {said}{extras}"
        return "\n  ".join([line, *_where(record)])


class JsonLines(logging.Formatter):
    """One JSON object a line: time (ISO 8601), level, logger, message, what was given as extra, error with its place."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        """The object, without the end of its line."""
        found: dict[str, object] = {
            "time": _time(record, self._zone),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **dict(_extras(record)),
        }
        if where := _where(record):
            found["error"] = where
        return json.dumps(found, ensure_ascii=False, default=str)


@dataclass(slots=True)
class _Said:
    record: logging.LogRecord
    until: float
    again: int = 0


class SparingHandler(logging.StreamHandler[TextIO]):
    """Writes a line once in ``AGAIN_AFTER_S`` and counts its repeats; the clock is the records' own."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._said: dict[object, _Said] = {}
        self._alike: Counter[object] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, unless it was written a moment ago; what became of earlier ones comes first."""
        for summary in self._over(record.created):
            super().emit(summary)
        place = (record.name, record.levelno, record.lineno)
        key: object = (place, record.getMessage(), record.exc_info is not None)
        if key not in self._said and self._alike[place] >= ALIKE_MAX:
            key = place
        said = self._said.get(key)
        if said is not None:
            said.again, said.record = said.again + 1, record
            return
        self._said[key] = _Said(record, record.created + AGAIN_AFTER_S)
        self._alike[place] += 1
        if key is place:
            self._said[key].again = 1
        else:
            super().emit(record)

    def close(self) -> None:
        """Tell what was counted and not yet told."""
        for summary in self._over(float("inf")):
            super().emit(summary)
        super().close()

    def _over(self, now: float) -> Iterator[logging.LogRecord]:
        if not self._said:
            return
        if next(iter(self._said.values())).until > now + AGAIN_AFTER_S or len(self._said) > REMEMBERED_MAX:
            now = float("inf")  # the wall clock was set back, or too much is remembered
        over = []
        for key, said in self._said.items():
            if said.until > now:
                break
            over.append(key)
        for key in over:
            said = self._said.pop(key)
            place = (said.record.name, said.record.levelno, said.record.lineno)
            self._alike[place] -= 1
            if self._alike[place] <= 0:
                del self._alike[place]
            if said.again:
                yield _summary(said)


def _summary(said: _Said) -> logging.LogRecord:
    told = logging.makeLogRecord(vars(said.record))
    told.msg, told.args = "repeated %d times, last: %s", (said.again, said.record.getMessage())
    told.exc_info = None
    return told


def _time(record: logging.LogRecord, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(record.created, zone).isoformat(timespec="milliseconds")


def _extras(record: logging.LogRecord) -> list[tuple[str, object]]:
    return [(name, value) for name, value in vars(record).items() if name not in PLAIN]


def _where(record: logging.LogRecord) -> list[str]:
    """The exception's kind and the places it came through, without its words."""
    if not record.exc_info or record.exc_info[1] is None:
        return []
    return _chain(record.exc_info[1])


def _chain(last: BaseException) -> list[str]:
    found: list[str] = []
    error: BaseException | None = last
    while error is not None:
        found += [type(error).__name__, *_places(error.__traceback__)]
        if isinstance(error, BaseExceptionGroup):
            found += [line for part in error.exceptions for line in _chain(part)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _places(trace: TracebackType | None) -> list[str]:
    return [f"at {spot.filename}:{spot.lineno} in {spot.name}" for spot in traceback.extract_tb(trace)]
