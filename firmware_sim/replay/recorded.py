"""What was recorded, as messages to publish: of an events CSV as the devices would word them, of a transcript as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import msgspec

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.replay.rows import Mistakes, ReplayError, Row
from firmware_sim.transcript import Line
from firmware_sim.wire import Identity, Message, Value

EVENT = "event."
TIMED = ("telemetry", "event", "status")


def messages_of(rows: Sequence[Row], *, site: str, run: str) -> Iterator[Message]:
    """One message for the values that a device reported at one time, in the order of the rows.

    ``site`` stands for rows that name none; ``run`` makes the boot ids: another run is another power-up of every device.
    """
    spoken: dict[str, tuple[str, int]] = {}
    for (heard_ms, observed_ms, device, _), group in groupby(rows, _together):
        some = list(group)
        who = Identity(some[0].site or site, device)
        boot, seq = spoken.get(device) or (f"{dice(run, device).getrandbits(16):04x}", 0)
        for said in _said(who, some, observed_ms, boot, seq):
            seq = said.seq or seq
            yield replace(said, at_ms=heard_ms)
        spoken[device] = boot, seq


def read_transcript(path: Path) -> tuple[list[Message], Mistakes]:
    """The messages of a ``carehub-sim transcript``, as they were; raises ``ReplayError``, ``OSError``."""
    decoder, mistakes, found = msgspec.json.Decoder(Line), Mistakes(), list[Message]()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                one = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as problem:
                mistakes.note(
                    path, number, f'{problem}; a line is {{"at":…,"topic":…,"payload":…,"retain":…}}'
                )
                continue
            if not one.topic or set("+#") & set(one.topic):
                mistakes.note(path, number, f"{one.topic!r} is no topic to publish on")
                continue
            found.append(Message(one.at, "", "", "control", one.topic, bytes(one.payload), retain=one.retain))
    if not found:
        told = "\n".join(mistakes.told) or f"{path}: it holds nothing"
        raise ReplayError(f"{told}\n{path}: no line of it can be used")
    return sorted(found, key=lambda each: each.at_ms), mistakes


def shifted(messages: Iterable[Message], by_ms: int) -> Iterator[Message]:
    """The messages moved in time, the ``ts`` that devices give included."""
    for message in messages:
        moved = replace(message, at_ms=message.at_ms + by_ms)
        yield replace(moved, payload=_retimed(message, by_ms)) if by_ms else moved


def _together(row: Row) -> tuple[int, int, str, str]:
    """Values of the same device and times are one message; an event and a status are each their own."""
    own = row.metric if row.metric == "online" or row.metric.startswith(EVENT) else ""
    return row.heard_ms, row.observed_ms, row.device, own


def _said(who: Identity, rows: list[Row], at_ms: int, boot: str, seq: int) -> Iterator[Message]:
    first = rows[0].metric
    if first == "online":
        for row in rows:
            body: dict[str, Value] = {"ts": at_ms, "online": bool(row.value)}
            yield Message(
                at_ms, who.link, who.device, "status", who.topic("status"), wire.encode(body), retain=True
            )
    elif first.startswith(EVENT):
        for number, row in enumerate(rows, 1):
            happened = row.metric.removeprefix(EVENT)
            yield wire.event(who, at_ms, boot, seq + number, happened, {"confidence": _plain(row.value)})
    else:
        values: dict[str, Value] = {}
        for row in rows:
            if row.metric in values:  # a device that reports twice in a millisecond says two messages
                seq += 1
                yield wire.telemetry(who, at_ms, boot, seq, values)
                values = {}
            values[row.metric] = _plain(row.value)
        yield wire.telemetry(who, at_ms, boot, seq + 1, values)


def _plain(value: float) -> Value:
    return int(value) if value.is_integer() and abs(value) < 1 << 53 else value


def _retimed(message: Message, by_ms: int) -> bytes:
    topic = message.topic.split("/")
    if topic[:2] != wire.ROOT.split("/") or topic[-1] not in TIMED:
        return message.payload
    try:
        body = msgspec.json.decode(message.payload)
    except msgspec.DecodeError:
        return message.payload  # recorded so, replayed so
    if not isinstance(body, dict) or type(body.get("ts")) not in {int, float}:
        return message.payload
    body["ts"] += by_ms
    return wire.encode(body)
