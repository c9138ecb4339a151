"""The route that gives the numbers of work: how soon, how much, how right."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from gateway.accounts.roles import May
from gateway.alerts.performance import Performance
from gateway.alerts.record import DAY_MS, MONTH_DAYS, Asked
from gateway.operations.performance_apart import ApartError, BusyError, performance_json
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.data import TIME_MS_MAX
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse

DAYS_MAX = 400
STATION_CHARS_MAX = 200

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1", tags=["performance"])
Kind = Literal["", "life_safety", "care", "facility", "device"]


@router.get("/performance", response_model=Performance, responses=declared(409, 422, 503))
@needs(May.ALERTS, May.SYSTEM)
def read_performance(
    request: Request,
    person: SomePerson,
    begin: Annotated[int | None, Query(alias="from", ge=0, le=TIME_MS_MAX)] = None,
    end: Annotated[int | None, Query(alias="to", ge=0, le=TIME_MS_MAX)] = None,
    station: Annotated[str, Query(max_length=STATION_CHARS_MAX)] = "",
    kind: Kind = "",
) -> Response:
    """The numbers of the alerts raised from ≤ time < to (epoch ms of hub time; by default the last 30 days; 400 days at most).

    Times from the raise to sent, delivered (proven), seen, accepted and on site, held to the targets of the settings; load
    after ANSI/ISA-18.2; precision from verdicts. ``station`` is 区/街道/社区, or the community's name alone. ``by_home`` is
    given to those who may see all of these homes, and signed in. Of what lies within reach only: who may see a community's
    numbers and no alerts reads ``/api/v1/area``. 409 while others are being drawn up.
    """
    context = Context.of(request)
    now = context.port.health().hub_now_ms
    end = now + 1 if end is None else end
    begin = max(0, end - MONTH_DAYS * DAY_MS) if begin is None else begin
    if begin >= end:
        raise refuse(422, "invalid", what="'from' must lie before 'to' (epoch ms)")
    if end - begin > DAYS_MAX * DAY_MS:
        raise refuse(422, "invalid", what=f"at most {DAYS_MAX} days at once")
    within, homes = reach_of(request, May.ALERTS, May.SYSTEM), reach_of(request, May.HOMES)
    asked = Asked(
        begin=begin, end=end, now=now, zone=context.settings.zone, station=station, kind=kind,
        by_home=person is not None and all(map(homes.holds, within.paths)), targets=context.settings.targets,
        within=within.paths,
    )  # fmt: skip
    try:
        body = performance_json(context.engine, asked)
    except BusyError:
        raise refuse(409, "busy_numbers") from None
    except ApartError as error:
        log.error("the numbers of work: %s", error)  # noqa: TRY400 its words say all
        raise refuse(503, "unavailable", reason=str(error)) from None
    return Response(body, media_type="application/json")
