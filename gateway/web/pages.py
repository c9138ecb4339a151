"""The pages: console, sign-in, the token's page, the API's page; and the board the console keeps current."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from gateway.accounts.roles import May
from gateway.accounts.who import Who
from gateway.alerts.lifecycle import IN_HAND, OUTCOMES, REASONS, VERDICTS
from gateway.operations import home_tests, home_views, views
from gateway.operations.answers import AlertDetail, AlertView, Step
from gateway.web.access import SomePerson
from gateway.web.context import Context
from gateway.web.history import BY_DESKS, lines_of, told_of, way_of
from gateway.web.needs import needs
from gateway.web.render import clock_time, language_of, page, render
from rules.modes import LASTS_MS
from rules.shaping.matter import is_protected

CARDS_MAX = 50
CLOSED_MAX = 8
HOMES_MAX = 8
HELD_MAX = 5
HELD_MS = 86_400_000  # what was held back longer ago is on the home's page

router = APIRouter(include_in_schema=False)


@router.get("/")
@needs(May.RING, May.SELF)
def console(request: Request, person: SomePerson) -> Response:
    """The duty desk."""
    context = Context.of(request)
    serial = (
        context.port.changes.serial
    )  # before the board is read: what changes meanwhile comes on the stream
    board = _board(context, language_of(request), person)
    demo = context.settings.demo or ()
    return page(
        request,
        "console.html",
        board=board,
        person=person,
        names=context.people.names(),
        demo=demo,
        data={
            "serial": serial,
            "board": {
                **board,
                "open": [_without_html(p) for p in board["open"]],
                "closed": None,
                "homes": None,
            },
            "demo": [
                {"scenario": e.scenario, "rule": e.rule, "place": e.place_id, "step": e.step} for e in demo
            ],
        },
    )


@router.get("/board")
@needs(May.RING)
def read_board(request: Request, person: SomePerson) -> dict[str, Any]:
    """The moving part of the desk as pieces of HTML; a piece is new when its stamp is."""
    return _board(Context.of(request), language_of(request), person)


@router.get("/signin")
@needs()
def sign_in(
    request: Request, person: SomePerson, accept: Annotated[str, Query(max_length=128)] = ""
) -> Response:
    """The name tiles and the PIN pad on a page of their own; ``accept`` is an alert to accept right after."""
    context = Context.of(request)
    wanted = views.alert_view(context.engine, accept) if accept else None
    return page(request, "signin.html", person=person, names=context.people.names(), wanted=wanted)


@router.get("/enter")
@needs()
def enter(request: Request) -> Response:
    """Asks a browser for the token, once."""
    return page(request, "enter.html", person=None)


@router.get("/docs")
@needs(May.RING, May.SELF)
def docs(request: Request, person: SomePerson) -> Response:
    """The API's routes, from its OpenAPI description; nothing is loaded from elsewhere."""
    return page(request, "docs.html", person=person, api=request.app.openapi(), shown=_examples)


@router.get("/openapi.json")
@needs(May.RING, May.SELF)
def openapi(request: Request) -> Response:
    """The API's description of itself."""
    return JSONResponse(request.app.openapi())


def _examples(route: dict[str, Any]) -> list[tuple[str, str]]:
    """What goes into a route and comes back when all is well, as one reads it."""
    answers = {status: answer for status, answer in route["responses"].items() if status < "300"}
    parts = {"→": route.get("requestBody", {})} | {
        f"← {status}": answer for status, answer in answers.items()
    }
    return [
        (
            f"{way} {kind}",
            example
            if isinstance(example := media["example"], str)
            else json.dumps(example, ensure_ascii=False, indent=1),
        )
        for way, part in parts.items()
        for kind, media in part.get("content", {}).items()
        if "example" in media
    ]


@router.get("/icon.svg")
@needs()
def icon(
    n: Annotated[int, Query(ge=0, le=9_999)] = 0, severity: Annotated[str, Query(max_length=16)] = ""
) -> Response:
    """The tab's icon: a calm tick, or the number of open alerts in the colour of the worst."""
    colour = {"critical": "#c8102e", "urgent": "#b45309", "notice": "#1d5fa8"}.get(severity, "#1d5fa8")
    sign = '<path d="M18 33l10 10 19-22" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round"/>'
    if n:
        size = 40 if n < 10 else 30  # noqa: PLR2004 one digit or more
        sign = (
            f'<text x="32" y="{32 + size * 0.36:.0f}" font-size="{size}" font-family="sans-serif" '
            f'font-weight="700" text-anchor="middle" fill="#fff">{n if n < 100 else "99+"}</text>'  # noqa: PLR2004
        )
    else:
        colour = "#1f7a4d"
    drawn = f'<rect width="64" height="64" rx="14" fill="{colour}"/>{sign}'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{drawn}</svg>'
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def _board(context: Context, language: str, person: Who | None) -> dict[str, Any]:
    counts = views.open_counts(context.engine)
    total = sum(counts.values())
    found = views.alerts(context.engine, "open", limit=CARDS_MAX).alerts
    now = context.port.health().hub_now_ms
    found = _in_order(found, now)
    closed = views.alerts(context.engine, "closed", limit=CLOSED_MAX).alerts
    leads = {alert.merged_into for alert in closed if alert.merged_into}
    found_leads = [views.alert_view(context.engine, lead) for lead in leads]
    numbers = {lead.id: f"{lead.number:04d}" for lead in found_leads if lead is not None}
    return {
        "open": [_card(context, language, person, alert) for alert in found],
        "closed": _piece("", render(context, language, "_closed.html", alerts=closed, numbers=numbers)),
        "homes": _piece("", _homes(context, language, person, now)),
        "total": total,
        "more": total - len(found),
        "worst": next((name for name in views.SEVERITIES for key in counts if key[0] == name), ""),
        "person": person.name if person else None,
    }


def _in_order(alerts: list[AlertView], now: int) -> list[AlertView]:
    """As urgent as each other: what nobody has taken yet, the newest on top, so that what rings is what is seen.

    An accepted fall stays above a flat battery; who follows in a group stands below who leads it; what is on the shelf
    stands last, unless it is critical or a matter of life.
    """

    def urgency(alert: AlertView) -> tuple[bool, int, bool, int]:
        aside = _is_shelved(alert, now) and not is_protected(alert.kind, alert.severity)
        return aside, _rank(alert.severity), alert.state != "raised", -alert.raised_at

    standing = {alert.id: urgency(alert) for alert in alerts}

    def place(alert: AlertView) -> tuple[object, ...]:
        lead = alert.group_id if alert.group_id in standing else alert.id
        return standing[lead], lead, lead != alert.id, standing[alert.id]

    return sorted(alerts, key=place)


def _homes(context: Context, language: str, person: Who | None, now: int) -> str:
    return render(
        context,
        language,
        "_homes.html",
        person=person,
        homes=home_views.homes_in_mode(context.engine),
        kept_back=home_views.held(context.engine, now - HELD_MS, HELD_MAX),
        shown=HOMES_MAX,
    )


def _card(context: Context, language: str, person: Who | None, alert: AlertView) -> dict[str, Any]:
    shown: AlertView = alert
    if person is not None and alert.state in IN_HAND:
        shown = views.alert(context.engine, alert.id, attending=True) or alert
    steps = shown.steps if isinstance(shown, AlertDetail) else []
    now = context.port.health().hub_now_ms
    zone = ZoneInfo(context.settings.zone)
    html = render(
        context,
        language,
        "_card.html",
        alert=shown,
        person=person,
        rank=_rank,
        in_hand=IN_HAND,
        way=way_of(steps) if steps else None,
        lines=lines_of(steps, lambda at: clock_time(at, zone, now), _desks(context, steps)),
        told=told_of(shown),
        verdicts=VERDICTS,
        reasons=REASONS,
        outcomes=OUTCOMES,
        usual=LASTS_MS,
        agreed_test=home_tests.agreed_test_of(context.engine, alert.place_id, alert.raised_at),
    )
    rings = alert.state == "raised" and _is_loud(alert, now)
    return _piece(alert.id, html) | {"ringing": rings, "raised_at": alert.raised_at, "state": alert.state}


def _desks(context: Context, steps: Sequence[Step]) -> dict[str, str]:
    """What the desks are called that were passed over, or whose guard answered."""
    if not any(step.kind in BY_DESKS for step in steps):
        return {}
    return {desk.id: desk.name for desk in context.port.desks().desks}


def _is_loud(alert: AlertView, now: int) -> bool:
    """Whether it rings until somebody takes it: what is critical or a matter of life, unless lowered or on the shelf."""
    lowered = alert.severity_before is not None and _rank(alert.severity) > _rank(alert.severity_before)
    matters = alert.severity == "critical" or (alert.kind == "life_safety" and not lowered)
    return matters and not _is_shelved(alert, now)


def _is_shelved(alert: AlertView, now: int) -> bool:
    return alert.shelved_until is not None and alert.shelved_until > now


def _piece(key: str, html: str) -> dict[str, Any]:
    return {"id": key, "stamp": hashlib.sha256(html.encode()).hexdigest()[:12], "html": html}


def _without_html(piece: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in piece.items() if name != "html"}


def _rank(severity: str) -> int:
    """0 for the most pressing."""
    known = severity in views.SEVERITIES
    return views.SEVERITIES.index(severity) if known else len(views.SEVERITIES)
