from __future__ import annotations

import re

import pytest
from web_desk import DEMO, NOW, PIN, Desk, Visitor

from gateway.operations.people import LOCK_MS
from gateway.web.access import OPEN_FOLDER
from gateway.web.app import create_app
from gateway.web.needs import needs_of
from gateway.web.settings import WebSettings

LOCAL = "http://127.0.0.1:8080"
TOKEN = "0123456789abcdef0123456789abcdef"


def local(desk: Desk, url: str = LOCAL) -> Visitor:
    return Visitor(create_app(desk, WebSettings(demo=DEMO), wall_ms=lambda: NOW), base_url=url)


def exposed(desk: Desk, **settings: str) -> Visitor:
    app = create_app(desk, WebSettings(host="0.0.0.0", token=TOKEN, **settings), wall_ms=lambda: NOW)  # type: ignore[arg-type]  # noqa: S104 the case in question
    return Visitor(app, base_url="http://192.168.1.20:8080")


def test_on_loopback_anyone_on_this_machine_may_read(desk: Desk) -> None:
    client = local(desk)
    for host in ("127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST"):
        assert client.get("/api/v1/alerts", headers={"Host": host}).status_code == 200


def test_on_loopback_another_host_name_is_refused(desk: Desk) -> None:
    client = local(desk)
    for host in ("evil.example", "127.0.0.1.evil.example:8080", "192.168.1.20:8080", "[::1", ""):
        for path in ("/", "/api/v1/alerts", "/api/v1/stream", "/healthz", "/static/desk.css", "/none"):
            answer = client.get(path, headers={"Host": host})
            assert (host, path, answer.status_code) == (host, path, 403)
            assert answer.json()["reason"] == "host"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": LOCAL},
]


def test_a_write_from_another_site_is_refused_whoever_is_signed_in(desk: Desk) -> None:
    alert = desk.rings()
    client = local(desk)
    assert client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    paths = (
        f"/api/v1/alerts/{alert}/accept",
        "/api/v1/demo/fall_bathroom",
        "/api/v1/registry",
        "/api/v1/signout",
    )
    for headers in FOREIGN:
        for path in paths:
            answer = client.post(path, headers=headers, content="")
            assert (answer.status_code, answer.json()["reason"]) == (403, "origin")
    assert [desk.commands, desk.played, desk.imported] == [[], [], []]


def test_a_write_from_our_page_or_from_no_page_is_taken(desk: Desk) -> None:
    client = local(desk)
    for headers in ({}, {"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert client.post("/api/v1/demo/fall_bathroom", headers=headers).status_code == 202
    assert desk.played == ["fall_bathroom"] * 3


def test_acting_on_an_alert_needs_a_person_and_a_name_in_a_header_is_none(desk: Desk) -> None:
    alert = desk.rings()
    client = local(desk)
    for headers in (
        {},
        {"X-Staff": "li-min"},
        {"Cookie": "carehub_person_8080=guess"},
        {"Authorization": "Basic x"},
    ):
        for action in ("accept", "close"):
            answer = client.post(
                f"/api/v1/alerts/{alert}/{action}",
                json={"verdict": "true", "outcome": "assisted"},
                headers=headers,
            )
            assert (answer.status_code, answer.json()["reason"]) == (401, "person")
    assert desk.commands == []


def test_every_write_is_for_a_person_or_is_meant_for_programs(desk: Desk) -> None:
    """A write that forgets to ask who it is would be found here."""
    for_programs = {
        "/api/v1/registry",
        "/api/v1/quarantine/replay",
        "/api/v1/quarantine/drop",
        "/api/v1/demo/{scenario}",
        "/api/v1/backup",  # it tells where a backup lies, never what is in it
        "/api/v1/rules/reload",
        "/api/v1/duty/reload",
        "/api/v1/desks/{desk_id}/beat",  # a console rings also when a sign-in has run out
        "/api/v1/rules/{rule_id}/try",  # it changes nothing
        "/api/v1/rules/backtest",
        "/api/v1/rules/backtest/{backtest_id}",
        "/api/v1/refused",
        "/api/v1/refused/retry",
        "/api/v1/accounts",
        "/api/v1/accounts/{account_id}",
        "/api/v1/accounts/{account_id}/grants",
        "/api/v1/accounts/{account_id}/secrets",
        "/api/v1/accounts/{account_id}/subject",
        "/api/v1/accounts/{account_id}/begin-again",
        "/api/v1/sessions/{session_id}",
        "/api/v1/places/{place_id}/erasure",  # the command line: by the home's number, with a reason, as the registry
        "/api/v1/heat/geometry",  # the outlines of a whole area, from a GIS
        "/api/v1/signin",
        "/api/v1/signin/password",
        "/api/v1/signout",
        "/api/v1/enter",
    }
    client = local(desk)
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in set(methods) - {"get"}:
            if path not in for_programs and not path.startswith("/api/v1/install/"):
                known = re.sub(
                    "{[^}]*}", "x", path.replace("{place_id}", "F01" if "/facilities" in path else "H0001")
                )
                answer = client.request(method, known, json={"verdict": "true", "outcome": "assisted"})
                assert answer.status_code == 401, path


def test_five_wrong_pins_lock_the_name_and_say_until_when(desk: Desk) -> None:
    client = local(desk)
    for _ in range(4):
        answer = client.post("/api/v1/signin", json={"name": "李敏", "pin": "9999"})
        assert (answer.status_code, answer.json()["reason"]) == (401, "wrong")
    for pin in ("9999", PIN):
        answer = client.post("/api/v1/signin", json={"name": "李敏", "pin": pin})
        assert (answer.status_code, answer.json()["at"]) == (429, NOW + LOCK_MS)
        assert "15:08" in answer.json()["words"]["zh"]
    assert client.post("/api/v1/signin", json={"name": "陈国强", "pin": "8024"}).status_code == 200


def test_a_refused_pin_is_not_sent_back(desk: Desk) -> None:
    client = local(desk)
    for body in (
        {"name": "李敏", "pin": 471199},
        {"pin": "471199"},
        {"name": "x", "pin": "471199", "more": "471199"},
    ):
        answer = client.post("/api/v1/signin", json=body)
        assert answer.status_code == 422
        assert "471199" not in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    client = local(desk)
    answer = client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    assert client.get("/api/v1/session").json()["name"] == "李敏"
    behind_tls = exposed(desk, public_url="https://care.example")
    answer = behind_tls.post("/api/v1/enter", json={"token": TOKEN})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_signing_in_anew_or_out_makes_the_old_cookie_void(desk: Desk) -> None:
    client = local(desk)
    client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN})
    first = client.cookies["carehub_person_8080"]
    client.post("/api/v1/signin", json={"name": "陈国强", "pin": "8024"})
    second = client.cookies["carehub_person_8080"]
    assert client.post("/api/v1/signout").status_code == 204
    for token in (first, second):
        other = local(desk)
        other.cookies.set("carehub_person_8080", token)
        assert other.get("/api/v1/session").json()["name"] is None


def test_every_answer_carries_the_protecting_headers(desk: Desk) -> None:
    client = local(desk)
    for path in (
        "/",
        "/signin",
        "/api/v1/alerts",
        "/static/console.js",
        "/nothing",
        "/openapi.json",
        "/docs",
    ):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-cache" if path.startswith(OPEN_FOLDER) else "no-store")


def test_a_body_may_not_be_endless(desk: Desk) -> None:
    client = local(desk)
    answer = client.post(
        "/api/v1/signin", content=b"x" * 70_000, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    answer = client.post(
        "/api/v1/signin", content=iter([b"x" * 40_000] * 2), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::", "hub.local"])  # noqa: S104 the case in question
def test_it_does_not_listen_beyond_loopback_without_a_token(host: str) -> None:
    with pytest.raises(ValueError, match="CAREHUB_HTTP__TOKEN"):
        WebSettings(host=host)
    with pytest.raises(ValueError, match="at least 16 characters"):
        WebSettings(host=host, token="short")
    assert TOKEN not in repr(WebSettings(host=host, token=TOKEN))


def test_a_public_url_on_loopback_needs_the_token_too() -> None:
    with pytest.raises(ValueError, match="CAREHUB_HTTP__TOKEN"):
        WebSettings(public_url="https://care.example")
    assert not WebSettings(public_url="http://127.0.0.1:8080").exposed


def test_beyond_loopback_a_program_needs_the_token(desk: Desk) -> None:
    client = exposed(desk)
    assert client.get("/healthz").status_code == 200
    for route in client.app.routes:
        wanted = needs_of(route)
        if wanted is None or not wanted.may:
            continue
        path = re.sub("{[^}]*}", "1", route.path)
        answer = client.request(next(iter(route.methods - {"HEAD"})), path)
        assert (path, answer.status_code, answer.headers["www-authenticate"]) == (path, 401, "Bearer")
    for wrong in (f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer", "Bearer 口令"):
        answer = client.get("/api/v1/alerts", headers={b"Authorization": wrong.encode()})
        assert answer.status_code == 401
    assert client.get("/api/v1/alerts", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_beyond_loopback_a_browser_that_has_shown_the_token_is_a_device_that_rings(desk: Desk) -> None:
    client = exposed(desk)
    browser = {"Accept": "text/html", "Sec-Fetch-Site": "none"}
    answer = client.get("/", headers=browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/")
    assert "李敏" not in client.get("/signin", headers=browser).text
    pin = {"name": "李敏", "pin": PIN}
    assert client.post("/api/v1/signin", json=pin).json()["reason"] == "device"
    assert "访问口令" in client.get("/enter", headers={"Accept-Language": "zh-CN"}).text
    assert client.get("/static/enter.js").status_code == 200
    assert client.post("/api/v1/enter", json={"token": "wrong"}).status_code == 401
    assert client.post("/api/v1/enter", json={"token": TOKEN}).status_code == 204
    assert TOKEN not in client.cookies["carehub_pass_8080"]
    alert = desk.rings()
    page = client.get("/", headers=browser)
    assert page.status_code == 200
    assert "疑似跌倒" in page.text
    assert "王女士" not in page.text
    assert client.get(f"/api/v1/alerts/{alert}").json()["reason"] == "person"
    assert client.post(f"/api/v1/alerts/{alert}/accept").json()["reason"] == "person"
    assert "李敏" in client.get("/signin", headers=browser).text
    assert client.post("/api/v1/signin", json=pin).status_code == 200
    assert client.post(f"/api/v1/alerts/{alert}/accept").status_code == 200


def test_what_a_proxy_hands_on_is_no_program_of_this_machine(desk: Desk) -> None:
    client = local(desk)
    for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        assert client.get("/api/v1/alerts", headers={header: "for=192.0.2.1"}).status_code == 401


def test_no_token_is_never_the_token(desk: Desk) -> None:
    client = local(desk)
    assert client.post("/api/v1/enter", json={"token": ""}).status_code == 401


def test_names_from_the_registry_cannot_become_markup(desk: Desk) -> None:
    desk.stores(room='<img src=x onerror="alert(1)">', title={"zh": "</script><b>", "en": "x"})
    page = local(desk).get("/?lang=zh").text
    assert "<img src=x" not in page
    assert "</script><b>" not in page
