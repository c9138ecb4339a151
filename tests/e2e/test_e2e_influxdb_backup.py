"""A backup beside a real InfluxDB holds all but the readings; what InfluxDB has lost meanwhile comes from the journal."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from hub_process import a_hub, carehub
from ledger_publisher import Publisher, now_ms
from parts import Broker, Influx, wait_until
from test_e2e_influxdb import TOKEN, influx_count, store_at

from gateway.bench.influx_proxy import InfluxProxy

PREFIX = "backup_"


def test_on_the_way_back_influxdb_may_hold_more_or_less_than_the_backup(
    mosquitto: Broker, influxd: Influx, tmp_path: Path
) -> None:
    secret = {"CAREHUB_STORE__TOKEN": TOKEN}
    backup = tmp_path / "today.tar"
    with (
        InfluxProxy(influxd.url, prefix=PREFIX, token=TOKEN) as influx,
        a_hub(
            tmp_path, mosquitto, more=store_at(int(influx.url.rpartition(":")[2])), environment=secret
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        began = now_ms()
        for number in range(300):
            publisher.telemetry("H0001-pir", motion=number % 2 > 0, ts=began - 1_000 + number)
            publisher.telemetry("F-hall-counter", occupancy=number % 15)
        publisher.telemetry("X9-nobodys", motion=True)
        publisher.fall("H0001-pendant")
        publisher.settled()
        wait_until(lambda: counted(influxd) == (300, 300), within_s=10, what="the readings being there")
        wait_until(hub.has_drained, within_s=10, what="the cursor being there")
        done = carehub("backup", "-c", hub.config, "-o", backup, "--json", **secret)
        assert done.returncode == 0, done.stderr
        assert "influxd backup -portable" in done.stderr
        made = json.loads(done.stdout)
        own = {"journal.sqlite", "operations.sqlite", "dead_letters.sqlite", "influxdb.cursor"}
        assert own <= made["files"].keys()
        assert made["positions"]["store"] >= 601
        assert (made["store"], "readings" in made["counts"]) == ("influxdb", False)
        for _ in range(50):
            publisher.telemetry("F-hall-counter", occupancy=3)
        publisher.settled()
        wait_until(lambda: counted(influxd) == (300, 350), within_s=10, what="what comes after the backup")
        hub.kill()
        for what in ("DROP", "CREATE"):
            question = {"q": f'{what} DATABASE "{PREFIX}care_homes"'}
            httpx.post(influxd.url + "/query", params=question).raise_for_status()
        done = carehub("restore", backup, "-c", hub.config, "--force", **secret)
        assert done.returncode == 0, done.stderr
        assert "written into InfluxDB again" in done.stderr
        hub.start()
        wait_until(hub.has_drained, within_s=10, what="the journal being written again")
        homes, places = counted(influxd)
        assert homes == 300, "what InfluxDB has lost, and the journal holds, is back"
        assert places == 350, "what InfluxDB has, stands once"
        assert hub.readings("H0001-pendant", "event.fall")[0]["value"] == 0.9
        assert [alert["rule"] for alert in hub.alerts()] == ["fall"]
        assert len(hub.quarantine()) == 1


def counted(influxd: Influx) -> tuple[int, int]:
    """Readings of the home's sensor, of the hall's counter."""
    homes, places = PREFIX + "care_homes", PREFIX + "care_places"
    return influx_count(influxd, homes, "motion"), influx_count(influxd, places, "occupancy")
