"""What the pages behind links may know: of an alert no more than its purpose needs, of a home next to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.alerts import slip as slips
from gateway.alerts.lifecycle import IN_HAND, OPEN, keeps_open
from gateway.alerts.message import AlertFacts, PlaceFacts
from gateway.alerts.spot import spot_en, spot_zh, told
from gateway.operations.answers import Text
from gateway.operations.duty_in_force import plan_in_force
from gateway.operations.tables import Alert, AlertStep, Consent, HomeMode, Link, Place

BY_FAMILY = "family:"  # before the rank of the contact who set a mode
SPOT_CHARACTERS_MAX = 60
_FACTS = [field.name for field in fields(AlertFacts)]

End: TypeAlias = Literal["over"]  # the link was right, and its time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipView:
    """A property help slip: where, who is coming ('' while nobody has accepted), and what this desk answered last."""

    alert_id: str
    place_id: str
    number: int
    version: int
    where: Text
    coming: str
    state: str
    desk: str  # its name
    answer: str
    answered_at: int | None
    goes_up: bool  # nobody at the door takes it up a rung


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptView:
    """An alert to accept: its class, number and place by policy; who took it and when."""

    alert_id: str
    place_id: str
    number: int
    kind: str
    severity: str
    where: Text
    state: str
    raised_at: int
    accepted_by: str | None
    accepted_at: int | None
    closed_by: str | None
    closed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyView:
    """A family's page: a word to the community is due (``call``); the mode that is on, and whether the family set it."""

    place_id: str
    rank: int
    call: bool
    mode: str
    own_mode: bool


def slip(engine: Engine, alert_id: str, desk_id: str) -> SlipView | End | None:
    """The slip of an alert for a desk, while it is open and the home has agreed that a guard is asked."""
    with Session(engine) as session:
        alert = session.get(Alert, alert_id)
        if alert is None:
            return None
        if alert.state == "closed" or not _agreed(session, alert.place_id, "guard", None):
            return "over"
        desks = plan_in_force(session).desks
        desk = next((desk.name for desk in desks if desk.id == desk_id), desk_id)
        said = _answers(session, alert_id, desk)
        return SlipView(
            alert_id=alert.id,
            place_id=alert.place_id,
            number=alert.number,
            version=alert.version,
            where=slips.spot(_facts(alert), _place_facts(session, alert.place_id)),
            coming=told(alert.accepted_by or "", None) if alert.state in IN_HAND else "",
            state=alert.state,
            desk=desk,
            answer=said[-1].detail if said else "",
            answered_at=said[-1].at if said else None,
            goes_up=keeps_open(alert.kind, "slip", {"answer": "no_answer"}),
        )


def to_accept(engine: Engine, alert_id: str) -> AcceptView | None:
    """An alert as the page says it that offers to accept it."""
    with Session(engine) as session:
        alert = session.get(Alert, alert_id)
        if alert is None:
            return None
        facts, place = _facts(alert), _place_facts(session, alert.place_id)
        same = ("place_id", "number", "kind", "severity", "state", "raised_at")
        taken = ("accepted_by", "accepted_at", "closed_by", "closed_at")
        return AcceptView(
            alert_id=alert.id,
            where={
                "zh": spot_zh(facts, place, "door", SPOT_CHARACTERS_MAX),
                "en": spot_en(facts, place, "door"),
            },
            **{name: getattr(alert, name) for name in (*same, *taken)},
        )


def family(engine: Engine, token_hash: str, now: int) -> FamilyView | End | None:
    """What a family's link leads to at hub time ``now``."""
    with Session(engine) as session:
        link = session.get(Link, token_hash)
        if link is None or link.purpose != "family":
            return None
        rank = int(link.holder.removeprefix("contact:"))
        ended = link.ended_at is not None or (link.ends_at is not None and link.ends_at <= now)
        if ended or not _agreed(session, link.place_id, "family", rank):
            return "over"
        about = (Alert.place_id == link.place_id, Alert.kind.in_(("life_safety", "care")))
        mode = session.scalar(
            select(HomeMode).where(HomeMode.place_id == link.place_id, HomeMode.ended_at.is_(None))
        )
        return FamilyView(
            place_id=link.place_id,
            rank=rank,
            call=session.scalar(select(Alert.id).where(Alert.state.in_(OPEN), *about).limit(1)) is not None,
            mode=mode.kind if mode else "",
            own_mode=mode is not None and mode.by.startswith(BY_FAMILY),
        )


def _answers(session: Session, alert_id: str, desk: str) -> Sequence[AlertStep]:
    """What a desk has answered since the alert was opened last."""
    mine = (AlertStep.alert_id == alert_id, AlertStep.kind.in_(("slip", "reopened")))
    steps = session.scalars(select(AlertStep).where(*mine).order_by(AlertStep.id)).all()
    opened = max((at for at, step in enumerate(steps) if step.kind == "reopened"), default=-1)
    return [step for step in steps[opened + 1 :] if step.by == desk]


def _agreed(session: Session, place_id: str, scope: str, rank: int | None) -> bool:
    same = (Consent.place_id == place_id, Consent.scope == scope, Consent.ended_at.is_(None))
    who = (Consent.contact == rank,) if rank is not None else ()
    return session.scalar(select(Consent.id).where(*same, *who).limit(1)) is not None


def _facts(alert: Alert) -> AlertFacts:
    known = {name for name in _FACTS if hasattr(alert, name)}
    return AlertFacts(**{name: getattr(alert, name) for name in known})


def _place_facts(session: Session, place_id: str) -> PlaceFacts | None:
    place = session.get(Place, place_id)
    if place is None:
        return None
    return PlaceFacts(kind=place.kind, path=place.path, name=place.name, address=place.address)
