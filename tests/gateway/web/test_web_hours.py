"""The last hours of a home on the card of an alert in hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from web_desk import NOW, PIN, Desk, Visitor

from gateway.operations import looks
from gateway.web.app import create_app
from gateway.web.settings import WebSettings


@pytest.fixture
def limin(desk: Desk) -> Visitor:
    client = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    assert client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    return client


def test_it_shows_six_hours_to_whoever_attends_and_keeps_that_they_looked(desk: Desk, limin: Visitor) -> None:
    alert = desk.stores("fall", raised_at=NOW - 60_000)
    path = f"/alerts/{alert}/picture"
    assert limin.get(path).status_code == 409  # not accepted yet
    assert desk.looked == []
    limin.post(f"/api/v1/alerts/{alert}/accept")
    shown = limin.get(f"{path}?lang=zh").text
    for said in (
        "过去 6 小时",
        "入户门 2 次，最近 13:04",
        "15:02 警情：疑似跌倒",
        "10:03–10:05",
        "卫生间 · 有活动",
    ):
        assert said in shown, said
    assert "<html" not in shown
    assert desk.looked == [("H0001", NOW - 6 * 3_600_000, NOW + 1)]
    assert [one.alert_id for one in looks.looks(desk.engine, "H0001")] == [alert]
    limin.post(f"/api/v1/alerts/{alert}/close", json={"verdict": "test"})
    assert limin.get(path).status_code == 409


def test_what_is_about_no_person_has_no_hours(desk: Desk, limin: Visitor) -> None:
    for rule, place in (("device_silent", "H0001"), ("over_capacity", "F01")):
        alert = desk.stores(rule, place)
        limin.post(f"/api/v1/alerts/{alert}/accept")
        assert limin.get(f"/alerts/{alert}/picture").status_code == 404


def test_a_store_that_is_away_and_names_that_would_be_markup(desk: Desk, limin: Visitor) -> None:
    alert = desk.stores("fall", title={"zh": "<img src=x>", "en": "x"})
    limin.post(f"/api/v1/alerts/{alert}/accept")
    assert "&lt;img src=x&gt;" in limin.get(f"/alerts/{alert}/picture?lang=zh").text
    desk.happened["H0001"] = None
    assert "历史数据暂时读不到" in limin.get(f"/alerts/{alert}/picture?lang=zh").text


def test_the_card_in_hand_shows_them_and_what_was_unfolded_stays(desk: Desk, page: Page) -> None:
    alert = desk.rings("fall")
    card = page.locator(f"#a-{alert}")
    card.locator(".accept").click()
    expect(card.locator(".hours svg")).to_be_visible()
    card.get_by_text("最近 5 次动静").click()
    expect(card.locator(".lately li").first).to_contain_text("疑似跌倒")
    card.get_by_role("button", name="已出发").click()
    expect(card.locator(".taken")).to_contain_text("已出发")
    expect(card.locator(".lately li").first).to_be_visible()
    assert len(desk.looked) == 1  # what is known stands; it is asked for again after a minute
