"""Retained leftovers: the firmware asks the broker to keep what is news only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.wire import Message

KINDS = ("event", "telemetry", "both")


@dataclass(kw_only=True)
class RetainedLeftover(Fault):
    """Events (or readings, ``of``) are published as retained: whoever subscribes later hears the last one as if it were now."""

    name = "retained_leftover"
    zh = "遗留消息：旧警报留在服务器上，重连时又被收到"
    en = "An old event stays at the broker and comes again to whoever subscribes"
    of: str = "event"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"of": KINDS}

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message, to be kept by the broker."""
        kept = message.kind == self.of or (self.of == "both" and message.kind in KINDS)
        return [(at_ms, replace(message, retain=True) if kept else message)]
