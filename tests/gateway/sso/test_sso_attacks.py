"""What does not let anybody in by single sign-on: forged answers, foreign pages, providers that are not the one."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from parts import free_port
from sso_provider import SECRET, Running, settings
from web_desk import NOW, Desk, Visitor

from gateway.accounts.identity import SignOnError, Ticket
from gateway.audit.trail import Asked
from gateway.web.app import create_app
from gateway.web.settings import WebSettings
from gateway.web.sign_on import SignOnHere


def begun(desk: Desk, provider: Running) -> tuple[Visitor, dict[str, str]]:
    visitor = Visitor(create_app(desk, settings(provider), wall_ms=lambda: NOW))
    answer = visitor.get("/sso/begin")
    assert answer.status_code == 303
    return visitor, {
        key: value[0] for key, value in parse_qs(urlsplit(answer.headers["location"]).query).items()
    }


def test_what_is_sent_to_the_provider_is_bound_to_this_browser_and_this_question(
    provider: Running, desk: Desk
) -> None:
    _, asked = begun(desk, provider)
    assert asked["redirect_uri"] == f"http://127.0.0.1:{provider.hub_port}/sso/back"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert SECRET not in str(asked)


@pytest.mark.parametrize(
    ("query", "cookie"),
    [
        ({"code": "x", "state": "another"}, True),  # a forged answer
        ({"code": "x"}, True),
        ({"code": "x", "state": "STATE"}, False),  # somebody else's link, opened here (login CSRF)
        ({"error": "access_denied", "state": "STATE"}, True),
        (
            {"code": "x", "state": "STATE", "iss": "https://evil.example"},
            True,
        ),  # mixed up with another provider
        ({"code": "made up", "state": "STATE"}, True),
    ],
)
def test_a_forged_or_foreign_answer_lets_nobody_in(
    provider: Running, desk: Desk, query: dict[str, str], *, cookie: bool
) -> None:
    visitor, asked = begun(desk, provider)
    if not cookie:
        visitor.cookies.clear()
    given = {name: value.replace("STATE", asked["state"]) for name, value in query.items()}
    answer = visitor.get("/sso/back", params=given)
    assert answer.status_code in {400, 403}
    assert "carehub_person" not in str(answer.headers)
    assert [one.entry.what for one in desk.trail.read(Asked())] == []
    assert (
        visitor.get("/sso/back", params={"code": "x", "state": asked["state"]}).status_code == 400
    )  # taken once


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil"]
)
def test_one_is_sent_on_to_no_page_but_ours(provider: Running, desk: Desk, onward: str) -> None:
    app = create_app(desk, settings(provider), wall_ms=lambda: NOW)
    visitor = Visitor(app)
    visitor.get("/sso/begin", params={"next": onward})
    (kept,) = app.state.context.tickets._begun.values()
    assert kept.onward == "/"


def test_a_provider_that_is_away_or_calls_itself_otherwise_is_said_and_breaks_nothing(
    provider: Running, desk: Desk
) -> None:
    away = SignOnHere(provider=provider.sign_on(issuer=f"http://127.0.0.1:{free_port()}"), name="x")
    visitor = Visitor(create_app(desk, WebSettings(sso=away), wall_ms=lambda: NOW))
    answer = visitor.get("/sso/begin?lang=zh")
    assert answer.status_code == 503
    assert "单点登录暂时不可用" in answer.text
    with pytest.raises(SignOnError, match="calls itself"):
        asyncio.run(
            provider.sign_on(issuer=provider.issuer.replace("127.0.0.1", "localhost")).begin(
                "http://127.0.0.1/"
            )
        )


def test_without_a_provider_there_is_no_such_page(desk: Desk) -> None:
    visitor = Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))
    assert visitor.get("/sso/begin").status_code == 404
    assert "/sso/" not in visitor.get("/signin").text


def test_the_wrong_secret_gets_no_token(provider: Running) -> None:
    async def story() -> None:
        sign_on = provider.sign_on(secret="wrong")
        _, ticket = await sign_on.begin(f"http://127.0.0.1:{provider.hub_port}/sso/back")
        with pytest.raises(SignOnError):
            await sign_on.finish({"state": ticket.state, "code": "x"}, ticket, "http://127.0.0.1/sso/back")
        with pytest.raises(SignOnError, match="another question"):
            await sign_on.finish(
                {"state": "é", "code": "x"}, Ticket("a", "b", "c"), "http://127.0.0.1/sso/back"
            )

    asyncio.run(story())
    assert httpx.get(f"{provider.issuer}/.well-known/openid-configuration").status_code == 200
