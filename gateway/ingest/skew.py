"""How far a device's clock is from hub time, estimated from a sample of what it says.

A message that says ``ts`` and is received at r shows ``r - ts``: what its clock is behind, and how long it was on the way.
The way is never negative and now and then short, so of the last few samples the lower quartile is taken: two that are wildly
ahead do not move it, nor do five from a backlog. Each device is sampled once a minute at most, all together ``SAMPLES_PER_S``;
what is kept is a row of eight numbers a device.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import msgspec

from gateway.ingest.agreement import Agreement
from gateway.ingest.source import Message
from rules.world import Device

SAMPLES_PER_S = 200  # a microsecond each
SAMPLE_EVERY_MS = 60_000  # of one device
KEPT = 8  # samples of a device
ENOUGH = 3
LOW = 2  # of eight, sorted: the lower quartile
FAR_MS = (1 << 31) - 1  # 24.8 days: what is further off is told as this
SECONDS_TO = 100_000_000_000  # a ts below this is in seconds, as for the decoder
NOTABLE_MS = 2_000  # a clock this far off is stored among the device's readings


class _Stamp(msgspec.Struct):
    """The one field of a message that is wanted here."""

    ts: float | None = None


class Skew:
    """Estimates for the devices of the registry. ``ahead`` is hub time less the devices' time, as ``Times`` has it.

    ``agreement`` is what they say together of the hub's own clock.
    """

    def __init__(self) -> None:
        self._devices: Mapping[str, Device] = {}
        self._rows: dict[str, int] = {}
        self._free: list[int] = []
        self._samples = array("i")  # KEPT a row
        self._counts = array("q")
        self._sampled_at = array("q")
        self._room = float(SAMPLES_PER_S)
        self._at = 0
        self._turn = 0
        self.agreement = Agreement()

    def look(
        self,
        messages: Sequence[Message],
        devices: Mapping[str, Device],
        now: int,
        *,
        ahead: int = 0,
        kept: bool = False,
    ) -> None:
        """Sample a batch, read at ``now``; so few of a large one that it costs nothing.

        ``kept``: it may be what the broker has kept, and when it was sent nobody knows.
        """
        if devices is not self._devices:
            self._change(devices)
        self._room = min(self._room + max(now - self._at, 0) * SAMPLES_PER_S / 1_000, SAMPLES_PER_S)
        self._at = max(now, self._at)
        if self._room < 1:
            return
        step = max(1, -(-len(messages) // int(self._room)))
        start, self._turn = (
            self._turn % step,
            self._turn + 7,
        )  # devices come in turns: not always the same ones
        for message in messages[start::step]:
            self._room -= 1
            parts = message.topic.split("/")
            if not message.retain and len(parts) == 5 and parts[3] in devices:  # noqa: PLR2004 care/v1/site/device/channel
                self._sample(devices[parts[3]], message, ahead, kept=kept)

    def _sample(self, device: Device, message: Message, ahead: int, *, kept: bool) -> None:
        row, at = self._rows.get(device.id), message.received_at
        due = row is None or at - self._sampled_at[row] >= SAMPLE_EVERY_MS
        wanted = not kept and not message.duplicate and self.agreement.wants(device.id, at)
        if not (due or wanted):
            return
        try:
            ts = _decoder.decode(message.payload).ts
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return  # the decoder says what is wrong with it
        if ts is None or not abs(ts) < 1e18:  # noqa: PLR2004 beyond any time; no number included
            return
        if ts < SECONDS_TO:
            ts *= 1_000
        lag = int(at - ts)
        if due:
            self.note(device.id, lag - ahead, at)
        if wanted:
            self.agreement.note(device.id, device.key, lag, at)

    def note(self, device: str, behind: int, received_at: int) -> None:
        """Keep a sample: a message whose ``ts`` was so many ms before its reception."""
        row = self._rows.get(device)
        if row is None:
            row = self._rows[device] = self._new_row()
        self._samples[row * KEPT + self._counts[row] % KEPT] = max(-FAR_MS, min(FAR_MS, behind))
        self._counts[row] += 1
        self._sampled_at[row] = received_at

    def _new_row(self) -> int:
        if self._free:
            row = self._free.pop()
            self._counts[row] = self._sampled_at[row] = 0
            return row
        self._samples.extend([0] * KEPT)
        self._counts.append(0)
        self._sampled_at.append(0)
        return len(self._counts) - 1

    def _change(self, devices: Mapping[str, Device]) -> None:
        self._devices = devices
        gone = [device for device in self._rows if device not in devices]
        for device in gone:
            self._free.append(self._rows.pop(device))
        self.agreement.forget(gone)

    def of(self, device: str) -> int | None:
        """By how many ms its clock is ahead of hub time (negative: behind); None before there are a few samples."""
        row = self._rows.get(device)
        if row is None or self._counts[row] < ENOUGH:
            return None
        kept = min(self._counts[row], KEPT)
        samples = sorted(self._samples[row * KEPT : row * KEPT + kept])
        return -samples[kept * LOW // KEPT]

    def notable(self) -> dict[str, float]:
        """The devices whose clocks are off by more than ``NOTABLE_MS``; may be asked from any thread."""
        found: dict[str, float] = {}
        for device in tuple(self._rows):
            skew = self.of(device)
            if skew is not None and abs(skew) > NOTABLE_MS:
                found[device] = float(skew)
        return found


_decoder = msgspec.json.Decoder(_Stamp)
