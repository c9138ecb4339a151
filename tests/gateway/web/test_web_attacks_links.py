"""Links that are forged, stretched, turned to another purpose, or used by those who may not any more."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from web_attacks import HERE, cookie_of
from web_desk import PIN, Desk
from web_outside import PERSON, app, clock, stranger

from gateway.accounts.who import Grant
from gateway.audit.trail import Asked
from gateway.operations.tables import Granted, Staff
from gateway.web.app import BY_A_LINK_MAX

__all__ = ["app", "clock"]


@pytest.fixture
def link(desk: Desk) -> str:
    return desk.links.path_of("accept", desk.rings())


def variants(path: str) -> Iterator[str]:
    head, end = path[:3], path[3:]
    yield from (head + end + more for more in ("A", "AAAA", "%20", ".", ".bGlhbmh1YQ", "=", "%00", "~" * 250))
    yield from (head + end[:-n] for n in (1, 8, 20))
    yield from (head + end[1:], head + "A" + end, head + end.upper(), head + end.swapcase(), head + end[::-1])
    yield from ("/s/" + end, "/f/" + end, "/s/" + end + ".bGlhbmh1YQ", "/s/" + end + ".")
    yield from (head + "A" * 22 + end[22:], head + end[:22], head + end[22:], head + "%2e%2e%2f" + end)


def test_a_link_is_right_to_the_letter_and_for_its_purpose(app: FastAPI, link: str) -> None:
    """A longer one that is still right would be as many links as one likes, each with a pace of its own."""
    assert stranger(app).get(link).status_code == 200
    for forged in variants(link):
        app.state.context.wrong_links._lately.clear()
        answer = stranger(app).get(forged)
        assert answer.status_code == 404, forged
        assert "疑似跌倒" not in answer.text


def test_pins_by_link_are_paced_whatever_the_names(app: FastAPI, link: str) -> None:
    answers = [
        stranger(app).post(link, data={"name": f"name {n}", "pin": "9999"}).status_code
        for n in range(BY_A_LINK_MAX + 3)
    ]
    assert answers == [401] * BY_A_LINK_MAX + [429] * 3


def test_who_tries_pins_by_a_link_is_noted_and_so_is_what_is_done_by_one(
    desk: Desk, app: FastAPI, link: str
) -> None:
    visitor = stranger(app)
    visitor.post(link, data={"name": "李敏", "pin": "9999"})
    visitor.post(link, data={"name": "李敏", "pin": PIN})
    visitor.post(link)
    noted = [
        (e.who, e.what, e.place, e.status) for e in (one.entry for one in reversed(desk.trail.read(Asked())))
    ]
    assert noted == [
        ("", "sign_in", "H0001", 401),
        ("", "sign_in", "H0001", 303),
        ("李敏", "accept", "H0001", 303),
    ]
    assert link[3:25] not in str(desk.trail.read(Asked()))


@pytest.mark.parametrize(
    "grants", [[], [Grant("property", HERE)], [Grant("duty", "南山区")], [Grant("admin")]]
)
def test_a_link_gives_nobody_what_their_roles_do_not(
    desk: Desk, app: FastAPI, link: str, grants: list[Grant]
) -> None:
    """Who was told of an alert once, and has another role since, accepts nothing, and comes in by no PIN."""
    with Session(desk.engine) as session, session.begin():
        own = session.scalars(select(Staff.id).where(Staff.name == "陈国强")).one()
        session.execute(delete(Granted).where(Granted.staff_id == own))
        session.add_all(Granted(staff_id=own, role=one.role, at=one.at) for one in grants)
    by_pin = stranger(app)
    assert by_pin.post(link, data={"name": "陈国强", "pin": "8024"}).status_code == 403
    assert PERSON not in by_pin.cookies
    known = stranger(app)
    known.cookies.set(PERSON, cookie_of(desk, "陈国强"))
    assert known.post(link).status_code == 403
    assert desk.commands == []


def test_a_link_is_no_door_once_somebody_has_accepted(desk: Desk, app: FastAPI, link: str) -> None:
    with Session(desk.engine) as session:
        alert = session.connection().exec_driver_sql("SELECT id FROM alert").scalar_one()
    desk.acts("accept", alert)
    visitor = stranger(app)
    visitor.post(link, data={"name": "陈国强", "pin": "8024"})
    assert PERSON not in visitor.cookies
    desk.acts("close", alert, verdict="true", outcome="assisted")
    assert visitor.post(link, data={"name": "陈国强", "pin": "8024"}).status_code == 410
    assert PERSON not in visitor.cookies


def test_wrong_links_take_as_long_as_right_ones_and_tell_nothing(desk: Desk, app: FastAPI, link: str) -> None:
    """The same answer for what never was and for what begins as a real one does."""
    answers = {
        stranger(app).get(path).text
        for path in ("/a/" + "A" * 30, link[:-8] + "zzzzzzzz", "/a/" + "A" * 22 + link[25:], "/a/x")
    }
    assert len({re.sub(r"/a/\S+", "", text) for text in answers}) == 1
