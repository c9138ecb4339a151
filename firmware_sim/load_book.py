"""What a load achieved: counted at each send and each PUBACK, nothing taken for granted."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from firmware_sim.delays import Delays
from firmware_sim.ledger import Ledger
from firmware_sim.wire import Message

# A load that was never further behind its schedule has kept its rate.
BEHIND_MS = 100.0


class Book:
    """What came of all streams together."""

    def __init__(self, messages: int, rate: float, ledger: Ledger | None) -> None:
        self.messages, self._rate, self._ledger = messages, rate, ledger
        self.sent = self.acked = self.refused = self.events = 0
        self.began_s = self._last_s = 0.0
        self.loss: str | None = None
        self._refusal: str | None = None
        self._puback, self._from_due, self._behind = Delays(), Delays(), Delays()
        self._under_way: dict[int, tuple[float, Message | None, float]] = {}
        self._loop = asyncio.get_running_loop()

    @property
    def answered(self) -> int:
        """Acknowledged or refused."""
        return self.acked + self.refused

    def due_s(self, place: int) -> float:
        """When the schedule wants that message sent; without a rate there is none."""
        return self.began_s + place / self._rate

    def note_sent(self, place: int, message: Message) -> None:
        """The message goes out now."""
        now_s = self._loop.time()
        self.sent += 1
        self.events += message.kind == "event"
        if self._rate:
            self._behind.note((now_s - self.due_s(place)) * 1000)
        if self._ledger is not None:
            self._under_way[place] = (now_s, message, time.time() * 1000)
        else:
            self._under_way[place] = (now_s, None, 0.0)

    def note_answer(self, place: int, refusal: str | None) -> None:
        """Its PUBACK has come."""
        now_s, (sent_s, message, sent_ms) = self._loop.time(), self._under_way.pop(place)
        self._last_s = now_s
        if refusal is not None:
            self.refused += 1
            self._refusal = self._refusal or refusal
            return
        self.acked += 1
        self._puback.note((now_s - sent_s) * 1000)
        if self._rate:
            self._from_due.note((now_s - self.due_s(place)) * 1000)
        if self._ledger is not None and message is not None:
            self._ledger.note(message, sent_ms, time.time() * 1000)

    def summary(self) -> dict[str, object]:
        """What was achieved. The messages of a schedule take its whole length at least: one each 1 / rate seconds."""
        rate = self._rate
        seconds = max(self._last_s - self.began_s, self.messages / rate if rate else 0.0, 1e-6)
        found: dict[str, object] = {
            "published": self.sent,
            "acked": self.acked,
            "refused": self.refused,
            "refused_why": self._refusal,
            "events": self.events,
            "loop": "open" if rate else "closed",
            "rate_asked": rate,
            "seconds": round(seconds, 6),
            "msgs_per_s": round(self.acked / seconds, 1),
            "puback_ms": self._puback.summary(),
        }
        if rate:
            found["due_to_puback_ms"] = self._from_due.summary()
            found["behind_ms"] = self._behind.summary()
            found["rate_kept"] = self._behind.max_ms <= BEHIND_MS
        return found


def shortfalls(found: dict[str, Any]) -> list[str]:
    """What a summary says was not done as it was asked for, in words."""
    said = []
    if found["refused"]:
        said.append(
            f"{found['refused']} of {found['published']} messages were refused ({found['refused_why']}):"
            " look at the broker's access list"
        )
    if found.get("rate_kept") is False:
        said.append(
            f"the rate was not kept: {found['rate_asked']:g} messages a second asked for, {found['msgs_per_s']:g} achieved,"
            f" up to {found['behind_ms']['max'] / 1000:.1f} s behind the schedule"
        )
    return said
