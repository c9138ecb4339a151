"""kill -9 of the hub at any moment while messages flow: nothing is missing, no alert is lost, doubled or made up."""

from __future__ import annotations

import os
import random
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from hub_process import SECRET, HubProcess, a_hub, channel
from ledger_publisher import Flow, Publisher, flowing, now_ms
from parts import Broker, wait_until
from receiver import Receiver, receiving, signed
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.operations.database import open_database
from gateway.operations.tables import Alert
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query
from rules.effects import alert_id

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
KILLS = 200 if DEEP else 5
HOMES = 5
# Anything silent for 6 s raises: an absence of the hub that were counted as a device's would show.
RULES = """\
- id: fall
  kind: life_safety
  severity: critical
  applies_to: home
  when: {event: {type: fall}}
  title: {zh: 疑似跌倒, en: Possible fall}
  todo: {zh: [打电话], en: [Call]}
- id: device_silent
  kind: device
  severity: notice
  device_kinds: [pendant, radar, contact, motion, gateway]
  when: {silent: {heartbeats: 3, offline_for_s: 1}}
  title: {zh: 设备无数据, en: Device silent}
  todo: {zh: [检查], en: [Check]}
- id: no_activity
  kind: life_safety
  severity: urgent
  applies_to: home
  device_kinds: [motion, contact]
  when: {absence: {of: [motion, contact], for_s: 6, from_time: "00:00", to_time: "24:00"}}
  title: {zh: 久未活动, en: No activity by day}
  todo: {zh: [打电话], en: [Call]}
"""


def kill_again_and_again(hub: HubProcess, flow: Flow, dice: random.Random) -> None:
    """Kill at a random message: every other time anywhere from the first moment of the process, else while it works."""
    for number in range(KILLS):
        hub.spawn()
        if number % 2:
            wait_until(hub.answers, within_s=40, what="the hub answering")
        moment = flow.said + dice.randint(0, 1_500 if number % 2 else 3_000)
        wait_until(partial(flow.has_come_to, moment), within_s=60, what="the next moment")
        hub.kill()


def drained(hub: HubProcess, last: str) -> None:
    """Wait until the last message is applied, stored and everything is delivered."""
    wait_until(lambda: hub.readings(last, "motion", 1), within_s=60, what="the last message in the store")
    wait_until(hub.has_drained, within_s=60, what="the store having everything")


def stored(hub: HubProcess) -> Counter[tuple[str, str, int, str]]:
    store = DuckDBStore(hub.data / "readings.duckdb")
    rows = store.read(Query(from_ms=0, to_ms=1 << 53, limit=1 << 31))
    store.close()
    return Counter((r.device, r.boot or "", r.seq or 0, r.metric) for r in rows if r.boot)


def raised(hub: HubProcess) -> list[Alert]:
    engine = open_database(hub.data / "operations.sqlite")
    with Session(engine, expire_on_commit=False) as session:
        found = list(session.scalars(select(Alert)))
    engine.dispose()
    return found


def told(receiver: Receiver) -> dict[str, str]:
    """Message id → alert of everything that came whole, signatures checked: at least once, so by id."""
    whole = [r for r in receiver.requests if len(r.body) == int(r.headers["content-length"])]
    assert all(
        signed(request, SECRET) for request in whole
    )  # the others: the hub was killed while it sent them
    return {request.id: request.json["alert"]["id"] for request in whole}


@pytest.mark.parametrize("protocol", ["5", "3.1.1"] if DEEP else ["5"])
def test_killed_at_random_moments_it_loses_nothing_and_raises_everything_once(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    seed = random.SystemRandom().randrange(1 << 32) if DEEP else 20_251_123
    print(f"seed {seed}")  # noqa: T201 shown when it fails
    with (
        receiving() as receiver,
        a_hub(
            tmp_path,
            mosquitto,
            homes=HOMES,
            heartbeat_s=2,
            rules=RULES,
            mqtt=f'protocol = "{protocol}"',
            more=channel(receiver.url),
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        with flowing(publisher, homes=HOMES) as flow:
            hub.kill()
            kill_again_and_again(hub, flow, random.Random(seed))  # noqa: S311 seeded on purpose
            hub.start()
            ended = now_ms()  # behind it the devices really are silent
        publisher.telemetry("H0001-pir", motion=True, battery=90)
        publisher.telemetry("H0001-sos", motion=True)
        publisher.settled()
        drained(hub, "H0001-sos")
        expected = {
            alert_id("fall", device.split("-")[0], device, f"{device}-{boot}-{seq}")
            for device, boot, seq in publisher.falls
        }
        wait_until(lambda: expected <= set(told(receiver).values()), within_s=30, what="every fall delivered")
        hub.stop()
    alerts = raised(hub)
    assert [alert.rule for alert in alerts if alert.rule != "fall" and alert.raised_at <= ended] == []
    assert Counter(alert.id for alert in alerts if alert.rule == "fall") == Counter(expected)
    assert len(told(receiver)) == len(expected), "one message id for an alert"
    rows = stored(hub)
    assert publisher.acknowledged - {row[:3] for row in rows} == set(), "acknowledged and not stored"
    assert {row: count for row, count in rows.items() if count > 1} == {}, "stored more than once"
