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

import typer

from firmware_sim.chance import dice
from firmware_sim.devices import KINDS, Device, UnknownWordError
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.typed import Typed, reading, typed, word_lines
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Identity, Message, Value, encode

PATIENCE_S = 3.0
ACKED_WITHIN_S = 10.0


class SilentError(TimeoutError):
    """The broker did not acknowledge in time."""


class Keyboard:
    """A device with its connection; use ``open``, then ``touch`` or ``set_readings``, then ``close``."""

    def __init__(self, broker: BrokerAddress, who: Identity, kind: str, *, clock: bool) -> None:
        self.ponders = False  # it was touched and has said nothing yet
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

    async def obey(self, asked: Typed) -> list[str]:
        """Do what was typed; lines that say what came of it."""
        match asked.act:
            case "set":
                return await self.set_readings(asked.readings)
            case "beat":
                return await self._publish(self._device.heartbeat(_now_ms()))
            case "state":
                return [self.state()]
            case "help":
                return word_lines(self._device.words)
            case _:
                return await self.touch(asked.word, asked.value)

    def state(self) -> str:
        """How the device stands."""
        device = self._device
        said = [f"{name}={encode(value).decode()}" for name, value in device.state().items()]
        if device.battery_life_days is not None:
            said.append(f"battery={device.battery_percent(_now_ms())}")
        power = "" if device.powered else "  没电 without power: type swap or reboot"
        return f"  {' '.join(said)}  boot={device.boot} seq={device.seq}{power}"

    def greeting(self) -> list[str]:
        """Who this is, and all that can be typed."""
        device = self._device
        head = (
            f"{device.who.device} ({device.kind}) 已连接 connected to {self._broker}. 可以输入 you may type:"
        )
        return [head, *word_lines(device.words)]

    def read(self, line: str) -> Typed:
        """What a line asks; ``UnknownWordError`` says what to type instead."""
        return typed(line, self._device.kind, self._device.words)

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

    async def _publish(self, messages: Iterable[Message]) -> list[str]:
        said = [message for message in messages if message.kind != "status"]
        self.ponders = not said
        for message in said:
            self._uplink.publish(message)
        try:
            async with asyncio.timeout(ACKED_WITHIN_S):
                await self._uplink.settled()
        except TimeoutError as problem:
            raise SilentError(
                f"{self._broker} acknowledged nothing within {ACKED_WITHIN_S:.0f} s"
            ) from problem
        return [self._line(message) for message in said] or [self._silence()]

    def _silence(self) -> str:
        due_s = self.wakes_in_s()
        if not self._device.powered:
            return "没电，未发送 without power, nothing sent: type swap or reboot"
        if due_s is None:
            return "没有变化，未发送 nothing changed, nothing sent"
        return f"暂未发送 nothing sent yet, the device looks again in {due_s:.0f} s"

    def _obey(self, _topic: str, payload: bytes) -> None:
        """A command of the hub: a device on mains answers, another will with the next thing it says."""
        typer.echo(f"收到命令 command: {payload.decode(errors='replace')}", err=True)
        answers = [each for each in self._device.command(self._now(), payload) if each.kind != "status"]
        for message in answers:
            self._uplink.publish(message)
            typer.echo(f"回复 answered: {message.payload.decode()}", err=True)
        if not answers:
            typer.echo("醒来再答 answers when it next says something: type beat", err=True)

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
    parsed = dict(reading(each, option="--set ") for each in readings)
    async with _speaking(broker, who, kind, clock=clock) as keyboard:
        if parsed:
            _print(await keyboard.set_readings(parsed))
        for word in events:
            _print(await keyboard.touch(word))
        while keyboard.ponders and (due_s := keyboard.wakes_in_s()) is not None:
            await asyncio.sleep(due_s)
            _print(await keyboard.wake())


async def converse(broker: BrokerAddress, who: Identity, kind: str, *, clock: bool, lines: TextIO) -> None:
    """Obey line after line until ``quit`` or the end of input."""
    async with _speaking(broker, who, kind, clock=clock) as keyboard:
        for line in keyboard.greeting():
            typer.echo(line, err=True)
        prompt = f"{who.device}> " if lines.isatty() else ""
        reading = asyncio.create_task(_next_line(lines, prompt))
        while True:
            done, _ = await asyncio.wait({reading}, timeout=keyboard.wakes_in_s())
            if not done:
                _print(await keyboard.wake())
                continue
            read = reading.result()
            try:
                asked = keyboard.read(read) if read.strip() else Typed("help" if read else "quit")
                if asked.act == "quit":
                    return
                _print(await keyboard.obey(asked))
            except UnknownWordError as problem:
                typer.echo(str(problem), err=True)
            reading = asyncio.create_task(_next_line(lines, prompt))


async def _next_line(lines: TextIO, prompt: str) -> str:
    """The next line that is typed; '' at the end of input."""
    typer.echo(prompt, nl=False, err=True)
    return await asyncio.to_thread(lines.readline)


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


def _print(said: list[str]) -> None:
    for line in said:
        typer.echo(line)


def _now_ms() -> int:
    return int(time.time() * 1000)
