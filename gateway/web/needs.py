"""What a route asks for, declared beside it: ``@needs(May.ALERTS, of="alert")``. ``gateway.web.permit`` asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from starlette.routing import BaseRoute

from gateway.accounts.roles import May

Of = Literal[
    "", "everywhere", "alert", "place", "home", "facility", "device", "silence", "follow_up", "desk", "series",
    "visit", "report", "schedule", "form",
]  # fmt: skip
E = TypeVar("E", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks for: one of ``may``, none of them for a route that is open to everybody.

    ``of`` is what it is about: the place of that alert, home, … must lie within the permission's reach; *everywhere* asks for
    the whole tree; '' leaves it to the route to give only what lies within (``reach_of``). ``record``: it shows a resident's
    record, so that every look is audited; ``noted`` is what the audit calls it where the route's own name says something else.
    """

    may: tuple[May, ...] = ()
    of: Of = ""
    record: bool = False
    noted: str = ""


def needs(*may: May, of: Of = "", record: bool = False, noted: str = "") -> Callable[[E], E]:
    """Declare what a route asks for; without a permission it is open to everybody."""

    def declared(endpoint: E) -> E:
        endpoint.__needs__ = Needs(may, of, record, noted)  # type: ignore[attr-defined]
        return endpoint

    return declared


def needs_of(route: BaseRoute) -> Needs | None:
    """What a route has declared; None where it has not."""
    return getattr(getattr(route, "endpoint", None), "__needs__", None)
