"""Roles beyond what they are for: a resident seen by who sees no homes, roles that are mixed, kept, or given to oneself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from test_web_roles import ASKED, ENDLESS, needed
from web_attacks import HERE, THERE, TOKEN, as_somebody, contents, settled, two_stations
from web_desk import CHEAP, NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.operations import accounts
from gateway.operations.people import People
from gateway.operations.tables import DeskState, Device, Place, Staff
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

__all__ = ["two_stations"]
Town = tuple[Desk, dict[str, str]]
DOORS = ("3栋1201", "5栋802", "1栋304", "2580#")  # an installer goes there, and has to get in
RESIDENTS = (  # names, doors, telephones, notes: what only who may see homes may read
    "王女士", "李先生", "周阿姨", "吴先生", "3栋1201", "5栋802", "1栋304", "2580#", "陈静", "刘先生", "139 0000 1234",
    "去女儿家", "家中施工", "今天出院", "王女士要求",
)  # fmt: skip
FROM_THE_CODE = {
    "docs",
    "openapi",
    "sign_out",
}  # the examples of the API are made up; and who signs out sees nothing


@pytest.fixture(scope="module")
def town(two_stations: Town) -> Town:
    """With an alert that was held back as well."""
    two_stations[0].holds()
    return two_stations


def hand_over(desk: Desk) -> None:
    """With a word of the last shift for the next, as people write it."""
    with Session(desk.engine) as session, session.begin():
        session.merge(
            DeskState(desk="lianhua", handed_over_by="李敏", handed_over_at=NOW, note="3栋1201今天出院")
        )


def asked_everywhere(visitor: Visitor, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What each route answers, once about a home and once about a facility."""
    for method, route in ASKED:
        if (
            route.path in ENDLESS
            or route.path.startswith(("/a/", "/s/", "/f/"))
            or route.name in FROM_THE_CODE
        ):
            continue
        for place in (
            ("H0001", "F01") if "place_id" in route.path or needed(route).of == "series" else ("H0001",)
        ):
            known = names | {"place_id": place}
            path = re.sub(
                r"{(\w+)(?::\w+)?}", lambda found, known=known: known.get(found[1], "fall"), route.path
            )
            query = "?metric=motion&place=" + place if needed(route).of == "series" else "?lang=zh"
            answer = visitor.request(method, path + query, json={} if method != "GET" else None)
            yield f"{method} {path}{query}", answer.text


@pytest.mark.parametrize("role", ["property", "area", "admin", "installer", "device", "nobody"])
def test_no_resident_is_seen_by_who_sees_no_homes(town: Town, role: str) -> None:
    """Every route, the refusals of writes among them. An installer finds the home by its door."""
    desk, names = town
    hand_over(desk)
    visitor = as_somebody(desk, f"{'admin' if role in ('device', 'nobody') else role} everywhere")
    if role in ("device", "nobody"):
        visitor.cookies.clear()
    if role == "nobody":
        visitor.headers["X-Forwarded-For"] = "192.0.2.1"
    for asked, text in asked_everywhere(visitor, names):
        found = [word for word in RESIDENTS if word in text and not (role == "installer" and word in DOORS)]
        assert found == [], (asked, found)


def test_who_sees_no_homes_is_not_told_whose_home_is_silenced_or_why(town: Town) -> None:
    desk, _ = town
    told = as_somebody(desk, "admin everywhere").get("/api/v1/silences").json()["silences"]
    assert [(one["place_id"], one["who"], one["reason"]) for one in told] == [("H0001", None, "")]
    duty = as_somebody(desk, "duty here").get("/api/v1/silences").json()["silences"]
    assert [(one["who"]["zh"], one["reason"]) for one in duty] == [("王女士", "家中施工")]


def test_a_word_for_the_next_shift_is_for_those_who_see_the_homes_there(town: Town) -> None:
    desk, _ = town
    hand_over(desk)

    def note(visitor: Visitor) -> str:
        return str(visitor.get("/api/v1/desks").json()["desks"][0]["note"])

    assert note(as_somebody(desk, "duty here")) == "3栋1201今天出院"
    assert note(as_somebody(desk, "duty there")) == ""
    assert note(as_somebody(desk, "admin everywhere")) == ""
    device = as_somebody(desk, "duty here")
    device.cookies.clear()
    assert note(device) == ""


def test_why_somebody_looked_into_a_home_is_for_those_who_see_it(town: Town) -> None:
    """Whoever writes it names the resident; neither shown to who runs the hub, nor found by trying names."""
    desk, _ = town
    here, admin = as_somebody(desk, "head here"), as_somebody(desk, "admin everywhere")
    assert here.post("/places/H0001/detail", data={"words": "王女士的女儿来电"}).status_code == 303
    here.get("/places?q=王女士")
    for query in ("", "?place=H0001", "?q=王女士", "?q=女儿来电"):
        text = re.sub(r"<input[^>]*>", "", admin.get(f"/audit{query}").text)
        assert not [word for word in ("王女士", "来电") if word in text], query
        assert ("没有找到记录" in text) is query.startswith("?q")
    assert "王女士的女儿来电" in here.get("/audit?q=女儿来电").text


@pytest.mark.parametrize("role", ["admin", "property", "area"])
def test_what_the_sensors_of_a_former_home_saw_is_for_nobody_who_sees_no_homes(town: Town, role: str) -> None:
    """A home or a device that has left the registry lies nowhere in the tree, and its readings are kept for years."""
    desk, _ = town
    visitor = as_somebody(desk, f"{role} everywhere")
    desk.asked.clear()
    for query in ("place=H0999", "device=radar-of-old"):
        assert visitor.get(f"/api/v1/readings?metric=motion&{query}").status_code == 404
    assert desk.asked == []
    assert (
        as_somebody(desk, "head everywhere").get("/api/v1/readings?metric=motion&place=H0999").status_code
        == 200
    )


def test_numbers_by_home_are_not_given_by_another_role_of_the_same_person(town: Town) -> None:
    """Who runs the hub and is on duty at one station sees the homes of that station, not of every other."""
    desk, _ = town
    People(desk.engine, CHEAP).add("两职", grants=[Grant("admin"), Grant("duty", THERE)])
    visitor = as_somebody(desk, "两职")
    homes = visitor.get("/api/v1/performance").json()["by_home"]
    assert "H0001" not in json.dumps(homes)
    assert "H0001" in json.dumps(as_somebody(desk, "head here").get("/api/v1/performance").json()["by_home"])


@pytest.mark.parametrize("role", ["duty", "head", "property", "area", "installer"])
def test_nobody_gives_roles_to_oneself_or_makes_accounts(town: Town, role: str) -> None:
    desk, _ = town
    before = contents(desk)
    for at in ("here", "everywhere"):
        visitor = as_somebody(desk, f"{role} {at}")
        own = visitor.get("/api/v1/account").json()["id"]
        everything = {"grants": [{"role": "admin", "at": ""}]}
        tries = [
            visitor.put(f"/api/v1/accounts/{own}/grants", json=everything),
            visitor.put(f"/api/v1/accounts/{own}/subject", json={"subject": "x"}),
            visitor.put("/api/v1/accounts/1/secrets", json={"pin": "8055"}),
            visitor.post("/api/v1/accounts", json={"name": "新人", "pin": "8055", **everything}),
            visitor.post("/api/v1/accounts/1/begin-again"),
            visitor.delete("/api/v1/accounts/1"),
            visitor.get("/api/v1/accounts"),
            visitor.get("/api/v1/sessions"),
        ]
        assert {one.status_code for one in tries} == {403}
        extra = visitor.put("/api/v1/account/secrets", json={"now": PIN, "pin": "8055", "grants": []})
        assert extra.status_code == 422
    assert contents(desk) == before


def test_an_administrator_of_a_part_gives_no_roles(town: Town) -> None:
    """Who could, would give themselves the rest of the tree."""
    desk, _ = town
    visitor = as_somebody(desk, "admin here")
    assert visitor.get("/api/v1/accounts").status_code == 403
    answer = visitor.post("/api/v1/accounts", json={"name": "x", "grants": [{"role": "admin", "at": HERE}]})
    assert answer.status_code == 403


@pytest.fixture
def alone(tmp_path: object) -> Iterator[Desk]:
    """A hub with one administrator who reaches everything."""
    desk, _ = settled(tmp_path)  # type: ignore[arg-type]
    yield desk
    desk.engine.dispose()


def test_the_last_administrator_stays_whichever_way_it_is_tried(alone: Desk) -> None:
    visitor = as_somebody(alone, "admin everywhere")
    own = visitor.get("/api/v1/account").json()["id"]
    for grants in ([], [{"role": "admin", "at": HERE}], [{"role": "head", "at": ""}]):
        assert visitor.put(f"/api/v1/accounts/{own}/grants", json={"grants": grants}).status_code == 409
    assert visitor.delete(f"/api/v1/accounts/{own}").status_code == 409
    assert visitor.get("/api/v1/accounts").status_code == 200, "and is not signed out by the try"
    twice = [{"role": "admin", "at": ""}] * 2
    assert visitor.put(f"/api/v1/accounts/{own}/grants", json={"grants": twice}).status_code == 200


def test_a_role_taken_away_holds_for_the_next_request(alone: Desk) -> None:
    visitor = as_somebody(alone, "duty here")
    assert visitor.get("/api/v1/places/H0001").status_code == 200
    with Session(alone.engine) as session:
        account = session.scalars(select(Staff.id).where(Staff.name == "duty here")).one()
    accounts.set_grants(alone.engine, account, [Grant("property", HERE)])
    assert visitor.get("/api/v1/places/H0001").status_code == 403
    assert visitor.post("/api/v1/places/H0001/mode", json={"kind": "away"}).status_code == 403
    accounts.end(alone.engine, account, NOW)
    assert visitor.get("/api/v1/account").status_code == 401


def test_a_repeat_under_a_key_is_asked_anew_whether_it_may(alone: Desk) -> None:
    """The answer that is kept for a repeat is not given to whoever may not any more."""
    visitor = as_somebody(alone, "admin everywhere")
    People(alone.engine, CHEAP).add("第二", grants=[Grant("admin")])
    key = {"Idempotency-Key": "k"}
    assert visitor.post("/api/v1/accounts", json={"name": "新人"}, headers=key).status_code == 201
    with Session(alone.engine) as session:
        account = session.scalars(select(Staff.id).where(Staff.name == "admin everywhere")).one()
    accounts.set_grants(alone.engine, account, [Grant("property")])
    assert visitor.post("/api/v1/accounts", json={"name": "新人"}, headers=key).status_code == 403


def test_beyond_this_machine_a_wrong_token_is_nobody_whatever_it_says(town: Town) -> None:
    desk, names = town
    app = create_app(desk, WebSettings(host="0.0.0.0", token=TOKEN), wall_ms=lambda: NOW)  # noqa: S104 the case in question
    for headers in (
        {"Authorization": f"Bearer {TOKEN[:-1]}"}, {"Authorization": "Bearer "}, {"Authorization": f"Token {TOKEN}"},
        {"Cookie": f"carehub_pass_8080={TOKEN}"}, {"Cookie": "carehub_pass_8080="}, {"Cookie": "carehub_person_8080=%00"},
        {"X-Forwarded-For": "127.0.0.1"}, {"Host": "127.0.0.1:8080"}, {"X-Forwarded-User": "limin"}, {"Remote-User": "limin"},
    ):  # fmt: skip
        visitor = Visitor(app, base_url="http://192.168.1.20:8080")
        visitor.headers.update(headers)
        for path in (
            "/api/v1/alerts",
            f"/api/v1/alerts/{names['alert_id']}",
            "/board",
            "/api/v1/desks",
            "/metrics",
            "/openapi.json",
        ):
            assert visitor.get(path).status_code == 401, (headers, path)
        assert visitor.get("/api/v1/session").json() == {"name": None, "names": []}


def test_a_home_of_another_kind_of_route_is_none(town: Town) -> None:
    """A hall is no home and a home no hall: what is asked of one is not told of the other."""
    desk, _ = town
    with Session(desk.engine) as session, session.begin():
        session.execute(delete(Device).where(Device.id == "x"))
        assert session.get(Place, "F01") is not None
    prop = as_somebody(desk, "property everywhere")
    for path in ("", "/use", "/hours"):
        assert prop.get(f"/api/v1/facilities/H0001{path}").status_code == 404
    assert prop.post("/api/v1/facilities/H0001/setting", json={"public": True}).status_code == 404
    assert prop.get("/facilities/H0001").status_code == 404
    public = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    assert public.get("/p/H0001").status_code == 404
    head = as_somebody(desk, "head everywhere")
    for path in ("/api/v1/places/F01/consents", "/places/F01/detail"):
        assert head.get(path).status_code == 404
