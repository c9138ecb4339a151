"""The page of a home: a calm sentence, what may be seen by whom, and rooms that open to a reason only."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor
from web_homes import DEVICES, MINUTE

from gateway.accounts.who import Grant
from gateway.operations import looks
from gateway.operations.people import People
from gateway.operations.tables import AlertStep, FollowUp
from gateway.web.app import create_app
from gateway.web.settings import WebSettings
from rules.at_home import AtHome

HOME, ROOMS = "/places/H0001", "/places/H0001/detail"
HALF_HOUR = looks.OPEN_FOR_MS
LIANHUA = "福田区/莲花街道/莲花社区/莲花二村"


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def signed_in(app: FastAPI, name: str = "李敏", pin: str = PIN) -> Visitor:
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": pin}).status_code == 200
    return client


@pytest.fixture
def limin(app: FastAPI) -> Visitor:
    return signed_in(app)


def sentence_of(text: str) -> str:
    found = re.search(r'<p class="sentence">(.*?)</p>', text, re.DOTALL)
    assert found is not None
    plain = re.sub(r"<svg.*?</svg>|<[^>]+>", "", found[1], flags=re.DOTALL)
    return " ".join(plain.split()).replace("\u2011", "-")


# the sentence


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        (AtHome("active", NOW - 351 * MINUTE, "usual"), "今日有活动 · 最近 09:12 · 如常",
         "Active today · last at 09:12 · as usual"),
        (AtHome("active", NOW, "out"), "今日有活动 · 最近 15:03 · 可能外出", "Active today · last at 15:03 · probably out"),
        (AtHome("not_yet", NOW - 1080 * MINUTE, "quiet"), "今日还没有活动 · 最近 11-22 21:03 · 安静的时间比平时长",
         "No activity yet today · last at 11-22 21:03 · quiet for longer than usual"),
        (AtHome("blind", 0, ""), "有传感器没有数据，今天有没有活动说不准", "A sensor is silent: today cannot be judged"),
        (AtHome("unknown", 0, ""), "还没有看到过活动，情况不明", "Nothing has been seen here yet: not known"),
        (AtHome("active", NOW, "away"), "今日有活动 · 最近 15:03 · 外出", "Active today · last at 15:03 · Away"),
        (AtHome("paused", 0, ""), "已暂停", "Paused"),
    ],
)  # fmt: skip
def test_it_opens_on_one_sentence(desk: Desk, limin: Visitor, said: AtHome, zh: str, en: str) -> None:
    desk.sentences["H0001"] = said
    assert sentence_of(limin.get(f"{HOME}?lang=zh").text) == zh
    assert sentence_of(limin.get(f"{HOME}?lang=en").text) == en


def test_an_open_alert_is_said_and_leads_to_the_desk(desk: Desk, limin: Visitor) -> None:
    alert = desk.stores("no_activity")
    text = limin.get(f"{HOME}?lang=zh").text
    assert sentence_of(text).endswith("久未活动，警情未办结")
    assert f'href="/#a-{alert}"' in text


def test_the_sentence_and_a_device_that_is_well_tell_no_room_and_no_time(desk: Desk, limin: Visitor) -> None:
    text = limin.get(f"{HOME}?lang=zh").text
    assert not any(room in sentence_of(text) for room in ("卫生间", "卧室"))
    devices = text[text.index("devices-title") : text.index("rooms-title")]
    assert "2 台设备都有数据" in devices
    assert re.findall(r"\d\d:\d\d", devices) == []
    desk.house["H0001"] = (dataclasses.replace(DEVICES[0], alive=False, online=False), DEVICES[1])
    ill = limin.get(f"{HOME}?lang=zh").text
    assert "1 台设备没有数据" in ill
    assert "离线，最后 15:02" in ill
    assert "电量 97%" in ill


def test_a_home_that_is_paused_says_so_and_that_calls_for_help_are_told(desk: Desk, limin: Visitor) -> None:
    desk.sentences["H0001"] = AtHome("paused", 0, "")
    limin.post("/api/v1/places/H0001/mode", json={"kind": "paused"})
    text = limin.get(f"{HOME}?lang=zh").text
    assert sentence_of(text) == "已暂停"
    assert text.index("跌倒、呼救照常报警") < text.index('id="mode"')
    asked = limin.get(f"{ROOMS}?lang=zh")
    assert asked.status_code == 403
    assert "长者要求暂停" in asked.text
    assert limin.post(ROOMS, data={"words": "想看看"}).status_code == 403
    desk.stores("fall")
    assert limin.get(ROOMS).status_code == 200  # during an alert it matters


# what is kept of it


def test_alerts_of_a_month_with_calls_and_visits(desk: Desk, limin: Visitor) -> None:
    old = desk.stores(
        "fall", raised_at=NOW - 31 * 86_400_000, state="closed", closed_at=NOW - 31 * 86_400_000
    )
    kept = desk.stores(
        "fall", state="closed", verdict="false", reason="sat_down", closed_by="李敏", closed_at=NOW, raised_at=NOW - 9 * MINUTE
    )  # fmt: skip
    with Session(desk.engine) as session, session.begin():
        for kind, detail in (
            ("called", "elder no_answer 响了一分钟"),
            ("on_site", ""),
            ("commented", "不算"),
        ):
            session.add(AlertStep(alert_id=kept, kind=kind, at=NOW - 5 * MINUTE, by="陈国强", detail=detail))
    text = limin.get(f"{HOME}?lang=zh").text
    record = text[text.index("record-title") : text.index("devices-title")]
    for said in (
        "14:54 · 疑似跌倒",
        "误报",
        "坐下或躺下",
        "长者 · 无人接 · 响了一分钟",
        "已到达",
        "李敏 15:03 办结",
    ):
        assert said in record, said
    assert "不算" not in record
    assert record.count("疑似跌倒") == 1
    assert old not in text


def test_whom_to_ring_is_for_those_who_attend_and_how_to_get_in_for_nobody_here(
    desk: Desk, app: FastAPI, limin: Visitor
) -> None:
    seen = limin.get(HOME).text
    assert 'href="tel:1390000 1234"'.replace(" ", "") in seen.replace(" ", "")
    assert "2580#" not in seen
    People(desk.engine).add("远处", "8351", grants=[Grant("duty", "福田区/别处")])
    assert signed_in(app, "远处", "8351").get(HOME, headers={"accept": "text/html"}).status_code == 404


def test_a_facility_has_no_sentence_and_no_rooms(limin: Visitor) -> None:
    hall = limin.get("/places/F01?lang=zh").text
    assert 'class="sentence"' not in hall
    assert "联系人" not in hall
    assert limin.get("/places/F01/detail").status_code == 404


# rooms


def test_rooms_open_to_a_reason_for_half_an_hour_and_every_look_is_seen(
    desk: Desk, app: FastAPI, limin: Visitor
) -> None:
    refused = limin.get(f"{ROOMS}?lang=zh")
    assert refused.status_code == 403
    assert "为什么要看" in refused.text
    assert desk.looked == []
    assert limin.post(ROOMS, data={"words": "  "}).status_code == 422
    assert limin.post(ROOMS, data={"reason": "电话联系不上"}).status_code == 303
    shown = limin.get(f"{ROOMS}?lang=zh").text
    for said in ("卫生间 3 次，最近 15:01", "入户门 · 门打开", "疑似跌倒", "电话联系不上", "至 15:33"):
        assert said in shown, said
    assert signed_in(app, "陈国强", "8024").get(ROOMS).status_code == 403  # a reason is its own person's
    assert limin.get("/places/H0002/detail").status_code == 403  # and of its home
    home = limin.get(f"{HOME}?lang=zh").text
    assert "<b>李敏</b> 15:03 · 电话联系不上" in home
    desk.becomes(hub_now_ms=NOW + HALF_HOUR)
    assert limin.get(ROOMS).status_code == 403


def test_an_open_alert_about_the_person_opens_the_rooms_and_is_one_look(desk: Desk, limin: Visitor) -> None:
    desk.stores("device_silent")
    assert limin.get(ROOMS).status_code == 403  # a flat battery is no reason to look at somebody's day
    desk.stores("fall")
    assert [limin.get(ROOMS).status_code for _ in range(3)] == [200] * 3
    kept = looks.looks(desk.engine, "H0001")
    assert [(one.by, one.reason, bool(one.alert_id)) for one in kept] == [("李敏", "", True)]


def test_the_reason_is_given_to_the_audit(app: FastAPI) -> None:
    given: list[object] = []

    async def around(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 as ASGI has it
        await app(scope, receive, send)
        given.append(scope.get("audit_reason"))

    client = signed_in(around)  # type: ignore[arg-type]
    client.get(ROOMS)
    client.post(ROOMS, data={"words": "家属来电"})
    client.get(ROOMS)
    assert given == [None, None, "家属来电", "家属来电"]


def test_a_store_that_does_not_answer_is_said(desk: Desk, limin: Visitor) -> None:
    desk.happened["H0001"] = None
    desk.stores("fall")
    answer = limin.get(f"{ROOMS}?lang=zh")
    assert answer.status_code == 200
    assert "历史数据暂时读不到" in answer.text


def test_nobody_but_people_look(app: FastAPI) -> None:
    assert Visitor(app).get(ROOMS).status_code == 401
    assert Visitor(app).post(ROOMS, data={"words": "x"}).status_code == 401


# in a browser: what a person does


def test_consent_link_follow_up_and_a_look_on_a_phone(desk: Desk, page: Page, url: str) -> None:
    alert = desk.stores("fall", state="closed", verdict="true", closed_by="李敏", closed_at=NOW)
    with Session(desk.engine) as session, session.begin():
        session.add(FollowUp(id="f1", alert_id=alert, place_id="H0001", due_at=NOW))
    expect(page.locator("#person-name")).to_have_text("李敏")
    page.goto(url + HOME)
    page.get_by_role("button", name="已回访").click()
    expect(page.get_by_text("请写一句现在怎样")).to_be_visible()
    page.get_by_label("现在怎样").fill("能自己走动")
    page.get_by_role("button", name="已回访").click()
    expect(page.get_by_role("heading", name="次日回访")).to_have_count(0)
    page.get_by_text("登记同意书").click()
    page.get_by_text("告诉家属：女儿 陈静").click()
    page.get_by_label("谁签的字、哪天").fill("本人签字")
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("button", name="给 女儿 陈静 做一个链接").click()
    expect(page.locator("#link-address")).to_contain_text("https://care.example/f/")
    page.reload()
    expect(page.locator("#link-made")).to_be_hidden()
    page.get_by_role("button", name="停用").click()
    expect(page.get_by_text("没有家属链接")).to_be_visible()
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("没有同意书：只告诉值班人员")).to_be_visible()
    page.get_by_role("link", name="查看房间").click()
    page.get_by_label("准备上门").click()
    page.get_by_role("button", name="打开 30 分钟").click()
    expect(page.locator(".picture svg")).to_be_visible()
    page.get_by_role("link", name="回到这户").click()
    expect(page.locator("main")).to_contain_text("李敏 15:03 · 准备上门")
    done = [(act["kind"], act["data"].get("note")) for act in desk.commands if act["kind"] == "follow_up"]
    assert done == [("follow_up", "能自己走动")]
