"""An alert in hand, in a real browser: called, passed up, on the way, on site, handed over, closed, opened again; seen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from parts import wait_until
from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect
from sqlalchemy.orm import Session
from web_desk import Desk, served
from web_page import signed_in, signs_in

from gateway.alerts.own import HUB_PLACE
from gateway.duty.plan import Desk as DutyDesk
from gateway.duty.plan import Plan
from gateway.operations.tables import Alert, Outbox
from gateway.operations.visits import visits_of
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

MINUTE_MS = 60_000
FINGER_PX = 44  # what a finger hits


def passes(desk: Desk, minutes: int) -> None:
    desk.becomes(hub_now_ms=desk.state.hub_now_ms + minutes * MINUTE_MS)


def in_hand(desk: Desk, page: Page, rule: str = "fall", place: str = "H0001") -> Locator:
    alert = desk.rings(rule, place)
    desk.acts("accept", alert)
    card = page.locator(f"#a-{alert}")
    expect(card.locator(".attending")).to_be_visible()
    return card


def too_small(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll(".card button, .card a, .card summary, .card label:has(input[type=radio])")]
          .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
          .filter(([, box]) => box.height && (box.height < least || box.width < least)).map(([text]) => text)""",
        FINGER_PX,
    )
    return found


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert too_small(page) == []


def test_the_whole_way_of_a_fall_on_a_phone(desk: Desk, page: Page) -> None:
    card = page.locator(f"#a-{desk.rings()}")
    card.get_by_role("button", name="接警").click()
    expect(card.locator(".attending")).to_be_visible()
    fits(page)
    card.get_by_role("radio", name="联系人").check()
    card.get_by_role("radio", name="长者").check()
    card.get_by_role("button", name="无人接").click()
    expect(card.locator(".news")).to_contain_text("15:03 长者：无人接 不会办结，已上报上一级。")
    passes(desk, 1)
    desk.acts("slip", str(card.get_attribute("data-id")), by="门卫", answer="answered")
    expect(card.locator(".door-said")).to_contain_text("15:04 物业：有人应答")
    card.get_by_role("button", name="已出发").click()
    expect(card.locator(".taken")).to_contain_text("已出发 15:04")
    passes(desk, 8)
    card.get_by_role("button", name="已到达").click()
    expect(card.locator(".taken")).to_contain_text("李敏 15:03 接警 已出发 15:04 已到达 15:12")
    expect(card.get_by_role("button", name="已到达")).to_have_count(0)
    fits(page)
    card.get_by_role("button", name="去办结").click()
    close = card.locator("form.closing")
    close.get_by_role("radio", name="属实").check()
    expect(close.get_by_text("误报原因", exact=True)).to_be_hidden()
    close.get_by_role("button", name="办结：属实").click()
    expect(close.get_by_text("请选处理结果")).to_be_visible()
    close.get_by_role("radio", name="已协助").check()
    expect(close.get_by_text("请选处理结果")).to_be_hidden()
    tick = close.get_by_label("记为探访")
    expect(tick).not_to_be_checked()
    tick.press("Space")
    fits(page)
    close.get_by_role("button", name="办结：属实").click()
    expect(card).to_have_count(0)
    expect(page.locator("#closed")).to_contain_text("属实 已协助")
    done = [(one["kind"], one["data"]) for one in desk.commands if one["kind"] != "see"]
    assert [kind for kind, _ in done] == ["accept", "call", "depart", "arrive", "close"]
    assert done[1][1] == {"whom": "elder", "result": "no_answer", "via": "console"}
    assert done[-1][1]["visit"] == "1"
    assert [one.by for one in visits_of(desk.engine, "H0001")] == ["李敏"]


def test_a_contact_who_says_all_is_well_and_what_was_begun_stays(desk: Desk, page: Page) -> None:
    card = in_hand(desk, page)
    alert = str(card.get_attribute("data-id"))
    page.evaluate(
        "addEventListener('click', (e) => e.target.closest('a') && e.preventDefault())"
    )  # no telephone here
    card.locator('a[href="tel:13900001234"]').click()
    expect(card.get_by_role("radio", name="联系人")).to_be_checked()
    card.locator('form.comment input[name="text"]').fill("女儿在路")
    card.locator(".history summary").click()
    card.get_by_role("button", name="平安").click()
    expect(card.locator(".news")).to_contain_text("15:03 联系人：平安 可以办结了。")
    expect(card.get_by_role("radio", name="联系人")).to_be_checked()
    expect(card.locator(".history")).to_contain_text("已打电话 · 李敏 · 联系人 · 平安")
    comment = card.locator('form.comment input[name="text"]')
    expect(comment).to_have_value("女儿在路")
    comment.fill("女儿在路上")
    card.get_by_role("button", name="记下").click()
    expect(card.locator(".history")).to_contain_text("已备注 · 李敏 · 女儿在路上")
    expect(comment).to_have_value("")
    card.get_by_role("button", name="记下").click()
    expect(card.get_by_text("请先写备注")).to_be_visible()
    card.get_by_role("button", name="去办结").click()
    expect(card.locator('form.closing [value="true"]')).to_be_focused()
    with Session(desk.engine) as session:
        assert session.get_one(Alert, alert).settled_at is not None


def test_it_is_passed_up_by_a_word_or_where_nothing_is_known_and_handed_over(desk: Desk, page: Page) -> None:
    card = in_hand(desk, page)
    card.get_by_role("button", name="上报").click()
    ask = page.locator("#ask")
    ask.get_by_role("button", name="上报").click()
    expect(ask).to_contain_text("请写一句原因")
    ask.get_by_role("radio", name="进不了门").check()
    ask.get_by_role("button", name="上报").click()
    expect(card.locator(".history")).to_contain_text("进不了门")
    close = card.locator("form.closing")
    close.get_by_role("radio", name="无法核实").check()
    expect(close).to_contain_text("无法核实不会办结：会上报上一级。")
    close.get_by_role("button", name="无法核实，上报").click()
    expect(card.locator(".news")).to_contain_text("无法核实 15:03 不会办结，已上报上一级。")
    card.get_by_role("button", name="转交").click()
    expect(ask.get_by_role("radio")).to_have_count(1)  # not to whoever has it
    ask.get_by_role("button", name="转交").click()
    expect(ask).to_contain_text("请点一个名字")
    ask.get_by_role("radio", name="陈国强").check()
    ask.get_by_role("button", name="转交").click()
    expect(card.locator(".taken")).to_contain_text("陈国强 15:03 接警")


def test_a_closed_alert_is_opened_again_for_a_reason_and_says_so(desk: Desk, page: Page) -> None:
    card = in_hand(desk, page, "over_capacity", "F01")
    alert = card.get_attribute("data-id")
    card.get_by_role("radio", name="误报").check()
    card.get_by_role("radio", name="计数不准").check()
    card.get_by_role("button", name="办结：误报").click()
    closed = page.locator(f"#c-{alert}")
    expect(closed).to_contain_text("误报 计数不准")
    closed.get_by_role("button", name="重新打开").click()
    page.locator("#ask").get_by_label("为什么重新打开").fill("又挤满了")
    page.locator("#ask").get_by_role("button", name="重新打开").click()
    expect(card).to_contain_text("重新打开过")
    card.get_by_role("button", name="接警").click()
    expect(card).to_contain_text("重新打开过：又挤满了")


def test_only_what_is_proven_is_called_delivered(desk: Desk, page: Page) -> None:
    alert = desk.stores()
    for channel, state, role in (
        ("值班群", "sent", "desk"), ("短信", "delivered", "family"), ("门卫电话", "failed", "guard"), ("平台", "sent", "desk"),
    ):  # fmt: skip
        with Session(desk.engine) as session, session.begin():
            session.add(
                Outbox(
                    id=channel, alert_id=alert, rung=0, channel=channel, state=state, role=role,
                    about="step" if channel == "平台" else "alert",
                )
            )  # fmt: skip
    desk.changes.publish(alert)
    card = page.locator(f"#a-{alert}")
    expect(card.locator(".tags li")).to_have_text(
        ["物业 · 门卫电话 未送达", "站点 · 值班群 已发出（未证实送达）", "家属 · 短信 已送达"]
    )
    desk.delivers(alert, "邮件", "waiting")
    desk.changes.publish(alert)
    expect(card.locator(".told summary")).to_have_text("已通知 4 处 · 1 处已送达 · 1 处未送达")
    expect(card.get_by_text("邮件")).to_be_hidden()


def test_the_way_in_english_at_a_desk(desk: Desk, browser: Browser, url: str) -> None:
    with browser.new_context(viewport={"width": 1240, "height": 900}, locale="en-GB") as context:
        page = context.new_page()
        page.goto(url + "/")
        signed_in(page)
        card = in_hand(desk, page)
        card.get_by_role("button", name="No answer").click()
        expect(card.locator(".news")).to_contain_text("The resident: No answer Stays open, passed up")
        card.get_by_role("button", name="On site").click()
        card.get_by_role("radio", name="True").check()
        card.get_by_role("radio", name="Taken to hospital").check()
        card.get_by_role("radio", name="In hospital").check()
        fits(page)
        card.get_by_role("button", name="Close: True").click()
        expect(page.locator("#closed")).to_contain_text("Taken to hospital")
        expect(page.locator("#homes")).to_contain_text("In hospital")


def test_an_alert_of_the_hub_itself_has_a_card_and_without_desks_nothing_is_asked(
    desk: Desk, page: Page
) -> None:
    with page.expect_response("**/api/v1/desks"):
        page.reload()
    alert = desk.rings("device_silent", HUB_PLACE, kind="hub")
    expect(page.locator(f"#a-{alert}")).to_contain_text("提示 · 主机")
    expect(page.locator("#which-desk")).to_be_hidden()
    expect(page.locator("#station")).to_be_hidden()


def test_a_board_that_was_read_before_signing_in_signs_nobody_out(desk: Desk, stranger: Page) -> None:
    page = stranger
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/board?*", lambda one: one.continue_() if held else held.append((one, one.fetch())))
    with page.expect_request("**/board?*"):
        alert = desk.rings()
    page.locator("#signin-button").click()
    signs_in(page)
    expect(page.locator("#person-name")).to_have_text("李敏")
    page.evaluate(
        """() => {
          window.names = [];
          const note = () => names.push(document.getElementById("person-name").textContent);
          new MutationObserver(note).observe(document.getElementById("person"), { childList: true, subtree: true });
        }"""
    )
    ((late, answer),) = held
    late.fulfill(response=answer)
    expect(page.locator(f"#a-{alert}")).to_be_visible()
    assert "未登录" not in page.evaluate("names")


def sees(desk: Desk) -> list[str]:
    return [done["alert"] for done in desk.commands if done["kind"] == "see"]


def test_what_a_signed_in_person_has_before_them_is_noted_as_seen_once(
    desk: Desk, browser: Browser, url: str
) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN") as context:
        page = context.new_page()
        page.add_init_script(
            "Object.defineProperty(document, 'hidden', { get: () => window.away ?? false });"
        )
        page.goto(url + "/")
        first = desk.rings()
        expect(page.locator(".card.veiled")).to_be_visible()
        assert sees(desk) == []  # nobody is signed in
        signed_in(page)
        wait_until(lambda: sees(desk) == [first], what="the first is seen")
        page.evaluate("window.away = true")
        second = desk.rings("fall", "H0003")
        expect(page.locator(f"#a-{second}")).to_have_count(1)
        desk.escalates(first, MINUTE_MS)
        expect(page.locator(f"#a-{first}")).to_contain_text("已上报")
        assert sees(desk) == [first]
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
        page.locator(f"#a-{second} .who").scroll_into_view_if_needed()
        wait_until(lambda: sees(desk) == [first, second], what="the second is seen")


STATION = DutyDesk(id="lianhua", name="莲花站", serves="care", console=True)
CENTRE = DutyDesk(id="centre", name="街道中心", serves="care", console=True)
KEEPER = DutyDesk(id="keeper", name="运维", serves="maintenance")


@pytest.fixture
def planned(
    request: pytest.FixtureRequest, tmp_path: Path, settled: Path
) -> Iterator[tuple[Desk, str, WebSettings]]:
    """A hub with a duty plan of these desks, served."""
    shutil.copy(settled, tmp_path / "operations.db")
    desk = Desk(tmp_path, Plan(desks=request.param))
    settings: WebSettings = request.getfixturevalue("settings")
    with served(create_app(desk, settings), desk) as url:
        yield desk, url, settings


@pytest.mark.parametrize("planned", [(STATION, KEEPER)], indirect=True)
def test_the_only_desk_beats_as_soon_as_it_can_be_heard(
    planned: tuple[Desk, str, WebSettings], browser: Browser
) -> None:
    desk, url, _ = planned
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(url + "/")
        expect(page.locator("#station")).to_have_text("本机：莲花站")
        assert desk.beats == []
        page.locator("#deaf").click()
        wait_until(lambda: desk.beats == ["lianhua"], what="the first beat")


@pytest.mark.parametrize("planned", [(STATION, KEEPER)], indirect=True)
def test_whoever_comes_on_duty_takes_the_desk_over_with_a_tap(
    planned: tuple[Desk, str, WebSettings], browser: Browser
) -> None:
    desk, url, _ = planned
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(url + "/")
        expect(page.locator("#station")).to_have_text("本机：莲花站")
        expect(page.locator("#take-over")).to_be_hidden()
        signed_in(page)
        page.locator("#take-over").click()
        expect(page.locator("#toast")).to_have_text("李敏 已接班：莲花站")
        expect(page.locator("#take-over")).to_be_hidden()
        assert desk.desks().desks[0].taken_over_by == "李敏"


@pytest.mark.parametrize("planned", [(STATION, CENTRE)], indirect=True)
def test_a_device_is_asked_once_at_which_desk_it_is_and_a_deaf_one_is_shown(
    planned: tuple[Desk, str, WebSettings], browser: Browser
) -> None:
    desk, url, _ = planned
    desk.acts("deaf", desk="centre", why="no_console")
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(url + "/")
        expect(page.locator("#desk-deaf")).to_contain_text("值班点听不到警情：街道中心")
        page.locator("#deaf").click()
        page.locator("#which-desk").click()
        page.locator("#desks").get_by_role("button", name="莲花站").click()
        wait_until(lambda: desk.beats == ["lianhua"], what="the first beat")
        page.reload()
        expect(page.locator("#station")).to_have_text("本机：莲花站")
        expect(page.locator("#which-desk")).to_be_hidden()
        page.locator("#station").click()
        page.locator("#desks").get_by_role("button", name="本机不是值班点").click()
        expect(page.locator("#station")).to_have_text("本机不是值班点")


@pytest.mark.parametrize(
    "planned",
    [
        (
            structs.replace(STATION, at="福田区/莲花街道/莲花社区"),
            structs.replace(CENTRE, at="福田区/景田街道"),
        )
    ],
    indirect=True,
)
def test_a_device_where_nobody_is_signed_in_rings_for_its_own_desk(
    planned: tuple[Desk, str, WebSettings], browser: Browser
) -> None:
    desk, url, _ = planned
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(url + "/")
        page.locator("#deaf").click()
        page.locator("#which-desk").click()
        page.locator("#desks").get_by_role("button", name="街道中心").click()
        page.reload()
        expect(page.locator("#station")).to_have_text("本机：街道中心")
        with page.expect_response("**/board?*"):
            desk.rings()  # at 莲花
        expect(page.locator("#count")).to_have_text("0")
        page.locator("#station").click()
        page.locator("#desks").get_by_role("button", name="莲花站").click()
        page.reload()
        expect(page.locator(".card.veiled")).to_have_count(1)


def test_a_merged_alert_names_the_one_it_is_part_of(desk: Desk, page: Page) -> None:
    lead, part = desk.rings(), desk.rings("no_activity")
    desk.acts("merge", part, into=lead)
    desk.acts("accept", lead)
    expect(page.locator(f"#c-{part}")).to_contain_text("并入警情 0001")
    expect(page.locator(f"#a-{lead}")).to_contain_text("警情 0002 已并入这一条")
