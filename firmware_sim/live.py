"""The live phase: the town's time runs by itself, scaled; scenes are played on request."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import msgspec

from firmware_sim import wire
from firmware_sim.lines import Lines
from firmware_sim.places import STATION, Fitted
from firmware_sim.punctual import Punctual
from firmware_sim.scenes import UNPLUGGED_MS, UnknownSceneError
from firmware_sim.script import Incident
from firmware_sim.town import Town
from firmware_sim.uplink import Uplink

# Going through thousands of connections for a refusal is not done at every message.
CHECK_EVERY_S = 1.0


class _Request(msgspec.Struct):
    play: str
    ref: str = ""


class Live:
    """Town time = anchor + speed × elapsed monotonic time; at the moment of construction it is ``from_ms``, or the town's now.

    What was due before that is published at once.
    """

    def __init__(
        self,
        town: Town,
        lines: Lines,
        control: Uplink,
        *,
        speed: float,
        trouble: Callable[[str], None],
        from_ms: int | None = None,
    ) -> None:
        self._town, self._lines, self._control, self._speed, self._trouble = (
            town,
            lines,
            control,
            speed,
            trouble,
        )
        self._anchor_ms, self._anchor_s = town.now_ms if from_ms is None else from_ms, time.monotonic()
        self._checked_s = self._anchor_s
        self.punctual = Punctual(self._due_s, from_ms=self._anchor_ms, trouble=trouble)
        lines.overhear(self.punctual.acked)
        self._requests: deque[_Request] = deque()
        self._commands: deque[tuple[str, bytes]] = deque()
        lines.commanded = self.take_command
        self._poked = asyncio.Event()
        self._outage: Incident | None = None
        self._gateway = next((each for each in town.layout.fitted() if each.kind == "gateway"), None)

    def hear(self, payload: bytes) -> None:
        """Take a request to play a scene in; it is played on the next turn."""
        try:
            self._requests.append(msgspec.json.decode(payload, type=_Request))
        except msgspec.DecodeError as problem:
            self._trouble(f'{wire.PLAY} wants {{"play": "<scene>", "ref": "<any>"}}: {problem}')
        self._poked.set()

    def take_command(self, device: str, payload: bytes) -> None:
        """Take a command of the hub in; the device gets it on the next turn."""
        self._commands.append((device, payload))
        self._poked.set()

    async def run(self) -> None:
        """Publish what is due when it is due, until cancelled; a refusing broker ends it with an error."""
        while True:
            self._turn()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(self._until_next_s(), 0), CHECK_EVERY_S)):
                    await self._poked.wait()
            self._poked.clear()

    def _turn(self) -> None:
        if time.monotonic() - self._checked_s >= CHECK_EVERY_S:
            self._checked_s = time.monotonic()
            self._lines.check()
        said = self._town.advance(self.now_ms())
        if said:
            self.punctual.published(said[0].at_ms)
        self._lines.publish(said)
        if self._outage is not None and self._town.now_ms >= self._outage.to_ms:
            self._plug()
        while self._commands:
            self._lines.publish(self._town.command(*self._commands.popleft()))
        while self._requests:
            self._play(self._requests.popleft())

    def _play(self, request: _Request) -> None:
        now_ms = self._town.now_ms
        try:
            match request.play:
                case "gateway_unplugged" if self._gateway is not None:
                    self._unplug(self._gateway)
                case "gateway_plugged":
                    self._plug()
                case scene:
                    self._town.play(scene)
                    self._lines.publish(self._town.advance(now_ms))
        except UnknownSceneError as problem:
            self._trouble(str(problem))
            return
        self._control.publish(
            wire.control(wire.PLAYED, {"play": request.play, "ref": request.ref, "ts": now_ms})
        )

    def _unplug(self, gateway: Fitted) -> None:
        if self._outage is None:
            device, now_ms = gateway.who.device, self._town.now_ms
            self._outage = Incident(
                "gateway_unplugged", STATION, device, now_ms, now_ms + UNPLUGGED_MS, played=True
            )
            self._town.incidents.append(self._outage)
            self._lines.unplug(device)

    def _plug(self) -> None:
        if self._outage is not None:
            gateway, now_ms = self._outage.device, self._town.now_ms
            self._town.incidents[self._town.incidents.index(self._outage)] = replace(
                self._outage, to_ms=now_ms
            )
            self._outage = None
            self._lines.plug(gateway)
            self._lines.publish(self._town.devices[gateway].reboot(now_ms))

    def _until_next_s(self) -> float:
        due_ms = self._town.next_ms()
        if self._outage is not None:
            due_ms = min(due_ms, self._outage.to_ms)
        return self._due_s(due_ms) - time.monotonic()

    def _due_s(self, at_ms: int) -> float:
        return self._anchor_s + (at_ms - self._anchor_ms) / 1000 / self._speed

    def now_ms(self) -> int:
        """Town time."""
        return self._anchor_ms + int((time.monotonic() - self._anchor_s) * 1000 * self._speed)
