"""The journal keeps its size while the hub lives, and a start finds all it needs in what is left."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from line_desk import Desk, definition
from parts import until
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

import gateway.retention
from gateway.journal.journal import JournalError
from gateway.operations.alert_log import FLOOR
from gateway.operations.tables import Cursor, Snapshot
from gateway.retention import DAY_MS, Limits, Retention

LIMITS = Limits(days=1, bytes_max=1 << 40, quarantine_days=1, quarantine_bytes_max=1 << 40)


async def some_days(folder: Path) -> Desk:
    """Readings of each door every six hours, another world on the way, then a fall that stays open."""
    desk = await Desk(folder).open()
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    for quarter in range(11):
        for home in (1, 2, 3):
            desk.says(f"h{home}-contact", m={"contact": quarter % 2 == 0}, boot="b", seq=quarter + 1)
        if quarter == 4:
            await desk.changes_world(definition(homes=4))
        if quarter == 9:
            desk.says("h1-pendant", "event", type="fall", id="f1", boot="b", seq=1)
        await desk.go(DAY_MS // 4)
    return desk


def retention(desk: Desk, stored: int) -> Retention:
    behind = lambda: min(desk.alert_log.cursor(FLOOR), stored)  # noqa: E731
    return Retention(desk.journal, LIMITS, behind=behind, now=desk.clock.now)


def test_a_disk_that_refuses_does_not_end_it(tmp_path: Path) -> None:
    refusals = iter(
        (
            OperationalError("SELECT 1", {}, sqlite3.OperationalError("disk I/O error")),
            sqlite3.OperationalError("database or disk is full"),
            OSError(28, "No space left on device"),
        )
    )
    asked: list[int] = []

    def behind() -> int:
        asked.append(1)
        if (refusal := next(refusals, None)) is not None:
            raise refusal
        return 0

    async def run() -> None:
        desk = await Desk(tmp_path).open()
        running = asyncio.ensure_future(
            Retention(desk.journal, LIMITS, behind=behind, now=desk.clock.now).run()
        )
        await until(lambda: len(asked) > 4 or running.done())
        assert not running.done(), "the hub ends with it"
        running.cancel()
        await asyncio.wait([running])
        desk.drop()

    with pytest.MonkeyPatch.context() as soon:
        soon.setattr(gateway.retention, "LOOK_EVERY_S", 0.001)
        asyncio.run(run())


def test_where_the_alerts_are_is_told_on_a_full_disk_too(tmp_path: Path) -> None:
    """What is thinned out there makes the room; nothing may have to be written for it."""

    async def run() -> None:
        desk = await some_days(tmp_path)
        expected = desk.alert_log.cursor(FLOOR)
        assert expected > 0

        def refuses(action: int, *_: object) -> int:
            return (
                sqlite3.SQLITE_DENY
                if action in {sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_INSERT}
                else sqlite3.SQLITE_OK
            )

        desk.database.dispose()
        event.listen(desk.database, "connect", lambda raw, _: raw.set_authorizer(refuses))
        assert desk.alert_log.cursor_on_disk(FLOOR) == expected
        desk.drop()

    asyncio.run(run())


def test_what_every_consumer_has_and_is_old_goes_and_the_next_start_judges_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await some_days(tmp_path)
        position = desk.journal.position
        thinning = retention(desk, stored=10)
        await thinning.round()
        assert desk.journal.begins <= 10, "the store has no more"
        thinning = retention(desk, stored=position)
        await thinning.round()
        assert desk.journal.begins > position // 3
        assert thinning.thinned > 0
        assert [at for at, _ in desk.journal.read(0)] == list(range(desk.journal.begins + 1, position + 1))
        assert all(event.at >= desk.clock.now() - DAY_MS - DAY_MS // 2 for _, event in desk.journal.read(0))
        before = {name: desk.engine.body_of(name) for name in desk.engine.states}
        told = desk.told()
        desk.drop()
        after = Desk(tmp_path, at=desk.clock.now())
        await after.line.recover(definition(homes=4))
        assert after.told() == told
        assert after.journal.position > position
        assert set(after.engine.states) == set(before)
        after.drop()

    asyncio.run(run())


def test_with_states_of_another_shape_all_that_is_left_is_replayed(tmp_path: Path) -> None:
    """After an upgrade: in the world that was in force where the journal begins."""

    async def run() -> None:
        desk = await some_days(tmp_path)
        await retention(desk, stored=desk.journal.position).round()
        told, begins = desk.told(), desk.journal.begins
        assert begins > 0
        with desk.database.begin() as connection:
            connection.execute(update(Snapshot).values(version=0))
        desk.drop()
        after = Desk(tmp_path, at=desk.clock.now())
        await after.line.recover(definition(homes=4))
        assert after.told() == told, "nothing is raised again"
        assert after.engine.states["H4"]
        after.says("h4-pendant", "event", type="fall", id="f9", boot="b", seq=1)
        await after.carry()
        assert [alert.place_id for alert in after.alerts()][-1] == "H4"
        after.drop()

    asyncio.run(run())


def test_alerts_of_an_older_backup_are_refused(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await some_days(tmp_path)
        await retention(desk, stored=desk.journal.position).round()
        with desk.database.begin() as connection:
            connection.execute(update(Cursor).values(position=3))
        desk.drop()
        after = Desk(tmp_path, at=desk.clock.now())
        with pytest.raises(JournalError, match=r"begins behind event .* restore both from the same backup"):
            await after.line.recover(definition(homes=4))
        after.drop()

    asyncio.run(run())
