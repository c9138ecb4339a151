"""Every page of the console with something real on it: which there are, who opens them, and a hub that has it all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from an_office import by_openpyxl
from facility_cases import Hall, five_weeks
from fastapi import FastAPI
from sqlalchemy import delete
from sqlalchemy.orm import Session
from starlette.routing import Route
from use_cases import FITTED, ROOMS, a_year, seen
from web_desk import CHEAP, DEMO, NOW, PIN, Visitor, free_port, served

from gateway.accounts.identity import Identity, SignOnError, Ticket
from gateway.accounts.who import Grant
from gateway.duty.plan import Desk as DutyDesk
from gateway.duty.plan import Plan
from gateway.operations.facility_rooms import enter_room
from gateway.operations.people import People
from gateway.operations.tables import Consent, DutyPlan, FacilitySetting, HomeMode, Operator, Silence
from gateway.web.app import MODULES, create_app
from gateway.web.settings import WebSettings
from gateway.web.sign_on import SignOnHere

HERE = "福田区/莲花街道/莲花社区"
MINUTE, HOUR = 60_000, 3_600_000
STAFF = {"王芳": "head", "陈刚": "property", "赵琳": "area", "孙强": "installer", "周平": "admin"}
GATE = DutyDesk(id="gate-3", name="三号门岗", serves="property", at=HERE)
STATION = DutyDesk(id="lianhua", name="莲花站", serves="care", at=HERE, console=True)

# What answers GET and is no page of its own: a part of one, a file, or a sign for a machine.
NO_PAGES = {
    "/board", "/calls/list", "/calls/count", "/area/screen/now", "/alerts/{alert_id}/picture", "/openapi.json", "/icon.svg",
    "/healthz", "/readyz", "/metrics", "/sso/begin", "/install/ledger.csv",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as somebody sees it: its route, an address of it, by whom ("" nobody), and with which answer it comes."""

    route: str
    address: str
    who: str = "王芳"
    status: int = 200

    def __str__(self) -> str:
        return f"{self.address.split('?')[0][:40]} {self.who}".strip()


@dataclass(frozen=True, slots=True)
class Town:
    """A hub that is served, and its pages."""

    url: str
    pages: tuple[Shown, ...]
    cookies: dict[str, str]


def page_routes() -> set[str]:
    """Every GET route that people open in a browser, from the route table."""
    routes = [one for module in MODULES for one in module.router.routes if isinstance(one, Route)]
    found = {one.path for one in routes if "GET" in (one.methods or ()) and not one.path.startswith("/api/")}
    return found - NO_PAGES


class _NoProvider:
    """A provider of single sign-on that is out of reach."""

    async def begin(self, back: str) -> tuple[str, Ticket]:
        raise SignOnError("failed", back)

    async def finish(self, given: dict[str, str], ticket: Ticket, back: str) -> Identity:  # noqa: ARG002 the port's
        raise SignOnError("failed", back)


@contextmanager
def whole_town(folder: Path) -> Iterator[Town]:
    """A station in the middle of its day, on a real port."""
    desk = Hall(folder, Plan(desks=(STATION, GATE)))
    desk.settle_in()
    alerts = furnish(desk)
    settings = WebSettings(
        port=free_port(),
        demo=DEMO,
        phone="0755-8300 1234",
        sso=SignOnHere(provider=_NoProvider(), name="政务微信"),
    )
    app = create_app(desk, settings, wall_ms=lambda: NOW)
    with ThreadPoolExecutor(1) as beside:  # Playwright's loop may run in this thread
        cookies = {name: beside.submit(_cookie, app, name).result() for name in ("李敏", *STAFF)}
        family = beside.submit(_family, app, cookies["王芳"]).result()
        reports = beside.submit(_reports, app, cookies).result()
    desk.changes.publish_place("H0001")
    links = {
        "slip": desk.links.path_of("slip", alerts["raised"], GATE.id),
        "accept": desk.links.path_of("accept", alerts["raised"]),
        "family": family,
        **reports,
    }
    with served(app, desk) as url:
        yield Town(
            url,
            _pages(links),
            {name: f"{settings.cookie('person')}={value}" for name, value in cookies.items()},
        )


def _cookie(app: FastAPI, name: str) -> str:
    visitor = Visitor(app)
    answer = visitor.post("/api/v1/signin", json={"name": name, "pin": PIN})
    assert answer.status_code == 200, answer.text
    return next(value for key, value in visitor.cookies.items() if key.startswith("carehub_person"))


def _family(app: FastAPI, cookie: str) -> str:
    visitor = Visitor(app)
    visitor.cookies.set(app.state.context.settings.cookie("person"), cookie)
    made = visitor.post("/api/v1/places/H0001/family-links", json={"contact": 1})
    assert made.status_code == 200, made.text
    return str(made.json()["path"])


def _reports(app: FastAPI, cookies: dict[str, str]) -> dict[str, str]:
    """A report to be checked, which would be otherwise now; one that is made by itself, a form with a cell mapped."""

    def done(answer: httpx.Response) -> str:
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    visitor = Visitor(app)
    visitor.cookies.set(app.state.context.settings.cookie("person"), cookies["王芳"])
    of = {"kind": "station", "at": HERE}
    report = done(visitor.post("/api/v1/filed-reports", json={**of, "period": "2025-10"}))
    every = {"every": "month", "hour": 6, "formats": ["xlsx", "pdf"]}
    done(visitor.post("/api/v1/report-schedules", json={**of, **every}))
    form = done(
        visitor.post("/api/v1/report-forms", params={**of, "name": "民政局月报表"}, content=by_openpyxl())
    )
    mapped = {"cell": "月报!B3", "figure": "about.subject"}
    done(visitor.put(f"/api/v1/report-forms/{form}/mapping", json=mapped))
    number = {
        "indicator": "elders_60",
        "value": 1240,
        "source": "社区人口台账",
        "as_of": "2025-10-31",
        "at": HERE,
    }
    assert visitor.post("/api/v1/denominators", json=number).status_code == 201
    assert visitor.post("/api/v1/places/H0001/visits", json={"note": "送药"}).status_code == 201
    return {"report": report, "form": form}


def furnish(desk: Hall) -> dict[str, str]:
    """Alerts in every state, homes in modes, a hall that is counted, what people agreed to; the alerts by state."""
    people = People(desk.engine, CHEAP)
    for name, role in STAFF.items():
        people.add(name, PIN, grants=[Grant(role, "" if role in {"admin", "head"} else HERE)])
    desk.heads["F01"] = FITTED
    desk.hours = [*five_weeks(until=NOW - 2 * HOUR), *seen("f1-pir-1", (10, 11, 12)), *seen("f1-pir-2", ())]
    desk.figures_laid.extend(a_year())
    for room in ROOMS:
        enter_room(desk.engine, "F01", room, at=NOW, by="陈刚")
    taken = {"accepted_by": "李敏", "accepted_at": NOW - 2 * MINUTE, "raised_at": NOW - 3 * MINUTE}
    closed = {"state": "closed", "closed_by": "李敏", "closed_at": NOW - HOUR, "raised_at": NOW - 2 * HOUR}
    alerts = {
        "raised": desk.stores(
            "fall", "H0001", rung=1, severity_before="urgent",
            changed_why={"zh": "两路同时报警", "en": "Two sensors at once"},
        ),
        "accepted": desk.stores("fall", "H0002", state="accepted", **taken),
        "on_the_way": desk.stores("fall", "H0003", state="on_the_way", **taken),
        "on_site": desk.stores("no_activity", "H0003", state="on_site", **taken),
        "care": desk.stores("no_activity", "H0002"),
        "shelved": desk.stores("over_capacity", "F01", shelved_until=NOW + HOUR, shelved_by="李敏", shelved_why="活动日"),
        "closed": desk.stores("fall", "H0001", verdict="true", outcome="assisted", note="已扶起", **closed),
        "false": desk.stores("fall", "H0002", verdict="false", reason="sat_down", **closed),
    }  # fmt: skip
    with Session(desk.engine) as session, session.begin():
        session.execute(delete(DutyPlan))
        session.add_all(
            [
                HomeMode(place_id="H0003", kind="away", since=NOW - HOUR, until=NOW + 24 * HOUR, by="李敏", reason="去女儿家"),
                HomeMode(
                    place_id="H0001", kind="visitors", since=NOW - 50 * HOUR, until=NOW - 40 * HOUR, by="王芳",
                    ended_at=NOW - 40 * HOUR, ended_because="time",
                ),
                Silence(
                    id="s1", rule="fall", device_id="", place_id="H0002", since=NOW, until=NOW + HOUR, by="王芳", reason="施工"
                ),
                Consent(id="g-1", place_id="H0001", scope="guard", since=NOW - HOUR, by="李敏"),
                Consent(id="f-1", place_id="H0001", scope="family", contact=1, since=NOW - HOUR, by="李敏"),
                Operator(
                    id="o1", place_id="F01", name="邻里食堂", room="正门", area_m2=80.0, hours_per_month=60.0,
                    made_at=NOW - 90 * 24 * HOUR, made_by="陈刚",
                ),
                FacilitySetting(
                    place_id="F01", capacity=60, capacity_set=True, capacity_in_file=40, public=True, set_at=NOW - HOUR,
                    set_by="陈刚", hours=[{"days": "workdays", "from_time": "08:30", "to_time": "17:30"}],
                ),
            ]
        )  # fmt: skip
    plan = Plan(desks=(STATION, GATE))
    with Session(desk.engine) as session, session.begin():
        desk.duty.put_in_force(session, desk.duty.keep(plan), NOW)
    desk.holds("no_activity", "H0003")
    desk.delivers(alerts["raised"], "wecom", "delivered")
    desk.escalates(alerts["raised"], MINUTE)
    return alerts


def _pages(links: dict[str, str]) -> tuple[Shown, ...]:
    return (
        Shown("/", "/", "李敏"),
        Shown("/", "/", ""),
        Shown("/account", "/account"),
        Shown("/accounts", "/accounts", "周平"),
        Shown("/audit", "/audit"),
        Shown("/sso/back", "/sso/back?code=1", "", 400),
        Shown("/signin", "/signin?next=/", ""),
        Shown("/enter", "/enter", ""),
        Shown("/docs", "/docs", "周平"),
        Shown("/docs", "/docs?of=alerts", "周平"),
        Shown("/places", "/places?q=王"),
        Shown("/places/{place_id}", "/places/H0001"),
        Shown("/places/{place_id}", "/places/H0003", "李敏"),
        Shown("/places/{place_id}", "/places/F01", "李敏"),
        Shown("/places/{place_id}/detail", "/places/H0001/detail"),
        Shown("/s/{link}", links["slip"], ""),
        Shown("/s/{link}", "/s/nothing", "", 404),
        Shown("/a/{link}", links["accept"], ""),
        Shown("/f/{token}", links["family"], ""),
        Shown("/facilities", "/facilities", "陈刚"),
        Shown("/facilities/{place_id}", "/facilities/F01", "陈刚"),
        Shown("/facilities/{place_id}/use", "/facilities/F01/use?month=2025-10", "陈刚"),
        Shown("/facilities/-/use", "/facilities/-/use", "陈刚"),
        Shown("/facilities/-/year", "/facilities/-/year", "陈刚"),
        Shown("/p/{place_id}", "/p/F01", ""),
        Shown("/p/{place_id}", "/p/unknown", "", 404),
        Shown("/steps", "/steps"),
        Shown("/steps/{rule_id}", "/steps/fall"),
        Shown("/calls", "/calls", "李敏"),
        Shown("/rules", "/rules"),
        Shown("/rules/{rule_id}", "/rules/bathroom_too_long"),
        Shown("/area", "/area", "赵琳"),
        Shown("/area/screen", "/area/screen", "赵琳"),
        Shown("/heat", "/heat", "周平"),
        Shown("/figures", "/figures", "陈刚"),
        Shown("/figures", "/figures?part=fleet&span=month", "周平"),
        Shown("/install", "/install", "孙强"),
        Shown("/install/new", "/install/new", "孙强"),
        Shown("/install/unclaimed", "/install/unclaimed", "孙强"),
        Shown("/install/jobs", "/install/jobs", "孙强"),
        Shown("/install/ledger", "/install/ledger", "孙强"),
        Shown("/install/tests", "/install/tests", "李敏"),
        Shown("/install/{place_id}", "/install/H0001", "孙强"),
        Shown("/install/{place_id}/test", "/install/H0001/test", "孙强"),
        Shown("/install/{place_id}/sheet", "/install/H0001/sheet", "孙强"),
        Shown("/privacy", "/privacy"),
        Shown("/places/{place_id}/privacy", "/places/H0002/privacy"),
        *(Shown("/help/{sheet}", f"/help/{sheet}", "李敏") for sheet in ("duty", "property", "install")),
        Shown("/reports", "/reports"),
        Shown("/reports/view", f"/reports/view?of=station||{HERE}&period=2025-10"),
        Shown("/reports/filed/{report_id}", f"/reports/filed/{links['report']}", "周平"),
        Shown("/reports/schedules", "/reports/schedules"),
        Shown("/reports/forms", "/reports/forms"),
        Shown("/reports/forms/{form_id}", f"/reports/forms/{links['form']}"),
        Shown("/reports/denominators", "/reports/denominators", "赵琳"),
        Shown("refused", "/accounts", "陈刚", 403),
    )
