"""The daily list of calls: who joins it, who leaves it, and what a tap notes."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.operations.tables import FollowUp
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

HOUR = 3_600_000


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


@pytest.fixture
def limin(app: FastAPI) -> Visitor:
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    return client


def falls_due(desk: Desk, at: int, place: str = "H0003", name: str = "f1") -> str:
    """A fall of yesterday that is to be followed up."""
    alert = desk.stores(
        "fall", place, state="closed", verdict="true", closed_by="李敏", closed_at=NOW - 20 * HOUR
    )
    with Session(desk.engine) as session, session.begin():
        session.add(FollowUp(id=name, alert_id=alert, place_id=place, due_at=at))
    return alert


def test_care_of_lower_urgency_and_follow_ups_that_are_due_are_on_the_list(
    desk: Desk, limin: Visitor
) -> None:
    quiet = desk.stores("no_activity", severity="notice", raised_at=NOW - HOUR)
    desk.stores("no_activity", "H0002")  # urgent: it is on the desk
    desk.stores("device_silent")
    desk.stores(
        "no_activity", "H0002", severity="notice", shelved_until=NOW + 1, shelved_by="李敏", shelved_why="x"
    )
    falls_due(desk, NOW - 2 * HOUR)
    falls_due(desk, NOW + HOUR, "H0002", "tomorrow")
    assert limin.get("/calls/count").json() == {"alerts": 1, "follow_ups": 1}
    listed = limin.get("/calls/list?lang=zh").text
    assert listed.index("周阿姨") < listed.index("王女士")  # who waits longest on top
    assert "李先生" not in listed
    assert 'href="tel:13900001234"' in listed
    assert "次日回访" in listed
    path = f"/api/v1/alerts/{quiet}"
    limin.post(f"{path}/accept")
    limin.post(f"{path}/call", json={"whom": "contact", "result": "no_answer"})
    assert "李敏：联系人 · 无人接" in limin.get("/calls/list?lang=zh").text
    limin.post(f"{path}/call", json={"whom": "elder", "result": "ok"})
    limin.post("/api/v1/follow-ups/f1/done", json={"note": "好"})
    assert limin.get("/calls/count").json() == {"alerts": 0, "follow_ups": 0}
    assert "今天没有要打的电话" in limin.get("/calls?lang=zh").text


def test_what_lies_elsewhere_is_not_listed(desk: Desk, app: FastAPI) -> None:
    desk.stores("no_activity", severity="notice")
    falls_due(desk, NOW)
    People(desk.engine).add("远处", "8351", grants=[Grant("duty", "福田区/别处")])
    far = Visitor(app)
    far.post("/api/v1/signin", json={"name": "远处", "pin": "8351"})
    assert far.get("/calls/count").json() == {"alerts": 0, "follow_ups": 0}
    assert "王女士" not in far.get("/calls").text
    assert Visitor(app).get("/calls/list").status_code == 401


def test_a_tap_notes_the_call_and_who_joins_appears(desk: Desk, page: Page, url: str) -> None:
    quiet = desk.rings("no_activity", severity="notice")
    alert = falls_due(desk, NOW)
    expect(page.locator("#person-name")).to_have_text("李敏")
    page.reload()
    expect(page.locator("#menu-calls")).to_have_text("2")
    page.locator(".menu summary").click()
    link = page.locator('.menu a[href="/calls"]')
    expect(link).to_have_text("电话问候 2")
    link.click()
    elder = page.locator(f'[data-key="{quiet}"]')
    elder.get_by_role("button", name="未接").click()
    expect(elder).to_contain_text("长者 · 无人接")
    elder.get_by_role("button", name="已联系，平安").click()
    expect(elder).to_have_count(0)
    follow = page.locator('[data-key="f1"]')
    follow.get_by_role("button", name="需要上门").click()
    expect(follow).to_contain_text("李敏：次日回访：需要上门")
    follow.get_by_label("现在怎样").fill("膝盖还疼")
    follow.get_by_role("button", name="已联系，平安").click()
    expect(page.get_by_text("今天没有要打的电话")).to_be_visible()
    joined = desk.rings("no_activity", "H0002", severity="notice")
    expect(page.locator(f'[data-key="{joined}"]')).to_be_visible()
    expect(page.locator("#spoken")).to_have_text("电话问候清单有新的一项")
    did = [(act["kind"], act["alert"]) for act in desk.commands if act["kind"] != "see"]
    assert did == [("accept", quiet), ("call", quiet), ("call", quiet), ("comment", alert), ("follow_up", "")]
    assert desk.commands[-1]["data"]["note"] == "膝盖还疼"
