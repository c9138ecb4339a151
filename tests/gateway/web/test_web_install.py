"""Installing over HTTP: who sees what, what is refused in which words, tests on cards, devices to be claimed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import CHEAP, NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.operations.home_tests import Proven, prove, under_way
from gateway.operations.people import People
from gateway.operations.tables import Place
from gateway.web.app import create_app
from gateway.web.install_port import Heard, SetAside
from gateway.web.port import UnavailableError
from gateway.web.settings import WebSettings

PATH = "福田区/莲花街道/莲花社区/莲花二村"
FAR = "南山区/蛇口街道/海湾社区/海湾花园"
BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0"}
MINUTE = 60_000
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    with Session(desk.engine) as session, session.begin():
        session.add(
            Place(
                id="S1", kind="home", site="shekou", path=FAR, name="赵先生", address="1栋101", access_note=""
            )
        )
    people = People(desk.engine, CHEAP)
    for name, role, at in (
        ("小刘", "installer", "福田区/莲花街道/莲花社区"),
        ("全区", "installer", ""),
        ("站长", "head", ""),
        ("物业", "property", ""),
    ):
        people.add(name, "8024", grants=[Grant(role, at)])
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def signed_in(app: FastAPI, name: str, pin: str = "8024") -> Visitor:
    client = Visitor(app)
    client.headers.update(BROWSER)
    assert client.post("/api/v1/signin", json={"name": name, "pin": pin}).status_code == 200
    return client


@pytest.fixture
def liu(app: FastAPI) -> Visitor:
    """An installer of one community."""
    return signed_in(app, "小刘")


@pytest.fixture
def head(app: FastAPI) -> Visitor:
    return signed_in(app, "站长")


def page_of(client: Visitor, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return answer.text


# who sees what


def test_an_installer_needs_no_name_no_contact_and_no_way_in(liu: Visitor, head: Visitor) -> None:
    for path in ("/install", "/install/H0001", "/install/H0001/test", "/install/tests", "/install/unclaimed"):
        shown = page_of(liu, path)
        for secret in ("王女士", "李先生", "陈静", "139 0000", "2580#", "钥匙"):
            assert secret not in shown, (path, secret)
    assert "王**" in page_of(liu, "/install/H0001")
    assert "3栋1201" in page_of(liu, "/install/H0001")
    assert "王女士" in page_of(head, "/install/H0001")
    assert liu.get("/api/v1/install/places?q=王女士").json()["places"] == [], "names are not found by trying"
    for path in ("places", "places/H0001", "alerts", "modes", "follow-ups"):
        assert liu.get(f"/api/v1/{path}").status_code == 403, path


def test_what_lies_outside_does_not_exist(liu: Visitor) -> None:
    assert "1栋101" not in page_of(liu, "/install")
    assert [place["id"] for place in liu.get("/api/v1/install/places").json()["places"]] == [
        "F01", "H0001", "H0002", "H0003",
    ]  # fmt: skip
    asked = [
        liu.get("/install/S1"),
        liu.get("/install/S1/test"),
        liu.post("/api/v1/install/places/S1/devices", json={"id": "x", "kind": "sos", "room": "卧室"}),
        liu.post("/api/v1/install/devices/radar-1/move", json={"place": "S1", "room": "卧室"}),
        liu.post("/api/v1/places/S1/test", json={"kind": "walk"}),
        liu.post("/api/v1/install/unclaimed/reject", json={"site": "shekou", "device": "x", "reason": "y"}),
    ]
    assert [answer.status_code for answer in asked] == [404] * len(asked)
    home = {"name": "周阿姨", "path": FAR, "address": "1栋102"}
    assert liu.post("/api/v1/install/homes", json=home).status_code == 422


def test_property_managers_and_strangers_do_not_come_in(app: FastAPI) -> None:
    manager, stranger = signed_in(app, "物业"), Visitor(app, "http://127.0.0.1:8080")
    stranger.headers.update(BROWSER)
    for path in ("/install", "/install/H0001", "/install/unclaimed", "/api/v1/install/places"):
        assert manager.get(path).status_code == 403
        assert stranger.get(path).status_code == 401


# registering


def test_a_home_and_its_devices_are_registered(desk: Desk, liu: Visitor) -> None:
    home = {
        "name": "黄女士", "path": PATH, "address": "7栋302", "access_note": "门禁 302#",
        "contacts": [{"name": "女儿 黄静", "phone": "13800000001"}],
    }  # fmt: skip
    made = liu.post("/api/v1/install/homes", json=home)
    assert (made.status_code, made.json()["id"], made.json()["name"]) == (201, "H0004", "黄**")
    device = {"id": "J-pendant", "kind": "pendant", "room": "随身"}
    assert liu.post("/api/v1/install/places/H0004/devices", json=device).status_code == 201
    desk.were_heard["J-pendant"] = Heard(NOW, online=True)
    (point,) = liu.get("/api/v1/install/places/H0004").json()["points"]
    assert (point["heard_at"], point["proven_at"], point["heartbeat_s"]) == (NOW, None, 14_400)
    moved = liu.post("/api/v1/install/devices/J-pendant/move", json={"place": "H0001", "room": "床头"})
    assert {one["id"]: one["room"] for one in moved.json()["points"]} == {
        "J-pendant": "床头",
        "radar-1": "卫生间",
    }
    left = liu.delete("/api/v1/install/devices/J-pendant").json()
    assert [one["id"] for one in left["points"]] == ["radar-1"]


def test_a_home_is_mended_and_an_empty_one_taken_out(desk: Desk, liu: Visitor) -> None:
    mended = liu.post("/api/v1/install/homes/H0003", json={"address": "1栋305"}).json()
    assert mended["where"] == "莲花二村 1栋305"
    refused = liu.request("DELETE", "/api/v1/install/homes/H0001")
    assert (refused.status_code, refused.json()["reason"]) == (409, "entry_devices")
    assert liu.request("DELETE", "/api/v1/install/homes/F01").status_code == 404, "a facility is no home"
    assert liu.request("DELETE", "/api/v1/install/homes/H0003").status_code == 204
    assert liu.get("/api/v1/install/places/H0003").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        (
            "places/H0001/devices",
            {"id": "radar-1", "kind": "radar", "room": "卧室"},
            409,
            "entry_taken_device",
        ),
        ("places/H0001/devices", {"id": "a b", "kind": "radar", "room": "卧室"}, 422, "entry_device"),
        ("places/H0001/devices", {"id": "g", "kind": "gateway", "room": "卧室"}, 422, "entry_device_kind"),
        ("places/H0001/devices", {"id": "g", "kind": "camera", "room": "卧室"}, 422, "entry_device_kind"),
        ("places/H0001/devices", {"id": "g", "kind": "radar", "room": "=1+1"}, 422, "entry_room"),
        ("homes", {"id": "H0001", "name": "黄", "path": PATH, "address": "1"}, 409, "entry_taken_home"),
        (
            "homes",
            {"name": "黄", "path": PATH, "address": "1", "contacts": [{"name": "女儿", "phone": "call me"}]},
            422,
            "entry_contact1_phone",
        ),
        ("homes", {"name": "黄", "path": PATH, "address": "1", "capacity": 3}, 422, "invalid"),
        ("devices/none/move", {"place": "H0001", "room": "卧室"}, 404, "unknown"),
    ],
)
def test_what_cannot_be_registered_is_said_in_plain_words(
    app: FastAPI, path: str, body: dict[str, Any], status: int, reason: str
) -> None:
    answer = signed_in(app, "全区").post(f"/api/v1/install/{path}", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


def test_a_home_is_finished_when_heard_proven_and_signed_off(desk: Desk, liu: Visitor) -> None:
    shown = page_of(liu, "/install?q=3栋1201")
    assert "1 个从未收到数据" in shown
    assert "1 个未测试" in shown
    assert "未验收" in shown
    desk.were_heard["radar-1"] = Heard(NOW, online=True)
    prove(desk.engine, [Proven("radar-1", "t", "H0001", "卫生间", NOW, "presence")])
    shown = page_of(liu, "/install?q=3栋1201")
    assert "从未收到数据" not in shown
    assert "未测试" not in shown


# tests


def test_a_press_during_a_test_rings_and_its_card_says_so_and_is_closed_in_one_tap(
    desk: Desk, liu: Visitor, app: FastAPI
) -> None:
    assert liu.post("/api/v1/places/H0001/test", json={"kind": "walk"}).status_code == 200
    desk.becomes(hub_now_ms=NOW + MINUTE)
    alert, elsewhere = desk.rings("fall"), desk.rings("fall", "H0002")
    duty = signed_in(app, "李敏", PIN)
    cards = {piece["id"]: piece for piece in duty.get("/board").json()["open"]}
    assert cards[alert]["ringing"], "a call for help is told in a test as well"
    assert "约定测试" in cards[alert]["html"]
    assert "小刘" in cards[alert]["html"]
    assert "约定测试" not in cards[elsewhere]["html"]
    closed = duty.post(f"/api/v1/alerts/{alert}/test-passed").json()
    assert (closed["state"], closed["verdict"], closed["closed_by"]) == ("closed", "test", "李敏")
    refused = duty.post(f"/api/v1/alerts/{elsewhere}/test-passed")
    assert (refused.status_code, refused.json()["reason"]) == (409, "no_test")
    assert liu.post(f"/api/v1/alerts/{alert}/test-passed").status_code == 403, "an installer closes no alert"


def test_what_comes_after_a_test_is_no_test(desk: Desk, liu: Visitor, app: FastAPI) -> None:
    liu.post("/api/v1/places/H0001/test", json={"kind": "weekly"})
    desk.becomes(hub_now_ms=NOW + 10 * MINUTE)
    assert liu.request("DELETE", "/api/v1/places/H0001/test").json()["test"] is None
    desk.becomes(hub_now_ms=NOW + 11 * MINUTE)
    ended = desk.rings("fall")
    liu.post("/api/v1/places/H0001/test", json={"kind": "weekly"})
    desk.becomes(hub_now_ms=NOW + 41 * MINUTE)
    over = desk.rings("fall")
    duty = signed_in(app, "李敏", PIN)
    assert [duty.post(f"/api/v1/alerts/{one}/test-passed").status_code for one in (ended, over)] == [409, 409]
    assert liu.request("DELETE", "/api/v1/places/H0001/test").status_code == 409


def test_a_test_is_begun_once_under_a_key(desk: Desk, liu: Visitor) -> None:
    first = [
        liu.post("/api/v1/places/H0001/test", json={"kind": "walk"}, headers={"Idempotency-Key": "k"}).json()
        for _ in range(2)
    ]
    assert first[0] == first[1]
    assert len(under_way(desk.engine, NOW)) == 1


def test_the_weekly_list_has_what_is_due_on_top(desk: Desk, liu: Visitor, app: FastAPI) -> None:
    for name, home in (("p1", "H0001"), ("p2", "H0002"), ("p3", "H0003")):
        liu.post(f"/api/v1/install/places/{home}/devices", json={"id": name, "kind": "sos", "room": "卧室"})
    prove(desk.engine, [Proven("p1", "t", "H0001", "卧室", NOW - 60_000, "event.sos")])
    desk.stores("fall", "H0003", device_id="p3", active_at=NOW - 8 * 86_400_000)
    points = liu.get("/api/v1/install/tests").json()["points"]
    assert [(one["device"], one["due"], one["name"]) for one in points] == [
        ("p2", True, "李**"), ("p3", True, "周**"), ("p1", False, "王**"),
    ]  # fmt: skip
    duty = page_of(signed_in(app, "李敏", PIN), "/install/tests")
    assert "从未测试" in duty
    assert "李先生" in duty


# to be claimed


def aside(
    device: str, channel: str = "telemetry", *, site: str = "lianhua", reason: str = "unknown_device"
) -> SetAside:
    return SetAside(
        topic=f"care/v1/{site}/{device}/{channel}", reason=reason, count=3, first_at=NOW - MINUTE, last_at=NOW,
        detail="it says <b>", payload='{"m":1}<script>',
    )  # fmt: skip


def test_unknown_devices_are_listed_by_device_and_only_of_sites_within_reach(
    desk: Desk, liu: Visitor, app: FastAPI
) -> None:
    desk.aside.extend(
        [aside("lamp"), aside("lamp", "event"), aside("x", site="shekou"), aside("y", site="nowhere"),
         aside("radar-1", reason="bad_json"), aside("radar-9", reason="bad_topic", site="nowhere")]
    )  # fmt: skip
    found = liu.get("/api/v1/install/unclaimed").json()
    assert [(one["device"], one["count"], one["channels"]) for one in found["unclaimed"]] == [
        ("lamp", 6, ["telemetry", "event"])
    ]
    assert [one["device"] for one in found["unread"]] == ["radar-1"]
    everything = signed_in(app, "全区").get("/api/v1/install/unclaimed").json()
    assert [one["device"] for one in everything["unclaimed"]] == ["lamp", "y", "x"]
    assert len(everything["unread"]) == 2
    shown = page_of(liu, "/install/unclaimed")
    assert "数据残缺" in shown
    assert "<script>" not in shown.replace('<script type="', "")


def test_a_device_is_claimed_into_a_room_and_what_it_has_sent_is_read_again(desk: Desk, liu: Visitor) -> None:
    desk.aside.append(aside("lamp"))
    body = {"site": "lianhua", "device": "lamp", "kind": "motion", "room": "客厅"}
    claimed = liu.post("/api/v1/install/places/H0001/claim", json=body)
    assert (claimed.status_code, claimed.json()["again"]["replayed"]) == (201, 3)
    assert desk.chosen[-1][:2] == ("again", type(desk.chosen[-1][1])(reason="unknown_device", device="lamp"))
    assert "lamp" in page_of(liu, "/install/H0001")
    wrong = liu.post("/api/v1/install/places/H0001/claim", json=body | {"site": "shekou", "device": "b"})
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "entry_site")


def test_claimed_while_the_broker_is_away_its_messages_wait(desk: Desk, liu: Visitor) -> None:
    desk.away = UnavailableError("the broker cannot be heard")
    body = {"site": "lianhua", "device": "lamp", "kind": "motion", "room": "客厅"}
    claimed = liu.post("/api/v1/install/places/H0001/claim", json=body)
    assert (claimed.status_code, claimed.json()["again"]) == (201, None)


def test_a_rejected_device_is_not_listed_until_it_is_taken_back(desk: Desk, liu: Visitor) -> None:
    desk.aside.append(aside("lamp"))
    sender = {"site": "lianhua", "device": "lamp"}
    dropped = liu.post("/api/v1/install/unclaimed/reject", json=sender | {"reason": "邻居家的"})
    assert dropped.json() == {"dropped": 12}, "of each of its three channels"
    assert {chosen.topic.rpartition("/")[2] for kind, chosen, _ in desk.chosen if kind == "drop"} == {
        "telemetry", "event", "status",
    }  # fmt: skip
    found = liu.get("/api/v1/install/unclaimed").json()
    assert found["unclaimed"] == []
    assert found["rejected"] == [sender | {"at": NOW, "by": "小刘", "reason": "邻居家的"}]
    assert liu.post("/api/v1/install/unclaimed/take-back", json=sender).status_code == 200
    assert liu.post("/api/v1/install/unclaimed/take-back", json=sender).status_code == 404
    assert len(liu.get("/api/v1/install/unclaimed").json()["unclaimed"]) == 1


# in a browser


def test_on_a_phone_a_device_is_registered_and_ticked_as_it_is_heard(
    desk: Desk, page: Page, url: str
) -> None:
    people = People(desk.engine, CHEAP)
    people.add("小刘", "8024", grants=[Grant("installer")])
    page.request.post(url + "/api/v1/signin", data={"name": "小刘", "pin": "8024"})
    page.add_init_script(
        "window.BarcodeDetector = class { async detect() { return [{ rawValue: 'https://maker.example/d/sos-9' }]; } };"
    )
    page.goto(url + "/install/H0001")
    page.locator('[data-do="device"] [name="id"]').fill("radar-1")
    page.get_by_role("radio", name="呼救按钮").check()
    page.locator('[data-do="device"] [name="room"]').fill("卧室")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator('[data-do="device"] .wrong')).to_contain_text("已经登记过了")
    label = {"name": "label.png", "mimeType": "image/png", "buffer": base64.b64decode(PIXEL)}
    page.locator('[data-scan] input[type="file"]').set_input_files(label)  # type: ignore[arg-type]
    expect(page.locator('[data-do="device"] [name="id"]')).to_have_value("sos-9")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator('[data-device="sos-9"]')).to_be_visible()
    page.get_by_role("link", name="逐点触发测试").click()
    page.get_by_role("button", name="开始测试").click()
    expect(page.locator("#progress")).to_have_text("0 / 2 个已通过")
    (test,) = under_way(desk.engine, NOW)
    prove(desk.engine, [Proven("sos-9", test.id, "H0001", "卧室", NOW, "event.sos")])
    expect(page.locator("#progress")).to_have_text("1 / 2 个已通过", timeout=3_000)
    expect(page.locator('[data-device="sos-9"]')).to_contain_text("通过")
