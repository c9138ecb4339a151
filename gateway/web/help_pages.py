"""One sheet a role (值班人员, 物业, 安装人员): what to do, on one A4, to be printed and pinned up."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from gateway.accounts.roles import May
from gateway.web.access import SomePerson
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import refuse
from gateway.web.render import page

SHEETS: Final = {"duty": 8, "property": 8, "install": 8}  # how many steps each has
NAME_CHARS_MAX = 32

router = APIRouter(include_in_schema=False)


@router.get("/help/{sheet}")
@needs(May.RING, May.SELF)
def show_sheet(
    request: Request, sheet: Annotated[str, Path(max_length=NAME_CHARS_MAX)], person: SomePerson
) -> Response:
    """The sheet of a role; for whoever works here, signed in or at a desk."""
    if sheet not in SHEETS:
        raise refuse(404, "unknown")
    settings = Context.of(request).settings
    return page(
        request, "help.html", person=person, sheet=sheet, steps=range(1, SHEETS[sheet] + 1), sheets=SHEETS,
        phone=settings.phone, accept_s=settings.targets.accept_s,
    )  # fmt: skip
