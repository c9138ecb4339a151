"""Single sign-on with a real provider, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from parts import wait_until
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sso_provider import RULES, Running, settings
from web_desk import CHEAP, Desk, served

from gateway.accounts.who import Grant
from gateway.operations.people import People
from gateway.web.app import create_app


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


def signs_on(page: Page, url: str, name: str) -> None:
    page.goto(url + "/signin?next=/places")
    page.get_by_role("link", name="单点登录：社区统一登录").click()
    page.fill('[name="login"]', name)
    page.fill('[name="password"]', "any will do there")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()  # consent


def test_who_is_known_comes_in_by_single_sign_on_with_the_roles_given_here(
    provider: Running, desk: Desk, browser: Browser
) -> None:
    known = f"{provider.issuer} e1042"
    People(desk.engine, CHEAP).add("周敏", subject=known, grants=[Grant("duty", "福田区/莲花街道")])
    with (
        served(create_app(desk, settings(provider)), desk) as url,
        browser.new_context(locale="zh-CN") as context,
    ):
        page = context.new_page()
        signs_on(page, url, "e1042")
        expect(page.locator("#person-name")).to_have_text("周敏")
        assert urlsplit(page.url).path == "/places"
        assert {cookie["sameSite"] for cookie in context.cookies(url) if "person" in cookie["name"]} == {
            "Strict"
        }
        assert not [cookie for cookie in context.cookies(url) if "sso" in cookie["name"]]
        page.goto(url + "/account")
        expect(page.locator("main")).to_contain_text("福田区/莲花街道")
        expect(page.locator("main")).to_contain_text("单点登录")


def test_who_is_not_known_is_told_whom_to_ask_and_comes_in_nowhere(
    provider: Running, desk: Desk, browser: Browser
) -> None:
    with (
        served(create_app(desk, settings(provider)), desk) as url,
        browser.new_context(locale="zh-CN") as context,
    ):
        page = context.new_page()
        signs_on(page, url, "stranger")
        expect(page.locator("main")).to_contain_text("还没有开通")
        expect(page.locator("main")).to_contain_text(f"{provider.issuer} stranger")
        assert not [cookie for cookie in context.cookies(url) if "person" in cookie["name"]]


def test_the_providers_word_gives_and_takes_roles(provider: Running, desk: Desk, browser: Browser) -> None:
    people = People(desk.engine, CHEAP)
    subject = f"{provider.issuer} 赵主任+duty+it"
    with served(create_app(desk, settings(provider, RULES)), desk) as url:
        with browser.new_context(locale="zh-CN") as context:
            signs_on(context.new_page(), url, "赵主任+duty+it")
            wait_until(lambda: people.of_subject(subject), what="the account is made")
        with browser.new_context(locale="zh-CN") as context:
            page = context.new_page()
            signs_on(page, url, "无名+guests")
            expect(page.locator("main")).to_contain_text("还没有开通")
    found = people.of_subject(subject)
    assert found is not None
    assert (found.name, set(found.grants)) == ("赵主任", {Grant("duty", "福田区"), Grant("admin")})
    assert people.of_subject(f"{provider.issuer} 无名+guests") is None
