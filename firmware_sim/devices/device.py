"""What every simulated device does: boot, count, keep a battery, report at least every so often, obey commands.

A device is pure: time comes in as an argument, messages go out as values, chance comes from its own dice.
A new kind is one short file beside this one; docs/simulator.md shows it.
"""

from __future__ import annotations

from bisect import insort
from random import Random
from typing import ClassVar

from firmware_sim import wire
from firmware_sim.daytime import DAY
from firmware_sim.devices import commands
from firmware_sim.devices.commands import Command
from firmware_sim.wire import Identity, Message, Value

# A gauge reads the voltage of a lithium cell, which stays high and then falls away: 2.90 V where 42 % is left, 2.74 V at 18 %,
# 2.44 V at 6 %, 2.1 V empty (CR2032, in four straight pieces: app_util.h of Nordic's nRF5 SDK). A gauge that knows this curve
# shows what is left, one that takes volts for percent shows 89, 71 and 38. This exponent lies between them: 59, 36, 18.
BATTERY_CURVE_EXPONENT = 0.6


class UnknownWordError(ValueError):
    """The device has no such stimulus."""


class Device:
    """A sensor with a boot id, a sequence number over telemetry and events, and a battery (or mains)."""

    kind: ClassVar[str]
    words: ClassVar[tuple[str, ...]] = ()
    heartbeat_s: int = 3600
    battery_life_days: ClassVar[float | None] = 700.0
    firmware: ClassVar[str] = "1.4.2"

    def __init__(self, who: Identity, *, dice: Random, since_ms: int, charge: float = 1.0) -> None:
        self.who = who
        self.powered = True
        self.wake_at_ms: int | None = None
        self._dice = dice
        self._rssi = dice.randint(-78, -52)
        self._charge = charge
        self._charged_ms = since_ms
        self._agenda: list[tuple[int, str]] = []
        # Both outlive a reboot: what waits is kept by the gateway, what was done stands in flash.
        self._waiting: list[bytes] = []
        self._done: list[str] = []
        self._boot()

    def state(self) -> dict[str, Value]:
        """What the device reports of itself after power-up: its present readings."""
        return {}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Answer one of the kind's own ``words``."""
        raise NotImplementedError(f"{self.kind} declares {word!r} in words but does not sense it")

    def take_usual_flaws(self, draw: Random) -> None:
        """Become as devices of this kind usually are; a kind that is exact in real life stays as it is."""

    def later(self, at_ms: int, what: str) -> None:
        """Have ``what`` come to ``due`` at that time: how a device speaks later by itself."""
        insort(self._agenda, (at_ms, what))
        self.wake_at_ms = self._agenda[0][0]

    def forget(self, *what: str) -> None:
        """Take back what was put down for ``later`` under these words."""
        self._agenda = [entry for entry in self._agenda if entry[1] not in what]
        self.wake_at_ms = self._agenda[0][0] if self._agenda else None

    def due(self, at_ms: int, what: str) -> list[Message]:
        """Answer what was put down for ``later``."""
        raise NotImplementedError(f"{self.kind} put down {what!r} for {at_ms} but does not answer it")

    def wake(self, at_ms: int) -> list[Message]:
        """Answer the timer ``wake_at_ms``: everything of the agenda that is due."""
        said: list[Message] = []
        while self._agenda and self._agenda[0][0] <= at_ms:
            when, what = self._agenda.pop(0)
            said += self.due(when, what)
        self.wake_at_ms = self._agenda[0][0] if self._agenda else None
        return [*said, *self._obey(at_ms)] if said else []

    def feel(self, at_ms: int | None, word: str, value: float | None = None) -> list[Message]:
        """Answer a stimulus: a word of the kind, or ``battery`` (percent), ``swap`` (new battery), ``die``, ``reboot``."""
        if word == "swap":
            self._charge, self._charged_ms = 1.0, at_ms or 0
            return self.reboot(at_ms)
        if not self.powered:
            return []
        if word == "die":
            self.powered = False
            self._rest()
            return []
        if word == "reboot":
            return self.reboot(at_ms)
        if word == "battery":
            percent = min(max(value or 0.0, 0.0), 100.0)
            self._charge, self._charged_ms = (percent / 100) ** (1 / BATTERY_CURVE_EXPONENT), at_ms or 0
            return self.tell(at_ms, battery=round(percent))
        if word not in self.words:
            known = ", ".join((*self.words, "battery"))
            raise UnknownWordError(
                f"{self.who.device}: a {self.kind} does not know {word!r}; it knows {known}"
            )
        said = self.sense(at_ms, word)
        return [*said, *self._obey(at_ms)] if said else []

    def command(self, at_ms: int | None, payload: bytes) -> list[Message]:
        """Take a command of the hub: on mains it is answered at once, by a sleeper with the next thing that it says.

        What runs on a battery sleeps, and its gateway keeps the last ``KEPT_MAX`` commands meanwhile. One without power
        answers when it is back.
        """
        self._waiting = [*self._waiting[1 - commands.KEPT_MAX :], payload]
        sleeps = self.battery_life_days is not None
        return [] if sleeps or not self.powered else self._obey(at_ms)

    def power_up(self, at_ms: int | None) -> list[Message]:
        """The first report after power-up: state and vitals."""
        return self.tell(at_ms, **self.state(), **self._vitals(at_ms or 0))

    def reboot(self, at_ms: int | None) -> list[Message]:
        """Power off and on: a new boot id, a new count, a birth message and the first report."""
        self.powered = True
        self._boot()
        return [self.status(at_ms or 0), *self.power_up(at_ms)]

    def heartbeat(self, at_ms: int) -> list[Message]:
        """The periodic sign of life: battery (percent) where there is one, and rssi (dBm)."""
        if not self.powered:
            return []
        return [*self.tell(at_ms, **self._vitals(at_ms), **self.at_heartbeat()), *self._obey(at_ms)]

    def at_heartbeat(self) -> dict[str, Value]:
        """What this kind says beside its vitals."""
        return {}

    def heartbeat_after_ms(self) -> int:
        """Time to the next heartbeat: up to a tenth early, never late."""
        return self._dice.randint(self.heartbeat_s * 900, self.heartbeat_s * 1000)

    def status(self, at_ms: int) -> Message:
        """The retained birth message."""
        return wire.status(self.who, at_ms, firmware=self.firmware, rssi=self._rssi)

    def tell(self, at_ms: int | None, **values: Value) -> list[Message]:
        """One telemetry message with these readings, in this order."""
        self.seq += 1
        return [wire.telemetry(self.who, at_ms, self.boot, self.seq, values)]

    def raise_event(self, at_ms: int | None, happened: str, **data: Value) -> list[Message]:
        """One event message."""
        self.seq += 1
        return [wire.event(self.who, at_ms, self.boot, self.seq, happened, data)]

    def battery_percent(self, at_ms: int) -> int:
        """What the battery gauge shows at that time, 1–100; 100 on mains."""
        if self.battery_life_days is None:
            return 100
        used = (at_ms - self._charged_ms) / (self.battery_life_days * DAY)
        left: float = max(self._charge - used, 0.0) ** BATTERY_CURVE_EXPONENT
        return max(round(100 * left), 1)

    def _obey(self, at_ms: int | None) -> list[Message]:
        said: list[Message] = []
        while self._waiting:
            said += self._answer(at_ms, commands.read(self._waiting.pop(0)))
        return said

    def _answer(self, at_ms: int | None, command: Command) -> list[Message]:
        """Answer by a reading and do it; a command that comes twice under one id is answered twice and done once."""
        answer: dict[str, Value] = {"command": command.id} if command.id else {}
        answer["answer"] = command.problem or "done"
        if command.name == "identify":
            answer["fw"] = self.firmware
        said = self.tell(at_ms, **answer)
        if command.problem or command.id in self._done:
            return said
        if command.id:
            self._done = [*self._done[1 - commands.KEPT_MAX :], command.id]
        if command.name == "interval":
            self.heartbeat_s = command.seconds
        return [*said, *self.reboot(at_ms)] if command.name == "reboot" else said

    def _vitals(self, at_ms: int) -> dict[str, Value]:
        rssi = self._rssi + self._dice.randint(-3, 3)
        if self.battery_life_days is None:
            return {"rssi": rssi}
        return {"battery": self.battery_percent(at_ms), "rssi": rssi}

    def _boot(self) -> None:
        self.boot = f"{self._dice.getrandbits(16):04x}"
        self.seq = 0
        self._rest()

    def _rest(self) -> None:
        self._agenda.clear()
        self.wake_at_ms = None
