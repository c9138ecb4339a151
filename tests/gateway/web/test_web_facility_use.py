"""How facilities are used, over HTTP: a month with its rooms, all facilities beside one another, a year; rooms entered."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from facility_cases import HOUR, Hall, five_weeks
from fastapi import FastAPI
from sqlalchemy import delete
from sqlalchemy.orm import Session
from use_cases import FITTED, ROOMS, a_year, seen
from web_desk import CHEAP, NOW, PIN, Visitor, free_port

from gateway.accounts.who import Grant
from gateway.operations.facility_rooms import ROOMS_MAX, enter_room
from gateway.operations.people import People
from gateway.operations.tables import CountCorrection, FacilitySetting, Granted, Place
from gateway.web.app import create_app
from gateway.web.port import UnavailableError
from gateway.web.settings import WebSettings

ONE = "/api/v1/facilities/F01"
ALL = "/api/v1/facilities/-"
HERE = "福田区/莲花街道/莲花社区"
OPEN = [{"days": "every", "from_time": "09:00", "to_time": "18:00"}]


@pytest.fixture
def desk(tmp_path: Path, settled: Path) -> Iterator[Hall]:
    shutil.copy(settled, tmp_path / "operations.db")
    made = Hall(tmp_path)
    made.heads["F01"] = FITTED
    made.hours = [*five_weeks(until=NOW - 2 * HOUR), *seen("f1-pir-1", (10, 11, 12)), *seen("f1-pir-2", ())]
    made.figures_laid.extend([*a_year(), *a_year("F09")])
    with Session(made.engine) as session, session.begin():
        session.execute(delete(Granted))
        session.add(
            Place(
                id="F09", kind="facility", site="other", path="福田区/香蜜湖街道/香蜜社区/香蜜一村", name="棋牌室", address="",
                capacity=20, access_note="",
            )
        )  # fmt: skip
        session.add(
            FacilitySetting(
                place_id="F01", capacity=60, capacity_set=True, capacity_in_file=40, public=False, set_at=1, set_by="x",
                hours=OPEN,
            )
        )  # fmt: skip
    for room in ROOMS:
        enter_room(made.engine, "F01", room, at=NOW, by="林经理")
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


def zones(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["room"]["name"]: one for one in found["zones"]}


# a month


def test_a_month_says_which_rooms_were_used_which_stand_idle_and_which_nobody_knows_of(
    manager: Visitor,
) -> None:
    found = manager.get(f"{ONE}/month").json()
    rooms = zones(found)
    assert (found["idle"], found["idle_unknown"]) == (["培训室"], ["办公室"])
    assert (rooms["书画室"]["used_h"], rooms["书画室"]["m2_h"]) == (22 * 3 + 3, 36.0 * (22 * 3 + 3))
    assert rooms["书画室"]["utilisation"] == pytest.approx(1 / 3, abs=0.02)
    assert (rooms["培训室"]["used_h"], rooms["培训室"]["m2_h"], rooms["培训室"]["people_h"]) == (0, 0.0, None)
    assert (rooms["办公室"]["used_h"], rooms["办公室"]["m2_h"]) == (None, None)
    assert {one["purpose"]: (one["area_m2"], one["m2_h"]) for one in found["purposes"]} == {
        "service": (54.0, 0.0), "activity": (36.0, 36.0 * 69), "office": (18.0, None)
    }  # fmt: skip
    assert found["use"]["used_h"] == 22 * 8 + 5
    assert found["use"]["utilisation"] == pytest.approx(8 / 9, abs=0.02)
    assert found["use"]["unknown_h"] == 2
    assert {"weekday": 0, "hour": 11, "known": 3, "used": 3, "people": 38.0, "is_open": True} in found["week"]
    page = manager.get("/facilities/F01/use").text
    assert '<ul class="idle"><li><b>培训室</b></li></ul>' in page
    assert "无数据，不知道是否闲置：办公室" in page
    assert 'class="level-4"' in page
    assert page.count("NaN") == page.count("None") == 0


def test_the_week_of_a_room_is_how_often_it_was_in_use(manager: Visitor) -> None:
    page = manager.get("/facilities/F01/use", params={"room": "书画室"}).text
    assert "书画室：一周冷热图" in page
    assert ">100</text>" in page
    week = {
        (one["weekday"], one["hour"]): one
        for one in manager.get(f"{ONE}/week", params={"room": "书画室"}).json()["week"]
    }
    assert [(week[0, hour]["used"], week[0, hour]["known"]) for hour in (9, 10, 13)] == [
        (0, 3),
        (3, 3),
        (0, 3),
    ]
    assert manager.get(f"{ONE}/week").json()["week"] == manager.get(f"{ONE}/month").json()["week"]
    assert manager.get(f"{ONE}/week", params={"room": "没有这间"}).status_code == 404
    assert "一周冷热图</h2>" in manager.get("/facilities/F01/use", params={"room": "没有这间"}).text


def test_what_a_person_counted_stands_in_the_report_of_what_was_off(desk: Hall, manager: Visitor) -> None:
    at = NOW // HOUR * HOUR - 5 * 24 * HOUR + 1  # 15:00 on a day, between two empty hours' ends
    with Session(desk.engine) as session, session.begin():
        session.add(CountCorrection(id="c1", place_id="F01", at=at, by="林经理", people=7, before=0))
    off = [one for one in manager.get(f"{ONE}/month").json()["residuals"] if not one["by_night"]]
    assert [(one["at"], one["people"], one["counted"], one["live"]) for one in off] == [(at, 7, 0.0, 0.0)]
    page = manager.get("/facilities/F01/use").text
    assert "有人清点" in page
    assert "夜里没有人" in page


def test_without_opening_hours_nothing_is_idle_and_the_page_says_why(desk: Hall, manager: Visitor) -> None:
    with Session(desk.engine) as session, session.begin():
        session.execute(delete(FacilitySetting))
    found = manager.get(f"{ONE}/month").json()
    assert (found["idle"], found["use"]["open_h"], found["use"]["utilisation"]) == ([], None, None)
    assert "还没有填开放时间" in manager.get("/facilities/F01/use").text


def test_a_month_that_cannot_be_is_refused_and_a_store_that_is_away_is_said(
    desk: Hall, manager: Visitor
) -> None:
    for path in (f"{ONE}/month", f"{ONE}/year", f"{ALL}/use", f"{ALL}/year"):
        assert manager.get(path, params={"month": "2025-12"}).status_code == 422
        assert manager.get(path, params={"month": "2025-13"}).status_code == 422
    desk.away = UnavailableError("the store is away")
    assert manager.get(f"{ONE}/month").status_code == 503


# rooms


def test_a_room_is_entered_changed_and_forgotten(manager: Visitor) -> None:
    def told(**room: object) -> dict[str, Any]:
        answer = manager.post(f"{ONE}/rooms", json=room)
        assert answer.status_code == 200, answer.text
        return {one["name"]: (one["area_m2"], one["purpose"]) for one in answer.json()["rooms"]}

    assert told(room="舞蹈室", area_m2=60.5)["舞蹈室"] == (60.5, None)
    assert told(room="舞蹈室", area_m2=60.5, purpose="service")["舞蹈室"] == (60.5, "service")
    assert "舞蹈室" not in told(room="舞蹈室")
    assert told(room="书画室")["书画室"] == (None, None), "its sensor is still there"
    page = manager.get("/facilities/F01").text
    assert 'data-act="room"' in page
    assert "培训室" in page


@pytest.mark.parametrize(
    "body",
    [
        {}, {"room": ""}, {"room": "x" * 65}, {"room": "a\nb"}, {"room": "x", "area_m2": 0}, {"room": "x", "area_m2": -1},
        {"room": "x", "area_m2": 1e9}, {"room": "x", "purpose": "party"}, {"room": "x", "more": 1},
        {"room": "x", "area_m2": "NaN"},
    ],
)  # fmt: skip
def test_a_room_that_is_none_is_refused(manager: Visitor, body: dict[str, Any]) -> None:
    assert manager.post(f"{ONE}/rooms", json=body).status_code == 422


def test_who_may_only_read_enters_no_room_and_there_is_an_end_of_them(
    desk: Hall, app: FastAPI, manager: Visitor
) -> None:
    reader = signed_in(app, "周街道")
    assert reader.post(f"{ONE}/rooms", json={"room": "x", "area_m2": 1}).status_code == 403
    assert reader.get(f"{ONE}/rooms").status_code == 200
    assert 'data-act="room"' not in reader.get("/facilities/F01").text
    assert manager.post("/api/v1/facilities/F09/rooms", json={"room": "x", "area_m2": 1}).status_code == 404
    for n in range(ROOMS_MAX - len(ROOMS)):
        assert manager.post(f"{ONE}/rooms", json={"room": f"r{n}", "area_m2": 1}).status_code == 200
    assert (
        manager.post(f"{ONE}/rooms", json={"room": "one more", "area_m2": 1}).json()["reason"] == "many_rooms"
    )
    assert manager.post(f"{ONE}/rooms", json={"room": "r1", "area_m2": 2}).status_code == 200


# all of them, and a year


def test_all_facilities_within_reach_stand_beside_one_another_and_none_from_elsewhere(
    manager: Visitor,
) -> None:
    found = manager.get(f"{ALL}/use").json()
    (one,) = found["facilities"]
    assert (one["place"], one["use"]["days"], one["use"]["used_h"]) == ("F01", 22, 22 * 8.0)
    assert one["use"]["utilisation"] == pytest.approx(8 / 9)
    assert one["rooms"] == {"m2_h": 36.0 * 66, "idle": ["培训室"], "idle_unknown": ["办公室"]}
    page = manager.get("/facilities/-/use").text
    assert "培训室" in page
    assert "89%" in page
    for path in ("/facilities/-/use", "/facilities/-/year", f"{ALL}/use", f"{ALL}/year"):
        assert "棋牌室" not in manager.get(path).text


def test_a_year_is_month_by_month_and_a_month_nobody_knows_is_left_out(manager: Visitor) -> None:
    year = manager.get(f"{ONE}/year").json()
    months = {one["month"]: one["use"] for one in year["facilities"][0]["months"]}
    assert year["months"][0] == "2024-12"
    assert next(iter(months)) == "2024-12"
    assert months["2025-11"]["used_h"] == 22 * 8.0
    assert months["2025-03"]["used_h"] < months["2025-10"]["used_h"]
    early = manager.get(f"{ONE}/year", params={"month": "2025-03"}).json()["facilities"][0]["months"]
    assert [one["month"] for one in early] == ["2024-12", "2025-01", "2025-02", "2025-03"]
    assert "2025-03" in manager.get("/facilities/F01/use").text
    assert manager.get("/facilities/-/year").text.count('class="figure share-') == 12


def test_where_nothing_is_kept_there_is_no_zero(desk: Hall, manager: Visitor) -> None:
    desk.figures_laid.clear()
    (one,) = manager.get(f"{ALL}/use").json()["facilities"]
    assert one["use"] == {
        "days": 0, "used_h": None, "open_h": None, "utilisation": None, "people_h": None, "peak": None, "peak_at": None,
        "came": None, "went": None,
    }  # fmt: skip
    assert one["rooms"] == {"m2_h": None, "idle": [], "idle_unknown": ["书画室", "办公室", "培训室"]}
    assert manager.get(f"{ONE}/year").json()["facilities"][0]["months"] == []
    assert "还没有按月的数字" in manager.get("/facilities/F01/use").text
