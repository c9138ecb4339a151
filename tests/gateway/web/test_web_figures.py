"""The figures in the console: each part to whom it is for, of what lies within reach, with the numbers that are kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant
from gateway.figures_kept.reading import FigureQuery, Point
from gateway.operations.people import People
from gateway.operations.tables import Place
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_figures import DuckDBFigures
from gateway.web.app import create_app
from gateway.web.port import ReadingQuery, Summary, UnavailableError
from gateway.web.settings import WebSettings

HOUR, DAY = 3_600_000, 86_400_000
LIANHUA, XIANGMI, HAIYUE = "福田区/莲花街道/莲花社区", "福田区/香蜜街道/香蜜社区", "南山区/粤海街道/海月社区"
LATELY = NOW // HOUR * HOUR  # as what is told every hour
TODAY = (NOW + 8 * HOUR) // DAY * DAY - 8 * HOUR


def place(name: str, path: str, kind: str = "facility") -> Place:
    return Place(
        id=name, kind=kind, site="x", path=path + "/一村", name=f"场所{name}", address="9", capacity=40, access_note=""
    )  # fmt: skip


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """Figures of two communities of one district and of one in another, each number in one place only."""
    with Session(desk.engine) as session, session.begin():
        session.add_all([place("F7", XIANGMI), place("F8", HAIYUE)])
    for number, path in enumerate((LIANHUA, XIANGMI, HAIYUE)):
        many = 1001 + 1000 * number
        desk.figures_laid += [
            Point("heat.alerts_30d", path, "carehub", LATELY, many), Point("area.open", path, "urgent", LATELY, many + 1),
            Point("duty_1d.per_hour", path, "carehub", TODAY - DAY, many + 2),
            Point("duty_30d.share", path, "accept", TODAY - DAY, 90 + number),
            Point("fleet.devices", path, "radar", LATELY, many + 3), Point("fleet.silent", path, "radar", LATELY, many + 4),
        ]  # fmt: skip
    for number, facility in enumerate(("F01", "F7", "F8")):
        desk.figures_laid += [
            Point(f"use_1h.{name}", facility, "carehub", NOW // HOUR * HOUR - HOUR, 7001 + 1000 * number + at)
            for at, name in enumerate(("people", "lower", "upper", "capacity", "came", "went", "usual"))
        ]
        last = NOW // HOUR * HOUR - HOUR
        desk.figures_laid.append(Point("use_1h.unusual", facility, "carehub", last, number % 2 == 0))
        desk.figures_laid.append(
            Point("device.battery_days", facility, f"{facility}-counter", NOW - HOUR, 71 + number)
        )
    desk.figures_laid += [
        Point("hub.received", "hub", "carehub", NOW - minute * 60_000, 90_000 - 600 * minute)
        for minute in range(9)
    ]
    desk.figures_laid.append(Point("fleet.devices", "hub", "radar", LATELY, 6012))
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def coming_in(app: FastAPI, at: str, role: str) -> Visitor:
    people: People = app.state.context.people
    name = f"{role} {at or '全部'}"[-30:]
    if name not in people.names():
        people.add(name, PIN, grants=[Grant(role, at)])
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


def shown(client: Visitor, **query: str) -> str:
    answer = client.get("/figures", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


PARTS = ("area", "duty", "facility", "fleet", "hub")
MAY = {
    "area": {"area", "duty", "facility"}, "head": {"area", "duty", "facility", "fleet"}, "duty": {"facility", "fleet"},
    "property": {"facility"}, "installer": {"fleet"}, "admin": set(PARTS),
}  # fmt: skip


@pytest.mark.parametrize("role", MAY)
def test_only_the_parts_somebody_may_see_are_there(app: FastAPI, role: str) -> None:
    everywhere, here = coming_in(app, "", role), coming_in(app, LIANHUA, role)
    for part in PARTS:
        assert everywhere.get("/figures", params={"part": part}).status_code == (
            200 if part in MAY[role] else 403
        ), part
        below = MAY[role] - {"hub"}  # the hub is one for all
        assert here.get("/figures", params={"part": part}).status_code == (200 if part in below else 403), (
            part
        )
    text = shown(here)
    assert "part=hub" not in text
    assert 'href="/figures"' in text, "there is a way to it"


def test_a_stranger_sees_none(app: FastAPI) -> None:
    browser = Visitor(app)
    browser.headers["User-Agent"] = "Mozilla/5.0"
    assert browser.get("/figures").status_code in {401, 403}


def test_what_lies_beyond_reach_is_on_no_page_of_an_officer(app: FastAPI) -> None:
    officer, head, manager = (
        coming_in(app, LIANHUA, "area"),
        coming_in(app, LIANHUA, "head"),
        coming_in(app, LIANHUA, "property"),
    )
    for span in ("day", "week", "month", "year"):
        for client, part in (
            (officer, "area"),
            (officer, "duty"),
            (head, "fleet"),
            (manager, "facility"),
            (officer, "facility"),
        ):
            text = shown(client, part=part, span=span)
            for other in (
                "2001",
                "2002",
                "2003",
                "2004",
                "3001",
                "8001",
                "8002",
                "9001",
                "6012",
                "F7",
                "F8",
                "香蜜",
                "海月",
            ):
                assert other not in text, (span, part, other)
    assert "1001" in shown(officer, part="area")
    assert "1003" in shown(officer, part="duty")
    assert "1004" in shown(head, part="fleet", span="month")
    assert "F01-counter" in shown(head, part="fleet")
    facility = shown(manager, part="facility", at="F01")
    assert "7001" in facility
    assert facility.count('<circle class="mark"') == facility.count("●") == 1, "one hour was unusual"


def test_what_is_named_must_lie_within_reach(app: FastAPI) -> None:
    officer, head = coming_in(app, LIANHUA, "area"), coming_in(app, LIANHUA, "head")
    for part, at in (
        ("area", XIANGMI),
        ("duty", "福田区"),
        ("facility", "F7"),
        ("facility", "hub"),
        ("area", "hub"),
        ("area", "F01"),
    ):
        assert officer.get("/figures", params={"part": part, "at": at}).status_code == 404, (part, at)
    for at in ("hub", XIANGMI, "H0001", f"{LIANHUA}/一村"):
        assert head.get("/figures", params={"part": "fleet", "at": at}).status_code == 404, at
    nobody_s = coming_in(app, "罗湖区", "area")
    for part in ("area", "duty", "facility"):
        text = shown(nobody_s, part=part)
        assert "drawing" not in text.replace('class="drawings"', ""), (
            "of nothing there is nothing, and not everything"
        )


def test_of_several_communities_sums_and_the_worst(app: FastAPI) -> None:
    district = coming_in(app, "福田区", "area")
    area = shown(district, part="area")
    assert "3002" in area, "1001 and 2001 alerts"
    assert "6003" not in area
    duty = shown(district, part="duty")
    assert "2003" in duty, "the busiest"
    assert ">90<" in duty, "the lowest share"
    assert ">90<" not in shown(district, part="duty", at=XIANGMI)
    fleet = shown(coming_in(app, "", "head"), part="fleet")
    assert "6012" in fleet, "of all as it is told for all"
    assert "10.0" in shown(coming_in(app, "", "admin"), part="hub", span="day").replace(">10<", ">10.0<"), (
        "600 a minute"
    )


def test_no_day_of_a_community_is_told_by_itself(
    app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/area tells seven days exactly: whoever knew six of them would know the seventh, though it is hidden."""
    asked: list[str] = []

    async def read(query: FigureQuery) -> list[Point]:
        asked.extend(query.metrics)
        return []

    monkeypatch.setattr(desk, "kept_figures", read)
    for part in ("area", "duty"):
        shown(coming_in(app, LIANHUA, "area"), part=part)
    assert "duty_1d.alerts" not in asked
    assert "heat.alerts_30d" in asked


def test_a_store_that_is_away_is_said(app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(query: FigureQuery) -> list[Point]:
        raise UnavailableError("away")

    monkeypatch.setattr(desk, "kept_figures", away)
    assert "数据库暂时没有回答" in shown(coming_in(app, LIANHUA, "area"))


def test_a_year_is_asked_for_as_it_is_kept(app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twenty communities: never what comes every minute or every five, and all of a page in a second of a core."""
    store = DuckDBStore(Path(desk.folder) / "readings.duckdb")
    figures = DuckDBFigures(store)
    paths = [f"福田区/街道{number // 5}/社区{number}" for number in range(20)]
    with Session(desk.engine) as session, session.begin():
        session.add_all([place(f"H{number}", path, "home") for number, path in enumerate(paths)])
    days = [TODAY - day * DAY for day in range(371)]
    hours = [LATELY - hour * HOUR for hour in range(24 * 371)]
    kinds = ("carehub", "another")
    figures.write(
        [Point("duty_1d.per_hour", path, kind, at, 9.0) for path in paths for kind in kinds for at in days]
        + [Point("area.open", path, "urgent", at, 5.0) for path in paths for at in hours[::24]]
        + [Point("use_1h.people", "F01", "carehub", at, 5.0) for at in hours]
        + [
            Point(f"use_1d.{name}", "F01", "carehub", at, 9.0)
            for name in ("peak", "people_h", "known_h")
            for at in days
        ]
    )
    asked: list[FigureQuery] = []

    async def read(query: FigureQuery) -> list[Point]:
        asked.append(query)
        return figures.read(query)

    async def summaries(query: ReadingQuery, every: str) -> list[Summary]:
        assert (query.place, every) == ("hub", "1d")
        return []

    monkeypatch.setattr(desk, "kept_figures", read)
    monkeypatch.setattr(desk, "summaries", summaries)
    admin = coming_in(app, "", "admin")
    took = {}
    for part in PARTS:
        begun = time.process_time()
        text = shown(admin, part=part, span="year", at="F01" if part == "facility" else "")
        took[part] = time.process_time() - begun
        assert len(text) < 150_000
    store.close()
    assert max(took.values()) < 1.0, (
        took
    )  # of this process: what else the machine does is no fault of the page
    for query in asked:
        assert query.places, "no place would be every place"
        for metric in query.metrics:
            if not metric.startswith(("duty_", "use_1")):
                assert query.to_ms - query.from_ms <= 3 * HOUR or len(query.moments) == 53, metric
            assert not metric.startswith(("use.", "hub.")), metric
