"""The ledger: what the broker has acknowledged, one JSON line per telemetry or event message."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO

from firmware_sim.wire import Message, encode

FLUSH_S = 0.5


class Ledger:
    """Appends a line at each PUBACK; without a path it only counts."""

    def __init__(self, path: Path | None) -> None:
        self.lines = 0
        self._file: BinaryIO | None = path.open("wb") if path is not None else None

    def note(self, message: Message, sent_ms: float, acked_ms: float) -> None:
        """Write down one acknowledged message; ``sent_ms`` and ``acked_ms`` are wall times, epoch milliseconds."""
        if message.kind not in ("telemetry", "event"):
            return
        self.lines += 1
        if self._file is None:
            return
        line: dict[str, object] = {
            "device": message.device,
            "boot": message.boot,
            "seq": message.seq,
            "topic_kind": message.kind,
            "ts": message.at_ms,
        }
        if message.kind == "event":
            line["event"] = message.names[0]
        else:
            line["metrics"] = message.names
        line["sent_ms"], line["acked_ms"] = round(sent_ms, 3), round(acked_ms, 3)
        self._file.write(encode(line) + b"\n")

    async def keep_flushed(self) -> None:
        """Flush twice a second, until cancelled."""
        while self._file is not None:
            await asyncio.sleep(FLUSH_S)
            self._file.flush()

    def close(self) -> None:
        """Flush the rest and close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
