"""Puts the web together: the guard, the routes, the pages and their static files."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version

import anyio
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from gateway.operations.people import People
from gateway.web import (
    account_pages,
    accounts,
    agreements,
    alert_picture,
    alerts,
    area,
    attending,
    backtest,
    backup,
    calls,
    data,
    denominators,
    desks,
    facilities,
    facility_all,
    facility_month,
    facility_pages,
    facility_use,
    family,
    figure_pages,
    filed_reports,
    follow_ups,
    heat,
    heat_pages,
    help_pages,
    home_detail,
    home_pages,
    home_tests,
    homes,
    install,
    install_pages,
    jobs,
    ledger,
    links,
    pages,
    performance,
    privacy,
    privacy_pages,
    problems,
    quarantine,
    report_forms,
    report_pages,
    report_schedules,
    reports,
    rule_changes,
    rule_pages,
    rules,
    session,
    signs,
    sso,
    steps,
    stored,
    stream,
    unclaimed,
    visits,
)
from gateway.web.access import Guard
from gateway.web.context import Context
from gateway.web.description import describe
from gateway.web.once import Once
from gateway.web.pace import Pace
from gateway.web.permit import Permit
from gateway.web.port import HubPort
from gateway.web.render import FOLDER
from gateway.web.settings import WebSettings
from gateway.web.sign_on import Tickets

MODULES = (
    alerts,
    attending,
    desks,
    stream,
    homes,
    agreements,
    follow_ups,
    stored,
    data,
    quarantine,
    rules,
    backtest,
    backup,
    performance,
    session,
    accounts,
    account_pages,
    sso,
    signs,
    pages,
    home_pages,
    links,
    family,
    facility_all,
    facilities,
    facility_use,
    facility_month,
    facility_pages,
    home_detail,
    alert_picture,
    steps,
    calls,
    rule_changes,
    rule_pages,
    area,
    install,
    home_tests,
    unclaimed,
    jobs,
    ledger,
    install_pages,
    privacy,
    privacy_pages,
    help_pages,
    visits,
    filed_reports,
    report_schedules,
    report_forms,
    denominators,
    report_pages,
    heat,
    heat_pages,
    figure_pages,
    reports,
)
PIN_CHECKS_AT_ONCE = 2  # each takes a core and 19 MiB: guessing must not slow alarms
WRONG_LINKS_MAX = 30  # a minute, from everybody together; at 128 bits that is no chance at all
PASSWORDS_MAX = 30  # a minute from one address: a name is locked after five, but names can be guessed as well
BY_A_LINK_MAX = 10  # a minute; each is a line in the journal


def wall_clock_ms() -> int:
    """Epoch ms by the wall clock."""
    return time.time_ns() // 1_000_000


def create_app(
    port: HubPort, settings: WebSettings, *, wall_ms: Callable[[], int] = wall_clock_ms
) -> FastAPI:
    """Make the ASGI app that serves this hub; ``wall_ms`` is the clock that sign-ins are held to."""
    app = FastAPI(
        title="Carehub",
        version=version("carehub"),
        description="Alerts, places and readings of a community's care hub. Times are epoch milliseconds.",
        docs_url=None,  # FastAPI's own page loads scripts from an outside host
        redoc_url=None,
        redirect_slashes=False,  # that would send on to whatever the Host header names
        openapi_url=None,  # a route of its own gives it, to whom it is for
        # As they are: to include a router is to make each of its routes again, at the first request, on the loop that
        # brings the alarms: a fifth of a second.
        routes=[route for module in MODULES for route in module.router.routes],
    )
    app.state.context = Context(
        port=port,
        settings=settings,
        people=People(port.engine),
        wall_ms=wall_ms,
        checks=anyio.CapacityLimiter(PIN_CHECKS_AT_ONCE),
        wrong_links=Pace(WRONG_LINKS_MAX),
        by_links=Pace(BY_A_LINK_MAX),
        tries=Pace(PASSWORDS_MAX),
        tickets=Tickets(),
    )
    app.state.encoded = stream.Encoded()
    app.state.area = area.Drawn()
    problems.install(app)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    describe(app)
    app.add_middleware(Once, routes=app.routes)
    app.add_middleware(Permit, routes=app.routes)
    app.add_middleware(Guard, settings=settings)
    return app
