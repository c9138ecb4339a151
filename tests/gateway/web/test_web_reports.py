"""The routes that give reports: by permission and reach, as figures and as files, and never anybody's name."""

from __future__ import annotations

import io
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from typer.testing import CliRunner
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant, Reach
from gateway.cli import app as command
from gateway.operations import report_views
from gateway.operations.people import People
from gateway.operations.tables import Place
from gateway.reports.jobs import turn
from gateway.reports.rendering import MEDIA
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

HERE, ELSEWHERE = "福田区/莲花街道/莲花社区", "南山区/粤海街道/海珠社区"
NAME = {"name": "刘女士", "address": "7栋 702", "access_note": "", "capacity": None, "site": "s"}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    with Session(desk.engine) as session, session.begin():
        session.add(Place(id="R1", kind="home", path=f"{HERE}/一村", **NAME))
        session.add(Place(id="R2", kind="home", path=f"{ELSEWHERE}/一村", **NAME))
        session.add(Place(id="R-hall", kind="facility", path=ELSEWHERE, **(NAME | {"name": "海珠活动中心"})))
    desk.stores(
        "fall",
        "R1",
        raised_at=NOW - 60_000,
        active_at=NOW - 60_000,
        state="closed",
        verdict="true",
        closed_at=NOW,
    )
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def visitor(app: FastAPI, role: str, at: str) -> Visitor:
    people: People = app.state.context.people
    name = f"{role} {at}".strip()[-30:]
    people.add(name, PIN, grants=[Grant(role, at)])
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


def month(app: FastAPI) -> str:
    return f"{datetime.fromtimestamp(NOW / 1000, ZoneInfo(app.state.context.settings.zone)):%Y-%m}"


def ask(client: Visitor, kind: str, **query: Any) -> Any:  # noqa: ANN401 an answer
    return client.get(f"/api/v1/reports/{kind}", params=query)


def test_a_station_reads_its_own_report_and_no_other(app: FastAPI) -> None:
    client = visitor(app, "duty", HERE)
    told = ask(client, "station", period=month(app), at=HERE)
    assert told.status_code == 200, told.text
    assert told.json()["figures"]["alerts.life_safety"]["value"] >= 1
    assert "刘女士" not in told.text
    assert "702" not in told.text
    for other in (ELSEWHERE, "福田区", f"{HERE}/一村", ""):
        assert ask(client, "station", period=month(app), at=other).status_code == 404, other


def test_an_officer_reads_areas_in_cells_and_no_stations_list(app: FastAPI) -> None:
    client = visitor(app, "area", "福田区")
    told = ask(client, "area", period=month(app), at="福田区")
    assert told.status_code == 200, told.text
    assert told.json()["figures"]["alerts.life_safety"]["value"] in ("<5", "1–4")
    assert ask(client, "area", period=month(app)).status_code == 404, "all of it is more than a district"
    assert ask(client, "area", period=month(app), at=ELSEWHERE).status_code == 404
    assert ask(client, "station", period=month(app), at=HERE).status_code == 403


def test_a_property_manager_reads_facilities_within_reach(app: FastAPI) -> None:
    client = visitor(app, "property", ELSEWHERE)
    told = ask(client, "facility", period=month(app), place="R-hall")
    assert told.status_code == 200, told.text
    assert told.json()["figures"]["use.people_h"]["value"] is None
    elsewhere = visitor(app, "property", HERE)
    assert ask(elsewhere, "facility", period=month(app), place="R-hall").status_code == 404
    assert ask(client, "facility", period=month(app), place="R2").status_code == 404, "a home is no facility"


def test_what_there_is_to_report_on_lies_within_reach(app: FastAPI) -> None:
    found = visitor(app, "duty", HERE).get("/api/v1/reports").json()
    assert found["stations"] == [HERE]
    assert found["areas"] == []
    assert {one["path"].startswith(HERE) for one in found["facilities"]} <= {True}
    assert visitor(app, "property", ELSEWHERE).get("/api/v1/reports").json() == {
        "stations": [],
        "facilities": [{"id": "R-hall", "name": "海珠活动中心", "path": ELSEWHERE}],
        "areas": [],
    }
    everything = visitor(app, "admin", "").get("/api/v1/reports").json()
    assert everything["areas"][0] == ""
    assert {"福田区", "福田区/莲花街道", HERE} <= set(everything["areas"])


@pytest.mark.parametrize("form", ["xlsx", "csv", "html"])
def test_a_file_is_a_file_with_its_name(app: FastAPI, form: str) -> None:
    client = visitor(app, "admin", "")
    told = ask(client, "area", period=month(app), at=HERE, format=form, lang="en")
    assert told.status_code == 200, told.text
    assert told.headers["content-type"] == MEDIA[form]  # type: ignore[index]
    assert told.headers["content-disposition"].startswith("attachment; filename*=UTF-8''area_")
    assert f".en.{form}" in told.headers["content-disposition"]
    if form == "xlsx":
        assert (
            openpyxl.load_workbook(io.BytesIO(told.content)).worksheets[0]["A1"].value.startswith("莲花社区")
        )


@pytest.mark.parametrize("period", ["2026", "2999-01", "2026-02-31", "x" * 11, "2026-10-21"])
def test_what_is_no_period_is_refused(app: FastAPI, period: str) -> None:
    assert ask(visitor(app, "admin", ""), "area", period=period).status_code == 422


def test_while_another_report_is_made_it_says_so(app: FastAPI) -> None:
    client = visitor(app, "admin", "")
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with turn():
            held.set()
            go.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    try:
        told = ask(client, "area", period=month(app))
    finally:
        go.set()
        other.join()
    assert told.status_code == 409
    assert told.json()["reason"] == "busy_reports"


def test_the_command_asks_the_running_hub(desk: Desk, url: str, tmp_path: Path) -> None:
    config = tmp_path / "carehub.toml"
    config.write_text(f'[hub]\ndata = "{tmp_path / "none"}"\n', encoding="utf-8")
    period = f"{datetime.fromtimestamp(NOW / 1000, ZoneInfo('Asia/Shanghai')):%Y-%m}"
    more = [
        "--period",
        period,
        "--format",
        "csv",
        "-o",
        str(tmp_path / "out"),
        "--hub",
        url,
        "-c",
        str(config),
    ]
    done = CliRunner().invoke(command, ["report", "station", "--all", *more, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {one["at"] for one in told["reports"]} == set(
        report_views.stations_within(desk.engine, Reach(("",)))
    )
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == sorted(Path(file).name for one in told["reports"] for file in one["files"])
    refused = CliRunner().invoke(command, ["report", "area", "--at", "哪里", *more])
    assert refused.exit_code == 2
    assert "no such part" in refused.stderr
