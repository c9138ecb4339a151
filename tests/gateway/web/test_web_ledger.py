"""The ledger and the sign-off; faults as jobs: opened by alerts, due within two service hours, proven by a message."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from web_desk import CHEAP, NOW, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.fitting.ledger_csv import csv_text, safe_cell
from gateway.operations.home_tests import Proven, prove
from gateway.operations.people import People
from gateway.operations.tables import Alert
from gateway.web.app import create_app
from gateway.web.install_port import Heard
from gateway.web.settings import WebSettings

HOUR = 3_600_000
MONDAY = int(datetime(2025, 11, 24, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
LEDGER = "/api/v1/install/places/H0001/ledger"
SIGN_OFF = "/api/v1/install/places/H0001/sign-off"


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    people = People(desk.engine, CHEAP)
    people.add("小刘", "8024", grants=[Grant("installer", "福田区")])
    people.add("别处", "8024", grants=[Grant("installer", "南山区")])
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def signed_in(app: FastAPI, name: str) -> Visitor:
    client = Visitor(app)
    client.headers.update({"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0"})
    assert client.post("/api/v1/signin", json={"name": name, "pin": "8024"}).status_code == 200
    return client


@pytest.fixture
def liu(app: FastAPI) -> Visitor:
    return signed_in(app, "小刘")


# ledger and sign-off


def test_a_point_that_is_not_proven_needs_a_reason(desk: Desk, liu: Visitor) -> None:
    for reasons in ({}, {"radar-1": "  "}, {"other": "x"}):
        refused = liu.post(SIGN_OFF, json={"accepted_by": "女儿", "open_points": reasons})
        assert (refused.status_code, refused.json()["reason"]) == (422, "open_points")
        assert "radar-1" in refused.json()["words"]["zh"]
    assert liu.get(LEDGER).json() == {"place": "H0001", "items": [], "sign_off": None}
    signed = liu.post(SIGN_OFF, json={"accepted_by": "女儿", "open_points": {"radar-1": "等网线"}}).json()
    assert signed["sign_off"]["open_points"] == {"radar-1": "等网线"}
    prove(desk.engine, [Proven("radar-1", "t", "H0001", "卫生间", NOW, "presence")])
    desk.becomes(hub_now_ms=NOW + HOUR)
    assert liu.post(SIGN_OFF, json={"accepted_by": "女儿"}).json()["sign_off"]["open_points"] == {}
    assert liu.get("/api/v1/install/places/H0001").json()["signed_at"] == NOW + HOUR


def test_a_sign_off_accepts_what_was_fitted_and_enters_the_devices_once(desk: Desk, liu: Visitor) -> None:
    prove(desk.engine, [Proven("radar-1", "t", "H0001", "卫生间", NOW, "presence")])
    rail = {"item": "扶手", "room": "卫生间", "day": "2025-11-20", "note": "两根"}
    slip = liu.post(LEDGER, json={"item": "防滑垫"}).json()["items"][0]
    assert (slip["day"], slip["installer"]) == ("2025-11-23", "小刘")
    assert liu.delete(f"{LEDGER}/{slip['id']}").json()["items"] == []
    liu.post(LEDGER, json=rail)
    for _ in range(2):
        items = liu.post(SIGN_OFF, json={"accepted_by": "女儿 陈静"}).json()["items"]
        assert [(i["item"], i["device_id"], i["accepted_by"], i["accepted_at"]) for i in items] == [
            ("扶手", "", "女儿 陈静", NOW), ("radar", "radar-1", "女儿 陈静", NOW),
        ]  # fmt: skip
    assert liu.delete(f"{LEDGER}/{items[0]['id']}").status_code == 404, "what was accepted stays"


@pytest.mark.parametrize("day", ["2025-13-01", "2025-02-30", "1.2.2025", "２０２５-01-01", "yesterday"])
def test_a_day_is_a_day(liu: Visitor, day: str) -> None:
    assert liu.post(LEDGER, json={"item": "扶手", "day": day}).status_code == 422


def test_the_ledger_is_of_ones_own_part_of_the_tree_and_names_no_resident(app: FastAPI, liu: Visitor) -> None:
    liu.post(LEDGER, json={"item": "=cmd|' /C calc'!A0", "room": "\t-1", "installer": "＠x"})
    liu.post(LEDGER, json={"item": "扶手", "room": "卫生间"})
    first = liu.get("/api/v1/install/ledger?limit=1").json()
    second = liu.get(f"/api/v1/install/ledger?limit=1&cursor={first['next']}").json()
    assert {first["items"][0]["item"], second["items"][0]["item"]} == {"=cmd|' /C calc'!A0", "扶手"}
    assert second["next"] is None
    answer = liu.get("/install/ledger.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["content-disposition"] == 'attachment; filename="ledger.csv"'
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "＠"))]
    assert "王女士" not in answer.text
    assert "王**" in answer.text
    elsewhere = signed_in(app, "别处")
    assert elsewhere.get("/api/v1/install/ledger").json()["items"] == []
    assert len(elsewhere.get("/install/ledger.csv").text.splitlines()) == 1
    assert elsewhere.post(LEDGER, json={"item": "扶手"}).status_code == 404
    for path in ("/install/ledger", "/install/H0001/sheet"):
        shown = liu.get(path, headers={"Accept": "text/html"})
        assert shown.status_code == 200
        assert "扶手" in shown.text
        assert "王女士" not in shown.text


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=4))
def test_no_cell_runs_and_every_cell_is_read_back(rows: list[list[str]]) -> None:
    clean = [[cell.replace("\r", " ").replace("\n", " ").replace("\0", "") for cell in row] for row in rows]
    text = csv_text(["a", "b"], clean)
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:]
    assert read == [[safe_cell(cell) for cell in row] for row in clean]
    for row, told in zip(clean, read, strict=True):
        for cell, shown in zip(row, told, strict=True):
            assert shown in (cell, f"'{cell}")
            assert not shown.startswith(tuple("=+-@\t＝＋－＠|%"))


# jobs


def ends(desk: Desk, alert: str, at: int, **other: object) -> None:
    with desk.engine.begin() as connection:
        connection.execute(update(Alert).where(Alert.id == alert).values(ended_at=at, **other))


@pytest.fixture
def silent(desk: Desk) -> str:
    """On a Monday at nine a radar falls silent."""
    desk.becomes(hub_now_ms=MONDAY)
    return desk.stores("device_silent")


def standing(client: Visitor) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/api/v1/install/jobs").json()["jobs"]
    return found


def test_a_fault_is_a_job_and_its_clock_runs_in_service_hours(desk: Desk, liu: Visitor, silent: str) -> None:
    (job,) = standing(liu)
    assert (job["id"], job["device_id"], job["state"], job["substitute_due"], job["overdue"]) == (
        silent, "radar-1", "open", MONDAY + 2 * HOUR, False,
    )  # fmt: skip
    desk.becomes(hub_now_ms=MONDAY + 2 * HOUR + 1)
    assert standing(liu)[0]["overdue"] is True
    assert "替代已超时" in liu.get("/install/jobs", headers={"Accept": "text/html"}).text


def test_one_job_for_a_device_while_its_fault_stands(desk: Desk, liu: Visitor, silent: str) -> None:
    desk.stores("device_silent", raised_at=MONDAY + 60_000)
    assert [job["id"] for job in standing(liu)] == [silent]


def test_a_substitute_in_time_stops_the_clock(desk: Desk, liu: Visitor, silent: str) -> None:
    standing(liu)
    liu.post(f"/api/v1/install/jobs/{silent}/take")
    desk.becomes(hub_now_ms=MONDAY + HOUR)
    put = liu.post(f"/api/v1/install/jobs/{silent}/substitute", json={"what": "备用吊坠"}).json()
    assert (put["owner"], put["state"], put["substitute_at"]) == ("小刘", "substituted", MONDAY + HOUR)
    desk.becomes(hub_now_ms=MONDAY + 30 * HOUR)
    assert standing(liu)[0]["overdue"] is False


def test_a_repair_is_proven_by_what_is_heard_after_it_and_by_nothing_else(
    desk: Desk, liu: Visitor, silent: str
) -> None:
    desk.were_heard["radar-1"] = Heard(MONDAY - HOUR, online=False)
    standing(liu)
    desk.becomes(hub_now_ms=MONDAY + HOUR)
    fixed = liu.post(f"/api/v1/install/jobs/{silent}/fix", json={"what": "换电源"}).json()
    assert fixed["state"] == "fixed"
    desk.were_heard["radar-1"] = Heard(MONDAY + HOUR + 1, online=True)
    assert standing(liu)[0]["state"] == "fixed", "its alert still stands"
    ends(desk, silent, MONDAY + HOUR + 1)
    assert standing(liu) == []
    (over,) = liu.get("/api/v1/install/jobs?state=over").json()["jobs"]
    assert (over["proven_at"], over["state"]) == (MONDAY + HOUR + 1, "proven")
    late = liu.post(f"/api/v1/install/jobs/{silent}/fix", json={"what": "again"})
    assert (late.status_code, late.json()["reason"]) == (409, "job_over")
    again = desk.stores("device_silent", raised_at=MONDAY + 3 * HOUR)
    assert [job["id"] for job in standing(liu)] == [again], "the next fault is the next job"


def test_what_came_back_by_itself_is_over(desk: Desk, liu: Visitor, silent: str) -> None:
    standing(liu)
    desk.were_heard["radar-1"] = Heard(MONDAY + HOUR, online=True)
    ends(desk, silent, MONDAY + HOUR, state="closed", verdict="cleared")
    assert standing(liu) == []


def test_jobs_are_seen_within_reach_only(app: FastAPI, desk: Desk, liu: Visitor, silent: str) -> None:
    assert len(standing(liu)) == 1
    elsewhere = signed_in(app, "别处")
    assert standing(elsewhere) == []
    for act, body in (("take", {}), ("substitute", {"what": "x"}), ("fix", {"what": "x"})):
        assert elsewhere.post(f"/api/v1/install/jobs/{silent}/{act}", json=body).status_code == 404
    assert "王女士" not in liu.get("/install/jobs", headers={"Accept": "text/html"}).text
