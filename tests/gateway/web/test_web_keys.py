"""The desk by its keys, and what else a card's buttons do: ask somebody, merge two alerts of one home."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, Desk

from gateway.operations.tables import Alert


def test_keys_go_from_card_to_card_and_accept_and_are_silent_while_somebody_writes(
    desk: Desk, page: Page
) -> None:
    second = desk.rings("fall", raised_at=NOW - 9_000)
    first = desk.rings("fall", "H0002", raised_at=NOW - 1_000)
    expect(page.locator("#open article")).to_have_count(2)
    keys = page.keyboard
    for key, focused in (
        ("2", second),
        ("k", first),
        ("k", first),
        ("j", second),
        ("1", first),
        ("9", first),
    ):
        keys.press(key)
        expect(page.locator(f"#a-{focused}")).to_be_focused()
    keys.press("?")
    expect(page.locator("#keys")).to_contain_text("下一张 / 上一张")
    keys.press("j")  # a dialog is open
    page.locator("#keys button").click()
    page.locator(f"#a-{first}").focus()
    keys.press("a")
    expect(page.locator(f"#a-{first} .taken")).to_contain_text("李敏")
    page.locator(f"#a-{first} [name=text]").click()
    keys.type("a2jk?")
    expect(page.locator(f"#a-{first} [name=text]")).to_have_value("a2jk?")
    expect(page.locator(f"#a-{second} .accept")).to_be_visible()
    page.locator(f"#a-{second}").focus()
    keys.press("Enter")
    expect(page.locator(f"#a-{second} .taken")).to_contain_text("李敏")
    assert [act["alert"] for act in desk.commands if act["kind"] == "accept"] == [first, second]


def test_an_alert_is_given_to_somebody_and_two_of_one_home_become_one(desk: Desk, page: Page) -> None:
    quiet = desk.rings("no_activity")
    card = page.locator(f"#a-{quiet}")
    expect(card.get_by_role("button", name="并入")).to_have_count(0)  # nothing to merge it into
    card.get_by_role("button", name="指派").click()
    page.locator("#ask-do").click()
    expect(page.get_by_text("请点一个名字")).to_be_visible()
    page.locator("#ask").get_by_label("陈国强").check()
    page.locator("#ask-do").click()
    expect(card).to_contain_text("已指派给 陈国强")
    other = desk.rings("fall", "H0002")
    expect(page.locator(f"#a-{other}")).to_be_visible()
    expect(card.get_by_role("button", name="并入")).to_have_count(0)  # that is another home
    fall = desk.rings("fall")
    expect(page.locator(f"#a-{fall}")).to_be_visible()
    card.get_by_role("button", name="并入").click()
    page.locator("#ask-do").click()
    expect(page.get_by_text("请点一条警情")).to_be_visible()
    page.locator("#ask-merge").get_by_label("警情 0003 疑似跌倒").check()
    page.locator("#ask-do").click()
    expect(card).to_have_count(0)
    with Session(desk.engine) as session:
        merged = session.get_one(Alert, quiet)
        assert (merged.assigned_to, merged.verdict, merged.merged_into) == ("陈国强", "merged", fall)
