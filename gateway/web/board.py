"""The board: the moving part of the duty desk, as those may see it who look at it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.roles import May
from gateway.accounts.who import Kind, Who
from gateway.alerts.lifecycle import IN_HAND, OUTCOMES, REASONS, VERDICTS
from gateway.operations import home_tests, home_views, views
from gateway.operations.answers import AlertDetail, AlertView, Step
from gateway.web.context import Context
from gateway.web.history import BY_DESKS, lines_of, told_of, way_of
from gateway.web.render import clock_time, render
from rules.modes import LASTS_MS
from rules.shaping.matter import is_protected

CARDS_MAX = 50
CLOSED_MAX = 8
HOMES_MAX = 8
HELD_MAX = 5
HELD_MS = 86_400_000  # what was held back longer ago is on the home's page


def board_of(context: Context, language: str, who: Who) -> dict[str, Any]:
    """The moving part of the desk for whoever looks: pieces of HTML, each with a stamp; a piece is new when its stamp is.

    Nobody signed in: what rings and how long it waits, and not a word of whom it is about.
    """
    known = who.may(May.ALERTS)
    reach = who.reach(May.ALERTS if known else May.RING)
    person = who if who.kind is Kind.PERSON else None
    counts = views.open_counts(context.engine, reach)
    total = sum(counts.values())
    found = views.alerts(context.engine, "open", limit=CARDS_MAX, reach=reach).alerts
    now = context.port.health().hub_now_ms
    found = _in_order(found, now)
    worst = next((name for name in views.SEVERITIES for key in counts if key[0] == name), "")
    numbers = {
        "total": total,
        "more": total - len(found),
        "worst": worst,
        "person": person.name if person else None,
    }
    if not known:
        veiled = [_veiled(context, language, alert, now) for alert in found]
        return {"open": veiled, "closed": _piece("", ""), "homes": _piece("", ""), **numbers}
    closed = views.alerts(context.engine, "closed", limit=CLOSED_MAX, reach=reach).alerts
    leads = {alert.merged_into for alert in closed if alert.merged_into}
    found_leads = [views.alert_view(context.engine, lead) for lead in leads]
    named = {lead.id: f"{lead.number:04d}" for lead in found_leads if lead is not None}
    return {
        "open": [_card(context, language, person, alert) for alert in found],
        "closed": _piece("", render(context, language, "_closed.html", alerts=closed, numbers=named)),
        "homes": _piece("", _homes(context, language, who, now)),
        **numbers,
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


def _homes(context: Context, language: str, who: Who, now: int) -> str:
    reach = who.reach(May.HOMES)
    return render(
        context,
        language,
        "_homes.html",
        homes=home_views.homes_in_mode(context.engine, reach),
        kept_back=home_views.held(context.engine, now - HELD_MS, HELD_MAX, reach=reach),
        shown=HOMES_MAX,
    )


def _card(context: Context, language: str, person: Who | None, alert: AlertView) -> dict[str, Any]:
    shown: AlertView = alert
    if person is not None and person.may(May.ATTEND) and alert.state in IN_HAND:
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
    return _piece(alert.id, html) | _ringing(alert, now)


def _veiled(context: Context, language: str, alert: AlertView, now: int) -> dict[str, Any]:
    """A card for a desk at which nobody is signed in; its key tells nothing either."""
    key = _key(alert)
    html = render(context, language, "_veiled.html", alert=alert, key=key, in_hand=IN_HAND)
    return _piece(key, html) | _ringing(alert, now)


def _ringing(alert: AlertView, now: int) -> dict[str, Any]:
    rings = alert.state == "raised" and _is_loud(alert, now)
    return {"ringing": rings, "raised_at": alert.raised_at, "state": alert.state, "key": _key(alert)}


def _key(alert: AlertView) -> str:
    """Names an alert where its id would say too much, and finds it again once somebody is signed in."""
    return hashlib.sha256(alert.id.encode()).hexdigest()[:16]


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


def without_html(piece: dict[str, Any]) -> dict[str, Any]:
    """What a page's script keeps of a piece that stands in the page already."""
    return {name: value for name, value in piece.items() if name != "html"}


def _rank(severity: str) -> int:
    """0 for the most pressing."""
    known = severity in views.SEVERITIES
    return views.SEVERITIES.index(severity) if known else len(views.SEVERITIES)
