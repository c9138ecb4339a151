"""One connection of a load: it sends what it is granted, as far as the broker's window goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from firmware_sim.links import BrokerRefusedError, Link
from firmware_sim.links.link import OPEN_TIMEOUT_S
from firmware_sim.load_book import Book
from firmware_sim.wire import Message

IN_FLIGHT_MAX = 4_000
BIRTH = -1


class Stream:
    """One connection's share of the load."""

    def __init__(
        self,
        link: Link,
        birth: Callable[[], Message] | None,
        places: Iterator[int],
        messages: Iterator[Message],
        book: Book,
    ) -> None:
        self.stands = False
        self._link, self._birth, self._places, self._messages, self._book = (
            link,
            birth,
            places,
            messages,
            book,
        )
        self._window, self._in_flight, self._granted = IN_FLIGHT_MAX, 0, 0
        self._place = next(places, book.messages)
        self._born: asyncio.Future[None] | None = None

    async def open(self) -> None:
        """Connect, and say the birth; it is acknowledged when this returns."""
        await self._link.open(self, ())
        self._window = min(self._link.window, IN_FLIGHT_MAX)
        if self._birth is not None:
            birth = self._birth()
            self._born = asyncio.get_running_loop().create_future()
            self._link.send(BIRTH, birth.topic, birth.payload, retain=True)
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._born
        self.stands = True

    async def close(self) -> None:
        """Leave politely."""
        await self._link.close()

    def grant(self, places: int) -> None:
        """Allow the messages before that place, and send what is allowed."""
        self._granted = places
        self._pump()

    def acked(self, tag: int, refusal: str | None) -> None:
        """See ``LinkEvents``."""
        if tag == BIRTH:
            if self._born is not None and not self._born.done():
                self._note_birth(self._born, refusal)
            return
        self._in_flight -= 1
        self._book.note_answer(tag, refusal)
        self._pump()

    def received(self, topic: str, payload: bytes) -> None:
        """See ``LinkEvents``."""
        raise AssertionError(f"nothing is subscribed, yet {topic} came with {payload!r}")

    def lost(self, reason: str) -> None:
        """See ``LinkEvents``."""
        self.stands = False
        self._book.loss = reason
        if self._born is not None and not self._born.done():
            self._born.set_exception(ConnectionResetError(reason))

    @staticmethod
    def _note_birth(born: asyncio.Future[None], refusal: str | None) -> None:
        if refusal is None:
            born.set_result(None)
        else:
            born.set_exception(
                BrokerRefusedError(f"the broker refused a birth: {refusal}; check its access list")
            )

    def _pump(self) -> None:
        if self._book.loss:
            return
        while self._in_flight < self._window and self._place < self._granted:
            place, self._place = self._place, next(self._places, self._book.messages)
            message = next(self._messages)
            self._in_flight += 1
            self._book.note_sent(place, message)
            self._link.send(place, message.topic, message.payload, retain=False)
