from __future__ import annotations

from collections.abc import Iterator

import pytest
from web_desk import CHEAP, NOW, Desk, Visitor
from web_hub import LivingHub

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.web import data
from gateway.web.app import create_app
from gateway.web.paging import written
from gateway.web.port import Reading, ReadingQuery
from gateway.web.settings import WebSettings

ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture
def client(desk: Desk) -> Visitor:
    """Somebody who may everything: the lists are what is looked at here."""
    everything = [Grant(role) for role in ("duty", "admin")]
    People(desk.engine, CHEAP).add("王强", "8064", grants=everything)
    made = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW), base_url=ADDRESS)
    made.post("/api/v1/signin", json={"name": "王强", "pin": "8064"})
    return made


def pages(client: Visitor, url: str, rows: str, **query: str | int) -> Iterator[list[dict[str, object]]]:
    """What a reader gets that carries ``next`` along until there is none."""
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(url, params=query | cursor)
        assert answer.status_code == 200, answer.text
        yield answer.json()[rows]
        if answer.json()["next"] is None:
            return
        cursor = {"cursor": answer.json()["next"]}


def ids(found: Iterator[list[dict[str, object]]], name: str = "id") -> list[list[object]]:
    return [[row[name] for row in page] for page in found]


def test_places_and_devices_go_on_by_cursor_and_as_before(client: Visitor) -> None:
    assert ids(pages(client, "/api/v1/places", "places", limit=3)) == [["F01", "H0001", "H0002"], ["H0003"]]
    assert ids(pages(client, "/api/v1/devices", "devices", limit=1)) == [["radar-1"], ["radar-2"]]
    assert ids(iter([client.get("/api/v1/places?after=H0002").json()["places"]])) == [["H0003"]]


def test_modes_and_silences_come_a_page_at_a_time(client: Visitor) -> None:
    for home in (1, 2, 3):
        client.post(f"/api/v1/places/H000{home}/mode", json={"kind": "away", "until": NOW + 3_600_000})
        client.post("/api/v1/silences", json={"place": f"H000{home}", "reason": "x", "until": NOW + 9_000})
    homes = ids(pages(client, "/api/v1/modes", "homes", limit=2), "place_id")
    assert homes == [["H0001", "H0002"], ["H0003"]]
    silences = ids(pages(client, "/api/v1/silences", "silences", limit=1))
    assert [len(page) for page in silences] == [1, 1, 1]
    assert len({page[0] for page in silences}) == 3


def test_what_was_refused_comes_a_page_at_a_time(client: Visitor) -> None:
    assert ids(pages(client, "/api/v1/quarantine", "messages", limit=2)) == [[3, 2], [1]]
    assert ids(pages(client, "/api/v1/refused", "rows", limit=1)) == [[3], [2], [1], []]


def test_no_reading_is_missed_or_told_twice_where_many_are_of_one_millisecond(
    desk: Desk, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [90, 80, 80, 80, 80, 80, 70, 60, 60]
    rows = [
        Reading(observed_at=at, received_at=at, device="d", place="p", metric="m", value=float(number))
        for number, at in enumerate(times)
    ]

    async def stored(query: ReadingQuery) -> list[Reading]:
        return [row for row in rows if query.from_ms <= row.observed_at < query.to_ms][: query.limit]

    monkeypatch.setattr(desk, "readings", stored)
    asked: dict[str, str | int] = {"device": "d", "metric": "m", "from": 60, "to": 100}
    for limit in (1, 2, 3, 4, 9, 10):
        found = ids(pages(client, "/api/v1/readings", "readings", limit=limit, **asked), "value")
        assert [value for page in found for value in page] == [float(number) for number in range(9)]


def test_a_cursor_that_is_none_is_refused_in_words(client: Visitor) -> None:
    wrong = [
        "x",
        "%",
        "",
        "=",
        "null",
        written(-1),
        written(2**63),
        written("a", "b"),
        written(1, 2, 3, 4),
        "A" * 1_025,
    ]
    lists = ("/api/v1/modes", "/api/v1/silences", "/api/v1/quarantine", "/api/v1/refused")
    for url in (*lists, "/api/v1/readings?device=d&metric=m"):
        for cursor in wrong:
            answer = client.get(url, params={"cursor": cursor})
            assert (answer.status_code, answer.json()["reason"]) == (422, "invalid"), (url, cursor)
    for forged in (written(5, 5, 0), written(0, data.TIME_MS_MAX + 2, 0), written(0, 1, data.SKIP_MAX + 1)):
        assert client.get(f"/api/v1/readings?device=d&metric=m&cursor={forged}").status_code == 422


def test_a_hub_gives_its_quarantine_a_page_at_a_time(tmp_path_factory: pytest.TempPathFactory) -> None:
    hub = LivingHub(tmp_path_factory.mktemp("paged"))
    try:
        app, url, seen = hub.app(), "/api/v1/quarantine?limit=1", []
        answer = hub.asks(app, "GET", url).json()
        while answer["next"]:
            seen += [message["topic"] for message in answer["messages"]]
            answer = hub.asks(app, "GET", f"{url}&cursor={answer['next']}").json()
        assert seen == ["care/v1/lianhua/nobody/telemetry", "care/v1/lianhua/h1-motion/telemetry"]
        refused = hub.asks(app, "GET", "/api/v1/refused").json()
        assert [(row["value"], row["text"]) for row in refused["rows"]] == [("inf", "?")]  # and no 500
        assert hub.asks(app, "GET", "/api/v1/refused?limit=1&cursor=WzFd").json() == {
            "rows": [],
            "next": None,
        }
    finally:
        hub.close()
