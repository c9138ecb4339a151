"""The disk is full, on a real small disk: a fall is told from memory, and all that came is there afterwards."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hub_process import SECRET, HubProcess, a_hub, channel
from ledger_publisher import Publisher
from parts import Broker, wait_until
from receiver import Receiver, receiving, signed
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.journal.journal import Journal
from gateway.operations.database import open_database
from gateway.operations.tables import Alert, AlertStep, Outbox
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query
from rules.effects import alert_id
from rules.events import Occurrence, Telemetry

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
ROUNDS = 8 if DEEP else 1
DISK_MB = 64
RESERVE_MB = 16
CHUNK = 1 << 16


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB of one's own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], capture_output=True, check=False
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a disk may not be mounted here (needs root): {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path, *, leave: int) -> None:
    """Leave so many bytes free, or none at all."""
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while leave == 0 or free(ballast.parent) > leave:
            file.write(b"\0" * CHUNK)
    if leave == 0:
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 512):
                pass


def free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def falls_told(receiver: Receiver) -> list[dict[str, object]]:
    assert all(signed(request, SECRET) for request in receiver.requests)
    return [r.json | {"id": r.id} for r in list(receiver.requests) if r.json["alert"]["rule"] == "fall"]


def alerts_told_of(receiver: Receiver) -> set[str]:
    return {told["alert"]["id"] for told in falls_told(receiver)}  # type: ignore[index]


def start_and_end(hub: HubProcess) -> int | None:
    """A start that must end by itself; its code."""
    hub.spawn()
    process, hub.process = hub.process, None
    assert process is not None
    wait_until(lambda: process.poll() is not None, within_s=60, what="a start on a full disk ending")
    return process.poll()


def is_told(receiver: Receiver, fall: tuple[str, str, int]) -> bool:
    return fall_of(fall) in alerts_told_of(receiver)


def fall_of(identity: tuple[str, str, int]) -> str:
    device, boot, seq = identity
    return alert_id("fall", device.split("-")[0], device, f"{device}-{boot}-{seq}")


def live_through_a_full_disk(
    hub: HubProcess, publisher: Publisher, receiver: Receiver, ballast: Path, number: int
) -> None:
    fill(ballast, leave=0)
    acknowledged = hub.figures()["journal_position"]
    for device in range(1, 4):
        publisher.telemetry(f"H{device:04d}-pir", motion=True)
    first = publisher.fall("H0001-pendant")
    wait_until(lambda: fall_of(first) in alerts_told_of(receiver), what="the fall told from memory")
    for device in range(1, 4):  # behind the batch that fails, and in another connection's place in the queue
        publisher.telemetry(f"H{device:04d}-door", contact=number % 2 == 0)
    second = publisher.fall("H0002-radar")
    wait_until(
        lambda: fall_of(second) in alerts_told_of(receiver), what="the fall behind it told from memory"
    )
    assert "cannot write" in hub.reasons()
    assert hub.figures()["journal_position"] == acknowledged
    assert hub.figures()["alerts_unrecorded"] == 2
    for told in falls_told(receiver)[-2:]:
        assert told["alert"]["recorded"] is False  # type: ignore[index]
        assert "未存档" in told["alert"]["text"]["zh"]  # type: ignore[index]
    ballast.unlink()
    wait_until(hub.is_ready, within_s=30, what="the hub ready by itself")
    wait_until(lambda: hub.figures()["alerts_unrecorded"] == 0, what="what was told being recorded")


def test_a_full_disk_silences_no_fall_and_loses_nothing(
    mosquitto: Broker, tmp_path: Path, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    with (
        receiving() as receiver,
        a_hub(
            tmp_path, mosquitto, on_disk=small_disk, reserve_mb=RESERVE_MB, more=channel(receiver.url)
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        for device in range(1, 4):
            publisher.telemetry(f"H{device:04d}-pir", motion=True)
        publisher.settled()
        wait_until(hub.has_drained, what="a first reading stored")
        fill(ballast, leave=(RESERVE_MB - 4) << 20)
        wait_until(lambda: hub.rules_open() == ["hub_disk"], what="the hub saying that room is short")
        for number in range(ROUNDS):
            live_through_a_full_disk(hub, publisher, receiver, ballast, number)
        wait_until(lambda: "hub_disk" not in hub.rules_open(), what="the hub's own alert ending")
        publisher.telemetry("H0003-sos", motion=True)
        publisher.settled()
        wait_until(lambda: hub.readings("H0003-sos", "motion", 1), what="the last message in the store")
        wait_until(hub.has_drained, what="the store having everything")
        hub.stop()
        check(hub, publisher, receiver)
    if DEEP:
        ended_on_a_full_disk_it_starts_when_there_is_room_and_has_it_all(
            mosquitto, tmp_path / "ended", small_disk
        )


def ended_on_a_full_disk_it_starts_when_there_is_room_and_has_it_all(
    mosquitto: Broker, tmp_path: Path, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    with (
        receiving() as receiver,
        a_hub(tmp_path, mosquitto, on_disk=small_disk / "ended", more=channel(receiver.url)) as hub,
        Publisher(mosquitto) as publisher,
    ):
        for how in (hub.stop, hub.kill):
            fill(ballast, leave=0)
            fall = publisher.fall("H0001-pendant")
            wait_until(partial(is_told, receiver, fall), what="the fall told from memory")
            how()
            assert start_and_end(hub) not in {0, None}
            assert "full" in hub.log()
            ballast.unlink()
            hub.start()
            wait_until(lambda: len(hub.alerts()) == len(publisher.falls), what="the fall recorded")
        publisher.settled()
        hub.stop()
        assert {told["id"] for told in falls_told(receiver)} == {r.id for r in receiver.requests}
        assert len({r.id for r in receiver.requests}) == len(publisher.falls), "sent again under the same id"


def check(hub: HubProcess, publisher: Publisher, receiver: Receiver) -> None:
    """By the sender's own ledger: everything once, one alert and one message id for a fall, and nothing else raised."""
    journal = Journal(hub.data / "journal.sqlite")
    journalled = Counter(
        (e.device, e.boot, e.seq) for _, e in journal.read(0) if isinstance(e, Telemetry | Occurrence)
    )
    journal.close()
    assert journalled == Counter(publisher.acknowledged)
    store = DuckDBStore(hub.data / "readings.duckdb")
    rows = store.read(Query(from_ms=0, to_ms=1 << 53, limit=1 << 31))
    store.close()
    stored = Counter((row.device, row.boot or "", row.seq or 0) for row in rows if row.boot)
    assert stored.keys() == publisher.acknowledged
    database = open_database(hub.data / "operations.sqlite")
    with Session(database) as session:
        raised = Counter(
            (alert.rule, alert.id) for alert in session.scalars(select(Alert)) if alert.rule != "hub_disk"
        )
        states = [(row.alert_id, row.id, row.state) for row in session.scalars(select(Outbox))]
        steps = Counter(
            step.alert_id for step in session.scalars(select(AlertStep)) if step.kind == "delivered"
        )
    database.dispose()
    falls = {fall_of(fall) for fall in publisher.falls}
    assert raised == Counter(("fall", fall) for fall in falls)
    assert {state for _, _, state in states} == {"delivered"}
    sent = Counter(told["id"] for told in falls_told(receiver))
    assert sent == Counter(message for alert, message, _ in states if alert in falls), (
        "each under its id, once"
    )
    assert all(steps[fall] == 1 for fall in falls)
