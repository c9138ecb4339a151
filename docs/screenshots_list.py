"""Which pictures there are: a page, by whom it is opened, how large. Whoever adds a page adds a line here."""
# ruff: noqa: INP001 a script, in no package

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "gateway" / "web")]
from web_pages import page_routes  # noqa: E402 the tests know which routes are pages

BOTH: Final = ("phone", "desk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A page to be taken: its route, an address of it in the demo, and who opens it ("" nobody).

    The file is ``name-size-language.png``. ``address`` may name {home}, {away}, {facility}; empty: the small hub of the tests
    has it, and the demo does not. ``bare``: the file's name does without the size, because a README shows it. ``whole``: all
    of the page, not its first screen only. ``steps`` are done before, see ``screenshots.STEPS``.
    """

    name: str
    route: str
    address: str = ""
    who: str = ""
    sizes: tuple[str, ...] = BOTH
    steps: tuple[str, ...] = ()
    bare: bool = False
    whole: bool = False
    status: int = 200

    def file(self, size: str, language: str) -> str:
        """The name of the file."""
        return f"{self.name}-{language}.png" if self.bare else f"{self.name}-{size}-{language}.png"


def shown(name: str, address: str, who: str = "", route: str = "", **more: bool) -> Picture:
    """A picture whose address is its route, mostly."""
    return Picture(name=name, route=route or address.partition("?")[0], address=address, who=who, **more)  # type: ignore[arg-type]


PICTURES: Final = (
    Picture(
        name="console", route="/", address="/", who="李敏", sizes=("desk",), steps=("sound",), bare=True
    ),
    Picture(
        name="phone", route="/", address="/", who="李敏", sizes=("phone",), steps=("sound", "accept"), bare=True
    ),
    Picture(
        name="home", route="/places/{place_id}", address="/places/{away}", who="李敏", sizes=("phone",), steps=("hospital",),
        bare=True, whole=True,
    ),
    shown("locked", "/"),
    shown("calls", "/calls", "李敏"),
    shown("homes", "/places?q=王", "王芳"),
    shown("at-home", "/places/{home}", "王芳", "/places/{place_id}", whole=True),
    Picture(
        name="rooms", route="/places/{place_id}/detail", address="/places/{asked}/detail", who="李敏", status=403
    ),
    shown("facilities", "/facilities", "陈刚"),
    shown("facility", "/facilities/{facility}", "陈刚", "/facilities/{place_id}", whole=True),
    shown("use", "/facilities/{facility}/use", "陈刚", "/facilities/{place_id}/use", whole=True),
    shown("use-all", "/facilities/-/use", "陈刚"),
    shown("use-year", "/facilities/-/year", "陈刚"),
    shown("public", "/p/{facility}", "", "/p/{place_id}"),
    shown("area", "/area", "赵琳", whole=True),
    shown("wall", "/area/screen", "赵琳"),
    shown("heat", "/heat", "赵琳", whole=True),
    shown("figures", "/figures?part=facility&span=day", "陈刚", "/figures", whole=True),
    shown("rules", "/rules", "王芳"),
    shown("rule", "/rules/bathroom_too_long", "王芳", "/rules/{rule_id}"),
    shown("steps", "/steps", "王芳"),
    shown("steps-fall", "/steps/fall", "王芳", "/steps/{rule_id}"),
    shown("help-duty", "/help/duty", "李敏", "/help/{sheet}", whole=True),
    shown("help-property", "/help/property", "陈刚", "/help/{sheet}", whole=True),
    shown("help-install", "/help/install", "孙强", "/help/{sheet}", whole=True),
    Picture(name="reports", route="/reports", who="王芳"),
    Picture(name="schedules", route="/reports/schedules", who="王芳"),
    Picture(name="forms", route="/reports/forms", who="王芳"),
    Picture(name="denominators", route="/reports/denominators", who="赵琳"),
    shown("install", "/install", "孙强"),
    shown("install-new", "/install/new", "孙强"),
    shown("install-home", "/install/{home}", "孙强", "/install/{place_id}", whole=True),
    shown("install-test", "/install/{home}/test", "孙强", "/install/{place_id}/test"),
    shown("install-sheet", "/install/{home}/sheet", "孙强", "/install/{place_id}/sheet"),
    shown("unclaimed", "/install/unclaimed", "孙强"),
    shown("jobs", "/install/jobs", "孙强"),
    shown("ledger", "/install/ledger", "孙强"),
    shown("weekly-tests", "/install/tests", "李敏"),
    shown("privacy", "/privacy", "王芳"),
    shown("privacy-home", "/places/{home}/privacy", "王芳", "/places/{place_id}/privacy"),
    shown("account", "/account", "孙强"),
    shown("accounts", "/accounts", "周平"),
    shown("audit", "/audit", "周平"),
    shown("api", "/docs", "周平"),
    shown("sign-in", "/signin?next=/"),
    Picture(name="enter", route="/enter", address="/enter"),
    Picture(name="refused", route="refused", address="/accounts", who="陈刚", status=403),
    Picture(name="report", route="/reports/view", who="王芳", whole=True),
    Picture(name="report-filed", route="/reports/filed/{report_id}", who="周平", whole=True),
    Picture(name="report-form", route="/reports/forms/{form_id}", who="王芳", whole=True),
    Picture(name="sso", route="/sso/back", status=400),
    Picture(name="slip", route="/s/{link}", sizes=("phone",)),
    Picture(name="accept", route="/a/{link}", sizes=("phone",)),
    Picture(name="family", route="/f/{token}", sizes=("phone",)),
)  # fmt: skip


def missing() -> set[str]:
    """Pages of the route table without a picture."""
    return page_routes() - {one.route for one in PICTURES}
