"""Corrupt payload: bytes that are no message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar

from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.wire import Message

HOW = ("any", "cut", "noise", "zeros", "shape")


@dataclass(kw_only=True)
class CorruptPayload(Fault):
    """A ``share`` (0 to 1) of messages comes ``how``: cut short, with noise in it, as zeros, or as JSON of another shape."""

    name = "corrupt_payload"
    zh = "数据损坏：消息内容残缺或乱码"
    en = "Messages come cut short or garbled"
    share: float = 0.2
    how: str = "any"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"how": HOW}

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message, or what is left of it."""
        if self.dice.random() >= self.share:
            return [(at_ms, message)]
        how = self.dice.choice(HOW[1:]) if self.how == "any" else self.how
        # Nobody can tell any more which one it was: it has no identity that a ledger could look for.
        return [(at_ms, replace(message, payload=broken(message.payload, how, self.dice), boot="", seq=0))]


def broken(payload: bytes, how: str, dice: Random) -> bytes:
    """Bytes that nobody can take for a message of a device."""
    match how:
        case "cut":
            return payload[: max(dice.randrange(len(payload)), 1)]
        case "noise":
            at = dice.randrange(len(payload))
            return payload[:at] + bytes((0xFF, dice.randrange(256), 0xFE)) + payload[at:]
        case "zeros":
            return bytes(len(payload))
        case _:
            return b'{"value":[' + payload + b"]}"
