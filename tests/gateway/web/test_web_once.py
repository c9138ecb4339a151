from __future__ import annotations

import asyncio

import httpx
import pytest
from web_desk import DEMO, PIN, Desk, Visitor

from gateway.web import once
from gateway.web.app import create_app
from gateway.web.port import Imported
from gateway.web.settings import WebSettings

ADDRESS = "http://127.0.0.1:8080"
KEY = {"Idempotency-Key": "k1"}
CSV = KEY | {"Content-Type": "text/csv"}
IMPORT = "/api/v1/registry"


@pytest.fixture
def client(desk: Desk) -> Visitor:
    return Visitor(create_app(desk, WebSettings(demo=DEMO)), base_url=ADDRESS)


def test_a_repeat_is_not_done_again_and_gets_the_same_answer(desk: Desk, client: Visitor) -> None:
    answers = [client.post(IMPORT, content="a", headers=CSV) for _ in range(3)]
    assert desk.imported == [("a", False)]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    assert [dict(answer.headers) for answer in answers[1:]] == [dict(answers[0].headers)] * 2
    client.post(IMPORT, content="a", headers={"Content-Type": "text/csv"})
    client.post(IMPORT, content="a", headers=CSV | KEY | {"Idempotency-Key": "k2"})
    assert len(desk.imported) == 3


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/backup", None),
        ("POST", "/api/v1/rules/backtest", {"from": 1, "to": 2}),
        ("POST", "/api/v1/quarantine/replay", {"all": True}),
        ("POST", "/api/v1/quarantine/drop", {"ids": [1]}),
        ("POST", "/api/v1/demo/fall_bathroom", None),
        ("POST", "/api/v1/rules/reload", None),
        ("POST", "/api/v1/refused/retry", None),
        ("DELETE", "/api/v1/refused", None),
    ],
)
def test_every_other_write_likewise(
    desk: Desk, client: Visitor, method: str, path: str, body: object
) -> None:
    first, again = (client.request(method, path, json=body, headers=KEY) for _ in range(2))
    assert first.is_success
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(desk.played) + len(desk.chosen) <= 1


def test_what_was_forgotten_once_is_gone_for_the_repeat_as_well(desk: Desk, client: Visitor) -> None:
    begun = client.post("/api/v1/rules/backtest", json={"from": 1, "to": 2}).json()["id"]
    for _ in range(2):
        assert client.delete(f"/api/v1/rules/backtest/{begun}", headers=KEY).status_code == 204
    assert client.delete(f"/api/v1/rules/backtest/{begun}").status_code == 404


def test_a_refusal_is_not_kept(desk: Desk, client: Visitor) -> None:
    assert client.post(IMPORT, content="wrong", headers=CSV).status_code == 422
    assert client.post(IMPORT, content="right", headers=CSV).status_code == 200
    desk.backups["k1"] = desk.backups.get("k1")  # type: ignore[assignment]  # another one is at work
    assert client.post("/api/v1/backup", headers=KEY).status_code == 409
    desk.backups.clear()
    assert client.post("/api/v1/backup", headers=KEY).status_code == 202


def test_a_key_is_for_one_thing(desk: Desk, client: Visitor) -> None:
    client.post(IMPORT, content="a", headers=CSV)
    other = client.post(IMPORT, content="b", headers=CSV)
    assert (other.status_code, other.json()["reason"]) == (422, "key_used")
    assert client.post(f"{IMPORT}?dry_run=1", content="b", headers=CSV).status_code == 200
    assert client.post(IMPORT, content="a", headers=CSV | {"Idempotency-Key": "x" * 129}).status_code == 422
    assert desk.imported == [("a", False), ("b", True)]


def test_a_key_is_one_programs_own(desk: Desk) -> None:
    token = "0123456789abcdef"
    app = create_app(desk, WebSettings(host="0.0.0.0", token=token))  # noqa: S104 the case in question
    client = Visitor(app, base_url="http://192.168.1.20:8080")
    shown = {"Authorization": f"Bearer {token}"}
    assert client.post(IMPORT, content="a", headers=CSV | shown).status_code == 200
    assert client.post(IMPORT, content="a", headers=CSV).status_code == 401
    client.post("/api/v1/enter", json={"token": token})  # that makes the browser a device, no program
    assert client.post(IMPORT, content="a", headers=CSV).status_code == 401
    assert len(desk.imported) == 1


def test_signing_in_is_done_each_time_and_its_cookie_kept_nowhere(desk: Desk, client: Visitor) -> None:
    given = {"name": "李敏", "pin": PIN}
    cookies = {client.post("/api/v1/signin", json=given, headers=KEY).headers["set-cookie"] for _ in range(2)}
    assert len(cookies) == 2


def test_the_second_of_two_at_once_waits_for_the_first(desk: Desk) -> None:
    async def story() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(text: str, *, dry_run: bool, over_hand: bool = False) -> Imported:
            desk.imported.append((text, dry_run))
            begun.set()
            await go_on.wait()
            return Imported(ok=True, report={"homes": len(desk.imported)})

        desk.import_registry = slow  # type: ignore[method-assign]
        app = create_app(desk, WebSettings())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client:
            first = asyncio.create_task(client.post(IMPORT, content="a", headers=CSV))
            await begun.wait()
            second = asyncio.create_task(client.post(IMPORT, content="a", headers=CSV))
            other = await client.post("/api/v1/backup", headers=KEY)  # nobody else waits
            assert other.status_code == 202
            go_on.set()
            assert (await first).json() == (await second).json() == {"ok": True, "homes": 1}
        assert len(desk.imported) == 1

    asyncio.run(asyncio.wait_for(story(), 10))


def test_the_second_does_it_where_the_first_has_failed(desk: Desk) -> None:
    async def story() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def failing(text: str, *, dry_run: bool, over_hand: bool = False) -> Imported:
            desk.imported.append((text, dry_run))
            begun.set()
            await go_on.wait()
            if len(desk.imported) == 1:
                raise OSError("the disk")
            return Imported(ok=True, report={})

        desk.import_registry = failing  # type: ignore[method-assign]
        app = create_app(desk, WebSettings())
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            first = asyncio.create_task(client.post(IMPORT, content="a", headers=CSV))
            await begun.wait()
            second = asyncio.create_task(client.post(IMPORT, content="a", headers=CSV))
            go_on.set()
            assert [(await first).status_code, (await second).status_code] == [500, 200]

    asyncio.run(asyncio.wait_for(story(), 10))


def test_answers_are_kept_within_bounds(desk: Desk, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "KEPT_BYTES_MAX", 100)
    for number in range(30):
        client.post(IMPORT, content="a", headers=CSV | {"Idempotency-Key": str(number)})
    client.post(IMPORT, content="a", headers=CSV | {"Idempotency-Key": "29"})
    assert len(desk.imported) == 30
    client.post(IMPORT, content="a", headers=CSV | {"Idempotency-Key": "0"})
    assert len(desk.imported) == 31
    monkeypatch.setattr(once, "KEPT_S", -1.0)
    client.post(IMPORT, content="a", headers=CSV | {"Idempotency-Key": "29"})
    assert len(desk.imported) == 32


def test_a_body_that_breaks_off_or_never_ends_is_not_taken_for_a_whole_one(desk: Desk) -> None:
    async def story() -> None:
        app = create_app(desk, WebSettings())
        for last, status in (({"type": "http.disconnect"}, None), (None, 413)):
            sent: list[dict[str, object]] = []
            parts = iter([{"type": "http.request", "body": b"a", "more_body": True}, last])

            async def receive(parts: object = parts) -> object:
                part = next(parts)  # type: ignore[call-overload]
                return part or {"type": "http.request", "body": b"x" * (33 << 20), "more_body": True}

            async def send(message: dict[str, object], sent: list[dict[str, object]] = sent) -> None:
                sent.append(message)

            headers = [(b"host", b"127.0.0.1"), (b"idempotency-key", b"k"), (b"content-type", b"text/csv")]
            scope = {
                "type": "http",
                "method": "POST",
                "path": IMPORT,
                "query_string": b"",
                "headers": headers,
            }
            await app(scope, receive, send)  # type: ignore[arg-type]
            assert [message.get("status") for message in sent[:1]] == ([status] if status else [])
        assert desk.imported == []

    asyncio.run(story())
