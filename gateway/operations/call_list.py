"""The daily list of calls (电话问候清单): care alerts of lower urgency not yet cleared up, and follow-ups that are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, func, or_, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.answers import Step, Text
from gateway.operations.home_record import Reachable
from gateway.operations.tables import Alert, AlertStep, Contact, FollowUp, Place
from gateway.operations.views import where, who
from gateway.operations.whereabouts import about_within

SHOWN_MAX = 100
URGENCY = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCall:
    """Somebody to ring: because of an open alert, or (``follow_up`` is its id) on the day after one.

    ``since`` is when it was raised, or is due. ``tried`` is the last call that was noted for it.
    """

    follow_up: str
    alert_id: str
    number: int
    place_id: str
    who: Text
    where: Text
    title: Text
    why: Text
    state: str
    since: int
    tried: Step | None
    contacts: list[Reachable]


@dataclass(frozen=True, slots=True)
class HowMany:
    """How many there are to ring."""

    alerts: int
    follow_ups: int


def count(engine: Engine, now: int, reach: Reach) -> HowMany:
    """How many there are to ring at hub time ``now`` within reach."""
    with Session(engine) as session:
        alerts = session.scalar(select(func.count()).select_from(Alert).where(*_open(now, reach)))
        due = session.scalar(select(func.count()).select_from(FollowUp).where(*_due(now, reach)))
        return HowMany(alerts or 0, due or 0)


def call_list(engine: Engine, now: int, reach: Reach) -> list[ToCall]:
    """Whom to ring at hub time ``now`` within reach, who waits longest on top."""
    with Session(engine) as session:
        alerts = session.scalars(
            select(Alert).where(*_open(now, reach)).order_by(Alert.raised_at).limit(SHOWN_MAX)
        )
        due = session.execute(
            select(FollowUp, Alert)
            .join(Alert, Alert.id == FollowUp.alert_id)
            .where(*_due(now, reach))
            .order_by(FollowUp.due_at)
            .limit(SHOWN_MAX)
        )
        found = [_to_call(session, alert, None) for alert in alerts]
        found += [_to_call(session, alert, follow_up) for follow_up, alert in due]
    return sorted(found, key=lambda one: (one.since, one.number))[:SHOWN_MAX]


def _open(now: int, reach: Reach) -> Sequence[ColumnElement[bool]]:
    return (
        Alert.kind == "care",
        Alert.severity == URGENCY,
        Alert.state != "closed",
        Alert.settled_at.is_(None),
        or_(Alert.shelved_until.is_(None), Alert.shelved_until <= now),
        about_within(reach, Alert.place_id),
    )


def _due(now: int, reach: Reach) -> Sequence[ColumnElement[bool]]:
    return FollowUp.done_at.is_(None), FollowUp.due_at <= now, about_within(reach, FollowUp.place_id)


def _to_call(session: Session, alert: Alert, follow_up: FollowUp | None) -> ToCall:
    place = session.get(Place, alert.place_id)
    kind, since = ("commented", follow_up.due_at) if follow_up else ("called", alert.raised_at)
    tried = session.scalar(
        select(AlertStep)
        .where(AlertStep.alert_id == alert.id, AlertStep.kind == kind, AlertStep.at >= since)
        .order_by(AlertStep.id.desc())
        .limit(1)
    )
    contacts = session.scalars(
        select(Contact).where(Contact.place_id == alert.place_id).order_by(Contact.rank)
    )
    return ToCall(
        follow_up=follow_up.id if follow_up else "", alert_id=alert.id, number=alert.number, place_id=alert.place_id,
        who=who(place, alert.place_id), where=where(place, ""), title=alert.title, why=alert.why, state=alert.state,
        since=since, tried=Step(tried.kind, tried.at, tried.by, tried.detail, tried.via) if tried else None,
        contacts=[Reachable(one.rank, one.name, one.phone) for one in contacts],
    )  # fmt: skip
