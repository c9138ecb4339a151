"""What people without an account see and do by links: a guard's slip, accepting from a message, a family's page."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor, free_port, served
from web_hub import LivingHub

from gateway.duty.plan import Desk as DutyDesk
from gateway.duty.plan import Plan
from gateway.hub_port import WebPort
from gateway.link_secret import NAME, link_secret
from gateway.operations import views
from gateway.operations.links import Links, accept_token, hash_of, slip_token
from gateway.operations.tables import Alert, Consent, Contact, DutyPlan, Place
from gateway.settings import Hub as HubSettings
from gateway.settings import Settings, SettingsError
from gateway.web.app import BY_A_LINK_MAX, WRONG_LINKS_MAX, create_app
from gateway.web.port import UnavailableError
from gateway.web.settings import WebSettings
from rules.events import Command
from rules.presence import Presence
from rules.state import KeyState

HOUR = 3_600_000
GATE = DutyDesk(id="gate-3", name="三号门岗", serves="property", at="福田区/莲花街道/莲花社区")
OUTSIDE = {
    "host": "0.0.0.0",  # noqa: S104 the case in question
    "token": "0123456789abcdef0123456789abcdef",
    "public_url": "https://care.example",
}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """A hub that the whole world can reach, with a guard on duty whom two homes have agreed to."""
    with Session(desk.engine) as session, session.begin():
        session.execute(delete(DutyPlan))
        for home in ("H0001", "H0002"):
            session.add(Consent(id=f"g-{home}", place_id=home, scope="guard", since=NOW, by="李敏"))
        session.add(Consent(id="f-1", place_id="H0001", scope="family", contact=1, since=NOW, by="李敏"))
    plan = Plan(desks=(GATE,))
    with Session(desk.engine) as session, session.begin():
        desk.duty.put_in_force(session, desk.duty.keep(plan), NOW)
    return create_app(desk, WebSettings(phone="0755-8300 1234", **OUTSIDE), wall_ms=lambda: NOW)  # type: ignore[arg-type]


def phone(app: FastAPI) -> Visitor:
    """Somebody's phone: no token, nobody signed in."""
    return Visitor(app, base_url="https://care.example")


@pytest.fixture
def guard(app: FastAPI) -> Visitor:
    return phone(app)


@pytest.fixture
def staff(app: FastAPI) -> Visitor:
    client = phone(app)
    client.headers["Authorization"] = f"Bearer {OUTSIDE['token']}"
    assert client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    return client


def slip_of(desk: Desk, alert: str) -> str:
    return desk.links.path_of("slip", alert, GATE.id)


def accept_of(desk: Desk, alert: str) -> str:
    return desk.links.path_of("accept", alert)


def family_of(staff: Visitor, **more: int) -> str:
    made = staff.post("/api/v1/places/H0001/family-links", json={"contact": 1, **more})
    assert made.status_code == 200, made.text
    return str(made.json()["path"])


def takes(staff: Visitor, alert: str) -> None:
    assert staff.post(f"/api/v1/alerts/{alert}/accept").status_code == 200


def closes(staff: Visitor, alert: str) -> None:
    answer = staff.post(f"/api/v1/alerts/{alert}/close", json={"verdict": "true", "outcome": "assisted"})
    assert answer.status_code == 200


def contents(desk: Desk) -> str:
    """A hash over everything in the database."""
    with desk.engine.connect() as connection:
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        ).scalars()
        rows = [[tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in names]  # noqa: S608
    return hashlib.sha256(repr(rows).encode()).hexdigest()


# the slip


def test_a_slip_says_where_what_to_do_and_who_comes(desk: Desk, guard: Visitor, staff: Visitor) -> None:
    alert = desk.rings()
    page = guard.get(slip_of(desk, alert))
    assert page.status_code == 200
    for words in (
        "物业协助单", "莲花二村 3栋1201", "请敲门", "开单元门", "尚无人接警", "已到", "有人应答", "无人应答",
        "Property help slip", "Knock and ask", "Nobody answers", 'href="tel:0755-83001234"',
    ):  # fmt: skip
        assert words in page.text, words
    assert "15:03 的情况，点这里看最新" in page.text
    assert "http-equiv" not in page.text, "what loads itself anew takes a reader's place away"
    takes(staff, alert)
    assert "李敏，已接警" in guard.get(slip_of(desk, alert)).text
    staff.post(f"/api/v1/alerts/{alert}/depart")
    assert "李敏，已出发" in guard.get(slip_of(desk, alert)).text


@pytest.mark.parametrize("answer", ["arrived", "answered", "no_answer"])
def test_a_guards_answer_is_a_step_by_the_desk_and_by_link(desk: Desk, guard: Visitor, answer: str) -> None:
    alert = desk.rings()
    sent = guard.post(slip_of(desk, alert), data={"answer": answer})
    assert (sent.status_code, sent.headers["location"]) == (303, slip_of(desk, alert))
    found = views.alert(desk.engine, alert)
    assert found is not None
    step = next(step for step in found.steps if step.kind == "slip")
    assert (step.by, step.detail, step.via, step.at) == ("三号门岗", answer, "link", NOW)
    assert (found.state, found.settled_at) == ("raised", None)
    said = guard.get(slip_of(desk, alert)).text
    assert "您 15:03 已回复" in said
    assert ("已上报" in said) == (answer == "no_answer")


def test_nobody_at_the_door_takes_life_safety_up_a_rung_once(
    desk: Desk, guard: Visitor, staff: Visitor
) -> None:
    alert = desk.rings()
    takes(staff, alert)
    for _ in range(3):
        assert guard.post(slip_of(desk, alert), data={"answer": "no_answer"}).status_code == 303
    found = views.alert(desk.engine, alert)
    assert found is not None
    assert [step.kind for step in found.steps].count("escalated") == 1
    assert found.state == "accepted", "it stays with whoever has it"
    guard.post(slip_of(desk, alert), data={"answer": "answered"})
    guard.post(slip_of(desk, alert), data={"answer": "no_answer"})
    found = views.alert(desk.engine, alert)
    assert found is not None
    assert [step.kind for step in found.steps].count("escalated") == 2


def test_nobody_at_the_door_of_what_is_no_matter_of_life_is_a_step_only(desk: Desk, guard: Visitor) -> None:
    alert = desk.rings("no_activity")
    assert guard.post(slip_of(desk, alert), data={"answer": "no_answer"}).status_code == 303
    found = views.alert(desk.engine, alert)
    assert found is not None
    assert [step.kind for step in found.steps] == ["raised", "slip"]
    assert "已上报" not in guard.get(slip_of(desk, alert)).text


def test_a_slip_ends_with_the_alert_and_is_there_again_when_it_is_opened_again(
    desk: Desk, guard: Visitor, staff: Visitor
) -> None:
    alert = desk.rings()
    guard.post(slip_of(desk, alert), data={"answer": "arrived"})
    takes(staff, alert)
    closes(staff, alert)
    for answer in (
        guard.get(slip_of(desk, alert)),
        guard.post(slip_of(desk, alert), data={"answer": "answered"}),
    ):
        assert answer.status_code == 410
        assert "已办结，谢谢" in answer.text
        assert "3栋1201" not in answer.text
    staff.post(f"/api/v1/alerts/{alert}/reopen", json={"reason": "又不舒服"})
    again = guard.get(slip_of(desk, alert))
    assert (again.status_code, "已回复" in again.text) == (200, False)


def test_a_slip_ends_with_the_consent(desk: Desk, guard: Visitor, staff: Visitor) -> None:
    alert = desk.rings()
    assert guard.get(slip_of(desk, alert)).status_code == 200
    assert staff.delete("/api/v1/places/H0001/consents/g-H0001").status_code == 200
    assert guard.get(slip_of(desk, alert)).status_code == 410


def test_an_answer_that_is_none_is_refused_in_words(desk: Desk, guard: Visitor) -> None:
    path = slip_of(desk, desk.rings())
    for data in ({}, {"answer": "closed"}, {"answer": "x" * 5000}):
        answer = guard.post(path, data=data)
        assert (answer.status_code, "请点一个按钮" in answer.text) == (422, True)
    for body in (b"\xff\xfe", b"&".join(b"a=1" for _ in range(50))):
        assert guard.post(path, content=body).status_code == 422
    assert desk.commands == []


def test_when_the_hub_does_not_confirm_the_guard_is_asked_to_tap_again(desk: Desk, guard: Visitor) -> None:
    path = slip_of(desk, desk.rings())
    desk.away = UnavailableError("the disk is full")
    answer = guard.post(path, data={"answer": "arrived"})
    assert (answer.status_code, "没有成功，请再点一次" in answer.text) == (503, True)
    assert "disk" not in answer.text


# accepting


def test_accepting_by_link_asks_who_it_is_once_and_then_for_one_tap(desk: Desk, guard: Visitor) -> None:
    path = accept_of(desk, desk.rings())
    page = guard.get(path).text
    for words in (
        "紧急 · 生命安全",
        "Critical, life safety",
        "警情 0001",
        "莲花社区3栋1201王女士",
        "我是谁",
        "李敏",
        "陈国强",
    ):
        assert words in page, words
    assert "疑似跌倒" not in page
    wrong = guard.post(path, data={"name": "李敏", "pin": "9999"})
    assert (wrong.status_code, "名字或 PIN 不对" in wrong.text) == (401, True)
    assert '9999"' not in wrong.text
    signed = guard.post(path, data={"name": "李敏", "pin": PIN})
    assert (signed.status_code, signed.headers["location"]) == (303, path)
    assert "samesite=strict; secure" in signed.headers["set-cookie"].lower()
    assert desk.commands == [], "to sign in accepts nothing"
    ready = guard.get(path).text
    assert "李敏，请确认" in ready
    assert "我是谁" not in ready
    assert guard.post(path).status_code == 303
    assert "李敏 15:03 已接警" in guard.get(path).text
    assert [(c["kind"], c["by"], c["data"]) for c in desk.commands] == [("accept", "李敏", {"via": "link"})]
    second = desk.rings("no_activity")
    assert "李敏，请确认" in guard.get(accept_of(desk, second)).text, "this phone is known now"


def test_the_link_opens_neither_the_desk_nor_the_api(desk: Desk, guard: Visitor) -> None:
    path = accept_of(desk, desk.rings())
    guard.post(path, data={"name": "李敏", "pin": PIN})
    guard.cookies.clear()  # what the link itself gave: that is a person, with what they may
    for other in ("/", "/board", "/api/v1/alerts", "/places", "/a/../api/v1/alerts", "/%61pi/v1/alerts"):
        assert guard.get(other).status_code == 401, other
    for none in ("/a", "/s", "/f"):
        assert guard.get(none).status_code == 404, none


def test_a_cookie_that_the_browser_kept_back_is_asked_for_by_the_button(desk: Desk, guard: Visitor) -> None:
    """Strict cookies do not go with a link that another site holds: whoever is known there must not sign in anew."""
    path = accept_of(desk, desk.rings())
    page = guard.get(path, headers={"Sec-Fetch-Site": "cross-site"}).text
    assert ("我是谁" in page, ">接警<" in page) == (False, True)
    unknown = guard.post(path, headers={"Sec-Fetch-Site": "same-origin"})
    assert (unknown.status_code, "我是谁" in unknown.text) == (401, True)


def test_a_used_link_shows_who_took_it_and_an_expired_one_who_closed_it(
    desk: Desk, guard: Visitor, staff: Visitor
) -> None:
    alert = desk.rings()
    path = accept_of(desk, alert)
    takes(staff, alert)
    used = guard.get(path)
    assert (used.status_code, "李敏 15:03 已接警" in used.text) == (200, True)
    assert "<form" not in used.text
    closes(staff, alert)
    expired = guard.get(path)
    assert (expired.status_code, "李敏 15:03 已办结" in expired.text) == (410, True)
    assert guard.post(path, data={"name": "李敏", "pin": PIN}).status_code == 410


def test_of_two_who_accept_by_link_at_once_one_wins_and_the_other_is_told(desk: Desk, app: FastAPI) -> None:
    path = accept_of(desk, desk.rings())
    people = []
    for name, pin in (("李敏", PIN), ("陈国强", "8024")):
        one = phone(app)
        one.post(path, data={"name": name, "pin": pin})
        people.append(one)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: one.post(path), people))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    told = next(answer for answer in answers if answer.status_code == 409)
    winner = "李敏" if answers[0].status_code == 303 else "陈国强"
    assert f"{winner} 15:03 已接警" in told.text


# the family


def test_a_familys_page_says_one_thing(desk: Desk, guard: Visitor, staff: Visitor) -> None:
    path = family_of(staff)
    for active, words in ((None, "暂无消息"), (False, "暂无消息"), (True, "今日有活动")):
        desk.activity = {} if active is None else {"H0001": active}
        assert words in guard.get(path).text
    assert "Active today" in guard.get(path).text
    alert = desk.rings("no_activity")
    assert "请联系社区</span>" in guard.get(path).text
    takes(staff, alert)
    assert "请联系社区</span>" in guard.get(path).text
    closes(staff, alert)
    desk.rings("device_silent")
    desk.rings("fall", "H0002")
    assert "今日有活动" in guard.get(path).text
    staff.post("/api/v1/places/H0001/mode", json={"kind": "hospital"})
    assert "住院中" in guard.get(path).text


@pytest.mark.parametrize(
    ("kind", "words"), [("away", "外出中"), ("hospital", "住院中"), ("visitors", "有访客")]
)
def test_a_family_sets_a_mode_with_an_end_and_ends_it(
    desk: Desk, guard: Visitor, staff: Visitor, kind: str, words: str
) -> None:
    path = family_of(staff)
    assert guard.post(path, data={"kind": kind, "hours": "72"}).status_code == 303
    mode = staff.get("/api/v1/places/H0001").json()["mode"]
    assert (mode["kind"], mode["until"], mode["by"], mode["reason"]) == (
        kind, NOW + 72 * HOUR, "family:1", "家属设置",
    )  # fmt: skip
    assert "家属（联系人 1） 15:03 设置" in staff.get("/places/H0001?lang=zh").text
    page = guard.get(path).text
    assert words in page
    assert guard.post(path, data={"do": "end"}).status_code == 303
    assert staff.get("/api/v1/places/H0001").json()["mode"] is None


def test_a_family_sets_nothing_else_and_nothing_against_the_community(
    desk: Desk, guard: Visitor, staff: Visitor
) -> None:
    path = family_of(staff)
    before = len(desk.commands)
    for data in (
        {"kind": "paused", "hours": "24"}, {"kind": "away"}, {"kind": "away", "hours": "9999"}, {"do": "end"}, {},
        {"kind": "away", "hours": "-1"}, {"hours": "24"},
    ):  # fmt: skip
        assert guard.post(path, data=data).status_code == 422, data
    assert len(desk.commands) == before
    staff.post("/api/v1/places/H0001/mode", json={"kind": "paused"})
    page = guard.get(path).text
    assert ("<form" in page, "暂停" in page, "暂无消息" in page) == (False, False, True)
    refused = guard.post(path, data={"kind": "away", "hours": "24"})
    assert (refused.status_code, "要改请联系社区" in refused.text) == (409, True)
    assert guard.post(path, data={"do": "end"}).status_code == 422
    assert staff.get("/api/v1/places/H0001").json()["mode"]["kind"] == "paused"


def test_a_familys_link_ends_by_hand_by_time_and_with_the_consent(
    desk: Desk, guard: Visitor, staff: Visitor
) -> None:
    by_hand, by_time, by_consent = family_of(staff), family_of(staff, ends_at=NOW + HOUR), family_of(staff)
    for path in (by_hand, by_time, by_consent):
        assert guard.get(path).status_code == 200
    ended = hashlib.sha256(by_hand.removeprefix("/f/").encode()).hexdigest()
    assert staff.delete(f"/api/v1/places/H0002/family-links/{ended}").status_code == 404
    assert staff.delete(f"/api/v1/places/H0001/family-links/{ended}").json()["ended_by"] == "李敏"
    gone = guard.get(by_hand)
    assert (gone.status_code, "这个链接已停用" in gone.text) == (410, True)
    assert guard.post(by_hand, data={"kind": "away", "hours": "24"}).status_code == 410
    desk.becomes(hub_now_ms=NOW + HOUR)
    assert guard.get(by_time).status_code == 410
    assert guard.get(by_consent).status_code == 200
    assert staff.delete("/api/v1/places/H0001/consents/f-1").status_code == 200
    assert guard.get(by_consent).status_code == 410


# what must never be seen

SECRETS = (
    ("王秀英", "3栋1201", "高血压，胰岛素在冰箱", "13900001234"),
    ("欧阳建国先生", "3栋1201 欧阳建国家", "认知障碍，独居，密码 2580#", "0755-83001299"),
    ("Mrs Mary Whitfield", "Bldg 3, 1201", "dementia; key with the guard", "+44 20 7946 0958"),
    ("陈奶奶", "莲花二村3栋1201（钥匙在门卫，电话13712345678）", "偏瘫，轮椅", "137-1234-5678"),
    ("<b>赵钱孙</b>", "3栋1201", "<script>癌</script>", "13900001235"),
)


@pytest.mark.parametrize(("name", "address", "note", "number"), SECRETS)
def test_slip_and_family_page_tell_no_name_no_illness_no_number_no_sensor(
    desk: Desk, guard: Visitor, staff: Visitor, name: str, address: str, note: str, number: str
) -> None:
    with Session(desk.engine) as session, session.begin():
        session.execute(
            update(Place).where(Place.id == "H0001").values(name=name, address=address, access_note=note)
        )
        session.execute(
            update(Contact).where(Contact.place_id == "H0001").values(name=f"女儿{name}", phone=number)
        )
    family, alert = family_of(staff), desk.rings(device_id="radar-77")
    slip = guard.get(slip_of(desk, alert))
    assert "1201" in slip.text
    guard.post(slip_of(desk, alert), data={"answer": "no_answer"})
    pages = [slip, guard.get(slip_of(desk, alert)), guard.get(family)]
    takes(staff, alert)
    pages += [guard.get(slip_of(desk, alert)), guard.get(family)]
    guard.post(family, data={"kind": "hospital", "hours": "24"})
    pages += [guard.get(family)]
    closes(staff, alert)
    pages += [guard.get(slip_of(desk, alert)), guard.get(family)]
    secret = re.findall(r"[\u4e00-\u9fff]{2,}|[A-Z][a-z]+|癌", f"{name} {note}")
    for page in pages:
        said = page.text
        for word in (
            *secret, name, number, re.sub(r"\D", "", number), "2580", "女儿", "13712345678", "跌倒", "雷达",
            "radar", "卫生间", "bathroom", "生命安全", "life safety", "fall", alert, "H0001", "<script", "紧急",
        ):  # fmt: skip
            assert word not in said, word
    for page in (pages[2], pages[4], pages[5], pages[7]):  # the family's: no time, no door, no name at all
        body = page.text.partition("<main")[2]
        assert not re.search(r"\d{1,2}:\d{2}|1201|莲花|李敏", body)


def test_reading_changes_nothing_whoever_reads(desk: Desk, app: FastAPI, staff: Visitor) -> None:
    alert = desk.rings()
    paths = [slip_of(desk, alert), accept_of(desk, alert), family_of(staff)]
    known = phone(app)
    known.post(paths[1], data={"name": "李敏", "pin": PIN})
    before, asked = contents(desk), len(desk.commands)
    for client in (known, phone(app)):
        for path in paths:
            for query in ("", "?answer=arrived", "?do=end&kind=away&hours=24", "?lang=en"):
                for method in ("GET", "HEAD"):
                    answer = client.request(
                        method, path + query, headers={"User-Agent": "WeChat link preview"}
                    )
                    assert answer.status_code == 200
                    assert "set-cookie" not in answer.headers
    assert (contents(desk), len(desk.commands)) == (before, asked)
    takes(staff, alert)
    closes(staff, alert)
    before = contents(desk)
    assert [known.get(path).status_code for path in paths] == [410, 410, 200]
    assert contents(desk) == before


def test_pages_behind_links_stay_out_of_caches_and_search_engines_and_name_their_origin(
    desk: Desk, guard: Visitor
) -> None:
    for path in (slip_of(desk, desk.rings()), "/a/nothing", "/f/nothing"):
        headers = guard.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "<script" not in guard.get(path).text


def test_a_form_from_another_site_is_refused(desk: Desk, guard: Visitor, staff: Visitor) -> None:
    alert = desk.rings()
    paths = (slip_of(desk, alert), accept_of(desk, alert), family_of(staff))
    before = len(desk.commands)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in paths:
            data = {"answer": "arrived", "kind": "away", "hours": "24"}
            assert guard.post(path, headers=headers, data=data).status_code == 403
    assert len(desk.commands) == before
    own = {"Origin": "https://care.example", "Sec-Fetch-Site": "same-origin"}
    assert guard.post(paths[0], headers=own, data={"answer": "arrived"}).status_code == 303


# wrong links


def test_a_token_is_good_for_one_alert_one_desk_one_purpose_one_hub(desk: Desk, guard: Visitor) -> None:
    mine, other = desk.rings(id="3f6c1a9d0b2e4c58"), desk.rings("fall", "H0002", id="9e07b5d2c4a81f36")
    slip, token = slip_of(desk, mine), slip_of(desk, mine)[3:25]
    foreign = Links(b"t" * 32, "https://care.example")
    wrong = (
        slip_of(desk, other)[:3] + token + slip_of(desk, other)[25:],
        desk.links.path_of("slip", mine, "gate-4")[:3] + token + desk.links.path_of("slip", mine, "gate-4")[25:],
        "/s/" + accept_of(desk, mine)[3:],
        "/a/" + slip[3:],
        "/f/" + slip[3:],
        foreign.path_of("slip", mine, GATE.id),
        foreign.path_of("accept", mine),
        slip[:3] + ("A" if slip[3] != "A" else "B") + slip[4:],
        slip[:24] + slip[25:],
        "/s/.x", "/s/" + "%00" * 9, "/a/%ff", "/a/" + "x" * 2000, "/s/口令.口令",
    )  # fmt: skip
    for path in wrong:
        answer = guard.get(path)
        assert (path, answer.status_code) == (path, 404)
        assert "3栋" not in answer.text
        assert "5栋" not in answer.text
    assert guard.get(slip).status_code == 200


def test_guessing_is_held_up_and_those_with_a_link_are_not(desk: Desk, app: FastAPI) -> None:
    path = slip_of(desk, desk.rings())
    now = [NOW]
    app = create_app(desk, app.state.context.settings, wall_ms=lambda: now[0])
    guesses = [phone(app).get(f"/{page}/guess{n}").status_code for n in range(12) for page in "asf"]
    assert guesses == [404] * WRONG_LINKS_MAX + [429] * (36 - WRONG_LINKS_MAX)
    assert phone(app).post("/f/guess", data={"do": "end"}).status_code == 429
    assert phone(app).get(path).status_code == 200
    assert phone(app).post(path, data={"answer": "arrived"}).status_code == 303
    now[0] += 61_000
    assert phone(app).get("/a/guess").status_code == 404


def test_one_link_fills_no_journal(desk: Desk, guard: Visitor) -> None:
    path = slip_of(desk, desk.rings())
    answers = [
        guard.post(path, data={"answer": ("arrived", "answered")[n % 2]}).status_code
        for n in range(BY_A_LINK_MAX + 2)
    ]
    assert answers == [303] * BY_A_LINK_MAX + [429, 303], "what stands already is no line in the journal"
    assert len(desk.commands) == BY_A_LINK_MAX


def test_pins_are_not_guessed_by_link(desk: Desk, guard: Visitor) -> None:
    path = accept_of(desk, desk.rings())
    answers = [guard.post(path, data={"name": "李敏", "pin": "9999"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429]
    assert "输错太多次，15:08 后再试" in answers[-1].text


# how links are made


def test_a_link_can_be_put_together_at_any_time_and_is_always_the_same() -> None:
    links = Links(b"s" * 32, "https://care.example/")
    made = links.link_of("slip", "3f6c1a9d0b2e4c58", "三号门岗")
    assert made == Links(b"s" * 32, "https://care.example").link_of("slip", "3f6c1a9d0b2e4c58", "三号门岗")
    assert re.fullmatch(r"https://care\.example/s/[\w-]{22}3f6c1a9d\.[\w-]+", made, re.ASCII)
    assert "/a/" + accept_token(b"s" * 32, "3f6c1a9d0b2e4c58") in links.link_of("accept", "3f6c1a9d0b2e4c58")
    assert len(slip_token(b"s" * 32, "a", "b")) == 22
    assert slip_token(b"s" * 32, "a", "b") != slip_token(b"s" * 32, "ab", "")
    assert Links(b"s" * 32).link_of("accept", "3f6c1a9d0b2e4c58") == "", "nobody outside reaches this hub"
    assert "ssss" not in repr(links)


def test_the_secret_is_made_once_and_kept_to_the_hub(tmp_path: Path) -> None:
    first = link_secret(tmp_path)
    assert (len(first), link_secret(tmp_path)) == (32, first)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    (tmp_path / NAME).write_bytes(b"short")
    with pytest.raises(SettingsError, match="delete it"):
        link_secret(tmp_path)
    with pytest.raises(SettingsError, match="may write to"):
        link_secret(tmp_path / "nowhere")


# the API


def test_consents_are_written_down_listed_and_withdrawn(desk: Desk, staff: Visitor) -> None:
    path = "/api/v1/places/H0003/consents"
    made = staff.post(path, json={"scope": "guard", "note": " 本人签字 "}, headers={"Idempotency-Key": "k1"})
    assert (made.status_code, made.json()["by"], made.json()["note"]) == (200, "李敏", "本人签字")
    again = staff.post(path, json={"scope": "guard", "note": " 本人签字 "}, headers={"Idempotency-Key": "k1"})
    assert again.json() == made.json()
    assert staff.post(path, json={"scope": "guard"}).status_code == 409, "it is agreed to already"
    assert staff.post(path, json={"scope": "family", "contact": 7}).status_code == 409
    for wrong in ({"scope": "family"}, {"scope": "guard", "contact": 1}, {"scope": "doctor"}):
        assert staff.post(path, json=wrong).status_code == 422
    ended = staff.delete(f"{path}/{made.json()['id']}").json()
    assert (ended["ended_by"], ended["ended_at"]) == ("李敏", NOW)
    assert staff.delete(f"{path}/{made.json()['id']}").status_code == 409
    assert staff.delete(f"/api/v1/places/H0001/consents/{made.json()['id']}").status_code == 404
    listed = staff.get("/api/v1/places/H0001/consents?limit=1").json()
    rest = staff.get("/api/v1/places/H0001/consents", params={"cursor": listed["next"]}).json()
    assert {one["id"] for one in (*listed["consents"], *rest["consents"])} == {"g-H0001", "f-1"}
    assert {one["contact_name"] for one in (*listed["consents"], *rest["consents"])} == {"", "女儿 陈静"}
    assert rest["next"] is None
    assert staff.get("/api/v1/places/H0001/consents?cursor=x").status_code == 422
    assert staff.get("/api/v1/places/nowhere/consents").status_code == 404


def test_a_familys_token_is_shown_once_and_kept_nowhere(desk: Desk, staff: Visitor) -> None:
    path = "/api/v1/places/H0001/family-links"
    made = staff.post(path, json={"contact": 1}, headers={"Idempotency-Key": "k1"}).json()
    assert made["url"] == "https://care.example" + made["path"]
    token = made["path"].removeprefix("/f/")
    assert len(token) >= 22, "128 bits"
    assert staff.post(path, json={"contact": 1}, headers={"Idempotency-Key": "k1"}).json() == made
    assert token not in repr(desk.commands)
    assert token not in staff.get(path).text
    with desk.engine.connect() as connection:
        assert token not in "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    listed = staff.get(path).json()["links"]
    assert [(one["id"], one["contact"], one["made_by"]) for one in listed] == [
        (hashlib.sha256(token.encode()).hexdigest(), 1, "李敏")
    ]
    assert staff.post(path, json={"contact": 2}).status_code == 409, "this contact is not told anything"
    assert staff.post(path, json={"contact": 1, "ends_at": NOW}).status_code == 422


def test_agreements_and_follow_ups_are_for_staff(desk: Desk, app: FastAPI) -> None:
    client = phone(app)
    client.headers["Authorization"] = f"Bearer {OUTSIDE['token']}"
    for path in ("/api/v1/places/H0001/consents", "/api/v1/places/H0001/family-links", "/api/v1/follow-ups"):
        assert client.get(path).json()["reason"] == "person"


def test_follow_ups_are_listed_and_done_once(desk: Desk, staff: Visitor) -> None:
    evidence = {"facts": [["radar-1", "event.fall", 1, NOW]]}
    for home in ("H0001", "H0002", "H0003"):
        alert = desk.rings("fall", home, evidence=evidence)
        takes(staff, alert)
        closes(staff, alert)
    path = "/api/v1/follow-ups"
    first = staff.get(path, params={"limit": 2}).json()
    rest = staff.get(path, params={"cursor": first["next"]}).json()
    due = [*first["follow_ups"], *rest["follow_ups"]]
    assert (len(first["follow_ups"]), rest["next"]) == (2, None)
    assert {one["place_id"] for one in due} == {"H0001", "H0002", "H0003"}
    one = next(one for one in due if one["place_id"] == "H0001")
    assert (one["who"]["zh"], one["title"]["zh"], one["done_at"]) == ("王女士", "疑似跌倒", None)
    assert one["due_at"] > NOW
    done = f"{path}/{one['id']}/done"
    assert staff.post(done, json={"note": " "}).status_code == 422
    noted = staff.post(done, json={"note": "能自己走动"}, headers={"Idempotency-Key": "k"})
    assert (noted.json()["done_by"], noted.json()["note"]) == ("李敏", "能自己走动")
    assert (
        staff.post(done, json={"note": "能自己走动"}, headers={"Idempotency-Key": "k"}).json() == noted.json()
    )
    refused = staff.post(done, json={"note": "又问了一次"})
    assert (refused.status_code, "already done by 李敏" in refused.text) == (409, True)
    assert [one["id"] for one in staff.get(path, params={"state": "done"}).json()["follow_ups"]] == [
        one["id"]
    ]
    assert len(staff.get(path).json()["follow_ups"]) == 2
    assert staff.post(f"{path}/nowhere/done", json={"note": "x"}).status_code == 404


# what the hub knows of today


@pytest.mark.parametrize(
    "case",
    [
        (0, None, None),
        (NOW - 15 * HOUR, None, True),  # 00:03
        (NOW - 16 * HOUR, None, False),  # 23:03, the day before
        (NOW - 16 * HOUR, NOW - HOUR, None),  # nothing is heard: it may have been missed
        (NOW - 2 * HOUR, NOW - HOUR, True),
    ],
)
def test_active_today_counts_from_midnight_in_the_hubs_zone(
    tmp_path: Path, case: tuple[int, int | None, bool | None]
) -> None:
    active_at, lost_at, said = case
    hub: Any = SimpleNamespace(
        engine=SimpleNamespace(states={"H0001": KeyState("H0001", presence=Presence(active_at=active_at))}),
        settings=Settings(hub=HubSettings(data=tmp_path)),
        clock=SimpleNamespace(now=lambda: NOW),
        line=SimpleNamespace(reader=SimpleNamespace(feed=SimpleNamespace(lost_at=lost_at))),
    )
    port = WebPort(hub)
    assert port.active_today("H0001") is said
    assert port.active_today("nowhere") is None


# in a whole hub


def test_in_a_whole_hub_what_is_done_by_link_is_journalled_and_its_secrets_are_not(tmp_path: Path) -> None:
    living = LivingHub(tmp_path)
    try:
        app = living.app()
        staff = {"cookie": living.signed_in(app), "content-type": "application/json"}
        form = {"content-type": "application/x-www-form-urlencoded"}

        def agrees(place: str, **to: object) -> None:
            body = json.dumps(to).encode()
            assert living.asks(app, "POST", f"/api/v1/places/{place}/consents", staff, body).status == 200

        agrees("H0004", scope="guard")
        agrees("H0001", scope="family", contact=1)
        made = living.asks(app, "POST", "/api/v1/places/H0001/family-links", staff, b'{"contact": 1}').json()
        alert = next(alert for alert in living.alerts if place_of(living, alert) == "H0004")
        slip = living.hub.links.path_of("slip", alert, GATE.id)
        assert living.asks(app, "POST", slip, form, b"answer=no_answer").status == 303
        assert "已上报" in living.asks(app, "GET", slip).body.decode()
        assert "请联系社区</span>" in living.asks(app, "GET", made["path"]).body.decode()
        assert living.asks(app, "POST", made["path"], form, b"kind=visitors&hours=3").status == 303
        assert living.port.active_today("H0001") is True
        assert living.asks(app, "POST", made["path"], form, b"do=end").status == 303
        journalled, _ = living.hub.journal.following(0, most=10_000)
        done = [event for event in journalled if isinstance(event, Command)]
        assert [(c.kind, c.by) for c in done][-3:] == [
            ("slip", GATE.id),
            ("mode", "family:1"),
            ("mode_end", "family:1"),
        ]
        token = made["path"].removeprefix("/f/")
        assert hash_of(token) in repr(done)
        for secret in (token, slip[3:25], living.hub.links.secret.hex()):
            assert secret not in repr(done)
            for file in tmp_path.glob("*.sqlite*"):
                assert secret.encode() not in file.read_bytes(), file
    finally:
        living.close()
    assert Links(link_secret(tmp_path)).path_of("slip", alert, GATE.id) == slip, "the same after a restart"


def place_of(living: LivingHub, alert: str) -> str:
    found = views.alert_view(living.hub.database, alert)
    assert found is not None
    return found.place_id


# on a phone


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


def test_on_a_phone_without_scripts_the_buttons_are_large_and_do_what_they_say(
    desk: Desk, app: FastAPI, browser: Browser
) -> None:
    """A real browser: what it sends as origin, which cookies it keeps, how wide the page is."""
    local = create_app(desk, WebSettings(port=free_port(), phone="0755-8300 1234"), wall_ms=lambda: NOW)
    alert = desk.rings()
    with served(local, desk) as url, browser.new_context(
        viewport={"width": 360, "height": 740}, locale="zh-CN", java_script_enabled=False
    ) as context:  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.goto(url + slip_of(desk, alert))
        for name in ("已到", "有人应答", "无人应答"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box is not None
            assert box["height"] >= 64
            assert box["x"] + box["width"] <= 360
        page.get_by_role("button", name="无人应答").click()
        expect(page.locator(".noted")).to_contain_text("已回复")
        expect(page.locator(".up")).to_contain_text("已上报")
        page.goto(url + accept_of(desk, alert))
        page.get_by_role("radio", name="李敏").check()
        page.locator('input[name="pin"]').fill(PIN)
        page.get_by_role("button", name="确定").click()
        page.get_by_role("button", name="接警").click()
        expect(page.locator(".coming")).to_contain_text("李敏 15:03 已接警")
        staff = httpx.Client(base_url=url, headers={"Origin": url})
        assert staff.post("/api/v1/signin", json={"name": "陈国强", "pin": "8024"}).status_code == 200
        page.goto(url + staff.post("/api/v1/places/H0001/family-links", json={"contact": 1}).json()["path"])
        expect(page.locator("h1")).to_contain_text("请联系社区")
        page.get_by_role("radio", name="外出").check()
        page.get_by_role("radio", name="3 天").check()
        page.get_by_role("button", name="确定").click()
        page.get_by_role("button", name="结束").click()
        expect(page.get_by_role("button", name="结束")).to_have_count(0)
        staff.close()
    with Session(desk.engine) as session:
        assert session.get_one(Alert, alert).accepted_by == "李敏"
    assert [c["kind"] for c in desk.commands] == ["slip", "accept", "link", "mode", "mode_end"]
