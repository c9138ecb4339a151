"""What ``step`` decides, as values; the shell carries it out."""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeAlias

import msgspec

from rules.events import Value
from rules.state import Fact


class Evidence(msgspec.Struct, frozen=True):
    """Why an alert was raised: the condition, the facts that made it true, and the rule's own figures."""

    condition: str
    facts: tuple[Fact, ...]
    numbers: dict[str, Value]


class Raise(msgspec.Struct, frozen=True, tag="raise"):
    """An alert: ``active_at`` is its own time, ``at`` the hub time at which it was decided."""

    alert: str
    rule: str
    key: str
    subject: str
    active_at: int
    at: int
    evidence: Evidence


class End(msgspec.Struct, frozen=True, tag="end"):
    """The condition behind an alert no longer holds."""

    alert: str
    at: int


Effect: TypeAlias = Raise | End


def alert_id(rule: str, key: str, subject: str, cause: str) -> str:
    """Id of an alert: the same cause gives the same id, on any machine and in any replay."""
    text = f"{rule}\x1f{key}\x1f{subject}\x1f{cause}"
    return blake2b(text.encode(), digest_size=8).hexdigest()
