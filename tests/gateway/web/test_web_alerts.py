from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.operations.tables import Place
from gateway.web.app import create_app
from gateway.web.port import UnavailableError
from gateway.web.settings import WebSettings

ROUNDS = 20


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


@pytest.fixture
def client(app: FastAPI) -> Visitor:
    return Visitor(app)


@pytest.fixture
def limin(app: FastAPI) -> Visitor:
    return signed_in(app)


def signed_in(app: FastAPI, name: str = "李敏", pin: str = PIN) -> Visitor:
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": pin}).status_code == 200
    return client


def test_an_alert_says_who_where_why_and_what_to_do_in_both_languages(desk: Desk, client: Visitor) -> None:
    alert = desk.rings()
    desk.delivers(alert, "值班群", "delivered")
    desk.escalates(alert, 60_000)
    found = client.get("/api/v1/alerts").json()
    assert found["next"] is None
    told = found["alerts"][0]
    assert told["who"] == {"zh": "王女士", "en": "Ms 王"}
    assert told["where"] == {"zh": "莲花二村 3栋1201 卫生间", "en": "莲花二村 3栋1201 bathroom"}
    assert told["title"] == {"zh": "疑似跌倒", "en": "Possible fall"}
    assert all(told["todo"][language] and told["why"][language] for language in ("zh", "en"))
    (sent,) = told["deliveries"]
    assert (sent["channel"], sent["state"], sent["delivered_ms"]) == ("值班群", "delivered", NOW)
    assert (told["rung"], told["escalated_at"], told["version"]) == (1, NOW + 60_000, 2)
    assert set(told) == {
        "id", "number", "rule", "kind", "severity", "state", "title", "why", "todo", "who", "where", "place_id",
        "device_id", "room", "active_at", "raised_at", "ended_at", "accepted_by", "accepted_at", "closed_by",
        "closed_at", "verdict", "note", "rung", "escalate_at", "escalated_at", "version", "evidence", "recorded",
        "deliveries", "count", "last_at", "group_id", "group_size", "severity_before", "changed_why",
        "shelved_until", "shelved_by", "shelved_why", "place_kind", "reason", "outcome", "settled_at",
        "assigned_to", "merged_into", "reopened",
    }  # fmt: skip


def test_open_alerts_come_by_severity_then_by_how_long_they_wait(desk: Desk, client: Visitor) -> None:
    flat = desk.stores("device_silent", raised_at=NOW - 9_000_000)
    late = desk.stores("fall", raised_at=NOW - 1_000)
    care = desk.stores("no_activity", raised_at=NOW - 5_000)
    early = desk.stores("fall", "H0003", raised_at=NOW - 60_000, state="accepted")
    desk.stores("fall", state="closed", closed_at=NOW)
    order = [early, late, care, flat]
    assert [alert["id"] for alert in client.get("/api/v1/alerts?state=open").json()["alerts"]] == order


@pytest.mark.parametrize("state", ["open", "closed", "all"])
def test_pages_join_up_whatever_their_size(desk: Desk, client: Visitor, state: str) -> None:
    for at in range(4):
        desk.stores("fall", raised_at=NOW - 1_000 * (at % 2))
        desk.stores("no_activity", raised_at=NOW)
        desk.stores("fall", state="closed", closed_at=NOW + at // 2)
    whole = [alert["id"] for alert in client.get(f"/api/v1/alerts?state={state}").json()["alerts"]]
    assert len(whole) == {"open": 8, "closed": 4, "all": 12}[state]
    for limit in (1, 3, 4):
        found, cursor = [], ""
        while True:
            page = client.get(f"/api/v1/alerts?state={state}&limit={limit}{cursor}").json()
            found += [alert["id"] for alert in page["alerts"]]
            if page["next"] is None:
                break
            cursor = f"&before={page['next']}"
        assert found == whole


def test_closed_alerts_come_last_closed_first(desk: Desk, client: Visitor) -> None:
    old = desk.stores(state="closed", closed_at=NOW)
    new = desk.stores(state="closed", closed_at=NOW - 5)
    assert [alert["id"] for alert in client.get("/api/v1/alerts?state=closed").json()["alerts"]] == [old, new]


def test_a_wrong_question_is_answered_with_what_is_wrong(client: Visitor) -> None:
    for query in (
        "state=new",
        "limit=0",
        "limit=501",
        "limit=x",
        "before=7",
        "before=a.b.c",
        "before=1.2.9" + "9" * 30,
    ):
        answer = client.get(f"/api/v1/alerts?{query}")
        assert answer.status_code == 422
        assert answer.json()["reason"] == "invalid"
        assert answer.json()["words"]["zh"].startswith("内容有误")


def test_contacts_and_access_are_for_a_signed_in_person_while_the_alert_is_accepted(
    desk: Desk, client: Visitor, limin: Visitor
) -> None:
    alert = desk.rings()
    path = f"/api/v1/alerts/{alert}"
    assert "contacts" not in limin.get(path).json()
    accepted = limin.post(f"{path}/accept").json()
    assert accepted["contacts"] == [
        {"name": "女儿 陈静", "phone": "139 0000 1234"},
        {"name": "邻居 刘先生", "phone": "0755-8300 1234"},
    ]
    assert accepted["access_note"] == "钥匙在门卫处，单元门密码 2580#"
    assert accepted["address"] == "福田区 莲花街道 莲花社区 莲花二村 3栋1201"
    assert [step["kind"] for step in accepted["steps"]] == ["raised", "accepted"]
    stranger = client.get(path).json()
    assert not {"contacts", "access_note", "address"} & set(stranger)
    assert not any(word in client.get("/").text + client.get("/board").text for word in ("2580#", "139 0000"))
    assert "2580#" in limin.get("/board").text
    closed = limin.post(f"{path}/close", json={"verdict": "false", "reason": "other"}).json()
    assert not {"contacts", "access_note"} & set(closed)
    assert "2580#" not in limin.get("/board").text


def test_accept_then_close_with_a_verdict(desk: Desk, limin: Visitor) -> None:
    alert = desk.rings()
    accepted = limin.post(f"/api/v1/alerts/{alert}/accept").json()
    assert (accepted["state"], accepted["accepted_by"], accepted["accepted_at"]) == ("accepted", "李敏", NOW)
    closed = limin.post(
        f"/api/v1/alerts/{alert}/close", json={"verdict": "true", "outcome": "assisted", "note": "已扶起"}
    ).json()
    assert (closed["state"], closed["closed_by"], closed["verdict"], closed["note"]) == (
        "closed",
        "李敏",
        "true",
        "已扶起",
    )
    assert limin.get("/api/v1/alerts").json()["alerts"] == []
    assert [command["data"] for command in desk.commands] == [
        {"via": "api"},
        {"verdict": "true", "outcome": "assisted", "note": "已扶起", "via": "api"},
    ]


def test_of_two_who_accept_at_the_same_instant_one_wins_and_the_other_is_told_who(
    desk: Desk, limin: Visitor
) -> None:
    people = {"李敏": limin, "陈国强": signed_in(limin.app, "陈国强", "8024")}
    for _ in range(ROUNDS):
        alert, start = desk.rings(), Barrier(2)
        accept = partial(accepted_at_once, alert, start)
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(accept, people.values()))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        first, problem = won.json()["accepted_by"], lost.json()
        assert people[first] is list(people.values())[answers.index(won)]
        assert (problem["reason"], problem["by"], problem["at"]) == ("taken_accepted", first, NOW)
        assert problem["words"] == {"zh": f"{first} 已在 15:03 接警", "en": f"{first} accepted it at 15:03"}
        steps = limin.get(f"/api/v1/alerts/{alert}").json()["steps"]
        assert [(step["kind"], step["by"]) for step in steps] == [("raised", ""), ("accepted", first)]


def accepted_at_once(alert: str, start: Barrier, person: Visitor) -> httpx.Response:
    start.wait(30)
    return person.post(f"/api/v1/alerts/{alert}/accept")


def test_who_closes_second_is_told_who_was_first(desk: Desk, limin: Visitor) -> None:
    alert, other = desk.rings(), signed_in(limin.app, "陈国强", "8024")
    limin.post(f"/api/v1/alerts/{alert}/accept")
    limin.post(f"/api/v1/alerts/{alert}/close", json={"verdict": "test"})
    late = other.post(f"/api/v1/alerts/{alert}/close", json={"verdict": "true", "outcome": "assisted"})
    assert (late.status_code, late.json()["reason"], late.json()["by"]) == (409, "taken_closed", "李敏")


def test_the_same_key_by_the_same_person_is_the_same_command(desk: Desk, limin: Visitor) -> None:
    alert, other = desk.rings(), desk.rings(place="H0003")
    first, second = limin, signed_in(limin.app, "陈国强", "8024")
    key = {"Idempotency-Key": "k1"}
    for _ in range(2):
        assert first.post(f"/api/v1/alerts/{alert}/accept", headers=key).status_code == 200
    assert second.post(f"/api/v1/alerts/{alert}/accept", headers=key).status_code == 409
    assert first.post(f"/api/v1/alerts/{other}/accept", headers=key).status_code == 200
    ids = [command["id"] for command in desk.commands]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_close_without_a_proper_verdict_is_refused(desk: Desk, limin: Visitor) -> None:
    bodies: list[object] = [
        {},
        {"verdict": "maybe"},
        {"verdict": "cleared"},
        {"verdict": "true", "outcome": "assisted", "note": "x" * 501},
        {"verdict": "true", "outcome": "assisted", "by": "x"},
        [],
    ]
    alert = desk.rings()
    for body in bodies:
        assert limin.post(f"/api/v1/alerts/{alert}/close", json=body).status_code == 422
    assert desk.commands == []


def test_an_unknown_alert_is_404(desk: Desk, client: Visitor, limin: Visitor) -> None:
    assert client.get("/api/v1/alerts/none").json()["reason"] == "unknown_alert"
    for action in ("accept", "close"):
        answer = limin.post(f"/api/v1/alerts/none/{action}", json={"verdict": "true", "outcome": "assisted"})
        assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_alert")


@pytest.mark.parametrize(
    "away", [UnavailableError("the journal cannot be written: disk full"), TimeoutError()]
)
def test_what_the_hub_cannot_confirm_is_503_and_may_be_repeated(
    desk: Desk, away: Exception, limin: Visitor
) -> None:
    alert = desk.rings()
    desk.away = away
    answer = limin.post(f"/api/v1/alerts/{alert}/accept")
    assert (answer.status_code, answer.json()["reason"]) in ((503, "unavailable"), (503, "timeout"))
    desk.away = None
    assert limin.post(f"/api/v1/alerts/{alert}/accept").status_code == 200


def test_an_alert_of_a_place_no_longer_registered_is_still_told(desk: Desk, client: Visitor) -> None:
    desk.stores("device_silent", "H0003")
    with Session(desk.engine) as session, session.begin():
        session.delete(session.get_one(Place, "H0003"))
    told = client.get("/api/v1/alerts").json()["alerts"][0]
    assert told["who"]["zh"] == "H0003"
    assert told["where"] == {"zh": "客厅", "en": "living room"}
    assert client.get("/").status_code == 200


def test_the_page_says_it_all_in_the_language_asked_for(desk: Desk, client: Visitor) -> None:
    alert = desk.stores(raised_at=NOW - 86_400_000)
    desk.delivers(alert, "值班群", "delivered")
    desk.delivers(alert, "短信", "failed")
    chinese = client.get("/", headers={"Accept-Language": "zh-CN,en;q=0.5"}).text
    for word in (
        "(1) Carehub",
        "疑似跌倒",
        "王女士",
        "接警",
        "11-22 15:03",
        "短信 未送达",
        "不能代替 120",
        "本机听不到报警",
    ):
        assert word in chinese
    english = client.get("/?lang=en").text
    assert "no substitute for 120" in english
    assert "Accept" in english
    assert 'lang="en"' in client.get("/signin").text  # chosen once, remembered
    assert 'lang="zh-CN"' in client.get("/signin?lang=zh").text
    assert (
        'lang="zh-CN"'
        in Visitor(client.app, base_url="http://127.0.0.1").get("/", headers={"Accept-Language": "fr"}).text
    )
