from __future__ import annotations

import json
import re

import pytest
from web_desk import DEMO, NOW, Desk, Visitor

from gateway.web import data
from gateway.web.app import create_app
from gateway.web.port import Chosen, Imported, Reading, ReadingQuery, UnavailableError
from gateway.web.settings import WebSettings


@pytest.fixture
def client(desk: Desk) -> Visitor:
    return Visitor(create_app(desk, WebSettings(demo=DEMO)), base_url="http://127.0.0.1:8080")


def test_routes_are_made_once_and_not_again_at_the_first_request(desk: Desk) -> None:
    served = {id(route) for route in create_app(desk, WebSettings()).routes}
    assert {id(route) for route in data.router.routes} <= served


def test_places_come_with_their_devices_and_without_what_is_private(client: Visitor) -> None:
    first = client.get("/api/v1/places?limit=3").json()
    assert [place["id"] for place in first["places"]] == ["F01", "H0001", "H0002"]
    home = first["places"][1]
    assert home["devices"] == [{"id": "radar-1", "kind": "radar", "room": "卫生间", "heartbeat_s": 60}]
    assert not {"contacts", "access_note"} & set(home)
    rest = client.get(f"/api/v1/places?after={first['next']}").json()
    assert [place["id"] for place in rest["places"]] == ["H0003"]
    assert rest["next"] is None


def test_readings_are_asked_of_the_store(desk: Desk, client: Visitor) -> None:
    desk.stored = [
        Reading(observed_at=NOW, received_at=NOW, device="radar-1", place="H0001", metric="motion", value=1.0)
    ]
    answer = client.get("/api/v1/readings?device=radar-1&metric=motion").json()
    assert answer["readings"][0]["value"] == 1.0
    client.get(f"/api/v1/readings?place=F01&metric=occupancy&from={NOW - 5}&to={NOW}&limit=7")
    day = 86_400_000
    assert desk.asked == [
        ReadingQuery(
            place="", device="radar-1", metric="motion", from_ms=NOW + 1 - day, to_ms=NOW + 1, limit=1_000
        ),
        ReadingQuery(place="F01", device="", metric="occupancy", from_ms=NOW - 5, to_ms=NOW, limit=7),
    ]
    desk.away = UnavailableError("InfluxDB does not answer")
    answer = client.get("/api/v1/readings?device=radar-1&metric=motion")
    assert answer.status_code == 503
    assert "InfluxDB does not answer" in answer.json()["words"]["en"]


def test_readings_come_by_the_hour_and_by_the_day_as_well(desk: Desk, client: Visitor) -> None:
    hours = client.get("/api/v1/readings?device=radar-1&metric=motion&every=1h").json()
    assert hours["summaries"][0]["mean"] == 0.5
    assert hours["summaries"][0]["on_share"] is None
    days = client.get("/api/v1/readings?place=F01&metric=motion&every=1d&limit=3").json()
    assert [each["on_share"] for each in days["summaries"]] == [0.5]
    assert [(each.place, each.limit) for each in desk.asked] == [("", 1_000), ("F01", 3)]
    assert client.get("/api/v1/readings?device=d&metric=m&every=5m").status_code == 422


def test_an_export_is_a_file_of_a_day_at_most(desk: Desk, client: Visitor) -> None:
    answer = client.get("/api/v1/readings/export?from=5&to=9&device=d")
    assert (answer.text, answer.headers["content-type"]) == ("5 9 d", "application/vnd.apache.parquet")
    assert not (desk.folder / "slice.parquet").exists()
    for wrong in (
        "from=9&to=5",
        "from=5&to=5",
        "from=0&to=86400001",
        "from=0",
        f"from=0&to=5&device={'x' * 65}",
    ):
        assert client.get(f"/api/v1/readings/export?{wrong}").status_code == 422
    desk.away = UnavailableError("InfluxDB is away")
    assert client.get("/api/v1/readings/export?from=5&to=9").status_code == 503


def test_what_the_store_refused_is_shown_tried_again_and_forgotten(client: Visitor) -> None:
    assert [row["reason"] for row in client.get("/api/v1/refused?limit=5").json()["rows"]] == ["422"] * 3
    assert client.post("/api/v1/refused/retry").json() == {"stored": 1, "too_old": 0, "waiting": 2}
    assert client.delete("/api/v1/refused").json() == {"dropped": 3}
    stranger = {"sec-fetch-site": "cross-site"}
    assert client.delete("/api/v1/refused", headers=stranger).status_code == 403


def test_readings_asked_for_wrongly_are_refused(desk: Desk, client: Visitor) -> None:
    for query in (
        "metric=motion",
        "metric=motion&device=a&place=b",
        "device=a",
        "metric=m&device=a&from=5&to=5",
        "metric=m&device=a&limit=0",
        "metric=m&device=a&to=1763881380000000",
    ):
        assert client.get(f"/api/v1/readings?{query}").status_code == 422, query
    assert desk.asked == []


def test_what_could_not_be_read_is_shown_with_its_reason(client: Visitor) -> None:
    assert client.get("/api/v1/quarantine").json()["messages"][0]["reason"] == "malformed"


def test_what_could_not_be_read_is_given_again_or_dropped_as_chosen(desk: Desk, client: Visitor) -> None:
    client.get("/api/v1/quarantine?reason=bad_json&device=d&limit=7")
    answer = client.post(
        "/api/v1/quarantine/replay?after=5", json={"ids": [3, 4], "reason": "unknown_device"}
    )
    assert answer.json() == {
        "replayed": 3, "repeated": 0, "outdated": 0, "held": 1, "reasons": {"bad_json": 1}, "last": 9, "more": False,
    }  # fmt: skip
    assert client.post("/api/v1/quarantine/drop", json={"all": True}).json() == {"dropped": 4}
    assert desk.chosen == [
        ("list", Chosen(reason="bad_json", device="d"), 7),
        ("again", Chosen(ids=(3, 4), reason="unknown_device"), 5),
        ("drop", Chosen(), 0),
    ]
    desk.away = UnavailableError("the broker cannot be heard")
    answer = client.post("/api/v1/quarantine/replay", json={"all": True})
    assert answer.status_code == 503
    assert "the broker cannot be heard" in answer.json()["words"]["en"]


def test_nothing_is_given_again_or_dropped_by_a_slip(desk: Desk, client: Visitor) -> None:
    for body in (
        {},
        {"all": False},
        {"all": True, "ids": [1]},
        {"ids": []},
        {"ids": [0]},
        {"ids": ["1; DROP"]},
        {"ids": list(range(1, 1_002))},
        {"reason": "x" * 65},
        {"raeson": "bad_json"},
        [],
    ):
        for what in ("replay", "drop"):
            assert client.post(f"/api/v1/quarantine/{what}", json=body).status_code == 422, body
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/api/v1/quarantine/drop", json={"all": True}, headers=headers)
        assert answer.status_code == 403
    assert desk.chosen == []


def test_devices_are_listed_a_page_at_a_time(client: Visitor) -> None:
    first = client.get("/api/v1/devices?limit=1").json()
    assert first["devices"] == [
        {
            "id": "radar-1", "kind": "radar", "place": "H0001", "room": "卫生间", "online": True, "heard_at": NOW,
            "clock_skew_ms": -90_000, "refused": 1, "over_rate": 2,
        }
    ]  # fmt: skip
    rest = client.get(f"/api/v1/devices?after={first['next']}").json()
    assert ([device["id"] for device in rest["devices"]], rest["next"]) == (["radar-2"], None)


def test_a_registry_is_imported_or_only_tried(desk: Desk, client: Visitor) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = client.post(
        "/api/v1/registry?dry_run=1", content="\ufeffsite,place\n一,二\n".encode(), headers=headers
    )
    assert answer.json() == {"ok": True, "homes": 1}
    client.post("/api/v1/registry", content=b"site,place\n", headers=headers)
    assert desk.imported == [("site,place\n一,二\n", True), ("site,place\n", False)]
    answer = client.post("/api/v1/registry", content=b"wrong", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["line"]) == (422, 2)
    answer = client.post("/api/v1/registry", content="site\n王女士".encode("gb18030"), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "invalid")
    assert "line 2" in answer.json()["words"]["en"]


def test_the_demo_panel_is_there_only_in_the_demo(desk: Desk, client: Visitor) -> None:
    page = client.get("/?lang=zh").text
    assert all(entry.title["zh"] in page for entry in DEMO)
    assert client.post("/api/v1/demo/hall_over_capacity").json() == {"hub_now_ms": NOW}
    assert client.post("/api/v1/demo/other").status_code == 404
    real = Visitor(create_app(desk, WebSettings()), base_url="http://127.0.0.1:8080")
    assert "data-scenario" not in real.get("/").text
    assert real.post("/api/v1/demo/hall_over_capacity").status_code == 404
    assert desk.played == ["hall_over_capacity"]


def test_while_escalation_is_held_its_scenario_is_blocked_with_the_reason(
    desk: Desk, client: Visitor
) -> None:
    desk.becomes(speed=60.0)
    assert client.post("/api/v1/demo/fall_unattended").json()["reason"] == "held"
    button = re.search(r'<button[^>]*data-scenario="fall_unattended"[^>]*>', client.get("/").text)
    assert button is not None
    assert "disabled" in button[0]
    assert desk.played == []


def test_every_page_says_that_time_is_simulated_and_that_the_feed_is_lost(
    desk: Desk, client: Visitor
) -> None:
    def bars(path: str) -> set[str]:
        text = client.get(path, headers={"Accept-Language": "zh"}).text
        shown = re.findall(r'<p class="banner \w+" id="(\w+)"(?: role="status")?>([^<]+)', text)
        return {words for _, words in shown}

    for path in ("/", "/signin", "/docs", "/enter"):
        assert bars(path) == set()
    desk.becomes(speed=60.0, feed_lost_since=NOW - 60_000, ready=False, reasons=("store: no answer",))
    for path in ("/", "/signin", "/docs", "/enter"):
        assert bars(path) == {
            "×60 模拟时间 · 升级暂停",
            "15:02 起收不到传感器数据，可能漏报。请电话问候重点长者。",
            "系统有故障，请联系运维：store: no answer",
        }
    desk.becomes(speed=1.0, driven=True)
    assert "模拟快进中 · 升级暂停" in bars("/signin")


def test_health_and_readiness_are_two_things(desk: Desk, client: Visitor) -> None:
    assert client.get("/readyz").json()["ready"] is True
    desk.becomes(ready=False, reasons=("broker: not connected",))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["broker: not connected"])
    assert client.get("/healthz").json() == {"status": "ok"}


def test_warnings_are_told_and_leave_it_ready(desk: Desk, client: Visitor) -> None:
    desk.becomes(warnings=("rule files refused",))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["warnings"]) == (200, ["rule files refused"])


def test_rules_are_read_again_and_mistakes_in_them_come_back_as_a_list(desk: Desk, client: Visitor) -> None:
    answer = client.post("/api/v1/rules/reload")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "changed": ["fall"]})
    desk.reloaded = Imported(ok=False, report={"errors": ["own.yaml:5:21: unknown metric"]})
    answer = client.post("/api/v1/rules/reload")
    assert (answer.status_code, answer.json()["errors"]) == (422, ["own.yaml:5:21: unknown metric"])
    desk.away = UnavailableError("cannot write: disk full")
    answer = client.post("/api/v1/rules/reload")
    assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")


def test_metrics_are_in_prometheus_text(desk: Desk, client: Visitor) -> None:
    desk.stores()
    lines = client.get("/metrics").text.splitlines()
    assert "# TYPE carehub_received_total counter" in lines
    assert "carehub_received_total 12" in lines
    assert "carehub_stream_readers 0" in lines
    assert 'carehub_alerts_open{severity="critical",state="raised"} 1' in lines
    shape = re.compile(
        r'# HELP \w+ .+|# TYPE \w+ (counter|gauge)|\w+(\{\w+="\w+"(,\w+="\w+")*\})? [-+0-9.e]+'
    )
    assert all(shape.fullmatch(line) for line in lines)


def test_a_backup_is_begun_once_and_tells_where_it_lies_not_what_is_in_it(
    client: Visitor, desk: Desk
) -> None:
    begun = client.post("/api/v1/backup")
    assert (begun.status_code, begun.json()) == (202, {"id": "k1"})
    assert desk.archive_asked is True
    again = client.post("/api/v1/backup?archive=false")
    assert desk.archive_asked is False
    assert (again.status_code, again.json()["reason"]) == (409, "busy_backup")
    state = client.get("/api/v1/backup/k1").json()
    assert state == {
        "id": "k1", "state": "done", "what": "", "done": 1.0, "error": "", "folder": "/data/backup/k1"
    }  # fmt: skip
    assert client.get("/api/v1/backup/other").json()["reason"] == "unknown_backup"


def test_the_api_describes_itself_without_another_host(client: Visitor) -> None:
    api = client.get("/openapi.json").json()
    assert api["paths"]["/api/v1/alerts/{alert_id}/accept"]["post"]["responses"].keys() >= {
        "200",
        "401",
        "404",
        "409",
    }
    page = client.get("/docs").text
    assert all(path in page for path in api["paths"])
    assert "cdn" not in page
    assert "AlertView" in json.dumps(api["components"])


def test_the_icon_counts(client: Visitor) -> None:
    for query, sign in (("", "#1f7a4d"), ("?n=3&severity=critical", ">3<"), ("?n=250&severity=x", ">99+<")):
        answer = client.get(f"/icon.svg{query}")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert sign in answer.text


def test_what_is_not_there_is_refused_in_the_same_shape(client: Visitor) -> None:
    assert client.get("/nothing").json()["reason"] == "unknown"
    assert client.delete("/api/v1/alerts").json()["reason"] == "not_allowed"
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/static/%2e%2e/app.py").status_code == 404
