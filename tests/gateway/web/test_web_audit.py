"""Looks at residents' records and writes are noted, before the answer leaves."""

from __future__ import annotations

import sqlite3

import pytest
from starlette.routing import Route
from web_desk import CHEAP, NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.audit.trail import Asked
from gateway.operations.people import People
from gateway.web.app import MODULES, create_app
from gateway.web.needs import needs_of
from gateway.web.noting import NOT_NOTED
from gateway.web.settings import WebSettings
from gateway.web.words import WORDS


def come(desk: Desk, name: str, pin: str) -> Visitor:
    visitor = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    assert visitor.post("/api/v1/signin", json={"name": name, "pin": pin}).status_code == 200
    return visitor


@pytest.fixture
def limin(desk: Desk) -> Visitor:
    return come(desk, "李敏", PIN)


@pytest.fixture
def admin(desk: Desk) -> Visitor:
    People(desk.engine, CHEAP).add("王强", "8064", grants=[Grant("admin")])
    return come(desk, "王强", "8064")


def noted(desk: Desk) -> list[tuple[str, str, str, str, int]]:
    found = desk.trail.read(Asked())
    return [(e.who, e.what, e.place, e.subject, e.status) for e in (one.entry for one in reversed(found))]


def test_each_route_that_is_noted_has_words_for_what_was_done() -> None:
    routes = [route for module in MODULES for route in module.router.routes if isinstance(route, Route)]
    names = {
        wanted.noted or route.name
        for route in routes
        if (wanted := needs_of(route)) and (wanted.record or not (route.methods or set()) & {"GET"})
    }
    told = {key.removeprefix("did_") for key in WORDS if key.startswith("did_")}
    assert names - NOT_NOTED == told


def test_a_look_at_a_record_and_a_write_are_noted_with_who_and_where(desk: Desk, limin: Visitor) -> None:
    alert = desk.stores()
    limin.get("/api/v1/places/H0001")
    limin.get(f"/api/v1/alerts/{alert}")
    limin.post(f"/api/v1/alerts/{alert}/accept")
    limin.get("/api/v1/desks")  # of nobody's record
    limin.post("/api/v1/desks/none/beat")
    assert noted(desk) == [
        ("", "sign_in", "", "李敏", 200),
        ("李敏", "read_place", "H0001", "", 200),
        ("李敏", "read_alert", "H0001", alert, 200),
        ("李敏", "accept", "H0001", alert, 200),
    ]


def test_a_try_where_somebody_may_not_is_noted(desk: Desk, admin: Visitor) -> None:
    assert admin.get("/api/v1/places/H0001").status_code == 403
    assert noted(desk)[-1] == ("王强", "read_place", "H0001", "", 403)


def test_wrong_pins_are_noted_under_the_name_that_was_tried(desk: Desk) -> None:
    visitor = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    visitor.post("/api/v1/signin", json={"name": "李敏", "pin": "580258"})
    assert noted(desk) == [("", "sign_in", "", "李敏", 401)]
    assert "580258" not in str(desk.trail.read(Asked()))


def test_the_secret_of_a_link_is_noted_nowhere(desk: Desk) -> None:
    visitor = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    visitor.post("/s/abcdefghijklmnop", data={"answer": "answered"})
    visitor.post("/f/abcdefghijklmnop", data={"mode": "away"})
    assert "abcdefghijklmnop" not in str(desk.trail.read(Asked()))


def test_a_record_is_not_shown_while_the_look_cannot_be_noted_and_help_goes_on(
    desk: Desk, limin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = desk.stores()

    def full(_entry: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(desk.trail, "write", full)
    answer = limin.get("/api/v1/places/H0001")
    assert (answer.status_code, answer.json()["reason"]) == (503, "no_audit")
    assert "王女士" not in answer.text
    assert limin.post(f"/api/v1/alerts/{alert}/accept").status_code == 200


def test_the_page_shows_it_to_whom_it_is_for(desk: Desk, limin: Visitor, admin: Visitor) -> None:
    limin.get("/api/v1/places/H0001")
    page = admin.get("/audit?lang=zh").text
    assert all(word in page for word in ("李敏", "查看资料", "H0001", "用 PIN 登录"))
    assert "王女士" not in page  # who runs the hub needs no names of residents
    assert "没有找到记录" in admin.get("/audit?q=无此人&lang=zh").text
    assert limin.get("/audit").status_code == 403
