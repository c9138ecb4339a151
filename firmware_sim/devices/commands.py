"""What the hub may tell a device on ``…/cmd``, and what of it the device understands. Pure; never raises.

``{"id": "c1", "cmd": "identify"}``, ``{"id": "c2", "cmd": "interval", "seconds": 300}``, ``{"id": "c3", "cmd": "reboot"}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

NAMES = ("identify", "interval", "reboot")
INTERVAL_S = 10, 86_400
TEXT_MAX = 64  # characters of an id and of an answer
KEPT_MAX = 8  # commands that wait for a sleeper, and ids of those done that it remembers


@dataclass(frozen=True, slots=True)
class Command:
    """One command as the device understands it: ``name`` is one of ``NAMES``, or ``problem`` says why it is none."""

    id: str
    name: str = ""
    seconds: int = 0
    problem: str = ""


def read(payload: bytes) -> Command:
    """The command in these bytes; what is no command keeps its id, where it has one, and says its problem."""
    try:
        said = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Command("", problem="malformed: no JSON object")
    ident = said.get("id", "")
    if not isinstance(ident, str) or len(ident) > TEXT_MAX:
        return Command("", problem=f"malformed: id is a text of at most {TEXT_MAX}")
    match said.get("cmd"):
        case "interval":
            return _interval(ident, said.get("seconds"))
        case "identify" | "reboot" as name:
            return Command(ident, name)
        case str() as other:
            return Command(ident, problem=f"unknown: {other}"[:TEXT_MAX])
        case _:
            return Command(ident, problem="malformed: cmd is a text")


def _interval(ident: str, seconds: object) -> Command:
    least, most = INTERVAL_S
    if isinstance(seconds, int) and not isinstance(seconds, bool) and least <= seconds <= most:
        return Command(ident, "interval", seconds)
    return Command(ident, problem=f"refused: seconds is a whole number, {least} to {most}")
