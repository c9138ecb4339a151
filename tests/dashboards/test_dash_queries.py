"""Every query of every panel of the committed JSON returns rows from a real InfluxDB holding two hours of places."""

from __future__ import annotations

import json
import random
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from parts import Influx

from dashboards.render import JSON_FOLDER

END_MS = 1_763_900_000_000
START_MS = END_MS - 2 * 3_600_000
DATABASE = "care_places"
Panel = dict[str, Any]


def ask(influxd: Influx, influxql: str, *, database: str = DATABASE) -> list[dict[str, Any]]:
    form = urllib.parse.urlencode({"db": database, "epoch": "ms", "q": influxql}).encode()
    with urllib.request.urlopen(f"{influxd.url}/query", data=form) as answer:  # noqa: S310 our own loopback part
        result = json.load(answer)["results"][0]
    assert "error" not in result, f"{influxql}\n{result['error']}"
    return list(result.get("series", []))


def write(influxd: Influx, lines: list[str]) -> None:
    url = f"{influxd.url}/write?db={DATABASE}&precision=ns"
    request = urllib.request.Request(url, data="\n".join(lines).encode())  # noqa: S310 our own loopback part
    with urllib.request.urlopen(request) as answer:  # noqa: S310 our own loopback part
        assert answer.status == 204


def point(metric: str, device: str, place: str, value: float, at_ms: int, seq: int) -> str:
    """A line of the stored schema: ns = observed ms × 10⁶ + seq mod 10⁶."""
    fields = f'value={value:.1f},quality="ok",seq={seq}i,boot="7f3a",received_at={at_ms + 40}i'
    return f"{metric},device={device},place={place} {fields} {at_ms * 1_000_000 + seq % 1_000_000}"


def two_hours() -> list[str]:
    """A hall with two doors, a station with two gateways (one unplugged), and the hub's own figures."""
    luck, lines = random.Random(7), []  # noqa: S311 seeded data, no secret
    for door in ("F-hall-door1", "F-hall-door2"):
        inside, came, left = 12, 0, 0
        for minute in range(121):
            at, seq = START_MS + minute * 60_000, minute + 1
            coming, going = luck.randint(0, 2), luck.randint(0, min(2, inside))
            inside, came, left = inside + coming - going, came + coming, left + going
            if minute == 60:  # the counter restarts: its sums begin again
                came = left = 0
            values = {"occupancy": inside, "in": came, "out": left, "battery": 90 - minute / 10}
            lines += [point(metric, door, "F-hall", value, at, seq) for metric, value in values.items()]
        lines.append(point("online", door, "F-hall", 1, START_MS + 1_000, 1))
    lines.append(point("occupancy", "F-annex-door", "F-annex", 9, START_MS + 60_000, 1))  # silent since
    # Connected a day before the chosen time and silent since: a status is not repeated.
    lines.append(point("online", "GW-01", "F-station", 1, START_MS - 86_400_000, 1))
    lines.append(point("online", "GW-02", "F-station", 0, START_MS + 3_600_000, 1))
    for minute in range(121):
        own = {
            "received": minute * 300,
            "stored": minute * 299,
            "quarantined": minute,
            "alerts_open": minute % 4,
        }
        for name, value in {**own, "lag": 0.2}.items():
            lines.append(
                point(f"hub.{name}", "carehub", "hub", value, START_MS + minute * 60_000, minute + 1)
            )
    return lines


@pytest.fixture(scope="module")
def places(influxd: Influx) -> Iterator[Influx]:
    ask(influxd, f"CREATE DATABASE {DATABASE}")
    write(influxd, two_hours())
    yield influxd
    ask(influxd, f"DROP DATABASE {DATABASE}")


def filled(influxql: str, *, place: str = ".*", interval: str = "5m") -> str:
    """What Grafana sends: its macros and the variable filled in."""
    text = (
        influxql.replace("$timeFilter", f"time >= {START_MS}ms and time <= {END_MS}ms")
        .replace("$__interval", interval)
        .replace("$place", place)
        .replace("${__to}", str(END_MS))
    )
    assert "$" not in re.sub(r"\$/", "", text), f"a macro this test does not know: {text}"
    return text


def asked() -> list[Any]:
    return [
        pytest.param(panel, target, id=f"{path.stem}-{panel['id']}-{target['refId']}")
        for path in sorted(Path(JSON_FOLDER).glob("*.json"))
        for panel in json.loads(path.read_text())["panels"]
        for target in panel.get("targets", [])
    ]


def panel_of(title: str) -> Panel:
    page = json.loads((JSON_FOLDER / "overview.json").read_text())
    return next(panel for panel in page["panels"] if panel["title"].startswith(title))


def values(places: Influx, title: str, *, ref: str = "A", **filling: str) -> list[float]:
    target = next(target for target in panel_of(title)["targets"] if target["refId"] == ref)
    return [row[-1] for series in ask(places, filled(target["query"], **filling)) for row in series["values"]]


@pytest.mark.parametrize("place", [".*", "(F-hall|F-station)"], ids=["all", "two"])
@pytest.mark.parametrize(("panel", "target"), asked())
def test_every_query_returns_rows(places: Influx, panel: Panel, target: dict[str, Any], place: str) -> None:
    interval = panel.get("interval", "1m")
    series = ask(places, filled(target["query"], place=place, interval=interval))
    rows = [row for one in series for row in one["values"] if row[-1] is not None]
    assert rows, f"{panel['title']} asks for what is not there: {target['query']}"


def test_the_place_variable_lists_the_facilities_and_not_the_hub(places: Influx) -> None:
    page = json.loads((JSON_FOLDER / "overview.json").read_text())
    variable = page["templating"]["list"][0]
    found = {row[1] for series in ask(places, variable["query"]) for row in series["values"]}
    assert found == {"F-hall", "F-annex", "F-station"}


def test_the_head_count_is_the_sum_over_the_doors(places: Influx) -> None:
    last = ask(places, 'SELECT last("value") FROM "occupancy" WHERE "place" = \'F-hall\' GROUP BY "device"')
    doors = [series["values"][0][1] for series in last]
    assert len(doors) == 2
    assert values(places, "现在在场人数") == [sum(doors)]  # and nothing for the annex, silent for two hours
    each = ask(
        places,
        filled(
            'SELECT max("value") FROM "occupancy" WHERE "place" = \'F-hall\' AND $timeFilter'
            ' GROUP BY time(10m), "device"'
        ),
    )
    sums = [one[1] + other[1] for one, other in zip(*(series["values"] for series in each), strict=True)]
    assert values(places, "在场人数 / People present", place="F-hall", interval="10m") == sums


def test_a_restarted_counter_gives_no_negative_bar(places: Influx) -> None:
    came = values(places, "进出人数", ref="A", interval="15m")
    gone = values(places, "进出人数", ref="B", interval="15m")
    assert min(came + gone) >= 0
    assert sum(came) > 0


def test_rates_are_per_minute_whatever_the_interval(places: Influx) -> None:
    for interval in ("2m", "10m"):
        rates = values(places, "每分钟消息数", ref="A", interval=interval)
        assert len(rates) >= 12
        assert rates == pytest.approx([300] * len(rates))


def test_devices_are_counted_by_their_last_state_however_old(places: Influx) -> None:
    assert values(places, "在线设备") == [3]
    assert values(places, "离线设备") == [1]
    assert values(places, "在线设备", place="F-hall") == [2]
    assert values(places, "离线设备", place="F-hall") == [0]
