"""A hub that the whole world can reach, and those who come along: the ground for the tests that come in by force."""

from __future__ import annotations

from typing import Any, Final

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.types import Receive, Scope, Send
from web_attacks import TOKEN
from web_desk import CHEAP, NOW, Desk, Visitor

from gateway.operations.people import People
from gateway.operations.tables import Staff
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

OUTSIDE: Final[dict[str, Any]] = {"host": "0.0.0.0", "token": TOKEN, "public_url": "https://care.example"}  # noqa: S104 the case in question
PASSWORD: Final = "春眠不觉晓处处闻啼鸟"
PERSON: Final = "carehub_person_8080"


class Clock:
    """The wall clock, as the test sets it."""

    now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(desk: Desk, clock: Clock) -> FastAPI:
    """A hub that the whole world can reach; 王站长 comes in by password, 李敏 by PIN and by password."""
    made = create_app(desk, WebSettings(**OUTSIDE), wall_ms=lambda: clock.now)
    people: People = made.state.context.people
    people._hasher = CHEAP
    people._nobody = CHEAP.hash("nobody's")
    people.add("王站长", password=PASSWORD)
    with Session(desk.engine) as session, session.begin():
        row = session.scalars(select(Staff).where(Staff.name == "李敏")).one()
        row.password_hash = CHEAP.hash(PASSWORD)
    return made


def stranger(app: FastAPI) -> Visitor:
    return Visitor(app, base_url="https://care.example")


@pytest.fixture
def device(app: FastAPI) -> Visitor:
    """The PC at the station: it has shown the token, nobody is signed in."""
    visitor = stranger(app)
    assert visitor.post("/api/v1/enter", json={"token": TOKEN}).status_code == 204
    return visitor


def by_password(visitor: Visitor, name: str, given: str = "wrong wrong wrong") -> tuple[int, str]:
    """Try to come in so; the status and the reason."""
    answer = visitor.post("/api/v1/signin/password", json={"name": name, "password": given})
    return answer.status_code, str(answer.json().get("reason", ""))


def comes_from(app: FastAPI, host: str) -> FastAPI:
    """The app as it is asked from that address."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope | {"client": (host, 1)}, receive, send)

    return asked  # type: ignore[return-value]
