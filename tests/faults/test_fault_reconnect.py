"""A district loses its power for a moment: every radio gateway drops and comes back at once, and a person falls meanwhile.

2,000 devices over 200 connections; with CAREHUB_DEEP 50,000 over 5,000.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from hub_process import COLUMNS, PATH, a_hub, channel
from ledger_publisher import Publisher
from parts import Broker, wait_until
from receiver import receiving
from reckoning import drained, falls_of, raised, stored, told
from reconnecting import DEVICES_EACH, District, allow_files

from gateway.store.duckdb import DuckDBStore

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
CONNECTIONS = 5_000 if DEEP else 200
STORMS = 2


def test_all_devices_of_a_district_reconnect_and_a_fall_among_it_is_told(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """By the rules of the library, with a heartbeat nobody misses: what a storm raises then is the storm's own doing."""
    district = District(gateways=CONNECTIONS, host=mosquitto.host, port=mosquitto.port)
    limit = allow_files(2 * CONNECTIONS + 1_000)  # the broker inherits it
    assert limit > CONNECTIONS + 100, f"this machine allows {limit} open files; set ulimit -n"
    mosquitto.stop()
    mosquitto.start()
    with (
        receiving() as receiver,
        a_hub(tmp_path, mosquitto, more=channel(receiver.url), started=False) as hub,
    ):
        hub.bring(district.registry(COLUMNS, PATH, heartbeat_s=7_200))
        hub.start(within_s=300)  # a whole city's states are made
        with Publisher(mosquitto) as publisher:
            began = time.monotonic()
            asyncio.run(
                storm(district, publisher, lambda: falls_of(publisher) <= set(told(receiver).values()))
            )
            settled = time.monotonic()
            expected = len(district.acknowledged)
            drained(hub, publisher, "D0001-1", within_s=300)
            print(  # noqa: T201 a figure of the run
                f"{CONNECTIONS * DEVICES_EACH} devices over {CONNECTIONS} connections, {STORMS + 1} times: "
                f"{expected} readings acknowledged in {settled - began:.1f} s, kept up after {time.monotonic() - settled:.1f} s"
            )
            assert hub.figures()["broker_dropped_total"] == 0
            hub.stop()
        store = DuckDBStore(hub.data / "readings.duckdb")
        rows = stored(store)
        store.close()
        wrong = {
            each: rows.get(each) for each in district.acknowledged if rows.get(each) != {("battery", 90.0): 1}
        }
        assert wrong == {}, "acknowledged, and not stored once"
        alerts = raised(hub)
        assert {alert.id for alert in alerts} == falls_of(publisher), [(a.rule, a.place_id) for a in alerts][
            :20
        ]
        assert len(told(receiver)) == len(alerts)


async def storm(district: District, publisher: Publisher, all_told: Callable[[], bool]) -> None:
    """All come; then all drop and come back, and in the midst of it somebody falls."""
    await district.come()
    for number in range(1, STORMS + 1):
        await district.drop()
        coming = asyncio.ensure_future(district.come())
        await asyncio.sleep(0)
        took = await asyncio.to_thread(fall_told, publisher, f"D{number:04d}-0", all_told)
        await coming
        print(f"a fall amid the storm was at the webhook after {took * 1000:.0f} ms")  # noqa: T201 a figure of the run
    await district.leave()


def fall_told(publisher: Publisher, device: str, all_told: Callable[[], bool]) -> float:
    began = time.monotonic()
    publisher.fall(device)
    publisher.settled(within_s=300)
    wait_until(all_told, within_s=300 if DEEP else 60, what="the fall being told")
    return time.monotonic() - began
