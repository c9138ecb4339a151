"""After a simulated month with homes: nothing in what Grafana reads names one of them, or counts 1 to 4 of what is theirs."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from parts import Influx
from simulated_month import TOWNS, Month, write_month

from gateway.bench.influx_proxy import InfluxProxy
from gateway.figures_kept.names import NAMES, about
from gateway.keeping import ON_OFF, figures_of
from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_keeping import InfluxKeeping
from gateway.store.summaries import HOUR_MS

PREFIX = "private_"
FEW = TOWNS[2][1]  # a community of three homes
SAMPLED_HOURS = (1, 5, 30)  # before the end: whose summaries are made in the buckets for them
TAGS = 'SHOW TAG VALUES WITH KEY IN ("place", "device")'


@pytest.fixture(scope="module")
def told(influxd: Influx, month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with InfluxProxy(influxd.url, prefix=PREFIX) as proxy:
        folder = tmp_path_factory.mktemp("cursor")
        store = InfluxStore(url=proxy.url, org="carehub", token="any", cursor_file=Path(folder / "cursor"))
        write_month(month, store, figures_of(store))
        keeping = InfluxKeeping(store, on_off=ON_OFF)
        for hours in SAMPLED_HOURS:
            for home in (True, False):
                keeping.summarise_hour(month.end - hours * HOUR_MS, home=home)
        store.close()
        yield influxd


def ask(influxd: Influx, bucket: str, influxql: str) -> list[dict[str, Any]]:
    form = urllib.parse.urlencode({"db": f"{PREFIX}{bucket}", "epoch": "ms", "q": influxql}).encode()
    with urllib.request.urlopen(f"{influxd.url}/query", data=form) as answer:  # noqa: S310 our own loopback part
        result = json.load(answer)["results"][0]
    assert "error" not in result, f"{influxql}\n{result['error']}"
    return list(result.get("series", []))


def words(told: Influx, bucket: str) -> set[str]:
    """Every word in it: measurements, tags, texts."""
    found = {row[0] for one in ask(told, bucket, "SHOW MEASUREMENTS") for row in one["values"]}
    found |= {row[1] for one in ask(told, bucket, TAGS) for row in one["values"]}
    for name in ("text", "quality", "boot"):
        series = ask(told, bucket, f'SELECT distinct("{name}") FROM /.*/')  # noqa: S608 our own words
        found |= {row[1] for one in series for row in one["values"]}
    return found


@pytest.mark.parametrize("bucket", ["care_places", "care_places_summary"])
def test_no_home_and_no_device_of_one_is_named(told: Influx, month: Month, bucket: str) -> None:
    named = words(told, bucket)
    assert len(named) > 10
    for word in named:
        assert word not in month.homes
        assert word not in month.home_devices
        assert not any(home in word for home in month.homes), word


def test_homes_are_where_they_belong(told: Influx, month: Month) -> None:
    """The test above can fail: the same question finds them in the bucket of homes."""
    for bucket in ("care_homes", "care_homes_summary"):
        assert words(told, bucket) & month.homes
        assert words(told, bucket) & month.home_devices


def test_no_count_of_one_to_four_stands_there(told: Influx) -> None:
    counts = [metric for metric in NAMES if about(metric) == "count"]
    found = set()
    for metric in counts:
        series = ask(told, "care_places", f'SELECT "value" FROM "{metric}"')  # noqa: S608 same
        values = {row[1] for one in series for row in one["values"]}
        assert not {value for value in values if 0 < value < 5}, metric
        found |= values
    assert max(found) >= 5
    assert (
        ask(told, "care_places", 'SELECT "value" FROM "hub.alerts_open" WHERE "value" > 0 AND "value" < 5')
        == []
    )


def test_of_a_community_of_three_homes_nobody_learns_that_there_are_three(told: Influx) -> None:
    where = f"WHERE \"place\" = '{FEW}'"
    names = {
        row[0] for one in ask(told, "care_places", f"SHOW MEASUREMENTS {where}") for row in one["values"]
    }
    assert "area.stations" in names
    assert not names & {"area.homes", "heat.elders"}
    pendants = f"{where} AND \"device\" = 'pendant'"
    assert all(
        row[1] == 0
        for name in ("devices", "online", "silent", "battery_low")
        for one in ask(told, "care_places", f'SELECT "value" FROM "fleet.{name}" {pendants}')  # noqa: S608 our own words
        for row in one["values"]
    )


def test_nothing_is_there_that_is_not_in_the_table(told: Influx, month: Month) -> None:
    """Each measurement is one that the page names, or a facility's device has sent it."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "stored.md").read_text(encoding="utf-8")
    for name in NAMES:
        family, _, rest = name.partition(".")
        line = next(
            (
                line
                for line in page.splitlines()
                if line.startswith("|") and f"`{family}." in line and f".{rest}`" in line
            ),
            "",
        )
        assert line, f"docs/stored.md does not name {name}"
    measurements = {row[0] for one in ask(told, "care_places", "SHOW MEASUREMENTS") for row in one["values"]}
    sent = {metric for rows in month.readings for metric in rows.metric.words}  # type: ignore[attr-defined]
    assert measurements <= set(NAMES) | sent
    assert set(NAMES) - measurements <= {"use_1h.unusual"}
