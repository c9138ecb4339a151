"""Somebody of another station asks for what is not theirs: by the path, by the query, by ids within a body, by cursors."""

from __future__ import annotations

import re
from typing import Any

import pytest
from an_office import by_openpyxl
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.routing import Route
from test_web_roles import ASKED, needed
from web_attacks import HERE, OF_HERE, THERE, as_somebody, contents, two_stations
from web_desk import CHEAP, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.operations.tables import Place
from gateway.web.paging import written
from gateway.web.permit import PARAMETER
from gateway.web.rule_port import TryNow

__all__ = ["two_stations"]
Town = tuple[Desk, dict[str, str]]

# Ids that come beside the one a route is about, and where it is looked after that they are within reach.
BESIDE = {
    "POST /api/v1/alerts/{alert_id}/merge into": "test_an_alert_is_not_merged_into_one_of_another_station",
    "POST /api/v1/alerts/{alert_id}/assign to": "a name in free words: nobody is looked up by it",
    "POST /api/v1/alerts/{alert_id}/hand-over to": "a name in free words: nobody is looked up by it",
    "POST /api/v1/channels/{channel}/test channel": "the hub's own, told to whoever plans duty",
    "POST /api/v1/channels/{channel}/test to": "a person of the duty plan, which is the hub's",
    "POST /api/v1/demo/{scenario} scenario": "the demo's own",
    "DELETE /api/v1/facilities/{place_id}/operators/{operator_id} operator_id": "BY_ANOTHER_HOME",
    "DELETE /api/v1/places/{place_id}/consents/{consent_id} consent_id": "BY_ANOTHER_HOME",
    "DELETE /api/v1/places/{place_id}/family-links/{link_id} link_id": "BY_ANOTHER_HOME",
    "POST /api/v1/places/{place_id}/consents contact": "a rank among the home's own contacts",
    "POST /api/v1/places/{place_id}/family-links contact": "a rank among the home's own contacts",
    "POST /api/v1/places/{place_id}/rules/{rule_id} rule_id": "rules are the hub's",
    "POST /api/v1/silences place": "BY_BODY", "POST /api/v1/silences device": "BY_BODY",
    "POST /api/v1/silences rule": "BY_BODY",
    "POST /api/v1/rules/{rule_id}/try place": "BY_BODY",
    "POST /api/v1/rules/{rule_id}/try rule_id": "rules are the hub's",
    "POST /api/v1/rules/changes/{change_id}/undo change_id": "BY_BODY",
    "GET /api/v1/rules/tries/{try_id} try_id": "test_a_try_at_another_station_is_told_to_nobody",
    "DELETE /api/v1/account/sessions/{session_id} session_id": "test_nobody_ends_somebody_elses_session",
    "GET /api/v1/readings device": "BY_QUERY", "GET /api/v1/readings place": "BY_QUERY",
    "GET /api/v1/rules place": "BY_QUERY", "GET /api/v1/rules/changes place": "BY_QUERY",
    "GET /api/v1/rules/changes rule": "rules are the hub's",
    "GET /figures at": "test_web_figures: test_what_is_named_must_lie_within_reach",
    "GET /api/v1/performance station": "BY_QUERY",
    "GET /audit place": "BY_QUERY", "GET /rules place": "BY_QUERY", "GET /rules/{rule_id} place": "BY_QUERY",
    "GET /rules/{rule_id} rule_id": "rules are the hub's",
    "GET /signin accept": "BY_QUERY",
    "POST /api/v1/desks/{desk_id}/beat desk_id": "test_nobody_beats_for_the_desk_of_another_station",
    "GET /steps/{rule_id} at": "BY_QUERY", "GET /steps/{rule_id} rule_id": "rules are the hub's",
    "DELETE /api/v1/install/places/{place_id}/ledger/{item_id} item_id": "test_web_attacks_install",
    "POST /api/v1/install/devices/{device_id}/move place": "test_web_attacks_install",
    "POST /api/v1/install/jobs/{job_id}/fix job_id": "test_web_attacks_install",
    "POST /api/v1/install/jobs/{job_id}/substitute job_id": "test_web_attacks_install",
    "POST /api/v1/install/jobs/{job_id}/take job_id": "test_web_attacks_install",
    "POST /api/v1/install/places/{place_id}/claim device": "test_web_attacks_install",
    "POST /api/v1/install/unclaimed/reject device": "test_web_attacks_install",
    "POST /api/v1/install/unclaimed/take-back device": "test_web_attacks_install",
    "POST /steps/{rule_id} rule_id": "test_steps_are_not_written_for_another_station",
    "GET /api/v1/reports/area at": "BY_QUERY", "GET /api/v1/reports/facility place": "BY_QUERY",
    "GET /api/v1/reports/station at": "BY_QUERY",
    "POST /api/v1/denominators at": "BY_BODY", "POST /api/v1/filed-reports at": "BY_BODY",
    "POST /api/v1/report-schedules at": "BY_BODY",
    "POST /api/v1/report-schedules channel": "the hub's own, told to whoever plans duty",
    "POST /api/v1/report-forms at": "test_a_form_is_not_sent_in_for_another_station",
}  # fmt: skip
NAMES = {
    "place",
    "device",
    "rule",
    "into",
    "to",
    "contact",
    "station",
    "accept",
    "at",
    "ids",
    "channel",
    "scenario",
}


def beside(method: str, route: Route) -> list[str]:
    """Names of things that a route is given beside the one it is about."""
    if not isinstance(route, APIRoute) or needed(route).of == "everywhere" or not needed(route).may:
        return []
    own = PARAMETER.get(needed(route).of, "")
    given = {one.name for one in (*route.dependant.path_params, *route.dependant.query_params)}
    for body in route.dependant.body_params:
        given |= set(getattr(body.field_info.annotation, "model_fields", {}))
    ids = {name for name in given if name in NAMES or (name.endswith("_id") and name != own)}
    return [f"{method} {route.path} {name}" for name in sorted(ids)]


def test_each_id_that_comes_beside_the_one_a_route_is_about_is_known_here() -> None:
    found = {one for method, route in ASKED for one in beside(method, route)} | {"GET /signin accept"}
    assert found == set(BESIDE)


def at_the_other(desk: Desk, role: str = "head") -> Visitor:
    return as_somebody(desk, f"{role} there")


def nothing_of_here(text: str, *given: str) -> None:
    """None of what 莲花 has stands there, but what was asked with."""
    for words in given:
        text = text.replace(words, "")
    assert [word for word in OF_HERE if word in text] == []


@pytest.mark.parametrize("role", ["duty", "head", "property", "area", "installer", "admin"])
def test_what_a_route_is_about_is_looked_at_first(two_stations: Town, role: str) -> None:
    """Every route with an id in its path, asked with the ids of the other station: nothing is told, nothing changes."""
    desk, names = two_stations
    visitor = at_the_other(desk, role)
    before = contents(desk)
    for method, route in ASKED:
        wanted = needed(route)
        if "{" not in route.path or not wanted.may or wanted.of in ("", "everywhere"):
            continue
        known = names | ({"place_id": "F01"} if wanted.of == "facility" else {})
        path = re.sub(r"{(\w+)(?::\w+)?}", lambda found, known=known: known.get(found[1], "fall"), route.path)
        answer = visitor.request(method, path, json={} if method != "GET" else None)
        assert answer.status_code in {403, 404}, f"{method} {path}"
        nothing_of_here(answer.text, *known.values())
    assert contents(desk) == before


BY_ANOTHER_HOME = [
    ("DELETE", "/api/v1/places/N0001/consents/c1"),
    ("DELETE", "/api/v1/places/N0001/family-links/l1"),
    ("DELETE", "/api/v1/facilities/NF01/operators/o1"),
]


@pytest.mark.parametrize(("method", "path"), BY_ANOTHER_HOME)
def test_what_belongs_to_a_home_is_not_reached_by_the_path_of_another(
    two_stations: Town, method: str, path: str
) -> None:
    desk, _ = two_stations
    before = contents(desk)
    answer = at_the_other(desk).request(method, path)
    assert answer.status_code == 404
    nothing_of_here(answer.text)
    assert contents(desk) == before


UNTIL = {"reason": "x"}
BY_BODY: list[tuple[str, dict[str, Any], int]] = [
    ("/api/v1/silences", {"place": "H0001", **UNTIL}, 404),
    ("/api/v1/silences", {"device": "radar-1", **UNTIL}, 403),
    ("/api/v1/silences", {"rule": "fall", **UNTIL}, 403),
    ("/api/v1/silences", {"rule": "fall", "device": "radar-1", "place": "H0001", **UNTIL}, 404),
    ("/api/v1/rules/fall/try", {"place": "H0001", "off": True}, 404),
    ("/api/v1/rules/fall/try", {"place": "", "off": True}, 403),
    ("/api/v1/rules/changes/1/undo", {"reason": "x"}, 404),
    ("/api/v1/rules/fall/change", {"off": True, "reason": "x", "version": 0}, 403),
    (
        "/api/v1/denominators",
        {"indicator": "streets", "at": HERE, "value": 1, "source": "x", "as_of": "2025-01-01"},
        404,
    ),
    ("/api/v1/filed-reports", {"kind": "station", "period": "2025-10", "at": HERE}, 404),
    ("/api/v1/filed-reports", {"kind": "area", "period": "2025-10", "at": ""}, 404),
    (
        "/api/v1/filed-reports",
        {"kind": "facility", "period": "2025-10", "at": THERE + "/海月花园", "facility": "F01"},
        404,
    ),
    ("/api/v1/filed-reports", {"kind": "facility", "period": "2025-10", "facility": "F01"}, 404),
    (
        "/api/v1/report-schedules",
        {"kind": "area", "every": "month", "hour": 1, "at": HERE, "formats": ["csv"]},
        404,
    ),
]


@pytest.mark.parametrize(("path", "body", "status"), BY_BODY)
def test_an_id_within_a_body_is_looked_at(
    two_stations: Town, path: str, body: dict[str, Any], status: int
) -> None:
    desk, _ = two_stations
    before = contents(desk)
    answer = at_the_other(desk).post(path, json=body)
    assert answer.status_code == status, answer.text
    nothing_of_here(answer.text, "H0001", "radar-1")
    assert contents(desk) == before
    assert "t1" not in desk.tries_known


def test_a_form_is_not_sent_in_for_another_station(two_stations: Town) -> None:
    desk, _ = two_stations
    before = contents(desk)
    for of in ({"kind": "station", "at": HERE}, {"kind": "facility", "facility": "F01"}, {"kind": "area"}):
        answer = at_the_other(desk).post(
            "/api/v1/report-forms", params={"name": "x", **of}, content=by_openpyxl()
        )
        assert answer.status_code == 404
        nothing_of_here(answer.text)
    assert contents(desk) == before


BY_QUERY = [
    f"/api/v1/reports/station?period=2025-10&at={HERE}", f"/api/v1/reports/area?period=2025-10&at={HERE}",
    "/api/v1/reports/facility?period=2025-10&place=F01", f"/reports/view?of=station||{HERE}&period=2025-10",
    "/reports/view?of=facility|F01|&period=2025-10", f"/reports/view?of=facility|F01|{THERE}&period=2025-10",
    "/reports", "/reports/schedules", "/reports/forms", "/reports/denominators", "/api/v1/reports", "/api/v1/filed-reports",
    "/api/v1/report-schedules", "/api/v1/report-forms", "/api/v1/denominators",
    "/api/v1/readings?metric=motion&device=radar-1", "/api/v1/readings?metric=motion&place=H0001",
    "/api/v1/readings?metric=motion&device=n-radar&device=radar-1", "/api/v1/readings?metric=motion&place=N0001&place=H0001",
    "/api/v1/readings?metric=motion&device=n-radar&place=H0001", "/api/v1/readings?metric=motion&device=radar-1&device=n-radar",
    "/api/v1/rules?place=H0001", "/api/v1/rules/changes?place=H0001", "/api/v1/rules/changes", "/rules?place=H0001",
    "/rules/fall?place=H0001", "/rules/fall", "/rules", "/rules/water_leak", "/api/v1/rules",
    f"/api/v1/performance?station={HERE}", "/api/v1/performance",
    f"/steps/fall?at={HERE}", "/audit?place=H0001", "/audit", "/audit?q=H0001", "/signin?accept=fall-H0001-1",
    "/api/v1/alerts?state=all", "/api/v1/modes", "/api/v1/silences", "/api/v1/places", "/api/v1/follow-ups", "/api/v1/devices",
    "/places?q=%25", "/places?q=_", "/places?q=王女士", "/places?q=H0001", "/calls", "/calls/list", "/calls/count", "/board",
    "/",
    "/api/v1/desks", "/api/v1/facilities", "/api/v1/area", "/area", "/area/screen",
]  # fmt: skip


@pytest.mark.parametrize("path", BY_QUERY)
def test_nothing_of_another_station_is_told_whatever_is_asked(two_stations: Town, path: str) -> None:
    desk, _ = two_stations
    desk.asked.clear()
    as_somebody(desk, "duty here").get("/api/v1/places/H0001")  # so that the audit has something of here
    answer = at_the_other(desk).get(path, headers={"Accept": "application/json"})
    text = re.sub(r'<input type="(search|hidden)"[^>]*>|data-accept="[^"]*"', "", answer.text)
    nothing_of_here(text)
    assert all((asked.place, asked.device) in {("N0001", ""), ("", "n-radar")} for asked in desk.asked)
    if "readings" in path and not path.endswith("device=n-radar"):
        assert answer.status_code in {404, 422}


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/api/v1/alerts?state=all", None), ("/api/v1/places", "places"), ("/api/v1/modes", "homes"),
        ("/api/v1/silences", "silences"), ("/api/v1/follow-ups", "follow_ups"), ("/api/v1/devices", "devices"),
        ("/api/v1/facilities", "facilities"), ("/api/v1/rules/changes", "changes"),
    ],
)  # fmt: skip
def test_a_cursor_of_another_station_leads_to_nothing_of_it(
    two_stations: Town, path: str, key: str | None
) -> None:
    """A cursor says from where on, never whose: those of somebody who sees everything, and those one makes oneself."""
    desk, _ = two_stations
    mark = "&" if "?" in path else "?"
    everything = as_somebody(desk, "head everywhere")
    cursors = [
        written(0, "A"),
        written(2**62, "zzzz"),
        written(0),
        written(2**53),
        written("A"),
        written("", "", ""),
        "x",
        "",
    ]
    cursor: str | None = ""
    while cursor is not None and len(cursors) < 20:
        page = everything.get(f"{path}{mark}limit=1" + (f"&cursor={cursor}" if cursor else "")).json()
        cursor = page["next"]
        cursors += [cursor] if cursor else []
    for given in cursors:
        for name in ("cursor", "before", "after"):
            answer = at_the_other(desk).get(f"{path}{mark}{name}={given}")
            assert answer.status_code in {200, 422}
            nothing_of_here(answer.text)


def test_an_alert_is_not_merged_into_one_of_another_station(two_stations: Town) -> None:
    """It would write into that one's history, and the answer would say whether it is open."""
    desk, names = two_stations
    visitor = at_the_other(desk)
    assert visitor.post(f"/api/v1/alerts/{names['there_hall']}/accept").status_code == 200
    before = contents(desk)
    told = [
        visitor.post(f"/api/v1/alerts/{names['there_hall']}/merge", json={"into": into})
        for into in (names["alert_id"], "none")
    ]
    assert [(one.status_code, one.json()["reason"]) for one in told] == [(404, "unknown_alert")] * 2
    assert contents(desk) == before
    into = visitor.post(f"/api/v1/alerts/{names['there_hall']}/merge", json={"into": names["there"]})
    assert into.status_code == 200, "into one of one's own it is"


def test_a_try_at_another_station_is_told_to_nobody(two_stations: Town) -> None:
    desk, _ = two_stations
    for place in ("H0001", ""):
        desk.tries_known.clear()
        assert as_somebody(desk, "head everywhere").post(
            "/api/v1/rules/fall/try", json={"place": place, "numbers": {}, "off": False, "follow_files": True}
        ).status_code in {202, 409, 422}
        desk.tries_known["t1"] = TryNow(
            id="t1", rule="fall", place=place, state="done", what="", done=1.0, error=""
        )
        assert at_the_other(desk).get("/api/v1/rules/tries/t1").status_code == 404
        assert as_somebody(desk, "head everywhere").get("/api/v1/rules/tries/t1").status_code == 200
    desk.tries_known.clear()


def test_nobody_ends_somebody_elses_session(two_stations: Town) -> None:
    desk, _ = two_stations
    theirs = as_somebody(desk, "duty here")
    mine = at_the_other(desk)
    session = theirs.get("/api/v1/account/sessions").json()["sessions"][0]["id"]
    for name in (session, session[:23] + "_", "%" * 24, "_" * 24):
        assert mine.delete(f"/api/v1/account/sessions/{name}").status_code == 404
    assert session not in mine.get("/api/v1/account/sessions").text
    assert theirs.get("/api/v1/account").status_code == 200


def test_steps_are_not_written_for_another_station(two_stations: Town) -> None:
    desk, _ = two_stations
    before = contents(desk)
    for at in (HERE, "", "福田区", HERE + "/莲花二村", "南山区"):
        answer = at_the_other(desk).post("/steps/fall", data={"at": at, "zh": "不用管", "en": "Leave it"})
        assert answer.status_code == 422, at
    assert contents(desk) == before


def test_nobody_beats_for_the_desk_of_another_station(two_stations: Town) -> None:
    """A beat says that a console can be heard there: who could send it for others would let their alarms ring to nobody."""
    desk, _ = two_stations
    desk.beats.clear()
    assert at_the_other(desk).post("/api/v1/desks/lianhua/beat").status_code == 404
    assert desk.beats == []
    assert at_the_other(desk).post("/api/v1/desks/haizhu/beat").status_code == 204
    assert at_the_other(desk).post("/api/v1/desks/all/beat").status_code == 204, "it serves theirs as well"
    assert as_somebody(desk, "duty everywhere").post("/api/v1/desks/lianhua/beat").status_code == 204
    nobody_signed_in = as_somebody(desk, "duty here")
    nobody_signed_in.cookies.clear()
    assert nobody_signed_in.post("/api/v1/desks/lianhua/beat").status_code == 204, "it rings also then"


def test_what_lies_beside_a_part_of_the_tree_is_not_within_it(two_stations: Town) -> None:
    """A name that begins alike, or that differs in the case of a letter only, is another place."""
    desk, _ = two_stations
    with Session(desk.engine) as session, session.begin():
        for name, path in (
            ("X1", "福田区/A座/东"),
            ("X2", "福田区/a座/东"),
            ("X3", "福田区/A座东/东"),
            ("X4", "福田区/A_/东"),
        ):
            session.add(
                Place(
                    id=name,
                    kind="home",
                    site="x",
                    path=path,
                    name=f"住户{name}",
                    address="1",
                    capacity=None,
                    access_note="",
                )
            )
    People(desk.engine, CHEAP).add("A座值班", grants=[Grant("duty", "福田区/A座")])
    found = as_somebody(desk, "A座值班").get("/api/v1/places").json()["places"]
    assert [one["id"] for one in found] == ["X1"]
