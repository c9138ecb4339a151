"""The steps that a station writes for its cards: by whom, where, and what the card then says."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.operations.tables import Place
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

LIANHUA = "福田区/莲花街道/莲花社区"
ELSEWHERE = "福田区/香蜜湖街道"
OWN = {"at": LIANHUA, "zh": "先给长者打电话\n请保安敲门\n", "en": ""}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    with Session(desk.engine) as session, session.begin():
        session.add(
            Place(id="H0009", kind="home", site="x", path=ELSEWHERE + "/竹园社区/一村", name="赵先生", address="1栋101",
                  capacity=None, access_note="")
        )  # fmt: skip
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def signed_in(app: FastAPI, desk: Desk, name: str, *grants: Grant) -> Visitor:
    People(desk.engine).add(name, "8351", grants=grants)
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": "8351"}).status_code == 200
    return client


def test_the_head_writes_steps_and_the_card_and_the_api_show_them(desk: Desk, app: FastAPI) -> None:
    alerts = [desk.stores("fall", home) for home in ("H0001", "H0009")]
    head = signed_in(app, desk, "站长", Grant("head", "福田区"))
    for alert in alerts:
        head.post(f"/api/v1/alerts/{alert}/accept")
    saved = head.post("/steps/fall", data=OWN)
    assert saved.status_code == 303
    page = head.get(saved.headers["location"] + "&lang=zh").text
    for said in ("已保存", "站长 15:03", "请保安敲门", "莲花街道 ▸ 莲花社区", "先给长者打电话"):
        assert said in page, said
    near, far = (head.get(f"/api/v1/alerts/{alert}").json()["todo"] for alert in alerts)
    assert near == {"zh": ["先给长者打电话", "请保安敲门"]}
    assert far["zh"][1] == "无人接听，请邻居或门卫敲门"
    desk_page = head.get("/?lang=zh").text
    assert "<li>请保安敲门</li>" in desk_page
    assert "已改" in head.get("/steps?lang=zh").text
    head.post("/steps/fall", data={"at": LIANHUA, "do": "reset"})
    assert head.get(f"/api/v1/alerts/{alerts[0]}").json()["todo"] == far
    assert head.get("/steps/fall?lang=zh").text.count("站长 15:03") == 2  # both stay in the history


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"at": LIANHUA, "zh": " \n "}, "至少写一步中文"),
        ({"at": LIANHUA, "zh": "\n".join("一二三四五六")}, "最多 5 步"),
        ({"at": LIANHUA, "zh": "长" * 61}, "不超过 60 个字"),
        ({"at": ELSEWHERE, "zh": "敲门"}, "请选一个您负责的范围"),
        ({"at": "", "zh": "敲门"}, "请选一个您负责的范围"),
        ({"zh": "敲门"}, "请选一个您负责的范围"),
        ({}, "请选一个您负责的范围"),
    ],
)
def test_what_is_no_card_or_lies_elsewhere_is_refused(
    desk: Desk, app: FastAPI, data: dict[str, str], said: str
) -> None:
    head = signed_in(app, desk, "站长", Grant("head", LIANHUA))
    answer = head.post("/steps/fall?lang=zh", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert data.get("zh", "").strip() in answer.text  # what was written is not lost
    assert head.get(f"/api/v1/alerts/{desk.stores('fall')}").json()["todo"]["zh"][0] == "先给长者打电话"


def test_what_somebody_else_wrote_elsewhere_is_not_shown(desk: Desk, app: FastAPI) -> None:
    far = signed_in(app, desk, "远处", Grant("head", ELSEWHERE))
    assert far.post("/steps/fall", data={"at": ELSEWHERE, "zh": "远处的步骤"}).status_code == 303
    near = signed_in(app, desk, "近处", Grant("head", LIANHUA))
    seen = near.get("/steps/fall?lang=zh").text
    assert not any(word in seen for word in ("远处的步骤", "远处 15:03", "香蜜湖"))


def test_only_who_may_set_rules_comes_in(desk: Desk, app: FastAPI) -> None:
    limin = Visitor(app)
    limin.post("/api/v1/signin", json={"name": "李敏", "pin": PIN})
    for answer in (limin.get("/steps"), limin.get("/steps/fall"), limin.post("/steps/fall", data=OWN)):
        assert answer.status_code == 403
    head = signed_in(app, desk, "站长", Grant("head", ""))
    assert head.get("/steps/none").status_code == 404
    assert head.post("/steps/fall", data=OWN | {"at": ""}).status_code == 303
