"""The hub's wall clock is set, an hour ahead and back again, while it runs: nothing is raised by it, what waits keeps waiting.

A real process under libfaketime, which reads the offset from a file; the monotonic clock goes on as on a real machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hub_nursery import own_environment
from hub_process import HubProcess, a_hub, channel
from ledger_publisher import NO_CLOCK, Publisher
from parts import Broker, real_part, wait_until
from receiver import receiving
from reckoning import raised, reckon

from gateway.journal.journal import Journal

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
HOUR_S = 3_600
HOLD_S = 3
LIES_S = 6
RULES = f"""\
- id: fall
  kind: life_safety
  severity: critical
  applies_to: home
  when: {{event: {{type: fall}}}}
  title: {{zh: 疑似跌倒, en: Possible fall}}
  todo: {{zh: [打电话], en: [Call]}}
- id: door_left_open
  kind: care
  severity: notice
  applies_to: home
  device_kinds: [contact]
  when: {{level: {{metric: contact, equals: 0, for_s: {HOLD_S}}}}}
  title: {{zh: 入户门未关, en: Door left open}}
  todo: {{zh: [打电话], en: [Call]}}
- id: device_silent
  kind: device
  severity: notice
  when: {{silent: {{heartbeats: 3, offline_for_s: 300}}}}
  title: {{zh: 设备无数据, en: Device silent}}
  todo: {{zh: [检查], en: [Check]}}
- id: no_activity
  kind: life_safety
  severity: urgent
  applies_to: home
  device_kinds: [motion, contact]
  when: {{absence: {{of: [motion, contact], for_s: 1800, from_time: "00:00", to_time: "24:00"}}}}
  title: {{zh: 久未活动, en: No activity by day}}
  todo: {{zh: [打电话], en: [Call]}}
"""


def under_a_set_clock(hub: HubProcess, offset: Path) -> None:
    """Start the hub so that its wall clock is off by what that file says (seconds, with a sign)."""
    (library,) = Path(real_part("faketime")).parent.parent.glob("lib/*/faketime/libfaketimeMT.so.1")
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_CACHE_DURATION": "1",
    }
    with (hub.folder / "hub.log").open("ab") as log:
        hub.process = subprocess.Popen(  # type: ignore[assignment]  # it has what is used of a Hatched
            [sys.executable, "-P", "-m", "gateway", "run", "-c", str(hub.config)],
            env=own_environment() | faked,
            stdout=log,
            stderr=log,
        )
    wait_until(hub.is_ready, within_s=60, what=f"the hub being ready: {hub.log()[-3000:]}")


def test_a_wall_clock_that_is_set_raises_nothing_and_what_waits_keeps_its_remaining_time(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """An hour ahead, then back again: hub time follows the first and waits for the second."""
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    with (
        receiving() as receiver,
        a_hub(
            tmp_path, mosquitto, heartbeat_s=600, rules=RULES, more=channel(receiver.url), started=False
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        under_a_set_clock(hub, offset)
        for home in ("H0001", "H0002", "H0003"):
            publisher.telemetry(f"{home}-pir", motion=True, ts=NO_CLOCK)
            publisher.telemetry(f"{home}-door", contact=True, ts=NO_CLOCK)
        for step, (home, to_s) in enumerate((("H0001", HOUR_S), ("H0002", 0)), 1):
            publisher.telemetry(f"{home}-door", contact=False, ts=NO_CLOCK)
            publisher.settled()
            opened, before = time.monotonic(), sorted(hub.rules_open())
            offset.write_text(f"{to_s:+d}\n")
            wait_until(lambda n=step: times_set(hub) == n, within_s=5, what="the step being noticed")  # type: ignore[misc]
            assert sorted(hub.rules_open()) == before, "the step itself"
            publisher.fall("H0003-pendant")
            falls = before.count("fall") + 1
            wait_until(
                lambda n=falls: hub.rules_open().count("fall") == n, within_s=5, what="a fall just behind it"
            )  # type: ignore[misc]
            left = sorted([*before, "fall", "door_left_open"])
            wait_until(lambda now=left: hub.rules_open() == now, within_s=HOLD_S + 5, what="the door's time")  # type: ignore[misc]
            assert time.monotonic() - opened >= HOLD_S - 0.5, "not before its time"
        assert Counter(alert.rule for alert in raised(hub)) == {"fall": 2, "door_left_open": 2}
        owed = {
            alert.id for alert in raised(hub) if alert.rule == "door_left_open"
        }  # these really stood open
        reckon(publisher, hub, receiver=receiver, owed=owed)
    with closing(Journal(hub.data / "journal.sqlite")) as journal:
        times = [event.at for _, event in journal.read(0)]
    assert times == sorted(times)


LIES = f"""\
- id: lies
  kind: life_safety
  severity: critical
  applies_to: home
  when: {{sequence: {{first: {{type: fall}}, then_no: [motion], within_s: {LIES_S}}}}}
  title: {{zh: 跌倒后未见活动, en: Does not move}}
  todo: {{zh: [打电话], en: [Call]}}
"""


@pytest.mark.skipif(
    not DEEP, reason="takes most of a minute; tests/gateway/test_outages.py lives it on virtual time"
)
@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
def test_a_machine_that_starts_an_hour_off_is_judged_by_what_its_devices_say(
    mosquitto: Broker, tmp_path: Path, by_s: int
) -> None:
    """Who moves after a fall is not said to lie, whoever does is; when the clock is set right nothing comes of it."""
    offset = tmp_path / "offset"
    offset.write_text(f"{by_s:+d}\n")
    with (
        receiving() as receiver,
        a_hub(
            tmp_path,
            mosquitto,
            heartbeat_s=600,
            rules=RULES + LIES,
            more=channel(receiver.url),
            started=False,
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        under_a_set_clock(hub, offset)

        def all_move() -> float:
            for home in ("H0001", "H0002", "H0003"):
                for moves in (True, False):
                    publisher.telemetry(f"{home}-pir", motion=moves)
                publisher.telemetry(f"{home}-pendant", battery=90)
            publisher.settled()
            return hub.figures()["clock_wrong_seconds"]

        wait_until(lambda: abs(all_move() - by_s) < 2, within_s=60, what="the devices agreeing")
        publisher.fall("H0001-pendant")
        wait_until(lambda: hub.rules_open() == ["fall"], within_s=5, what="the fall")
        publisher.telemetry("H0001-pir", motion=True)
        publisher.fall("H0002-pendant")
        lying = ["fall", "fall", "lies"]
        wait_until(lambda: sorted(hub.rules_open()) == lying, within_s=LIES_S + 5, what="who lies")  # type: ignore[misc]
        offset.write_text("+0\n")
        wait_until(lambda: abs(all_move()) < 2, within_s=10, what="the clock being right")
        publisher.fall("H0003-pendant")
        lying = sorted([*lying, "fall", "lies"])
        wait_until(lambda: sorted(hub.rules_open()) == lying, within_s=LIES_S + 5, what="who lies then")
        assert {alert.place_id for alert in raised(hub) if alert.rule == "lies"} == {"H0002", "H0003"}


def times_set(hub: HubProcess) -> int:
    return hub.log().count("the wall clock was set by")
