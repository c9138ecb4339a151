"""One sensor sends without end: it is cut down and told of, and everybody else is heard as always."""

from __future__ import annotations

from pathlib import Path

from hub_process import a_hub
from ledger_publisher import Publisher
from parts import Broker, wait_until

FLOOD = 8_000


def test_a_mad_sensor_neither_fills_the_journal_nor_hides_a_fall(mosquitto: Broker, tmp_path: Path) -> None:
    with (
        a_hub(tmp_path, mosquitto, device_rate_per_s=20) as hub,
        Publisher(mosquitto) as mad,
        Publisher(mosquitto) as publisher,
    ):
        for number in range(FLOOD):
            mad.telemetry("H0001-radar", presence=number % 2 > 0)
            if number % 1_000 == 0:
                publisher.telemetry("H0002-pir", motion=True)
        mad.fall("H0001-radar")
        publisher.fall("H0003-pendant")
        mad.settled()
        publisher.settled()
        wait_until(lambda: hub.rules_open() == ["fall", "fall"], what="both falls, the mad sensor's own too")
        wait_until(hub.has_drained, what="all that passed being stored")
        figures = hub.figures()
        over = figures['messages_refused_total{reason="too_many"}']
        assert over >= 1_000, figures
        assert figures["devices_over_rate"] == 1
        assert figures["messages_read_total"] == FLOOD + 8 + 2 - over, "counted to the last message"
        assert len(hub.readings("H0002-pir", "motion")) == 8
        (note,) = hub.quarantine()
        assert note["reason"].startswith("too_many: 高频上报 'H0001-radar'")
        listed = {device["id"]: device["over_rate"] for device in hub.get("/api/v1/devices")["devices"]}
        assert {name: count for name, count in listed.items() if count} == {"H0001-radar": over}
        (warning,) = hub.get("/readyz")["warnings"]
        assert "H0001-radar" in warning
