"""Visit records by the pages and the API: a tick at the close, a button on the page of a home, one struck out."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from web_desk import NOW, PIN, Desk, Visitor

from gateway.operations.visits import visits_between, visits_of
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

TRUE = {"verdict": "true", "outcome": "assisted", "note": "扶起"}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


@pytest.fixture
def limin(app: FastAPI) -> Visitor:
    visitor = Visitor(app)
    assert visitor.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    return visitor


def accepted(desk: Desk, visitor: Visitor, rule: str = "fall", place: str = "H0001") -> str:
    alert = desk.stores(rule, place)
    assert visitor.post(f"/api/v1/alerts/{alert}/accept").status_code == 200
    return f"/api/v1/alerts/{alert}"


def test_a_close_with_the_tick_is_one_visit_however_often_it_is_sent(desk: Desk, limin: Visitor) -> None:
    alert = accepted(desk, limin)
    key = {"Idempotency-Key": "k1"}
    for _ in range(2):
        assert limin.post(f"{alert}/close", json={**TRUE, "visit": True}, headers=key).status_code == 200
    (one,) = limin.get("/api/v1/places/H0001/visits").json()["visits"]
    assert (one["by"], one["kind"], one["note"], one["struck_at"]) == ("李敏", "close", "扶起", None)
    assert limin.get(alert).json()["steps"][-1]["kind"] == "visited"
    assert "随警情办结" in limin.get("/places/H0001?lang=zh").text


def test_without_the_tick_there_is_none(desk: Desk, limin: Visitor) -> None:
    alert = accepted(desk, limin)
    assert limin.post(f"{alert}/arrive").status_code == 200
    assert limin.post(f"{alert}/close", json=TRUE).status_code == 200
    assert visits_between(desk.engine, 0, NOW * 2) == []


def test_of_a_hall_only_where_somebody_was_there(desk: Desk, limin: Visitor) -> None:
    closing = {"verdict": "true", "visit": True}
    alert = accepted(desk, limin, "over_capacity", "F01")
    refused = limin.post(f"{alert}/close", json=closing)
    assert (refused.status_code, refused.json()["reason"]) == (409, "refused")
    limin.post(f"{alert}/arrive")
    assert limin.post(f"{alert}/close", json=closing).status_code == 200
    assert [one.place_id for one in visits_between(desk.engine, 0, NOW * 2)] == ["F01"]
    assert "随警情办结" in limin.get("/places/F01?lang=zh").text


@pytest.mark.parametrize("visit", ["yes", 1, None])
def test_a_tick_is_yes_or_no(desk: Desk, limin: Visitor, visit: object) -> None:
    alert = accepted(desk, limin)
    assert limin.post(f"{alert}/close", json={**TRUE, "visit": visit}).status_code == 422


def test_a_visit_from_the_page_of_a_home_and_one_struck_out(desk: Desk, limin: Visitor) -> None:
    key = {"Idempotency-Key": "k1"}
    made = [limin.post("/api/v1/places/H0001/visits", json={"note": "送药"}, headers=key) for _ in range(2)]
    assert {one.status_code for one in made} == {201}
    assert made[0].json() == made[1].json()
    strike = f"/api/v1/visits/{made[0].json()['id']}/strike"
    assert limin.post(strike, json={"reason": " "}).status_code == 422
    struck = limin.post(strike, json={"reason": "点错了"})
    assert (struck.status_code, struck.json()["struck_why"]) == (200, "点错了")
    assert limin.post(strike, json={"reason": "再来"}).status_code == 409
    assert visits_between(desk.engine, 0, NOW * 2) == []
    assert len(visits_of(desk.engine, "H0001")) == 1
    assert "点错了" in limin.get("/places/H0001?lang=zh").text
    assert limin.post("/api/v1/places/F01/visits", json={}).status_code == 404
    assert limin.post("/api/v1/visits/none/strike", json={"reason": "x"}).status_code == 404
