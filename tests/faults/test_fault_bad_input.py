"""Whatever comes on the wire: it is set aside with a clear reason or repaired, and the line never stops."""

from __future__ import annotations

import json
import os
import random
import time
from functools import partial
from pathlib import Path

from hub_process import HubProcess, a_hub, carehub, json_bytes
from ledger_publisher import Publisher, now_ms
from parts import Broker, wait_until
from reckoning import reckon

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
NONSENSE, STRANGERS = (20_000, 200_000) if DEEP else (300, 5_000)
STRANGERS_MB_MAX = 60  # a stranger leaves a line in the quarantine on disk, and nothing in memory
TELEMETRY = "care/v1/lianhua/H0001-pir/telemetry"
EVENT = "care/v1/lianhua/H0001-pendant/event"
STATUS = "care/v1/lianhua/H0001-pendant/status"
HUGE = b"9" * 400
# name: topic, payload, the beginning of the reason
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "cut off": (TELEMETRY, b'{"m":{"motion":tr', "bad_json"),
    "not JSON": (TELEMETRY, b"motion=1", "bad_json"),
    "empty": (TELEMETRY, b"", "bad_json"),
    "two objects": (TELEMETRY, b'{"m":{"motion":true}}{}', "bad_json"),
    "NaN": (TELEMETRY, b'{"m":{"temperature":NaN}}', "bad_json"),
    "invalid UTF-8": (TELEMETRY, b'{"m":{"mo\xff\xfe":1}}', "bad_json"),
    "deep nesting": (TELEMETRY, b'{"m":' + b"[" * 60_000, "bad_"),
    "deep nesting of something unknown": (TELEMETRY, b'{"m":{"a":1},"x":' + b"[" * 60_000, "bad_json"),
    "a list": (TELEMETRY, b"[1,2]", "bad_shape"),
    "no metrics": (TELEMETRY, b'{"ts":1763900000000}', "bad_shape"),
    "m is a list": (TELEMETRY, b'{"m":[1]}', "bad_shape"),
    "a metric is an object": (TELEMETRY, b'{"m":{"motion":{"v":1}}}', "bad_shape"),
    "a metric with a bad name": (TELEMETRY, b'{"m":{"a b,c=1":1}}', "bad_shape"),
    "infinite": (TELEMETRY, b'{"m":{"temperature":1e999}}', "bad_"),
    "beyond any number": (TELEMETRY, b'{"m":{"temperature":' + HUGE + b"}}", "bad_"),
    "a huge seq": (TELEMETRY, b'{"boot":"a","seq":' + HUGE + b',"m":{"motion":true}}', "bad_"),
    "a negative seq": (TELEMETRY, b'{"boot":"a","seq":-1,"m":{"motion":true}}', "bad_shape"),
    "ts as a string": (TELEMETRY, b'{"ts":"2025-11-23","m":{"motion":true}}', "bad_shape"),
    "too many metrics": (TELEMETRY, json_bytes(m={f"m{n}": n for n in range(500)}), "bad_shape"),
    "1 MB": (TELEMETRY, json_bytes(m={"text": "x" * 1_000_000}), "too_large"),
    "unknown device": ("care/v1/lianhua/H9999-pir/telemetry", b'{"m":{"motion":true}}', "unknown_device"),
    "wrong site": ("care/v1/elsewhere/H0001-pir/telemetry", b'{"m":{"motion":true}}', "wrong_site"),
    "an event without type": (EVENT, b'{"data":{"confidence":0.9}}', "bad_shape"),
    "an event with a bad type": (EVENT, b'{"type":"fall/../"}', "bad_shape"),
    "online as a word": (STATUS, b'{"online":"yes"}', "bad_shape"),
}
CLOCKS = {"H0001-door": 0, "H0002-door": 1_000, "H0003-door": 4_076_000_000_000}  # 1970, 1970, 2099


def test_bad_messages_are_set_aside_with_their_reason_and_the_line_goes_on(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with a_hub(tmp_path, mosquitto) as hub, Publisher(mosquitto) as publisher:
        for topic, payload, _ in REFUSED.values():
            publisher.raw(topic, payload)
        publisher.raw(EVENT, b"retained garbage", retain=True)
        for device, ts in CLOCKS.items():
            publisher.telemetry(device, contact=True, ts=ts)
        publisher.fall("H0002-pendant")
        publisher.settled()
        wait_until(lambda: hub.rules_open() == ["fall"], what="the fall behind all of it")
        held = list(reversed(hub.quarantine()))  # in order of arrival
        for (name, (topic, payload, reason)), found in zip(REFUSED.items(), held, strict=False):
            assert found["topic"] == topic, (name, found)
            assert found["reason"].startswith(reason), (name, found)
            assert len(found["reason"]) < 500, name
            assert found["payload"] == payload[:500].decode(errors="replace"), name
        retained, *clocks = held[len(REFUSED) :]
        assert retained["reason"].startswith("bad_json")
        assert [found["topic"].split("/")[3] for found in clocks] == list(CLOCKS)
        for found in clocks:
            assert found["reason"].startswith("clock: ")
            assert found["reason"].endswith("(repaired)")
        for device in CLOCKS:
            wait_until(partial(hub.readings, device, "contact"), what="the repaired reading")
            (row,) = hub.readings(device, "contact")
            assert row["quality"] == 2
            assert abs(row["observed_at"] - now_ms()) < 60_000
        assert hub.figures()["messages_refused_total"] == len(REFUSED) + 1
        listed = carehub("quarantine", "list", "--json", "--limit", "1000", "-c", hub.config)
        assert listed.returncode == 0, listed.stderr
        messages = json.loads(listed.stdout)["messages"]
        assert [message["topic"] for message in messages] == [found["topic"] for found in reversed(held)]
        hub.stop()
        hub.mqtt = 'client_id = "carehub-anew"'  # the retained garbage comes again, to a hub that just starts
        hub.write_settings()
        hub.start()
        publisher.fall("H0003-pendant")
        wait_until(lambda: hub.rules_open() == ["fall", "fall"], what="a fall after the start")
    assert "Traceback" not in hub.log()


def test_a_flood_of_nonsense_and_of_strangers_is_bounded_and_a_fall_behind_it_is_raised(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """5 MB at once, random bytes on every kind of topic, and messages of thousands of devices nobody has registered."""
    dice = random.Random(20_251_124)  # noqa: S311 seeded on purpose
    with a_hub(tmp_path, mosquitto) as hub, Publisher(mosquitto) as publisher:
        publisher.telemetry("H0001-pir", motion=True)
        publisher.raw(TELEMETRY, b"x" * 5_000_000)
        for kind in ("telemetry", "event", "status"):
            for _ in range(NONSENSE):
                publisher.raw(f"care/v1/lianhua/H0001-pir/{kind}", dice.randbytes(dice.randint(1, 300)))
        publisher.settled()
        wait_until(lambda: refused(hub) >= 3 * NONSENSE + 1, within_s=60, what="all nonsense being set aside")
        before = memory_mb(hub)
        for number in range(STRANGERS):
            publisher.raw(f"care/v1/lianhua/stranger-{number}/telemetry", b'{"m":{"motion":true}}')
        began = time.monotonic()
        publisher.fall("H0002-pendant")
        publisher.settled(within_s=60)
        wait_until(lambda: hub.rules_open() == ["fall"], within_s=60, what="the fall behind all of it")
        took, grown = time.monotonic() - began, memory_mb(hub) - before
        print(f"behind {STRANGERS} strangers: a fall after {took:.1f} s, memory grown by {grown:.0f} MB")  # noqa: T201 a figure
        assert refused(hub) == 3 * NONSENSE + 1 + STRANGERS
        assert grown < STRANGERS_MB_MAX
        aside = hub.quarantine()
        assert {len(message["payload"]) <= 1_000 for message in aside} == {True}
        reckon(publisher, hub)
    assert "Traceback" not in hub.log()


def refused(hub: HubProcess) -> float:
    return hub.figures()["messages_refused_total"]


def memory_mb(hub: HubProcess) -> float:
    """Resident memory of the hub's process."""
    assert hub.process is not None
    status = Path(f"/proc/{hub.process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
