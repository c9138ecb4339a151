"""Hostile words wherever people and devices write some, and hostile addresses to be sent on to, looked at in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import quote, urlsplit

import openpyxl
import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page
from sqlalchemy import update
from sqlalchemy.orm import Session
from test_web_roles import ASKED
from web_attacks import cookie_of, settled
from web_desk import CHEAP, NOW, Desk, free_port, served

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant
from gateway.audit.chain import Entry
from gateway.operations import tables
from gateway.operations.people import People
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

HOST = "http://evil.invalid"
# Out of an attribute of either kind, out of a script, into an element that would ask for something, a template, a scheme.
WORDS = (
    f"\"'></script></title></textarea><xss-mark onclick=alert(1)></xss-mark><img src={HOST}/xss onerror=alert(1)>"
    "<svg/onload=alert(1)>{{7*'7'}}{0}{name}%s\u202egnp.exe"
)
SHORT = "'\"><xss-mark>{{7*'7'}}"  # what fits a name
LINK = "javascript:alert(1)//\"'><xss-mark>"
PASSWORD = "春眠不觉晓处处闻啼鸟"
LOOK = """() => ({
  marks: document.querySelectorAll("xss-mark, img[src*=xss], svg[onload], iframe, object, embed, base").length,
  scripts: [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes])
    .filter(({ name, value }) => name.startsWith("on") || /^\\s*(javascript|data|vbscript):/i.test(value))
    .map(({ name }) => name),
  text: document.documentElement.innerText + document.title,
})"""


def _in_reports(desk: Desk, session: Session) -> None:
    """Words in what is handed in: notes, sources, names of files, channels, the cells of a form."""
    book = openpyxl.Workbook()
    book.active.title = "'\"><xss-mark>"  # as much as a sheet's name may hold
    book.active["A1"] = WORDS
    out = BytesIO()
    book.save(out)
    session.execute(
        update(tables.FiledReport).values(subject=WORDS, files={WORDS: "0" * 64}, period="2025-10")
    )
    session.add(
        tables.ReportSignature(report_id="r1", step="made", at=NOW, by=WORDS, by_id=9, files={}, note=WORDS)
    )
    session.execute(
        update(tables.ReportSchedule).values(subject=WORDS, channel=WORDS, person=WORDS, by=WORDS)
    )
    session.add(
        tables.ReportRun(
            schedule_id="c1", period="2025-09", at=NOW, report_id="", tries=1, error=WORDS, noted=""
        )
    )
    file = desk.report_files.put(out.getvalue())
    cell = f"{book.active.title}!A2"
    values = {"name": WORDS, "subject": WORDS, "by": WORDS, "file": file, "mapping": {cell: WORDS}}
    session.execute(update(tables.ReportForm).values(values))
    session.add(
        tables.DenominatorEntry(
            indicator="streets", at="", value=3, source=WORDS, as_of="2025-01-01", by=WORDS, set_at=NOW
        )
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """A hub in which every word is an attack; 一 has every role."""
    desk, names = settled(tmp_path_factory.mktemp("hostile"))
    two = {"zh": WORDS, "en": WORDS}
    with Session(desk.engine) as session, session.begin():
        for column in ("name", "address", "access_note"):
            session.execute(update(tables.Place).values({column: WORDS}))
        session.execute(update(tables.Contact).values(name=WORDS, phone=LINK))
        session.execute(update(tables.Device).values(room=WORDS, kind=WORDS))
        session.execute(
            update(tables.Alert).values(title=two, why=two, todo={"zh": [WORDS], "en": [WORDS]}, room=WORDS)
        )
        session.execute(update(tables.HomeMode).values(reason=WORDS, by=WORDS))
        session.execute(update(tables.Silence).values(reason=WORDS, by=WORDS))
        session.execute(update(tables.Consent).values(note=WORDS, by=WORDS))
        session.execute(update(tables.Operator).values(name=WORDS, room=WORDS, made_by=WORDS))
        session.execute(update(tables.RuleChange).values(reason=WORDS, by=WORDS, title=two))
        session.execute(update(tables.Visit).values(note=WORDS, by=WORDS))
        _in_reports(desk, session)
        there = tables.Place.id.in_(("N0001", "NF01"))
        session.execute(update(tables.Place).where(there).values(path=f"南山区/粤海街道/{SHORT}/海月花园"))
        session.add(tables.FacilitySetting(place_id="F01", public=True, set_at=NOW, set_by=WORDS))
        session.add(tables.Consent(id="c2", place_id="H0001", scope="guard", since=NOW, by=WORDS, note=WORDS))
        session.add(
            tables.CardSteps(rule="fall", path="", steps={"zh": [WORDS], "en": [WORDS]}, by=WORDS, at=NOW)
        )
        session.add(tables.DeskState(desk="lianhua", handed_over_at=NOW, handed_over_by=WORDS, note=WORDS))
        session.add(
            tables.Look(
                place_id="H0001", staff_id=1, by=WORDS, at=NOW, until=NOW + 9, reason=WORDS, alert_id=""
            )
        )
        session.add(tables.CountCorrection(id="k1", place_id="F01", at=NOW, by=WORDS, people=1, before=None))
    people = People(desk.engine, CHEAP)
    everything = people.add("一", "8055", password=PASSWORD, grants=[Grant(role) for role in ROLES])
    people.add(SHORT, "8056", subject=WORDS, grants=[Grant("duty")])
    people.sign_in(everything, NOW, device=WORDS)
    desk.holds(title=two, why=two, room=WORDS, evidence={"text": WORDS})
    desk.acts("accept", names["alert_id"], SHORT)
    desk.acts("comment", names["alert_id"], WORDS, text=WORDS)
    desk.acts("call", names["alert_id"], WORDS, whom="elder", result="ok", note=WORDS)
    desk.trail.write(
        Entry(
            at=NOW, who=SHORT, who_id=1, kind="person", what=WORDS, method="GET", place=SHORT, subject=WORDS, path="",
            status=200, reason=WORDS, via=WORDS,
        )
    )  # fmt: skip
    desk.acts("accept", names["there"], SHORT)
    desk.acts("close", names["there"], WORDS, verdict="true", outcome="assisted", note=WORDS)
    app = create_app(desk, WebSettings(port=free_port()), wall_ms=lambda: NOW)
    app.state.context.people._hasher = CHEAP
    with served(app, desk) as url:
        yield desk, url


@pytest.fixture
def page(browser: Browser, hostile: tuple[Desk, str]) -> Iterator[Page]:
    """A browser in which 一 is signed in. Whatever is asked of another host, or opens a dialog, fails the test."""
    desk, url = hostile
    wrong: list[str] = []
    with browser.new_context(locale="zh-CN") as context:
        context.add_cookies(
            [{"name": f"carehub_person_{urlsplit(url).port}", "value": cookie_of(desk, "一"), "url": url}]
        )
        context.route(lambda asked: not asked.startswith(url), lambda route: route.abort())
        opened = context.new_page()
        opened.on(
            "request",
            lambda asked: None if asked.url.startswith((url, "data:,")) else wrong.append(asked.url),
        )
        opened.on(
            "request",
            lambda asked: (
                wrong.append(asked.url) if asked.resource_type == "image" and "xss" in asked.url else None
            ),
        )
        opened.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        yield opened
    assert wrong == []


def pages() -> list[str]:
    """Every page there is, and what reflects what it was asked."""
    known = {
        "alert_id": "fall-H0001-1",
        "rule_id": "fall",
        "sheet": "duty",
        "report_id": "r1",
        "form_id": "o1",
    }
    found = []
    for method, route in ASKED:
        if method != "GET" or not isinstance(route, APIRoute) or route.include_in_schema:
            continue
        if (
            route.path
            in {
                "/openapi.json",
                "/board",
                "/icon.svg",
                "/sso/begin",
                "/sso/back",
                "/calls/count",
                "/enter",
                "/install/ledger.csv",
            }
            or "/a/" in route.path
        ):
            continue
        places = (
            ["F01"]
            if route.path.startswith(("/facilities", "/p/"))
            else ["H0001", "F01"]
            if route.name == "show_place"
            else ["H0001"]
        )
        for place in places:
            names = known | {"place_id": place, "link": quote(WORDS, safe=""), "token": quote(WORDS, safe="")}
            found.append(re.sub(r"{(\w+)}", lambda name, names=names: names[name[1]], route.path))  # type: ignore[misc]
    said = quote(WORDS)
    found += [
        f"/places?q={said[:60]}",
        f"/audit?q={quote(SHORT)}&place={quote(SHORT)}",
        f"/signin?next={said}&accept={said[:120]}",
    ]
    found += [
        f"/steps/fall?at={said[:200]}",
        f"/rules?place={quote(SHORT)}",
        f"/rules/fall?place={quote(SHORT)}",
    ]
    found += [
        "/places?q=xss",
        f"/p/{said}",
        f"/{said}",
        f"/places/{quote(SHORT, safe='')}",
        "/rules/fall?place=H0001",
        "/steps/fall?at=",
    ]
    return found


def test_no_word_that_somebody_wrote_is_more_than_words(hostile: tuple[Desk, str], page: Page) -> None:
    """Names, notes, reasons, steps, titles, what a browser calls itself: on each page, in its scripts too."""
    desk, url = hostile
    links = [
        desk.links.path_of("accept", "fall-H0001-1"),
        desk.links.path_of("slip", "fall-H0001-1", "lianhua"),
    ]
    shown: set[str] = set()
    for path in [*pages(), *links]:
        page.goto(url + path)
        found = page.evaluate(LOOK)
        assert (found["marks"], found["scripts"]) == (0, []), path
        assert "{{7*'7'}}" in found["text"] or "7777777" not in found["text"], path
        if "xss-mark" in found["text"]:
            shown.add(urlsplit(path).path)
    assert {
        "/", "/places", "/places/H0001", "/places/F01", "/facilities", "/facilities/F01", "/facilities/F01/use", "/accounts",
        "/account", "/calls", "/rules", "/rules/fall", "/steps/fall", "/p/F01",
        "/audit", "/area", "/area/screen", "/reports/filed/r1", "/reports/schedules", "/reports/forms", "/reports/forms/o1",
        "/reports/denominators",
    } <= shown, "else they were not looked at"  # fmt: skip


def test_what_moves_is_looked_at_as_well(hostile: tuple[Desk, str], page: Page) -> None:
    """A card that comes while the page is open, the dialogs over it, a refusal in a toast."""
    desk, url = hostile
    page.goto(url + "/")
    alert = desk.rings(
        place="H0002", title={"zh": WORDS, "en": WORDS}, why={"zh": WORDS, "en": WORDS}, room=WORDS
    )
    page.locator(f"[id='a-{alert}'], [data-alert='{alert}'], [data-id='{alert}']").first.wait_for()
    for button in page.locator("#open button:visible").all()[:6]:
        button.click(
            timeout=2_000, no_wait_after=True
        ) if button.is_visible() and button.is_enabled() else None
        page.keyboard.press("Escape")
    found = page.evaluate(LOOK)
    assert (found["marks"], found["scripts"]) == (0, [])


ELSEWHERE = [
    "//evil.invalid", "https://evil.invalid/", "/.//evil.invalid", "/x/..//evil.invalid", "/\\evil.invalid", "/\t/evil.invalid",
    "/\t\\evil.invalid", "javascript:alert(1)", "http:evil.invalid", "http://[",
]  # fmt: skip


def test_one_is_sent_on_to_no_page_but_ours(hostile: tuple[Desk, str], page: Page) -> None:
    """After the token, and after coming in: a page that looks like ours would ask for the PIN once more."""
    _, url = hostile
    for onward in ELSEWHERE:
        for asked in ("enter", "signin"):
            page.goto(f"{url}/{asked}?next={quote(onward, safe='')}")
            if asked == "signin":
                signs_in(page)
            page.wait_for_url(lambda now, asked=asked: urlsplit(now).path != f"/{asked}", wait_until="commit")
            assert page.url.startswith(url + "/"), onward


def signs_in(page: Page) -> None:
    page.evaluate("document.querySelector('details.other-way').open = true")
    page.fill('[name="name"]', "一")
    page.fill('[name="password"]', PASSWORD)
    page.locator('form[data-act="password"] button').click()


def test_a_page_to_go_on_to_behind_a_sign_in_is_the_one_that_was_asked_for(
    hostile: tuple[Desk, str], page: Page
) -> None:
    _, url = hostile
    page.goto(f"{url}/signin?next={quote('/places?q=H0001', safe='')}")
    signs_in(page)
    page.wait_for_url(f"{url}/places?q=H0001")
