"""Every route, every role, inside and outside of its part of the tree: asked of the running app, generated from its routes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.routing import Route
from web_desk import CHEAP, NOW, Desk, Visitor
from web_reports import handed

from gateway.accounts.roles import ROLES, May
from gateway.accounts.who import Grant, Kind, Who
from gateway.duty.plan import Desk as DutyDesk
from gateway.duty.plan import Plan
from gateway.operations.people import People
from gateway.operations.tables import FollowUp, HomeMode, Place, Silence, Staff, Visit
from gateway.web.app import MODULES, create_app
from gateway.web.needs import Needs, needs_of
from gateway.web.permit import PARAMETER
from gateway.web.settings import WebSettings

GOLDEN = Path(__file__).parents[2] / "golden" / "roles.txt"
HERE = "福田区/莲花街道/莲花社区"  # where everything is that is asked for
ELSEWHERE = "南山区/粤海街道/海珠社区"
ENDLESS = {"/api/v1/stream"}  # asked in test_web_stream and below
TAKES_AWAY = {"take_home_out", "take_device_out"}  # what the others ask for
IN_WORDS = {True: "yes", False: "-"}
ROUTES = [route for module in MODULES for route in module.router.routes if isinstance(route, Route)]
ASKED = [(method, route) for route in ROUTES for method in sorted((route.methods or set()) - {"HEAD"})]
OPEN = (
    "/a/", "/s/", "/f/", "/p/", "/sso/", "/signin", "/enter", "/icon.svg", "/healthz", "/api/v1/signin", "/api/v1/signout",
    "/api/v1/enter", "/api/v1/session",
)  # fmt: skip
SUBJECTS = (
    "alert",
    "place",
    "home",
    "facility",
    "device",
    "silence",
    "follow_up",
    "desk",
    "series",
    "visit",
    "report",
    "schedule",
    "form",
)


def needed(route: Route) -> Needs:
    found = needs_of(route)
    assert found is not None, f"{route.path} declares nothing: it is answered to nobody"
    return found


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_declares_what_it_needs(route: Route) -> None:
    wanted = needed(route)
    if wanted.of in SUBJECTS:
        assert wanted.may, "what is about something asks for a permission"
    if not wanted.may:
        assert route.path.startswith(OPEN), "open to everybody: is it meant to be?"


def test_the_matrix_of_roles_is_the_one_that_was_agreed() -> None:
    """Whoever changes what a role may changes this file, and whoever reviews that sees it as a table."""
    names = list(ROLES)
    lines = [f"{'':60}" + "".join(f"{name:>10}" for name in names)]
    for method, route in sorted(ASKED, key=lambda one: (one[1].path, one[0])):
        wanted = needed(route)
        may = [not wanted.may or any(one in ROLES[name].may for one in wanted.may) for name in names]
        lines.append(f"{method + ' ' + route.path:60}" + "".join(f"{IN_WORDS[one]:>10}" for one in may))
    assert "\n".join(lines) + "\n" == GOLDEN.read_text(encoding="utf-8")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[tuple[Desk, dict[str, str]]]:
    """A home, a hall, a desk, an alert, a silence, a follow-up, all in one community; a home in another."""
    desk = Desk(
        tmp_path,
        Plan(desks=(DutyDesk(id="lianhua", name="莲花站", serves="care", at=HERE, console=True),)),
    )
    desk.settle_in()
    names = {
        "place_id": "H0001", "device_id": "radar-1", "alert_id": desk.stores(), "desk_id": "lianhua", "silence_id": "s1",
        "follow_up_id": "f1", "visit_id": "v1", "report_id": "r1", "schedule_id": "c1", "form_id": "o1",
    }  # fmt: skip
    with Session(desk.engine) as session, session.begin():
        session.add(
            Place(
                id="N0001", kind="home", site="nanshan", path=ELSEWHERE + "/海月花园", name="吴先生", address="2栋101",
                capacity=None, access_note="",
            )
        )  # fmt: skip
        session.add(
            Silence(
                id="s1", rule="fall", device_id="", place_id="H0001", since=NOW, until=NOW + 9, by="李敏", reason="施工"
            )
        )  # fmt: skip
        session.add(
            HomeMode(place_id="H0001", kind="away", since=NOW, until=NOW + 9, by="李敏", reason="去女儿家")
        )
        session.add(FollowUp(id="f1", alert_id=names["alert_id"], place_id="H0001", due_at=NOW))
        session.add_all(handed(HERE))
        session.add(Visit(id="v1", place_id="H0001", path=HERE, at=NOW, by="李敏", kind="home", note="送药"))
    people = People(desk.engine, CHEAP)
    for role, (where, at) in product(ROLES, {"here": HERE, "elsewhere": ELSEWHERE, "everywhere": ""}.items()):
        people.add(f"{role} {where}", grants=[Grant(role, at)])
    yield desk, names
    desk.engine.dispose()


def signed_in(desk: Desk, name: str) -> Visitor:
    """As somebody who has come in; how is tested elsewhere."""
    app = create_app(desk, WebSettings(), wall_ms=lambda: NOW)
    with Session(desk.engine) as session:
        account = session.scalars(select(Staff.id).where(Staff.name == name)).one()
    visitor = Visitor(app)
    cookie = People(desk.engine, CHEAP).sign_in(Who(Kind.PERSON, (), account, name), NOW)
    visitor.cookies.set("carehub_person_8080", cookie)
    return visitor


def ask(visitor: Visitor, method: str, route: Route, names: dict[str, str]) -> tuple[int, str]:
    known = dict(names)
    if needed(route).of == "facility":
        known["place_id"] = "F01"
    path = re.sub(r"{(\w+)(?::\w+)?}", lambda found: known.get(found[1], "1"), route.path)
    query = {"metric": "motion", "device": "radar-1"} if needed(route).of == "series" else {}
    answer = visitor.request(method, path, params=query, json={} if method != "GET" else None)
    try:
        reason = answer.json().get("reason", "")
    except (json.JSONDecodeError, AttributeError):
        reason = ""
    return answer.status_code, reason


LISTS = (
    "/api/v1/alerts?state=all", "/api/v1/places", "/api/v1/modes", "/api/v1/silences", "/api/v1/follow-ups", "/api/v1/devices",
    "/board?lang=zh", "/?lang=zh", "/places?q=王女士&lang=zh", "/places?lang=zh",
)  # fmt: skip
OTHERS = ("王女士", "3栋1201", "H0001", "radar-1", "2580#", "陈静", "莲花二村")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_gives_what_lies_within_reach(town: tuple[Desk, dict[str, str]], path: str) -> None:
    desk, _names = town
    desk.holds()
    seen = {at: signed_in(desk, f"duty {at}").get(path) for at in ("here", "elsewhere")}
    for at, answer in seen.items():
        assert answer.status_code == 200, at
        text = re.sub(r'<input type="search"[^>]*>', "", answer.text)
        found = [word for word in OTHERS if word in text]
        assert bool(found) is (at == "here"), (at, found)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_to_what_it_may_in_its_own_part_and_to_nothing_else(
    town: tuple[Desk, dict[str, str]], role: str
) -> None:
    desk, names = town
    here, elsewhere, everywhere = (
        signed_in(desk, f"{role} {at}") for at in ("here", "elsewhere", "everywhere")
    )
    for method, route in sorted(ASKED, key=lambda one: one[1].name in TAKES_AWAY):
        wanted = needed(route)
        if route.path in ENDLESS or not wanted.may or route.name == "set_own_secrets":
            continue
        about = f"{role}: {method} {route.path}"
        may = any(one in ROLES[role].may for one in wanted.may)
        if not may:
            for visitor in (here, elsewhere, everywhere):
                assert ask(visitor, method, route, names) == (403, "not_yours"), about
            continue
        if wanted.of == "everywhere":
            assert ask(here, method, route, names) == (403, "not_yours"), about
            assert ask(elsewhere, method, route, names) == (403, "not_yours"), about
        elif wanted.of in SUBJECTS:
            assert ask(elsewhere, method, route, names)[0] == 404, about
            if wanted.of == "series" and May.HOME_DETAIL not in ROLES[role].may:
                assert ask(here, method, route, names)[0] == 404, about  # the series is a home's
                continue
            status, reason = ask(here, method, route, names)
            assert status not in {401, 403}, (about, status, reason)
            if "{" not in route.path.replace(
                "{" + PARAMETER.get(wanted.of, "") + "}", ""
            ):  # nothing else that may be missing
                assert reason not in {"unknown_alert", "unknown_place", "unknown"}, (about, status, reason)
        status, reason = ask(everywhere, method, route, names)
        if wanted.of == "series" and May.HOME_DETAIL not in ROLES[role].may:
            assert status == 404, about  # the series is a home's
            continue
        assert status not in {401, 403}, (about, status, reason)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "none"}, {"X-Forwarded-For": "192.0.2.1"}], ids=["device", "nobody"]
)
def test_who_is_not_signed_in_gets_to_nothing_but_what_rings(
    town: tuple[Desk, dict[str, str]], headers: dict[str, str]
) -> None:
    desk, names = town
    visitor = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    visitor.headers.update(headers)
    for method, route in ASKED:
        wanted = needed(route)
        if route.path in ENDLESS or not wanted.may:
            continue
        rings = May.RING in wanted.may and "Sec-Fetch-Site" in headers
        assert (ask(visitor, method, route, names)[0] == 401) is not rings, f"{method} {route.path}"
