"""How a home is named to who asks: by name to those who may see homes, masked (王**) to those who only tell homes apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from fastapi import Request

from gateway.accounts.roles import May
from gateway.alerts.discretion import masked
from gateway.operations import views
from gateway.operations.answers import PlaceView, Text
from gateway.operations.tables import Place
from gateway.web.access import reach_of

Named: TypeAlias = Callable[[Place | PlaceView | None, str], Text]


def namer(request: Request) -> Named:
    """``views.who`` for who asks."""
    reach = reach_of(request, May.HOMES)

    def who(place: Place | PlaceView | None, place_id: str) -> Text:
        if place is None or place.kind != "home" or reach.holds(place.path):
            return views.who(place, place_id)
        return dict.fromkeys(("zh", "en"), masked(place.name))

    return who


def as_named(request: Request, places: Sequence[PlaceView]) -> list[PlaceView]:
    """These places, each with its name as who asks may see it."""
    reach = reach_of(request, May.HOMES)
    return [
        replace(place, name=masked(place.name))
        if place.kind == "home" and not reach.holds(place.path)
        else place
        for place in places
    ]
