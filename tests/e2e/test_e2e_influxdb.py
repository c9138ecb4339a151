"""``carehub run`` with a real InfluxDB: the readings are there and read back, and an absence of it loses nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx
from hub_process import a_hub
from ledger_publisher import Publisher, now_ms
from parts import Broker, Influx, wait_until
from tcp_proxy import TcpProxy

from gateway.bench.influx_proxy import InfluxProxy

TOKEN = "a-token-of-the-tests"


def test_readings_are_in_influxdb_are_read_back_and_survive_its_absence(
    mosquitto: Broker, influxd: Influx, tmp_path: Path
) -> None:
    secret = {"CAREHUB_STORE__TOKEN": TOKEN}
    with (
        InfluxProxy(influxd.url, prefix="e2e_", token=TOKEN) as influx,
        TcpProxy(urlsplit(influx.url).port or 0) as line,
        a_hub(tmp_path, mosquitto, more=store_at(line.port), environment=secret) as hub,
        Publisher(mosquitto) as publisher,
    ):
        began = now_ms()
        for number in range(500):
            publisher.telemetry("H0001-pir", motion=number % 2 > 0, ts=began - 500 + number)
            publisher.telemetry("F-hall-counter", occupancy=number % 15)
        publisher.fall("H0001-pendant")
        publisher.settled()
        wait_until(lambda: len(hub.readings("H0001-pir", "motion")) == 500, what="the readings being there")
        wait_until(lambda: len(hub.readings("F-hall-counter", "occupancy")) == 500, what="the hall's as well")
        row = hub.readings("H0001-pir", "motion", 1)[0]
        assert (row["seq"], row["boot"], row["value"], row["observed_at"]) == (500, "b007", 1, began - 1)
        assert hub.readings("H0001-pendant", "event.fall")[0]["value"] == 0.9
        assert influx_count(influxd, "e2e_care_homes", "motion") == 500
        assert influx_count(influxd, "e2e_care_places", "occupancy") == 500
        assert influx_count(influxd, "e2e_care_places", "motion") == 0
        line.away = True
        line.cut()
        publisher.fall("H0002-pendant")
        publisher.telemetry("H0002-pir", motion=True)
        publisher.settled()
        wait_until(lambda: len(hub.alerts()) == 2, within_s=5, what="an alert without a store")
        wait_until(lambda: "store" in hub.reasons(), within_s=15, what="readyz naming the store")
        hub.kill()  # what waits for the store must not be in memory only
        hub.spawn()
        wait_until(hub.answers, within_s=40, what="the hub answering")
        asked = hub.http.get("/api/v1/readings", params={"device": "H0002-pir", "metric": "motion"})
        assert asked.status_code == httpx.codes.SERVICE_UNAVAILABLE
        line.away = False
        wait_until(hub.is_ready, within_s=30, what="the store being back")
        wait_until(lambda: len(hub.readings("H0002-pir", "motion")) == 1, what="what waited for it")
        assert len(hub.readings("H0002-pendant", "event.fall")) == 1
        assert influx_count(influxd, "e2e_care_homes", "motion") == 501
    assert TOKEN not in hub.log()


def store_at(port: int) -> str:
    return f'[store]\nkind = "influxdb"\nurl = "http://127.0.0.1:{port}"\n'


def influx_count(influxd: Influx, database: str, metric: str) -> int:
    """How many values the engine itself counts, past every adapter of ours."""
    query = {"db": database, "q": f'SELECT count(value) FROM "{metric}"'}  # noqa: S608 a metric of this test
    series = httpx.get(influxd.url + "/query", params=query).json()["results"][0].get("series", [])
    return int(series[0]["values"][0][1]) if series else 0
