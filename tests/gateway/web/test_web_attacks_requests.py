"""Requests that no browser of ours sends: from foreign pages, with tricks in the path, the host, the type, the size."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from starlette.routing import Route
from test_web_access import FOREIGN
from test_web_roles import ASKED, ENDLESS, TAKES_AWAY, needed
from web_attacks import TOKEN, as_somebody, contents, cookie_of, settled
from web_desk import CHEAP, NOW, Desk, Visitor

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.web import once
from gateway.web.access import BODIES_MAX, BODY_BYTES_MAX, SAFE_METHODS
from gateway.web.app import create_app
from gateway.web.once import Once
from gateway.web.render import FOLDER
from gateway.web.settings import WebSettings

Town = tuple[Desk, dict[str, str]]
WRITES = [
    (method, route)
    for method, route in ASKED
    if method not in SAFE_METHODS and route.name not in TAKES_AWAY  # what the next one asks for
]
READS = [(method, route) for method, route in ASKED if method == "GET" and route.path not in ENDLESS]
SOON_S = 10  # what explodes takes years; a test on a busy machine may take a second
NOTES_LOOKS = {"look", "alert_step"}  # a look into a home's rooms is kept; that is what it is for


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two stations; 一 has every role."""
    desk, names = settled(tmp_path_factory.mktemp("requests"))
    People(desk.engine, CHEAP).add("一", grants=[Grant(role) for role in ROLES])
    yield desk, names
    desk.engine.dispose()


def path_of(route: Route, names: dict[str, str]) -> str:
    known = names | ({"place_id": "F01"} if needed(route).of == "facility" else {})
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: known.get(found[1], "fall"), route.path)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_write_is_taken_from_a_foreign_page(town: Town, headers: dict[str, str]) -> None:
    """Every route that writes, forms among them, asked by the browser of somebody who may everything."""
    desk, names = town
    visitor = as_somebody(desk, "一")
    del visitor.headers["Sec-Fetch-Site"]
    before, commands = contents(desk), len(desk.commands)
    for method, route in WRITES:
        for body in (
            {"json": {}},
            {"data": {"do": "end", "answer": "arrived", "reason": "x"}},
            {"content": b""},
        ):
            answer = visitor.request(method, path_of(route, names), headers=headers, **body)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["reason"]) == (403, "origin"), f"{method} {route.path}"
    assert contents(desk) == before
    assert len(desk.commands) == commands


def test_json_in_the_dress_of_a_form_is_none(town: Town) -> None:
    """A foreign form can send text/plain; what is read as JSON says that it is."""
    desk, _ = town
    visitor = as_somebody(desk, "一")
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "*/*",
    ):
        answer = visitor.post(
            "/api/v1/places/H0001/mode", content=b'{"kind": "hospital"}', headers={"Content-Type": kind}
        )
        assert answer.status_code == 422, kind
    assert not [one for one in desk.commands if one["kind"] == "mode"]


def test_reading_changes_nothing_and_no_header_makes_a_write_of_it(town: Town) -> None:
    desk, names = town
    visitor = as_somebody(desk, "一")
    before = contents(desk)
    tricks = {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "POST", "X-Method-Override": "PUT"}
    for _method, route in READS:
        visitor.get(path_of(route, names), params={"_method": "DELETE", "method": "POST"}, headers=tricks)
    for _method, route in WRITES:
        if not [one for one in ASKED if one[0] == "GET" and one[1].path == route.path]:
            answer = visitor.get(path_of(route, names), params={"_method": "POST"}, headers=tricks)
            assert answer.status_code in {403, 404, 405, 422}, route.path
    after = contents(desk)
    assert [name for name in after if after[name] != before[name] and name not in NOTES_LOOKS] == []


def test_no_answer_about_anybody_is_kept_by_a_cache(town: Town) -> None:
    desk, names = town
    visitor = as_somebody(desk, "一")
    for _method, route in READS:
        answer = visitor.get(path_of(route, names))
        if route.path not in {"/icon.svg", "/p/{place_id}"}:
            assert answer.headers["cache-control"] == "no-store", route.path
        assert answer.headers["x-content-type-options"] == "nosniff", route.path
        assert "access-control-allow-origin" not in answer.headers, route.path


def ask(
    desk: Desk,
    path: str,
    *,
    method: str = "GET",
    cookie: str = "",
    host: str = "evil.example",
    pieces: Sequence[bytes] = (b"",),
) -> tuple[int, dict[str, str], bytes]:
    """As a client that sends what it likes: the path as it is decoded, a host of its choice."""
    headers = [
        (b"host", host.encode()),
        (b"sec-fetch-site", b"same-origin"),
        (b"accept", b"text/html"),
        (b"content-type", b"application/json"),
    ]
    headers += [(b"cookie", cookie.encode())] if cookie else []
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": headers, "client": ("192.0.2.1", 1),
        "server": ("192.168.1.20", 8080), "state": {},
    }  # fmt: skip
    sent: list[dict[str, Any]] = []
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0) if left else b"", "more_body": bool(left)}

    async def send(message: Any) -> None:  # noqa: ANN401 a message of ASGI
        sent.append(message)

    app = create_app(desk, WebSettings(host="0.0.0.0", token=TOKEN), wall_ms=lambda: NOW)  # noqa: S104 the case in question
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:])


PATHS = [
    "/static/../app.py", "/static/..\\app.py", "/static/../../web/app.py", "/static//etc/passwd", "/static/%2e%2e/app.py",
    "/static/\x00", "/static/desk.css\x00.js", "/static/../templates/base.html", "/static/.", "/static/", "/static/..",
    "/static/../api/v1/alerts", "/static/../../../../../../etc/passwd", "/static/words/../../app.py",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_beside_what_is_static_nothing_is_given(town: Town, path: str) -> None:
    status, _, body = ask(town[0], path)
    assert status == 404
    assert b"import" not in body
    assert b"root:" not in body


def test_what_is_static_is_no_more_than_it_should_be() -> None:
    """No link out of the folder, nothing hidden, nothing but what browsers load."""
    files = [file for file in (FOLDER / "static").rglob("*") if not file.is_dir()]
    assert {file.suffix for file in files} <= {".js", ".css", ".svg", ".woff2"}
    assert not [file for file in files if file.is_symlink() or file.name.startswith(".")]


AROUND = ["//api/v1/alerts", "/api/v1/alerts/", "/API/v1/alerts", "/api/v1//alerts", "/api/v1/alerts;x", "/api/v1/alerts\x00",
          "/api/v1/./alerts", "/static/../api/v1/alerts", "/api/v1/alerts ", "/\\api/v1/alerts", "/signin/../api/v1/alerts",
          "/accounts/", "/places/", "/p/../places/H0001", "/board/"]  # fmt: skip


@pytest.mark.parametrize("path", AROUND)
def test_there_is_no_way_around_the_permission(town: Town, path: str) -> None:
    """Nor a redirect that follows a Host header of somebody's choice."""
    status, headers, body = ask(town[0], path)
    assert status in {401, 404}
    assert "location" not in headers
    assert b"H0001" not in body


@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "get", "GETX", ""]
)
def test_no_other_method_is_a_way_in(town: Town, method: str) -> None:
    for path in ("/api/v1/alerts", "/api/v1/places/H0001", "/board", "/metrics", "/places/H0001"):
        status, _, body = ask(town[0], path, method=method)
        assert status in {401, 403, 404, 405}, path
        assert b"H0001" not in body


def test_nothing_that_is_given_comes_back_in_a_header(town: Town) -> None:
    """A page to go on to, a host, a language: a newline in them would be a header of one's own."""
    desk, _ = town
    for path in ("/x\r\nSet-Cookie: a=b", "/places/x\r\nX-Own: 1", "/p/x\r\nX-Own: 1", "/a/x\r\nX-Own: 1"):
        status, headers, _ = ask(desk, path)
        assert status in {303, 401, 404}
        assert not [
            value
            for value in headers.values()
            if "\n" in value or "\r" in value or "X-Own" in value.partition("?")[0]
        ]
    cookie = f"carehub_person_8080={cookie_of(desk, '一')}"
    for path in (
        "/",
        "/places",
        "/places/H0001",
        "/rules",
        "/accounts",
        "/area",
        "/signin",
        "/api/v1/places",
    ):
        _, headers, body = ask(desk, path, cookie=cookie)
        assert "evil.example" not in str(headers), path
        assert b"evil.example" not in body, path


DEEP = b"[" * 60_000
BODIES = [
    DEEP, b'{"a":' * 12_000, b'{"name": "' + b"x" * 60_000 + b'"}', b"[" * 30_000 + b"]" * 30_000,
    b'{"numbers": {' + b",".join(b'"%d": 1' % n for n in range(6_000)) + b"}}",
    b'{"until": ' + b"9" * 50_000 + b"}", b'{"people": 1e999999}', b'{"reason": "\\ud800"}', b'{"reason": NaN}',
    b"\x00" * 1_000, b"\xff\xfe{}",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12].decode("latin-1"))
def test_a_monstrous_body_is_refused_soon(town: Town, body: bytes) -> None:
    """By each route that takes one; whatever is raised within the app comes out here."""
    desk, names = town
    visitor = as_somebody(desk, "一")
    for method, route in WRITES:
        if route.name in {
            "sign_out",
            "begin_backup",
            "reload_rules",
            "reload_duty",
            "end_own_session",
            "retry_refused",
            "drop_refused",
        }:
            continue
        begin = time.perf_counter()
        answer = visitor.request(
            method, path_of(route, names), content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, f"{method} {route.path}"
        assert body[:500] not in answer.content, "what was given is not given back"
        assert time.perf_counter() - begin < SOON_S, f"{method} {route.path}"


def test_a_body_is_as_long_as_it_may_be_and_no_longer(town: Town) -> None:
    desk, names = town
    visitor = as_somebody(desk, "一")
    for method, route in WRITES:
        path = path_of(route, names)
        most = BODIES_MAX.get(path, BODY_BYTES_MAX)
        if most > BODY_BYTES_MAX:
            continue
        answer = visitor.request(method, path, content=b" " * (most + 1))
        assert answer.status_code == 413, path


def test_a_body_whose_length_is_not_said_ends_where_it_must(town: Town) -> None:
    """In pieces, each of them small; what has come until then is not taken for the whole."""
    desk, _ = town
    cookie, commands = f"carehub_person_8080={cookie_of(desk, '一')}", len(desk.commands)
    pieces = [b'{"kind": "away"', *[b" " * 1_000] * 70, b"}"]
    status, _, _ = ask(desk, "/api/v1/places/H0001/mode", method="POST", cookie=cookie, pieces=pieces)
    assert status in {413, 422}  # FastAPI calls whatever ends a body one that cannot be read
    assert len(desk.commands) == commands
    status, _, _ = ask(
        desk, "/api/v1/places/H0001/mode", method="POST", cookie=cookie, pieces=[b'{"kind": ', b'"away"}']
    )
    assert status == 200


ASKED_WITH_WORDS = [
    ("/places", "q"), ("/audit", "q"), ("/audit", "place"), ("/api/v1/alerts", "cursor"),
    ("/api/v1/facilities/F01/use", "month"), ("/api/v1/performance", "station"), ("/api/v1/readings", "metric"),
    ("/steps/fall", "at"), ("/signin", "next"), ("/icon.svg", "severity"), ("/p/F01", "lang"),
    ("/", "lang"), ("/api/v1/quarantine", "topic"),
]  # fmt: skip
LONG = [
    "%%%",
    "_",
    "a" * 60_000,
    "%" * 10_000,
    "_" * 64,
    "%_" * 32,
    "'" * 64,
    "(" * 64,
    "a " * 10_000,
    "2026-" + "0" * 10_000,
    "\\" * 64,
]


@pytest.mark.parametrize("words", LONG, ids=lambda words: f"{words[:4]}x{len(words)}")
def test_a_search_takes_no_longer_for_what_is_odd(town: Town, words: str) -> None:
    """Nor finds anything by a sign that stands for all others."""
    desk, _ = town
    visitor = as_somebody(desk, "一")
    for path, name in ASKED_WITH_WORDS:
        begin = time.perf_counter()
        answer = visitor.get(path, params={name: words})
        assert answer.status_code < 500, path
        assert time.perf_counter() - begin < SOON_S, path
        if path == "/places" and answer.status_code == 200:
            assert "H0002" not in answer.text


def test_answers_that_are_kept_for_repeats_do_not_fill_the_memory(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many have no body: a device at a desk could have had millions of them kept, each under a key of its own."""
    desk, _ = town
    monkeypatch.setattr(once, "KEPT_MAX", 20)
    app = create_app(desk, WebSettings(), wall_ms=lambda: NOW)
    visitor = Visitor(app)
    visitor.headers["Sec-Fetch-Site"] = "same-origin"
    for n in range(60):
        answer = visitor.post("/api/v1/desks/lianhua/beat", headers={"Idempotency-Key": str(n)})
        assert answer.status_code == 204
    part = app.middleware_stack
    while part is not None and not isinstance(part, Once):
        part = getattr(part, "app", None) or getattr(part, "_app", None)
    assert isinstance(part, Once)
    assert 0 < len(part._kept) <= 20
