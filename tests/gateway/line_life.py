"""A seeded life of a small town before a line: what devices say and fail to say, what people and the broker do."""

from __future__ import annotations

import random
from typing import Any

from line_desk import RULES, Desk, definition

from rules.world import Definition


class Life:
    """A seeded life of the town: devices speak, repeat themselves, fall silent; people answer; the broker comes and goes."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.rng = random.Random(seed)  # noqa: S311 a test's dice
        self.seq = 0
        self.homes = 3

    async def steps(self, count: int) -> None:
        """So many turns, then a while in which everything that was begun runs out."""
        for _ in range(count):
            await self.rng.choices(
                (self._reading, self._event, self._status, self._time, self._broker, self._person, self._world, self._set,
                 self._shelf, self._silence),
                (8, 4, 4, 9, 2, 4, 1, 1, 1, 2),
            )[0]()  # fmt: skip
        self.desk.connects(kept=True)
        for _ in range(6):
            await self.desk.go(5_000)

    def _identity(self) -> dict[str, Any]:
        if self.rng.random() < 0.2:
            return {}
        self.seq += 1
        again = self.rng.random() < 0.15
        return {"boot": "b007", "seq": max(self.seq - 1, 1) if again else self.seq}

    def _ts(self) -> int | None:
        late = self.rng.choice((0, 40, 900, 35_000))
        return self.rng.choice((None, self.desk.clock.now() - late, 1_000_000, 4_070_908_800_000))

    def _device(self, *kinds: str) -> str:
        return f"h{self.rng.randint(1, 3)}-{self.rng.choice(kinds)}"

    async def _reading(self) -> None:
        for _ in range(self.rng.randint(1, 3)):
            kind = self.rng.choice(("contact", "motion"))
            metrics = {kind: self.rng.random() < 0.5, "battery": self.rng.randint(1, 100)}
            self.desk.says(self._device(kind), m=metrics, ts=self._ts(), **self._identity())
        if self.rng.random() < 0.7:
            await self.desk.carry()

    async def _event(self) -> None:
        kind = self.rng.choice(("fall", "sos"))
        name = self.rng.choice((None, f"e{self.rng.randint(1, 5)}"))
        self.desk.says(
            self._device("pendant"), "event", type=kind, id=name, ts=self._ts(), data={}, **self._identity()
        )
        await self.desk.carry()

    async def _status(self) -> None:
        device = self.rng.choice(("gw-1", self._device("contact", "motion", "pendant")))
        via = "gw-1" if device != "gw-1" and self.rng.random() < 0.5 else None
        self.desk.says(
            device, "status", online=self.rng.random() < 0.5, via=via, retain=self.rng.random() < 0.1
        )
        await self.desk.carry()

    async def _time(self) -> None:
        await self.desk.go(self.rng.choice((1, 300, 3_000, 5_000, 12_000, 31_000)))

    async def _broker(self) -> None:
        if self.desk.source.connected:
            self.desk.disconnects()
            if self.rng.random() < 0.6:
                await self.desk.carry()
        if self.rng.random() < 0.8:
            self.desk.connects(kept=self.rng.random() < 0.8)
        await self.desk.carry()
        await self.desk.carry()

    async def _person(self) -> None:
        alerts = self.desk.alerts()
        if not alerts:
            return
        alert = self.rng.choice(alerts)
        kind = self.rng.choice(("accept", "close"))
        name = f"{kind}-{alert.number}-{self.rng.randint(1, 2)}"
        await self.desk.asks(kind, alert.id, name, verdict="false", reason="other", note="误报")

    async def _shelf(self) -> None:
        alerts = self.desk.alerts()
        if alerts:
            alert = self.rng.choice(alerts[-3:])
            name = f"shelve-{alert.number}-{self.rng.randint(1, 2)}"
            await self.desk.asks(
                "shelve", alert.id, name, key=alert.place_id, until=self._until(), reason="等配件"
            )

    async def _silence(self) -> None:
        kind, name = self.rng.choice(("silence", "silence", "silence_end")), f"s{self.rng.randint(1, 4)}"
        about = {"rule": self.rng.choice(("", "s_door", "s_silent")), "id": name}
        home = f"H{self.rng.randint(1, 3)}"
        await self.desk.asks(
            kind, "", f"{kind}-{name}", key=home, until=self._until(), reason="施工", **about
        )

    def _until(self) -> str:
        return str(self.desk.clock.now() + self.rng.choice((2_000, 15_000, 60_000)))

    async def _world(self) -> None:
        self.homes = 5 - self.homes
        rules = RULES if self.rng.random() < 0.5 else RULES[:-1]
        await self.desk.changes_world(definition(homes=self.homes, rules=rules))

    async def _set(self) -> None:
        self.desk.clock.step(self.rng.choice((-60_000, 4_000, 90_000)))
        await self.desk.carry()

    def world(self) -> Definition:
        """The world at the end."""
        return self.desk.engine.world.definition
