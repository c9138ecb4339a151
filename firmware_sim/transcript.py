"""What a town says over a stretch of time, written down instead of published: one JSON line for each message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from firmware_sim.daytime import MINUTE
from firmware_sim.places import Layout
from firmware_sim.town import Town
from firmware_sim.wire import Message

Progress = Callable[[float], None]


class Line(msgspec.Struct):
    """One message as it went out: when (epoch ms), where to, what, and whether the broker keeps it."""

    at: int
    topic: str
    payload: msgspec.Raw
    retain: bool


def transcribe(
    layout: Layout, path: Path, *, seed: int, from_ms: int, to_ms: int, progress: Progress
) -> dict[str, int]:
    """Write the births of all devices and then everything up to ``to_ms``; returns how many messages of each kind.

    Raises ``OSError`` where the file cannot be written.
    """
    town = Town(layout, seed=seed, start_ms=from_ms, past_ms=max(to_ms - from_ms, MINUTE))
    counts: dict[str, int] = {}
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:

        def write(messages: list[Message]) -> None:
            for said in messages:
                counts[said.kind] = counts.get(said.kind, 0) + 1
                line = Line(said.at_ms, said.topic, msgspec.Raw(said.payload), said.retain)
                file.write(encode(line) + b"\n")

        births = [
            message for device in town.links() for message in town.announce(device.who.device, from_ms + 1)
        ]
        write(births)
        while town.now_ms < to_ms:
            write(town.advance(min(town.now_ms + MINUTE, to_ms)))
            progress((town.now_ms - from_ms) / (to_ms - from_ms))
    return counts
