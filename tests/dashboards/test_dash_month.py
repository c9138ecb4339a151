"""Every query of every dashboard, filled in as Grafana does, asked of a real InfluxDB with a month that the hub wrote."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from asking import ASKED, PAGES, Places
from parts import Influx

from dashboards.filling import Chosen, asked_by
from gateway.alerts.cells import cell
from gateway.bench.influx_proxy import InfluxProxy
from gateway.figures import about_itself
from gateway.figures_kept.names import NAMES
from gateway.figures_kept.saying import Saying
from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_figures import InfluxFigures

if TYPE_CHECKING:
    from simulated_month import Month

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PREFIX = "dashboards_"
HALL, OTHER_HALL = "A-F-hall", "B-F-hall"
COMMUNITY, OTHER = "福田区/莲花街道/莲花社区", "福田区/莲花街道/景田社区"
CHOICES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "all": {},
    "one": {"place": [HALL], "street": ["福田区/莲花街道"], "community": [COMMUNITY]},
    "two": {
        "place": [HALL, OTHER_HALL],
        "street": ["福田区/莲花街道", "福田区/梅林街道"],
        "community": [COMMUNITY, OTHER],
    },
}
RAW = {
    "occupancy",
    "in",
    "out",
}  # of what counters send; the rest of devices is shown by the hub's own hourly figures


@pytest.fixture(scope="module")
def places(influxd: Influx, month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    from simulated_month import write_month  # noqa: PLC0415 as the fixture: it knows half of the house

    with InfluxProxy(influxd.url, prefix=PREFIX) as proxy:
        cursor = tmp_path_factory.mktemp("cursor") / "cursor"
        store = InfluxStore(url=proxy.url, org="carehub", token="any", cursor_file=cursor)
        figures = InfluxFigures(store)
        write_month(month, store, figures)
        figures.write(eventful(month.end).points)
        store.close()
        yield Places(influxd.url, f"{PREFIX}care_places")


def eventful(end: int) -> Saying:
    """What a quiet month need not hold and annotations look for: a flood of alerts, and an hour that was unusual."""
    said = Saying()
    for community in (COMMUNITY, OTHER):
        said.shown("duty_1d.floods", community, end - 2 * DAY_MS, 2, of=[cell(12)])
    for hall in (HALL, OTHER_HALL):
        said.facility("use_1h.unusual", hall, end - 30 * HOUR_MS, 1)
    return said


def test_every_query_returns_rows(places: Places, month: Month) -> None:
    """One test for all: each worker that has one of many would make a month of its own."""
    empty = []
    for (page, content), (choice, variables) in product(PAGES.items(), CHOICES.items()):
        for asked in asked_by(content):
            one = {**variables, "place": [HALL]} if asked.repeated else variables
            if not places.rows(asked, Chosen(month.begin, month.end, one)):
                empty.append(f"{page} {choice} {asked.kind} {asked.where}: {asked.text}")
    assert not empty, "asked for what the hub never wrote:\n" + "\n".join(empty)


def test_the_last_week_shows_as_well(places: Places, month: Month) -> None:
    chosen = Chosen(month.end - 7 * DAY_MS, month.end)
    empty = [one.where for one in ASKED if not one.repeated and not places.rows(one, chosen)]
    assert not empty


def test_what_is_asked_for_is_what_the_hub_writes_and_all_of_that_is_shown() -> None:
    asked = {name for one in ASKED for name in re.findall(r'FROM "([^"]+)"', one.text)}
    own = set(re.findall(r'"(hub\.\w+)"', inspect.getsource(about_itself)))
    assert asked == documented() | RAW
    assert asked == set(NAMES) | own | RAW


def test_the_month_holds_every_figure_without_what_was_added_to_it(month: Month) -> None:
    assert {point.metric for point in month.points} == set(NAMES)


def documented() -> set[str]:
    """The names in the first column of the table of figures in docs/stored.md."""
    text = (Path(__file__).parents[2] / "docs/stored.md").read_text(encoding="utf-8")
    found: set[str] = set()
    for line in text.splitlines():
        cells = line.split("|")
        names = re.findall(r"`([\w.]+)`", cells[1]) if len(cells) > 2 else []
        if names and "." in names[0] and not names[0].startswith("."):
            family = names[0].split(".")[0]
            found |= {names[0], *(family + name for name in names[1:] if name.startswith("."))}
    return found


def test_the_variables_offer_facilities_streets_and_communities_and_no_home(
    places: Places, month: Month
) -> None:
    offered = {
        asked.where: {row[-1] for row in places.rows(asked, Chosen(month.begin, month.end))}
        for asked in ASKED
        if asked.kind == "variable"
    }
    assert {"A-F-hall", "B-F-hall", "C-F-hall"} <= offered["place"]
    assert {COMMUNITY, OTHER} < offered["community"]
    street = next(one for one in PAGES["area"]["templating"]["list"] if one["name"] == "street")
    cut = re.compile(street["regex"].strip("/").replace("\\/", "/"))
    assert {cut.match(path)[1] for path in offered["street"]} == {"福田区/莲花街道", "福田区/梅林街道"}  # type: ignore[index]
    for values in offered.values():
        assert not values & (month.homes | {"hub"})


def test_grafanas_bucket_holds_no_home_and_no_device_of_one(places: Places, month: Month) -> None:
    for tag, kept in (("place", month.homes), ("device", month.home_devices)):
        found = {
            row[1] for series in places.ask(f'SHOW TAG VALUES WITH KEY = "{tag}"') for row in series["values"]
        }
        assert found
        assert kept
        assert not found & kept
