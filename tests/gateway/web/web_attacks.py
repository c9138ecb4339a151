"""Two stations that know nothing of each other, and somebody of each role at both: the ground for the tests that attack."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from web_desk import CHEAP, NOW, Desk, Visitor
from web_reports import handed

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant, Kind, Who
from gateway.duty.plan import Desk as DutyDesk
from gateway.duty.plan import Plan
from gateway.operations.people import People
from gateway.operations.tables import (
    Consent,
    Device,
    FollowUp,
    HomeMode,
    Link,
    Operator,
    Place,
    RuleChange,
    Silence,
    Staff,
    Visit,
)
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

HERE: Final = "福田区/莲花街道/莲花社区"
THERE: Final = "南山区/粤海街道/海珠社区"
TOKEN: Final = "0123456789abcdef0123456789abcdef"
OF_HERE: Final = (  # what of 莲花 nobody of 海珠 may read
    "王女士", "3栋1201", "李先生", "周阿姨", "H0001", "H0002", "radar-1", "2580#", "陈静", "139 0000 1234", "莲花二村",
    "去女儿家",
)  # fmt: skip


@pytest.fixture(scope="module")
def two_stations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, dict[str, str]]]:
    """莲花 with all there is, 海珠 with a home, a hall and an alert; their people; the names of what is at 莲花."""
    made = settled(tmp_path_factory.mktemp("stations"))
    yield made
    made[0].engine.dispose()


def settled(folder: Path) -> tuple[Desk, dict[str, str]]:
    """Make them."""
    plan = Plan(
        desks=(
            DutyDesk(id="lianhua", name="莲花站", serves="care", at=HERE, console=True),
            DutyDesk(id="haizhu", name="海珠站", serves="care", at=THERE, console=True),
            DutyDesk(id="all", name="总值班", serves="care", console=True),
        )
    )
    desk = Desk(folder, plan)
    desk.settle_in()
    with Session(desk.engine) as session, session.begin():
        for kind, name in (("home", "N0001"), ("facility", "NF01")):
            session.add(
                Place(
                    id=name, kind=kind, site="nanshan", path=THERE + "/海月花园",
                    name="吴先生" if kind == "home" else "海珠食堂", address="2栋101", capacity=None, access_note="",
                )
            )  # fmt: skip
        session.flush()
        session.add(
            Device(id="n-radar", place_id="N0001", site="nanshan", kind="radar", room="客厅", heartbeat_s=60)
        )
    names = {
        "place_id": "H0001", "device_id": "radar-1", "alert_id": desk.stores(), "desk_id": "lianhua", "silence_id": "s1",
        "follow_up_id": "f1", "consent_id": "c1", "link_id": "l1", "operator_id": "o1", "visit_id": "v1",
        "report_id": "r1", "schedule_id": "c1", "form_id": "o1",
        "there": desk.stores(place="N0001", device_id="n-radar"),
        "there_hall": desk.stores("over_capacity", place="NF01", device_id=""),
    }  # fmt: skip
    until = NOW + 9 * 3_600_000
    with Session(desk.engine) as session, session.begin():
        session.add(
            Silence(
                id="s1", rule="", device_id="", place_id="H0001", since=NOW, until=until, by="李敏", reason="家中施工"
            )
        )  # fmt: skip
        session.add(
            HomeMode(place_id="H0001", kind="away", since=NOW, until=until, by="李敏", reason="去女儿家")
        )
        session.add(FollowUp(id="f1", alert_id=names["alert_id"], place_id="H0001", due_at=NOW))
        session.add_all(handed(HERE))
        session.add(
            Visit(id="v1", place_id="H0001", path=HERE, at=NOW, by="李敏", kind="home", note="给王女士送药")
        )
        session.add(Consent(id="c1", place_id="H0001", scope="family", contact=1, since=NOW, by="李敏"))
        session.add(
            Link(
                token_hash="l1",
                purpose="family",
                place_id="H0001",
                holder="contact:1",
                made_at=NOW,
                made_by="李敏",
            )
        )
        session.add(
            RuleChange(
                at=NOW, by="李敏", rule="water_leak", place_id="H0001", title={"zh": "漏水", "en": "Water leak"}, base="",
                said={"off": True, "numbers": {}}, before={}, after={"off": True, "numbers": {}}, reason="王女士要求",
            )
        )  # fmt: skip
        session.add(
            Operator(
                id="o1", place_id="F01", name="康宁服务社", room="", area_m2=None, hours_per_month=None, made_at=NOW,
                made_by="李敏", ended_by="",
            )
        )  # fmt: skip
    people = People(desk.engine, CHEAP)
    for role, (where, at) in product(ROLES, {"here": HERE, "there": THERE, "everywhere": ""}.items()):
        people.add(f"{role} {where}", grants=[Grant(role, at)])
    return desk, names


def as_somebody(desk: Desk, name: str, **settings: str) -> Visitor:
    """On a browser on which this account is signed in; how one comes in is attacked elsewhere."""
    app = create_app(desk, WebSettings(**settings), wall_ms=lambda: NOW)  # type: ignore[arg-type]
    visitor = Visitor(app)
    visitor.cookies.set("carehub_person_8080", cookie_of(desk, name))
    visitor.headers["Sec-Fetch-Site"] = "same-origin"
    return visitor


def cookie_of(desk: Desk, name: str) -> str:
    """A session of that account."""
    with Session(desk.engine) as session:
        account = session.scalars(select(Staff.id).where(Staff.name == name)).one()
    return People(desk.engine, CHEAP).sign_in(Who(Kind.PERSON, (), account, name), NOW)


def contents(desk: Desk) -> dict[str, list[str]]:
    """Everything in the database but who is signed in."""
    with desk.engine.connect() as connection:
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        )
        return {
            name: [repr(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {name}"))]  # noqa: S608 our own tables
            for name in names
            if name != "sign_in"
        }
