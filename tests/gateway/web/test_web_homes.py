"""Modes of homes, silences and the shelf over HTTP: who may, until when, what is shown and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from web_desk import NOW, PIN, Desk, Visitor

from gateway.web.app import create_app
from gateway.web.port import OwnRule, UnavailableError
from gateway.web.settings import WebSettings
from rules.modes import LASTS_MAX_MS, LASTS_MS

HOUR = 3_600_000
MODE = "/api/v1/places/H0001/mode"


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


@pytest.fixture
def client(app: FastAPI) -> Visitor:
    return Visitor(app)


@pytest.fixture
def limin(app: FastAPI) -> Visitor:
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    return client


# modes


@pytest.mark.parametrize("kind", LASTS_MS)
def test_every_mode_has_an_end_also_when_nobody_says(desk: Desk, limin: Visitor, kind: str) -> None:
    home = limin.post(MODE, json={"kind": kind, "reason": " 去女儿家 "}).json()
    assert home["mode"] == {
        "kind": kind, "since": NOW, "until": NOW + LASTS_MS[kind], "by": "李敏", "reason": "去女儿家",
        "ended_at": None, "ended_by": "", "ended_because": "",
    }  # fmt: skip
    asked = desk.commands[0]
    assert asked["data"] == {
        "kind": kind, "until": str(NOW + LASTS_MS[kind]), "reason": "去女儿家", "id": asked["id"],
    }  # fmt: skip


def test_a_mode_is_shown_and_ended_and_kept(desk: Desk, client: Visitor, limin: Visitor) -> None:
    limin.post(MODE, json={"kind": "away", "until": NOW + HOUR})
    shown = client.get("/api/v1/modes").json()["homes"]
    assert [(home["place_id"], home["who"]["en"], home["mode"]["until"]) for home in shown] == [
        ("H0001", "Ms 王", NOW + HOUR)
    ]
    ended = limin.delete(MODE).json()
    assert ended["mode"] is None
    assert [(m["kind"], m["ended_by"], m["ended_because"]) for m in ended["modes"]] == [
        ("away", "李敏", "command")
    ]
    desk.becomes(hub_now_ms=NOW + 1)
    again = limin.delete(MODE)
    assert (again.status_code, again.json()["reason"]) == (409, "refused")
    assert client.get("/api/v1/modes").json()["homes"] == []


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        (MODE, {"kind": "sleeping"}, "invalid"),
        (MODE, {}, "invalid"),
        (MODE, {"kind": "away", "until": NOW}, "until"),
        (MODE, {"kind": "away", "until": NOW + LASTS_MAX_MS + 1}, "until"),
        (MODE, {"kind": "away", "until": "tomorrow"}, "invalid"),
        (MODE, {"kind": "away", "reason": "x" * 201}, "invalid"),
        (MODE, {"kind": "away", "for": 3}, "invalid"),
        ("/api/v1/places/F01/mode", {"kind": "away"}, "facility_mode"),
        ("/api/v1/silences", {"reason": "x"}, "invalid"),
        ("/api/v1/silences", {"rule": "no_activity", "reason": "  "}, "invalid"),
        ("/api/v1/silences", {"rule": "no_activity"}, "invalid"),
        ("/api/v1/silences", {"rule": "no_activity", "reason": "x", "until": NOW + 31 * 24 * HOUR}, "until"),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_journalled(
    desk: Desk, limin: Visitor, path: str, body: dict[str, Any], reason: str
) -> None:
    answer = limin.post(path, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    assert desk.commands == []


def test_a_facility_can_be_under_maintenance(limin: Visitor) -> None:
    assert limin.post("/api/v1/places/F01/mode", json={"kind": "maintenance"}).status_code == 200


def test_nobody_sets_a_mode_or_a_silence_without_a_name(desk: Desk, client: Visitor) -> None:
    asked = [
        client.post(MODE, json={"kind": "away"}),
        client.delete(MODE),
        client.post("/api/v1/silences", json={"rule": "fall", "reason": "x"}),
        client.delete("/api/v1/silences/x"),
        client.post("/api/v1/alerts/x/shelve", json={"reason": "x"}),
    ]
    assert [(answer.status_code, answer.json()["reason"]) for answer in asked] == [(401, "person")] * 5
    assert desk.commands == []


def test_unknown_places_and_silences_are_404(limin: Visitor) -> None:
    for answer in (
        limin.get("/api/v1/places/none"),
        limin.post("/api/v1/places/none/mode", json={"kind": "away"}),
        limin.delete("/api/v1/places/none/mode"),
        limin.post("/api/v1/silences", json={"place": "none", "reason": "x"}),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_place")
    assert limin.delete("/api/v1/silences/none").json()["reason"] == "unknown_silence"
    assert limin.get("/places/none").status_code == 404


def test_a_repeat_under_its_key_is_the_same_act(desk: Desk, limin: Visitor) -> None:
    key = {"Idempotency-Key": "k1"}
    for _ in range(2):
        assert limin.post(MODE, json={"kind": "away"}, headers=key).status_code == 200
    made = [
        limin.post("/api/v1/silences", json={"place": "H0001", "reason": "x"}, headers=key).json()["id"]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len({command["id"] for command in desk.commands}) == 2
    assert len(limin.get("/api/v1/places/H0001").json()["modes"]) == 1


def test_what_the_hub_cannot_confirm_may_be_repeated(desk: Desk, limin: Visitor) -> None:
    desk.away = UnavailableError("the disk is full")
    assert limin.post(MODE, json={"kind": "away"}).status_code == 503


def test_a_home_shows_its_mode_what_was_held_back_and_its_own_rules(desk: Desk, client: Visitor) -> None:
    desk.holds()
    desk.holds("device_silent", "H0002", held_by="inhibit:a")
    off = OwnRule(
        rule="no_activity", title={"zh": "久未活动", "en": "No activity"}, off=True, rule_as_it_is=None
    )
    desk.otherwise["H0001"] = [off]
    home = client.get("/api/v1/places/H0001").json()
    assert [(held["rule"], held["held_by"], held["who"]["zh"]) for held in home["held"]] == [
        ("no_activity", "mode:away", "王女士")
    ]
    assert home["own_rules"][0]["off"] is True
    assert [device["id"] for device in home["devices"]] == ["radar-1"]
    assert not {"contacts", "access_note"} & set(home)


# silences and the shelf


def test_a_silence_is_set_shown_and_ended(client: Visitor, limin: Visitor) -> None:
    made = limin.post(
        "/api/v1/silences", json={"rule": "no_activity", "place": "H0001", "reason": "装修"}
    ).json()
    assert (made["by"], made["until"], made["who"]["zh"]) == ("李敏", NOW + 8 * HOUR, "王女士")
    assert [found["id"] for found in client.get("/api/v1/silences").json()["silences"]] == [made["id"]]
    assert [found["id"] for found in client.get("/api/v1/places/H0001").json()["silences"]] == [made["id"]]
    assert client.get("/api/v1/places/H0002").json()["silences"] == []
    assert limin.delete(f"/api/v1/silences/{made['id']}").json()["ended_by"] == "李敏"
    assert client.get("/api/v1/silences").json() == {"silences": [], "next": None}


def test_an_alert_is_shelved_with_a_reason_and_taken_back(desk: Desk, limin: Visitor) -> None:
    alert = desk.rings("device_silent")
    path = f"/api/v1/alerts/{alert}/shelve"
    shelved = limin.post(path, json={"reason": "等待维修"}).json()
    assert (shelved["shelved_until"], shelved["shelved_by"], shelved["shelved_why"]) == (
        NOW + HOUR,
        "李敏",
        "等待维修",
    )
    assert desk.commands[0]["place"] == "H0001"
    assert limin.post(path, json={"reason": ""}).status_code == 422
    assert limin.delete(path).json()["shelved_until"] is None
    refused = limin.delete(path)
    assert (refused.status_code, refused.json()["words"]["zh"]) == (409, "不能这样做：it is not shelved")


def test_a_critical_alert_is_shelved_for_an_hour_at_most(desk: Desk, limin: Visitor) -> None:
    path = f"/api/v1/alerts/{desk.rings()}/shelve"
    long = limin.post(path, json={"reason": "x", "until": NOW + HOUR + 1})
    assert (long.status_code, long.json()["words"]["en"]) == (422, "The end must lie ahead, within 1 h")
    assert limin.post(path, json={"reason": "x"}).json()["shelved_until"] == NOW + HOUR // 2


# pages


def test_who_is_away_is_not_for_passers_by(desk: Desk, client: Visitor, limin: Visitor) -> None:
    limin.post(MODE, json={"kind": "away", "reason": "去女儿家"})
    desk.holds()
    passer_by = {"Sec-Fetch-Site": "none"}
    for path in ("/", "/places", "/places/H0001", "/board"):
        seen = client.get(path + "?lang=zh", headers=passer_by).text
        assert not any(word in seen for word in ("王女士", "去女儿家", "外出 <small>")), path
    desk_page = limin.get("/?lang=zh").text
    assert all(word in desk_page for word in ("王女士", "外出", "至 11-30 15:03", "久未活动"))
    home = limin.get("/places/H0001?lang=zh").text
    assert all(word in home for word in ("去女儿家", "跌倒、呼救照常报警", "李敏 15:03 设置", "久未活动"))


def test_a_home_is_found_by_name_door_or_number(limin: Visitor) -> None:
    for words in ("王女士", "3栋1201", "h0001", "莲花 王"):
        assert "/places/H0001" in limin.get("/places", params={"q": words}).text, words
    assert "没有找到" in limin.get("/places?q=100%&lang=zh").text


def test_the_desk_says_what_became_of_an_alert(desk: Desk, limin: Visitor) -> None:
    desk.stores(
        "fall", severity="notice", severity_before="critical", changed_why={"zh": "走动", "en": "walking"}
    )
    desk.stores(
        "no_activity", severity="critical", severity_before="urgent", changed_why={"zh": "无人", "en": "x"}
    )
    lead = desk.stores("device_silent", count=3, last_at=NOW)
    desk.stores("device_silent", "H0002", group_id=lead)
    put_off: dict[str, Any] = {"shelved_until": NOW + HOUR, "shelved_by": "李敏", "shelved_why": "等待维修"}
    desk.stores("over_capacity", "F01", **put_off)
    chinese = limin.get("/?lang=zh").text
    for words in (
        "已降为提示（原为紧急）：走动",
        "已升为紧急（原为重要）：无人",
        "第 3 次",
        "还有 1 处相同警情",
        "李敏 暂缓提醒至 16:03：等待维修",
    ):
        assert words in chinese
    english = limin.get("/?lang=en").text
    assert "Lowered to Notice (was Critical): walking" in english


def test_what_rings_and_in_which_order(desk: Desk, limin: Visitor) -> None:
    lowered = desk.stores("fall", severity="notice", severity_before="critical")
    risen = desk.stores("no_activity", severity="critical", severity_before="urgent", raised_at=NOW - 9_000)
    put_off: dict[str, Any] = {"shelved_until": NOW + HOUR, "shelved_by": "李敏", "shelved_why": "x"}
    shelved = desk.stores("no_activity", **put_off)
    critical = desk.stores("fall", raised_at=NOW - 5_000, **put_off)
    lead = desk.stores("device_silent", raised_at=NOW - 7_000)
    between = desk.stores("device_silent", raised_at=NOW - 6_000)
    follows = desk.stores("device_silent", raised_at=NOW - 1_000, group_id=lead)
    board = limin.get("/board").json()["open"]
    assert [piece["id"] for piece in board] == [critical, risen, lowered, between, lead, follows, shelved]
    assert [piece["id"] for piece in board if piece["ringing"]] == [risen]
