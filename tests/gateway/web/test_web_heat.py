"""The heat map: whole communities within reach, no small count, no home, on any way in; what comes in is checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.duty.plan import Desk as DutyDesk
from gateway.duty.plan import Plan, Shift
from gateway.operations.people import People
from gateway.operations.tables import Place, Visit
from gateway.web.app import create_app
from gateway.web.settings import WebSettings
from rules.local_time import Window

DAY = 86_400_000
LIANHUA, XIANGMI, HAIYUE = "福田区/莲花街道/莲花社区", "福田区/香蜜街道/香蜜社区", "南山区/粤海街道/海月社区"
SQUARE = [[114.05, 22.55], [114.06, 22.55], [114.06, 22.56], [114.05, 22.56], [114.05, 22.55]]
WORKDAYS = Window(from_time="08:00", to_time="18:00", days="workdays")
PLAN = Plan(
    desks=(
        DutyDesk(
            id="lianhua", name="莲花站", serves="care", at=LIANHUA, console=True, shifts=(Shift(WORKDAYS),)
        ),
        DutyDesk(id="centre", name="街道中心", serves="care", at="福田区/莲花街道"),
        DutyDesk(id="guard", name="门岗", serves="property", at=XIANGMI),
    )
)


def place(name: str, path: str, kind: str = "home", capacity: int | None = None) -> Place:
    return Place(
        id=name, kind=kind, site="x", path=path, name="赵先生", address="9栋909", capacity=capacity, access_note=""
    )  # fmt: skip


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """莲花 has a station, a hall and three homes; 香蜜 seven homes and no station; 海月 one home in another district."""
    with Session(desk.engine) as session, session.begin():
        session.add_all([place(f"X{number}", f"{XIANGMI}/一村") for number in range(7)])
        session.add(place("N1", f"{HAIYUE}/海月花园"))
        session.add_all(
            [
                Visit(id=f"v{number}", place_id="X0", path=f"{XIANGMI}/一村", at=NOW - 2 * DAY, by="李敏", kind="home", note="")
                for number in range(6)
            ]
        )  # fmt: skip
        session.add(
            Visit(id="today", place_id="X0", path=f"{XIANGMI}/一村", at=NOW, by="李敏", kind="home", note="")
        )
        desk.duty.put_in_force(session, desk.duty.keep(PLAN), NOW)
    for _ in range(9):
        desk.stores("fall", "X0", raised_at=NOW - 2 * DAY, active_at=NOW - 2 * DAY)
    desk.stores("fall", "X1", raised_at=NOW - 20 * DAY, active_at=NOW - 20 * DAY)
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def coming_in(app: FastAPI, at: str, role: str = "area") -> Visitor:
    people: People = app.state.context.people
    name = f"{role} {at or '全部'}"[-30:]
    if name not in people.names():
        people.add(name, PIN, grants=[Grant(role, at)])
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


def heat(client: Visitor, **query: str) -> dict[str, dict[str, Any]]:
    answer = client.get("/api/v1/heat", params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {one["path"]: one for one in [*found["communities"], found["together"]]}


def a_file(**shapes: Any) -> str:  # noqa: ANN401 a shape of GeoJSON
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {"path": path}, "geometry": shape}
                for path, shape in shapes.items()
            ],
        }
    )


def brings(client: Visitor, text: str, **query: str) -> Any:  # noqa: ANN401 a response
    return client.post(
        "/api/v1/heat/geometry",
        content=text.encode(),
        params=query,
        headers={"content-type": "application/geo+json"},
    )


def test_demand_over_supply(app: FastAPI) -> None:
    told = heat(coming_in(app, "福田区"))
    lianhua, xiangmi, together = told[LIANHUA], told[XIANGMI], told[""]
    assert (lianhua["elders"]["shown"], xiangmi["elders"]["shown"]) == ("<5", "7")
    assert xiangmi["alerts"]["shown"] == "10–13", (
        "nine of the last week, and of the weeks before fewer than five"
    )
    assert (lianhua["visits"]["shown"], xiangmi["visits"]["shown"]) == ("0", "6"), (
        "what is of today is not told today"
    )
    assert (lianhua["stations"]["shown"], xiangmi["stations"]["shown"]) == ("1", "0"), "a guard is no station"
    assert lianhua["hours"]["shown"] == "50", "five working days of ten hours"
    assert (lianhua["seats"]["shown"], xiangmi["seats"]["state"]) == ("40", "missing")
    assert (lianhua["ratio"]["shown"], lianhua["ratio"]["state"]) == ("<5", "few")
    assert (xiangmi["ratio"]["shown"], xiangmi["ratio"]["state"]) == ("", "no_service")
    assert (together["elders"]["shown"], together["stations"]["shown"], together["seats"]["state"]) == (
        "8–11",
        "1",
        "missing",
    )
    per_seat = heat(coming_in(app, "福田区"), demand="alerts", supply="seats")
    assert per_seat[LIANHUA]["ratio"]["shown"] == "0"


def test_a_hub_without_a_duty_plan_knows_no_stations(app: FastAPI, desk: Desk) -> None:
    with Session(desk.engine) as session, session.begin():
        desk.duty.put_in_force(session, desk.duty.keep(Plan(heeds_hearing=False)), NOW + 1)
    told = heat(coming_in(app, "福田区"))
    assert (told[LIANHUA]["stations"]["state"], told[LIANHUA]["hours"]["state"]) == ("missing", "missing")
    assert told[LIANHUA]["ratio"]["state"] == "missing", "not known is not 0"
    text = coming_in(app, "福田区").get("/heat").text
    assert '<option value="seats" selected>' in text, "the page begins with what is known"


def test_only_whole_communities_within_reach_are_told_on_any_way(app: FastAPI) -> None:
    outline, point = (
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "Point", "coordinates": [113.9, 22.5]},
    )
    assert brings(Visitor(app), a_file(**{XIANGMI: outline, HAIYUE: point})).status_code == 200, (
        "a program may"
    )
    officer = coming_in(app, LIANHUA)
    assert [path for path in heat(officer) if path] == [LIANHUA]
    assert not [path for path in heat(coming_in(app, f"{LIANHUA}/莲花二村")) if path], (
        "a part would tell the rest"
    )
    for path in (
        "/heat", "/heat?show=supply&lang=en", "/heat?demand=alerts&supply=seats", "/api/v1/heat", "/api/v1/heat.geojson",
        "/api/v1/heat.geojson?demand=visits&path=" + XIANGMI, "/heat?place=" + HAIYUE,
    ):  # fmt: skip
        answer = officer.get(path)
        assert answer.status_code == 200, path
        for other in ("香蜜", "海月", "114.05", "113.9"):
            assert other not in answer.text.replace(path.rpartition("=")[2], ""), (path, other)
    for path in ("/heat", "/api/v1/heat", "/api/v1/heat.geojson"):
        answer = coming_in(app, "福田区").get(path)
        for secret in ("赵先生", "王女士", "9栋", "H0001", "X0", "疑似跌倒"):
            assert secret not in answer.text, (path, secret)
        assert coming_in(app, "福田区", "property").get(path).status_code == 403
        assert coming_in(app, "福田区", "duty").get(path).status_code == 403


def test_what_is_typed_is_within_reach(app: FastAPI) -> None:
    officer = coming_in(app, "福田区/香蜜街道")
    told = officer.post(
        "/api/v1/heat/communities", json={"path": XIANGMI, "seats": 30, "longitude": 114.0, "latitude": 22.5}
    )
    assert told.status_code == 200, told.text
    assert told.json() == {
        "path": XIANGMI,
        "seats": 30,
        "longitude": 114.0,
        "latitude": 22.5,
        "boundary": False,
    }
    assert heat(officer, supply="seats")[XIANGMI]["ratio"]["shown"] == "0.23"
    only = officer.post(
        "/api/v1/heat/communities", json={"path": XIANGMI, "longitude": 114.1, "latitude": 22.5}
    )
    assert only.json()["seats"] == 30, "what is left out stays"
    for path in (
        LIANHUA,
        HAIYUE,
        "福田区/香蜜街道/没有社区",
        "福田区/香蜜街道",
        XIANGMI + "/一村",
        "",
        "福田区/香蜜街道/../莲花",
    ):
        refused = officer.post("/api/v1/heat/communities", json={"path": path, "seats": 1})
        assert (refused.status_code, refused.json()["reason"]) == (404, "unknown_community"), path
    half = officer.post("/api/v1/heat/communities", json={"path": XIANGMI, "longitude": 114.0})
    assert half.status_code == 422
    assert (
        Visitor(app).post("/api/v1/heat/communities", json={"path": XIANGMI, "seats": 1}).status_code == 401
    ), "by whom?"
    assert heat(officer)[XIANGMI]["seats"]["shown"] == "30"


def test_a_file_of_outlines(app: FastAPI) -> None:
    admin, officer = coming_in(app, "", "admin"), coming_in(app, "福田区")
    shape = {"type": "Polygon", "coordinates": [SQUARE[::-1]]}
    assert brings(officer, a_file(**{LIANHUA: shape})).status_code == 403
    assert brings(coming_in(app, "福田区", "admin"), a_file(**{LIANHUA: shape})).status_code in {403, 404}, (
        "the whole tree"
    )
    tried = brings(admin, a_file(**{LIANHUA: shape}), dry_run="1")
    assert tried.json()["kept"] == 1
    assert officer.get("/api/v1/heat.geojson").json()["features"][0]["geometry"] is None, "it was only tried"
    done = brings(admin, a_file(**{LIANHUA: shape, "a/b/c": None}))
    assert done.json() == {"ok": True, "kept": 1, "forgotten": 1, "turned": 1, "unknown": ["a/b/c"]}
    told = officer.get("/api/v1/heat.geojson")
    assert told.headers["content-type"] == "application/geo+json"
    first, second = told.json()["features"]
    assert first["geometry"] == {"type": "Polygon", "coordinates": [SQUARE]}, "turned against the clock"
    assert (second["geometry"], second["properties"]["ratio"], second["properties"]["ratio_low"]) == (
        None,
        "无服务",
        None,
    )
    assert (
        first["properties"]["elders"],
        first["properties"]["elders_low"],
        first["properties"]["elders_high"],
    ) == ("<5", 1, 4)
    point = {"path": LIANHUA, "longitude": 114.0, "latitude": 22.5}
    refused = officer.post("/api/v1/heat/communities", json=point)
    assert (refused.status_code, refused.json()["reason"]) == (409, "has_outline")
    wrong = brings(admin, a_file(**{LIANHUA: {"type": "Point", "coordinates": [22.5, 114.0]}}))
    assert wrong.status_code == 422
    assert "latitude comes first" in wrong.json()["errors"][0]
    assert officer.get("/heat").text.count("choropleth") == 1
    brings(admin, a_file(**{LIANHUA: None}))
    assert "choropleth" not in officer.get("/heat").text


def test_an_officer_looks_and_types_on_a_phone(desk: Desk, app: FastAPI, stranger: Page, url: str) -> None:
    People(desk.engine).add("赵琳", PIN, grants=[Grant("area", "福田区")])
    stranger.request.post(url + "/api/v1/signin", data={"name": "赵琳", "pin": PIN})
    stranger.goto(url + "/heat")
    expect(stranger.locator(".squares .no-service")).to_contain_text("无服务")
    stranger.get_by_label("看什么").select_option("demand")
    stranger.get_by_role("button", name="显示").click()
    expect(stranger.locator("#heat-what")).to_have_text("服务户数")
    expect(stranger.locator(".squares li").first).to_contain_text("<5")
    stranger.get_by_text("填写座位和位置").click()
    stranger.locator("summary", has_text="香蜜社区").click()
    form = stranger.locator(f'form[data-path="{XIANGMI}"]')
    form.get_by_label("另有座位").fill("35")
    form.get_by_label("经度").fill("114.03")
    form.get_by_label("纬度").fill("22.54")
    form.get_by_role("button", name="保存").click()
    expect(stranger.locator("svg.choropleth g > circle")).to_have_count(1)
    # The page is loading anew: it fits once its style is there.
    stranger.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
