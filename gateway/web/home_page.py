"""What the page of a home shows beside its mode: how it is today, its devices, its record; to each what they may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias
from zoneinfo import ZoneInfo

from fastapi import Request

from gateway.accounts.roles import May
from gateway.operations import agreement_views, home_record, looks
from gateway.operations.agreement_views import ConsentView, FamilyLinkView, FollowUpView
from gateway.operations.answers import PlaceView
from gateway.operations.home_record import AlertLine, Reachable, Standing
from gateway.operations.looks import LookView
from gateway.web.access import reach_of
from gateway.web.context import Context
from gateway.web.history import Line, lines_of
from gateway.web.home_port import HomeNow
from gateway.web.render import clock_time

RECORD_MS = 30 * 86_400_000
AGREED_MAX = 100

Shown: TypeAlias = tuple[AlertLine, list[Line]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """A home for its page. ``may`` names what whoever asks may do there; what they may not see is empty.

    ``now`` is None while the hub does not know the home yet. ``total`` is how many alerts the last 30 days had.
    """

    may: frozenset[May]
    now: HomeNow | None
    standing: list[Standing]
    record: list[Shown]
    total: int
    looks: list[LookView]
    contacts: list[Reachable] = field(default_factory=list)
    consents: list[ConsentView] = field(default_factory=list)
    links: list[FamilyLinkView] = field(default_factory=list)
    follow_ups: list[FollowUpView] = field(default_factory=list)

    @property
    def agreed(self) -> list[ConsentView]:
        """The consents in force."""
        return [one for one in self.consents if one.ended_at is None]

    def name_of(self, rank: int) -> str:
        """What the contact of that rank is called, '' where there is none any more."""
        return next((one.name for one in self.contacts if one.rank == rank), "")

    @property
    def told(self) -> list[Reachable]:
        """The contacts whom the home has agreed to tell."""
        ranks = {one.contact for one in self.agreed if one.scope == "family"}
        return [one for one in self.contacts if one.rank in ranks]


def may_here(request: Request, path: str) -> frozenset[May]:
    """What whoever asks may do at a place of that path."""
    return frozenset(may for may in May if reach_of(request, may).holds(path))


def home_facts(request: Request, place: PlaceView) -> HomeFacts:
    """Gather them; reads the database, so not on the loop.

    Whom to ring is shown to those who attend or write consents down. How to get in is on no page of a home: only on the card of
    an alert that is in hand.
    """
    context = Context.of(request)
    engine, now = context.engine, context.port.health().hub_now_ms
    may = may_here(request, place.path)
    agrees, attends = May.AGREE in may, May.ATTEND in may
    standing = home_record.standing(engine, place.id)
    record, total = home_record.alerts_since(engine, place.id, now - RECORD_MS)
    zone = ZoneInfo(context.settings.zone)
    return HomeFacts(
        may=may,
        now=context.port.home_now(place.id, [one.rule for one in standing]),
        standing=standing,
        record=[(one, lines_of(one.done, lambda at: clock_time(at, zone, now))) for one in record],
        total=total,
        looks=looks.looks(engine, place.id),
        contacts=home_record.contacts(engine, place.id) if agrees or attends else [],
        consents=agreement_views.consents(engine, place.id, limit=AGREED_MAX) if agrees else [],
        links=agreement_views.family_links(engine, place.id, limit=AGREED_MAX) if agrees else [],
        follow_ups=agreement_views.follow_ups_of(engine, place.id) if attends else [],
    )
