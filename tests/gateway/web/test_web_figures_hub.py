"""The figures of a living hub: sampled, written, and given by its port."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from web_hub import LivingHub

from gateway.figures_fleet import DeviceDays
from gateway.figures_kept.names import NAMES
from gateway.figures_kept.reading import FigureQuery, Point
from gateway.figures_kept.use import EVERY_MS
from gateway.health import warnings
from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import HOUR_MS

COMMUNITY = "福田区/莲花街道/莲花社区"
EVER = 4_000_000_000_000


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHub]:
    made = LivingHub(tmp_path_factory.mktemp("hub"))
    yield made
    made.close()


def asked(hub: LivingHub, *metrics: str, places: tuple[str, ...] = ()) -> list[Point]:
    return list(hub.does(hub.port.kept_figures(FigureQuery(metrics or sorted(NAMES), places, 0, EVER))))


async def keeps(hub: LivingHub) -> None:
    hub.hub.figures_keeper._present_at = hub.hub.figures_keeper._hourly_at = 0  # as if time had passed
    await hub.hub.figures_keeper.round()


def test_it_says_how_it_is_and_names_no_home(hub: LivingHub) -> None:
    said = {"in": 5, "out": 1, "occupancy": 4}
    body = json.dumps({"boot": "b", "seq": 1, "m": said}).encode()
    hub.heard.says("care/v1/lianhua/f1-counter/telemetry", body)
    hub.does(
        hub.hub.line.command(kind="count", alert="", by="", data={"people": "3"}, command_id="c", key="F01")
    )
    hub.does(keeps(hub))
    now = hub.hub.clock.now()
    (people,) = asked(hub, "use.people")
    assert (people.place, people.value) == ("F01", 3.0)
    assert now - EVERY_MS < people.at <= now
    assert people.at % EVERY_MS == 0
    told = {(one.metric, one.place, one.device): one for one in asked(hub)}
    homes = told["area.homes", COMMUNITY, "carehub"]
    assert (homes.value, homes.at) == (6.0, now // HOUR_MS * HOUR_MS)
    # One of the six has a motion sensor that has spoken, which nobody learns; the pendants may be counted.
    pendants = {
        name: told.get((f"fleet.{name}", COMMUNITY, "pendant")) for name in ("online", "silent", "devices")
    }
    assert {name: one.value for name, one in pendants.items() if one} == {
        "online": 6.0,
        "silent": 0.0,
        "devices": 6.0,
    }
    assert ("fleet.online", COMMUNITY, "motion") not in told
    assert told["device.online", "F01", "f1-counter"].value == 1.0
    assert told["heat.elders", COMMUNITY, "carehub"].value == 6.0
    assert {place for _, place, _ in told} <= {COMMUNITY, "F01", "hub"}


def test_its_own_figures_are_found_beside_them(hub: LivingHub) -> None:
    names = [
        f"hub.{name}" for name in ("received", "lag", "refused", "journal_mb", "outbox_waiting", "loop_lag_s")
    ]
    assert {point.metric for point in asked(hub, *names, places=("hub",))} == set(names)


def test_what_is_wrong_with_them_is_a_warning_and_in_the_metrics(hub: LivingHub) -> None:
    keeper = hub.hub.figures_keeper
    keeper.trouble = "it is away"
    assert "kept figures: it is away" in warnings(hub.hub)
    keeper.trouble = ""
    assert not any("figures" in said for said in warnings(hub.hub))
    names = {figure.name for figure in hub.port.figures()}
    assert names >= {"carehub_figures_kept_total", "carehub_figures_waiting", "carehub_figures_lost_total"}


def test_while_the_store_does_not_answer_the_hour_is_told_all_the_same(
    hub: LivingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_days: DeviceDays, _now: int) -> None:
        raise StoreUnavailable("it is away")

    before = hub.hub.figures_keeper.written
    monkeypatch.setattr(DeviceDays, "refresh", away)
    hub.does(keeps(hub))
    assert hub.hub.figures_keeper.written > before
