"""Sessions that are planted, kept, stolen or made up."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from web_attacks import TOKEN, cookie_of
from web_desk import NOW, PIN, Desk
from web_outside import PASSWORD, PERSON, Clock, app, clock, stranger

from gateway.operations import accounts
from gateway.operations.people import SIGN_IN_MS, People
from gateway.operations.tables import SignIn, Staff
from gateway.web.settings import WebSettings

__all__ = ["app", "clock"]


def test_a_session_that_was_planted_is_not_taken_over(app: FastAPI, desk: Desk) -> None:
    """Somebody puts a cookie of their choice into a browser before its owner signs in: the owner gets another."""
    for planted in ("chosen", "a" * 43, cookie_of(desk, "陈国强")):
        visitor = stranger(app)
        visitor.cookies.set(PERSON, planted, domain="care.example", path="/")
        answer = visitor.post("/api/v1/signin/password", json={"name": "王站长", "password": PASSWORD})
        new = re.findall(PERSON + r"=([^;]+)", answer.headers["set-cookie"])
        assert answer.status_code == 200
        assert new not in ([planted], [])
        thief = stranger(app)
        thief.cookies.set(PERSON, planted)
        assert thief.get("/api/v1/session").json()["name"] is None


def test_each_cookie_of_ours_is_out_of_reach(app: FastAPI, desk: Desk) -> None:
    visitor = stranger(app)
    set_by = [
        visitor.post("/api/v1/enter", json={"token": TOKEN}),
        visitor.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}),
        visitor.post("/api/v1/signin/password", json={"name": "王站长", "password": PASSWORD}),
        visitor.get("/signin?lang=en"),
        visitor.post("/api/v1/signout"),
    ]
    alert = desk.rings()
    set_by.append(stranger(app).post(desk.links.path_of("accept", alert), data={"name": "李敏", "pin": PIN}))
    for answer in set_by:
        for cookie in answer.headers.get_list("set-cookie"):
            assert {"httponly", "secure", "samesite=strict"} <= set(
                cookie.lower().replace(" ", "").split(";")
            ), cookie
            assert "domain=" not in cookie.lower()
        assert answer.headers.get_list("set-cookie")


def test_a_session_ends_when_it_should(app: FastAPI, desk: Desk, clock: Clock) -> None:
    """After a shift, when one signs out, and all of them with a new PIN, an account that ends, a secret that is set."""

    def holds(cookie: str) -> bool:
        visitor = stranger(app)
        visitor.cookies.set(PERSON, cookie)
        return visitor.get("/api/v1/account").status_code == 200

    with Session(desk.engine) as session:
        own = session.scalars(select(Staff.id).where(Staff.name == "李敏")).one()
    people: People = app.state.context.people
    endings = {
        "a new PIN": lambda: accounts.set_secrets(people, desk.engine, own, pin="8055"),
        "no password": lambda: accounts.set_secrets(people, desk.engine, own, password=""),
        "the end": lambda: accounts.end(desk.engine, own, NOW),
    }
    for why, ending in endings.items():
        kept = [cookie_of(desk, "李敏"), cookie_of(desk, "李敏")]
        assert all(map(holds, kept)), why
        ending()
        assert not any(map(holds, kept)), why
    accounts.begin_again(desk.engine, own)
    assert not any(map(holds, kept)), "who comes back signs in anew"
    last = cookie_of(desk, "李敏")
    clock.now = NOW + SIGN_IN_MS
    assert not holds(last)


def test_what_is_kept_of_a_session_opens_nothing(app: FastAPI, desk: Desk) -> None:
    """Neither what the database has of it, nor what the list of sessions shows."""
    cookie_of(desk, "李敏")
    with Session(desk.engine) as session:
        kept = session.scalars(select(SignIn.token_hash)).one()
    for found in (kept, kept[:24], "", "%", "_" * 43, "' OR 1=1 --", "\x00"):
        visitor = stranger(app)
        visitor.headers["Cookie"] = f"{PERSON}={found}"
        assert visitor.get("/api/v1/session").json()["name"] is None


def test_a_session_of_another_hub_is_none_here(
    app: FastAPI, desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two hubs on one machine have two cookies, and neither takes the other's under its own name."""
    folder = tmp_path_factory.mktemp("other")
    other = Desk(folder)
    other.settle_in()
    visitor = stranger(app)
    for name in (PERSON, "carehub_person_8081", "person"):
        visitor.cookies.set(name, cookie_of(other, "李敏"))
    assert visitor.get("/api/v1/session").json()["name"] is None
    assert WebSettings(port=8081).cookie("person") != WebSettings(port=8080).cookie("person")
    other.engine.dispose()
