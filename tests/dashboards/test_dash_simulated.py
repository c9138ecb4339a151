"""Every query of every panel, asked of a real InfluxDB that holds a simulated day, written by the hub's own store."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from parts import Influx

from dashboards.render import JSON_FOLDER
from firmware_sim.places import settle
from firmware_sim.registry import registry_csv
from firmware_sim.town import Town
from gateway.bench.influx_proxy import InfluxProxy
from gateway.ingest.decode import Times, Wrong, decode
from gateway.registry.csv_file import parse
from gateway.store.influxdb import InfluxStore
from gateway.store.readings import Readings
from gateway.stored_rows import Rows
from rules.events import FromDevice
from rules.world import Definition, Device, Place, World

END_MS = 1_763_900_000_000
DAY_MS = 86_400_000
START_MS = END_MS - DAY_MS
PREFIX = "simulated_"


def world_of(town: Town) -> World:
    """The town's registry sheet, read as the hub reads it."""
    found = parse(registry_csv(town.layout), source="town.csv")
    return World(
        Definition(
            version=1,
            zone="Asia/Shanghai",
            places=tuple(Place(p.id, p.kind, p.capacity) for p in found.places),
            devices=tuple(
                Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices
            ),
            rules=(),
        )
    )


def a_day_of_the_town() -> Readings:
    """What the wire carries in a day, decoded and made into rows, with the hub's own figures each minute."""
    town = Town(
        settle(homes=4, seed=7), seed=7, start_ms=START_MS, past_ms=DAY_MS, incidents_from_ms=START_MS
    )
    world, events = world_of(town), list[FromDevice]()
    births = [message for link in town.links() for message in town.announce(link.who.device, START_MS)]
    for message in [*births, *town.advance(END_MS)]:
        times = Times(message.at_ms, message.at_ms)
        event = decode(message.topic, message.payload, retain=False, devices=world.devices, times=times)
        assert not isinstance(event, Wrong), event
        events.append(event)
    own = {
        "hub.received": 1.0,
        "hub.stored": 1.0,
        "hub.quarantined": 0.0,
        "hub.alerts_open": 2.0,
        "hub.lag": 0.2,
    }
    rows = Rows()
    rows.add(events)
    for minute in range(0, DAY_MS, 60_000):
        grown = {
            name: value * (minute / 60_000) if name.endswith("ed") else value for name, value in own.items()
        }
        rows.say(grown, START_MS + minute)
    return rows.readings(world)


@pytest.fixture(scope="module")
def places(influxd: Influx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with InfluxProxy(influxd.url, prefix=PREFIX) as proxy:
        cursor = tmp_path_factory.mktemp("cursor") / "cursor"
        store = InfluxStore(url=proxy.url, org="carehub", token="any", cursor_file=cursor)
        store.write(a_day_of_the_town(), cursor=1)
        store.close()
        yield influxd


def ask(influxd: Influx, influxql: str) -> list[dict[str, Any]]:
    form = urllib.parse.urlencode({"db": f"{PREFIX}care_places", "epoch": "ms", "q": influxql}).encode()
    with urllib.request.urlopen(f"{influxd.url}/query", data=form) as answer:  # noqa: S310 our own loopback part
        result = json.load(answer)["results"][0]
    assert "error" not in result, f"{influxql}\n{result['error']}"
    return list(result.get("series", []))


def queries() -> list[Any]:
    return [
        pytest.param(
            panel["title"],
            target["query"],
            panel.get("interval", "5m"),
            id=f"{panel['id']}-{target['refId']}",
        )
        for path in sorted(Path(JSON_FOLDER).glob("*.json"))
        for panel in json.loads(path.read_text())["panels"]
        for target in panel.get("targets", [])
    ]


@pytest.mark.parametrize(("title", "query", "interval"), queries())
def test_the_panel_shows_the_simulated_day(places: Influx, title: str, query: str, interval: str) -> None:
    text = (
        query.replace("$timeFilter", f"time >= {START_MS}ms and time <= {END_MS}ms")
        .replace("$__interval", interval)
        .replace("$place", ".*")
        .replace("${__to}", str(END_MS))
    )
    rows = [row for series in ask(places, text) for row in series["values"] if row[-1] is not None]
    assert rows, f"{title} asks for what the town never said: {text}"


def test_no_home_is_in_the_bucket_that_grafana_reads(places: Influx) -> None:
    tags = ask(places, 'SHOW TAG VALUES WITH KEY = "place"')
    found = {row[1] for series in tags for row in series["values"]}
    assert found == {"F-hall", "F-station", "hub"}
