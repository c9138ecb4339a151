"""Ten minutes without a broker, without a store, and a clock that is set: on virtual time, compared with a life without.

The same outages with real processes, and at their real length with CAREHUB_DEEP, are in ``tests/faults``.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from line_desk import RULES, START, Desk, definition

from gateway import store_writer
from gateway.journal.journal import Entry, Journal
from gateway.rulebook.load import load_rules
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query, Readings, StoreUnavailable
from gateway.store_writer import StoreWriter
from rules.events import Telemetry
from rules.world import Definition, Device, Place, World

S, MINUTE = 1_000, 60_000
LOST, FOUND, END = 6 * MINUTE, 16 * MINUTE, 24 * MINUTE
EVERY = 30 * S
DOOR_OPEN = (2 * MINUTE, 7 * MINUTE, 9 * MINUTE, 15 * MINUTE + 30 * S, 18 * MINUTE)
WORLD = definition(rules=(*load_rules(), *(rule for rule in RULES if rule.id == "s_door")))
Said = tuple[int, str, str, dict[str, Any]]


def life() -> list[Said]:
    """Twenty-four minutes of three homes: everything reports, doors move, three fall, one of them for good, amid the outage."""
    said: list[Said] = []
    for at in range(0, END, EVERY):
        for home in (1, 2, 3):
            still = home == 3 and 9 * MINUTE <= at < 14 * MINUTE
            said.append(
                (
                    at + home,
                    f"h{home}-motion",
                    "telemetry",
                    {"m": {"motion": not still and at // EVERY % 2 > 0}},
                )
            )
            said.append((at + home + 3, f"h{home}-pendant", "telemetry", {"m": {"battery": 90}}))
            said.append(
                (
                    at + home + 6,
                    f"h{home}-contact",
                    "telemetry",
                    {"m": {"contact": not (home == 2 and at in DOOR_OPEN), "battery": 80}},
                )
            )
        said.append((at, "gw-1", "telemetry", {"m": {"rssi": -60}}))
    falls = [(3 * MINUTE, 1), (8 * MINUTE, 2), (10 * MINUTE, 3), (20 * MINUTE, 1)]
    for number, (at, home) in enumerate(falls):
        event = {"type": "fall", "id": f"f{number}", "data": {"confidence": 0.9}}
        said.append((at + 11, f"h{home}-pendant", "event", event))
    said.sort(key=lambda each: each[0])
    return [
        (at, device, kind, wire | {"boot": "b", "seq": n})
        for n, (at, device, kind, wire) in enumerate(said, 1)
    ]


async def lived(folder: Path, *, outage: bool, on_its_way: int) -> tuple[dict[str, str], Desk]:
    """Alert → rule of that life; in an outage the broker keeps what comes and gives all of it at its return.

    Each message is ``on_its_way`` ms from device to hub.
    """
    desk = await Desk(folder).open(WORLD)
    desk.connects(kept=False)
    await desk.go(1)
    waiting: list[Said] = []
    away = False
    for said in life():
        at, device, kind, wire = said
        await comes_to(desk, START + at)
        if outage and not away and LOST <= at < FOUND:
            desk.disconnects()
            away = True
        elif away and at >= FOUND:
            away = False
            desk.connects(kept=True)
            for _, who, what, words in waiting:
                desk.says(who, what, **words)
        wire["ts"] = START + at - on_its_way
        if away:
            waiting.append(said)
        else:
            desk.says(device, kind, **wire)
    await desk.go(5 * S)
    return {alert.id: alert.rule for alert in desk.alerts()}, desk


async def comes_to(desk: Desk, at: int) -> None:
    """Time passes; the line looks at it as it does, what was said within a moment together."""
    while desk.clock.at < at:
        if at - desk.clock.at < S:
            desk.clock.at = at
        else:
            await desk.go(min(10 * S, at - desk.clock.at))


@pytest.mark.parametrize("on_its_way", [3, 0])
def test_ten_minutes_without_a_broker_change_no_alert(tmp_path: Path, on_its_way: int) -> None:
    async def run() -> None:
        peaceful, desk = await lived(tmp_path / "peaceful", outage=False, on_its_way=on_its_way)
        desk.drop()
        disturbed, desk = await lived(tmp_path / "disturbed", outage=True, on_its_way=on_its_way)
        position = desk.journal.position
        times = [event.at for _, event in desk.journal.read(0)]
        said = [e for _, e in desk.journal.read(0) if getattr(e, "boot", "")]
        desk.drop()
        assert Counter(peaceful.values()) == {"fall": 4, "fall_confirmed": 1, "s_door": len(DOOR_OPEN)}
        assert disturbed == peaceful, set(disturbed.items()) ^ set(peaceful.items())
        assert sorted(event.seq for event in said) == list(range(1, len(life()) + 1)), "each message once"  # type: ignore[union-attr]
        assert times == sorted(times)
        assert position > len(said)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("by", "follows"),
    [
        (by, follows)
        for by in (60 * MINUTE, -60 * MINUTE)
        for follows in ("nobody", "devices keep their time", "devices are set as well")
    ],
)
def test_a_wall_clock_set_by_an_hour_changes_no_alert(tmp_path: Path, by: int, follows: str) -> None:
    """Devices without a clock, such as keep the true time while the hub is set wrong, and such as are set with it."""

    async def run() -> None:
        desk = await Desk(tmp_path).open(WORLD)
        desk.connects(kept=False)
        await desk.go(1)
        off, stepped = 0, False
        for at, device, kind, wire in life():
            await comes_to(desk, START + at + off)
            if at >= LOST and not stepped:
                stepped = True
                desk.clock.step(by)
                off = max(by, 0)  # hub time follows forwards only
                await desk.carry()
                assert {alert.rule for alert in desk.alerts()} == {"fall", "s_door"}, "the step itself"
            if follows != "nobody":
                wire["ts"] = START + at + (by if stepped and follows == "devices are set as well" else 0)
            desk.says(device, kind, **wire)
        await desk.go(5 * S)
        rules = Counter(alert.rule for alert in desk.alerts())
        times = [event.at for _, event in desk.journal.read(0)]
        said = [event for _, event in desk.journal.read(0) if getattr(event, "boot", "")]
        desk.drop()
        assert rules == {"fall": 4, "fall_confirmed": 1, "s_door": len(DOOR_OPEN)}
        assert times == sorted(times)
        assert len(said) == len(life())

    asyncio.run(run())


@pytest.mark.parametrize("by", [60 * MINUTE, -60 * MINUTE])
def test_a_hub_that_starts_with_a_wrong_clock_is_judged_right_by_what_most_devices_say(
    tmp_path: Path, by: int
) -> None:
    """As after a power cut: the machine's clock is off by an hour until a time server answers, ten minutes on."""

    async def run() -> None:
        desk = await Desk(tmp_path, at=START + by).open(WORLD)
        desk.connects(kept=False)
        await desk.go(1)
        off = by  # hub time less the devices'
        for at, device, kind, wire in life():
            await comes_to(desk, START + at + off)
            if at >= LOST + MINUTE and desk.clock.wrong_by():
                assert abs(desk.clock.wrong_by() - by) < S
                desk.clock.step(-by)
                off = max(off, 0)
                await desk.carry()
                assert desk.clock.wrong_by() == 0
            desk.says(device, kind, **wire, ts=START + at - 40)
        await desk.go(5 * S)
        rules = Counter(alert.rule for alert in desk.alerts())
        desk.drop()
        assert rules == {"fall": 4, "fall_confirmed": 1, "s_door": len(DOOR_OPEN)}

    asyncio.run(run())


# ---- the store


class Waits(threading.Event):
    """An event whose waiting is virtual: time goes on by what was to be waited for."""

    def __init__(self, desk: StoreDesk) -> None:
        super().__init__()
        self._desk = desk

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        if not self.is_set():
            self._desk.passes(timeout)
        return self.is_set()


class AwayStore:
    """DuckDB, out of reach from ``LOST`` to ``FOUND``."""

    name = "away"
    memory_bytes = 0

    def __init__(self, desk: StoreDesk, inner: DuckDBStore) -> None:
        self._desk, self._inner, self.refusals, self.read, self.close = (
            desk,
            inner,
            0,
            inner.read,
            inner.close,
        )

    def cursor(self) -> int:
        return self._inner.cursor()

    def write(self, rows: Readings, *, cursor: int) -> None:
        if LOST <= self._desk.at < FOUND:
            self.refusals += 1
            raise StoreUnavailable("InfluxDB cannot be reached")
        self._inner.write(rows, cursor=cursor)


class StoreDesk:
    """A journal that grows by two readings a second, and the store's writer before it, on one virtual clock."""

    def __init__(self, folder: Path) -> None:
        self.at, self.said, self.behind_most = 0, 0, 0
        self.caught_up_at = 0
        self.journal = Journal(folder / "journal.sqlite")
        self.journal._writer.execute("PRAGMA synchronous=OFF")
        self.store = AwayStore(self, DuckDBStore(folder / "readings.duckdb"))
        places, devices = (Place("H1", "home"),), (Device("h", "s", "H1", "motion", "", 60),)
        world = World(Definition(1, "UTC", places, devices, ()))
        self.writer = StoreWriter(self.journal, self.store, world=lambda: world, about_itself=dict)  # type: ignore[arg-type]
        self.writer._wake, self.writer._stopping = Waits(self), Waits(self)

    def passes(self, seconds: float) -> None:
        self.at += int(seconds * 1_000)
        told = []
        while self.said < self.at // 500:
            self.said += 1
            at = START + self.said * 500
            told.append(Telemetry(at, "h", at, 0, "b", self.said, {"motion": 1.0}))
        if told:
            self.journal.append(Entry(list(told)))
        self.behind_most = max(self.behind_most, self.journal.position - self.writer.position)
        if self.at >= FOUND and not self.caught_up_at and self.writer.trouble == "":
            self.caught_up_at = self.at
        if self.at >= END:
            self.writer._stopping.set()


def test_after_ten_minutes_without_a_store_it_has_everything_once_and_soon(tmp_path: Path) -> None:
    desk = StoreDesk(tmp_path)
    with closing(desk.journal), closing(desk.store):
        desk.writer._run()
        rows = desk.store.read(Query(from_ms=0, to_ms=1 << 43, device="h", limit=1 << 31))
    assert sorted(row.seq or 0 for row in rows) == list(range(1, desk.said + 1))
    assert desk.behind_most >= (FOUND - LOST) / 500
    assert desk.store.refusals < (FOUND - LOST) / S / store_writer.RETRY_S[-1] + len(store_writer.RETRY_S) + 1
    assert desk.caught_up_at - FOUND <= 2 * store_writer.RETRY_S[-1] * S
