"""Facilities over HTTP: who sees what, how a number is put right, what is set, and what everybody may see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from facility_cases import Hall, five_weeks
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from sqlalchemy import delete
from sqlalchemy.orm import Session
from web_desk import CHEAP, NOW, PIN, Visitor, free_port, served
from web_facilities import COUNTER, HALL
from web_hub import REGISTRY, LivingHub

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.operations.tables import Granted, Place
from gateway.web.app import create_app
from gateway.web.port import UnavailableError
from gateway.web.settings import WebSettings

ONE = "/api/v1/facilities/F01"
HERE = "福田区/莲花街道/莲花社区"
OPEN = {
    "workdays": {"from_time": "08:30", "to_time": "17:30"},
    "weekends_and_holidays": {"from_time": "09:00", "to_time": "16:00"},
}


@pytest.fixture
def desk(tmp_path: Path, settled: Path) -> Iterator[Hall]:
    shutil.copy(settled, tmp_path / "operations.db")
    made = Hall(tmp_path)
    made.heads["F01"] = HALL
    made.hours = five_weeks(until=NOW - 2 * 3_600_000)
    with Session(made.engine) as session, session.begin():
        session.execute(delete(Granted))
        elsewhere = Place(
            id="F09", kind="facility", site="other", path="福田区/香蜜湖街道/香蜜社区/香蜜一村", name="棋牌室", address="",
            capacity=20, access_note="",
        )  # fmt: skip
        session.add(elsewhere)
    people = People(made.engine, CHEAP)
    people.add("林经理", PIN, grants=[Grant("property", HERE)])
    people.add("周街道", PIN, grants=[Grant("area", HERE)])
    yield made
    made.engine.dispose()


@pytest.fixture
def app(desk: Hall) -> FastAPI:
    return create_app(desk, WebSettings(port=free_port()), wall_ms=lambda: NOW)


def signed_in(app: FastAPI, name: str) -> Visitor:
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


@pytest.fixture
def manager(app: FastAPI) -> Visitor:
    return signed_in(app, "林经理")


# who sees what


def test_a_list_has_a_line_a_place_within_reach_and_nobody_in_it(desk: Hall, manager: Visitor) -> None:
    desk.stores("fall", "H0001")
    found = manager.get("/api/v1/facilities").json()["facilities"]
    assert [
        (one["id"], one["people"], one["lower"], one["upper"], one["capacity"], one["fullness"])
        for one in found
    ] == [("F01", 43, 40, 46, 40, "over")]
    page = manager.get("/facilities").text
    assert "长者活动室" in page
    assert "棋牌室" not in page
    for text in (page, manager.get("/facilities/F01").text, manager.get(ONE).text):
        assert not any(secret in text for secret in ("王女士", "3栋1201", "陈静", "疑似跌倒", "H0001"))


def test_a_page_says_that_a_counter_is_stood_in_for(desk: Hall, manager: Visitor) -> None:
    said = "这段时间按它往常的人数推算"
    assert said not in manager.get("/facilities/F01").text
    desk.heads["F01"] = replace(HALL, lower=31, upper=58, widened=True)
    assert said in manager.get("/facilities/F01").text
    assert manager.get(ONE).json()["widened"]
    desk.heads["F01"] = replace(HALL, lower=0, upper=None)
    assert said not in manager.get("/facilities/F01").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/facilities/F09", 404), ("/facilities/F09", 404), ("/facilities/F09/use", 404),
        ("/api/v1/facilities/H0001", 404), ("/facilities/H0001", 404), ("/api/v1/facilities/H0001/use", 404),
        ("/api/v1/facilities/none", 404), ("/places/H0001", 403), ("/api/v1/places/H0001", 403), ("/api/v1/alerts", 403),
    ],
)  # fmt: skip
def test_a_property_manager_gets_no_home_and_nothing_from_elsewhere(
    manager: Visitor, path: str, status: int
) -> None:
    assert manager.get(path).status_code == status


def test_who_may_only_read_sets_nothing(desk: Hall, app: FastAPI) -> None:
    reader = signed_in(app, "周街道")
    assert 'data-act="count"' not in reader.get("/facilities/F01").text
    for what, body in (("count", {"people": 3}), ("setting", {"public": True}), ("operators", {"name": "x"})):
        assert reader.post(f"{ONE}/{what}", json=body).status_code == 403
    assert Visitor(app).post(f"{ONE}/count", json={"people": 3}).status_code == 401
    assert desk.commands == []


# the number is put right


def test_the_true_number_is_a_command_and_shown_with_who_and_when(desk: Hall, manager: Visitor) -> None:
    done = manager.post(f"{ONE}/count", json={"people": 31}).json()
    assert (done["people"], done["lower"], done["upper"], done["fullness"]) == (31, 31, 31, "near")
    assert done["corrections"] == [{"at": NOW, "by": "林经理", "people": 31, "before": 43}]
    assert (done["devices"][0]["entered"], done["devices"][0]["own"]) == (61, 43)
    assert [(asked["kind"], asked["data"]) for asked in desk.commands] == [
        ("count", {"people": "31", "before": "43"})
    ]
    assert "林经理" in manager.get("/facilities/F01").text


def test_a_repeat_under_the_same_key_counts_once(desk: Hall, manager: Visitor) -> None:
    for _ in range(2):
        manager.post(f"{ONE}/count", json={"people": 31}, headers={"Idempotency-Key": "k"})
        desk.becomes(hub_now_ms=NOW + 60_000)
    assert len(manager.get(ONE).json()["corrections"]) == 1


@pytest.mark.parametrize("people", [-1, 100_001, 4.5, "43", None, True])
def test_a_number_that_is_none_is_refused(manager: Visitor, people: object) -> None:
    assert manager.post(f"{ONE}/count", json={"people": people}).status_code == 422


def test_where_nobody_counts_there_is_nothing_to_put_right(desk: Hall, manager: Visitor) -> None:
    desk.heads.clear()
    assert manager.post(f"{ONE}/count", json={"people": 3}).json()["reason"] == "no_counter"
    assert "无数据" in manager.get("/facilities").text


def test_a_dead_counter_says_nothing_rather_than_something_wrong(desk: Hall, manager: Visitor) -> None:
    assert manager.get(ONE).json()["fullness"] == "over"
    desk.stores(
        "gateway_lost" if False else "fall", "F01", kind="device", device_id="f1-counter", room="正门"
    )
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alert SET rule = 'counter_dead' WHERE place_id = 'F01'")
    found = manager.get(ONE).json()
    assert (found["upper"], found["fullness"], found["devices"][0]["care"]) == (None, "unknown", ["dead"])
    assert manager.get("/api/v1/facilities").json()["facilities"][0]["fullness"] == "unknown"


def test_a_silent_device_needs_care(desk: Hall, manager: Visitor) -> None:
    desk.heads["F01"] = replace(
        HALL, people=None, lower=None, upper=None, devices=(replace(COUNTER, silent=True),)
    )
    found = manager.get(ONE).json()
    assert (found["people"], found["fullness"], found["devices"][0]["care"]) == (None, "unknown", ["silent"])


# capacity and hours


def test_capacity_and_hours_are_set_and_the_rules_are_told(desk: Hall, manager: Visitor) -> None:
    done = manager.post(f"{ONE}/setting", json={"capacity": 60, "hours": OPEN}).json()
    assert (done["capacity"], done["fullness"], done["opens"], done["open"]) == (
        60,
        "near",
        ["09:00–16:00"],
        True,
    )
    assert (done["set_by"], done["set_at"], desk.worlds_changed) == ("林经理", NOW, 1)
    only = manager.post(f"{ONE}/setting", json={"public": True}).json()
    assert (only["capacity"], only["public"], only["opens"]) == (60, True, ["09:00–16:00"])
    none = manager.post(f"{ONE}/setting", json={"capacity": None, "hours": None}).json()
    assert (none["capacity"], none["fullness"], none["opens"], none["open"]) == (
        None,
        "unlimited",
        None,
        None,
    )
    shut = manager.post(f"{ONE}/setting", json={"hours": {"workdays": OPEN["workdays"]}}).json()
    assert (shut["opens"], shut["open"]) == ([], False)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"capacity": 0}, {"capacity": 100_001}, {"capacity": "60"}, {"public": "yes"}, {"more": 1},
        {"hours": {"workdays": {"from_time": "8:30", "to_time": "17:30"}}},
        {"hours": {"workdays": {"from_time": "08:30", "to_time": "08:30"}}},
        {"hours": {"workdays": {"from_time": "08:30", "to_time": "25:00"}}},
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(desk: Hall, manager: Visitor, body: dict[str, Any]) -> None:
    assert manager.post(f"{ONE}/setting", json=body).status_code == 422
    assert desk.commands == []


# today, the week, the month


def test_today_stands_beside_what_is_usual(manager: Visitor) -> None:
    rhythm = manager.get(f"{ONE}/hours").json()
    today = {one["hour"]: (one["people"], one["usual"]) for one in rhythm["today"]}
    assert (today[10], today[11], today[15]) == ((25.0, 25.0), (38.0, 38.0), (None, 40.0))
    assert {"weekday": 2, "hour": 15, "people": 40.0} in rhythm["week"]
    page = manager.get("/facilities/F01").text
    assert '<rect class="bar-today"' in page
    assert 'class="heat-4"' in page


def test_a_store_that_is_away_takes_only_the_history_along(desk: Hall, manager: Visitor) -> None:
    desk.away = UnavailableError("the store is away")
    page = manager.get("/facilities/F01")
    assert page.status_code == 200
    assert "历史数据暂时读不到" in page.text
    assert manager.get(f"{ONE}/hours").status_code == 503


def test_the_statement_of_an_operator_has_its_room_and_no_zero_for_what_is_not_known(
    desk: Hall, manager: Visitor
) -> None:
    manager.post(
        f"{ONE}/operators", json={"name": "康宁服务社", "room": "正门", "area_m2": 120, "hours_per_month": 80}
    )
    added = manager.post(f"{ONE}/operators", json={"name": "夕阳红艺术团", "room": "二楼"}).json()
    assert {one["name"] for one in added["operators"]} == {"夕阳红艺术团", "康宁服务社"} or len(
        added["operators"]
    ) == 2
    uses = {one["name"]: one for one in manager.get(f"{ONE}/use").json()["operators"]}
    assert uses["夕阳红艺术团"]["use"]["in_use_h"] is None
    assert uses["康宁服务社"]["use"]["in_use_h"] == 22 * 8 + 5
    page = manager.get("/facilities/F01/use").text
    assert page.count("无数据") >= 4
    gone = next(one["id"] for one in added["operators"] if one["name"] == "夕阳红艺术团")
    desk.becomes(hub_now_ms=NOW + 1)
    left = manager.delete(f"{ONE}/operators/{gone}").json()
    assert [one["name"] for one in left["operators"]] == ["康宁服务社"]
    assert len(manager.get(f"{ONE}/use").json()["operators"]) == 2, "who left this month is in its statement"
    assert manager.delete(f"/api/v1/facilities/F09/operators/{gone}").status_code == 404


@pytest.mark.parametrize("month", ["2025-12", "2020-01", "2025-13", "x", "20250"])
def test_a_month_that_has_no_statement_is_refused(manager: Visitor, month: str) -> None:
    assert manager.get(f"{ONE}/use?month={month}").status_code == 422


def test_a_month_before_anything_was_counted_is_no_data(manager: Visitor) -> None:
    assert manager.get(f"{ONE}/use?month=2025-08").json()["use"]["people_h"] is None


# everybody


def test_the_public_page_is_off_until_it_is_switched_on_and_off_is_as_unknown(
    app: FastAPI, manager: Visitor
) -> None:
    anybody = Visitor(app)
    off, unknown = anybody.get("/p/F01"), anybody.get("/p/nothing-there")
    assert (off.status_code, off.content, dict(off.headers)) == (404, unknown.content, dict(unknown.headers))
    assert anybody.get("/p/H0001").content == off.content
    manager.post(f"{ONE}/setting", json={"capacity": 60, "public": True, "hours": OPEN})
    shown = anybody.get("/p/F01")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "public, max-age=60")
    assert "set-cookie" not in anybody.get("/p/F01?lang=en").headers
    assert "长者活动室" in shown.text
    assert "较满" in shown.text
    assert "<script" not in shown.text
    assert not any(number in shown.text for number in ("43", "40–46", "60"))
    assert "Busy" in anybody.get("/p/F01?lang=en").text
    manager.post(f"{ONE}/setting", json={"public": False})
    assert anybody.get("/p/F01").content == off.content


# in a browser


def test_the_true_number_in_three_touches_on_a_phone(desk: Hall, app: FastAPI, browser: Browser) -> None:
    with (
        served(app, desk) as url,
        browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN") as context,
    ):
        came_in = httpx.post(f"{url}/api/v1/signin", json={"name": "林经理", "pin": PIN})
        for name, value in came_in.cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/facilities")
        page.get_by_text("长者活动室").click()
        expect(page.locator(".live .count")).to_have_text("43")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_text("人数不对").click()
        page.get_by_label("现在实际有几人").fill("31")
        page.get_by_role("button", name="更正人数").click()
        expect(page.locator(".live .count")).to_have_text("31")
        expect(page.get_by_text("43 → 31")).to_be_visible()
        page.get_by_label("核定容量（人）").fill("60")
        page.locator('form[data-act="setting"] [type="submit"]').click()
        expect(page.locator(".live .of")).to_have_text("/60")
        page.get_by_text("添加或修改房间").click()
        page.get_by_label("房间", exact=True).fill("舞蹈室")
        page.locator('form[data-act="room"]').get_by_label("面积（平方米）").fill("60.5")
        page.get_by_label("用途").select_option("service")
        page.locator('form[data-act="room"] [type="submit"]').click()
        expect(page.get_by_text("服务 · 60.5 m²")).to_be_visible()


# on a hub at work


def test_what_a_person_has_set_stands_over_imports_until_the_file_says_another(tmp_path: Path) -> None:
    living = LivingHub(tmp_path)
    try:
        app = living.app()
        People(living.hub.database, CHEAP).add("林经理", PIN, grants=[Grant("head", "")])
        body = f'{{"name":"林经理","pin":"{PIN}"}}'.encode()
        kind = {"content-type": "application/json"}
        cookie = (
            living.asks(app, "POST", "/api/v1/signin", kind, body).headers["set-cookie"][0].partition(";")[0]
        )
        mine = kind | {"cookie": cookie}

        def capacity() -> tuple[int | None, int | None]:
            shown = living.asks(app, "GET", ONE, mine).json()["capacity"]
            return shown, living.hub.engine.world.places["F01"].capacity

        def imports(text: str) -> None:
            assert living.does(living.port.import_registry(text, dry_run=False)).ok

        assert capacity() == (40, 40)
        assert living.asks(app, "POST", f"{ONE}/setting", mine, b'{"capacity":60}').status == 200
        assert capacity() == (60, 60)
        imports(REGISTRY)
        assert capacity() == (60, 60)
        assert living.hub.definition().places[0].capacity == 60
        imports(REGISTRY.replace("社区中心二楼,40", "社区中心二楼,45"))
        assert capacity() == (45, 45)
        counted = living.asks(app, "POST", f"{ONE}/count", mine, b'{"people":50}')
        assert (counted.status, living.hub.engine.states["F01"].headcount.people) == (200, 50.0)  # type: ignore[union-attr]
        assert living.asks(app, "GET", f"{ONE}/hours", mine).status == 200
        assert living.asks(app, "GET", f"{ONE}/use", mine).json()["use"]["in_use_h"] is None
        room = '{"room":"书画室","area_m2":36.5,"purpose":"activity"}'.encode()
        assert living.asks(app, "POST", f"{ONE}/rooms", mine, room).status == 200
        (found,) = [
            one
            for one in living.asks(app, "GET", f"{ONE}/month", mine).json()["zones"]
            if one["room"]["name"] == "书画室"
        ]
        assert (found["room"]["area_m2"], found["used_h"], found["idle"]) == (36.5, None, None)
        for path in (f"{ONE}/year", "/api/v1/facilities/-/use", "/api/v1/facilities/-/year"):
            answer = living.asks(app, "GET", path, mine)
            assert [one["place"] for one in answer.json()["facilities"]] == ["F01"], path
    finally:
        living.close()
