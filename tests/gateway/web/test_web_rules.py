"""The rules over HTTP and on their pages: who may read, try and change what, and what is written down of it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.operations.tables import Granted, Place, Staff
from gateway.rulebook.load import Rulebook
from gateway.rulebook.parameters import rebuilt
from gateway.web.app import create_app
from gateway.web.rule_port import Hindsight, TryAnswer, TryNow
from gateway.web.settings import WebSettings

HERE = "福田区/莲花街道/莲花社区"
STAY = "bathroom_too_long"
LONGER = {"numbers": {"stay.for_s": 3600}, "reason": "长者便秘，家属知情", "version": 0}
OFF = {"off": True, "reason": "先停一周", "version": 0}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    with Session(desk.engine) as session, session.begin():
        session.add(
            Place(
                id="H0900", kind="home", site="else", path="福田区/香蜜街道/香蜜社区/一村", name="赵先生", address="1栋101",
                capacity=None, access_note="",
            )
        )  # fmt: skip
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def comes_in(app: FastAPI, name: str, *grants: Grant) -> Visitor:
    """Somebody with these roles, signed in."""
    people: People = app.state.context.people
    if name not in people.names():
        people.add(name, PIN, grants=grants)
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


@pytest.fixture
def head(app: FastAPI) -> Visitor:
    """The head of one station."""
    return comes_in(app, "站长", Grant("head", HERE))


@pytest.fixture
def boss(app: FastAPI) -> Visitor:
    """Head of everything."""
    return comes_in(app, "总站长", Grant("head"))


def rule(client: Visitor, name: str = STAY, place: str = "") -> dict[str, Any]:
    found = client.get("/api/v1/rules", params={"place": place}).json()["rules"]
    return next(one for one in found if one["id"] == name)


def test_a_rule_is_read_in_plain_words_with_its_numbers(app: FastAPI) -> None:
    read = rule(comes_in(app, "李敏"))
    assert read["waits_for"] == {
        "zh": "在卫生间停留40分钟，没有出来。",
        "en": "Somebody stays in the bathroom for 40 min.",
    }
    (stay, rises) = read["numbers"]
    assert (stay["name"], stay["value"], stay["least"], stay["most"]) == ("stay.for_s", 2400, 600, 9600)
    assert rises["label"]["zh"] == "多久无人接警就升级"
    assert (read["version"], read["changed"], read["conflict"]) == (0, False, None)


def test_a_home_is_changed_by_its_station_and_by_nobody_else(app: FastAPI, desk: Desk, head: Visitor) -> None:
    answer = head.post(f"/api/v1/places/H0001/rules/{STAY}", json=LONGER)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["numbers"][0]["value"], answer.json()["numbers"][0]["in_files"]) == (3600, 2400)
    assert rule(head)["places"] == ["H0001"]
    assert rule(head)["numbers"][0]["value"] == 2400, "the others are as before"
    assert rule(head, place="H0002")["changed"] is False
    for who, path, status in (
        (head, f"/api/v1/places/H0900/rules/{STAY}", 404),
        (head, f"/api/v1/rules/{STAY}/change", 403),
        (comes_in(app, "李敏"), f"/api/v1/places/H0002/rules/{STAY}", 403),
        (comes_in(app, "物业", Grant("property", HERE)), f"/api/v1/places/H0002/rules/{STAY}", 403),
        (Visitor(app), f"/api/v1/places/H0002/rules/{STAY}", 401),
    ):
        assert who.post(path, json=LONGER).status_code == status, path
    assert [command["kind"] for command in desk.commands] == ["rule"]


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        ("rules/fall/change", OFF, 422, "life_safety_stays"),
        (f"rules/{STAY}/change", {"off": True, "reason": " ", "version": 0}, 422, "invalid"),
        (f"rules/{STAY}/change", {"off": True, "version": 0}, 422, "invalid"),
        (
            f"rules/{STAY}/change",
            {"numbers": {"stay.for_s": 10}, "reason": "试", "version": 0},
            422,
            "invalid",
        ),
        (f"rules/{STAY}/change", {"numbers": {"severity": 1}, "reason": "试", "version": 0}, 422, "invalid"),
        (
            "rules/no_activity/change",
            {"numbers": {"absence.for_s": 43200}, "reason": "试", "version": 0},
            422,
            "invalid",
        ),
        (
            f"rules/{STAY}/change",
            {"numbers": {"stay.for_s": 2400}, "reason": "试", "version": 0},
            409,
            "rule_nothing",
        ),
        (f"rules/{STAY}/change", {"off": True, "reason": "试", "version": 7}, 409, "rule_meanwhile"),
        ("rules/nothing/change", OFF, 404, "unknown_rule"),
        ("places/F01/rules/fall", OFF, 422, "rule_not_here"),
        ("rules/changes/99/undo", {"reason": "试"}, 404, "unknown_change"),
    ],
)
def test_what_cannot_be_is_refused_with_words(
    boss: Visitor, path: str, body: dict[str, Any], status: int, reason: str
) -> None:
    answer = boss.post(f"/api/v1/{path}", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


def test_life_safety_is_off_in_one_home_only_with_a_reason_that_is_kept(boss: Visitor) -> None:
    assert boss.post("/api/v1/places/H0001/rules/fall", json=OFF | {"reason": ""}).status_code == 422
    assert (
        boss.post("/api/v1/places/H0001/rules/fall", json=OFF | {"reason": "护理床，陪住"}).json()["off"]
        is True
    )
    (change,) = boss.get("/api/v1/rules/changes", params={"place": "H0001"}).json()["changes"]
    assert (change["by"], change["at"], change["reason"]) == ("总站长", NOW, "护理床，陪住")
    assert (change["before"]["off"], change["after"]["off"]) == (False, True)


def test_history_is_within_reach_and_tells_no_admin_why_a_home_differs(
    app: FastAPI, head: Visitor, boss: Visitor
) -> None:
    boss.post(f"/api/v1/places/H0900/rules/{STAY}", json=LONGER)
    boss.post(f"/api/v1/places/H0001/rules/{STAY}", json=LONGER)
    boss.post("/api/v1/rules/door_left_open/change", json=OFF)

    def told(client: Visitor) -> list[tuple[str, str]]:
        found = client.get("/api/v1/rules/changes").json()["changes"]
        return [(one["place_id"], one["reason"]) for one in found]

    assert told(head) == [("", "先停一周"), ("H0001", LONGER["reason"])]
    assert rule(head)["places"] == ["H0001"]
    admin = comes_in(app, "管理员", Grant("admin"))
    assert told(admin) == [("", "先停一周"), ("H0001", ""), ("H0900", "")]
    assert "王女士" not in admin.get(f"/rules/{STAY}").text
    assert "王女士" in head.get(f"/rules/{STAY}").text
    for path in (
        "/rules?place=H0900",
        f"/rules/{STAY}?place=H0900",
        "/api/v1/rules?place=H0900",
        "/api/v1/rules/changes?place=H0900",
    ):
        assert head.get(path).status_code == 404, path
    first_page = boss.get("/api/v1/rules/changes", params={"limit": 2}).json()
    rest = boss.get("/api/v1/rules/changes", params={"limit": 2, "cursor": first_page["next"]}).json()
    assert [one["id"] for one in first_page["changes"] + rest["changes"]] == [3, 2, 1]
    assert rest["next"] is None


def test_undo_is_another_change_and_only_of_the_last(boss: Visitor, head: Visitor) -> None:
    path = f"/api/v1/places/H0001/rules/{STAY}"
    boss.post(path, json=LONGER)
    boss.post(path, json=OFF | {"version": 1})
    assert (
        boss.post("/api/v1/rules/changes/1/undo", json={"reason": "试"}).json()["reason"] == "rule_meanwhile"
    )
    assert head.post("/api/v1/rules/changes/2/undo", json={"reason": "误点"}).status_code == 204
    there = rule(boss, place="H0001")
    assert (there["off"], there["numbers"][0]["value"], there["version"]) == (False, 3600, 3)
    boss.post("/api/v1/rules/door_left_open/change", json=OFF)
    assert head.post("/api/v1/rules/changes/4/undo", json={"reason": "试"}).status_code == 404, (
        "the whole hub is not theirs"
    )


def test_a_file_that_changes_the_rule_is_shown_until_somebody_decides(desk: Desk, boss: Visitor) -> None:
    boss.post(f"/api/v1/rules/{STAY}/change", json=LONGER)
    files = tuple(rebuilt(r, {"stay.for_s": 1800}) if r.id == STAY else r for r in desk.book.rules)
    desk.book = Rulebook(files)
    conflict = rule(boss)["conflict"]
    assert (conflict["why"], conflict["holds"]) == ("files_changed", True)
    assert (conflict["then"], conflict["now"]) == ({"stay.for_s": 2400}, {"stay.for_s": 1800})
    assert "规则文件后来也改了这条规则" in boss.get(f"/rules/{STAY}?lang=zh").text
    kept = boss.post(f"/api/v1/rules/{STAY}/change", json=LONGER | {"version": 1}).json()
    assert (kept["conflict"], kept["numbers"][0]["value"]) == (None, 3600)
    boss.post(f"/api/v1/rules/{STAY}/change", json={"follow_files": True, "reason": "按文件", "version": 2})
    assert rule(boss)["numbers"][0]["value"] == 1800


def test_a_try_is_for_those_who_reach_the_place(
    app: FastAPI, desk: Desk, head: Visitor, boss: Visitor
) -> None:
    path = f"/api/v1/rules/{STAY}/try"
    assert head.post(path, json={"place": ""}).status_code == 403
    assert head.post(path, json={"place": "H0900"}).status_code == 404
    assert head.post(path, json={"place": "H0001", "numbers": {"stay.for_s": 1}}).status_code == 422
    begun = head.post(path, json={"place": "H0001", "numbers": {"stay.for_s": 3600}, "days": 7})
    assert begun.status_code == 202
    assert (desk.tried[-1][0].numbers, desk.tried[-1][1]) == ({"stay.for_s": 3600.0}, 7)
    assert head.get(f"/api/v1/rules/tries/{begun.json()['id']}").json()["state"] == "running"
    other = comes_in(app, "外站", Grant("head", "福田区/香蜜街道"))
    assert other.get(f"/api/v1/rules/tries/{begun.json()['id']}").status_code == 404
    assert boss.post(path, json={}).json()["reason"] == "busy"


def test_who_may_only_read_finds_no_form(app: FastAPI) -> None:
    text = comes_in(app, "李敏").get(f"/rules/{STAY}?lang=zh").text
    assert "在卫生间停留40分钟" in text
    assert 'id="change"' not in text
    assert "要改规则，请找站长" in text


def test_on_the_phone_a_change_is_tried_saved_and_taken_back(desk: Desk, page: Page, url: str) -> None:
    with Session(desk.engine) as session, session.begin():
        me = session.query(Staff).where(Staff.name == "李敏").one()
        session.add(Granted(staff_id=me.id, role="head", at=""))
    assert page.request.post(url + "/api/v1/signin", data={"name": "李敏", "pin": PIN}).ok
    page.goto(f"{url}/rules?place=H0001")
    page.get_by_role("link", name="卫生间停留过久").click()
    page.get_by_label("停留多久").fill("60")
    page.get_by_role("button", name="先试一试").click()
    expect(page.locator("#tried")).to_contain_text("50%")
    none = {"held": 0, "test": 0, "unconfirmed": 0, "cleared": 0}
    desk.tries["t1"] = TryNow(
        id="t1", rule=STAY, place="H0001", state="done", what="", done=1.0, error="",
        answer=TryAnswer(
            from_ms=0, to_ms=1, homes=1, changed=Hindsight(raised=4, true=0, false=3, unknown=1, **none),
            as_it_is=Hindsight(raised=6, true=1, false=4, unknown=1, **none),
        ),
    )  # fmt: skip
    expect(page.locator("#tried")).to_contain_text("过去 30 天会报 4 次")
    expect(page.locator("#tried")).to_contain_text("后来核实误报 3")
    expect(page.locator("#tried .warn")).to_contain_text("1 次属实的警情就不会报了")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_label("为什么改（必填）")).to_be_focused()  # it will not be saved without a reason
    page.get_by_label("为什么改（必填）").fill("家属知情")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("在卫生间停留60分钟")).to_be_visible()
    page.get_by_role("button", name="撤销这次改动").click()
    expect(page.get_by_text("在卫生间停留40分钟")).to_be_visible()
    assert [command["kind"] for command in desk.commands] == ["rule", "rule"]
