"""The area page, its wall and its numbers: whole communities within reach, no small count, no home, on any way in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, PIN, Desk, Visitor

from gateway.accounts.who import Grant, Reach
from gateway.operations.area_views import Counted
from gateway.operations.people import People
from gateway.operations.tables import AlertStep, Granted, Place, Staff
from gateway.web.app import create_app
from gateway.web.area_numbers import CLASSES, SEVERITIES, Lately, communities, stations_above
from gateway.web.port import DeskList, DeskNow
from gateway.web.settings import WebSettings

DAY = 86_400_000
LIANHUA, XIANGMI = "福田区/莲花街道/莲花社区", "福田区/香蜜街道/香蜜社区"
TARGETS = [{"name": "accept", "within_s": 60, "wanted": 0.975}]


def stands(name: str, at: str, *, hears: bool = True, staffed: bool = True, serves: str = "care") -> DeskNow:
    return DeskNow(
        id=name, name=name, serves=serves, at=at, console=True, staffed=staffed, on_duty=("李敏",),
        hears_by="console" if hears else "", deaf_since=None, taken_over_by="", taken_over_at=None, note="",
    )  # fmt: skip


DESKS = DeskList(
    (
        stands("街道中心", "福田区/莲花街道"), stands("莲花站", LIANHUA, hears=False),
        stands("物业", LIANHUA, serves="property"), stands("一村点", f"{XIANGMI}/一村", staffed=False),
    )
)  # fmt: skip


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """Two communities; in one of them six homes and nine falls lately, of which seven were accepted in time."""
    with Session(desk.engine) as session, session.begin():
        for number in range(7):
            session.add(
                Place(
                    id=f"X{number}", kind="home", site="x", path=f"{XIANGMI}/{'一二'[number % 2]}村", name="赵先生",
                    address="9栋909", capacity=None, access_note="",
                )
            )  # fmt: skip
    for number in range(12):
        at = NOW - 2 * DAY
        alert = desk.stores(
            "fall", "X0", raised_at=at, active_at=at, state="closed", verdict="true", closed_at=at + DAY
        )
        late = number >= 6
        with Session(desk.engine) as session, session.begin():
            session.add(
                AlertStep(
                    alert_id=alert,
                    kind="accepted",
                    at=at + (90_000 if late else 30_000),
                    by="李敏",
                    detail="",
                )
            )
    for _ in range(6):
        desk.stores("no_activity", "X1")
    desk.stores("fall", "X2")
    desk.desks = lambda: DESKS  # type: ignore[method-assign]
    return create_app(desk, WebSettings(), wall_ms=lambda: NOW)


def officer(app: FastAPI, at: str, role: str = "area") -> Visitor:
    people: People = app.state.context.people
    name = f"{role} {at}"[-30:]
    people.add(name, PIN, grants=[Grant(role, at)])
    client = Visitor(app)
    assert client.post("/api/v1/signin", json={"name": name, "pin": PIN}).status_code == 200
    return client


def area(client: Visitor) -> dict[str, Any]:
    answer = client.get("/api/v1/area")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_community_in_numbers(app: FastAPI) -> None:
    told = area(officer(app, "福田区"))
    lianhua, xiangmi = told["communities"]
    assert [lianhua["path"], xiangmi["path"]] == [LIANHUA, XIANGMI]
    assert (lianhua["homes"]["shown"], xiangmi["homes"]["shown"]) == ("<5", "7")
    assert (lianhua["stations"], lianhua["staffed"], lianhua["hearing"]) == (1, 1, 0), (
        "the guard's desk is no station"
    )
    assert (xiangmi["stations"], xiangmi["staffed"], xiangmi["hearing"]) == (1, 0, 0)
    assert (lianhua["covered"], lianhua["neighbourhoods"]) == (1, 1)
    assert (xiangmi["covered"], xiangmi["neighbourhoods"]) == (1, 2), "a point covers its own neighbourhood"
    assert {name: one["shown"] for name, one in xiangmi["open"].items()} == {
        "critical": "<5",
        "urgent": "6",
        "notice": "0",
    }
    assert xiangmi["alerts_7"]["life_safety"]["shown"] == "12"
    assert (xiangmi["response_7"][0]["shown"], xiangmi["response_30"][1]["shown"]) == ("50%", "100%")
    assert lianhua["response_7"][0]["shown"] == "–"
    together = told["together"]
    assert (together["homes"]["shown"], together["covered"], together["neighbourhoods"]) == ("8–11", 2, 3)
    assert [desk["name"] for desk in told["above"]] == ["街道中心"]


def test_only_whole_communities_within_reach_are_told(app: FastAPI) -> None:
    assert [one["path"] for one in area(officer(app, "福田区/莲花街道"))["communities"]] == [LIANHUA]
    assert area(officer(app, LIANHUA))["above"] == [], "the street's centre is not theirs"
    assert area(officer(app, f"{LIANHUA}/莲花二村"))["communities"] == [], (
        "a part would tell what the rest is"
    )
    assert area(officer(app, "南山区"))["communities"] == []


def test_there_is_no_home_on_any_way_of_an_officer(app: FastAPI) -> None:
    client = officer(app, "福田区")
    for path in ("/api/v1/area", "/area", "/area?lang=en", "/area/screen", "/area/screen/now"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        for secret in ("赵先生", "王女士", "9栋", "3栋1201", "X0", "H0001", "李敏", "疑似跌倒"):
            assert secret not in answer.text.replace(client_name(answer.text), ""), (path, secret)
    for path in ("/api/v1/performance", "/api/v1/alerts", "/api/v1/places/X0", "/places", "/rules"):
        assert client.get(path).status_code in {401, 403, 404}, path
    for path in ("/api/v1/area", "/area", "/area/screen", "/area/screen/now"):
        assert Visitor(app).get(path).status_code in {200, 401, 403}
        assert officer_of_facilities(app).get(path).status_code == 403, path


def client_name(text: str) -> str:
    """The names of the sign-in tiles are those of staff, not of homes."""
    return "李敏" if "signin" in text else "\0"


def officer_of_facilities(app: FastAPI) -> Visitor:
    people: People = app.state.context.people
    if "物业经理" not in people.names():
        people.add("物业经理", PIN, grants=[Grant("property", "福田区")])
    client = Visitor(app)
    client.post("/api/v1/signin", json={"name": "物业经理", "pin": PIN})
    return client


def test_the_numbers_of_work_are_those_within_reach(app: FastAPI) -> None:
    """A head of station sees the alerts of one community; the other's are not in any of the numbers."""
    theirs = officer(app, XIANGMI, "head").get("/api/v1/performance").json()
    assert (list(theirs["by_station"]), theirs["response"]["raised"]) == ([XIANGMI], 19)
    others = officer(app, LIANHUA, "head").get("/api/v1/performance").json()
    assert (others["by_station"], others["response"]["raised"], others["load"]["alarms"]) == ({}, 0, 0)
    assert others["by_home"] == {"homes": {}, "often_false": [], "worst": [], "chattering": []}


def test_bars_have_words_and_the_page_prints_on_one_sheet(app: FastAPI) -> None:
    text = officer(app, "福田区").get("/area?lang=zh").text
    assert 'aria-label="50%，目标 97.5%"' in text
    assert "不到 5 条" in text
    assert "听不到警情" in text


counted = st.builds(
    lambda homes, critical, faults, last, before: (homes, critical, faults, last, before),
    st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9),
)  # fmt: skip


def as_told(drawn: list[tuple[int, ...]], kept: list[tuple[int, int]]) -> str:
    """Everything an officer is told, as text."""
    given_counts = {}
    for number, (homes, critical, faults, last, before) in enumerate(drawn):
        one = Counted(homes=homes, faults=faults)
        one.open["critical"], one.lately["care"], one.before["care"] = critical, last, before
        given_counts[f"区/街/{number}"] = one
    lately = Lately(
        TARGETS,
        {path: {"accept": kept[at]} for at, path in enumerate(given_counts)},
        {path: {"accept": kept[-1 - at]} for at, path in enumerate(given_counts)},
    )
    return repr(communities(given_counts, (), lately))


@given(st.lists(counted, min_size=1, max_size=4), st.data())
def test_no_hidden_count_can_be_found_from_everything_that_is_told(
    drawn: list[tuple[int, ...]], data: st.DataObject
) -> None:
    """Put any other small numbers behind the hidden ones: what is told is the same to the letter."""
    small = st.integers(1, 4)

    def other(number: int) -> int:
        return data.draw(small) if 0 < number < 5 else number

    kept = [(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))) for _ in drawn]
    others = [tuple(other(number) for number in row) for row in drawn]
    assert as_told(others, [(other(a), other(b)) for a, b in kept]) == as_told(drawn, kept)


def test_every_severity_and_class_is_told_and_desks_above_are_within_reach() -> None:
    (row,), _ = communities({"区/街/社": Counted()}, (), None)
    assert (tuple(row.open), tuple(row.alerts_30)) == (SEVERITIES, CLASSES)
    assert [one.name for one in stations_above(DESKS.desks, Reach(("福田区",)))] == ["街道中心"]
    assert stations_above(DESKS.desks, Reach(("福田区/香蜜街道",))) == []


def test_more_communities_than_fit_a_wall_take_turns(app: FastAPI, desk: Desk) -> None:
    with Session(desk.engine) as session, session.begin():
        for number in range(20):
            session.add(
                Place(
                    id=f"M{number}", kind="home", site="m", path=f"福田区/梅林街道/第{number:02}社区/村", name="钱先生",
                    address="1", capacity=None, access_note="",
                )
            )  # fmt: skip
    client = officer(app, "福田区")
    walls = [client.get(f"/area/screen/now?turn={turn}&lang=zh").text for turn in range(3)]
    assert [wall.count("<h2>") for wall in walls] == [12, 10, 12]
    assert "第 1 / 2 屏" in walls[0]
    assert walls[0] == walls[2]


def test_the_api_is_json_that_holds_counts_only(app: FastAPI) -> None:
    told = area(officer(app, "福田区"))
    for one in [*told["communities"], told["together"]]:
        for name in ("homes", "faults"):
            assert one[name]["low"] == one[name]["high"] or one[name]["low"] >= 1
    small = [count for count in _counts(told["communities"]) if 0 < count["high"] < 5]
    assert small
    assert {count["shown"] for count in small} == {"<5"}
    assert json.dumps(told)


def _counts(told: Any) -> list[dict[str, Any]]:  # noqa: ANN401 any JSON
    if isinstance(told, dict):
        here = [told] if "shown" in told and "wanted" not in told else []
        return here + [count for value in told.values() for count in _counts(value)]
    return [count for value in told for count in _counts(value)] if isinstance(told, list) else []


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)])
def test_the_wall_fits_refreshes_itself_and_says_when_it_cannot(
    app: FastAPI, desk: Desk, page: Page, url: str, size: tuple[int, int]
) -> None:
    del app  # its places and alerts are in the desk's database
    with Session(desk.engine) as session, session.begin():
        me = session.query(Staff).where(Staff.name == "李敏").one()
        session.add(Granted(staff_id=me.id, role="area", at=""))
    assert page.request.post(url + "/api/v1/signin", data={"name": "李敏", "pin": PIN}).ok
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.clock.install(time=NOW / 1000)
    page.goto(url + "/area/screen")
    tile = page.locator("li", has_text="香蜜社区")
    expect(tile).to_contain_text("<5")
    fits = "() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    cut = "() => [...document.querySelectorAll('li')].filter((tile) => tile.scrollHeight > tile.clientHeight + 1).length"
    assert page.evaluate(cut) == 0
    for _ in range(6):
        desk.stores("fall", "X3")
    page.clock.run_for(10_000)
    expect(tile.locator(".counts .critical b")).to_have_text("7")
    page.route("**/area/screen/now*", lambda route: route.abort())
    page.clock.run_for(10_000)
    expect(page.locator("#stale")).to_contain_text("连不上系统")
    page.unroute("**/area/screen/now*")
    page.clock.run_for(10_000)
    expect(page.locator("#stale")).to_be_hidden()
