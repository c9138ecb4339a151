"""A pendant that nobody had registered: its fall is set aside, the registry learns it, and the fall is told after all."""

from __future__ import annotations

import json
from pathlib import Path

from hub_process import a_hub, carehub, registry
from ledger_publisher import Publisher, now_ms
from parts import Broker, wait_until

AGO_MS = 6 * 3_600_000


def test_what_was_refused_is_given_again_once_the_registry_knows_its_device(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """The registry has one home; the devices of the second one are still unknown."""
    with a_hub(tmp_path, mosquitto, homes=1) as hub, Publisher(mosquitto) as publisher:
        then = now_ms() - AGO_MS
        publisher.fall("H0002-pendant", ts=then)
        publisher.telemetry("H0002-door", ts=then, contact=True)
        publisher.fall("H0002-radar", ts=now_ms() - 4 * 24 * 3_600_000)
        publisher.raw("care/v1/lianhua/H0002-pir/telemetry", b"{")
        publisher.raw("care/v1/lianhua/H0009-pir/telemetry", b"{}")
        for minute in range(3):
            publisher.telemetry("H0001-pir", ts=now_ms() - 90_000 * minute, motion=True)
        publisher.settled()
        wait_until(lambda: len(hub.quarantine()) == 5, what="all of it set aside")
        asked = ("--json", "-c", hub.config)

        sheet = hub.folder / "two.csv"
        sheet.write_text(registry(homes=2), encoding="utf-8")
        assert carehub("import", sheet, "--hub", hub.url, "-c", hub.config).returncode == 0
        done = carehub("quarantine", "replay", "--reason", "unknown_device", *asked)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            "replayed": 3, "repeated": 0, "outdated": 0, "held": 2,
            "reasons": {"bad_json": 1, "unknown_device": 1},
        }  # fmt: skip
        (alert,) = hub.alerts()
        assert (alert["rule"], alert["device_id"], alert["active_at"]) == ("fall", "H0002-pendant", then)
        assert alert["raised_at"] - alert["active_at"] >= AGO_MS
        wait_until(lambda: hub.readings("H0002-radar", "event.fall"), what="the old fall in the history")
        (old,) = hub.readings("H0002-radar", "event.fall")
        assert old["quality"] == 3
        (door,) = hub.readings("H0002-door", "contact")
        assert (door["observed_at"], door["quality"]) == (then, 1)

        listed = json.loads(carehub("quarantine", "list", *asked).stdout)["messages"]
        assert [message["reason"] for message in listed] == ["unknown_device", "bad_json"]
        done = carehub("quarantine", "drop", str(listed[0]["id"]), *asked)
        assert json.loads(done.stdout) == {"dropped": 1}
        devices = json.loads(carehub("devices", "list", *asked).stdout)["devices"]
        (pir,) = (device for device in devices if device["id"] == "H0001-pir")
        assert (pir["kind"], pir["place"], pir["online"]) == ("motion", "H0001", True)
        assert now_ms() - pir["heard_at"] < 60_000

        hub.stop()
        refused = carehub("quarantine", "replay", "--all", "-c", hub.config)
        assert refused.returncode == 1
        assert "carehub run" in refused.stderr
        done = carehub("quarantine", "drop", "--all", *asked)
        assert json.loads(done.stdout) == {"dropped": 1}
        assert json.loads(carehub("quarantine", "list", *asked).stdout) == {"messages": []}
