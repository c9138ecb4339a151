"""A wrong clock of the machine is told once, after a while, by its figure in words, and ends by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from line_desk import Desk

from gateway.alerts.own import HUB_PLACE
from gateway.clock_watch import LOOKS, ClockWatch
from gateway.operations.own_alerts import standing
from gateway.operations.tables import Alert

HOUR = 3_600_000


async def looks(desk: Desk, watch: ClockWatch, times: int = 1) -> list[Alert]:
    for _ in range(times):
        look = asyncio.ensure_future(watch.look())
        while not look.done():
            await desk.carry()
            await asyncio.sleep(0)
        await look
    return [alert for alert in desk.alerts() if alert.rule == "hub_clock"]


def watching(desk: Desk) -> ClockWatch:
    left = standing(desk.database, "hub_clock").get(HUB_PLACE, "")
    return ClockWatch(desk.clock, standing=left, command=desk.line.command)


def test_it_is_told_when_it_stays_wrong_and_ends_when_it_is_right(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        watch = watching(desk)
        assert await looks(desk, watch, 2 * LOOKS) == [], "as long as nobody says so"
        desk.clock.believe(20)
        assert (await looks(desk, watch), watch.warning) == ([], "")
        desk.clock.step(HOUR)
        assert await looks(desk, watch, LOOKS - 1) == [], "devices that are set as well take a while"
        (alert,) = await looks(desk, watch, 3)
        assert (alert.kind, alert.severity, alert.state, alert.place_id) == (
            "device",
            "urgent",
            "raised",
            "_hub",
        )
        assert "快3600秒" in alert.why["zh"]
        assert "3600 s ahead of" in alert.why["en"]
        assert "3600 s ahead of" in watch.warning
        again = watching(desk)
        desk.clock._lag = None  # a start knows nothing yet
        assert [found.state for found in await looks(desk, again, 2 * LOOKS)] == ["raised"]
        desk.clock.believe(HOUR)
        desk.clock.step(-HOUR)
        assert [found.state for found in await looks(desk, again)] == ["closed"]
        assert again.warning == ""
        await desk.go(60_000)
        desk.clock.step(-HOUR)
        found = await looks(desk, again, LOOKS)
        assert [alert.state for alert in found] == ["closed", "raised"]
        assert "慢3600秒" in found[-1].why["zh"]
        desk.drop()

    asyncio.run(run())
