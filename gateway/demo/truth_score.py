"""``carehub demo --score``: what the hub raised, held against the truth that the town wrote down.

The hub knows its rules, the simulator what happened, and neither knows the other: alerts go into files, and ``carehub-sim
score`` reads them beside the truth, in a process of its own.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gateway.backtest.asked import Progress
from gateway.demo.alert_rows import Row, raised_rows, write_rows
from gateway.demo.kits import FULL, NAIVE, WITHOUT, differing, judged_again
from gateway.operations.database import open_database

KIT_KEYS = ("passes", "limits", "life_safety", "doubtful", "care")
LIMITS_HOLD, THEY_DO_NOT = 0, 1


class ScoreError(Exception):
    """There is no score; the message says why."""


class Span(msgspec.Struct, frozen=True):
    """From when to when a truth is told; the rest of it is the simulator's business."""

    from_ms: int
    to_ms: int


def score_by_truth(
    data: Path, truth: Path, homes: Path | None, folder: Path, simulator: Path, progress: Progress
) -> dict[str, Any]:
    """The keys that ``--score`` adds to ``carehub demo --json``; the table goes to stderr. The hub must have ended.

    ``homes`` is the file of single homes that the hub had. Alerts, and the score with all that was missed or false, are left
    in ``folder``. Raises ``ScoreError``, or what
    ``judged_again`` does.
    """
    try:
        span = msgspec.json.decode(truth.read_bytes(), type=Span)
    except (OSError, msgspec.DecodeError) as problem:
        raise ScoreError(f"{truth}: the town left no truth: {problem}") from None
    folder.mkdir(parents=True, exist_ok=True)
    rows = judged_again(data, homes, folder, span.from_ms, span.to_ms, progress)
    live, again = _live(data, span), rows.pop(FULL)
    rows[FULL] = live
    files = {name: folder / f"alerts-{name}.jsonl" for name in rows}
    for name, file in files.items():
        write_rows(file, rows[name])
    scores = _scored(simulator, truth, files)
    (folder / "score.json").write_bytes(msgspec.json.encode(scores))
    return _told(scores) | {"shell_equivalence": differing(live, again)}


def _live(data: Path, span: Span) -> list[Row]:
    database = open_database(data / "operations.sqlite")
    try:
        rows = raised_rows(database)
    finally:
        database.dispose()
    return [row for row in rows if span.from_ms <= row["active_ms"] and row["raised_ms"] < span.to_ms]


def _scored(simulator: Path, truth: Path, files: Mapping[str, Path]) -> dict[str, Any]:
    command = [
        str(simulator),
        "score",
        "--truth",
        str(truth),
        "--alerts",
        str(files[FULL]),
        "--kit",
        FULL,
        "--json",
    ]
    for name in (*WITHOUT, NAIVE):
        if name != FULL:
            command += ["--beside", f"{name}={files[name]}"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if done.returncode not in {LIMITS_HOLD, THEY_DO_NOT}:
        raise ScoreError(f"{simulator.name} score ended with {done.returncode}")
    scores: dict[str, Any] = msgspec.json.decode(done.stdout)
    return scores


def _told(scores: dict[str, Any]) -> dict[str, Any]:
    """The score of the whole kit with what went wrong in it, and what is told of the others."""
    others = {name: {key: other[key] for key in KIT_KEYS} for name, other in scores["beside"].items()}
    whole = {key: value for key, value in scores.items() if key not in {"beside", "format", "kit"}}
    urgent = [wrong for wrong in scores["false"] if wrong["class"] == "life_safety"]
    return whole | {
        "false": urgent,
        "naive": others.pop(NAIVE),
        "kits": others | {FULL: {key: scores[key] for key in KIT_KEYS}},
    }
