"""The page in a real browser: an alert comes, is heard, accepted and closed; the connection is cut and comes back."""

from __future__ import annotations

import time
from dataclasses import replace

from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session
from web_desk import NOW, Desk, served
from web_page import signs_in

from gateway.operations.tables import Alert
from gateway.web.app import create_app
from gateway.web.port import Unrecorded
from gateway.web.settings import WebSettings


def test_a_desk_where_nobody_is_signed_in_rings_and_tells_nobody_of_whom(desk: Desk, stranger: Page) -> None:
    page = stranger
    page.locator("#deaf").click()
    began = time.monotonic()
    alert = desk.rings()
    card = page.locator(".card.veiled")
    card.wait_for(timeout=1_000)
    assert time.monotonic() - began < 1
    expect(card).to_contain_text("疑似跌倒")
    expect(page.locator("body")).to_have_attribute("data-sounding", "life")
    expect(page).to_have_title("(1) Carehub 值班台")
    page.evaluate("document.querySelector('.demo').remove()")  # whose people are nobody
    shown = page.evaluate("document.body.outerHTML.replace(/<script[^]*?<.script>/g, '')")
    for word in ("王女士", "3栋1201", "莲花二村", alert, "H0001"):
        assert word not in shown, word
    card.get_by_role("button", name="登录后查看并接警").click()
    expect(page.locator("#signin-then")).to_have_text("登录后立即接警：疑似跌倒")
    signs_in(page)
    expect(page.locator(f"#a-{alert}")).to_contain_text("李敏 15:03 接警")
    expect(page.locator(f"#a-{alert}")).to_contain_text("王女士")


def test_from_raised_to_closed_without_reloading(desk: Desk, page: Page) -> None:
    page.evaluate("window.untouched = true")
    expect(page.locator("#calm")).to_be_visible()
    began = time.monotonic()
    alert = desk.rings()
    card = page.locator(f"#a-{alert}")
    card.wait_for(timeout=1_000)
    assert time.monotonic() - began < 1
    expect(card).to_contain_text("王女士")
    expect(card).to_contain_text("莲花二村 3栋1201 卫生间")
    expect(page.locator("#spoken")).to_have_text("新警情：疑似跌倒，王女士，莲花二村 3栋1201 卫生间")
    expect(page).to_have_title("(1) Carehub 值班台")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    card.get_by_role("button", name="接警").click()
    expect(card).to_contain_text("李敏 15:03 接警")
    expect(card).to_contain_text("2580#")
    expect(card.locator('a[href="tel:13900001234"]')).to_be_visible()

    close = card.locator("form.closing")
    close.get_by_role("button", name="办结").click()
    expect(close).to_contain_text("请先选核实结果")
    expect(close.get_by_role("radio", name="已协助")).to_have_count(0)  # only what belongs to the verdict
    close.get_by_role("radio", name="误报").check()
    close.get_by_role("button", name="办结：误报").click()
    expect(close.get_by_text("请选误报原因")).to_be_visible()
    close.get_by_role("radio", name="坐下或躺下").check()
    close.get_by_role("radio", name="有访客 12 小时").check()
    expect(close.get_by_text("请选误报原因")).to_be_hidden()
    close.locator("textarea").fill("坐下时动作太快")
    desk.delivers(alert, "值班群", "delivered")
    desk.changes.publish(alert)
    expect(card).to_contain_text(
        "站点 · 值班群 已送达"
    )  # the card was renewed: what was chosen is still there
    expect(close.locator("textarea")).to_have_value("坐下时动作太快")
    expect(close.get_by_role("radio", name="坐下或躺下")).to_be_checked()
    close.get_by_role("button", name="办结：误报").click()
    expect(card).to_have_count(0)
    expect(page.locator("#closed")).to_contain_text("误报")
    expect(page.locator("#closed")).to_contain_text("坐下或躺下")
    expect(page.locator("#closed")).to_contain_text("坐下时动作太快")
    expect(page.locator("#homes")).to_contain_text("王女士 有访客")
    expect(page).to_have_title("Carehub 值班台")
    with Session(desk.engine) as session:
        row = session.get_one(Alert, alert)
        closed = (row.state, row.closed_by, row.verdict, row.reason)
        assert closed == ("closed", "李敏", "false", "sat_down")
    assert page.evaluate("window.untouched")


def test_the_red_bar_stays_until_a_tap_proves_the_sound_and_then_the_alert_rings(
    desk: Desk, page: Page
) -> None:
    page.evaluate(
        """() => {
          window.loops = [];
          const start = AudioBufferSourceNode.prototype.start;
          AudioBufferSourceNode.prototype.start = function (...given) {
            if (this.loop) loops.push(this);
            return start.apply(this, given);
          };
          const stop = AudioBufferSourceNode.prototype.stop;
          AudioBufferSourceNode.prototype.stop = function (...given) {
            loops = loops.filter((one) => one !== this);
            return stop.apply(this, given);
          };
        }"""
    )
    expect(page.locator("#deaf")).to_be_visible()
    page.locator("#deaf").click()
    expect(page.locator("#deaf")).to_be_hidden()
    expect(page.locator("#heard")).to_contain_text("声音已开")
    desk.rings("over_capacity", "F01")
    expect(page.locator(".card")).to_have_count(1)
    assert page.evaluate("loops.length") == 0  # one soft chime, nothing that goes on
    desk.rings()
    expect(page.locator("body")).to_have_attribute("data-sounding", "life")
    assert page.evaluate("loops.length") == 1
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#heard")).to_contain_text("声音在另一页")
    page.locator(".card.critical [data-act=accept]").click()
    expect(page.locator("body")).to_have_attribute("data-sounding", "")
    assert page.evaluate("loops.length") == 0


def test_two_tabs_share_one_stream_and_the_second_goes_on_when_the_first_closes(
    desk: Desk, page: Page
) -> None:
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.locator("#clock")).to_have_text("15:03:00")
    desk.rings()
    for tab in (page, second):
        expect(tab.locator(".card")).to_have_count(1)
    assert desk.changes.readers == 1
    page.close()
    desk.rings(place="H0003")
    expect(second.locator(".card")).to_have_count(2)


def test_two_stations_accept_at_once_and_the_later_is_told_who_was_first(
    desk: Desk, stranger: Page, browser: Browser
) -> None:
    page = stranger
    alert = desk.rings()
    with browser.new_context(locale="zh-CN") as elsewhere:
        other = elsewhere.new_page()
        other.goto(page.url)
        other.locator("[data-act=accept_veiled]").click()
        page.locator("#signin-button").click()
        signs_in(page)
        accept = page.locator("[data-act=accept]")
        expect(accept).to_be_visible()
        page.route("**/board?*", lambda one: one.abort())  # it does not learn that somebody was first
        signs_in(other, "陈国强", "8024")
        expect(other.locator(f"#a-{alert}")).to_contain_text("陈国强 15:03 接警")
        accept.click()
        expect(page.locator("#toast")).to_have_text("陈国强 已在 15:03 接警")
        page.unroute("**/board?*")
        expect(page.locator(f"#a-{alert}")).to_contain_text("陈国强 15:03 接警")


def test_a_cut_connection_is_shown_and_what_came_meanwhile_is_caught_up(
    desk: Desk, browser: Browser, settings: WebSettings
) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        with served(create_app(desk, settings), desk) as url:
            page.goto(url + "/")
            expect(page.locator("#clock")).to_have_text("15:03:00")
        expect(page.locator("#lost")).to_be_visible(timeout=8_000)
        desk.stores()
        again = Desk(desk.folder)  # the same data in a new run of the hub
        again.becomes(hub_now_ms=NOW + 60_000)
        with served(create_app(again, replace(settings)), again):
            expect(page.locator("#lost")).to_be_hidden(timeout=8_000)
            expect(page.locator(".card")).to_have_count(1)
            page.close()


def test_an_alert_is_put_off_and_brought_back(desk: Desk, page: Page) -> None:
    alert = desk.rings("no_activity", kind="care")
    card = page.locator(f"#a-{alert}")
    card.get_by_role("button", name="暂缓提醒").click()
    dialog = page.locator("#shelf")
    expect(dialog).to_contain_text("久未活动 王女士")
    dialog.get_by_role("button", name="暂缓提醒").click()
    expect(dialog).to_be_visible()  # a reason is asked for
    dialog.get_by_role("radio", name="家属在场").check()
    dialog.get_by_role("radio", name="4 小时").check()
    dialog.get_by_role("button", name="暂缓提醒").click()
    expect(dialog).to_be_hidden()
    expect(card).to_contain_text("李敏 暂缓提醒至 19:03：家属在场")
    card.get_by_role("button", name="恢复提醒").click()
    expect(card).not_to_contain_text("家属在场")
    assert [done["kind"] for done in desk.commands if done["kind"] != "see"] == ["shelve", "unshelve"]


def test_all_of_a_kind_in_a_home_is_silenced_from_its_alert(desk: Desk, page: Page) -> None:
    alert = desk.rings("no_activity", kind="care")
    page.locator(f"#a-{alert}").get_by_role("button", name="暂缓提醒").click()
    dialog = page.locator("#shelf")
    dialog.get_by_role("radio", name="这里的这一类").check()
    dialog.get_by_label("其他原因").fill("装修")
    dialog.get_by_role("button", name="暂缓提醒").click()
    expect(page.locator("#toast")).to_have_text("已暂缓提醒：久未活动，王女士")
    (asked,) = [done["data"] for done in desk.commands if done["kind"] == "silence"]
    assert (asked["rule"], asked["reason"]) == ("no_activity", "装修")


def test_a_home_is_put_into_a_mode_and_the_desk_shows_it(desk: Desk, page: Page) -> None:
    expect(page.locator("#homes")).to_contain_text("现在没有")
    with page.context.new_page() as home:
        home.goto(page.url + "places/H0001")
        home.get_by_role("radio", name="外出").check()
        button = home.get_by_role("button", name="设为外出，至 11-30 15:03")
        home.get_by_role("radio", name="3 天").check()
        expect(button).to_have_count(0)
        home.get_by_role("button", name="设为外出，至 11-26 15:03").click()
        expect(home.locator(".mode-now")).to_have_text("外出 至 11-26 15:03")
        assert home.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.locator("#homes")).to_contain_text("王女士 外出 至 11-26 15:03")
        home.get_by_role("button", name="现在结束").click()
        expect(home.locator("#mode")).to_contain_text("正常")
    expect(page.locator("#homes")).to_contain_text("现在没有")


def test_a_scenario_of_the_demo_is_ticked_when_its_alert_is_seen(desk: Desk, page: Page) -> None:
    row = page.locator('li[data-scenario="fall_unattended"]')
    row.get_by_role("button").click()
    expect(row).to_contain_text("已开始")
    alert = desk.rings(place="H0002")
    expect(page.locator(f"#a-{alert}")).to_be_visible()
    expect(row).to_contain_text("已开始")
    desk.escalates(alert, 60_000)
    expect(row).to_contain_text("✓ 已看到")
    expect(page.locator(f"#a-{alert}")).to_contain_text("1 分 0 秒内无人接警，已上报")
    desk.becomes(speed=60.0)
    expect(page.locator("#sim")).to_have_text("×60 模拟时间 · 升级暂停")
    expect(row.get_by_role("button")).to_be_disabled()
    assert desk.played == ["fall_unattended"]


def test_what_cannot_be_recorded_is_seen_at_once_and_goes_when_it_is(desk: Desk, page: Page) -> None:
    expect(page.locator("#unrecorded")).to_be_hidden()
    told = Unrecorded(id="a1", text={"zh": "紧急：疑似跌倒（未存档）。莲花社区3栋，王女士", "en": "Critical"})
    desk.becomes(unrecorded=(told,), ready=False, reasons=("cannot write: disk full",))
    expect(page.locator("#unrecorded")).to_contain_text("未存档")
    expect(page.locator("#unrecorded")).to_contain_text("王女士")
    expect(page.locator("#fault")).to_contain_text("disk full")
    desk.becomes(unrecorded=(), ready=True, reasons=())
    expect(page.locator("#unrecorded")).to_be_hidden()
