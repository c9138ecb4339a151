"""Every page holds WCAG 2.2 A and AA, by axe-core: with its dialogs open, its details unfolded, in light and in dark."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from parts import npm_part
from playwright.sync_api import Browser, Page
from web_pages import Shown, Town, page_routes, whole_town

DEEP: Final = os.environ.get("CAREHUB_DEEP") == "1"
SIZES: Final = {"phone": (390, 844), "desk": (1240, 900)}  # CSS pixels
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]  # axe's tags
COLOURS: Final = ["color-contrast"]  # all that another scheme changes
LOCALES: Final = {"zh": "zh-CN", "en": "en-GB"}

# Axe's answer in a form a person can mend by: the rule, the element, what is wrong with it.
ASK: Final = """async ([where, only]) => {
  const found = await axe.run(where ?? document, { runOnly: only, resultTypes: ["violations"] });
  const why = (node) => [...node.any, ...node.all, ...node.none][0]?.message;
  return found.violations.flatMap((one) => one.nodes.slice(0, 5).map((node) =>
    `${one.id}: ${node.target.join(" ")}: ${why(node) ?? one.help}: ${node.html.slice(0, 120)}`));
}"""
# What a finger has to meet, of those it can see: a link within a sentence is as high as its line.
SMALL: Final = """() => [...document.querySelectorAll(
    "button, summary, select, input:not([type=radio], [type=checkbox], [type=hidden]), a.button, a.call, nav a")]
  .map((one) => [one, one.getBoundingClientRect().height])
  .filter(([one, height]) => one.checkVisibility() && height < 47.5)
  .map(([one, height]) => `${one.outerHTML.slice(0, 100)} is ${height} px high`)"""
UNFOLD: Final = """() => { for (const one of document.querySelectorAll("details")) one.open = true; }"""
DIALOGS: Final = "() => [...document.querySelectorAll('dialog[id]')].map((one) => one.id)"
OPEN: Final = "(id) => document.getElementById(id).showModal()"
CLOSE: Final = "(id) => document.getElementById(id).close()"


@dataclass(frozen=True, slots=True)
class Variant:
    """In which language, how large, and of how many pages one is looked at; in light and in dark always."""

    language: str
    size: str
    one_of: int = 1
    begin: int = 0


# Each page once, on a phone in Chinese or on a desk in English; the whole product in the deep run.
VARIANTS: Final = (
    [Variant(*one) for one in itertools.product(LOCALES, SIZES)]
    if DEEP
    else [Variant("zh", "phone", one_of=2), Variant("en", "desk", one_of=2, begin=1)]
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with whole_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def test_every_page_of_the_route_table_is_looked_at(town: Town) -> None:
    assert {one.route for one in town.pages} - {"refused"} == page_routes()


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: f"{one.language}-{one.size}")
def test_no_page_keeps_anybody_out(browser: Browser, town: Town, variant: Variant) -> None:
    width, height = SIZES[variant.size]
    with browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[variant.language],
        bypass_csp=True,  # for axe only; what the policy refuses is tested elsewhere
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        # The token's page asks whether the browser is known here already, and on this machine it is.
        page.route(
            "**/api/v1/session", lambda route: route.abort() if "/enter" in page.url else route.continue_()
        )
        seen: set[str] = set()
        found = [
            f"{shown}: {wrong}"
            for shown in town.pages[variant.begin :: variant.one_of]
            for wrong in look(page, town, shown, variant, seen)
        ]
    assert not found, "\n".join(found)


def look(page: Page, town: Town, shown: Shown, variant: Variant, seen: set[str]) -> list[str]:
    """What is wrong with this page in light and in dark, and with each dialog that was not ``seen`` on another one."""
    page.emulate_media(color_scheme="light")
    page.context.clear_cookies()
    if shown.who:
        name, _, value = town.cookies[shown.who].partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": town.url}])
    mark = "&" if "?" in shown.address else "?"
    answer = page.goto(f"{town.url}{shown.address}{mark}lang={variant.language}")
    assert answer is not None
    assert answer.status == shown.status, shown
    page.evaluate(UNFOLD)
    page.add_script_tag(path=npm_part("axe-core") / "axe.min.js")
    found: list[str] = page.evaluate(ASK, [None, RULES]) + page.evaluate(SMALL)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append(f"the page is {wide} px wider than the window")
    dialogs = [one for one in page.evaluate(DIALOGS) if one not in seen]
    seen.update(dialogs)
    found += in_dialogs(page, dialogs, RULES)
    page.emulate_media(color_scheme="dark")
    return found + page.evaluate(ASK, [None, COLOURS]) + in_dialogs(page, dialogs, COLOURS)


def in_dialogs(page: Page, dialogs: list[str], rules: list[str]) -> list[str]:
    """What is wrong with these dialogs, one after the other."""
    found: list[str] = []
    for dialog in dialogs:
        page.evaluate(OPEN, dialog)
        found += page.evaluate(ASK, [f"#{dialog}", rules]) + page.evaluate(SMALL)
        page.evaluate(CLOSE, dialog)
    return found
