"""The daily list of calls (电话问候清单): a page, its moving part, and how many there are for the desk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from gateway.accounts.roles import May
from gateway.operations import call_list
from gateway.operations.call_list import HowMany, ToCall
from gateway.web.access import APerson, reach_of
from gateway.web.context import Context
from gateway.web.history import Line, lines_of
from gateway.web.needs import needs
from gateway.web.render import clock_time, language_of, page, render

router = APIRouter(include_in_schema=False)


@router.get("/calls")
@needs(May.ATTEND, record=True)
def show_calls(request: Request, person: APerson) -> Response:
    """Whom to ring today; what came of it is one tap."""
    context = Context.of(request)
    serial = (
        context.port.changes.serial
    )  # before the list is read: what changes meanwhile comes on the stream
    return page(
        request, "calls.html", person=person, names=context.people.names(), to_call=_to_call(request), data={"serial": serial}
    )  # fmt: skip


@router.get("/calls/list")
@needs(May.ATTEND, record=True)
def show_list(request: Request, _person: APerson) -> Response:
    """The list alone, as a piece of HTML."""
    language = language_of(request)
    return HTMLResponse(render(Context.of(request), language, "_call_list.html", to_call=_to_call(request)))


@router.get("/calls/count")
@needs(May.ATTEND)
def count_calls(request: Request) -> HowMany:
    """How many there are to ring: alerts, and follow-ups that are due."""
    context = Context.of(request)
    return call_list.count(context.engine, context.port.health().hub_now_ms, reach_of(request, May.ATTEND))


def _to_call(request: Request) -> list[tuple[ToCall, Line | None]]:
    context = Context.of(request)
    now, zone = context.port.health().hub_now_ms, ZoneInfo(context.settings.zone)
    found = call_list.call_list(context.engine, now, reach_of(request, May.ATTEND))

    def tried(one: ToCall) -> Line | None:
        return lines_of([one.tried], lambda at: clock_time(at, zone, now))[0] if one.tried else None

    return [(one, tried(one)) for one in found]
