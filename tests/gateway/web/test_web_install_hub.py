"""Installing on a whole hub at work: what is claimed is judged from then on, over a restart, and no file undoes it unasked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from parts import wait_until
from web_hub import REGISTRY, LivingHub

from gateway.hub import Hub
from gateway.journal.journal import Journal
from gateway.settings import Settings

CSV = {"content-type": "text/csv"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.fixture
def hub(folder: Path) -> Iterator[LivingHub]:
    made = LivingHub(folder)
    yield made
    made.close()


@pytest.fixture
def app(hub: LivingHub) -> FastAPI:
    return hub.app()


def gets(hub: LivingHub, app: FastAPI, path: str) -> Any:  # noqa: ANN401 any JSON
    answer = hub.asks(app, "GET", f"/api/v1{path}")
    assert answer.status == 200, answer.body
    return answer.json()


def posts(hub: LivingHub, app: FastAPI, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 any JSON
    cookie = {"cookie": hub.signed_in(app)} if "/install/" not in path else {}
    answer = hub.asks(app, "POST", f"/api/v1{path}", JSON | cookie, json.dumps(body).encode())
    assert answer.status in {200, 201}, answer.body
    return answer.json()


def test_what_is_claimed_is_heard_and_stays_and_no_file_undoes_it(
    hub: LivingHub, app: FastAPI, folder: Path
) -> None:
    (waiting,) = gets(hub, app, "/install/unclaimed")["unclaimed"]
    assert (waiting["device"], waiting["count"]) == ("nobody", 1)
    assert [one["reason"] for one in gets(hub, app, "/install/unclaimed")["unread"]] == ["bad_json"]
    claim = {"site": "lianhua", "device": "nobody", "kind": "motion", "room": "卧室"}
    claimed = posts(hub, app, "/install/places/H0002/claim", claim)
    assert claimed["again"]["replayed"] == 1
    assert gets(hub, app, "/install/unclaimed")["unclaimed"] == []
    points = {point["id"]: point for point in gets(hub, app, "/install/places/H0002")["points"]}
    assert points["nobody"]["heard_at"] is not None
    new = {"id": "h6-bed", "kind": "bed", "room": "卧室"}
    posts(hub, app, "/install/places/H0006/devices", new)
    points = {point["id"]: point for point in gets(hub, app, "/install/places/H0006")["points"]}
    assert points["h6-bed"]["heard_at"] is None, "it is registered, and was never heard"
    assert points["h6-pendant"]["heard_at"] is not None

    dry = hub.asks(app, "POST", "/api/v1/registry?dry_run=1", CSV, REGISTRY.encode()).json()
    assert sorted(change["en"] for change in dry["over_hand"]) == [
        "remove device h6-bed (H0006 bed): not in the file",
        "remove device nobody (H0002 motion): not in the file",
    ]
    refused = hub.asks(app, "POST", "/api/v1/registry", CSV, REGISTRY.encode())
    assert (refused.status, len(refused.json()["errors"])) == (422, 2)
    assert "nobody" in hub.hub.engine.world.devices

    hub.close()
    before = Journal(folder / "journal.sqlite")
    version = before.newest_world().version  # type: ignore[union-attr]
    before.close()
    asyncio.run(restarted(folder, version))
    hub.close = lambda: None  # type: ignore[method-assign]  # it is closed


async def restarted(folder: Path, version: int) -> None:
    again = Hub(Settings(hub={"data": folder, "disk_reserve_mb": 0}, http={"port": 0}))  # type: ignore[arg-type]
    await again.line.recover(again.definition())
    devices = again.engine.world.devices
    assert devices["nobody"].room == "卧室"
    assert devices["h6-bed"].key == "H0006"
    assert again.engine.world.version == version, "the journal knows this world already"
    await again.replays.close()
    await again.line.close()
    await again._close()
    again._listener.close()


def test_asked_to_the_file_is_the_whole_truth_again(hub: LivingHub, app: FastAPI) -> None:
    posts(hub, app, "/install/places/H0006/devices", {"id": "h6-bed", "kind": "bed", "room": "卧室"})
    done = hub.asks(app, "POST", "/api/v1/registry?over_hand=1", CSV, REGISTRY.encode())
    assert done.status == 200, done.body
    assert "h6-bed" not in hub.hub.engine.world.devices


def test_a_press_in_a_weekly_test_ticks_and_rings_and_is_closed_in_one_tap(
    hub: LivingHub, app: FastAPI
) -> None:
    begun = posts(hub, app, "/places/H0005/test", {"kind": "weekly"})["test"]
    hub.hub.point_watch.look()
    known = set(hub._known())
    press = {"type": "sos", "id": "weekly", "boot": "b", "seq": 99, "data": {}}
    hub.heard.says("care/v1/lianhua/h5-pendant/event", json.dumps(press).encode())
    wait_until(
        lambda: set(hub._known()) - known or hub.hub.point_watch.look(), what="the press is journalled"
    )
    hub.hub.point_watch.look()
    ticks = gets(hub, app, "/places/H0005/test")["ticks"]
    assert [(tick["device"], tick["said"]) for tick in ticks] == [("h5-pendant", "event.sos")]
    assert begun["since"] <= ticks[0]["at"]
    (point,) = [one for one in gets(hub, app, "/install/tests")["points"] if one["device"] == "h5-pendant"]
    assert (point["due"], point["testing"]) == (False, True)
    (alert,) = set(hub._known()) - known
    closed = posts(hub, app, f"/alerts/{alert}/test-passed", {})
    assert (closed["state"], closed["verdict"]) == ("closed", "test")


def test_what_a_rejected_device_goes_on_sending_is_swept_away(hub: LivingHub, app: FastAPI) -> None:
    rejecting = {"site": "lianhua", "device": "nobody", "reason": "邻居家的"}
    assert posts(hub, app, "/install/unclaimed/reject", rejecting) == {"dropped": 1}
    hub.heard.says("care/v1/lianhua/nobody/telemetry", b'{"m":{"motion":true}}')
    wait_until(lambda: any("nobody" in g.topic for g in hub.hub.quarantine.groups()), what="it is set aside")
    assert gets(hub, app, "/install/unclaimed")["unclaimed"] == []
    assert hub.does(hub.hub.sweep.sweep()) == 1
    assert not any("nobody" in group.topic for group in hub.hub.quarantine.groups())
