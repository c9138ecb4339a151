"""What every route may use, kept on the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

import anyio
from fastapi import Request
from sqlalchemy import Engine

from gateway.operations.people import People
from gateway.web.pace import Pace
from gateway.web.port import Health, HubPort
from gateway.web.settings import WebSettings
from gateway.web.sign_on import Tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The hub's port, the settings, the people, and the wall clock (epoch ms) that sign-ins are held to.

    ``checks`` bounds how many PINs are verified at once, ``wrong_links`` how many links that are none are answered,
    ``by_links`` how much is done by one link, ``tries`` how many passwords are tried;
    ``tickets`` are the single sign-ons on their way.
    """

    port: HubPort
    settings: WebSettings
    people: People
    wall_ms: Callable[[], int]
    checks: anyio.CapacityLimiter
    wrong_links: Pace
    by_links: Pace
    tries: Pace
    tickets: Tickets

    @classmethod
    def of(cls, request: Request) -> Context:
        """Give the context of the app that answers this request."""
        return cast("Context", request.app.state.context)

    @property
    def engine(self) -> Engine:
        """Engine of the operational database."""
        return self.port.engine

    @property
    def zone(self) -> ZoneInfo:
        """The hub's zone."""
        return ZoneInfo(self.settings.zone)

    @property
    def held(self) -> bool:
        """Whether escalation is held: simulated time that does not run at ×1."""
        return is_held(self.port.health())


def is_held(health: Health) -> bool:
    """Whether escalation is held in this state of the hub."""
    return health.driven or health.speed != 1.0
