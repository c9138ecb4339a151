"""A message that was set aside is read again, as it would have been read then: its time is the time at which it came.

What it may still do depends on its age: up to ``NEWS_MS`` it is what a device had kept back, late, and judged with its age;
older, it is what a broker replays on subscribing: state and history, but no news.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gateway.ingest.decode import Times, Wrong, decode
from gateway.ingest.source import Message
from rules.conditions.condition import LATE_MS
from rules.events import FromDevice, Quality
from rules.world import Device

NEWS_MS = 86_400_000  # 24 h: as long as a message to people is worth sending


def read_again(
    message: Message, devices: Mapping[str, Device], *, now: int, ahead: int = 0
) -> FromDevice | Wrong:
    """The message as an event of ``now`` (hub time, ms) that keeps the time of what it tells, or what is still wrong."""
    then = min(message.received_at, now)
    times = Times(then, then, ahead)
    event = decode(message.topic, message.payload, retain=message.retain, devices=devices, times=times)
    if isinstance(event, Wrong):
        return event
    age, quality = now - event.observed_at, event.quality
    if age > NEWS_MS:
        quality = Quality.RETAINED
    elif age > LATE_MS and quality == Quality.GOOD:
        quality = Quality.LATE
    return msgspec.structs.replace(event, at=now, quality=quality)
