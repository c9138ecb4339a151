"""What was raised: JSON lines, or CSV with the same columns, so that any system can be scored."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from firmware_sim.score.truth import BadInputError, Class, Word

COLUMNS = (
    "id", "rule", "says", "class", "severity", "place", "device", "raised_ms", "active_ms", "lowered_ms",
    "lowered_to", "held",
)  # fmt: skip


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: what it ``says`` about which ``place``, raised at ``raised_ms``, its condition true since ``active_ms``.

    ``lowered_ms``: when its severity was lowered afterwards (None: it was not). ``held``: recorded, and told to nobody.
    """

    id: str
    says: Word
    class_: Class = msgspec.field(name="class")
    place: str
    raised_ms: int
    rule: str = ""
    severity: str = ""
    device: str = ""
    active_ms: int | None = None
    lowered_ms: int | None = None
    lowered_to: str | None = None
    held: bool = False

    @property
    def full(self) -> bool:
        """Whether it stood at full urgency: life safety, told to people, and never lowered."""
        return self.class_ == "life_safety" and not self.held and self.lowered_ms is None


def read_alerts(path: Path) -> list[Raised]:
    """The alerts of a file; raises ``BadInputError`` for the first line that is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise BadInputError(f"{path}: {problem.strerror}; name an alerts file with --alerts") from None
    except UnicodeDecodeError:
        raise BadInputError(f"{path}:1: not UTF-8; save the file as UTF-8") from None
    as_json = path.suffix != ".csv" and (not text.strip() or text.lstrip().startswith("{"))
    alerts: dict[str, Raised] = {}
    for line, alert in _of_lines(path, text) if as_json else _of_csv(path, text):
        if alert.id in alerts:
            raise BadInputError(
                f"{path}:{line}: alert {alert.id} stands there twice; give each an id of its own"
            )
        alerts[alert.id] = alert
    return list(alerts.values())


def _of_lines(path: Path, text: str) -> Iterator[tuple[int, Raised]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, msgspec.json.decode(line, type=Raised)
        except msgspec.DecodeError as problem:
            raise BadInputError(
                f"{path}:{number}: {problem}; a line has the keys {', '.join(COLUMNS)}"
            ) from None


def _of_csv(path: Path, text: str) -> Iterator[tuple[int, Raised]]:
    reader = csv.DictReader(text.splitlines())
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if unknown:
        raise BadInputError(f"{path}:1: unknown column {unknown[0]!r}; known are: {', '.join(COLUMNS)}")
    for row in reader:
        # An empty cell is not there: optional columns take their defaults, needed ones are missed by name.
        told: dict[str, Any] = {name: cell for name, cell in row.items() if cell}
        if "held" in told:
            told["held"] = told["held"].lower() in {"1", "true", "yes"}
        try:
            yield reader.line_num, msgspec.convert(told, Raised, strict=False)
        except msgspec.ValidationError as problem:
            raise BadInputError(f"{path}:{reader.line_num}: {problem}") from None


def alerts_from(rows: Iterable[dict[str, Any]]) -> list[Raised]:
    """Alerts from plain values, one row each; raises ``msgspec.ValidationError``."""
    return msgspec.convert(list(rows), list[Raised])
