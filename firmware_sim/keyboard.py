"""One device from the keyboard: say what touches it, and it publishes as the firmware would.

It chooses a fresh boot id and its own client id and gives neither birth nor will, so that it can speak for a
device that is also played elsewhere.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TextIO

import msgspec
import typer

from firmware_sim.chance import dice
from firmware_sim.devices import KINDS, Device, UnknownWordError
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Identity, Message, Value

PATIENCE_S = 3.0
ACKED_WITHIN_S = 10.0


class SilentError(TimeoutError):
    """The broker did not acknowledge in time."""


class Keyboard:
    """A device with its connection; use ``open``, then ``touch`` or ``set_readings``, then ``close``."""

    def __init__(self, broker: BrokerAddress, who: Identity, kind: str, *, clock: bool) -> None:
        fresh = secrets.token_hex(4)
        self._broker, self._clock = broker, clock
        self._device: Device = KINDS[kind](who, dice=dice(fresh), since_ms=_now_ms())
        client_id = f"carehub-sim-{who.device}-{fresh}"
        self._took_ms: dict[tuple[str, int], float] = {}
        self._uplink = Uplink(
            lambda: new_link(broker, client_id, None),
            hooks=Hooks(acked=self._note, received=self._obey),
            dice=dice(fresh, "reconnect"),
            subscriptions=(who.topic("cmd"),),
        )

    async def open(self) -> None:
        """Connect."""
        await self._uplink.start(patience_s=PATIENCE_S)

    async def touch(self, word: str, value: float | None = None) -> list[str]:
        """Let the device feel a word; one line for each message acknowledged."""
        return await self._publish(self._device.feel(self._now(), word, value))

    async def set_readings(self, readings: dict[str, Value]) -> list[str]:
        """Publish these readings as they are, in one message."""
        return await self._publish(self._device.tell(self._now(), **readings))

    async def obey(self, line: str) -> list[str]:
        """One line of the keyboard: a word, or a word and a number; ``UnknownWordError`` when it is neither."""
        word, *rest = line.split()
        if word == "swap":
            raise UnknownWordError("a new battery cannot be put in from the keyboard: quit and start again")
        try:
            value = float(rest[0]) if rest else None
        except ValueError as problem:
            raise UnknownWordError(
                f"{line!r}: {rest[0]!r} is not a number, say for example 'battery 5'"
            ) from problem
        return await self.touch(word, value)

    async def close(self) -> None:
        """Disconnect politely."""
        await self._uplink.finish(within_s=0)

    async def wake(self) -> list[str]:
        """What the device says by itself when its timer (a motion sensor's re-arming) has run out."""
        now_ms, due_ms = _now_ms(), self._device.wake_at_ms
        if due_ms is None or now_ms < due_ms:
            return []
        return await self._publish(self._device.wake(now_ms))

    def wakes_in_s(self) -> float | None:
        """Time until then; None without a timer."""
        due_ms = self._device.wake_at_ms
        return None if due_ms is None else max((due_ms - _now_ms()) / 1000, 0)

    def words(self) -> tuple[str, ...]:
        """What this device understands."""
        return (*self._device.words, "battery <percent>")

    async def _publish(self, messages: Iterable[Message]) -> list[str]:
        said = [message for message in messages if message.kind != "status"]
        for message in said:
            self._uplink.publish(message)
        try:
            async with asyncio.timeout(ACKED_WITHIN_S):
                await self._uplink.settled()
        except TimeoutError as problem:
            raise SilentError(
                f"{self._broker} acknowledged nothing within {ACKED_WITHIN_S:.0f} s"
            ) from problem
        return [self._line(message) for message in said] or ["没有变化，未发送 nothing changed, nothing sent"]

    def _obey(self, _topic: str, payload: bytes) -> None:
        """A command of the hub: a device on mains answers, another will with the next thing it says."""
        typer.echo(f"收到命令 command: {payload.decode(errors='replace')}", err=True)
        for message in self._device.command(self._now(), payload):
            if message.kind != "status":
                self._uplink.publish(message)

    def _line(self, message: Message) -> str:
        return (
            f"已送达 acknowledged by {self._broker} in {self._took_ms.pop((message.boot, message.seq)):.1f} ms: "
            f"{message.topic} {message.payload.decode()}"
        )

    def _note(self, message: Message, sent_ms: float, acked_ms: float) -> None:
        self._took_ms[message.boot, message.seq] = acked_ms - sent_ms

    def _now(self) -> int | None:
        return _now_ms() if self._clock else None


async def once(
    broker: BrokerAddress,
    who: Identity,
    kind: str,
    *,
    clock: bool,
    events: Sequence[str],
    readings: Sequence[str],
) -> None:
    """Publish these readings and events, print a line for each, and end."""
    parsed = dict(_reading(each) for each in readings)
    async with _speaking(broker, who, kind, clock=clock) as keyboard:
        if parsed:
            _print(await keyboard.set_readings(parsed))
        for word in events:
            _print(await keyboard.touch(word))


async def converse(broker: BrokerAddress, who: Identity, kind: str, *, clock: bool, lines: TextIO) -> None:
    """Obey line after line until ``quit`` or the end of input."""
    async with _speaking(broker, who, kind, clock=clock) as keyboard:
        typer.echo(f"{who.device} ({kind}): {', '.join(keyboard.words())}, quit", err=True)
        reading = asyncio.create_task(asyncio.to_thread(lines.readline))
        while True:
            done, _ = await asyncio.wait({reading}, timeout=keyboard.wakes_in_s())
            if not done:
                _print(await keyboard.wake())
                continue
            line = reading.result().strip()
            if line == "quit" or not reading.result():
                return
            try:
                _print(await keyboard.obey(line) if line else [])
            except UnknownWordError as problem:
                typer.echo(str(problem), err=True)
            reading = asyncio.create_task(asyncio.to_thread(lines.readline))


@asynccontextmanager
async def _speaking(
    broker: BrokerAddress, who: Identity, kind: str, *, clock: bool
) -> AsyncIterator[Keyboard]:
    keyboard = Keyboard(broker, who, kind, clock=clock)
    await keyboard.open()
    try:
        yield keyboard
    finally:
        await keyboard.close()


def _reading(text: str) -> tuple[str, Value]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise UnknownWordError(f"--set {text}: say METRIC=VALUE, for example contact=false or battery=5")
    try:
        return name, msgspec.json.decode(value, type=bool | int | float)
    except msgspec.DecodeError:
        return name, value


def _print(said: list[str]) -> None:
    for line in said:
        typer.echo(line)


def _now_ms() -> int:
    return int(time.time() * 1000)
