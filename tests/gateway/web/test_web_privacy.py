"""The pages of privacy and the commands, at a desk; and how a home is named to whom."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from typer.testing import CliRunner
from web_desk import NOW, PIN, Desk, Visitor, free_port, served

from gateway.accounts.who import Grant
from gateway.alerts.record import Asked as WorkAsked
from gateway.audit.trail import Asked
from gateway.cli import app as carehub
from gateway.operations.people import People
from gateway.operations.performance_views import read_facts
from gateway.operations.tables import Alert, AlertStep, Outbox, Place
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

HERE = "福田区/莲花街道/莲花社区"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(desk, WebSettings(kept_days={"retention.looks_days": 1095}), wall_ms=lambda: NOW)


def comes_in(app: FastAPI, name: str, *grants: Grant) -> Visitor:
    """Somebody with these roles, signed in."""
    people: People = app.state.context.people
    people.add(name, PIN, grants=grants)
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


def counted(desk: Desk) -> list[tuple[int, str, bool]]:
    """The alerts that the numbers of work are drawn from, where they count."""
    with desk.engine.connect() as connection:
        facts = read_facts(connection, WorkAsked(begin=0, end=NOW + 1, now=NOW))
    assert facts.records
    return [(one.number, one.station, one.home) for one in facts.records]


def sends(client: Visitor, path: str, **fields: str) -> Any:  # noqa: ANN401 an httpx answer
    return client.post(path, content=urlencode(fields).encode(), headers=FORM)


def test_the_head_finds_copy_and_erasure_on_the_page_of_the_home(app: FastAPI, desk: Desk) -> None:
    head = comes_in(app, "站长", Grant("head", HERE))
    assert '/places/H0003/privacy"' in head.get("/places/H0003").text
    page = head.get("/places/H0003/privacy?lang=zh").text
    assert "再输入一次这户的编号：H0003" in page
    assert "清除之前做的备份里还有这一户" in page
    none = sends(head, "/places/H0003/copy", reason=" ")
    assert (none.status_code, "请写明谁要的" in none.text) == (422, True)
    copy = sends(head, "/places/H0003/copy", reason="本人")
    assert copy.headers["content-type"] == "application/zip"
    assert 'filename="copy-H0003.zip"' in copy.headers["content-disposition"]
    assert not (desk.folder / "copy.zip").exists()  # it went with the answer
    noted = desk.trail.read(Asked(place="H0003"))
    assert [(one.entry.what, one.entry.reason) for one in noted if one.entry.what == "copy_home"] == [
        ("copy_home", "本人"), ("copy_home", ""),
    ]  # fmt: skip
    duty = comes_in(app, "小陈", Grant("duty", HERE))
    assert "/privacy" not in duty.get("/places/H0003").text
    assert duty.get("/places/H0003/privacy").status_code == 403


def test_a_home_is_erased_only_by_its_number_and_with_a_reason(app: FastAPI, desk: Desk) -> None:
    alert = desk.stores("fall", "H0003", state="closed", verdict="true", closed_at=NOW, note="周阿姨摔了")
    with Session(desk.engine) as session, session.begin():
        session.add(AlertStep(alert_id=alert, kind="called", at=NOW, by="李敏", detail="周阿姨 no_answer"))
        session.add(
            Outbox(id="m1", alert_id=alert, rung=0, channel="sms", person="contact:1", role="family", receipt="139")
        )  # fmt: skip
    head = comes_in(app, "站长", Grant("head", HERE))
    numbers = counted(desk)
    path = "/places/H0003/erasure"
    wrong = sends(head, path, reason="迁出", confirm="H0002")
    assert (wrong.status_code, "编号不对" in wrong.text) == (422, True)
    assert 'value="迁出"' in wrong.text  # what was typed is not typed again
    desk.reporting["H0003"] = ["radar-1"]
    assert "设备还在上报：radar-1" in head.get("/places/H0003/privacy?lang=zh").text
    refused = sends(head, path, reason="迁出", confirm="H0003")
    assert (refused.status_code, "radar-1" in refused.text) == (409, True)
    desk.reporting.clear()
    done = sends(head, path, reason="迁出", confirm="H0003")
    assert (done.status_code, done.headers["location"]) == (303, "/privacy")
    assert head.get("/places/H0003").status_code == 404
    assert counted(desk) == numbers  # it is counted where it was
    page = head.get("/privacy?lang=zh").text
    assert "正在清除：0/6 步" in page
    assert "保存 1095 天" in page
    with Session(desk.engine) as session:
        assert session.get(Place, "H0003") is None
        kept = session.query(Alert).filter(Alert.place_id.like("erased-%")).one()
        assert (kept.note, kept.why["zh"], kept.verdict) == (None, "住户资料已清除", "true")
        assert kept.id != alert
        (step,) = session.query(AlertStep).filter(AlertStep.alert_id == kept.id, AlertStep.kind == "called")
        assert (step.kind, step.by, step.detail) == ("called", "李敏", "")
        (message,) = session.query(Outbox).filter(Outbox.alert_id == kept.id)
        assert (message.person, message.receipt) == ("", "")
        assert message.id != "m1"
        assert session.query(Place).count() >= 3


def test_an_open_alert_is_closed_before(app: FastAPI, desk: Desk) -> None:
    desk.rings("fall", "H0003")
    head = comes_in(app, "站长", Grant("head", HERE))
    assert "还有没办结的警情" in head.get("/places/H0003/privacy?lang=zh").text
    answer = head.post("/api/v1/places/H0003/erasure", json={"confirm": "H0003", "reason": "迁出"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "erase_open")


def test_names_are_masked_where_a_role_needs_none(app: FastAPI, desk: Desk) -> None:
    installer = comes_in(app, "小吴", Grant("installer"))
    found = {one["id"]: one for one in installer.get("/api/v1/install/places").json()["places"]}
    assert (found["H0001"]["name"], "3栋1201" in found["H0001"]["where"]) == ("王**", True)
    assert "**" not in next(one["name"] for one in found.values() if one["kind"] == "facility")
    head = comes_in(app, "站长", Grant("head"))
    assert "王女士" in {one["name"] for one in head.get("/api/v1/places").json()["places"]}
    head.get("/places/H0001")
    admin = comes_in(app, "管理员", Grant("admin"))
    audit = admin.get("/audit").text
    assert "王**" in audit
    assert "王女士" not in audit
    assert "王女士" in head.get("/audit").text


def test_the_commands_ask_the_running_hub(desk: Desk, tmp_path: Path) -> None:
    with served(create_app(desk, WebSettings(port=free_port())), desk) as url:

        def runs(*words: str) -> Any:  # noqa: ANN401 typer's result
            return CliRunner().invoke(carehub, ["privacy", *words, "--hub", url])

        made = runs("copy", "H0003", "-o", str(tmp_path / "made.zip"), "--reason", "本人")
        assert made.exit_code == 0, made.output
        assert zipfile.ZipFile(tmp_path / "made.zip").namelist() == ["index.html"]
        assert oct((tmp_path / "made.zip").stat().st_mode & 0o777) == "0o600"
        again = runs("copy", "H0003", "-o", str(tmp_path / "made.zip"), "--reason", "本人")
        assert (again.exit_code, "there already" in again.output) == (2, True)
        plan = runs("erase", "H0003", "--dry-run")
        assert "place: 1" in plan.output
        assert runs("erase", "H0003", "--yes").exit_code == 2  # no reason
        done = runs("erase", "H0003", "--yes", "--reason", "迁出", "--json")
        assert done.exit_code == 0, done.output
        assert "erased-" in done.output
        gone = runs("erase", "H0003", "--dry-run")
        assert gone.exit_code == 1, gone.output
        assert "going on: begun" in runs("list").output
