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
    """An alert: ``active_at`` is its own time, ``at`` the hub time at which it was decided.

    ``group`` is the id of the alert that leads its group ('' for one that stands alone).
    """

    alert: str
    rule: str
    key: str
    subject: str
    active_at: int
    at: int
    evidence: Evidence
    group: str = ""


class End(msgspec.Struct, frozen=True, tag="end"):
    """The condition behind an alert no longer holds."""

    alert: str
    at: int


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """An alert that is recorded and told to nobody; ``by`` says what holds it back.

    ``by``: ``mode:<kind>``, ``silence:<id>``, ``shelve:<id>``, ``inhibit:<alert>`` or ``flapping``.
    """

    alert: str
    rule: str
    key: str
    subject: str
    active_at: int
    at: int
    evidence: Evidence
    by: str


class ModeChanged(msgspec.Struct, frozen=True, tag="mode"):
    """A home's mode began or ended (``kind`` ''); ``because``: ``command``, ``time`` or ``activity``."""

    key: str
    at: int
    kind: str
    until: int
    by: str
    because: str


class Again(msgspec.Struct, frozen=True, tag="again"):
    """What an alert stands for has come again, for the ``count``-th time."""

    alert: str
    at: int
    count: int


class Change(msgspec.Struct, frozen=True, tag="change"):
    """An alert's severity is another one; ``because``: ``unattended``, ``flapping`` or ``rule:<id>``."""

    alert: str
    at: int
    severity: str
    because: str


Effect: TypeAlias = Raise | End | Hold | ModeChanged | Again | Change


def alert_id(rule: str, key: str, subject: str, cause: str) -> str:
    """Id of an alert: the same cause gives the same id, on any machine and in any replay."""
    text = f"{rule}\x1f{key}\x1f{subject}\x1f{cause}"
    return blake2b(text.encode(), digest_size=8).hexdigest()
