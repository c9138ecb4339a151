"""Room on the disk: one alert when it gets short, none by the second, none again by a start, and it ends by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

from line_desk import Desk
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.alerts.own import HUB_PLACE
from gateway.disk import DiskWatch
from gateway.notify.outbox_words import Wording, look
from gateway.operations.own_alerts import standing
from gateway.operations.tables import Alert, Outbox

MB = 1_000_000


class Disk:
    """So much is free, in MB."""

    def __init__(self, desk: Desk, free_mb: int) -> None:
        self.free_mb = free_mb
        self._desk = desk
        self.watch = DiskWatch(
            desk.folder,
            reserve_mb=500,
            standing=standing(desk.database, "hub_disk").get(HUB_PLACE, ""),
            now=desk.clock.now,
            can_write=lambda: not desk.line.trouble,
            command=desk.line.command,
            usage=lambda _: (0, 0, self.free_mb * MB),
        )

    async def looks(self, free_mb: int | None = None) -> None:
        self.free_mb = self.free_mb if free_mb is None else free_mb
        look = asyncio.ensure_future(self.watch.look())
        while not look.done():
            await self._desk.carry()
            await asyncio.sleep(0)
        await look


def own(desk: Desk) -> list[Alert]:
    return [alert for alert in desk.alerts() if alert.rule == "hub_disk"]


def test_it_is_told_once_and_ends_when_there_is_clearly_room_again(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        disk = Disk(desk, 501)
        await disk.looks()
        assert own(desk) == []
        for _ in range(3):
            await disk.looks(499)
        (alert,) = own(desk)
        assert (alert.kind, alert.severity, alert.state, alert.place_id) == (
            "device",
            "urgent",
            "raised",
            "_hub",
        )
        assert "499" in alert.why["zh"]
        with Session(desk.database) as session:
            assert [row.channel for row in session.scalars(select(Outbox))] == ["station"]
        assert "499 MB are free" in disk.watch.warning
        await disk.looks(550)
        assert own(desk)[0].state == "raised", "at the edge it does not come and go"
        await disk.looks(600)
        assert [alert.state for alert in own(desk)] == ["closed"]
        assert disk.watch.warning == ""
        desk.clock.at += 60_000
        await disk.looks(10)
        assert [alert.state for alert in own(desk)] == ["closed", "raised"]
        desk.drop()

    asyncio.run(run())


def test_a_start_neither_repeats_nor_forgets_it(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        await Disk(desk, 100).looks()
        desk.drop()
        desk = await Desk(tmp_path).open()
        await Disk(desk, 100).looks()
        assert len(own(desk)) == 1
        name = own(desk)[0].id
        assert (await desk.asks("accept", name, "c1")).ok
        assert (await desk.asks("close", name, "c2", verdict="true", outcome="assisted")).ok
        desk.drop()
        desk = await Desk(tmp_path).open()
        disk = Disk(desk, 100)
        await disk.looks()
        assert len(own(desk)) == 1, "somebody knows of it"
        await disk.looks(10_000)
        desk.clock.at += 60_000
        await disk.looks(100)
        assert len(own(desk)) == 2
        desk.drop()

    asyncio.run(run())


def test_its_message_says_whose_disk_it_is(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        await Disk(desk, 320).looks()
        seen = look(
            desk.database, "station", now_ms=1, most=9, without=(), words=Wording(zone=ZoneInfo("Asia/Shanghai")),
        )  # fmt: skip
        message = seen.due[0].message
        assert message.who["en"] == "the Carehub machine"
        assert "Carehub 主机" in message.text["zh"]
        assert "剩余320MB" in message.text["zh"]
        assert "未登记" not in message.text["zh"]
        assert "the Carehub machine" in message.text["en"]
        desk.drop()

    asyncio.run(run())


def test_while_nothing_can_be_written_it_holds_its_tongue(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        desk.line._writing.trouble = "cannot write"
        await Disk(desk, 0).watch.look()
        assert desk.line.reader._errands == type(desk.line.reader._errands)()
        desk.drop()

    asyncio.run(run())
